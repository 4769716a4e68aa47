//! From the shape of a run to what its record says of it.

use pentatwin_microscope::{Exposure, Frame, Microscope, MicroscopeError, Mode, View};
use pentatwin_record::summary::{Finding, Table};

use super::findings::findings;
use super::heat::against_heat;
use super::measure::{Shaped, measure};
use super::tables::tables;
use crate::measure::{Measures, Numbers};
use crate::protocol::{Coupling, Protocol};
use crate::simulate::Trace;

/// Necks that are imaged, and the names of the pictures.
const PICTURED: [(f64, &str); 3] = [(0.8, "neck-80"), (0.5, "neck-50"), (0.2, "neck-20")];
/// Pixel of those [m].
const PIXEL: f64 = 1e-9;
/// Noise of those: apart from any frame of the movie and from the single images.
const INDEX: u64 = 1 << 41;

/// What the shape leaves.
#[derive(Default)]
pub struct Shape {
    /// Numbers by name, SI.
    pub numbers: Numbers,
    /// Tables for the report.
    pub tables: Vec<Table>,
    /// Rows of the checklist.
    pub findings: Vec<Finding>,
    /// Pictures: name, view, frame.
    pub pictures: Vec<(&'static str, View, Frame)>,
    /// What a reader must know: why there is no shape, or none to the end.
    pub note: Option<String>,
    /// Whether the gap is the lattice's.
    pub resolved: bool,
}

/// Reads the shape of a run.
///
/// # Errors
/// A picture cannot be made.
pub fn follow(protocol: &Protocol, seed: u64, trace: &Trace) -> Result<Shape, MicroscopeError> {
    let mut found = Shape::default();
    if protocol.shape.coupling == Coupling::Off {
        return Ok(found);
    }
    let coupled = trace.specimen.coupled();
    let mut notes = Vec::new();
    notes.extend(coupled.why().map(ToString::to_string));
    let mut shaped: Option<Shaped> = None;
    if let Some(shape) = coupled.followed() {
        match measure(shape, &trace.shapes) {
            Ok(s) => {
                found.numbers = s.numbers();
                found.tables = tables(&s, coupled);
                found.tables.extend(against_heat(protocol, seed, &s, changed_since(trace, &s)));
                shaped = Some(s);
            }
            Err(e) => notes.push(format!("the shape cannot be measured: {e}")),
        }
        if coupled.beyond() {
            let note = "the wire gave way elsewhere, molten, before the lattice had parted: the tips are those of the lattice followed on by itself under the conditions of that instant, and are not what the movie shows";
            notes.push(note.to_owned());
            found.tables.iter_mut().take(1).for_each(|t| t.note = note.to_owned());
        }
    } else if coupled.why().is_none() && !trace.stopped {
        notes.push("the wire did not change enough for the shape engine to follow it".to_owned());
    }
    found.resolved = shaped.as_ref().is_some_and(|s| s.broken.is_some()) && !coupled.beyond();
    found.findings = findings(protocol, shaped.as_ref(), coupled);
    found.pictures = pictures(protocol, seed, trace, shaped.as_ref())?;
    found.note = (!notes.is_empty()).then(|| notes.join("; "));
    Ok(found)
}

/// How much the gap has changed from the rupture to the end of the run [m]: nothing while the lattice is the wire's shape; not told otherwise.
fn changed_since(trace: &Trace, shaped: &Shaped) -> Option<f64> {
    let coupled = trace.specimen.coupled();
    shaped.broken.as_ref().filter(|_| coupled.shown().is_some() && !coupled.beyond() && coupled.replay().is_none()).map(|_| 0.0)
}

/// Puts the numbers of the shape beside those of the wire; the gap is the lattice's where that has parted.
pub fn take_over(shape: &Shape, measures: &mut Measures) {
    measures.numbers.extend(shape.numbers.clone());
    if shape.resolved
        && let (Some(width), Some(at)) = (shape.numbers.get("gap_nearest"), shape.numbers.get("gap_at"))
    {
        measures.numbers.insert("gap_width".to_owned(), *width);
        measures.numbers.insert("gap_position".to_owned(), *at);
        measures.gap_resolved = true;
        measures.gap_of_lattice = true;
    }
}

/// The states in which the neck had certain parts of its cross-section, at 1 nm a pixel and the dose of a frame.
fn pictures(
    protocol: &Protocol,
    seed: u64,
    trace: &Trace,
    shaped: Option<&Shaped>,
) -> Result<Vec<(&'static str, View, Frame)>, MicroscopeError> {
    let Some(at) = shaped.and_then(|s| s.broken.as_ref().map(|b| b.gap.centre.value).or_else(|| s.before.as_ref().map(|b| b.at))) else {
        return Ok(Vec::new());
    };
    let m = &protocol.microscope;
    let microscope = Microscope::new(protocol.optics.clone(), seed);
    let mode = if m.mode == crate::protocol::Mode::HaadfStem { Mode::DarkField } else { Mode::BrightField };
    let view = View::square(mode, m.pixels, m.pixels as f64 * PIXEL, at);
    let exposure = Exposure::at_rate(m.dose_rate, m.frame_time);
    let mut made = Vec::new();
    for (k, (neck, name)) in PICTURED.into_iter().enumerate() {
        let state = trace.shapes.iter().find(|s| s.neck <= neck && s.neck > 0.0);
        if let Some(scene) = state.and_then(|s| s.scene.as_ref()) {
            made.push((name, view, microscope.image(scene, &view, &exposure, INDEX + k as u64)?));
        }
    }
    Ok(made)
}
