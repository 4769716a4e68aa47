//! The model as others use it.

use super::load::{Load, Point};
use super::rates::{Rates, WIDEST};
use super::solve::implicit;
use super::{Constants, scatter};
use crate::gap::geometry::GapError;
use crate::gap::{Hypothesis, Rewiring};

/// The two states.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct CompactState {
    /// L: how far the chain of silver has come from the inert side [m].
    pub front: f64,
    /// w: below 1 the filled part of the last 1.6 nm, above the conductance over its quantum.
    pub contact: f64,
}

/// Why there is no compact model.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum CompactError {
    /// As the engine.
    #[error(transparent)]
    Gap(#[from] GapError),
    /// Fitted for one hypothesis only.
    #[error("the compact model was fitted to adsorbate-assisted ions only: set rewiring.hypothesis = \"{}\", or use the engine", Hypothesis::AdsorbateIons.word())]
    Hypothesis,
}

/// A gap between an inert contact and a silver tip, as two states.
#[derive(Clone, PartialEq, Debug)]
pub struct CompactGap {
    settings: Rewiring,
    constants: Constants,
    rates: Rates,
    /// ln(atoms for each length), over the mean device's.
    scatter: f64,
    /// Front in nm, and contact.
    l: f64,
    w: f64,
}

impl CompactGap {
    /// The mean device: a gap of this width [m] at this temperature of its contacts [K], empty. Surroundings and barriers are the settings'.
    ///
    /// # Errors
    /// A gap that is none or wider than `rewiring.widest`, a temperature out of 1 to 3000 K, another hypothesis than adsorbate-assisted ions.
    pub fn new(settings: &Rewiring, gap: f64, temperature: f64) -> Result<CompactGap, CompactError> {
        CompactGap::with_constants(settings, gap, temperature, &Constants::FITTED)
    }

    /// As [`CompactGap::new`], with other constants than the fitted ones.
    ///
    /// # Errors
    /// As [`CompactGap::new`]; constants that are no positive numbers.
    pub fn with_constants(settings: &Rewiring, gap: f64, temperature: f64, constants: &Constants) -> Result<CompactGap, CompactError> {
        let value = |name, value: f64, good: bool, expected| {
            if good { Ok(()) } else { Err(CompactError::Gap(GapError::Value { name, value, expected })) }
        };
        value("gap", gap, gap.is_finite(), "a length")?;
        value("temperature", temperature, (1.0..3000.0).contains(&temperature), "1 to 3000 K")?;
        if gap < 0.3e-9 {
            return Err(GapError::NoGap { gap }.into());
        }
        if gap > settings.widest {
            return Err(GapError::TooWide { gap, widest: settings.widest }.into());
        }
        if settings.hypothesis != Hypothesis::AdsorbateIons {
            return Err(CompactError::Hypothesis);
        }
        let c = constants;
        let finite = "a finite number";
        value("ln_advance", c.ln_advance, c.ln_advance.is_finite(), finite)?;
        value("width_power", c.width_power, c.width_power.is_finite(), finite)?;
        for (name, x) in [("enhancement", c.enhancement), ("cap", c.cap), ("links", c.links), ("atoms", c.atoms)] {
            value(name, x, x.is_finite() && x > 0.0, "a number above 0")?;
        }
        value("scatter", c.scatter, (0.0..100.0).contains(&c.scatter), "0 to 100")?;
        let rates = Rates::new(settings, constants, gap, temperature);
        Ok(CompactGap { settings: settings.clone(), constants: *constants, rates, scatter: 0.0, l: 0.0, w: 0.0 })
    }

    /// A device of its own: its chain takes other numbers of atoms for each length, by a draw from this seed.
    pub fn device(self, seed: u64) -> CompactGap {
        let scatter = scatter::draw(seed, self.constants.scatter);
        self.scattered(scatter)
    }

    /// As [`CompactGap::device`], with ln(atoms for each length over the mean device's) given.
    pub fn scattered(mut self, ln_atoms: f64) -> CompactGap {
        let ln_atoms = if ln_atoms.is_finite() { ln_atoms.clamp(-50.0, 50.0) } else { 0.0 };
        self.rates.advance *= (self.scatter - ln_atoms).exp();
        self.scatter = ln_atoms;
        self
    }

    /// ln of the device's atoms for each length of its chain, over the mean device's.
    pub fn scatter(&self) -> f64 {
        self.scatter
    }

    /// The settings.
    pub fn settings(&self) -> &Rewiring {
        &self.settings
    }

    /// The constants.
    pub fn constants(&self) -> &Constants {
        &self.constants
    }

