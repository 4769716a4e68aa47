//! What the microscope sees at one instant: shapes and materials, no images.
//!
//! Specimen axes: x along the wire from the edge of contact 1, y across it in the plane of the membrane, the beam along z. The wire's
//! axis is y = 0. A one-dimensional outline has one cross-section per position: no voids on one side, no needles, no facets at its ends.

mod field;
mod lattice;
mod projection;
mod relief;
mod surface;

pub use relief::{Placement, Relief};

use crate::device::{AREA_FACTOR, ChipKind, Device};
use crate::random::{Purpose, Stream};
use crate::specimen::Specimen;
use crate::wire::{Grid, Snapshot};
use std::ops::Range;

/// What a shape is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Material {
    /// Silver: wire, droplets, particles.
    Silver,
    /// Platinum of the pads.
    Platinum,
    /// Platinum with carbon, as the electron beam deposits it.
    Deposit,
    /// Silicon nitride of the membrane.
    Nitride,
}

impl Material {
    /// All materials, in the order of [`Material::index`].
    pub const ALL: [Material; 4] = [Material::Silver, Material::Platinum, Material::Deposit, Material::Nitride];

    /// Place of this material in arrays with one entry per material.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// The wire: cells of equal width along x, each with its mean cross-section, a regular pentagon (design.md section 7).
#[derive(Clone, PartialEq, Debug)]
pub struct WireShape {
    /// Where the first cell begins [m].
    pub start: f64,
    /// Width of a cell [m].
    pub dx: f64,
    /// Mean cross-section of each cell [m²]; 0 where the wire is gone.
    pub area: Vec<f64>,
    /// The cells that an engine carries; the others continue the wire as made.
    pub simulated: Range<usize>,
    /// Rotation about the axis [rad]; 0 = lying on a flat wall, the apex with its twin plane up.
    pub roll: f64,
    /// Tilt of the axis against the plane of the membrane at x = `bend_origin` [rad].
    pub tilt: f64,
    /// Curvature of the axis out of the plane [1/m].
    pub bend: f64,
    /// Where `tilt` holds [m].
    pub bend_origin: f64,
}

impl WireShape {
    /// The pieces the wire consists of, as ranges of cells: one when intact, two after a break.
    pub fn segments(&self) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut begin = None;
        for (i, a) in self.area.iter().enumerate() {
            match (begin, *a > 0.0) {
                (None, true) => begin = Some(i),
                (Some(b), false) => {
                    found.push(b..i);
                    begin = None;
                }
                _ => {}
            }
        }
        found.extend(begin.map(|b| b..self.area.len()));
        found
    }

    /// The gaps between the pieces: from and to along x [m].
    pub fn gaps(&self) -> Vec<(f64, f64)> {
        let at = |i: usize| self.start + i as f64 * self.dx;
        self.segments().windows(2).map(|w| (at(w[0].end), at(w[1].start))).collect()
    }

    /// Volume of the cells an engine carries [m³].
    pub fn volume(&self) -> f64 {
        let range = self.simulated.start.min(self.area.len())..self.simulated.end.min(self.area.len());
        self.area.get(range).map_or(0.0, |a| a.iter().sum::<f64>() * self.dx)
    }
}

/// A droplet or a particle.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sphere {
    /// Centre in the plane [m].
    pub centre: [f64; 2],
    /// Radius [m].
    pub radius: f64,
    /// Material.
    pub material: Material,
}

/// A flat deposit with sloping edges: a pad, a contact, its halo.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Slab {
    /// From and to along x [m], at half of the thickness.
    pub x: [f64; 2],
    /// From and to along y [m], at half of the thickness.
    pub y: [f64; 2],
    /// Thickness [m].
    pub thickness: f64,
    /// Radius of the corners [m].
    pub corner: f64,
    /// Width of the sloping edge [m].
    pub slope: f64,
    /// Roughness of the edge, rms [m].
    pub roughness: f64,
    /// Unevenness of the thickness from grain to grain, rms, relative.
    pub grain: f64,
    /// Material.
    pub material: Material,
}

/// What carries the wire.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Support {
    /// A membrane of this thickness [m].
    Membrane(f64),
    /// Vacuum: the wire hangs free.
    Nothing,
    /// A wafer, which no electron passes.
    Wafer,
}

