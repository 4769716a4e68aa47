//! What the rewiring engine is told, as declared parameters (rewiring.md section 3). No barrier below was read from a paper.

use pentatwin_units::{Kind, Status, parameters, words};

words! {
    /// How silver gets into the gap: three hypotheses, none of them the winner (rewiring.md, top).
    pub enum Hypothesis {
        /// Silver ions, made easy by adsorbed water or carbon, reduced where electrons come from the negative side.
        AdsorbateIons = "adsorbate-ions",
        /// Neutral atoms on the substrate, drawn by field strength (dipole and polarisation) and set free by heat.
        SurfaceMigration = "surface-migration",
        /// Ions set free by the electron beam only; then as the first.
        BeamIons = "beam-ions",
    }
}

words! {
    /// What the gap is surrounded by.
    pub enum Surroundings {
        /// High vacuum.
        Vacuum = "vacuum",
        /// Humid air: the barriers go to their humid values with the relative humidity.
        Humid = "humid",
    }
}

parameters! {
    /// The rewiring engine. Section `rewiring`.
    pub struct Rewiring {
        /// Whether the gap of a broken wire is followed
        engine: bool = Kind::Flag, "false", from(Status::Choice, "a break alone needs none");
        /// Gaps per hypothesis and change that the report compares with this one (seeds); 0: none
        compare: usize = Kind::Count, "0", limits("0", "1000"), from(Status::Choice, "three hypotheses side by side (rewiring.md, top)");
        /// Width of the gap; 0: that of the shape engine where it ran, else drawn between the next two
        gap: f64 = Kind::Quantity("nm"), "0 nm", limits("0 nm", "200 nm"), from(Status::Choice, "user");
        /// Narrowest gap drawn
        gap_low: f64 = Kind::Quantity("nm"), "5 nm", limits("1 nm", "200 nm"), from(Status::Assumption, "issue 7: 5 to 30 nm; the paper states no width");
        /// Widest gap drawn
        gap_high: f64 = Kind::Quantity("nm"), "30 nm", limits("1 nm", "200 nm"), from(Status::Assumption, "issue 7: 5 to 30 nm; the paper states no width");
        /// How silver gets into the gap
        hypothesis: Hypothesis = Kind::Choice(Hypothesis::WORDS), "adsorbate-ions", from(Status::Choice, "rewiring.md, top: three hypotheses, none the winner; this one is run first");
        /// What the gap is surrounded by
        surroundings: Surroundings = Kind::Choice(Surroundings::WORDS), "vacuum", from(Status::Paper, "paper, NW Rewiring: high vacuum");
        /// Relative humidity, of humid surroundings only
        humidity: f64 = Kind::Quantity("%"), "50 %", limits("0 %", "100 %"), from(Status::Choice, "with the next: how far the barriers go to their humid values");
        /// Relative humidity from which the humid barriers hold in full; between 0 and it they go linearly
        humidity_full: f64 = Kind::Quantity("%"), "50 %", limits("1 %", "100 %"), from(Status::Assumption, "no number known");
        /// Barrier of dissolution (metal to ion on the substrate) in vacuum
        dissolution_vacuum: f64 = Kind::Quantity("eV"), "0.90 eV", limits("0.3 eV", "8 eV"), range("0.85 eV", "0.95 eV"), from(Status::Assumption, "chosen by hand in the reference to set near 2.5 V (rewiring.md sections 0, 3); plain vacuum would cost 4.6 to 5 eV");
        /// Barrier of dissolution in humid surroundings
        dissolution_humid: f64 = Kind::Quantity("eV"), "0.80 eV", limits("0.3 eV", "8 eV"), range("0.75 eV", "0.90 eV"), from(Status::Assumption, "rewiring.md section 3: an input, not a prediction");
        /// Barrier of an ion's hop in vacuum
        migration_vacuum: f64 = Kind::Quantity("eV"), "0.55 eV", limits("0.1 eV", "2 eV"), range("0.40 eV", "0.80 eV"), from(Status::Assumption, "rewiring.md section 3");
        /// Barrier of an ion's hop in humid surroundings
        migration_humid: f64 = Kind::Quantity("eV"), "0.40 eV", limits("0.1 eV", "2 eV"), range("0.25 eV", "0.55 eV"), from(Status::Assumption, "rewiring.md section 3; water lowers it by experiment (Milano 2020)");
        /// Barrier at which a neutral atom leaves the metal for the substrate (surface migration)
        detachment: f64 = Kind::Quantity("eV"), "0.90 eV", limits("0.3 eV", "4 eV"), range("0.7 eV", "1.2 eV"), from(Status::Assumption, "as the dissolution barrier, so that the two compare; a kink atom needs 0.71 eV on {111}, about 2 eV onto a bare nitride");
        /// Barrier of a neutral atom's hop on the substrate
        adatom_migration: f64 = Kind::Quantity("eV"), "0.30 eV", limits("0.05 eV", "1.5 eV"), range("0.1 eV", "0.5 eV"), from(Status::Assumption, "weak binding of Ag on nitride");
        /// Dipole moment of a neutral atom on the substrate, over e
        dipole: f64 = Kind::Quantity("nm"), "0.005 nm", limits("0 nm", "0.5 nm"), range("0.001 nm", "0.02 nm"), from(Status::Assumption, "physics.md 1.9: mu ~ 5 e pm, no source");
        /// Polarisability volume of a neutral atom, over 1 nm³
        polarisability: f64 = Kind::Quantity("1"), "0.0072", limits("0", "1"), range("0.007", "0.07"), from(Status::Estimate, "free Ag atom 7.2 cubic angstrom; at a step several times that");
        /// Cross-section per surface atom at which the beam frees an ion
        beam_cross_section: f64 = Kind::Quantity("nm2"), "1e-4 nm2", limits("0 nm2", "1 nm2"), range("1e-6 nm2", "1.6e-4 nm2"), from(Status::Assumption, "an upper bound: all inelastic events of 200 kV electrons in silver are 1.6e-4 nm2 per atom (mean free path 105 nm, physics.md 1.10)");
        /// Cross-section at which the beam reduces an ion wherever it is
        beam_reduction: f64 = Kind::Quantity("nm2"), "0 nm2", limits("0 nm2", "1e3 nm2"), from(Status::Assumption, "rewiring.md section 2.4: optional");
        /// How far the field at a face lowers the barrier: this length times e times field
        field_length: f64 = Kind::Quantity("nm"), "1.0 nm", limits("0 nm", "5 nm"), range("0.7 nm", "1.4 nm"), from(Status::Assumption, "chosen by hand (rewiring.md section 3)");
        /// Sites per 0.5 nm of silver edge from which atoms leave
        sites: f64 = Kind::Quantity("1"), "2", limits("0.01", "100"), range("1", "4"), from(Status::Assumption, "rewiring.md section 3");
        /// Attempt frequency
        attempts: f64 = Kind::Quantity("Hz"), "1e13 Hz", limits("1e11 Hz", "1e15 Hz"), from(Status::Literature, "physics.md 1.9");
        /// Traps for atoms on the substrate, per nm²
        trap_density: f64 = Kind::Quantity("1"), "0.06", limits("0", "1"), range("0.02", "0.15"), from(Status::Assumption, "chosen by hand: sets number and size of the particles (rewiring.md section 3)");
        /// Barrier at which a single atom leaves a trap
        trap_energy: f64 = Kind::Quantity("eV"), "0.9 eV", limits("0.2 eV", "2 eV"), range("0.7 eV", "1.1 eV"), from(Status::Assumption, "rewiring.md section 3: little effect");
        /// Its spread, rms
        trap_spread: f64 = Kind::Quantity("eV"), "0.1 eV", limits("0 eV", "0.5 eV"), from(Status::Assumption, "rewiring.md section 3");
        /// Barrier at which an atom leaves a large nucleus; small ones lie between the trap's and this
        nucleus_energy: f64 = Kind::Quantity("eV"), "1.6 eV", limits("0.5 eV", "3 eV"), from(Status::Assumption, "rewiring.md section 2.5");
        /// Spacing of the grains of the Pt edge at which atoms stick
        pt_grain: f64 = Kind::Quantity("nm"), "4 nm", limits("1 nm", "50 nm"), from(Status::Assumption, "as the traps");
        /// Capillary length times energy: the barrier of a particle of radius R is lower by this over R, by at most 0.2 eV
        capillary: f64 = Kind::Quantity("eV nm"), "0.128 eV nm", limits("0 eV nm", "0.5 eV nm"), from(Status::Estimate, "surface energy times atomic volume (rewiring.md section 2.2)");
        /// How far a particle moves toward where atoms land, over the growth of its radius (1: its far side stays)
        pinning: f64 = Kind::Quantity("1"), "1", limits("0", "5"), range("0", "3"), from(Status::Assumption, "rewiring.md section 3: receding contact line pinned");
        /// Screening length of the field by what lies above and below
        screening: f64 = Kind::Quantity("nm"), "5 nm", limits("1 nm", "200 nm"), range("3 nm", "50 nm"), from(Status::Assumption, "rewiring.md section 3");
        /// Tunnel barrier
        tunnel_barrier: f64 = Kind::Quantity("eV"), "3 eV", limits("0.3 eV", "6 eV"), range("2 eV", "4.5 eV"), from(Status::Literature, "physics.md 1.9: 1 to 3 eV contaminated, 4.3 to 4.5 eV clean");
        /// Rate of reduction at the metal
        reduction: f64 = Kind::Quantity("Hz"), "1e13 Hz", limits("1e6 Hz", "1e15 Hz"), range("1e9 Hz", "1e13 Hz"), from(Status::Assumption, "rewiring.md section 3");
        /// Mobility constant of neck decay at 300 K, 1e-36 m⁴/s = 1 nm⁴/s
        neck_mobility: f64 = Kind::Quantity("1"), "0.01", limits("0", "1e4"), range("1e-4", "1"), from(Status::Assumption, "rewiring.md section 3: unknown by 100 either way; sets retention, not the rise");
        /// Activation energy of neck decay
        neck_energy: f64 = Kind::Quantity("eV"), "0.7 eV", limits("0.1 eV", "2 eV"), from(Status::Estimate, "physics.md 1.4: 0.71 eV on {111}");
        /// Thermal conductivity of the substrate
        substrate_conductivity: f64 = Kind::Quantity("W/m/K"), "3 W/m/K", limits("0.1 W/m/K", "200 W/m/K"), from(Status::Literature, "physics.md 1.8: SiN 3");
        /// Gaps wider than this are refused
        widest: f64 = Kind::Quantity("nm"), "60 nm", limits("1 nm", "200 nm"), from(Status::Choice, "at 0.12 V/nm a wider gap would need more than 7 V");
        /// Silver left on the contact without a wire, in atoms: islands on its edge
        silver_on_pt: usize = Kind::Count, "0", limits("0", "1000000"), from(Status::Choice, "paper: only Pt remained at the cathode; an option for the control with reversed polarity");
        /// Spacing of the lattice of ions and field
        grid: f64 = Kind::Quantity("nm"), "0.5 nm", limits("0.15 nm", "1 nm"), from(Status::Choice, "rewiring.md section 3: converged from 0.25 to 0.5");
        /// Half width of what is simulated across the gap
        half_width: f64 = Kind::Quantity("nm"), "15 nm", limits("4 nm", "60 nm"), from(Status::Choice, "three screening lengths");
        /// Atoms set free before the field is computed anew
        batch: usize = Kind::Count, "40", limits("1", "1000"), from(Status::Choice, "rewiring.md section 2.9; fewer where a particle has moved by 0.05 nm");
        /// Largest change of the applied voltage between two looks at the geometry
        voltage_step: f64 = Kind::Quantity("mV"), "10 mV", limits("0.1 mV", "100 mV"), from(Status::Choice, "rewiring.md section 2.9");
        /// Longest time between two looks at the geometry
        longest_step: f64 = Kind::Quantity("s"), "10 s", limits("1 ms", "1e4 s"), from(Status::Choice, "bounds rests at constant voltage");
        /// Steps and events after which the engine gives up
        max_events: usize = Kind::Count, "200000000", limits("1000", "100000000000"), from(Status::Choice, "a cap is an error that says where");
    }
}

impl Rewiring {
    /// How far the barriers are on their way from vacuum (0) to humid (1).
    pub fn humid_part(&self) -> f64 {
        match self.surroundings {
            Surroundings::Vacuum => 0.0,
            Surroundings::Humid => (self.humidity / self.humidity_full).clamp(0.0, 1.0),
        }
    }

    /// Barrier of dissolution as surrounded [J].
    pub fn dissolution(&self) -> f64 {
        self.dissolution_vacuum + (self.dissolution_humid - self.dissolution_vacuum) * self.humid_part()
    }

    /// Barrier of an ion's hop as surrounded [J].
    pub fn migration(&self) -> f64 {
        self.migration_vacuum + (self.migration_humid - self.migration_vacuum) * self.humid_part()
    }
}
