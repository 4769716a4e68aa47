//! The device: one wire on one chip, as a set of declared parameters.

use crate::materials::constants::E;
use crate::materials::silver::diffusion;
use pentatwin_units::{Kind, Section, Status, parameters, words};

words! {
    /// What carries the wire.
    pub enum ChipKind {
        /// Free silicon nitride membrane with Pt electrodes (the paper's e-chips).
        SinMembrane = "sin-membrane",
        /// Oxidised silicon wafer with Pt electrodes.
        SiSio2 = "si-sio2",
        /// Membrane with a heater under it; nothing flows through the wire.
        Heating = "heating",
    }
}

words! {
    /// How the wire meets the pads.
    pub enum Contacts {
        /// The wire continues on the pads and silver passes under the contact edge.
        Overlap = "overlap",
        /// No silver passes the contact edges (the simpler limit, for comparing codes).
        Blocked = "blocked",
    }
}

words! {
    /// Where heat can go on one side: under the wire, or under the pads.
    pub enum Sink {
        /// What the chip's kind says.
        AsChip = "as-chip",
        /// Silicon nitride membrane.
        Membrane = "sin-membrane",
        /// Oxidised silicon.
        Silicon = "si-sio2",
        /// Nowhere (under the wire), or into an ideal heat sink (under the pads).
        Ideal = "ideal",
    }
}

words! {
    /// Law of surface diffusion.
    pub enum DiffusionLaw {
        /// Slow {100} walls that become fast where the wire has lost or gained layers.
        FacetedWall = "faceted-wall",
        /// Rough everywhere (Gjostein).
        Rough = "rough",
        /// {111} terraces everywhere.
        Facet111 = "111",
    }
}

words! {
    /// How curvature drives the surface.
    pub enum Curvature {
        /// Isotropic surface energy: exactly variational.
        Isotropic = "isotropic",
        /// The destabilising 1/a term is switched on by roughening at 800 K (Cahn).
        Roughening = "roughening",
    }
}

parameters! {
    /// The silver nanowire.
    pub struct Wire {
        /// Projected width of the wire lying on a flat wall; A = 0.657 d²
        diameter: f64 = Kind::Quantity("nm"), "115 nm", limits("10 nm", "1 um"), range("105 nm", "125 nm"), from(Status::Paper, "paper, Device Preparation; wire.md section 3");
        /// Whole length of the wire, which continues on the contacts
        length: f64 = Kind::Quantity("um"), "20 um", limits("100 nm", "1 mm"), from(Status::Paper, "paper, Device Preparation: 20-50 um");
        /// Whether the ends of a wire on a heating chip retract by an isotropic surface energy from the start; at rest otherwise, as the {111}
        /// caps they grow with
        free_ends: bool = Kind::Flag, "false", from(Status::Assumption, "flat free ends unzip the wire from below 300 degC on, which no heated wire shows: README, Heating");
        /// Disorder of the as-made diameter, rms, relative
        diameter_disorder: f64 = Kind::Quantity("%"), "1 %", limits("0 %", "20 %"), range("0 %", "3 %"), from(Status::Assumption, "wire.md section 3: device spread");
        /// Disorder of the surface mobility, rms of its logarithm
        mobility_disorder: f64 = Kind::Quantity("1"), "0", limits("0", "2"), range("0", "0.3"), from(Status::Assumption, "wire.md section 3: device spread");
        /// Correlation length of both disorders
        disorder_length: f64 = Kind::Quantity("nm"), "100 nm", limits("5 nm", "10 um"), from(Status::Assumption, "wire.md section 3");
    }
}