/// How this wire happens to lie: fixed for one specimen.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Mount {
    /// Rotation about the axis [rad]; 0 = on a flat wall.
    pub roll: f64,
    /// Tilt of the axis at the middle between the contacts [rad].
    pub tilt: f64,
    /// Curvature out of the plane [1/m].
    pub bend: f64,
    /// Change of the tilt with the wire's mean temperature [rad/K]: the membrane bulges when it warms, and bend contours move.
    pub tilt_per_kelvin: f64,
}

impl Mount {
    /// A wire on a flat wall on a membrane that is not quite flat.
    ///
    /// Radius of curvature 80 to 300 um (imaging.md section 2.2: 50 to 500 um), tilt up to 15 mrad, roll within a milliradian, 20 urad/K:
    /// assumptions; they place the bend contours and nothing else.
    pub fn seeded(seed: u64) -> Mount {
        let mut s = Stream::new(seed, Purpose::Scene, 0);
        let sign = if s.uniform() < 0.5 { -1.0 } else { 1.0 };
        Mount {
            roll: 2e-3 * (s.uniform() - 0.5),
            tilt: 30e-3 * (s.uniform() - 0.5),
            bend: sign / (80e-6 * (300.0f64 / 80.0).powf(s.uniform())),
            tilt_per_kelvin: 2e-5,
        }
    }
}

/// Everything in the beam at one instant.
#[derive(Clone, PartialEq, Debug)]
pub struct Scene {
    /// Time [s].
    pub time: f64,
    /// The wire, if there is one.
    pub wire: Option<WireShape>,
    /// Droplets and particles.
    pub spheres: Vec<Sphere>,
    /// Silver whose thickness is known place by place: states of the lattice engine. It adds to the rest: the wire has no cells there.
    pub reliefs: Vec<Relief>,
    /// Pads and contacts.
    pub slabs: Vec<Slab>,
    /// What carries all that.
    pub support: Support,
    /// Volume of droplets whose place is not known [m³]: not seen.
    pub unplaced: f64,
}

/// Thickness of a Pt pad [m]: opaque in bright field from 50 nm on; an assumption.
const PAD: f64 = 100e-9;
/// A contact deposit: thickness, half width and length over the wire [m], after the paper's Figure 1c by eye; an assumption.
const DEPOSIT: (f64, f64, f64) = (110e-9, 260e-9, 0.8e-6);
/// How far the pad's edge lies behind the contact's edge [m]: the deposit reaches beyond the pad, and the free wire begins where it ends.
const SETBACK: f64 = 0.28e-6;
/// The halo of stray deposit around a contact: thickness and reach [m]; an assumption.
const HALO: (f64, f64) = (9e-9, 300e-9);
/// Longest stretch of unsimulated wire shown on each contact [m].
const REACH: f64 = 20e-6;

impl Scene {
    /// An empty membrane.
    pub fn empty(thickness: f64) -> Scene {
        Scene {
            time: 0.0,
            wire: None,
            spheres: Vec::new(),
            reliefs: Vec::new(),
            slabs: Vec::new(),
            support: Support::Membrane(thickness),
            unplaced: 0.0,
        }
    }

    /// The scene of a state of the wire engine.
    pub fn of_wire(state: &Snapshot, grid: &Grid, device: &Device, mount: &Mount) -> Scene {
        let spacing = device.span();
        let before = grid.covered as f64 * grid.dx;
        // What is not simulated goes on as it was made, to the wire's ends.
        let rest = (0.5 * (device.wire.length - spacing) - before).clamp(0.0, REACH);
        let more = (rest / grid.dx).round().min(1e6) as usize;
        let n = state.area.len();
        let mut area = vec![device.area(); n + 2 * more];
        area[more..more + n].copy_from_slice(&state.area);
        let (mut sum, mut living) = (0.0, 0usize);
        for (t, a) in state.thermal.wire.iter().zip(&state.area) {
            if *a > 0.0 {
                sum += t;
                living += 1;
            }
        }
        let warmer = if living > 0 { sum / living as f64 - device.chip.temperature } else { 0.0 };
        let spheres = droplets(&mut area, -(before + more as f64 * grid.dx), grid.dx);
        let wire = WireShape {
            start: -(before + more as f64 * grid.dx),
            dx: grid.dx,
            area,
            simulated: more..more + n,
            roll: mount.roll,
            tilt: mount.tilt + mount.tilt_per_kelvin * warmer,
            bend: mount.bend,
            bend_origin: 0.5 * spacing,
        };
        Scene {
            time: state.time,
            wire: Some(wire),
            spheres,
            reliefs: Vec::new(),
            slabs: if device.on_heater() { Vec::new() } else { contacts(spacing) },
            support: match device.chip.kind {
                ChipKind::SiSio2 => Support::Wafer,
                _ => Support::Membrane(device.chip.film_thickness),
            },
            unplaced: state.droplets,
        }
    }

