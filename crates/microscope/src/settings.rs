//! What the microscope is made of, as declared parameters.

use pentatwin_units::{Kind, Section, Status, parameters};

parameters! {
    /// Bright-field TEM: what the specimen does to the beam through the objective aperture.
    pub struct BrightField {
        /// Effective absorption length of silver, per run
        silver: f64 = Kind::Quantity("nm"), "75 nm", limits("1 nm", "10 um"), range("40 nm", "90 nm"), from(Status::Assumption, "imaging.md 2.2: fitted per run; a crystal off Bragg transmits more than the amorphous elastic value");
        /// Effective absorption length of platinum (pads)
        platinum: f64 = Kind::Quantity("nm"), "10 nm", limits("1 nm", "10 um"), range("8 nm", "15 nm"), from(Status::Estimate, "imaging.md 2.2: elastic 9.6 nm");
        /// Effective absorption length of electron-beam deposited Pt-C (contacts)
        deposit: f64 = Kind::Quantity("nm"), "45 nm", limits("1 nm", "10 um"), range("25 nm", "60 nm"), from(Status::Estimate, "imaging.md 2.2");
        /// Effective absorption length of silicon nitride
        nitride: f64 = Kind::Quantity("nm"), "170 nm", limits("1 nm", "10 um"), range("160 nm", "180 nm"), from(Status::Estimate, "imaging.md 2.2: elastic 116 nm, inelastic 136 nm, outside 10 mrad");
        /// Diffraction contrast of the five twins
        diffraction: bool = Kind::Flag, "true", from(Status::Choice, "imaging.md 2.2: two-beam");
        /// Visibility of diffraction contrast: part of a diffracted beam that the aperture stops and that stays coherent
        visibility: f64 = Kind::Quantity("1"), "0.5", limits("0", "1"), range("0.3", "0.8"), from(Status::Assumption, "imaging.md 2.2: middle line 3-10 % after averaging");
        /// Absorption length of two-beam oscillations over the extinction length
        damping: f64 = Kind::Quantity("1"), "10", limits("0.5", "1000"), from(Status::Estimate, "imaging.md 2.2: xi' about 10 xi; fringes wash out beyond 60 nm");
        /// Defocus, positive under focus
        defocus: f64 = Kind::Quantity("um"), "1 um", limits("-100 um", "100 um"), from(Status::Assumption, "imaging.md 2.2: often some um under focus");
        /// Fresnel fringe at the outline of silver (first order in the defocus)
        fringe: bool = Kind::Flag, "true", from(Status::Choice, "imaging.md 2.2: an option");
        /// Mean inner potential of silver
        inner_potential: f64 = Kind::Quantity("V"), "21 V", limits("0 V", "100 V"), range("17 V", "24 V"), from(Status::Estimate, "recalled: measured and computed values lie between 17 and 24 V");
        /// Spectral density of the phase of a 50 nm nitride film, which defocus turns into texture
        granularity: f64 = Kind::Quantity("nm2"), "3e-4 nm2", limits("0 nm2", "1 nm2"), range("1e-4 nm2", "1e-3 nm2"), from(Status::Estimate, "4750 atoms/nm2 x (1.43e-3 rad nm2)^2 x S(0) = 0.03; gives the 0.5-1.5 % of imaging.md 2.2 at 1 nm/px and 1 um");
        /// Unevenness of the film's thickness, rms
        film_roughness: f64 = Kind::Quantity("nm"), "0.3 nm", limits("0 nm", "10 nm"), range("0.1 nm", "0.6 nm"), from(Status::Assumption, "LPCVD nitride, recalled");
        /// Correlation length of that unevenness
        film_waviness: f64 = Kind::Quantity("nm"), "40 nm", limits("1 nm", "10 um"), from(Status::Assumption, "no source");
    }
}

