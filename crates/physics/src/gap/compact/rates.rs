//! The right-hand sides of the two states and the current, as smooth as a circuit simulator needs them. Lengths here are in nm.

use super::Constants;
use crate::gap::Rewiring;
use crate::gap::laws::{CONTACT, NARROW};
use crate::materials::constants::{E, G0, KB_EV};

/// Width over which the front's advance goes over into the growth of the contact [nm]; a device of the model, not of the physics.
pub(super) const BLEND: f64 = 0.05;
/// As that, for w near 0.
pub(super) const BLEND_CONTACT: f64 = 0.02;
/// No barrier falls below this [eV], as in the engine.
pub(super) const FLOOR: f64 = 0.3;
/// Largest argument of the tunnelling law's sinh, as in the engine: the law is not meant beyond the barrier.
pub(super) const MOST: f64 = 12.0;
/// Silver melts [K].
pub(super) const HOTTEST: f64 = 1235.0;
/// Channels the model goes up to: 13 Ω, less than any wire and its contacts have.
pub(super) const WIDEST: f64 = 1000.0;
/// Radius of the bodies at the last link [nm]: of the order of the engine's particles at the rise (rewiring.md 4.2).
const BODY: f64 = 1.0;
/// No more than this is what curvature lowers a barrier by [eV], as in the engine.
const CAPILLARY_MOST: f64 = 0.2;

/// All numbers that the laws below need, in nm, eV, V, A, K, s.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Rates {
    /// Width of the gap, what is left of it where the contact takes over, and the part of that which tunnels.
    pub gap: f64,
    pub narrow: f64,
    pub tunnel: f64,
    /// Temperature of the contacts, and k T there.
    pub temperature: f64,
    pub kt: f64,
    /// Speed of the front at no barrier [nm/s].
    pub advance: f64,
    pub leave: f64,
    /// γ β and γ β c.
    pub reach: f64,
    pub reach_cap: f64,
    /// Growth of w at no barrier [1/s], its barrier, γ.
    pub growth: f64,
    pub leave_link: f64,
    pub length: f64,
    pub links: f64,
    /// Decay of w at 300 K [1/s], its activation energy.
    pub decay: f64,
    pub decay_energy: f64,
    /// Warming of the last link [K/W].
    pub warming: f64,
    /// 2κ, and over 4 φ.
    pub two_kappa: f64,
    pub bend: f64,
}

impl Rates {
    pub fn new(s: &Rewiring, c: &Constants, gap: f64, temperature: f64) -> Rates {
        let gap = gap * 1e9;
        let (narrow, contact) = ((NARROW * 1e9).min(gap), CONTACT * 1e9);
        let barrier = s.tunnel_barrier / E;
        let two_kappa = 10.25 * barrier.sqrt();
        let length = s.field_length * 1e9;
        // Curvature of a body at the last link, as the engine counts it.
        let lowering = (s.capillary / E * 1e9 / BODY).min(CAPILLARY_MOST);
        let leave = s.dissolution() / E;
        Rates {
            gap,
            narrow,
            tunnel: (narrow - contact).max(1e-3),
            temperature,
            kt: KB_EV * temperature,
            advance: s.attempts * s.sites * c.ln_advance.exp() * (20.0 / gap).powf(c.width_power),
            leave,
            reach: length * c.enhancement,
            reach_cap: length * c.enhancement * c.cap,
            growth: s.attempts * s.sites / c.atoms,
            leave_link: leave - lowering,
            length,
            links: c.links,
            decay: 0.5 * std::f64::consts::PI.powi(2) * s.neck_mobility / (SPACING_NM.powi(4)),
            decay_energy: s.neck_energy / E,
            warming: 0.5 / (c.links * 8.0 * s.substrate_conductivity * BODY * 1e-9),
            two_kappa,
            bend: two_kappa / (4.0 * barrier),
        }
    }

