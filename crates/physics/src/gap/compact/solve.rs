//! Backward Euler for one state.

/// Newton steps before the bracket is halved.
const NEWTON: usize = 30;
/// Good to this part of the state, or to this.
const ENOUGH: f64 = 1e-10;

/// x after `dt` of dx/dt = f(x), taken at the end of the step: the root of y − x − dt f(y) that is nearest to x on the side to which x moves,
/// within `low` and `high`. If there is none the state runs away within the step and ends at the bound or the next root before it.
pub(super) fn implicit(x: f64, low: f64, high: f64, dt: f64, f: impl Fn(f64) -> f64) -> f64 {
    let start = f(x);
    let step = dt * start;
    if step == 0.0 || !step.is_finite() {
        return x;
    }
    let end = if step > 0.0 { high } else { low };
    let enough = |y: f64| ENOUGH * y.abs().max(1.0);
    // Residual, positive beyond the root, whichever way x moves.
    let sign = step.signum();
    let rest = |y: f64, v: f64| sign * (y - x - dt * v);
    if rest(end, f(end)) < 0.0 {
        return before_running_away(x, start, end, |y| f(y), dt).unwrap_or(end);
    }
    let (mut near, mut far) = (x, end);
    let (mut y, mut v) = (x, start);
    for k in 0..NEWTON {
        let r = rest(y, v);
        if r < 0.0 {
            near = y;
        } else {
            far = y;
        }
        let h = sign * 1e-6 * y.abs().max(1e-3);
        let slope = 1.0 - dt * (f(y + h) - v) / h;
        let newton = y - sign * r / slope;
        let inside = (newton - near) * sign >= 0.0 && (far - newton) * sign >= 0.0;
        // A residual that falls with y has no root ahead by its tangent: the bracket is halved from the near side's step on.
        let next = if slope > 0.0 && inside && k < NEWTON - 1 { newton } else { 0.5 * (near + far) };
        let moved = (next - y).abs();
        y = next;
        if moved < enough(y) {
            return y;
        }
        v = f(y);
    }
    while (far - near).abs() > enough(far) {
        let middle = 0.5 * (near + far);
        if middle == near || middle == far {
            break;
        }
        if rest(middle, f(middle)) < 0.0 {
            near = middle;
        } else {
            far = middle;
        }
    }
    0.5 * (near + far)
}

/// The root that tangents from x on lead to; nothing where they turn away: then there is none, and the state runs away. What grows by itself
/// has two roots or none.
fn before_running_away(x: f64, start: f64, end: f64, f: impl Fn(f64) -> f64, dt: f64) -> Option<f64> {
    let sign = start.signum();
    let (mut y, mut v) = (x, start);
    for _ in 0..NEWTON {
        let h = sign * 1e-6 * y.abs().max(1e-3);
        let slope = 1.0 - dt * (f(y + h) - v) / h;
        let next = y - (y - x - dt * v) / slope;
        if !(slope > 0.0) || (next - end) * sign >= 0.0 {
            return None;
        }
        if (next - y).abs() < ENOUGH * y.abs().max(1.0) {
            return Some(next);
        }
        y = next;
        v = f(y);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decay_is_that_of_backward_euler() {
        let y = implicit(1.0, 0.0, 2.0, 0.5, |y| -3.0 * y);
        assert!((y - 1.0 / 2.5).abs() < 1e-9, "{y}");
    }

    #[test]
    fn growth_that_has_no_end_within_the_step_ends_at_the_bound() {
        assert_eq!(implicit(1.0, 0.0, 9.0, 1.0, |y| 10.0 * y), 9.0);
    }

    #[test]
    fn of_several_ends_the_nearest_is_taken() {
        // y = 1 + 0.1 exp(y) has roots near 1.48 and 2.9 or so.
        let y = implicit(1.0, 0.0, 50.0, 0.1, |y| y.exp().min(1e6));
        assert!((y - 1.0 - 0.1 * y.exp()).abs() < 1e-6 && y < 2.0, "{y}");
    }
}
