//! The rates, each a function of voltage, field and temperature (rewiring.md section 2). Energies in eV, fields in V/m, lengths in m.

use super::settings::{Hypothesis, Rewiring};
use crate::materials::constants::{E, EPSILON_0, KB_EV};

/// Volume of a silver atom [m³] (rewiring.md section 3, textbook).
pub const ATOM: f64 = 0.01706e-27;
/// Distance of nearest neighbours in silver [m].
pub const SPACING: f64 = 0.289e-9;
/// Gap of two bodies in atomic contact [m] (rewiring.md section 2.6).
pub const CONTACT: f64 = 0.25e-9;
/// Widest gap over which atoms pass from body to body, and within which a contact grows [m].
pub const NARROW: f64 = 1.6e-9;
/// Widest gap that charges a floating particle within seconds by tunnelling at 3 eV [m].
pub const TUNNEL: f64 = 2.2e-9;
/// No barrier falls below this [eV].
const FLOOR: f64 = 0.3;
/// Capillarity lowers a barrier by no more than this [eV].
const CAPILLARY_MOST: f64 = 0.2;
/// Overvoltage at which electrons arrive at an ion [V].
const SUPPLY: f64 = 0.1;

/// The settings in the units of the rates.
#[derive(Clone, Debug)]
pub(super) struct Laws {
    pub hypothesis: Hypothesis,
    /// Barrier at which an atom leaves the metal [eV].
    pub leave: f64,
    /// Barrier of a hop [eV].
    pub hop: f64,
    field_length: f64,
    /// Dipole [e m] and half the polarisability [e m²/V].
    dipole: f64,
    half_polarisability: f64,
    attempts: f64,
    sites: f64,
    capillary: f64,
    trap_base: f64,
    /// 2κ [1/m].
    pub decay: f64,
    /// Tunnel barrier [eV].
    pub barrier: f64,
    reduction: f64,
    neck: f64,
    neck_energy: f64,
    beam: f64,
    beam_reduction: f64,
    /// 8 k [W/m/K].
    spreading: f64,
}

impl Laws {
    pub fn new(s: &Rewiring) -> Laws {
        let neutral = s.hypothesis == Hypothesis::SurfaceMigration;
        Laws {
            hypothesis: s.hypothesis,
            leave: if neutral { s.detachment } else { s.dissolution() } / E,
            hop: if neutral { s.adatom_migration } else { s.migration() } / E,
            field_length: s.field_length,
            dipole: s.dipole,
            // Polarisability volume times 4 π ε0, over e.
            half_polarisability: 0.5 * 4.0 * std::f64::consts::PI * EPSILON_0 * s.polarisability * 1e-27 / E,
            attempts: s.attempts,
            sites: s.sites,
            capillary: s.capillary / E,
            trap_base: s.nucleus_energy / E,
            decay: 10.25e9 * (s.tunnel_barrier / E).sqrt(),
            barrier: s.tunnel_barrier / E,
            reduction: s.reduction,
            neck: s.neck_mobility * 1e-36,
            neck_energy: s.neck_energy / E,
            beam: s.beam_cross_section,
            beam_reduction: s.beam_reduction,
            spreading: 8.0 * s.substrate_conductivity,
        }
    }

    /// Whether what moves is neutral.
    pub fn neutral(&self) -> bool {
        self.hypothesis == Hypothesis::SurfaceMigration
    }

    /// Energy by which a field draws a neutral atom [eV].
    pub fn draw(&self, field: f64) -> f64 {
        let f = field.abs();
        (self.dipole + self.half_polarisability * f) * f
    }

    /// By how much capillarity lowers the barrier at a body of this radius [eV].
    pub fn capillarity(&self, radius: f64) -> f64 {
        if radius.is_finite() { (self.capillary / radius.max(1e-12)).min(CAPILLARY_MOST) } else { 0.0 }
    }

    /// Rate [1/s] at which atoms leave `width` [m] of silver edge: `field` [V/m] points out of the metal, `available` [V] is how far the metal
    /// lies above the negative electrode, `lowering` [eV] is capillarity, `kt` [eV], `dose_rate` [1/m²/s].
    ///
    /// The field lowers the barrier by no more than the voltage that is there: D = gF V / (gF + V).
    pub fn leaving(&self, width: f64, field: f64, available: f64, lowering: f64, kt: f64, dose_rate: f64) -> f64 {
        let sites = self.sites * width / 0.5e-9;
        match self.hypothesis {
            Hypothesis::SurfaceMigration => {
                let barrier = (self.leave - lowering - self.draw(field)).max(FLOOR);
                self.attempts * sites * (-barrier / kt).exp()
            }
            Hypothesis::AdsorbateIons => {
                if field <= 0.0 || available <= 0.0 {
                    return 0.0;
                }
                let g = self.field_length * field;
                let barrier = (self.leave - lowering - g * available / (g + available)).max(FLOOR);
                // Back reaction: nothing flows on balance without a voltage.
                self.attempts * sites * (-barrier / kt).exp() * forward(available / kt)
            }
            Hypothesis::BeamIons => {
                if field <= 0.0 || available <= 0.0 {
                    return 0.0;
                }
                sites * self.beam * dose_rate * forward(available / kt)
            }
        }
    }

    /// Rate [1/s] at which atoms cross from one body to another `gap` [m] apart, with `voltage` [V] (not negative) between them.
    pub fn crossing(&self, gap: f64, voltage: f64, lowering: f64, kt: f64, dose_rate: f64) -> f64 {
        if voltage <= 0.0 {
            return 0.0;
        }
        let field = voltage / gap.max(CONTACT);
        match self.hypothesis {
            // Neutral atoms gain the field energy only: without it as many come as go.
            Hypothesis::SurfaceMigration => {
                let w = self.draw(field);
                let barrier = (self.leave - lowering - w).max(FLOOR);
                self.attempts * self.sites * (-barrier / kt).exp() * -(-w / kt).exp_m1()
            }
            _ => self.leaving(0.5e-9, field, voltage, lowering, kt, dose_rate),
        }
    }

