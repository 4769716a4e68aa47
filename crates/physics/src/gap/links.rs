//! Links between bodies: tunnelling gaps, atomic asperities in them, point contacts (rewiring.md section 2.6).

use super::laws::{ATOM, CONTACT, Laws, SPACING};
use crate::materials::constants::G0;

/// Transmission of every channel after the first.
const FURTHER: f64 = 0.97;

/// Node of the network: the two electrodes are 0 and 1, particles follow.
pub type Node = usize;

/// A link of two bodies as seen from outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// The two nodes: 0 and 1 are the electrodes of contact 1's and 2's side, 2 + i is particle i.
    pub nodes: [Node; 2],
    /// Distance of the two bodies [m]; below 0 they overlap.
    pub body_gap: f64,
    /// What is left of it by the asperity [m].
    pub gap: f64,
    /// Channels of a contact; 0 where it tunnels.
    pub channels: u32,
    /// Conductance at the present voltage [S].
    pub conductance: f64,
    /// Voltage from the first to the second node [V].
    pub voltage: f64,
}

/// An atomic protrusion in a narrow gap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asperity {
    /// The node it sits on.
    pub a: Node,
    /// The node it points to.
    pub b: Node,
    /// Atoms.
    pub atoms: u32,
    /// Height [m].
    pub height: f64,
}

/// Height of an asperity of this many atoms [m]: (6 m Ω / π)^(1/3).
pub fn height(atoms: u32) -> f64 {
    (6.0 * f64::from(atoms) * ATOM / std::f64::consts::PI).cbrt()
}

/// A link at a voltage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// Current [A].
    pub current: f64,
    /// Its derivative by the voltage [S].
    pub slope: f64,
    /// Integral of the current over the voltage [W], the function that the network makes least.
    pub content: f64,
}

/// A link as the engine keeps it.
#[derive(Clone, Debug)]
pub(super) struct Bond {
    /// Nodes in the network, a < b.
    pub a: Node,
    pub b: Node,
    /// Names that outlive a rebuilt network: 0 and 1 the electrodes, particle id + 2.
    pub key: (u64, u64),
    /// Distance of the bodies [m].
    pub body: f64,
    /// Effective radius 1/(1/R1 + 1/R2) [m].
    pub curvature: f64,
    /// Atoms of the asperity and whether it sits on b.
    pub atoms: u32,
    pub on_b: bool,
    /// Its height [m].
    pub tip: f64,
    /// Where the bodies were when the bond was placed: x, y, radius; of an electrode how far it had receded [m].
    pub at: [[f64; 3]; 2],
    /// Transmission of the first channel.
    pub first: f64,
    /// Atoms at which contact is made, atoms per further channel.
    pub touch: u32,
    pub layers: u32,
    /// Conductance at small voltage [S], and the voltage scale of sinh [V]; infinite for a contact.
    pub g: f64,
    pub scale: f64,
    /// Voltage V(a) − V(b) [V].
    pub v: f64,
}

impl Bond {
    /// A bond of two nodes about which nothing is known yet.
    pub fn between(a: Node, b: Node) -> Bond {
        Bond {
            a,
            b,
            key: (a as u64, b as u64),
            body: f64::INFINITY,
            curvature: 0.0,
            atoms: 0,
            on_b: false,
            tip: 0.0,
            at: [[0.0; 3]; 2],
            first: 1.0,
            touch: 0,
            layers: 1,
            g: 0.0,
            scale: f64::INFINITY,
            v: 0.0,
        }
    }

    /// Sets what follows from the bodies' distance.
    pub fn place(&mut self, body: f64, curvature: f64, laws: &Laws) {
        self.body = body;
        self.curvature = curvature;
        let need = (body - CONTACT).max(0.0);
        self.touch = (std::f64::consts::PI * need.powi(3) / (6.0 * ATOM)).ceil().min(1e9) as u32;
        self.layers = ((body / SPACING).round() as u32).max(1);
        self.refresh(laws);
    }

    /// Gap that is left [m].
    pub fn gap(&self) -> f64 {
        self.body - self.tip
    }

    /// Whether it is a contact.
    pub fn closed(&self) -> bool {
        self.atoms >= self.touch
    }

    /// Channels: those of the neck, and the area of bodies that overlap.
    pub fn channels(&self) -> u32 {
        channels(self.atoms, self.touch, self.layers, self.body, self.curvature)
    }

    /// Conductance at small voltage after a change of the atoms.
    pub fn refresh(&mut self, laws: &Laws) {
        self.tip = if self.atoms > 0 { height(self.atoms) } else { 0.0 };
        if self.closed() {
            self.g = G0 * (self.first + FURTHER * f64::from(self.channels() - 1));
            self.scale = f64::INFINITY;
        } else {
            let s = self.gap().max(CONTACT);
            // Parallel area of two round bodies over that of an atom: the decay length times 2 π R.
            let area = (2.0 * std::f64::consts::PI * self.curvature / laws.decay / (SPACING * SPACING)).max(1.0);
            let body = area * (-laws.decay * (self.body - CONTACT).max(0.0)).exp();
            let tip = if self.atoms > 0 { (-laws.decay * (s - CONTACT)).exp() } else { 0.0 };
            self.g = G0 * (body + tip);
            self.scale = 4.0 * laws.barrier / (laws.decay * s);
        }
    }

    /// What the link does at a voltage.
    pub fn point(&self, v: f64) -> Point {
        let x = v / self.scale;
        if !(x.abs() >= 1e-4) {
            return Point { current: self.g * v, slope: self.g, content: 0.5 * self.g * v * v };
        }
        let u = x.clamp(-MOST, MOST);
        let e = u.exp();
        let (s, c) = (0.5 * (e - 1.0 / e), 0.5 * (e + 1.0 / e));
        // cosh − 1 without cancellation.
        let over = if u.abs() < 0.3 { 0.5 * u * u * (1.0 + u * u / 12.0 * (1.0 + u * u / 30.0 * (1.0 + u * u / 56.0))) } else { c - 1.0 };
        // Beyond the clamp the line goes on straight.
        let rest = v - u * self.scale;
        Point {
            current: self.g * (self.scale * s + c * rest),
            slope: self.g * c,
            content: self.g * (over * self.scale * self.scale + self.scale * s * rest + 0.5 * c * rest * rest),
        }
    }

    /// The link as seen from outside.
    pub fn seen(&self) -> Link {
        let p = self.point(self.v);
        Link {
            nodes: [self.a, self.b],
            body_gap: self.body,
            gap: self.gap(),
            channels: if self.closed() { self.channels() } else { 0 },
            conductance: if self.v == 0.0 { p.slope } else { p.current / self.v },
            voltage: self.v,
        }
    }
}

/// Largest argument of sinh: the voltage law is not meant beyond the barrier, and overflows at 700.
const MOST: f64 = 12.0;

/// Channels of a contact of `atoms` atoms that needs `touch` to close.
pub(super) fn channels(atoms: u32, touch: u32, layers: u32, body: f64, curvature: f64) -> u32 {
    let neck = 1 + atoms.saturating_sub(touch) / layers;
    let overlap = (CONTACT - body).max(0.0);
    let area = std::f64::consts::PI * (2.0 * curvature * overlap).min(curvature * curvature * 4.0);
    neck + (area / (SPACING * SPACING)).min(1e6) as u32
}
