//! Outward normals of the atoms of a surface, and the area each stands for.

use super::cells::{Cells, square};
use super::coordination::BOND;
use super::faces::{Face, face};
use super::wire::STRETCH;
use super::{AtomsError, Wire, coordination};
use std::f64::consts::FRAC_1_SQRT_2;

/// How a surface is classified.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SurfaceRule {
    /// Radius of the neighbourhood that a normal is taken from, in nearest-neighbour distances: 1.5 to 10.
    pub radius: f64,
    /// Largest angle between an atom's normal and that of its face [rad].
    pub window: f64,
    /// Largest mean angle between an atom's normal and those of its neighbours at the surface, for it to lie on a face [rad]: at a rim the normals
    /// turn from one face to the other through the directions of all between.
    pub flat: f64,
    /// Normals nearer than this to the outward axis make up the cap [rad]: side walls lie at 90°.
    pub cap: f64,
}

impl Default for SurfaceRule {
    /// 4 nearest-neighbour distances, 8°, 5°, 75°.
    fn default() -> SurfaceRule {
        SurfaceRule { radius: 4.0, window: 8f64.to_radians(), flat: 5f64.to_radians(), cap: 75f64.to_radians() }
    }
}

/// An atom with fewer than 12 neighbours.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SurfaceAtom {
    /// Which of the positions.
    pub index: u32,
    /// Its neighbours.
    pub coordination: u8,
    /// The wedge it lies in, by its own azimuth.
    pub wedge: u8,
    /// What it belongs to.
    pub face: Face,
    /// Outward unit normal along the outward axis, y and z; zeros if its neighbourhood has no outside.
    pub normal: [f32; 3],
    /// Area it stands for [m²].
    pub area: f64,
}

impl SurfaceAtom {
    /// Angle of the normal to the outward axis [rad]; `None` without a normal.
    pub fn angle(&self) -> Option<f64> {
        let [x, y, z] = self.normal.map(f64::from);
        (x != 0.0 || y != 0.0 || z != 0.0).then(|| y.hypot(z).atan2(x))
    }
}

/// The surface of a wire.
#[derive(Clone, PartialEq, Debug)]
pub struct Surface {
    /// The wire as made.
    pub wire: Wire,
    /// How it was classified.
    pub rule: SurfaceRule,
    /// Its atoms, in the order of the positions.
    pub atoms: Vec<SurfaceAtom>,
}

/// Surface of a wire, from the positions of all its atoms.
///
/// An atom's **normal** points away from its neighbours within 4 nearest-neighbour distances (weights fall to 0 there, as 1 - r²/R²). Its
/// **area** is its number of missing bonds over the number that a unit area of a surface with that normal breaks: exact when summed over
/// flat {111}, {100} and (110) faces and over the steps of a vicinal one; the sides of adatoms and pits count with.
/// Its **face** is found from the normals, its own and its neighbours', never from the coordination ([`Face`]).
///
/// # Errors
/// Without atoms, with a position that is not finite, with a spacing that does not suit the positions, or a rule outside its limits.
pub fn surface(positions: &[[f64; 3]], wire: &Wire, rule: &SurfaceRule) -> Result<Surface, AtomsError> {
    wire.check(positions)?;
    surface_with(positions, &coordination(positions, wire.spacing)?.of, wire, rule)
}

/// As [`surface`], with coordinations known from elsewhere: then the positions may leave out the inside of the wire, deeper than the rule's
/// radius below the surface.
///
/// # Errors
/// As [`surface`]; and unless there is one coordination for each atom.
pub fn surface_with(positions: &[[f64; 3]], coordination: &[u8], wire: &Wire, rule: &SurfaceRule) -> Result<Surface, AtomsError> {
    wire.check(positions)?;
    if coordination.len() != positions.len() {
        return Err(AtomsError::Mismatch { given: coordination.len(), atoms: positions.len() });
    }
    for (name, value, limits, right) in [
        ("the radius of the neighbourhood", rule.radius, 1.5..=10.0, "1.5 to 10 nearest-neighbour distances are possible"),
        ("the window of a face", rule.window, 0.0..=0.3, "0 to 0.3 rad are possible: faces lie 18 degrees apart"),
        ("the largest turn on a face", rule.flat, 0.0..=std::f64::consts::PI, "0 to pi rad are possible"),
        ("the limit of the cap", rule.cap, 0.0..=std::f64::consts::PI, "0 to pi rad are possible"),
    ] {
        if !limits.contains(&value) {
            return Err(AtomsError::OutOfRange { name, value, right });
        }
    }
    let cells = Cells::new(positions, wire.spacing, 0.5 * rule.radius)?;
    let outside = |i: usize| coordination[cells.index[i] as usize] < 12;
    let radius2 = (rule.radius * rule.radius) as f32;
    let mut atoms = Vec::new();
    cells.blocks(
        2,
        |own| own.into_iter().any(outside),
        |own, rows| {
            for i in own.filter(|&i| outside(i)) {
                let here = cells.atoms[i];
                let mut away = [0f32; 3];
                for row in rows {
                    for other in &cells.atoms[row.clone()] {
                        let weight = (radius2 - square(&here, other)).max(0.0);
                        for k in 0..3 {
                            away[k] += weight * (here[k] - other[k]);
                        }
                    }
                }
                let index = cells.index[i];
                atoms.push(surface_atom(index, coordination[index as usize], &positions[index as usize], away, radius2, wire, rule));
            }
        },
    );
    atoms.sort_unstable_by_key(|a| a.index);
    leave_out_rims(&mut atoms, positions, wire, rule)?;
    Ok(Surface { wire: *wire, rule: *rule, atoms })
}