    /// Rate [1/s] of one hop over an energy step `rise` [eV].
    pub fn hopping(&self, rise: f64, kt: f64) -> f64 {
        self.attempts * (-(self.hop + 0.5 * rise) / kt).exp()
    }

    /// Rate [1/s] at which an ion is reduced by a metal `distance` [m] away: tunnelling, in series with the supply of electrons through `path` [S].
    /// `above` [V] is how far the ion lies above the metal.
    pub fn reducing(&self, distance: f64, above: f64, path: f64, kt: f64) -> f64 {
        if path <= 0.0 {
            return 0.0;
        }
        let tunnel = self.reduction * (-self.decay * distance.max(0.0) + (above / (2.0 * kt)).min(0.0)).exp();
        let supply = path * SUPPLY / E;
        if supply.is_finite() { tunnel * supply / (tunnel + supply) } else { tunnel }
    }

    /// A rate of leaving [1/s] in series with the electrons' way to the positive electrode through `path` [S].
    pub fn drained(&self, rate: f64, path: f64) -> f64 {
        let drain = path * SUPPLY / E;
        if drain.is_finite() && rate > 0.0 { rate * drain / (rate + drain) } else { rate }
    }

    /// Rate [1/s] at which the beam reduces an ion wherever it is.
    pub fn beam_reducing(&self, dose_rate: f64) -> f64 {
        self.beam_reduction * dose_rate
    }

    /// Rate [1/s] at which an atom leaves a nucleus of `atoms` in a trap of barrier `trap` [eV].
    pub fn detaching(&self, trap: f64, atoms: u32, kt: f64) -> f64 {
        let barrier = self.trap_base - (self.trap_base - trap) / f64::from(atoms.max(1)).cbrt();
        self.attempts * (-barrier / kt).exp()
    }

    /// Mobility constant of capillary flow along surfaces [m⁴/s].
    pub fn mobility(&self, temperature: f64) -> f64 {
        self.neck * (-self.neck_energy / KB_EV * (1.0 / temperature - 1.0 / 300.0)).exp()
    }

    /// Rate [1/s] at which a contact of `channels` loses one (Herring's r⁴: 2 π² (B/4) / (a⁴ n)).
    pub fn necking(&self, channels: f64, temperature: f64) -> f64 {
        0.5 * std::f64::consts::PI.powi(2) * self.mobility(temperature) / (SPACING.powi(4) * channels.max(1.0))
    }

    /// Rate [1/s] at which two touching bodies become one, the smaller of this radius [m].
    pub fn coalescing(&self, radius: f64, temperature: f64) -> f64 {
        self.mobility(temperature) / radius.powi(4)
    }

    /// Rise of temperature [K] of a disc of this radius on the substrate by this power [W].
    pub fn warming(&self, power: f64, radius: f64) -> f64 {
        power / (self.spreading * radius.max(SPACING))
    }
}

/// What is left of a rate less its back reaction, 1 − exp(−x); the same to the last bit beyond 40.
fn forward(x: f64) -> f64 {
    if x > 40.0 { 1.0 } else { -(-x).exp_m1() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laws(change: impl FnOnce(&mut Rewiring)) -> Laws {
        let mut s = Rewiring::default();
        change(&mut s);
        Laws::new(&s)
    }

    #[test]
    fn tunnelling_falls_a_decade_in_a_tenth_of_a_nanometre() {
        // physics.md 1.9: 21.7 /nm at 4.5 eV.
        let l = laws(|s| s.tunnel_barrier = 4.5 * E);
        assert!((l.decay * 1e-9 - 21.74).abs() < 0.02);
    }

    #[test]
    fn a_face_without_voltage_gives_no_ions_and_the_field_lowers_the_barrier_by_no_more_than_the_voltage() {
        let l = laws(|_| ());
        let kt = KB_EV * 300.0;
        assert_eq!(l.leaving(0.5e-9, 1e9, 0.0, 0.0, kt, 0.0), 0.0);
        assert_eq!(l.leaving(0.5e-9, -1e9, 1.0, 0.0, kt, 0.0), 0.0);
        // 50 mV in an endless field: at most 50 meV.
        let most = 2e13 * (-(0.9 - 0.05) / kt).exp() * (1.0 - (-0.05f64 / kt).exp());
        let r = l.leaving(0.5e-9, 1e30, 0.05, 0.0, kt, 0.0);
        assert!((r / most - 1.0).abs() < 1e-9, "{r} {most}");
    }

    #[test]
    fn the_beam_frees_ions_in_proportion_to_its_dose_rate_and_none_without() {
        let l = laws(|s| s.hypothesis = Hypothesis::BeamIons);
        let kt = KB_EV * 300.0;
        let r = |dose| l.leaving(0.5e-9, 1e8, 2.0, 0.0, kt, dose);
        assert_eq!(r(0.0), 0.0);
        assert!((r(2e20) / r(1e20) - 2.0).abs() < 1e-12);
        assert_eq!(l.crossing(1e-9, 1.0, 0.0, kt, 0.0), 0.0);
    }

    #[test]
    fn a_one_atom_contact_of_silver_lives_a_seventh_of_a_second_at_300_kelvin() {
        let rate = laws(|_| ()).necking(1.0, 300.0);
        assert!((rate - 7.07).abs() < 0.02, "{rate}");
    }
}
