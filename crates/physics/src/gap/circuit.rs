//! The source, the resistance in series and the network with its non-linear tunnelling links.
//!
//! The network's potentials make a convex function least (the content of all links), so Newton's method with a check of descent always gets
//! there; that it did is returned, never assumed.

use super::links::{Bond, Node, Point};
use super::network::Network;

/// What drives the gap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Source {
    /// Voltage asked for [V].
    pub voltage: f64,
    /// Resistance in series [Ω].
    pub series: f64,
    /// Largest current [A].
    pub limit: f64,
}

/// State of the circuit.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Solution {
    /// Voltage across the gap [V].
    pub voltage: f64,
    /// Current [A], positive into contact 2's side.
    pub current: f64,
    /// Whether the source limits.
    pub limited: bool,
    /// Newton converged.
    pub converged: bool,
    /// Newton steps.
    pub steps: usize,
}

/// Newton steps after which the solver gives up and says so.
const MOST_STEPS: usize = 120;
/// Below this part of its scale a link is a resistor to 7e-7. (With 0.05, to 4e-4, the heat of the links missed that of the source by 7e-6.)
const LINEAR: f64 = 2e-3;
/// A Newton step below this [V] leaves its square over twice the scale of sinh (0.3 V or more) to the next: potentials good to 1e-9 V.
const ENOUGH: f64 = 2e-5;

/// Potentials of the network under a source; each bond's voltage is set. `potential` holds the start (and what floating nodes keep). With
/// `limited` it is first asked whether the source limits.
pub(super) fn solve(
    network: &mut Network,
    bonds: &mut [Bond],
    pairs: &[(Node, Node)],
    source: Source,
    limited: bool,
    potential: &mut [f64],
) -> Solution {
    let mut steps = 0;
    if limited {
        let held = newton(network, bonds, pairs, source, true, potential);
        // The current rises with the voltage: the source limits if what is left of its voltage would drive more.
        if held.converged && held.current != 0.0 && held.voltage.abs() + source.series * source.limit < source.voltage.abs() {
            return held;
        }
        steps = held.steps;
    }
    let mut free = newton(network, bonds, pairs, source, false, potential);
    free.steps += steps;
    if free.current.abs() <= source.limit {
        return free;
    }
    // `limited`: the sign of the limit is that of the voltage.
    let mut held = newton(network, bonds, pairs, source, true, potential);
    held.steps += free.steps;
    held
}

