//! The X-ray spectra of a record, a file each.

use std::path::Path;

use pentatwin_units::recorded;

use super::{ExportError, MsaSpectrum, msa, whole_file};
use crate::{Reader, RecordError};

/// Writes each spectrum of a record as `<name>.msa` into a folder, which is made if it is not there; how many.
///
/// # Errors
/// A failure to read or write.
pub fn spectra(reader: &Reader, folder: &Path) -> Result<usize, ExportError> {
    let end = format!("/{}", recorded::COUNTS.name);
    let groups: Vec<String> =
        reader.arrays().filter(|path| path.starts_with("spectra/")).filter_map(|path| Some(path.strip_suffix(&end)?.to_owned())).collect();
    if groups.is_empty() {
        return Ok(0);
    }
    std::fs::create_dir_all(folder).map_err(|e| RecordError::io(folder, e))?;
    let title = reader.attributes().get("title").and_then(serde_json::Value::as_str).unwrap_or("pentatwin").to_owned();
    for group in &groups {
        let name = group.trim_start_matches("spectra/");
        let energy = reader.read_f64(group, recorded::ENERGY.name)?.values;
        let counts = reader.read_f64(group, recorded::COUNTS.name)?.values;
        let attributes = reader.info(group, recorded::COUNTS.name)?.attributes;
        let number = |key: &str| attributes.get(key).and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN);
        let [Some(first), Some(last)] = [energy.first(), energy.last()] else { continue };
        let text = msa(&MsaSpectrum {
            title: &format!("{title}, {name}"),
            owner: "pentatwin",
            comment: "simulated by pentatwin",
            offset: *first,
            width: if energy.len() > 1 { (last - first) / (energy.len() - 1) as f64 } else { f64::NAN },
            counts: &counts,
            beam: number("beam_energy_ev"),
            current: number("beam_current"),
            live_time: number("live_time"),
            real_time: number("real_time"),
            take_off: number("take_off"),
            solid_angle: number("solid_angle"),
            resolution: number("resolution_mn_ka_ev"),
        });
        let path = folder.join(format!("{name}.msa"));
        whole_file(&path, |temporary| std::fs::write(temporary, &text).map_err(|e| RecordError::io(temporary, e).into()))?;
    }
    Ok(groups.len())
}
