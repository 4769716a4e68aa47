//! Measurements as tables, with their units in the names of the columns.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use pentatwin_analysis::curve::Histogram;
use pentatwin_analysis::movie::MovieMeasurement;
use pentatwin_record::RecordError;
use pentatwin_record::import::IvRecord;
use pentatwin_record::measured::Measured;

use super::electrical;
use super::particles::Row;

/// Writes `frames.csv`, `widths.csv`, `events.csv`, `findings.csv` and, with an electrical record, `iv.csv` and `conductance.csv` into `folder`, in place of
/// those of an earlier analysis.
pub(super) fn write(
    folder: &Path,
    measured: &Measured,
    movie: &MovieMeasurement,
    iv: Option<&IvRecord>,
    tracks: &[Row],
) -> Result<(), RecordError> {
    fs::create_dir_all(folder).map_err(|e| RecordError::io(folder, e))?;
    table(folder, "frames.csv", frames(measured, movie))?;
    table(folder, "widths.csv", widths(measured, movie))?;
    table(folder, "events.csv", events(measured))?;
    table(folder, "findings.csv", findings(measured))?;
    // Only dark field looks for particles; an empty table says that none was found.
    if measured.findings.iter().any(|f| f.key == "particles") {
        table(folder, "particles.csv", particles(measured, tracks))?;
    }
    match iv {
        Some(iv) => {
            table(folder, "iv.csv", joined(measured, movie, iv))?;
            match electrical::conductance(iv) {
                Some(h) => table(folder, "conductance.csv", conductance(&h)),
                None => Ok(()),
            }
        }
        None => Ok(()),
    }
}

/// Writes `lattice.csv` and `findings.csv`.
pub(super) fn write_lattice(folder: &Path, measured: &Measured, peaks: String) -> Result<(), RecordError> {
    fs::create_dir_all(folder).map_err(|e| RecordError::io(folder, e))?;
    table(folder, "lattice.csv", peaks)?;
    table(folder, "findings.csv", findings(measured))
}

/// A whole file, so that no reader meets half of it.
fn table(folder: &Path, name: &str, text: String) -> Result<(), RecordError> {
    let (path, temporary) = (folder.join(name), folder.join(format!(".{name}.tmp")));
    fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, &path)).map_err(|e| {
        let _ = fs::remove_file(&temporary);
        RecordError::io(&path, e)
    })
}

/// A number, or nothing where there is none.
fn cell(value: f64) -> String {
    if value.is_finite() { format!("{value}") } else { String::new() }
}

/// A length [m] in nm to a thousandth: less than any of them is known to.
fn nm(value: f64) -> String {
    if value.is_finite() { format!("{:.3}", 1e9 * value) } else { String::new() }
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(String::new, cell)
}

/// Text between quotes where a comma or a quote is in it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

// Writing to a string does not fail: its results are not looked at.

fn frames(measured: &Measured, movie: &MovieMeasurement) -> String {
    let mut out = String::from(
        "frame,time_s,smallest_width_nm,gap_left_nm,gap_right_nm,gap_width_nm,gap_width_statistical_nm,gap_width_systematic_nm,\
         drift_x_nm,drift_y_nm,drift_x_uncertainty_nm,drift_y_uncertainty_nm,axis_angle_deg,axis_angle_uncertainty_deg,flags\n",
    );
    let (shift, offset) = (measured.origin_shift, measured.clocks.offset.unwrap_or(0.0));
    for f in &movie.frames {
        let smallest = f.width.iter().copied().filter(|w| w.is_finite()).fold(f64::INFINITY, f64::min);
        let gap = f.gap.as_ref().map(|g| [g.left.value + shift, g.right.value + shift, g.width.value, g.width.uncertainty, g.systematic]);
        let gap = gap.unwrap_or([f64::NAN; 5]).map(nm).join(",");
        let [x, y] = f.drift.shift.map(nm);
        let [sx, sy] = [0, 2].map(|k| nm(f.drift.covariance[k].sqrt()));
        let [angle, spread] = [f.axis.angle, f.axis_uncertainty[0]].map(|a| cell(a.to_degrees()));
        let time = cell(f.time + offset);
        let _ = writeln!(out, "{},{time},{},{gap},{x},{y},{sx},{sy},{angle},{spread},{}", f.index, nm(smallest), f.flags);
    }
    out
}

