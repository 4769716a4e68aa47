//! The lattice of one image: peaks of its spectrum, spacings, angles, and what a crystal that is named says of the image's scale.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use pentatwin_analysis::Measurement;
use pentatwin_analysis::lattice::{
    Affine, AssignRule, Crystal, Patch, Peak, PeakRule, Spectrum, Spot, Window, angle_between, assign, peaks,
};
use pentatwin_record::import::Movie;
use pentatwin_record::measured::{Clocks, FindingGroup, Measured};

use super::error::AnalyzeError;
use super::findings::Rows;
use super::{ANALYSIS_STORE, AnalyzeOptions, Place, contrast, store, tables};

/// Peaks that get a finding; the table has all.
const SHOWN: usize = 8;

/// A crystal that can be named.
pub const CRYSTALS: [(&str, Crystal); 2] = [("SrTiO3", Crystal::SRTIO3_001), ("Ag", Crystal::SILVER_110)];

/// What the lattice of an image leaves.
#[derive(Clone, PartialEq, Debug)]
pub struct LatticeOutcome {
    /// Folder of the tables.
    pub folder: PathBuf,
    /// Store with the attribute `measured`.
    pub store: PathBuf,
    /// What was found.
    pub measured: Measured,
    /// The peaks, the strongest first.
    pub peaks: Vec<Peak>,
    /// The correction and the peaks assigned, where a crystal was named and fits.
    pub assigned: Option<(Affine, Vec<Spot>)>,
}

/// Measures the lattice in the first image of `source`: no wire is needed, and no times.
///
/// # Errors
/// The image cannot be read or is too small or flat, its pixel is not known, or the results cannot be written. That nothing periodic is in
/// it is a finding, no error.
pub fn lattice(source: &Path, options: &AnalyzeOptions, crystal: Option<(&str, Crystal)>) -> Result<LatticeOutcome, AnalyzeError> {
    lattice_given(Movie::open(source, &options.hints)?, options, crystal)
}

/// Measures the lattice in the first image of a movie that is open; `options.hints` mean nothing here.
///
/// # Errors
/// As [`lattice`].
pub fn lattice_given(mut movie: Movie, options: &AnalyzeOptions, crystal: Option<(&str, Crystal)>) -> Result<LatticeOutcome, AnalyzeError> {
    let source = movie.path().to_owned();
    let source = source.as_path();
    let pixel = movie.pixel()?;
    let [width, height] = movie.size();
    let counts: Vec<f32> = movie.read(0)?.into_iter().map(f32::from).collect();
    let failed = |e| AnalyzeError::lattice(source, e);
    let patch = Patch::new(width, height, [pixel; 2], &counts).map_err(failed)?;
    let found = peaks(&Spectrum::new(&patch, Window::Hann).map_err(failed)?, &PeakRule::default());
    let mut rows = Rows::new();
    put(&mut rows, &found);
    let assigned = crystal.and_then(|(name, crystal)| corrected(&mut rows, &found, name, &crystal));
    // A run keeps what was measured of its movie: the lattice gets a folder of its own.
    let mut place = Place::choose(source, options.out.as_deref(), movie.run());
    if movie.run().is_some() && options.out.is_none() {
        place.folder = place.folder.with_file_name("lattice");
        place.store = place.folder.join(ANALYSIS_STORE);
    }
    let mut notes = movie.notes();
    if movie.len() > 1 {
        notes.push(format!("the lattice is that of the first of {} images", movie.len()));
    }
    let in_words = match movie.run().and_then(contrast) {
        Some(pentatwin_analysis::movie::Contrast::DarkField) => "dark-field",
        Some(pentatwin_analysis::movie::Contrast::BrightField) => "bright-field",
        None => "",
    };
    let measured = Measured {
        source: source.display().to_string(),
        iv: None,
        frames: 1,
        frames_in_movie: movie.len(),
        interrupted: false,
        pixel,
        size: [width, height],
        contrast: in_words.to_owned(),
        cross_section: String::new(),
        origin: "the centre of the first image".to_owned(),
        origin_shift: 0.0,
        clocks: Clocks { basis: "one image: there is no time in it".into(), ..Clocks::default() },
        notes,
        findings: rows.into_findings(),
        events: Vec::new(),
    };
    store::write_attribute(&place.store, &measured)?;
    tables::write_lattice(&place.folder, &measured, table(&found, assigned.as_ref()))?;
    Ok(LatticeOutcome { folder: place.folder, store: place.store, measured, peaks: found, assigned })
}

