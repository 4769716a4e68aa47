//! Drift as a random walk with rare jumps: a Kalman filter for the frame that has just come, and a backward pass over a whole movie
//! (Rauch, Tung & Striebel 1965).

use super::super::measure::Drift;
use super::Registered;

/// Squared innovation in its own variance beyond which a step is a jump or an outlier: 5 standard deviations.
const BEYOND: f64 = 25.0;

type Matrix = [[f64; 2]; 2];

fn symmetric([xx, xy, yy]: [f64; 3]) -> Matrix {
    [[xx, xy], [xy, yy]]
}

fn packed(m: Matrix) -> [f64; 3] {
    [m[0][0], 0.5 * (m[0][1] + m[1][0]), m[1][1]]
}

fn sum(a: Matrix, b: Matrix) -> Matrix {
    [0, 1].map(|i| [0, 1].map(|j| a[i][j] + b[i][j]))
}

fn product(a: Matrix, b: Matrix) -> Matrix {
    [0, 1].map(|i| [0, 1].map(|j| a[i][0] * b[0][j] + a[i][1] * b[1][j]))
}

fn turned(a: Matrix) -> Matrix {
    [[a[0][0], a[1][0]], [a[0][1], a[1][1]]]
}

fn scaled(a: Matrix, c: f64) -> Matrix {
    a.map(|r| r.map(|x| c * x))
}

fn applied(a: Matrix, v: [f64; 2]) -> [f64; 2] {
    [0, 1].map(|i| a[i][0] * v[0] + a[i][1] * v[1])
}

fn determinant(a: Matrix) -> f64 {
    a[0][0] * a[1][1] - a[0][1] * a[1][0]
}

/// Inverse of a covariance; None if it has none.
fn inverse(a: Matrix) -> Option<Matrix> {
    let d = determinant(a);
    (d.is_finite() && d > 0.0 && a[0][0] > 0.0).then(|| [[a[1][1] / d, -a[0][1] / d], [-a[1][0] / d, a[0][0] / d]])
}

fn isotropic(variance: f64) -> Matrix {
    [[variance, 0.0], [0.0, variance]]
}

/// Place and its covariance.
#[derive(Clone, Copy, PartialEq, Debug)]
struct State {
    place: [f64; 2],
    covariance: Matrix,
}

impl State {
    /// Difference to a measurement, the inverse of its covariance, and its square in it.
    fn innovation(&self, z: [f64; 2], r: Matrix) -> Option<([f64; 2], Matrix, f64)> {
        let precision = inverse(sum(self.covariance, r))?;
        let nu = [z[0] - self.place[0], z[1] - self.place[1]];
        let along = applied(precision, nu);
        Some((nu, precision, nu[0] * along[0] + nu[1] * along[1]))
    }

    fn updated(&self, z: [f64; 2], r: Matrix) -> State {
        let Some((nu, precision, _)) = self.innovation(z, r) else { return *self };
        let gain = product(self.covariance, precision);
        let step = applied(gain, nu);
        // Joseph's form keeps the covariance positive.
        let rest = sum(isotropic(1.0), scaled(gain, -1.0));
        let covariance = sum(product(product(rest, self.covariance), turned(rest)), product(product(gain, r), turned(gain)));
        State { place: [self.place[0] + step[0], self.place[1] + step[1]], covariance: symmetric(packed(covariance)) }
    }

    fn later(&self, variance: f64) -> State {
        State { place: self.place, covariance: sum(self.covariance, isotropic(variance)) }
    }
}

/// Filter for frames as they come. Lengths are in the unit of what is pushed.
#[derive(Clone, Debug)]
pub struct DriftFilter {
    state: Option<State>,
    /// The first frame's place, until the second has told how well a frame is known.
    walk: f64,
    seen: u32,
    pending: f64,
}

impl DriftFilter {
    /// A filter that expects steps of standard deviation `step` per frame and component at first; it learns the true one.
    pub fn new(step: f64) -> DriftFilter {
        DriftFilter { state: None, walk: step.powi(2).max(f64::MIN_POSITIVE), seen: 0, pending: 0.0 }
    }