parameters! {
    /// HAADF-STEM: probe, scattering, scan.
    pub struct DarkField {
        /// Length after which 1/e of the beam has not reached the detector, silver
        silver: f64 = Kind::Quantity("nm"), "123 nm", limits("1 nm", "100 um"), range("100 nm", "150 nm"), from(Status::Estimate, "imaging.md 2.3: f_out(60 mrad) = 0.17");
        /// The same, platinum
        platinum: f64 = Kind::Quantity("nm"), "40 nm", limits("1 nm", "100 um"), range("30 nm", "55 nm"), from(Status::Estimate, "imaging.md 2.3: silver x (47/78)^1.7 x 5.86/6.62 in atoms per volume, with Langmore-Smith screening");
        /// The same, Pt-C deposit
        deposit: f64 = Kind::Quantity("nm"), "220 nm", limits("1 nm", "100 um"), range("130 nm", "320 nm"), from(Status::Estimate, "15-30 at% Pt in carbon at 5-9 g/cm3 (imaging.md 2.2)");
        /// The same, silicon nitride
        nitride: f64 = Kind::Quantity("nm"), "4 um", limits("1 nm", "1 mm"), range("3.3 um", "5 um"), from(Status::Estimate, "imaging.md 2.3: 50 nm gives 1-1.5 %");
        /// Probe, rms radius along each axis
        probe: f64 = Kind::Quantity("nm"), "0.2 nm", limits("0 nm", "100 nm"), range("0.1 nm", "0.2 nm"), from(Status::Literature, "imaging.md 2.3");
        /// Broadening of the beam in silver by Goldstein's formula
        broadening: bool = Kind::Flag, "true", from(Status::Literature, "Goldstein et al. 1977: b = 6.25e5 Z/E0 (rho/A)^0.5 t^1.5; 18 nm for 90 % at 115 nm");
        /// Jitter of the lines, rms, in pixels
        line_jitter: f64 = Kind::Quantity("1"), "0.3", limits("0", "20"), range("0.2", "0.5"), from(Status::Literature, "imaging.md 2.3");
        /// Displacement by the mains, amplitude, in pixels
        mains: f64 = Kind::Quantity("1"), "0.15", limits("0", "20"), from(Status::Assumption, "imaging.md 2.3: seen in real files");
        /// Line frequency
        line_frequency: f64 = Kind::Quantity("Hz"), "50 Hz", limits("1 Hz", "1 kHz"), from(Status::Choice, "Europe");
        /// Offset of the first pixel of a line after flyback, in pixels
        flyback: f64 = Kind::Quantity("1"), "3", limits("0", "100"), from(Status::Assumption, "imaging.md 2.3: flyback row offset");
        /// Pixels over which that offset decays
        flyback_decay: f64 = Kind::Quantity("1"), "6", limits("0.1", "200"), from(Status::Assumption, "no source");
        /// Electrons counted per electron that reaches the detector
        efficiency: f64 = Kind::Quantity("1"), "0.9", limits("0", "1"), from(Status::Assumption, "no source");
        /// Counts per detected electron
        gain: f64 = Kind::Quantity("1"), "10", limits("1e-3", "1e4"), from(Status::Choice, "amplifier setting");
        /// Black level, in counts
        offset: f64 = Kind::Quantity("1"), "200", limits("0", "20000"), from(Status::Choice, "amplifier setting");
        /// Noise of the amplifier, rms, in counts
        read_noise: f64 = Kind::Quantity("1"), "4", limits("0", "1000"), from(Status::Assumption, "no source: below half an electron");
    }
}

