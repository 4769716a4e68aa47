//! What lies before the gap: a resistance in series and a source that limits its current.

use super::rates::Rates;

/// Series resistance and limit of the source.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Load {
    /// Resistance in series: wire, contacts, leads [Ω].
    pub series: f64,
    /// Largest current [A]; infinite where nothing limits.
    pub limit: f64,
}

/// A point on the curve.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Point {
    /// Voltage across the gap [V].
    pub voltage: f64,
    /// Current [A].
    pub current: f64,
    /// Whether the source limits.
    pub limited: bool,
}

/// Newton steps; the residual is convex in |V|, so that they come down from the source's voltage without a miss.
const MOST: usize = 100;

impl Load {
    /// Where the source's line meets the gap's.
    pub(super) fn point(&self, rates: &Rates, l: f64, w: f64, source: f64) -> Point {
        let solve = |residual: &dyn Fn(f64) -> (f64, f64)| {
            let mut v = source;
            for _ in 0..MOST {
                let (r, slope) = residual(v);
                let next = v - r / slope;
                if !next.is_finite() || (next - v).abs() < 1e-12 * source.abs().max(1e-3) {
                    break;
                }
                v = next;
            }
            v
        };
        let (i, g) = rates.current(l, w, source);
        let voltage = if self.series * g < 1e-12 { source } else { solve(&|v| self.behind(rates, l, w, source, v)) };
        let current = if voltage == source { i } else { rates.current(l, w, voltage).0 };
        if current.abs() <= self.limit {
            return Point { voltage, current, limited: false };
        }
        let limit = self.limit.copysign(source);
        let held = |v: f64| {
            let (i, g) = rates.current(l, w, v);
            (i - limit, g)
        };
        let voltage = solve(&held);
        Point { voltage, current: limit, limited: true }
    }

    fn behind(&self, rates: &Rates, l: f64, w: f64, source: f64, v: f64) -> (f64, f64) {
        let (i, g) = rates.current(l, w, v);
        (v + self.series * i - source, 1.0 + self.series * g)
    }
}
