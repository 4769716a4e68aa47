//! Peaks of a lattice image as JSON: lattice_of WIDTH HEIGHT PIXEL_NM FILE, the file with one little-endian u16 per pixel, row by row.

use pentatwin_analysis::lattice::{AssignRule, Crystal, Patch, PeakRule, Spectrum, Window, assign, peaks};
use serde_json::json;
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [width, height, pixel, file] = arguments.as_slice() else {
        return Err("usage: lattice_of WIDTH HEIGHT PIXEL_NM FILE".into());
    };
    let bytes = std::fs::read(file)?;
    let counts: Vec<f32> = bytes.chunks_exact(2).map(|b| f32::from(u16::from_le_bytes([b[0], b[1]]))).collect();
    let pixel = 1e-9 * pixel.parse::<f64>()?;
    let start = Instant::now();
    let patch = Patch::new(width.parse()?, height.parse()?, [pixel; 2], &counts)?;
    let found = peaks(&Spectrum::new(&patch, Window::Hann)?, &PeakRule::default());
    let seconds = start.elapsed().as_secs_f64();
    let rows: Vec<_> = found
        .iter()
        .map(|p| {
            json!({"frequency_per_nm": p.frequency.map(|f| 1e-9 * f), "uncertainty_per_nm": p.uncertainty.map(|f| 1e-9 * f),
                "d_nm": 1e9 * p.spacing.value, "d_sigma_nm": 1e9 * p.spacing.uncertainty, "angle_deg": p.angle.value.to_degrees(),
                "signal": p.signal})
        })
        .collect();
    let assigned = match assign(&found, &Crystal::SRTIO3_001, &AssignRule::default()) {
        Ok((map, spots)) => json!({
            "scale": map.scale.map(|s| [s.value, s.uncertainty]), "shear_rad": [map.shear.value, map.shear.uncertainty],
            "rotation_rad": [map.rotation.value, map.rotation.uncertainty], "residual": map.residual,
            "spots": spots.iter().map(|s| json!({"indices": s.reflection.indices, "true_per_nm": s.reflection.frequency.map(|f| 1e-9 * f),
                "seen_per_nm": s.peak.frequency.map(|f| 1e-9 * f)})).collect::<Vec<_>>()}),
        Err(e) => json!({"refused": e.to_string()}),
    };
    println!("{}", json!({"seconds": seconds, "peaks": rows, "srtio3_001": assigned}));
    Ok(())
}
