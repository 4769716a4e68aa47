//! What surface tension does on the shape engine's lattice without a force: a sinusoid flattens as Mullins says, in a time that grows with
//! the fourth power of its size.

use pentatwin_physics::lattice::{Ended, Form, Graph, Start};
use pentatwin_physics::shape::Kinetics;
use std::f64::consts::TAU;

/// Amplitude at which the clock is stopped, relative to the start.
const LEFT: f64 = 0.7;

/// Time in which a ripple of 20 % of the radius, 2.5 radii long, falls to [`LEFT`]; of two periods the middle one is looked at.
fn time(shells: usize, beta: f64, seed: u64) -> f64 {
    let n = shells as f64;
    let period = 2.5 * n;
    let layers = 2 * period.round() as usize + 1;
    let graph = Graph::new((1.2 * n).ceil() as usize + 7, layers, 15).unwrap();
    let wave = |x: f64| (TAU * x / period).cos();
    let ripple = (0..=4 * layers).map(|i| 0.25 * i as f64).map(|x| (x * graph.pitch(), 1.0 + 0.2 * wave(x))).collect();
    let mut k = Kinetics::new(graph, &Start { shells, form: Form::Profile(ripple) }, beta, seed).unwrap();
    let middle = (0.5 * period).round() as usize..(1.5 * period).round() as usize;
    let amplitude = |k: &Kinetics| middle.clone().map(|i| f64::from(k.layer_counts()[i]) * wave(i as f64)).sum::<f64>();
    let start = amplitude(&k);
    let step = 0.1 * (n / 8.0).powi(4);
    let mut before = 1.0;
    loop {
        assert_eq!(k.run(u64::MAX, k.time() + step), Ended::Limit);
        let now = amplitude(&k) / start;
        if now < LEFT {
            return k.time() - step * (LEFT - now) / (before - now);
        }
        before = now;
    }
}

/// Exponent of the time with the size, and its standard error from the scatter of the seeds: (shells, seeds).
fn exponent(beta: f64, sizes: &[(usize, u64)]) -> (f64, f64) {
    let mut sums = [0.0; 5];
    for (shells, seeds) in sizes {
        let all: Vec<f64> = (0..*seeds).map(|s| time(*shells, beta, s)).collect();
        let mean = all.iter().sum::<f64>() / *seeds as f64;
        let error = (all.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / ((seeds - 1) * seeds) as f64).sqrt();
        println!("beta {beta}, {shells} shells: {mean:.1} +- {error:.1}");
        let (x, y, w) = ((*shells as f64).ln(), mean.ln(), (mean / error).powi(2).min(1e3));
        [w, w * x, w * y, w * x * x, w * x * y].iter().zip(&mut sums).for_each(|(v, s)| *s += v);
    }
    let [w, x, y, xx, xy] = sums;
    let spread = xx - x * x / w;
    ((xy - x * y / w) / spread, spread.powf(-0.5))
}

/// On a faceted wire (beta 2.74, 4 seeds each, 12, 16 and 20 shells) it was 3.6 +- 0.2 to 70 % and 4.1 +- 0.2 to 50 %: not slower with size than
/// Mullins, as shape3d.md section 9.3 expected (> 4.2); the ripple's 20 % are three to four shells there.
#[test]
#[ignore = "80 s"]
fn ripples_of_a_rough_wire_live_as_the_fourth_power_of_their_size() {
    let (exponent, error) = exponent(1.45, &[(12, 16), (16, 4), (20, 2)]);
    println!("exponent {exponent:.2} +- {error:.2}");
    assert!((exponent - 4.0).abs() < 0.3 && error < 0.25, "{exponent} +- {error}");
}
