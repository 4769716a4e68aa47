//! Settings of the high-resolution microscope, as declared parameters.

use super::error::HighResolutionError;
use super::optics::Optics;
use pentatwin_units::{Kind, Section, Status, parameters, words};

words! {
    /// Which objective lens and gun.
    pub enum Instrument {
        /// FEI Tecnai F20 S-Twin.
        F20 = "f20",
        /// Thermo Fisher Talos F200X.
        Talos = "talos",
    }
}

parameters! {
    /// High-resolution TEM: beam, slices, dose. Section `microscope.hrtem`.
    pub struct HighResolution {
        /// Lens and gun
        instrument: Instrument = Kind::Choice(Instrument::WORDS), "talos", from(Status::Paper, "Methods: heating in the Talos F200X, bias in the Tecnai F20");
        /// Accelerating voltage
        voltage: f64 = Kind::Quantity("kV"), "200 kV", limits("20 kV", "1000 kV"), from(Status::Paper, "Methods");
        /// Defocus, positive under focus
        defocus: f64 = Kind::Quantity("nm"), "65.8 nm", limits("-10 um", "10 um"), range("40 nm", "90 nm"), from(Status::Choice, "Scherzer focus 1.2 sqrt(Cs lambda) of both lenses");
        /// Thickness of a slice, at most
        slice: f64 = Kind::Quantity("nm"), "0.2 nm", limits("0.01 nm", "2 nm"), from(Status::Choice, "imaging.md 2.5");
        /// Margin simulated around the window on each side; with 0 the window is one cell of a periodic specimen
        padding: f64 = Kind::Quantity("nm"), "2 nm", limits("0 nm", "50 nm"), range("1 nm", "6 nm"), from(Status::Choice, "imaging.md 2.5: at least 1 nm; at Scherzer focus the lens moves {111} beams by 0.7 nm, {200} by 1.4 nm, {220} by 5 nm");
        /// Finest spacing that the wave must carry; it carries down to 3 pixels (2/3 of Nyquist's frequency)
        finest: f64 = Kind::Quantity("nm"), "0.12 nm", limits("0.01 nm", "1 nm"), from(Status::Choice, "information limit of the better instrument");
        /// Tilt of the beam against z towards x
        tilt_x: f64 = Kind::Quantity("mrad"), "0 mrad", limits("-50 mrad", "50 mrad"), from(Status::Choice, "aligned");
        /// Tilt of the beam against z towards y
        tilt_y: f64 = Kind::Quantity("mrad"), "0 mrad", limits("-50 mrad", "50 mrad"), from(Status::Choice, "aligned");
        /// Debye-Waller factor B of silver at 293 K
        debye_waller: f64 = Kind::Quantity("nm2"), "0.0075 nm2", limits("0 nm2", "0.1 nm2"), range("0.006 nm2", "0.0085 nm2"), from(Status::Literature, "imaging.md 2.5: 0.75 A2 at 293 K, 0.097 A rms along each axis; proportional to temperature");
        /// Pixels of the image along a side
        pixels: usize = Kind::Count, "1024", limits("16", "8192"), from(Status::Choice, "imaging.md 2.5");
        /// Field of view along a side
        field: f64 = Kind::Quantity("nm"), "20 nm", limits("0.5 nm", "200 nm"), from(Status::Choice, "imaging.md 2.5: 0.02 nm per pixel");
        /// Dose of an image
        dose: f64 = Kind::Quantity("e/nm2"), "1e5 e/nm2", limits("0 e/nm2", "1e9 e/nm2"), range("1e4 e/nm2", "1e6 e/nm2"), from(Status::Assumption, "no source: a second at the 1e4-1e6 e/nm2 usual for metals");
        /// Largest memory for the simulation, in MB
        memory: usize = Kind::Count, "4000", limits("10", "1000000"), from(Status::Choice, "estimated before anything is made");
    }
}

parameters! {
    /// Tecnai F20 S-Twin. Section `microscope.hrtem.f20`.
    pub struct F20 {
        /// Spherical aberration
        cs: f64 = Kind::Quantity("mm"), "1.2 mm", limits("-100 mm", "100 mm"), from(Status::Literature, "imaging.md 2.1: point resolution 0.24 nm");
        /// Chromatic aberration
        cc: f64 = Kind::Quantity("mm"), "1.2 mm", limits("0 mm", "100 mm"), range("1.1 mm", "1.4 mm"), from(Status::Literature, "imaging.md 2.1, recalled");
        /// Energy spread of the gun
        energy_spread: f64 = Kind::Quantity("eV"), "0.7 eV", limits("0 eV", "10 eV"), range("0.6 eV", "0.9 eV"), from(Status::Literature, "imaging.md 2.1: Schottky emitter");
        /// Instability of the lens current, relative
        current_ripple: f64 = Kind::Quantity("1"), "1e-6", limits("0", "1e-3"), from(Status::Estimate, "brings the focal spread to the 4-5 nm of imaging.md 2.1");
        /// Instability of the high tension, relative
        voltage_ripple: f64 = Kind::Quantity("1"), "1e-6", limits("0", "1e-3"), from(Status::Estimate, "as above");
        /// Half angle of illumination
        convergence: f64 = Kind::Quantity("mrad"), "0.2 mrad", limits("0 mrad", "20 mrad"), range("0.1 mrad", "0.3 mrad"), from(Status::Estimate, "imaging.md 2.1");
        /// Two-fold astigmatism, amplitude
        astigmatism: f64 = Kind::Quantity("nm"), "0 nm", limits("0 nm", "1 um"), from(Status::Choice, "aligned");
        /// Azimuth of the astigmatism
        astigmatism_angle: f64 = Kind::Quantity("deg"), "0 deg", limits("-360 deg", "360 deg"), from(Status::Choice, "aligned");
    }
}