/// Spacings and angles of the strongest peaks.
fn put(rows: &mut Rows, found: &[Peak]) {
    use FindingGroup::Lattice as GROUP;
    if found.is_empty() {
        rows.none("spacing_1", GROUP, "Spacing", "nm", "no peak stands above the noise of the spectrum (0.001 false alarms per image)");
    }
    for (k, peak) in found.iter().take(SHOWN).enumerate() {
        let direction = peak.angle.value.to_degrees();
        let basis = format!("across its planes {direction:.2} deg against the image's x; {:.0} times its background", peak.signal);
        rows.put(&format!("spacing_{}", k + 1), GROUP, &format!("Spacing {}", k + 1), peak.spacing, "nm", &basis);
    }
    if let Some(first) = found.first() {
        for (k, peak) in found.iter().enumerate().take(SHOWN).skip(1) {
            let angle = angle_between(first, peak);
            rows.put(&format!("angle_1_{}", k + 1), GROUP, &format!("Angle of 1 to {}", k + 1), angle, "deg", "as the image shows it");
        }
    }
}

/// The affine correction by a crystal.
fn corrected(rows: &mut Rows, found: &[Peak], name: &str, crystal: &Crystal) -> Option<(Affine, Vec<Spot>)> {
    use FindingGroup::Lattice as GROUP;
    let (map, spots) = match assign(found, crystal, &AssignRule::default()) {
        Ok(assigned) => assigned,
        Err(e) => {
            rows.none("scale_x", GROUP, &format!("True over seen length along x, by {name}"), "", &e.to_string());
            return None;
        }
    };
    let rest = map.residual.map_or_else(String::new, |r| format!(", which remain off by {:.2} % rms", 100.0 * r));
    let basis = format!("from {} peaks as reflections of {name}{rest}", map.spots);
    rows.put("scale_x", GROUP, "True over seen length along x", map.scale[0], "", &basis);
    rows.put("scale_y", GROUP, "True over seen length along y", map.scale[1], "", &basis);
    rows.put("shear", GROUP, "Shear of the image", map.shear, "deg", "angle by which a line along y must be turned towards x");
    rows.put("rotation", GROUP, "Rotation to the crystal", map.rotation, "deg", "from the sheared image to the crystal's own directions");
    for spot in spots.iter().take(SHOWN) {
        let [h, k, l] = spot.reflection.indices;
        if let Some(true_peak) = map.correct(&spot.peak) {
            let [x, y] = spot.reflection.frequency;
            let expected = 1e9 / x.hypot(y);
            let seen = 1e9 * spot.peak.spacing.value;
            let basis = format!("{seen:.4} nm as the image shows it; {expected:.4} nm in the crystal");
            let (key, label) = (format!("spacing_{h}{k}{l}").replace('-', "m"), format!("Spacing ({h} {k} {l}), corrected"));
            rows.put(&key, GROUP, &label, true_peak.spacing, "nm", &basis);
        }
    }
    Some((map, spots))
}

/// All peaks, with their units in the names of the columns.
fn table(found: &[Peak], assigned: Option<&(Affine, Vec<Spot>)>) -> String {
    let mut out = String::from(
        "peak,d_nm,d_uncertainty_nm,angle_deg,angle_uncertainty_deg,frequency_x_per_nm,frequency_y_per_nm,frequency_x_uncertainty_per_nm,\
         frequency_y_uncertainty_per_nm,signal_over_background,h,k,l,d_corrected_nm,d_corrected_uncertainty_nm\n",
    );
    let pair = |m: Measurement, factor: f64| format!("{:.6},{:.6}", factor * m.value, factor * m.uncertainty);
    for (n, p) in found.iter().enumerate() {
        let [[x, y], [ux, uy]] = [p.frequency, p.uncertainty].map(|f| f.map(|v| 1e-9 * v));
        let spot = assigned.and_then(|(map, spots)| Some((map, spots.iter().find(|s| s.peak == *p)?)));
        let known = spot.map_or_else(
            || ",,,,".to_owned(),
            |(map, s)| {
                let [h, k, l] = s.reflection.indices;
                let d = map.correct(p).map_or_else(|| ",".to_owned(), |t| pair(t.spacing, 1e9));
                format!("{h},{k},{l},{d}")
            },
        );
        let (d, angle) = (pair(p.spacing, 1e9), pair(p.angle, 1f64.to_degrees()));
        let _ = writeln!(out, "{},{d},{angle},{x:.6},{y:.6},{ux:.6},{uy:.6},{:.3},{known}", n + 1, p.signal);
    }
    out
}