    /// The scene as seen with contact 1 and contact 2 exchanged: what a mirror across the middle of `spacing` [m] shows.
    pub fn mirrored(&self, spacing: f64) -> Scene {
        let mut scene = self.clone();
        if let Some(w) = &mut scene.wire {
            let n = w.area.len();
            w.start = spacing - (w.start + n as f64 * w.dx);
            w.area.reverse();
            w.simulated = n - w.simulated.end.min(n)..n - w.simulated.start.min(n);
            w.tilt = -w.tilt;
            w.bend_origin = spacing - w.bend_origin;
        }
        for s in &mut scene.spheres {
            s.centre[0] = spacing - s.centre[0];
        }
        scene.reliefs = scene.reliefs.into_iter().map(|r| r.mirrored(spacing)).collect();
        for s in &mut scene.slabs {
            s.x = [spacing - s.x[1], spacing - s.x[0]];
        }
        scene
    }
}

impl Specimen {
    /// The scene at a time within the engine's last step; in the window of the shape engine with the lattice as of its last interval, which is
    /// a quarter of a second old at most, and the pieces that were cut off beside it.
    pub fn scene_at(&self, time: f64, device: &Device, mount: &Mount) -> Scene {
        let mut scene = Scene::of_wire(&self.truth_at(time), self.wire().grid(), device, mount);
        if let Some(shape) = self.coupled().shown() {
            let place = shape.place();
            scene.show_lattice_at(&place.graph, shape.occupation(), place.cells.clone(), place.origin());
            scene.spheres.extend(shape.fragments().iter().map(|f| {
                let radius = (0.75 * f.volume / std::f64::consts::PI).cbrt();
                Sphere { centre: f.centre, radius, material: Material::Silver }
            }));
        }
        // Particles as spheres, which they are to a part; asperities in narrow gaps are far below what a microscope resolves and are not shown.
        if let Some(rewired) = self.rewired() {
            scene.spheres.extend(rewired.engine().particles().iter().map(|p| Sphere {
                centre: [rewired.start() + p.x, p.y],
                radius: p.radius,
                material: Material::Silver,
            }));
        }
        scene
    }
}

/// A free piece is a droplet when it is no longer than this times its diameter: it was liquid or hot when it formed, and round at once.
const ROUND: f64 = 1.5;

/// Takes the free pieces that are droplets out of the wire; each becomes a sphere of the same volume at the same centre of mass.
fn droplets(area: &mut [f64], start: f64, dx: f64) -> Vec<Sphere> {
    let n = area.len();
    let whole = WireShape { start, dx, area: area.to_vec(), simulated: 0..n, roll: 0.0, tilt: 0.0, bend: 0.0, bend_origin: 0.0 };
    let mut found = Vec::new();
    for piece in whole.segments() {
        if piece.start == 0 || piece.end == n {
            continue;
        }
        let cells = &whole.area[piece.clone()];
        let widest = cells.iter().fold(0.0f64, |m, a| m.max(*a));
        if piece.len() as f64 * dx > ROUND * (widest / AREA_FACTOR).sqrt() {
            continue;
        }
        let sum: f64 = cells.iter().sum();
        let middle = cells.iter().enumerate().map(|(k, a)| (k as f64 + 0.5) * a).sum::<f64>() / sum;
        let radius = (0.75 * sum * dx / std::f64::consts::PI).cbrt();
        found.push(Sphere { centre: [start + (piece.start as f64 + middle) * dx, 0.0], radius, material: Material::Silver });
        area[piece].fill(0.0);
    }
    found
}

