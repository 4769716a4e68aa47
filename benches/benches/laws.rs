//! Laws of matter that the wire engine asks at every cell, at 1000 temperatures from 300 to 1300 K.

use divan::{Bencher, black_box, counter::ItemsCount};
use pentatwin_physics::materials::silver::{diffusion, resistivity, thermal, vapour};

fn main() {
    divan::main();
}

const POINTS: u32 = 1000;

fn at_all_temperatures(bencher: Bencher, law: impl Fn(f64) -> f64 + Sync) {
    let temperatures: Vec<f64> = (0..POINTS).map(|k| 300.0 + f64::from(k)).collect();
    bencher.counter(ItemsCount::new(POINTS)).bench(|| black_box(&temperatures).iter().map(|t| law(*t)).sum::<f64>());
}

#[divan::bench]
fn resistivity_and_slope(bencher: Bencher) {
    at_all_temperatures(bencher, |t| resistivity::resistivity_and_slope(t, 1.0, 0.0).0);
}

#[divan::bench]
fn heat_capacity(bencher: Bencher) {
    at_all_temperatures(bencher, thermal::volumetric_heat_capacity);
}

#[divan::bench]
fn surface_diffusion(bencher: Bencher) {
    at_all_temperatures(bencher, |t| diffusion::d_100(t, 0.9) + diffusion::d_rough(t));
}

#[divan::bench]
fn recession_speed(bencher: Bencher) {
    at_all_temperatures(bencher, |t| vapour::recession_speed(t, 1.0));
}