parameters! {
    /// Talos F200X. Section `microscope.hrtem.talos`.
    pub struct Talos {
        /// Spherical aberration
        cs: f64 = Kind::Quantity("mm"), "1.2 mm", limits("-100 mm", "100 mm"), from(Status::Literature, "imaging.md 2.1: X-Twin");
        /// Chromatic aberration
        cc: f64 = Kind::Quantity("mm"), "1.2 mm", limits("0 mm", "100 mm"), range("1.1 mm", "1.5 mm"), from(Status::Assumption, "as the F20");
        /// Energy spread of the gun
        energy_spread: f64 = Kind::Quantity("eV"), "0.45 eV", limits("0 eV", "10 eV"), range("0.4 eV", "0.9 eV"), from(Status::Estimate, "with the ripples below it gives the stated information limit of 0.12 nm (imaging.md 2.1, recalled)");
        /// Instability of the lens current, relative
        current_ripple: f64 = Kind::Quantity("1"), "1e-6", limits("0", "1e-3"), from(Status::Estimate, "as the F20");
        /// Instability of the high tension, relative
        voltage_ripple: f64 = Kind::Quantity("1"), "0.5e-6", limits("0", "1e-3"), from(Status::Estimate, "information limit of 0.12 nm");
        /// Half angle of illumination
        convergence: f64 = Kind::Quantity("mrad"), "0.15 mrad", limits("0 mrad", "20 mrad"), range("0.1 mrad", "0.3 mrad"), from(Status::Estimate, "imaging.md 2.1");
        /// Two-fold astigmatism, amplitude
        astigmatism: f64 = Kind::Quantity("nm"), "0 nm", limits("0 nm", "1 um"), from(Status::Choice, "aligned");
        /// Azimuth of the astigmatism
        astigmatism_angle: f64 = Kind::Quantity("deg"), "0 deg", limits("-360 deg", "360 deg"), from(Status::Choice, "aligned");
    }
}

impl HighResolution {
    /// Whether the settings can be used, wherever they come from.
    ///
    /// # Errors
    /// Which one cannot.
    pub fn check(&self) -> Result<(), HighResolutionError> {
        let rules: [(&'static str, f64, &'static str, bool); 9] = [
            ("voltage", self.voltage, "from 20 to 1000 kV", (2e4..=1e6).contains(&self.voltage)),
            ("defocus", self.defocus, "within 10 um", self.defocus.abs() <= 1e-5),
            ("slice", self.slice, "positive", self.slice > 0.0),
            ("padding", self.padding, "not negative", self.padding >= 0.0),
            ("finest", self.finest, "positive", self.finest > 0.0),
            ("tilt_x", self.tilt_x, "within 50 mrad", self.tilt_x.abs() <= 0.05),
            ("tilt_y", self.tilt_y, "within 50 mrad", self.tilt_y.abs() <= 0.05),
            ("debye_waller", self.debye_waller, "not negative", self.debye_waller >= 0.0),
            ("dose", self.dose, "not negative", self.dose >= 0.0),
        ];
        let bad = rules.iter().find(|(_, value, _, good)| !(*good && value.is_finite()));
        bad.map_or(Ok(()), |(name, value, wanted, _)| Err(HighResolutionError::Setting { name, value: *value, wanted }))
    }
}

/// The settings of the high-resolution microscope, all of them: what a protocol may change.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Setup {
    /// Beam, slices, window, dose.
    pub hrtem: HighResolution,
    /// Lens and gun of the F20.
    pub f20: F20,
    /// Lens and gun of the Talos.
    pub talos: Talos,
}

impl Setup {
    /// The sections with their names.
    pub fn sections(&self) -> [(&'static str, &dyn Section); 3] {
        [("microscope.hrtem", &self.hrtem), ("microscope.hrtem.f20", &self.f20), ("microscope.hrtem.talos", &self.talos)]
    }

    /// The sections, to be changed.
    pub fn sections_mut(&mut self) -> [(&'static str, &mut dyn Section); 3] {
        [("microscope.hrtem", &mut self.hrtem), ("microscope.hrtem.f20", &mut self.f20), ("microscope.hrtem.talos", &mut self.talos)]
    }

    /// The lens of the chosen instrument.
    pub fn optics(&self) -> Optics {
        match self.hrtem.instrument {
            Instrument::F20 => Optics::f20(&self.hrtem, &self.f20),
            Instrument::Talos => Optics::talos(&self.hrtem, &self.talos),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_fits_its_own_declaration() {
        let setup = Setup::default();
        assert_eq!(setup.hrtem.check(), Ok(()));
        assert_eq!(setup.optics(), Optics::new(&setup.hrtem));
        for (name, section) in setup.sections() {
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
