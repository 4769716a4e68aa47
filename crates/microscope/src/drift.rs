//! Drift of the stage: steady, with a random walk; a function of seed and time alone, so that frames can be taken in any order.

use crate::settings::Stage;
use pentatwin_physics::random::{Purpose, Stream};

/// Shortest time [s] below which the walk is taken as straight.
const FINEST: f64 = 0.02;

/// Displacement of the specimen along the image's x and y [m] at `time` [s] from the start of the run.
pub fn drift(stage: &Stage, seed: u64, time: f64) -> [f64; 2] {
    let t = if time.is_finite() { time.max(0.0) } else { 0.0 };
    let steady = [stage.drift_x, stage.drift_y];
    std::array::from_fn(|axis| steady[axis] * t + stage.wander * walk(seed, axis as u64, t))
}

/// A Brownian path of unit variance after one second, at `t` [s]: known at 1, 2, 4, ... s, then halved down to where `t` is.
fn walk(seed: u64, axis: u64, t: f64) -> f64 {
    let normal = |level: u64, place: u64| {
        Stream::new(seed, Purpose::Drift, (axis << 62) | ((level & 0xFF) << 54) | (place & ((1 << 54) - 1))).normal()
    };
    let (mut a, mut b) = (0.0, 1.0);
    let (mut at_a, mut at_b) = (0.0, normal(0, 0));
    let mut level = 0;
    while t > b && level < 60 {
        level += 1;
        at_a = at_b;
        a = b;
        at_b = at_a + normal(level, 0) * (b.sqrt());
        b *= 2.0;
    }
    let mut depth = 100;
    let mut place = level;
    while b - a > FINEST && depth < 200 {
        let mid = 0.5 * (a + b);
        // A bridge: the middle deviates from the mean of its ends by half of the square root of their distance.
        let at_mid = 0.5 * (at_a + at_b) + 0.5 * (b - a).sqrt() * normal(depth, place);
        depth += 1;
        if t < mid {
            b = mid;
            at_b = at_mid;
            place *= 2;
        } else {
            a = mid;
            at_a = at_mid;
            place = place * 2 + 1;
        }
        place &= (1 << 54) - 1;
    }
    at_a + (at_b - at_a) * ((t - a) / (b - a)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_is_continuous_and_spreads_with_the_square_root_of_time() {
        let n = 400;
        for t in [0.5, 3.0, 100.0] {
            let mean = (0..n).map(|seed| walk(seed, 0, t).powi(2)).sum::<f64>() / n as f64;
            // Standard error of a variance: sqrt(2/n); five of them.
            assert!((mean / t - 1.0).abs() < 5.0 * (2.0 / n as f64).sqrt(), "{t}: {mean}");
        }
        for k in 0..5000 {
            let t = f64::from(k) * 1e-3;
            assert!((walk(7, 1, t + 1e-3) - walk(7, 1, t)).abs() < 0.05);
        }
        assert_eq!(walk(7, 1, 0.0), 0.0);
    }

    #[test]
    fn steps_of_the_walk_are_independent() {
        let n = 4000;
        let steps: Vec<f64> = (0..n).map(|k| walk(3, 0, 0.5 * f64::from(k + 1)) - walk(3, 0, 0.5 * f64::from(k))).collect();
        let variance = steps.iter().map(|s| s * s).sum::<f64>() / f64::from(n);
        let neighbour = steps.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / f64::from(n);
        assert!((variance - 0.5).abs() < 0.5 * 5.0 * (2.0 / f64::from(n)).sqrt());
        assert!(neighbour.abs() < 0.5 * 5.0 / f64::from(n).sqrt());
    }
}
