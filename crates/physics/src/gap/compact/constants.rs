//! What was fitted to the rewiring engine.

/// The constants of the compact model. They go with the engine's defaults for what the model does not know (traps, grains, screening, shape
/// of the tip): see [`super::not_covered`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Constants {
    /// ln of the front's advance for each attempt at each site, in a gap of 20 nm [ln nm].
    pub ln_advance: f64,
    /// Field at the silver's edge over voltage by distance.
    pub enhancement: f64,
    /// Power at which the advance falls with the width of the gap.
    pub width_power: f64,
    /// Voltage at the silver's edge that its barrier cannot fall below, over the barrier's fall; 1: no more than the voltage that is there.
    pub cap: f64,
    /// Links in series that share the voltage of a closed chain.
    pub links: f64,
    /// Atoms for each unit of w.
    pub atoms: f64,
    /// Standard deviation of ln(atoms for each length of the chain) from device to device.
    pub scatter: f64,
}

impl Constants {
    /// As fitted by `examples/compact_fit.rs` to the rows of `examples/compact_sets.csv`.
    pub const FITTED: Constants = Constants {
        ln_advance: -3.7443,
        enhancement: 1.4979,
        width_power: 0.42545,
        cap: 2.1037,
        links: 5.1781,
        atoms: 1.2743,
        scatter: 0.81347,
    };
}

impl Default for Constants {
    fn default() -> Constants {
        Constants::FITTED
    }
}
