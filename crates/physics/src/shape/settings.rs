//! The shape engine in a protocol, as declared parameters.

use pentatwin_units::{Kind, Status, parameters, words};

words! {
    /// How the shape engine and the wire engine work together.
    pub enum Coupling {
        /// Not at all: one dimension.
        Off = "off",
        /// The wire engine breaks the wire alone; the shape is replayed under its current and temperatures.
        OneWay = "one-way",
        /// Inside the window the lattice's cross-sections replace the wire engine's, step by step.
        LockStep = "lock-step",
    }
}

parameters! {
    /// The shape engine: a window of the wire around the break, in three dimensions. Section `shape`.
    pub struct Shape {
        /// How it works together with the wire engine
        coupling: Coupling = Kind::Choice(Coupling::WORDS), "off", from(Status::Choice, "shape3d.md section 3: lock-step in the protocols that break a wire");
        /// Shells of the lattice: 12 preview, 16 default, 24 publication
        shells: usize = Kind::Count, "16", limits("8", "48"), from(Status::Choice, "shape3d.md section 6: 16 is converged on gap, flux and tips");
        /// Length of the window
        window: f64 = Kind::Quantity("um"), "0.8 um", limits("0.2 um", "2 um"), range("0.8 um", "1.1 um"), from(Status::Choice, "shape3d.md section 5: no shorter than the depletion zone");
        /// Loss of cross-section, relative, at the place where the neck will be, at which the lattice takes over
        onset: f64 = Kind::Quantity("%"), "10 %", limits("1 %", "50 %"), from(Status::Choice, "before, the change is below half a shell of the lattice: nothing that it could show");
        /// Facet state: kT over bond energy of the lattice at the facet temperature
        facet_state: f64 = Kind::Quantity("1"), "0.55", limits("0.2", "0.9"), range("0.55", "0.6"), from(Status::Choice, "chosen by hand: where {100} roughens on this lattice (shape3d.md section 2)");
        /// Temperature of that facet state, to which it is proportional
        facet_temperature: f64 = Kind::Quantity("K"), "800 K", limits("300 K", "1235 K"), from(Status::Choice, "chosen by hand (shape3d.md section 2)");
        /// Part of the surface under immobile skin (PVP, carbon)
        skin: f64 = Kind::Quantity("%"), "0 %", limits("0 %", "95 %"), range("0 %", "30 %"), from(Status::Assumption, "hypothesis, off by default (shape3d.md section 2)");
        /// Radius of the patches of skin
        skin_patch: f64 = Kind::Quantity("nm"), "14 nm", limits("2 nm", "200 nm"), from(Status::Assumption, "shape3d.md section 7");
        /// Mobility under the skin, relative to the bare surface
        skin_mobility: f64 = Kind::Quantity("1"), "0.02", limits("0", "1"), from(Status::Assumption, "shape3d.md section 7");
        /// Temperature above which the skin is gone; 0 K: it stays whatever the temperature
        skin_survives: f64 = Kind::Quantity("K"), "0 K", limits("0 K", "1235 K"), from(Status::Assumption, "a hypothesis: holds at 500-530 K, gone from 700 K (shape3d.md section 5.3)");
        /// Seeds of the table of tips by rate, skin and contact model, on lattices of 12 shells; 0: no table
        ensemble: usize = Kind::Count, "0", limits("0", "64"), from(Status::Choice, "8 and more tell conditions from chance (shape3d.md section 9)");
        /// Most memory that the lattice may take, in MB
        memory: usize = Kind::Count, "2000", limits("1", "1000000"), from(Status::Choice, "estimated before anything is made");
    }
}
