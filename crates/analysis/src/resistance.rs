//! What a change of resistance before the break is made of: heating, annealing of the contacts, redistribution of silver.

use crate::Measurement;

/// Which of the causes are in their late state; the others are as at the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Late {
    /// The temperature profile.
    pub heating: bool,
    /// The contact resistances.
    pub annealing: bool,
    /// The cross-section.
    pub redistribution: bool,
}

/// The parts of a change of resistance [ohm].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Split {
    /// The whole change: late less early.
    pub total: f64,
    /// By heating. Its uncertainty, like the others', is how far the part depends on the order in which the causes are let in.
    pub heating: Measurement,
    /// By annealing of the contacts.
    pub annealing: Measurement,
    /// By redistribution of silver.
    pub redistribution: Measurement,
}

/// Splits R(late) - R(early) by cause. `resistance` gives the resistance [ohm] with each cause early or late. The causes interact (a hot
/// neck counts for more than a cold one), so that a part depends on the order in which they are let in: each is the mean over all six
/// orders (its Shapley value), which makes the three add up to the whole exactly. The uncertainty is half of the range over the orders.
/// `None` if a resistance is not finite.
pub fn split(mut resistance: impl FnMut(Late) -> f64) -> Option<Split> {
    let late = |k: usize| Late { heating: k & 1 != 0, annealing: k & 2 != 0, redistribution: k & 4 != 0 };
    let mut r = [0.0; 8];
    for (k, value) in r.iter_mut().enumerate() {
        *value = resistance(late(k));
        if !value.is_finite() {
            return None;
        }
    }
    let part = |own: usize| {
        let (a, b) = match own {
            1 => (2, 4),
            2 => (1, 4),
            _ => (1, 2),
        };
        let step = |others: usize| r[others | own] - r[others];
        let steps = [step(0), step(a), step(b), step(a | b)];
        // Of the six orders two let this cause in first, two last, one after each of the others.
        let mean = (2.0 * steps[0] + steps[1] + steps[2] + 2.0 * steps[3]) / 6.0;
        let (low, high) = steps.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &s| (l.min(s), h.max(s)));
        Measurement::new(mean, 0.5 * (high - low))
    };
    Some(Split { total: r[7] - r[0], heating: part(1), annealing: part(2), redistribution: part(4) })
}

/// [`split`] for contacts in series with the wire: `wire[hot][moved]` the wire's resistance [ohm] with the early (0) or late (1)
/// temperature and cross-section, `contacts` the sum of the contact resistances [ohm] early and late.
pub fn split_wire(wire: [[f64; 2]; 2], contacts: [f64; 2]) -> Option<Split> {
    split(|late| wire[usize::from(late.heating)][usize::from(late.redistribution)] + contacts[usize::from(late.annealing)])
}
