//! Sizes and times that a file states.

use pentatwin_units::{parse, parse_as};

/// What a file says of the size of its pixels and the times of its frames.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Calibration {
    /// Size of a pixel along x and y [m].
    pub(crate) pixel: Option<[f64; 2]>,
    /// Why there is no size, if there is something to say.
    pub(crate) pixel_why: String,
    /// From frame to frame [s].
    pub(crate) interval: Option<f64>,
    /// Middle of each exposure [s].
    pub(crate) times: Option<Vec<f64>>,
    /// Position of the image's centre along x [m], from the edge of contact 1.
    pub(crate) origin: Option<f64>,
}

/// Metres in a unit of length as programs write it: `nm`, `um`, `\u00B5m`, `micron`, `inch`, `nanometer`.
pub(crate) fn length(unit: &str) -> Option<f64> {
    Some(match unit.trim() {
        "\\u00B5m" | "\\u00b5m" | "micron" | "microns" | "micrometer" | "micrometre" | "micrometers" => 1e-6,
        "nanometer" | "nanometre" | "nanometers" | "nanometres" => 1e-9,
        "\\u00C5" | "\u{212b}" | "Å" | "angstrom" | "Angstrom" => 1e-10,
        "inch" | "inches" | "in" => 25.4e-3,
        "picometer" | "picometre" => 1e-12,
        "meter" | "metre" => 1.0,
        other => in_si(other, "1 m")?,
    })
}

/// Seconds in a unit of time as programs write it: `s`, `sec`, `msec`, `minutes`.
pub(crate) fn time(unit: &str) -> Option<f64> {
    Some(match unit.trim().to_ascii_lowercase().as_str() {
        "sec" | "second" | "seconds" => 1.0,
        "msec" | "millisecond" | "milliseconds" => 1e-3,
        "usec" | "microsecond" | "microseconds" => 1e-6,
        "minute" | "minutes" => 60.0,
        "hr" | "hour" | "hours" => 3600.0,
        other => in_si(other, "1 s")?,
    })
}

/// A unit's size in SI, if it is of the example's dimension.
pub(crate) fn in_si(unit: &str, example: &str) -> Option<f64> {
    if unit.is_empty() {
        return None;
    }
    let (_, dimension) = parse(example).ok()?;
    parse_as(&format!("1 {unit}"), dimension).ok().filter(|x| *x > 0.0)
}

/// Distance of positions that rise evenly; `None` for fewer than two, or uneven ones.
pub(crate) fn pitch(positions: &[f64]) -> Option<f64> {
    let (&first, &last) = (positions.first()?, positions.last()?);
    let pitch = (last - first) / (positions.len() as f64 - 1.0);
    let even = positions.windows(2).all(|pair| (pair[1] - pair[0] - pitch).abs() <= 1e-3 * pitch.abs());
    (pitch.is_finite() && pitch > 0.0 && even).then_some(pitch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_as_programs_write_them() {
        for (text, metres) in
            [("nm", 1e-9), ("um", 1e-6), ("µm", 1e-6), ("\\u00B5m", 1e-6), ("micron", 1e-6), ("inch", 0.0254), ("cm", 0.01), ("pm", 1e-12)]
        {
            assert!(length(text).is_some_and(|x| (x / metres - 1.0).abs() < 1e-12), "{text}");
        }
        for text in ["pixel", "", "s", "%"] {
            assert_eq!(length(text), None, "{text}");
        }
        assert_eq!([time("s"), time("sec"), time("ms"), time("min"), time("nm")], [Some(1.0), Some(1.0), Some(1e-3), Some(60.0), None]);
        assert_eq!((pitch(&[1.0, 3.0, 5.0]), pitch(&[1.0, 2.0, 5.0]), pitch(&[1.0])), (Some(2.0), None, None));
    }
}