fn widths(measured: &Measured, movie: &MovieMeasurement) -> String {
    let mut out = String::from("frame,time_s,position_nm,width_nm,width_statistical_nm,width_systematic_nm,centre_nm\n");
    let offset = measured.clocks.offset.unwrap_or(0.0);
    for f in &movie.frames {
        let time = cell(f.time + offset);
        for (k, u) in movie.position.iter().enumerate() {
            let at = |of: &[f64]| of.get(k).copied().unwrap_or(f64::NAN);
            let width = at(&f.width);
            if width.is_finite() {
                let rest = [at(&f.statistical), at(&f.systematic), at(&f.centre)].map(nm).join(",");
                let _ = writeln!(out, "{},{time},{},{},{rest}", f.index, nm(u + measured.origin_shift), nm(width));
            }
        }
    }
    out
}

fn events(measured: &Measured) -> String {
    let mut out = String::from("letter,name,time_s,time_uncertainty_s,frame,position_nm,voltage_V,current_A\n");
    for e in &measured.events {
        let frame = e.frame.map_or_else(String::new, |k| k.to_string());
        let rest = [optional(e.voltage), optional(e.current)].join(",");
        let position = e.position.map_or_else(String::new, nm);
        let (time, spread) = (cell(e.time), optional(e.uncertainty));
        let _ = writeln!(out, "{},{},{time},{spread},{frame},{position},{rest}", e.letter, quoted(&e.name));
    }
    out
}

fn findings(measured: &Measured) -> String {
    let mut out = String::from("key,group,label,value_SI,statistical_SI,systematic_SI,unit_to_show,basis\n");
    for f in &measured.findings {
        let numbers = [f.value, f.uncertainty, f.systematic].map(optional).join(",");
        let (label, basis) = (quoted(&f.label), quoted(&f.basis));
        let _ = writeln!(out, "{},{},{label},{numbers},{},{basis}", f.key, f.group.word(), f.unit);
    }
    out
}

fn particles(measured: &Measured, rows: &[Row]) -> String {
    let mut out = String::from(
        "track,frame,time_s,position_nm,across_nm,place_uncertainty_nm,diameter_nm,diameter_uncertainty_nm,signal_electrons,\
         signal_uncertainty_electrons,significance\n",
    );
    let offset = measured.clocks.offset.unwrap_or(0.0);
    for r in rows {
        let place = [r.place[0] + measured.origin_shift, r.place[1], r.place_uncertainty].map(nm).join(",");
        let size = r.diameter.map_or([f64::NAN; 2], |d| [d.value, d.uncertainty]).map(nm).join(",");
        let signal = [r.signal.value, r.signal.uncertainty, r.significance].map(cell).join(",");
        let _ = writeln!(out, "{},{},{},{place},{size},{signal}", r.track + 1, r.frame, cell(r.time + offset));
    }
    out
}

/// Samples at each conductance.
fn conductance(h: &Histogram) -> String {
    let mut out = String::from("from_G0,to_G0,samples,uncertainty,visits\n");
    for (((ends, n), u), visits) in h.edges.windows(2).zip(&h.counts).zip(&h.uncertainty).zip(&h.visits) {
        let _ = writeln!(out, "{:.6},{:.6},{},{},{visits}", ends[0], ends[1], cell(*n), cell(*u));
    }
    out
}

/// The electrical record, with the frame whose exposure is nearest to each sample where the clocks are tied.
fn joined(measured: &Measured, movie: &MovieMeasurement, iv: &IvRecord) -> String {
    let mut out = String::from("time_s,voltage_V,current_A,nearest_frame\n");
    let times: Vec<f64> = measured.clocks.offset.map_or_else(Vec::new, |offset| movie.frames.iter().map(|f| f.time + offset).collect());
    let ends = times.first().zip(times.last()).map(|(a, b)| (*a, *b));
    for ((t, v), i) in iv.time.iter().zip(&iv.voltage).zip(&iv.current) {
        let inside = ends.is_some_and(|(a, b)| (a..=b).contains(t));
        let after = times.partition_point(|x| x < t).min(times.len().saturating_sub(1));
        let before = after.saturating_sub(1);
        let distance = |k: usize| times.get(k).map_or(f64::INFINITY, |x| (x - t).abs());
        let nearest = if distance(before) <= distance(after) { before } else { after };
        let frame = movie.frames.get(nearest).filter(|_| inside).map_or_else(String::new, |f| f.index.to_string());
        let _ = writeln!(out, "{},{},{},{frame}", cell(*t), cell(*v), cell(*i));
    }
    out
}
