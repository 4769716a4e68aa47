//! A number measured frame after frame, smoothed: a value with a rate that wanders, jumps let through.

/// Squared innovation over its variance from which a value does not belong to the course before.
const OFF: f64 = 20.0;
/// Standard deviations of the rate's change from frame to frame that are tried, in units of the typical uncertainty of a value.
const WANDER: [f64; 7] = [0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0];

/// State: value, rate, and their covariance.
#[derive(Clone, Copy, Debug)]
struct State {
    x: [f64; 2],
    p: [f64; 3],
}

/// The smoothed series and its variances from values and variances; NaN values are bridged. Where two successive values leave the course by
/// more than chance allows, a new one begins there.
pub fn smooth(values: &[f64], variances: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let good = |k: usize| values[k].is_finite() && variances[k] > 0.0 && variances[k].is_finite();
    let n = values.len().min(variances.len());
    let mut typical: Vec<f64> = (0..n).filter(|&k| good(k)).map(|k| variances[k]).collect();
    if typical.is_empty() {
        return (vec![f64::NAN; n], vec![f64::NAN; n]);
    }
    let middle = typical.len() / 2;
    let scale = typical.select_nth_unstable_by(middle, f64::total_cmp).1.sqrt();
    let measured: Vec<Option<(f64, f64)>> = (0..n).map(|k| good(k).then(|| (values[k], variances[k]))).collect();
    let mut best: Option<(f64, f64)> = None;
    for w in WANDER {
        let q = (w * scale).powi(2);
        let likelihood = forward(&measured, q, scale).1;
        if best.is_none_or(|b| likelihood > b.0) {
            best = Some((likelihood, q));
        }
    }
    let q = best.map_or(0.0, |b| b.1);
    let (states, _) = forward(&measured, q, scale);
    backward(&states, q)
}

/// Filtered states (with whether a new course begins there), and the log likelihood.
fn forward(measured: &[Option<(f64, f64)>], q: f64, scale: f64) -> (Vec<(State, bool)>, f64) {
    let fresh = |z: f64, r: f64| State { x: [z, 0.0], p: [r, 0.0, (3.0 * scale).powi(2)] };
    let mut out: Vec<(State, bool)> = Vec::with_capacity(measured.len());
    let mut state: Option<State> = None;
    let mut log = 0.0;
    for (k, m) in measured.iter().enumerate() {
        let mut begins = false;
        let next = match (state, m) {
            (None, Some((z, r))) => {
                begins = true;
                fresh(*z, *r)
            }
            (None, None) => State { x: [f64::NAN; 2], p: [f64::INFINITY, 0.0, f64::INFINITY] },
            (Some(s), m) => {
                let a = predict(&s, q);
                match m {
                    None => a,
                    Some((z, r)) => {
                        let (nu, s2) = (z - a.x[0], a.p[0] + r);
                        let off = nu * nu / s2 > OFF;
                        // Alone it is an outlier, with the next it is a jump.
                        let follows = off
                            && measured[k + 1..].iter().flatten().take(2).all(|(y, ry)| {
                                let d = y - a.x[0];
                                d * nu > 0.0 && d * d > 0.25 * OFF * (a.p[0] + ry)
                            });
                        log -= 0.5 * (if off { OFF } else { nu * nu / s2 } + s2.ln());
                        if follows {
                            begins = true;
                            fresh(*z, *r)
                        } else if off {
                            a
                        } else {
                            let gain = [a.p[0] / s2, a.p[1] / s2];
                            State {
                                x: [a.x[0] + gain[0] * nu, a.x[1] + gain[1] * nu],
                                p: [a.p[0] * (1.0 - gain[0]), a.p[1] * (1.0 - gain[0]), a.p[2] - gain[1] * a.p[1]],
                            }
                        }
                    }
                }
            }
        };
        state = next.x[0].is_finite().then_some(next);
        out.push((next, begins));
    }
    (out, log)
}

fn predict(s: &State, q: f64) -> State {
    State { x: [s.x[0] + s.x[1], s.x[1]], p: [s.p[0] + 2.0 * s.p[1] + s.p[2], s.p[1] + s.p[2], s.p[2] + q] }
}

