//! Measurements as arrays of a store.

use std::path::Path;

use pentatwin_analysis::movie::{FrameMeasure, MovieMeasurement, SeenGap, frame_flags};
use pentatwin_record::measured::Measured;
use pentatwin_record::{Layout, RecordError, Values, Writer, replace_group};
use pentatwin_units::recorded::{self, Recorded};
use serde_json::{Map, Value, json};

/// Group of the measurements in a store.
const GROUP: &str = "measurements";

/// A declared quantity and how to read it off a frame's measure.
type Column = (Recorded, fn(&FrameMeasure) -> f64);

fn gap(frame: &FrameMeasure, of: fn(&SeenGap) -> f64) -> f64 {
    frame.gap.as_ref().map_or(f64::NAN, of)
}

/// One number a frame, in SI but for the axis' offset [pixels] and positions from the centre of the first image.
const SERIES: [Column; 12] = [
    (recorded::GAP_WIDTH, |f| gap(f, |g| g.width.value)),
    (recorded::GAP_WIDTH_STATISTICAL, |f| gap(f, |g| g.width.uncertainty)),
    (recorded::GAP_WIDTH_SYSTEMATIC, |f| gap(f, |g| g.systematic)),
    (recorded::MEASURED_DRIFT_X, |f| f.drift.shift[0]),
    (recorded::MEASURED_DRIFT_Y, |f| f.drift.shift[1]),
    (recorded::DRIFT_XX, |f| f.drift.covariance[0]),
    (recorded::DRIFT_XY, |f| f.drift.covariance[1]),
    (recorded::DRIFT_YY, |f| f.drift.covariance[2]),
    (recorded::AXIS_ANGLE, |f| f.axis.angle),
    (recorded::AXIS_ANGLE_UNCERTAINTY, |f| f.axis_uncertainty[0]),
    (recorded::AXIS_OFFSET, |f| f.axis.offset),
    (recorded::AXIS_OFFSET_UNCERTAINTY, |f| f.axis_uncertainty[1]),
];

/// Profiles, one number for each position in each frame.
type Profile = (Recorded, fn(&FrameMeasure) -> &[f64]);
const PROFILES: [Profile; 4] = [
    (recorded::MEASURED_WIDTH, |f| &f.width),
    (recorded::MEASURED_WIDTH_STATISTICAL, |f| &f.statistical),
    (recorded::MEASURED_WIDTH_SYSTEMATIC, |f| &f.systematic),
    (recorded::MEASURED_CENTRE, |f| &f.centre),
];

/// Writes the group `measurements` and the attribute `measured` into the store at `path`, which is made if it does not exist.
pub(super) fn write(path: &Path, measured: &Measured, movie: &MovieMeasurement) -> Result<(), RecordError> {
    made(path, measured)?;
    let shift = measured.origin_shift;
    let frames = &movie.frames;
    let series = |of: &dyn Fn(&FrameMeasure) -> f64| frames.iter().map(of).collect::<Vec<f64>>();
    let offset = measured.clocks.offset.unwrap_or(0.0);
    let mut numbers: Vec<(Recorded, Vec<f64>)> = vec![
        (recorded::MEASURED_TIME, series(&|f| f.time + offset)),
        (recorded::GAP_LEFT, series(&|f| gap(f, |g| g.left.value) + shift)),
        (recorded::GAP_RIGHT, series(&|f| gap(f, |g| g.right.value) + shift)),
    ];
    for (quantity, of) in SERIES {
        let pixels = [recorded::AXIS_OFFSET.name, recorded::AXIS_OFFSET_UNCERTAINTY.name].contains(&quantity.name);
        let factor = if pixels { movie.pixel } else { 1.0 };
        numbers.push((quantity, series(&|f| of(f) * factor)));
    }
    let cells = movie.position.len();
    let mut arrays: Vec<(Layout, Values)> = numbers.iter().map(|(q, v)| (Layout::new(*q, &[]), v.into())).collect();
    let position: Vec<f64> = movie.position.iter().map(|u| u + shift).collect();
    // A movie without a wire in any frame has no positions, and no profiles.
    let profiles: Vec<(Recorded, Vec<f64>)> = PROFILES
        .iter()
        .map(|(quantity, of)| {
            let row = |f| (0..cells).map(move |k| of(f).get(k).copied().unwrap_or(f64::NAN));
            (*quantity, frames.iter().flat_map(row).collect())
        })
        .collect();
    if cells > 0 {
        arrays.push((Layout::new(recorded::MEASURED_POSITION, &[]), (&position).into()));
        arrays.extend(profiles.iter().map(|(q, v)| (Layout::new(*q, &[cells as u64]), v.into())));
    }
    let flags: Vec<u8> = frames.iter().map(|f| f.flags).collect();
    let index: Vec<u32> = frames.iter().map(|f| u32::try_from(f.index).unwrap_or(u32::MAX)).collect();
    let masks = [
        (frame_flags::DUPLICATE, "duplicate"),
        (frame_flags::SATURATED, "saturated"),
        (frame_flags::NO_WIRE, "no_wire"),
        (frame_flags::LEAVES, "leaves"),
        (frame_flags::LOST, "lost"),
        (frame_flags::AFTER_A_GAP, "after_dropped_frames"),
    ];
    let layout = Layout::new(recorded::FRAME_FLAGS, &[])
        .with_attribute("flag_masks", masks.map(|(mask, _)| mask).to_vec())
        .with_attribute("flag_meanings", masks.map(|(_, word)| word).join(" "));
    arrays.push((layout, (&flags).into()));
    arrays.push((Layout::new(recorded::FRAME_INDEX, &[]), (&index).into()));
    replace_group(path, GROUP, &arrays, attribute(measured)?)
}

/// Writes the attribute `measured` alone, without arrays.
pub(super) fn write_attribute(path: &Path, measured: &Measured) -> Result<(), RecordError> {
    made(path, measured)?;
    replace_group(path, GROUP, &[], attribute(measured)?)
}

fn attribute(measured: &Measured) -> Result<Map<String, Value>, RecordError> {
    let value = serde_json::to_value(measured).map_err(|e| RecordError::Attribute { key: "measured".into(), why: e.to_string() })?;
    Ok(Map::from_iter([("measured".to_owned(), value)]))
}

/// Makes the store if it does not exist.
fn made(path: &Path, measured: &Measured) -> Result<(), RecordError> {
    if !path.exists() {
        let text = |s: &str| json!(s);
        let attributes = [("title", text("Measurements of a movie")), ("name", json!(measured.source)), ("ended", text("measured"))];
        Writer::create(path, attributes.map(|(k, v)| (k.to_owned(), v)).into_iter().collect(), &[])?.finish()?;
    }
    Ok(())
}
