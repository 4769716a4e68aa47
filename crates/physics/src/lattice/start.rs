//! What a lattice starts from: sections and tips of a wire.

use super::graph::{Graph, shell_of};
use super::occupation::Occupied;

/// A shape at the start. Lengths along the axis are from layer 0 [m]; the silver at layer 0, and at the last layer where the shape reaches
/// it, is held.
#[derive(Clone, PartialEq, Debug)]
pub struct Start {
    /// Shells of the wire, without guards.
    pub shells: usize,
    /// What is made of it.
    pub form: Form,
}

/// The form of a start.
#[derive(Clone, PartialEq, Debug)]
pub enum Form {
    /// A piece of the pristine wire from end to end.
    Section,
    /// A wire that ends in a flat (110) cut at this place.
    Cut(f64),
    /// A wire that ends in a ball of the wire's own apothem, its end at this place.
    Rounded(f64),
    /// A wire that ends in a pyramid of five {111} facets, its apex at this place.
    Pyramid(f64),
    /// A wire that ends in a flat cut, with a V-shaped groove around it.
    Notched {
        /// Where the wire ends.
        end: f64,
        /// Middle of the groove.
        at: f64,
        /// Its depth, relative to the wire's radius, 0 to 1.
        depth: f64,
        /// Its width at the surface.
        width: f64,
    },
    /// Two cut ends that face each other.
    Gap {
        /// Middle of the gap.
        at: f64,
        /// Its width.
        width: f64,
    },
    /// A radius that changes along the axis, from another engine: (place, radius relative to the wire's), in order of places; linear
    /// between, nothing where it is 0, constant beyond the first and nothing beyond the last. May be wider than the wire, as far as the
    /// lattice reaches.
    Profile(Vec<(f64, f64)>),
}

impl Start {
    /// Largest shell occupied at a place along the axis, as a real number; negative for none.
    fn reach(&self, graph: &Graph, x: f64) -> f64 {
        let full = self.shells as f64;
        let apothem = full * 0.5 * std::f64::consts::SQRT_2 * graph.pitch(); // half of a per shell, a = √2 d
        match &self.form {
            Form::Section => full,
            Form::Cut(end) => {
                if x <= *end {
                    full
                } else {
                    -1.0
                }
            }
            Form::Rounded(end) => {
                let beyond = x - (end - apothem);
                if beyond <= 0.0 {
                    full
                } else if beyond <= apothem {
                    full * (1.0 - (beyond / apothem).powi(2)).sqrt()
                } else {
                    -1.0
                }
            }
            // {111} at 54.74° to the axis: the apothem grows by √2 over the distance from the apex.
            Form::Pyramid(end) => {
                if x <= *end {
                    (full * (end - x) * std::f64::consts::SQRT_2 / apothem).min(full)
                } else {
                    -1.0
                }
            }
            Form::Notched { end, at, depth, width } => {
                if x > *end {
                    return -1.0;
                }
                let inside = (1.0 - (x - at).abs() / (0.5 * width)).max(0.0);
                full * (1.0 - depth * inside)
            }
            Form::Gap { at, width } => {
                if (x - at).abs() < 0.5 * width {
                    -1.0
                } else {
                    full
                }
            }
            Form::Profile(points) => {
                let after = points.partition_point(|p| p.0 < x);
                let relative = match (after.checked_sub(1).and_then(|i| points.get(i)), points.get(after)) {
                    (Some(a), Some(b)) => a.1 + (b.1 - a.1) * (x - a.0) / (b.0 - a.0).max(f64::MIN_POSITIVE),
                    (None, Some(b)) => b.1,
                    _ => 0.0,
                };
                if relative > 0.0 { full * relative } else { -1.0 }
            }
        }
    }
}

impl Occupied for Start {
    fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]) {
        let (r, _) = shell_of(column);
        if column >= graph.open_columns() {
            return;
        }
        for k in 0..graph.layers() {
            let x = (k as f64 + 0.5 * (r % 2) as f64) * graph.pitch();
            if r as f64 <= self.reach(graph, x) + 1e-9 {
                bits[k / 64] |= 1 << (k % 64);
            }
        }
    }
}