/// Atoms where the normals turn belong to no face.
fn leave_out_rims(atoms: &mut [SurfaceAtom], positions: &[[f64; 3]], wire: &Wire, rule: &SurfaceRule) -> Result<(), AtomsError> {
    if atoms.is_empty() {
        return Ok(());
    }
    let places: Vec<[f64; 3]> = atoms.iter().map(|a| positions[a.index as usize]).collect();
    let cells = Cells::new(&places, wire.spacing, BOND)?;
    let normals: Vec<[f32; 3]> = cells.index.iter().map(|&k| atoms[k as usize].normal).collect();
    cells.blocks(
        1,
        |_| true,
        |own, rows| {
            for i in own {
                let (mut turn, mut count) = (0.0, 0);
                for j in rows.iter().cloned().flatten() {
                    if j != i && square(&cells.atoms[i], &cells.atoms[j]) < (BOND * BOND) as f32 {
                        turn += square(&normals[i], &normals[j]).sqrt();
                        count += 1;
                    }
                }
                if f64::from(turn) > rule.flat * f64::from(count) {
                    atoms[cells.index[i] as usize].face = Face::Rest;
                }
            }
        },
    );
    Ok(())
}

fn surface_atom(
    index: u32,
    coordination: u8,
    position: &[f64; 3],
    away: [f32; 3],
    radius2: f32,
    wire: &Wire,
    rule: &SurfaceRule,
) -> SurfaceAtom {
    let away = away.map(f64::from);
    let length = away.iter().map(|v| v * v).sum::<f64>().sqrt();
    // Atoms of a twin plane belong to the wedge after it, however they are rounded.
    let [y, z] = [position[1] - wire.axis[0], position[2] - wire.axis[1]];
    let wedge = wire.wedge(z.atan2(y) + (0.05 * wire.spacing).atan2(y.hypot(z)));
    // A lone vacancy's neighbours weigh about radius²; rounding alone gives far less.
    let normal = if length > 1e-2 * f64::from(radius2) { away.map(|v| v / length) } else { [0.0; 3] };
    let normal = [wire.outwards() * normal[0], normal[1], normal[2]];
    let broken = f64::from(12u8.saturating_sub(coordination));
    let area = if normal == [0.0; 3] { 0.0 } else { broken * wire.atomic_volume() / broken_reach(wire, wedge, &normal) };
    let face = face(wire, rule.window, wedge, &normal);
    SurfaceAtom { index, coordination, wedge: wedge as u8, face, normal: normal.map(|v| v as f32), area }
}

/// Sum over the bonds that leave a surface of what they reach along its normal [m]: the bonds that a unit area breaks, times the volume of an
/// atom.
fn broken_reach(wire: &Wire, wedge: usize, normal: &[f64; 3]) -> f64 {
    let (sin, cos) = wire.middle(wedge).sin_cos();
    let [along, middle, tangential] = [normal[0], cos * normal[1] + sin * normal[2], cos * normal[2] - sin * normal[1]];
    let half = [0.5 * along, FRAC_1_SQRT_2 * middle, 0.5 * STRETCH * tangential];
    let oblique: f64 =
        [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]].iter().map(|[a, b]| (half[0] + a * half[1] + b * half[2]).abs()).sum();
    wire.spacing * (along.abs() + STRETCH * tangential.abs() + oblique)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::SQRT_2;

    #[test]
    fn broken_bonds_of_flat_faces_give_their_areas() {
        let wire = Wire::from_shells(1.0, 10);
        let (sin, cos) = wire.middle(0).sin_cos();
        let (s, c) = ((1.0f64 / 3.0).sqrt(), (2.0f64 / 3.0).sqrt());
        // {111} 3 broken bonds on (√3/2) d², {100} 4 on d², (110) 5 + 1 on √2 d²; all stretched tangentially.
        for (normal, broken, area) in
            [([c, s * cos, s * sin], 3.0, 0.75f64.sqrt()), ([0.0, cos, sin], 4.0, 1.0), ([1.0, 0.0, 0.0], 6.0, SQRT_2)]
        {
            let found = broken * wire.atomic_volume() / broken_reach(&wire, 0, &normal);
            assert!((found / (STRETCH * area) - 1.0).abs() < 1e-9, "{found} {area}");
        }
    }
}