parameters! {
    /// The chip: membrane or wafer, pads, leads.
    pub struct Chip {
        /// What carries the wire
        kind: ChipKind = Kind::Choice(ChipKind::WORDS), "sin-membrane", from(Status::Paper, "paper, Device Preparation");
        /// Distance between the contact edges
        spacing: f64 = Kind::Quantity("um"), "5 um", limits("500 nm", "200 um"), from(Status::Paper, "paper, Device Preparation: 5 or 10 um");
        /// How the wire meets the pads
        contacts: Contacts = Kind::Choice(Contacts::WORDS), "overlap", from(Status::Choice, "wire.md section 1");
        /// Overlap of the wire on each pad that is simulated
        overlap: f64 = Kind::Quantity("um"), "2 um", limits("100 nm", "20 um"), from(Status::Assumption, "wire.md section 3: little effect");
        /// Length over which the current leaves the wire in the overlap
        transfer_length: f64 = Kind::Quantity("um"), "0.3 um", limits("10 nm", "5 um"), range("0.05 um", "1 um"), from(Status::Assumption, "wire.md section 3: little effect");
        /// Both traces and leads together
        lead_resistance: f64 = Kind::Quantity("ohm"), "223 ohm", limits("0 ohm", "1 Mohm"), from(Status::Calibrated, "the paper's 2.1 V at 3.3 mV/s: wire.md section 3; drawn values are re-fitted to it");
        /// Where heat goes under the wire
        wire_sink: Sink = Kind::Choice(Sink::WORDS), "as-chip", from(Status::Choice, "switchable apart from the pads to show what each does");
        /// Where heat goes under the pads
        pad_sink: Sink = Kind::Choice(Sink::WORDS), "as-chip", from(Status::Choice, "switchable apart from the wire to show what each does");
        /// Thermal conductivity of the SiN membrane
        film_conductivity: f64 = Kind::Quantity("W/m/K"), "3 W/m/K", limits("0.01 W/m/K", "100 W/m/K"), range("2.5 W/m/K", "3.5 W/m/K"), from(Status::Literature, "physics.md 1.8: Alam 2012, Ftouni 2015");
        /// Thickness of the SiN membrane
        film_thickness: f64 = Kind::Quantity("nm"), "50 nm", limits("5 nm", "2 um"), range("30 nm", "100 nm"), from(Status::Assumption, "physics.md 1.8: e-chip sheet not found");
        /// Heat conductance per length from the wire into oxidised silicon (300 nm), foot included
        oxide_conductance: f64 = Kind::Quantity("W/m/K"), "0.95 W/m/K", limits("0.001 W/m/K", "100 W/m/K"), range("0.5 W/m/K", "1.9 W/m/K"), from(Status::Estimate, "wire.md section 1: 1.8 in series with 2 W/m/K, x2");
        /// Thermal resistance of a pad to the frame on the membrane
        pad_resistance: f64 = Kind::Quantity("K/W"), "9e4 K/W", limits("1 K/W", "1e7 K/W"), range("3e4 K/W", "1.8e5 K/W"), from(Status::Estimate, "wire.md section 3: ln(R/r)/(pi k t)");
        /// Thermal resistance of a pad to the frame on oxidised silicon
        pad_resistance_silicon: f64 = Kind::Quantity("K/W"), "5e3 K/W", limits("1 K/W", "1e7 K/W"), range("2.5e3 K/W", "1e4 K/W"), from(Status::Estimate, "wire.md section 1");
        /// Heat capacity of a pad
        pad_capacity: f64 = Kind::Quantity("J/K"), "2e-9 J/K", limits("1e-12 J/K", "1e-3 J/K"), range("7e-10 J/K", "6e-9 J/K"), from(Status::Estimate, "wire.md section 3, x3");
        /// Heat conductance from the membrane beside the wire to the frame
        film_conductance: f64 = Kind::Quantity("W/K"), "2e-6 W/K", limits("1e-10 W/K", "1 W/K"), range("7e-7 W/K", "6e-6 W/K"), from(Status::Estimate, "wire.md section 3, x3");
        /// Heat capacity of the membrane beside the wire
        film_capacity: f64 = Kind::Quantity("J/K"), "4e-9 J/K", limits("1e-12 J/K", "1e-3 J/K"), range("1.3e-9 J/K", "1.2e-8 J/K"), from(Status::Estimate, "wire.md section 3, x3");
        /// Error of the heater's temperature, relative to its rise above the start: the wire has start + (indicated - start) (1 + error)
        temperature_error: f64 = Kind::Quantity("%"), "0 %", limits("-20 %", "20 %"), range("-5 %", "5 %"), from(Status::Estimate, "physics.md T7: +-5 %, the class of heating chips; 0 nominal");
        /// Temperature of the frame at the start
        temperature: f64 = Kind::Quantity("K"), "300 K", limits("4 K", "1200 K"), from(Status::Paper, "room temperature");
    }
}