parameters! {
    /// The camera of the TEM modes.
    pub struct Camera {
        /// Counts per electron
        gain: f64 = Kind::Quantity("1"), "8", limits("1e-3", "1e4"), from(Status::Assumption, "scintillator cameras at 200 kV, recalled class value");
        /// Black level, in counts
        offset: f64 = Kind::Quantity("1"), "100", limits("0", "20000"), from(Status::Choice, "keeps noise above zero");
        /// Weight of the Gaussian part of the modulation transfer function
        mtf_weight: f64 = Kind::Quantity("1"), "0.8", limits("0", "1"), range("0.65", "0.9"), from(Status::Assumption, "imaging.md 2.4: MTF 0.1-0.2 at Nyquist, the pixel's own aperture of 0.64 included; variance down 3-4 times");
        /// Width of the Gaussian part exp(-(f/f1)²), in cycles per pixel
        mtf_core: f64 = Kind::Quantity("1"), "0.5", limits("0.01", "100"), range("0.4", "0.55"), from(Status::Assumption, "imaging.md 2.4");
        /// Width of the tail 1/(1+(f/f2)²), in cycles per pixel
        mtf_tail: f64 = Kind::Quantity("1"), "0.1", limits("0.02", "100"), range("0.05", "0.15"), from(Status::Assumption, "imaging.md 2.4");
        /// Detective quantum efficiency at zero frequency: spread of the light per electron
        dqe: f64 = Kind::Quantity("1"), "0.6", limits("0.05", "1"), range("0.5", "0.7"), from(Status::Literature, "imaging.md 2.4: recalled class value");
        /// Fixed pattern left after the gain correction, rms, relative
        fixed_pattern: f64 = Kind::Quantity("%"), "0.5 %", limits("0 %", "20 %"), from(Status::Assumption, "imaging.md 1.2");
        /// Read noise, rms, in counts
        read_noise: f64 = Kind::Quantity("1"), "0.86", limits("0", "1000"), from(Status::Estimate, "real Ceta dark frame (8 x 8 binned): what the residual of 1.03 leaves beside its smooth part and the rounding");
        /// Column pattern of the dark frame, rms, in counts
        dark_columns: f64 = Kind::Quantity("1"), "1.24", limits("0", "1000"), from(Status::Estimate, "real Ceta dark frame");
        /// Row pattern of the dark frame, rms, in counts
        dark_rows: f64 = Kind::Quantity("1"), "0.35", limits("0", "1000"), from(Status::Estimate, "real Ceta dark frame");
        /// Smooth unevenness of the dark frame, rms, in counts
        dark_uneven: f64 = Kind::Quantity("1"), "0.5", limits("0", "1000"), from(Status::Estimate, "real Ceta dark frame: correlated part of the residual of 1.03");
    }
}

parameters! {
    /// The stage.
    pub struct Stage {
        /// Steady drift along the image's x
        drift_x: f64 = Kind::Quantity("nm/s"), "0.1 nm/s", limits("-1000 nm/s", "1000 nm/s"), range("-0.3 nm/s", "0.3 nm/s"), from(Status::Assumption, "imaging.md 1.2: 0.07 px per frame of 1 nm and 0.5 s");
        /// Steady drift along the image's y
        drift_y: f64 = Kind::Quantity("nm/s"), "0.1 nm/s", limits("-1000 nm/s", "1000 nm/s"), range("-0.3 nm/s", "0.3 nm/s"), from(Status::Assumption, "imaging.md 1.2: 0.07 px per frame of 1 nm and 0.5 s");
        /// Random walk of each axis, rms after one second
        wander: f64 = Kind::Quantity("nm"), "0.35 nm", limits("0 nm", "1000 nm"), range("0.1 nm", "1 nm"), from(Status::Assumption, "imaging.md 1.2: 0.25 px per frame of 1 nm and 0.5 s");
    }
}

/// All of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Settings {
    /// Bright-field contrast.
    pub bright_field: BrightField,
    /// Dark-field contrast and scan.
    pub dark_field: DarkField,
    /// Camera of the TEM modes.
    pub camera: Camera,
    /// Stage.
    pub stage: Stage,
}

impl Settings {
    /// The sections with their names.
    pub fn sections(&self) -> [(&'static str, &dyn Section); 4] {
        [
            ("microscope.bright_field", &self.bright_field),
            ("microscope.dark_field", &self.dark_field),
            ("microscope.camera", &self.camera),
            ("microscope.stage", &self.stage),
        ]
    }

    /// The sections, to be changed.
    pub fn sections_mut(&mut self) -> [(&'static str, &mut dyn Section); 4] {
        [
            ("microscope.bright_field", &mut self.bright_field),
            ("microscope.dark_field", &mut self.dark_field),
            ("microscope.camera", &mut self.camera),
            ("microscope.stage", &mut self.stage),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_fits_its_own_declaration() {
        for (name, section) in Settings::default().sections() {
            for p in section.parameters() {
                let value = p.default_value().unwrap_or_else(|e| panic!("{name}.{}: {e}", p.name));
                assert_eq!(section.get(p.name), Some(value), "{name}.{}", p.name);
                if let Some((low, high)) = p.range_si() {
                    assert!(low < high, "{name}.{}", p.name);
                }
            }
        }
    }
}
