//! The X-ray detector and what it is pointed at, as declared parameters.

use super::error::SpectrumError;
use pentatwin_units::{Kind, Status, parameters};

parameters! {
    /// EDX: beam, detector, stray radiation, composition of what is not a pure element.
    pub struct Edx {
        /// Accelerating voltage
        voltage: f64 = Kind::Quantity("kV"), "200 kV", limits("30 kV", "400 kV"), from(Status::Paper, "FEI Tecnai F20 at 200 kV");
        /// Beam current
        current: f64 = Kind::Quantity("nA"), "0.5 nA", limits("1 fA", "1 uA"), range("0.1 nA", "2 nA"), from(Status::Assumption, "F20 in STEM with a 1 nm probe, recalled class value");
        /// Live time of the detector
        live_time: f64 = Kind::Quantity("s"), "60 s", limits("1 ms", "10 h"), from(Status::Choice, "user");
        /// Solid angle of the detector, in sr
        solid_angle: f64 = Kind::Quantity("1"), "0.2", limits("1e-4", "6"), range("0.1", "0.3"), from(Status::Choice, "issue 7: one side-entry detector on an F20; a Super-X has 0.9");
        /// Angle of the detector over the plane of the specimen
        take_off: f64 = Kind::Quantity("deg"), "20 deg", limits("1 deg", "89 deg"), range("15 deg", "30 deg"), from(Status::Assumption, "side entry, specimen tilted towards it; the Super-X of the real file has 22 deg");
        /// Width of Mn Kα (5.895 keV) at half maximum
        resolution: f64 = Kind::Quantity("eV"), "130 eV", limits("20 eV", "1 keV"), range("125 eV", "140 eV"), from(Status::Literature, "imaging.md 2.6; the real file has 133.3 eV");
        /// Width of a channel
        channel: f64 = Kind::Quantity("eV"), "10 eV", limits("1 eV", "200 eV"), from(Status::Choice, "usual setting");
        /// Number of channels, the first around 0 eV
        channels: usize = Kind::Count, "2048", limits("16", "16384"), from(Status::Choice, "usual setting: 20 keV");
        /// Energy below which no pulse is counted
        threshold: f64 = Kind::Quantity("eV"), "150 eV", limits("0 eV", "10 keV"), from(Status::Choice, "above the noise");
        /// Time the detector is dead after each pulse
        pulse_time: f64 = Kind::Quantity("us"), "10 us", limits("0 us", "1 ms"), range("2 us", "50 us"), from(Status::Assumption, "shaping for 130 eV, recalled class value");
        /// Polymer window, as carbon of 1.3 g/cm3 on an open grid
        window: f64 = Kind::Quantity("nm"), "300 nm", limits("0 nm", "20 um"), range("0 nm", "400 nm"), from(Status::Assumption, "ultra-thin window: passes 0.9 of C K, 0.4 of N K and 0.6 of O K; 0 = windowless");
        /// Aluminium contact of the detector
        contact: f64 = Kind::Quantity("nm"), "30 nm", limits("0 nm", "10 um"), from(Status::Assumption, "imaging.md 2.6");
        /// Dead layer of the detector (silicon)
        dead_layer: f64 = Kind::Quantity("nm"), "50 nm", limits("0 nm", "10 um"), from(Status::Assumption, "imaging.md 2.6");
        /// Thickness of the detector (silicon)
        crystal: f64 = Kind::Quantity("um"), "450 um", limits("1 um", "10 mm"), from(Status::Assumption, "silicon drift detector; Si(Li) 3 mm");
        /// Depth behind the dead layer from which a part of the charge is lost
        collection: f64 = Kind::Quantity("nm"), "25 nm", limits("0 nm", "10 um"), range("0 nm", "60 nm"), from(Status::Estimate, "imaging.md 2.6: a tail of 1 % between Pt M and Ag L");
        /// Copper met by the beam's halo without a specimen, as thickness
        hole_copper: f64 = Kind::Quantity("nm"), "0.02 nm", limits("0 nm", "1 um"), range("0 nm", "0.2 nm"), from(Status::Assumption, "hole count of a holder; no source");
        /// Copper atoms of the holder excited by scattered electrons per atom of copper's scattering power in the beam
        stray_copper: f64 = Kind::Quantity("1"), "0.08", limits("0", "100"), range("0.02", "2"), from(Status::Assumption, "the FePt file has about as many Cu K as Pt L counts (on a copper grid: 2)");
        /// The same for iron (pole piece)
        stray_iron: f64 = Kind::Quantity("1"), "0.004", limits("0", "100"), range("0", "0.02"), from(Status::Assumption, "weak Fe K of every spectrum; no source");
        /// The same for cobalt (pole piece)
        stray_cobalt: f64 = Kind::Quantity("1"), "0.002", limits("0", "100"), range("0", "0.01"), from(Status::Assumption, "no source");
        /// Depth of the holder, as copper, in which stray X-rays are made
        stray_depth: f64 = Kind::Quantity("um"), "10 um", limits("0 um", "1 mm"), range("3 um", "30 um"), from(Status::Assumption, "Cu L over Cu K about 0.1, as in the FePt file");
        /// Factor on the M lines of platinum
        platinum_m: f64 = Kind::Quantity("1"), "0.9", limits("0.1", "10"), range("0.7", "1.1"), from(Status::Literature, "measured on the FePt spectrum: M over L 1.65, the tables give 1.84; yields are uncertain by 40 % (imaging.md 2.6)");
        /// Platinum in the deposit, parts of the atoms
        deposit_platinum: f64 = Kind::Quantity("%"), "20 %", limits("0 %", "100 %"), range("15 %", "30 %"), from(Status::Literature, "imaging.md 2.2: 15-30 at%; the rest is carbon");
        /// Density of the deposit
        deposit_density: f64 = Kind::Quantity("g/cm3"), "6.5 g/cm3", limits("1 g/cm3", "22 g/cm3"), range("5 g/cm3", "9 g/cm3"), from(Status::Literature, "imaging.md 2.2");
        /// Density of the nitride, Si3N4
        nitride_density: f64 = Kind::Quantity("g/cm3"), "3.1 g/cm3", limits("1 g/cm3", "4 g/cm3"), from(Status::Literature, "imaging.md 2.2");
        /// Oxide on the nitride, as SiO2 of 2.2 g/cm3
        oxide: f64 = Kind::Quantity("nm"), "2 nm", limits("0 nm", "1 um"), range("0.5 nm", "5 nm"), from(Status::Assumption, "native oxide of both faces");
        /// Carbon that the beam and the air leave, of 2 g/cm3
        contamination: f64 = Kind::Quantity("nm"), "3 nm", limits("0 nm", "1 um"), range("0 nm", "20 nm"), from(Status::Assumption, "both faces; no source");
    }
}