parameters! {
    /// One contact.
    pub struct Contact {
        /// Resistance as made; its heat goes into the pad
        resistance: f64 = Kind::Quantity("ohm"), "25 ohm", limits("0 ohm", "1 Mohm"), range("10 ohm", "80 ohm"), from(Status::Assumption, "wire.md section 3: free");
        /// Resistance after annealing, relative to as made
        annealed: f64 = Kind::Quantity("1"), "0.75", limits("0.01", "1"), from(Status::Assumption, "wire.md section 3: free, shape of the I-V only");
        /// Attempt rate of the annealing
        anneal_rate: f64 = Kind::Quantity("/s"), "1e8 /s", limits("0 /s", "1e15 /s"), from(Status::Assumption, "wire.md section 3: free, shape of the I-V only");
        /// Activation energy of the annealing
        anneal_energy: f64 = Kind::Quantity("eV"), "0.85 eV", limits("0.05 eV", "5 eV"), from(Status::Assumption, "wire.md section 3: free, shape of the I-V only");
    }
}

parameters! {
    /// Silver, where the literature leaves a range or a choice of law.
    pub struct Silver {
        /// Law of surface diffusion
        diffusion: DiffusionLaw = Kind::Choice(DiffusionLaw::WORDS), "faceted-wall", from(Status::Choice, "wire.md section 1");
        /// Activation energy of mass transfer on {100} walls
        wall_energy: f64 = Kind::Quantity("eV"), "0.9 eV", limits("0.1 eV", "3 eV"), range("0.8 eV", "1 eV"), from(Status::Estimate, "physics.md 1.4 (c): hop 0.40 measured, formation 0.50 assumed");
        /// Change of radius at which a wall counts as stepped
        step_height: f64 = Kind::Quantity("nm"), "2 nm", limits("0.1 nm", "50 nm"), range("1 nm", "4 nm"), from(Status::Assumption, "wire.md section 1: h0");
        /// Mobility of the stepped wall, relative to the rough correlation
        stepped_mobility: f64 = Kind::Quantity("1"), "0.3", limits("1e-6", "10"), range("0.1", "1"), from(Status::Assumption, "wire.md section 1: r, contamination");
        /// How curvature drives the surface
        curvature: Curvature = Kind::Choice(Curvature::WORDS), "isotropic", from(Status::Choice, "wire.md section 1");
        /// Effective charge at 800 K that stands for the electron wind; the wind force per current density is constant
        effective_charge: f64 = Kind::Quantity("1"), "-10", limits("-300", "300"), range("-20", "-5"), from(Status::Literature, "wire.md section 3, physics.md 1.7");
        /// Effective charge of the direct force
        direct_charge: f64 = Kind::Quantity("1"), "0", limits("-50", "50"), from(Status::Literature, "physics.md 1.7: +1 to +2, contained in the default of the effective charge");
        /// Surface energy
        surface_energy: f64 = Kind::Quantity("J/m2"), "1.1 J/m2", limits("0.1 J/m2", "5 J/m2"), range("1.0 J/m2", "1.2 J/m2"), from(Status::Literature, "wire.md section 3, physics.md 1.3");
        /// Thickness of the diffusing layer
        layer: f64 = Kind::Quantity("nm"), "0.25 nm", limits("0.05 nm", "2 nm"), from(Status::Literature, "wire.md section 3");
        /// Heat of transport
        heat_of_transport: f64 = Kind::Quantity("eV"), "0 eV", limits("-2 eV", "2 eV"), range("-0.2 eV", "0.2 eV"), from(Status::Literature, "wire.md section 3: weak");
        /// Evaporation coefficient
        evaporation: f64 = Kind::Quantity("1"), "1", limits("0", "1"), range("0.3", "1"), from(Status::Literature, "wire.md section 3, physics.md 1.5");
        /// Viscosity of the melt
        melt_viscosity: f64 = Kind::Quantity("mPa s"), "4 mPa s", limits("0.1 mPa s", "1000 mPa s"), from(Status::Literature, "wire.md section 3");
        /// Size effect: added resistivity times equal-area diameter
        size_effect: f64 = Kind::Quantity("ohm m2"), "3.2e-16 ohm m2", limits("0 ohm m2", "1e-14 ohm m2"), from(Status::Literature, "wire.md section 1: specularity about 0.5");
    }
}

