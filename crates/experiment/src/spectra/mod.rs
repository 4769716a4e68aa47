//! X-ray spectra of a run: taken of the scene, fitted, quantified, and shown as tables.

pub mod bridge;

use pentatwin_analysis::spectrum::{Analysis, Axis, Options, SpectrumError as AnalysisError, analyse};
use pentatwin_microscope::spectrum::{Element, Family, Spectrometer, Spectrum, SpectrumError};
use pentatwin_microscope::{Mode, View};
use pentatwin_physics::materials::constants::E;
use pentatwin_physics::scene::Mount;
use pentatwin_physics::specimen::Specimen;
use pentatwin_record::summary::Table;
use pentatwin_units::format_si;

use crate::imaging::place;
use crate::protocol::{Edx, Protocol, Spectrum as Asked, Target};

/// Places along each side of the area where absorption is worked out.
const PLACES: usize = 32;
/// Title of every table of a spectrum.
pub const TITLE: &str = "EDX";

/// Lines of which a map is kept: name in the store, as printed, element and family.
pub const MAPPED: [(&str, &str, Element, Family); 2] =
    [("silver", "Ag L", Element::Silver, Family::L), ("platinum", "Pt M", Element::Platinum, Family::M)];

/// A map: counts of each pixel in the windows of [`MAPPED`].
#[derive(Clone, Debug)]
pub struct Map {
    /// Pixels and where they lie.
    pub view: View,
    /// Counts, row by row; in each window are the background and what of neighbouring lines falls into it.
    pub counts: [Vec<u32>; 2],
}

/// A spectrum of a run, and what was found in it.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Its name in the store.
    pub name: String,
    /// When it was begun [s].
    pub time: f64,
    /// Middle of the area along the wire [m].
    pub x: f64,
    /// Side of the area [m].
    pub side: f64,
    /// What was looked at.
    pub at: Target,
    /// Counts, and the truth behind them.
    pub spectrum: Spectrum,
    /// Lines and elements that were found; or why nothing was.
    pub found: Result<Analysis, AnalysisError>,
    /// Detector and beam.
    pub edx: Edx,
    /// Where the counts came from, if that was asked for.
    pub map: Option<Map>,
}

/// Takes the spectrum that a step asks for, at a time within the engine's last step; `index` tells the spectra of a run apart.
///
/// # Errors
/// The detector cannot work so, or no electron passes.
pub fn take(protocol: &Protocol, asked: &Asked, seed: u64, index: usize, specimen: &Specimen, time: f64) -> Result<Taken, SpectrumError> {
    let edx = &protocol.edx;
    let scene = specimen.scene_at(time, &protocol.device, &Mount::seeded(seed));
    let at = place(asked.at, specimen, &scene, protocol);
    let pixels = if asked.map > 0 { asked.map } else { PLACES };
    let view = View { centre: at, ..View::square(Mode::DarkField, pixels, asked.area, at[0]) };
    let spectrometer = Spectrometer::new(edx)?;
    let (spectrum, map) = if asked.map > 0 {
        let map = spectrometer.map(&scene, &view, seed, index as u64)?;
        let counts = MAPPED.map(|(_, _, element, family)| map.line(element, family, edx.resolution / E).unwrap_or_default());
        (map.total, Some(Map { view, counts }))
    } else {
        (spectrometer.area(&scene, &view, seed, index as u64)?, None)
    };
    Ok(Taken {
        name: format!("spectrum-{}", index + 1),
        time,
        x: at[0],
        side: asked.area,
        at: asked.at,
        found: find(edx, &spectrum),
        spectrum,
        edx: edx.clone(),
        map,
    })
}

/// What is in a spectrum.
///
/// # Errors
/// It cannot be fitted.
pub fn find(edx: &Edx, s: &Spectrum) -> Result<Analysis, AnalysisError> {
    let counts: Vec<f64> = s.counts.iter().map(|n| f64::from(*n)).collect();
    let axis = Axis { offset: s.offset, width: s.width };
    let probe = bridge::probe(edx, s);
    analyse(&counts, &axis, &bridge::families(edx), &bridge::response(edx), &Options::default(), bridge::CONVENTION, Some(&probe))
}

/// The table of a spectrum.
pub fn table(taken: &Taken) -> Table {
    let s = &taken.spectrum;
    let where_ = match taken.at {
        Target::Gap => "at the gap",
        Target::Middle => "in the middle",
        Target::Particle => "at a particle",
    };
    let title = format!(
        "{TITLE}: {} at t = {}, {} square {where_}, x = {}",
        taken.name,
        format_si(taken.time, "s", 4),
        format_si(taken.side, "nm", 3),
        format_si(taken.x, "um", 4)
    );
    let columns =
        ["Lines", "Counts|", "Detection limit (counts)|", "Atoms (%)|", "Mass (%)|", "Mass per area (ng/cm2)|"].map(str::to_owned).to_vec();
    let mut note = format!(
        "Measured. {} of beam for {} of live time: {} on the area, which takes {} of silver (not applied to the specimen). Poisson maximum likelihood of line families, k of whole families as emitted against Si K, absorption worked out layer by layer with the coverage of the upper layers as in the scene; ± is counting only, one standard uncertainty. What is not found with 95 % is given as its limit, never as zero. Cu, Fe and Co are of holder and pole piece.",
        format_si(taken.edx.current, "nA", 3),
        format_si(s.live_time, "s", 3),
        format_si(s.dose, "e/nm2", 3),
        format_si(s.silver_lost, "nm", 2),
    );
    for w in &s.warnings {
        note += &format!(" Warning: {w}.");
    }
    let rows = match &taken.found {
        Ok(found) => rows(found),
        Err(e) => {
            note = format!("The spectrum could not be fitted: {e}. {note}");
            Vec::new()
        }
    };
    Table { title, columns, rows, note }
}

fn rows(found: &Analysis) -> Vec<Vec<String>> {
    let number = |x: f64, digits: usize| format!("{x:.digits$}");
    let row = |f: &pentatwin_analysis::spectrum::Fitted| {
        let q = found.quantities.iter().find(|q| q.family == f.name);
        let part = |value: fn(&pentatwin_analysis::spectrum::Quantity) -> (f64, f64), limit: usize| match q {
            Some(q) if q.detected => {
                let (v, u) = value(q);
                format!("{} ± {}", number(100.0 * v, 2), number(100.0 * u, 2))
            }
            Some(q) => format!("< {}", number(100.0 * q.limit[limit], 2)),
            None => String::new(),
        };
        // 1 kg/m² is 1e8 ng/cm².
        let mass = match q.and_then(|q| Some((q.detected, q.mass?))) {
            Some((true, (m, _))) => format!("{} ± {}", number(1e8 * m.value, 0), number(1e8 * m.uncertainty, 0)),
            Some((false, (_, limit))) => format!("< {}", number(1e8 * limit, 0)),
            None => String::new(),
        };
        let counts = if f.detected() {
            format!("{} ± {}", number(f.counts.value, 0), number(f.counts.uncertainty, 0))
        } else {
            format!("not found ({} ± {})", number(f.counts.value, 0), number(f.counts.uncertainty, 0))
        };
        vec![
            f.name.clone(),
            counts,
            number(f.limit, 0),
            part(|q| (q.atomic.value, q.atomic.uncertainty), 1),
            part(|q| (q.weight.value, q.weight.uncertainty), 0),
            mass,
        ]
    };
    found.fit.families.iter().map(row).collect()
}