impl Edx {
    /// Whether a spectrum can be made with these.
    ///
    /// # Errors
    /// A value that is not one, with its name.
    pub fn check(&self) -> Result<(), SpectrumError> {
        let positive = [
            ("voltage", self.voltage),
            ("live_time", self.live_time),
            ("solid_angle", self.solid_angle),
            ("take_off", self.take_off),
            ("resolution", self.resolution),
            ("channel", self.channel),
            ("crystal", self.crystal),
            ("deposit_density", self.deposit_density),
            ("nitride_density", self.nitride_density),
        ];
        if let Some((name, value)) = positive.into_iter().find(|(_, v)| !(v.is_finite() && *v > 0.0)) {
            return Err(SpectrumError::Setting { name, value, wanted: "it must be finite and more than 0" });
        }
        let not_negative = [
            ("current", self.current),
            ("threshold", self.threshold),
            ("pulse_time", self.pulse_time),
            ("window", self.window),
            ("contact", self.contact),
            ("dead_layer", self.dead_layer),
            ("collection", self.collection),
            ("hole_copper", self.hole_copper),
            ("stray_copper", self.stray_copper),
            ("stray_iron", self.stray_iron),
            ("stray_cobalt", self.stray_cobalt),
            ("stray_depth", self.stray_depth),
            ("platinum_m", self.platinum_m),
            ("deposit_platinum", self.deposit_platinum),
            ("oxide", self.oxide),
            ("contamination", self.contamination),
        ];
        if let Some((name, value)) = not_negative.into_iter().find(|(_, v)| !(v.is_finite() && *v >= 0.0)) {
            return Err(SpectrumError::Setting { name, value, wanted: "it must be finite and not negative" });
        }
        let bound = |name, value: f64, good: bool, wanted| if good { Ok(()) } else { Err(SpectrumError::Setting { name, value, wanted }) };
        bound("take_off", self.take_off, self.take_off < std::f64::consts::FRAC_PI_2, "it must be less than 90 degrees")?;
        bound("deposit_platinum", self.deposit_platinum, self.deposit_platinum <= 1.0, "it must be 100 % or less")?;
        bound("channels", self.channels as f64, (16..=16_384).contains(&self.channels), "16 to 16384 channels")?;
        bound("voltage", self.voltage, (1e4..=1e6).contains(&self.voltage), "10 kV to 1 MV")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pentatwin_units::Section;

    #[test]
    fn every_default_fits_its_own_declaration_and_can_be_worked_with() {
        let edx = Edx::default();
        for p in edx.parameters() {
            let value = p.default_value().unwrap_or_else(|e| panic!("edx.{}: {e}", p.name));
            assert_eq!(edx.get(p.name), Some(value), "edx.{}", p.name);
        }
        assert_eq!(edx.check(), Ok(()));
        assert!((edx.nitride_density - 3100.0).abs() < 1e-6);
        let bad = Edx { resolution: f64::NAN, ..Edx::default() };
        assert!(bad.check().unwrap_err().to_string().contains("edx.resolution"));
        assert!(Edx { take_off: 1.6, ..Edx::default() }.check().is_err());
        assert!(Edx { channels: 0, ..Edx::default() }.check().is_err());
    }
}
