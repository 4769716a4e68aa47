//! Where every atom is, and where the energy of the source went.

/// Every silver atom that ever moved, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Ledger {
    /// Taken from the silver of each electrode.
    pub taken: [u64; 2],
    /// Given back to the silver of each electrode.
    pub returned: [u64; 2],
    /// Left on the Pt at the start (`rewiring.silver_on_pt`).
    pub remains: u64,
    /// In particles and nuclei.
    pub particles: u64,
    /// In asperities and contacts.
    pub asperities: u64,
    /// Under way as ions.
    pub ions: u64,
}

impl Ledger {
    /// Atoms found less atoms taken and there at the start: 0 when none was lost or made.
    pub fn balance(&self) -> i64 {
        let found = self.returned[0] + self.returned[1] + self.particles + self.asperities + self.ions;
        found as i64 - (self.taken[0] + self.taken[1] + self.remains) as i64
    }
}

/// Energy since the start [J].
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Heat {
    /// From the source.
    pub source: f64,
    /// In the resistance in series.
    pub series: f64,
    /// In the links of the gap, summed link by link.
    pub gap: f64,
}