fn newton(
    network: &mut Network,
    bonds: &mut [Bond],
    pairs: &[(Node, Node)],
    source: Source,
    limited: bool,
    potential: &mut [f64],
) -> Solution {
    let limit = source.limit.copysign(source.voltage);
    let mut out = Solution { limited, ..Solution::default() };
    let mut linear = bonds.iter().all(|b| (b.v / b.scale).abs() < LINEAR);
    let mut best = f64::INFINITY;
    let mut start = 0.0;
    let mut points: Vec<Point> = Vec::with_capacity(bonds.len());
    points.extend(bonds.iter().map(|b| b.point(b.v)));
    let mut was: Vec<f64> = Vec::with_capacity(bonds.len());
    for step in 0..MOST_STEPS {
        out.steps = step + 1;
        let seen = if linear {
            network.reduce(pairs, |i| bonds[i].g, |_| 0.0)
        } else {
            network.reduce(pairs, |i| points[i].slope, |i| points[i].current - points[i].slope * bonds[i].v)
        };
        let (voltage, current) = if limited {
            if seen.conductance > 0.0 { ((limit + seen.source) / seen.conductance, limit) } else { (source.voltage, 0.0) }
        } else {
            let all = 1.0 + source.series * seen.conductance;
            ((source.voltage + source.series * seen.source) / all, (seen.conductance * source.voltage - seen.source) / all)
        };
        network.expand(voltage, potential);
        let mut change = 0.0f64;
        was.clear();
        for b in bonds.iter_mut() {
            let v = potential[b.a] - potential[b.b];
            change = change.max((v - b.v).abs());
            was.push(b.v);
            b.v = v;
        }
        out.voltage = voltage;
        out.current = current;
        if linear {
            if bonds.iter().all(|b| (b.v / b.scale).abs() < LINEAR) {
                out.converged = true;
                return out;
            }
            linear = false;
            points.clear();
            points.extend(bonds.iter().map(|b| b.point(b.v)));
            continue;
        }
        if change < ENOUGH {
            out.converged = true;
            return out;
        }
        // Descent: halve the step until the content falls (the first step starts anywhere).
        let mut content = |bonds: &[Bond], v1: f64| {
            points.clear();
            points.extend(bonds.iter().map(|b| b.point(b.v)));
            let inner: f64 = points.iter().map(|p| p.content).sum();
            if limited {
                inner - limit * v1
            } else if source.series > 0.0 {
                inner + 0.5 * (source.voltage - v1).powi(2) / source.series
            } else {
                inner
            }
        };
        let mut now = content(bonds, voltage);
        if best.is_finite() && now > best + 1e-12 * best.abs() {
            let (mut part, aim): (f64, Vec<f64>) = (1.0, bonds.iter().map(|b| b.v).collect());
            while now > best + 1e-12 * best.abs() && part > 1e-6 {
                part *= 0.5;
                for ((b, &to), &from) in bonds.iter_mut().zip(&aim).zip(&was) {
                    b.v = from + part * (to - from);
                }
                now = content(bonds, start + part * (voltage - start));
            }
            out.voltage = start + part * (voltage - start);
        }
        best = now;
        start = out.voltage;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bond(a: Node, b: Node, g: f64, scale: f64) -> Bond {
        let mut bond = Bond::between(a, b);
        (bond.g, bond.scale) = (g, scale);
        bond
    }

    /// Current through tunnelling gaps in a row at a voltage across them all, by bisection of the current.
    fn row(bonds: &[Bond], source: Source) -> f64 {
        // Voltage that a current takes: each gap by its inverse sinh.
        let need = |i: f64| source.series * i + bonds.iter().map(|b| b.scale * (i / (b.g * b.scale)).asinh()).sum::<f64>();
        let (mut low, mut high) = (0.0, source.limit);
        if need(high) < source.voltage {
            return high;
        }
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if need(middle) < source.voltage { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    #[test]
    fn a_row_of_tunnelling_gaps_carries_the_current_that_bisection_finds_limited_or_not() {
        for (voltage, series, limit) in [(0.05, 1e3, 1.0), (2.0, 1e3, 1.0), (3.0, 1e5, 1e-6), (5.0, 0.0, 1.0), (4.0, 1e3, 1e-8)] {
            let mut bonds = vec![bond(0, 2, 3e-6, 0.5), bond(2, 3, 2e-11, 0.7), bond(3, 4, 7e-9, 1.1), bond(1, 4, 5e-5, 0.9)];
            let pairs: Vec<(Node, Node)> = bonds.iter().map(|b| (b.a, b.b)).collect();
            let mut network = Network::new(5, &pairs);
            let source = Source { voltage, series, limit };
            let mut potential = vec![0.0; 5];
            // From nothing, from a circuit that is said to be limited, and from its own solution.
            for before in [false, true, false, true] {
                let found = solve(&mut network, &mut bonds, &pairs, source, before, &mut potential);
                let exact = row(&bonds, source);
                assert!(found.converged && (found.current / exact - 1.0).abs() < 1e-6, "{voltage} V: {found:?}, {exact}");
                assert_eq!(found.limited, exact >= limit);
            }
        }
    }

    #[test]
    fn current_slope_and_content_of_a_gap_belong_together() {
        let b = bond(0, 1, 1e-7, 0.4);
        for v in [-3.0, -0.7, -1e-3, 2e-5, 0.1, 0.123, 1.0, 4.5, 6.0] {
            let h = 1e-5 * f64::max(0.1, f64::abs(v));
            let (up, down) = (b.point(v + h), b.point(v - h));
            let here = b.point(v);
            assert!(((up.content - down.content) / (2.0 * h) / here.current - 1.0).abs() < 1e-4, "{v}");
            assert!(((up.current - down.current) / (2.0 * h) / here.slope - 1.0).abs() < 1e-4, "{v}");
        }
    }
}