parameters! {
    /// Mechanisms, each of which can be switched off to test a hypothesis.
    pub struct Physics {
        /// Joule heating of the wire and the contacts
        joule_heating: bool = Kind::Flag, "true";
        /// Electron wind and direct force on surface atoms
        electromigration: bool = Kind::Flag, "true";
        /// Surface transport driven by curvature
        capillarity: bool = Kind::Flag, "true";
        /// Surface transport driven by the temperature gradient
        thermomigration: bool = Kind::Flag, "true";
        /// Flow of the melt
        melt_flow: bool = Kind::Flag, "true";
        /// Sublimation into the vacuum
        sublimation: bool = Kind::Flag, "true";
        /// Annealing of the contacts
        contact_annealing: bool = Kind::Flag, "true";
        /// A leak across the gap that keeps feeding power while the source is on
        gap_leak: bool = Kind::Flag, "false", from(Status::Assumption, "wire.md section 5: off by default");
        /// Resistance of that leak
        gap_leak_resistance: f64 = Kind::Quantity("kohm"), "1 kohm", limits("1 ohm", "1e12 ohm"), from(Status::Assumption, "wire.md section 5");
    }
}

parameters! {
    /// Grid and steps.
    pub struct Numerics {
        /// Cells between the contact edges, or along the whole wire on a heating chip
        cells: usize = Kind::Count, "400", limits("40", "4000"), from(Status::Choice, "wire.md section 7");
        /// Relative error allowed in the cross-section per step
        tolerance: f64 = Kind::Quantity("1"), "4e-3", limits("1e-6", "0.1"), from(Status::Choice, "wire.md section 7: 2e-3 to 1e-2 give the same voltage to 1e-3");
        /// Largest change of temperature per step
        temperature_step: f64 = Kind::Quantity("K"), "10 K", limits("0.1 K", "200 K"), from(Status::Choice, "wire.md section 7 has 15 to 40; 10 gives the voltage at 10 V/s to 0.1 %");
        /// Steps after which a run is given up
        max_steps: usize = Kind::Count, "200000", limits("100", "100000000"), from(Status::Choice, "a cap is an error that says where");
    }
}

/// One wire on one chip.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Device {
    /// The wire.
    pub wire: Wire,
    /// The chip.
    pub chip: Chip,
    /// Contact 1 (x = 0) and contact 2 (x = spacing).
    pub contact: [Contact; 2],
    /// Silver.
    pub silver: Silver,
    /// Mechanisms.
    pub physics: Physics,
    /// Grid and steps.
    pub numerics: Numerics,
}

impl Silver {
    /// Surface diffusion [m²/s] at `t` [K] on the wall as made, and on one that has gained or lost layers; the same where the law knows no walls.
    pub fn surface_diffusion(&self, t: f64) -> (f64, f64) {
        let both = |d: f64| (d, d);
        match self.diffusion {
            DiffusionLaw::FacetedWall => (diffusion::d_100(t, self.wall_energy / E), self.stepped_mobility * diffusion::d_rough(t)),
            DiffusionLaw::Rough => both(diffusion::d_rough(t)),
            DiffusionLaw::Facet111 => both(diffusion::d_111(t)),
        }
    }
}