/// Rauch–Tung–Striebel, course by course.
fn backward(states: &[(State, bool)], q: f64) -> (Vec<f64>, Vec<f64>) {
    let n = states.len();
    let mut smooth: Vec<State> = states.iter().map(|s| s.0).collect();
    for k in (0..n.saturating_sub(1)).rev() {
        if states[k + 1].1 || !states[k].0.x[0].is_finite() {
            continue;
        }
        let s = states[k].0;
        let a = predict(&s, q);
        let det = a.p[0] * a.p[2] - a.p[1] * a.p[1];
        if !(det > 1e-12 * a.p[0] * a.p[2]) {
            continue;
        }
        // C = P Fᵀ A⁻¹ with F = [1 1; 0 1].
        let pf = [[s.p[0] + s.p[1], s.p[1]], [s.p[1] + s.p[2], s.p[2]]];
        let inverse = [[a.p[2] / det, -a.p[1] / det], [-a.p[1] / det, a.p[0] / det]];
        let c: [[f64; 2]; 2] = std::array::from_fn(|i| std::array::from_fn(|j| pf[i][0] * inverse[0][j] + pf[i][1] * inverse[1][j]));
        let next = smooth[k + 1];
        let dx = [next.x[0] - a.x[0], next.x[1] - a.x[1]];
        let dp = [next.p[0] - a.p[0], next.p[1] - a.p[1], next.p[2] - a.p[2]];
        let quad = |i: usize, j: usize| c[i][0] * (dp[0] * c[j][0] + dp[1] * c[j][1]) + c[i][1] * (dp[1] * c[j][0] + dp[2] * c[j][1]);
        smooth[k] = State {
            x: [s.x[0] + c[0][0] * dx[0] + c[0][1] * dx[1], s.x[1] + c[1][0] * dx[0] + c[1][1] * dx[1]],
            p: [s.p[0] + quad(0, 0), s.p[1] + quad(0, 1), s.p[2] + quad(1, 1)],
        };
    }
    // Before the first value: continued backwards at its rate.
    if let Some(first) = smooth.iter().position(|s| s.x[0].is_finite()) {
        for k in (0..first).rev() {
            let s = smooth[k + 1];
            let back = State { x: [s.x[0], -s.x[1]], p: [s.p[0], -s.p[1], s.p[2]] };
            let a = predict(&back, q);
            smooth[k] = State { x: [a.x[0], -a.x[1]], p: [a.p[0], -a.p[1], a.p[2]] };
        }
    }
    (smooth.iter().map(|s| s.x[0]).collect(), smooth.iter().map(|s| s.p[0].max(0.0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers like normal ones.
    fn noise(n: usize, seed: u64) -> Vec<f64> {
        let mut x = seed;
        let mut uniform = || {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (x >> 11) as f64 / (1u64 << 53) as f64
        };
        (0..n).map(|_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0).collect()
    }

    #[test]
    fn a_jump_is_let_through_and_the_rest_is_smoothed() {
        let n = 120;
        let truth: Vec<f64> = (0..n).map(|k| if k < 70 { 115.0 - 0.2 * k as f64 } else { 20.0 }).collect();
        let values: Vec<f64> = truth.iter().zip(noise(n, 3)).map(|(t, e)| t + e).collect();
        let (smoothed, variance) = smooth(&values, &vec![1.0; n]);
        let errors: Vec<f64> = smoothed.iter().zip(&truth).map(|(s, t)| s - t).collect();
        let rms = (errors.iter().map(|e| e * e).sum::<f64>() / n as f64).sqrt();
        assert!(rms < 0.45, "{rms}");
        assert!(errors[69].abs() < 1.5 && errors[70].abs() < 1.5, "{} {}", errors[69], errors[70]);
        assert!(variance.iter().all(|v| *v > 0.0 && *v <= 1.0 + 1e-9));
    }

    #[test]
    fn one_outlier_is_left_out() {
        let mut values = noise(60, 5);
        values[30] = 40.0;
        let (smoothed, _) = smooth(&values, &vec![1.0; 60]);
        assert!(smoothed[30].abs() < 1.5, "{}", smoothed[30]);
    }

    #[test]
    fn stated_uncertainties_cover_the_truth() {
        let (mut inside, mut total) = (0, 0);
        for seed in 0..60 {
            let truth: Vec<f64> = (0..80).map(|k| 3.0 * (k as f64 / 12.0).sin()).collect();
            let values: Vec<f64> = truth.iter().zip(noise(80, 100 + seed)).map(|(t, e)| t + e).collect();
            let (s, v) = smooth(&values, &vec![1.0; 80]);
            for k in 0..80 {
                total += 1;
                inside += usize::from((s[k] - truth[k]).abs() < v[k].sqrt());
            }
        }
        let part = inside as f64 / total as f64;
        assert!((0.6..0.75).contains(&part), "{part}");
    }
}