    pub(super) fn rates(&self) -> &Rates {
        &self.rates
    }

    /// Width of the gap [m].
    pub fn gap(&self) -> f64 {
        self.rates.gap * 1e-9
    }

    /// Temperature of the contacts [K].
    pub fn temperature(&self) -> f64 {
        self.rates.temperature
    }

    /// Sets the temperature of the contacts [K], clamped to 1 to 3000 K.
    pub fn set_temperature(&mut self, temperature: f64) {
        let t = if temperature.is_finite() { temperature.clamp(1.0, 3000.0) } else { 300.0 };
        let scatter = self.scatter;
        self.rates = Rates::new(&self.settings, &self.constants, self.rates.gap * 1e-9, t);
        self.rates.advance *= (-scatter).exp();
    }

    /// L and w.
    pub fn state(&self) -> CompactState {
        CompactState { front: self.l * 1e-9, contact: self.w }
    }

    /// Sets L and w, clamped to what can be.
    pub fn set_state(&mut self, state: CompactState) {
        let number = |x: f64| if x.is_nan() { 0.0 } else { x };
        self.l = number(state.front * 1e9).clamp(0.0, self.farthest());
        self.w = number(state.contact).clamp(0.0, WIDEST);
    }

    fn farthest(&self) -> f64 {
        self.rates.gap - self.rates.narrow
    }

    /// Advances by `dt` [s] with a voltage across the gap [V], positive on the silver side. Both are taken at the end of the step (backward
    /// Euler), so that any length of step is stable; a rise is as sharp as the steps are short.
    pub fn step(&mut self, voltage: f64, dt: f64) -> CompactState {
        if voltage.is_finite() && dt > 0.0 && dt.is_finite() {
            let r = &self.rates;
            self.l = implicit(self.l, 0.0, self.farthest(), dt, |l| r.front(l, voltage));
            let l = self.l;
            self.w = implicit(self.w, 0.0, WIDEST, dt, |w| r.contact(l, w, voltage));
        }
        self.state()
    }

    /// Advances by `dt` [s] with a source's voltage [V] before a load. The voltage across the gap is that at the end of the step for the
    /// contact; for the front, which a closed contact stops anyway, that at its start.
    pub fn step_behind(&mut self, source: f64, load: &Load, dt: f64) -> Point {
        if source.is_finite() && dt > 0.0 && dt.is_finite() {
            let r = &self.rates;
            let voltage = load.point(r, self.l, self.w, source).voltage;
            self.l = implicit(self.l, 0.0, self.farthest(), dt, |l| r.front(l, voltage));
            let l = self.l;
            self.w = implicit(self.w, 0.0, WIDEST, dt, |w| r.contact(l, w, load.point(r, l, w, source).voltage));
        }
        self.point_behind(source, load)
    }

    /// Voltage across the gap and current with a source's voltage [V] before a load, now.
    pub fn point_behind(&self, source: f64, load: &Load) -> Point {
        load.point(&self.rates, self.l, self.w, source)
    }

    /// Current [A] at a voltage across the gap [V]; positive with the voltage.
    pub fn current(&self, voltage: f64) -> f64 {
        self.rates.current(self.l, self.w, voltage).0
    }

    /// dI/dV [S] at a voltage across the gap [V]; at 0 V the conductance.
    pub fn conductance(&self, voltage: f64) -> f64 {
        self.rates.current(self.l, self.w, voltage).1
    }
}

/// Names of the settings that differ from their defaults and that the compact model does not know: its constants were fitted at the defaults.
pub fn not_covered(settings: &Rewiring) -> Vec<&'static str> {
    let usual = Rewiring::default();
    let pairs = [
        ("migration_vacuum", settings.migration_vacuum, usual.migration_vacuum),
        ("migration_humid", settings.migration_humid, usual.migration_humid),
        ("trap_density", settings.trap_density, usual.trap_density),
        ("trap_energy", settings.trap_energy, usual.trap_energy),
        ("trap_spread", settings.trap_spread, usual.trap_spread),
        ("nucleus_energy", settings.nucleus_energy, usual.nucleus_energy),
        ("pt_grain", settings.pt_grain, usual.pt_grain),
        ("pinning", settings.pinning, usual.pinning),
        ("screening", settings.screening, usual.screening),
        ("reduction", settings.reduction, usual.reduction),
        ("beam_reduction", settings.beam_reduction, usual.beam_reduction),
        ("silver_on_pt", settings.silver_on_pt as f64, usual.silver_on_pt as f64),
    ];
    pairs.into_iter().filter(|(_, a, b)| a != b).map(|(name, ..)| name).collect()
}