    /// Standard deviation of a frame's step per component, as learnt.
    pub fn step(&self) -> f64 {
        self.walk.sqrt()
    }

    /// The shift after this frame's measurement, with its covariance (without the first frame's, as in [`Registered`]). A lost frame, or
    /// one that is not finite, keeps the shift and widens the covariance.
    pub fn push(&mut self, frame: &Registered) -> Registered {
        let r = symmetric(frame.covariance);
        let measured = !frame.lost && frame.shift.iter().chain(&frame.covariance).all(|x| x.is_finite());
        let Some(state) = &self.state else {
            if measured {
                self.state = Some(State { place: frame.shift, covariance: r });
            }
            return *frame;
        };
        self.seen += 1;
        let mut state = *state;
        if measured && determinant(state.covariance) <= 0.0 {
            state.covariance = r;
        }
        self.pending += 1.0;
        let before = state;
        state = state.later(self.walk);
        if measured && let Some((nu, _, square)) = state.innovation(frame.shift, r) {
            let length = nu[0] * nu[0] + nu[1] * nu[1];
            if square > BEYOND {
                // What was registered so far off has been checked against the image there: a jump.
                state = before.later(length);
            } else {
                // The innovation's variance less what the measurements explain is the walk's.
                let explained = packed(sum(before.covariance, r));
                let excess = 0.5 * (length - explained[0] - explained[2]) / self.pending;
                let gain = 1.0 / f64::from(self.seen + 4).min(32.0);
                let weight = self.walk / (self.walk + 0.5 * (explained[0] + explained[2]));
                self.walk = (self.walk + gain * weight * (excess - self.walk)).max(0.02 * self.walk);
            }
            state = state.updated(frame.shift, r);
            self.pending = 0.0;
        }
        self.state = Some(state);
        Registered { shift: state.place, covariance: packed(state.covariance), lost: frame.lost }
    }
}

/// The most probable drift of a movie, given what was measured in each frame: a random walk, its step learnt from all frames, with jumps
/// where two frames agree on one, and without single frames that stand alone. The first frame's covariance may be 0: it then counts as
/// known as well as the median of the others. Shifts are again since the first frame, and the covariances those of the differences. A frame that is not
/// finite is bridged.
pub fn smooth(measured: &[Drift]) -> Vec<Drift> {
    let good = |d: &Drift| d.shift.iter().chain(&d.covariance).all(|x| x.is_finite()) && d.covariance[0] >= 0.0 && d.covariance[2] >= 0.0;
    let mut frames: Vec<Option<([f64; 2], Matrix)>> =
        measured.iter().map(|d| good(d).then(|| (d.shift, symmetric(d.covariance)))).collect();
    // A frame that does not state its covariance, as the first, is known as well as the median of the others.
    let mut stated: Vec<Matrix> = frames.iter().flatten().map(|(_, r)| *r).filter(|r| inverse(*r).is_some()).collect();
    stated.sort_by(|a, b| determinant(*a).total_cmp(&determinant(*b)));
    let Some(&typical) = stated.get(stated.len() / 2) else { return measured.to_vec() };
    for (_, r) in frames.iter_mut().flatten() {
        if inverse(*r).is_none() {
            *r = typical;
        }
    }
    let mut steps: Vec<f64> = frames
        .windows(2)
        .filter_map(|w| match w {
            [Some((a, _)), Some((b, _))] => Some(0.5 * ((b[0] - a[0]).powi(2) + (b[1] - a[1]).powi(2))),
            _ => None,
        })
        .collect();
    steps.sort_by(f64::total_cmp);
    let usual = steps.get(steps.len() / 2).copied().unwrap_or(0.0).max(1e-9 * typical[0][0].max(typical[1][1]));
    // The likelihood of the walk's variance has one broad maximum: a fine grid over six decades below the steps seen finds it.
    let walk = (0..48)
        .map(|k| 4.0 * usual * 10f64.powf(-f64::from(k) / 8.0))
        .map(|walk| (walk, forward(&frames, walk).1))
        .fold((usual, f64::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best })
        .0;
    let (states, _) = forward(&frames, walk);
    backward(&states)
}