/// Both pads with their deposits and halos.
fn contacts(spacing: f64) -> Vec<Slab> {
    let far = 1e-3;
    let (thickness, half, length) = DEPOSIT;
    let (thin, reach) = HALO;
    let one_side = [
        Slab {
            x: [-far, -SETBACK],
            y: [-far, far],
            thickness: PAD,
            corner: 0.0,
            slope: 25e-9,
            roughness: 3e-9,
            grain: 0.05,
            material: Material::Platinum,
        },
        Slab {
            x: [-length, 0.0],
            y: [-half, half],
            thickness,
            corner: 140e-9,
            slope: 70e-9,
            roughness: 5e-9,
            grain: 0.15,
            material: Material::Deposit,
        },
        Slab {
            x: [-length - 0.5 * reach, 0.5 * reach],
            y: [-half - 0.5 * reach, half + 0.5 * reach],
            thickness: thin,
            corner: half + 0.5 * reach,
            slope: reach,
            roughness: 0.0,
            grain: 0.15,
            material: Material::Deposit,
        },
    ];
    let mirror = one_side.map(|s| Slab { x: [spacing - s.x[1], spacing - s.x[0]], ..s });
    one_side.into_iter().chain(mirror).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::WireEngine;

    fn pristine() -> (Device, WireEngine) {
        let device = Device::default();
        let engine = WireEngine::new(&device, 1).unwrap();
        (device, engine)
    }

    #[test]
    fn the_scene_holds_the_volume_of_the_specimen() {
        let (device, engine) = pristine();
        let state = engine.snapshot();
        let scene = Scene::of_wire(&state, engine.grid(), &device, &Mount::seeded(1));
        let wire = scene.wire.unwrap();
        assert!((wire.volume() / state.volume - 1.0).abs() < 1e-12);
        // The wire reaches over both contacts: 20 um (device default), to a cell.
        assert!((wire.area.len() as f64 * wire.dx - device.wire.length).abs() <= 2.0 * wire.dx);
        assert_eq!(wire.segments().len(), 1);
    }

    #[test]
    fn a_dead_cell_is_a_gap_and_a_mirror_moves_it_to_the_other_side() {
        let (device, engine) = pristine();
        let mut state = engine.snapshot();
        let dead = engine.grid().covered + 40;
        state.area[dead] = 0.0;
        let scene = Scene::of_wire(&state, engine.grid(), &device, &Mount::seeded(1));
        let gaps = scene.wire.as_ref().unwrap().gaps();
        assert_eq!(gaps.len(), 1);
        assert!((gaps[0].0 - (engine.grid().x[dead] - 0.5 * engine.grid().dx)).abs() < 1e-15);
        let mirrored = scene.mirrored(device.chip.spacing).wire.unwrap().gaps();
        assert!((mirrored[0].0 - (device.chip.spacing - gaps[0].1)).abs() < 1e-15);
        assert_eq!(scene.mirrored(5e-6).mirrored(5e-6).wire.unwrap().area, scene.wire.unwrap().area);
    }

    #[test]
    fn a_free_short_piece_is_a_sphere_of_its_volume() {
        let (device, engine) = pristine();
        let mut state = engine.snapshot();
        let at = engine.grid().covered + 100;
        state.area[at..at + 40].fill(0.0);
        state.area[at + 15..at + 25].fill(device.area());
        state.volume = state.area.iter().sum::<f64>() * engine.grid().dx;
        let scene = Scene::of_wire(&state, engine.grid(), &device, &Mount::seeded(1));
        assert_eq!(scene.spheres.len(), 1);
        let ball = scene.spheres[0];
        let wire = scene.wire.unwrap();
        assert!(((wire.volume() + 4.0 / 3.0 * std::f64::consts::PI * ball.radius.powi(3)) / state.volume - 1.0).abs() < 1e-12);
        assert!((ball.centre[0] - (engine.grid().x[at + 20] - 0.5 * engine.grid().dx)).abs() < 1e-12);
        assert_eq!(wire.segments().len(), 2);
    }

    #[test]
    fn the_simulated_overlap_never_exceeds_the_wire() {
        let mut device = Device::default();
        device.chip.contacts = crate::device::Contacts::Blocked;
        device.wire.length = device.chip.spacing;
        let engine = WireEngine::new(&device, 1).unwrap();
        let scene = Scene::of_wire(&engine.snapshot(), engine.grid(), &device, &Mount::seeded(1));
        assert_eq!(scene.wire.unwrap().area.len(), engine.grid().cells());
    }
}