impl Device {
    /// The sections with their names in a protocol.
    pub fn sections(&self) -> [(&'static str, &dyn Section); 7] {
        [
            ("wire", &self.wire),
            ("chip", &self.chip),
            ("contact.1", &self.contact[0]),
            ("contact.2", &self.contact[1]),
            ("silver", &self.silver),
            ("physics", &self.physics),
            ("numerics", &self.numerics),
        ]
    }

    /// The sections, to be changed.
    pub fn sections_mut(&mut self) -> [(&'static str, &mut dyn Section); 7] {
        let [c1, c2] = &mut self.contact;
        [
            ("wire", &mut self.wire),
            ("chip", &mut self.chip),
            ("contact.1", c1),
            ("contact.2", c2),
            ("silver", &mut self.silver),
            ("physics", &mut self.physics),
            ("numerics", &mut self.numerics),
        ]
    }

    /// As-made area of the cross-section [m²]: a regular pentagon whose projected width on a flat wall is the diameter (design.md section 7).
    pub fn area(&self) -> f64 {
        AREA_FACTOR * self.wire.diameter * self.wire.diameter
    }

    /// What is simulated without the overlaps [m]: the wire between its contacts, or the whole wire where there are none.
    pub fn span(&self) -> f64 {
        if self.on_heater() { self.wire.length } else { self.chip.spacing }
    }

    /// Whether the wire lies on a heater over its whole length, free of contacts.
    pub fn on_heater(&self) -> bool {
        self.chip.kind == ChipKind::Heating
    }

    /// Temperature of the heater and of what lies on it [K] when it is said to be at `indicated` [K].
    pub fn true_temperature(&self, indicated: f64) -> f64 {
        if !self.on_heater() {
            return indicated;
        }
        self.chip.temperature + (indicated - self.chip.temperature) * (1.0 + self.chip.temperature_error)
    }

    /// Simulated overlap on each contact [m]; 0 when blocked or on a heater, never more than the wire has.
    pub fn overlap(&self) -> f64 {
        if self.on_heater() {
            return 0.0;
        }
        match self.chip.contacts {
            Contacts::Blocked => 0.0,
            Contacts::Overlap => self.chip.overlap.min(0.5 * (self.wire.length - self.chip.spacing)).max(0.0),
        }
    }

    /// Heat conductance per length from the wire into what carries it [W/m/K].
    ///
    /// Membrane: a strip between two sinking electrodes, 2 k t π / L (wire.md section 1).
    pub fn film_sink(&self) -> f64 {
        match resolve(self.chip.wire_sink, self.chip.kind) {
            Sink::Silicon => self.chip.oxide_conductance,
            Sink::Ideal => 0.0,
            _ => 2.0 * std::f64::consts::PI * self.chip.film_conductivity * self.chip.film_thickness / self.chip.spacing,
        }
    }

    /// Whether what is under the wire warms up (a membrane does, silicon does not).
    pub fn film_warms(&self) -> bool {
        resolve(self.chip.wire_sink, self.chip.kind) == Sink::Membrane
    }

    /// Thermal resistance of each pad to the frame [K/W].
    pub fn pad_sink(&self) -> f64 {
        match resolve(self.chip.pad_sink, self.chip.kind) {
            Sink::Silicon => self.chip.pad_resistance_silicon,
            Sink::Ideal => 1e-3,
            _ => self.chip.pad_resistance,
        }
    }
}

fn resolve(sink: Sink, kind: ChipKind) -> Sink {
    match (sink, kind) {
        (Sink::AsChip, ChipKind::SiSio2) => Sink::Silicon,
        (Sink::AsChip, _) => Sink::Membrane,
        (other, _) => other,
    }
}

/// Area of a regular pentagon over the square of its projected width lying on a wall (1.618 edges): 0.657.
pub const AREA_FACTOR: f64 = 0.657_163_890_148_917_8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_115_nm_wire_has_the_area_of_its_pentagon() {
        // design.md section 7; regular pentagon: A = sqrt(25+10 sqrt 5)/4 edge², width = golden ratio × edge.
        let golden = 0.5 * (1.0 + 5f64.sqrt());
        assert!((AREA_FACTOR - (25.0 + 10.0 * 5f64.sqrt()).sqrt() / 4.0 / golden.powi(2)).abs() < 1e-12);
        assert!((Device::default().area() - 8.69e-15).abs() < 0.01e-15);
    }

    #[test]
    fn every_default_fits_its_own_declaration() {
        for (name, section) in Device::default().sections() {
            for p in section.parameters() {
                let value = p.default_value().unwrap_or_else(|e| panic!("{name}.{}: {e}", p.name));
                assert_eq!(section.get(p.name), Some(value), "{name}.{}", p.name);
                if let Some((low, high)) = p.range_si() {
                    assert!(low < high, "{name}.{}", p.name);
                }
            }
        }
    }

    #[test]
    fn the_error_of_a_heater_is_one_of_its_rise() {
        let mut device = Device::default();
        device.chip.temperature_error = 0.05;
        assert_eq!(device.true_temperature(1000.0), 1000.0, "a chip without a heater has none");
        device.chip.kind = ChipKind::Heating;
        assert_eq!(device.true_temperature(300.0), 300.0);
        assert!((device.true_temperature(1000.0) - 1035.0).abs() < 1e-9);
        assert_eq!((device.span(), device.overlap()), (device.wire.length, 0.0));
    }

    #[test]
    fn the_membrane_sinks_0_19_watt_per_metre_and_kelvin() {
        // wire.md section 1: k = 3, t = 50 nm, L = 5 um.
        assert!((Device::default().film_sink() - 0.19).abs() < 0.002);
    }
}