    /// dL/dt [nm/s].
    ///
    /// Backward: what has built the chain is silver and metal, connected to the other side, so its head is then the positive edge that
    /// dissolves, over the same distance by the same law, and the silver side takes the ions back. It ends where nothing of the chain is
    /// left: the inert side gives nothing.
    pub fn front(&self, l: f64, v: f64) -> f64 {
        let left = self.gap - l;
        let room = if v > 0.0 { (left - self.narrow) / BLEND } else { l / BLEND };
        let room = room.clamp(0.0, 1.0);
        if room == 0.0 || v == 0.0 {
            return 0.0;
        }
        let u = v.abs();
        let fall = self.reach * u / (left + self.reach_cap);
        let speed = self.advance * (-(self.leave - fall).max(FLOOR) / self.kt).exp() * -(-u / self.kt).exp_m1() * room;
        speed.copysign(v)
    }

    /// dw/dt [1/s].
    ///
    /// Backward: the contact was built on the negative body by atoms from the positive one; reversed, its own side is the positive one and
    /// its atoms go back over by the same law. It decays by capillarity at any voltage.
    pub fn contact(&self, l: f64, w: f64, v: f64) -> f64 {
        let near = (1.0 - (self.gap - l - self.narrow) / BLEND).clamp(0.0, 1.0);
        let there = (w / BLEND_CONTACT).clamp(0.0, 1.0);
        let t = self.link_temperature(l, w, v);
        // A contact that exists does not ask how far the front has come: when it closed within nanoseconds the front stopped where it was.
        let part = if v > 0.0 { near.max((2.0 * w).min(1.0)) } else { there };
        let grow = if v == 0.0 || part == 0.0 {
            0.0
        } else {
            // The voltage lies across what tunnels; a closed chain shares it among its links.
            let open = (-self.two_kappa * (1.0 - w).max(0.0) * self.tunnel).exp();
            let (u, kt) = (v.abs() / (1.0 + (self.links - 1.0) * open), KB_EV * t);
            let distance = CONTACT_NM + (1.0 - w).max(0.0) * self.tunnel;
            let fall = self.length * u / (self.length + distance);
            (self.growth * (-(self.leave_link - fall).max(FLOOR) / kt).exp() * -(-u / kt).exp_m1() * part).copysign(v)
        };
        if there == 0.0 {
            return grow;
        }
        let decay = self.decay * (-self.decay_energy / KB_EV * (1.0 / t - 1.0 / 300.0)).exp() / w.max(1.0);
        grow - decay * there
    }

    /// Temperature of the last link [K].
    fn link_temperature(&self, l: f64, w: f64, v: f64) -> f64 {
        if w <= 0.0 {
            return self.temperature;
        }
        (self.temperature + self.warming * (self.current(l, w, v).0 * v)).min(HOTTEST)
    }

    /// Current [A] and dI/dV [S]: ohmic from w = 1 on, below that tunnelling over what is not filled, with the part of its voltage law that
    /// goes beyond Ohm growing from nothing (so that it is continuous there).
    pub fn current(&self, l: f64, w: f64, v: f64) -> (f64, f64) {
        let open = (1.0 - w).max(0.0) * self.tunnel + (self.gap - l - self.narrow - BLEND).max(0.0);
        let x = self.two_kappa * open;
        if x > 600.0 {
            return (0.0, 0.0);
        }
        let g = G0 * w.max(1.0) * (-x).exp();
        let bend = self.bend * open;
        let u = (bend * v).abs();
        if u < 1e-4 {
            return (g * v, g);
        }
        // Beyond the clamp the line goes on straight.
        let c = u.min(MOST);
        let (s, h) = (c.sinh(), c.cosh());
        (g * ((s + h * (u - c)) / bend).copysign(v), g * h)
    }
}

pub(super) const CONTACT_NM: f64 = CONTACT * 1e9;
const SPACING_NM: f64 = crate::gap::laws::SPACING * 1e9;