/// One frame of the forward pass: predicted and updated.
struct Step {
    predicted: State,
    updated: State,
}

/// Kalman filter over all frames; also the logarithm of the likelihood.
fn forward(frames: &[Option<([f64; 2], Matrix)>], walk: f64) -> (Vec<Step>, f64) {
    let mut steps: Vec<Step> = Vec::with_capacity(frames.len());
    let mut likelihood = 0.0;
    for (k, frame) in frames.iter().enumerate() {
        let Some(last) = steps.last() else {
            let start = frame.map_or(State { place: [0.0; 2], covariance: isotropic(walk) }, |(z, r)| State { place: z, covariance: r });
            steps.push(Step { predicted: start, updated: start });
            continue;
        };
        let before = last.updated;
        let mut predicted = before.later(walk);
        let mut updated = predicted;
        if let Some((z, r)) = *frame
            && let Some((nu, precision, square)) = predicted.innovation(z, r)
        {
            likelihood += 0.5 * (determinant(precision).ln() - square.min(BEYOND));
            let mut use_it = true;
            if square > BEYOND {
                // A jump if the next frame is nearer to this one than to the walk's continuation.
                let next = frames.get(k + 1..).unwrap_or(&[]).iter().flatten().next();
                use_it = next.is_none_or(|&(z_next, r_next)| {
                    let from = |s: State| s.later(walk).innovation(z_next, r_next).map_or(f64::INFINITY, |i| i.2);
                    from(State { place: z, covariance: r }) <= from(predicted)
                });
                if use_it {
                    predicted = before.later(walk + nu[0] * nu[0] + nu[1] * nu[1]);
                }
            }
            updated = if use_it { predicted.updated(z, r) } else { predicted };
        }
        steps.push(Step { predicted, updated });
    }
    (steps, likelihood)
}

/// Backward pass, with everything referred to the first frame in the end.
fn backward(steps: &[Step]) -> Vec<Drift> {
    let Some(last) = steps.last() else { return Vec::new() };
    let mut smoothed = vec![last.updated; steps.len()];
    let mut gains = vec![isotropic(0.0); steps.len()];
    for k in (0..steps.len() - 1).rev() {
        let (own, next, after) = (steps[k].updated, steps[k + 1].predicted, smoothed[k + 1]);
        let gain = inverse(next.covariance).map_or(isotropic(0.0), |p| product(own.covariance, p));
        let pull = applied(gain, [after.place[0] - next.place[0], after.place[1] - next.place[1]]);
        let narrower = sum(after.covariance, scaled(next.covariance, -1.0));
        let covariance = sum(own.covariance, product(product(gain, narrower), turned(gain)));
        smoothed[k] = State { place: [own.place[0] + pull[0], own.place[1] + pull[1]], covariance: symmetric(packed(covariance)) };
        gains[k] = gain;
    }
    // Covariance of frames 0 and k given all: the product of the gains up to k, times that of k.
    let first = smoothed[0];
    let mut chain = isotropic(1.0);
    let mut drift = Vec::with_capacity(steps.len());
    for (k, state) in smoothed.iter().enumerate() {
        if k == 0 {
            drift.push(Drift { shift: [0.0; 2], covariance: [0.0; 3] });
            continue;
        }
        chain = product(chain, gains[k - 1]);
        let common = product(chain, state.covariance);
        let both = sum(sum(first.covariance, state.covariance), scaled(sum(common, turned(common)), -1.0));
        let [xx, xy, yy] = packed(both);
        let shift = [state.place[0] - first.place[0], state.place[1] - first.place[1]];
        drift.push(Drift { shift, covariance: [xx.max(0.0), xy, yy.max(0.0)] });
    }
    drift
}
