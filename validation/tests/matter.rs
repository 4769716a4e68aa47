//! Surface transport and sublimation against exact results, at one temperature everywhere.

use pentatwin_physics::device::{Device, DiffusionLaw};
use pentatwin_physics::materials::constants::{E, KB};
use pentatwin_physics::materials::silver::{OMEGA, diffusion, electromigration, vapour};
use pentatwin_physics::wire::{PERIMETER, Ramp, WireEngine, radius, surface};
use pentatwin_validation::runs::{Run, Stop, ramp, uniform};
use std::f64::consts::PI;

/// A uniformly hot wire with the isotropic rough surface that theory knows; the perimeter is the pentagon's.
fn isotropic(temperature: f64) -> Device {
    let mut device = uniform(temperature);
    device.silver.diffusion = DiffusionLaw::Rough;
    device.physics.sublimation = false;
    device
}

#[test]
fn nichols_mullins_growth_rate() {
    // physics.md 2.2 B1: sigma = (B/a⁴)(k a)²(1 - (k a)²), B = D_s gamma Omega delta/kT; greatest at k a = 1/sqrt 2. A pentagon of the same
    // area carries `PERIMETER` times the flux of the circle.
    let t = 900.0;
    let mut device = isotropic(t);
    device.chip.spacing = 2e-6;
    device.numerics.cells = 800;
    device.numerics.tolerance = 2e-7;
    let a = radius(device.area());
    let b = PERIMETER * diffusion::d_rough(t) * device.silver.surface_energy * OMEGA * device.silver.layer / (KB * t);
    let greatest = b / (4.0 * a.powi(4));
    let mut worst = 0.0f64;
    for halves in [3, 6, 8, 9, 10, 12, 13] {
        // Whole half-waves end with slope 0 at the blocked ends.
        let k = halves as f64 * PI / device.chip.spacing;
        let start = WireEngine::new(&device, 1).unwrap();
        let shape: Vec<f64> = start.grid().x.iter().map(|x| (k * x).cos()).collect();
        let amplitude = |area: &[f64]| 2.0 * area.iter().zip(&shape).map(|(s, c)| radius(*s) * c).sum::<f64>() / shape.len() as f64;
        let area: Vec<f64> = shape.iter().map(|c| PI * (a * (1.0 + 2e-3 * c)).powi(2)).collect();
        let mut run = Run::from(WireEngine::with_area(&device, 1, &area).unwrap());
        // The amplitude between two times, so that the first short steps do not count.
        run.drive(ramp(0.0, 0.2 / greatest, 0.0, 0.0, t, 0.0), Stop::AtEnd);
        let first = amplitude(run.wire.area());
        run.drive(ramp(0.2 / greatest, 1.2 / greatest, 0.0, 0.0, t, 0.0), Stop::AtEnd);
        assert_eq!(run.error, None);
        let rate = (amplitude(run.wire.area()) / first).ln() * greatest;
        let ka2 = (k * a).powi(2);
        let exact = b / a.powi(4) * ka2 * (1.0 - ka2);
        worst = worst.max((rate - exact).abs() / greatest);
        println!("Nichols-Mullins, k a = {:.3}: {:.5} of the greatest rate, exact {:.5}", k * a, rate / greatest, exact / greatest);
    }
    println!("Nichols-Mullins: worst deviation {:.3} % of the greatest rate", worst * 100.0);
    assert!(worst < 2e-3, "{worst}");
}

#[test]
fn surface_energy_falls_while_no_current_flows() {
    // wire.md section 1: F = gamma sum pi (a_i + a_(i+1)) S with tips; the curvature is its gradient, so F can only fall. From a wavy wire
    // through pinch-off and the retreat of the pieces' tips.
    let mut device = isotropic(900.0);
    device.wire.diameter_disorder = 0.08;
    let mut wire = WireEngine::new(&device, 5).unwrap();
    wire.drive(ramp(0.0, 30.0, 0.0, 0.0, 900.0, 0.0));
    let dx = wire.grid().dx;
    let first = surface(wire.area(), dx);
    let (mut last, mut dead, mut steps) = (first, 0usize, 0usize);
    // Largest rise in a step, over the first energy: of the whole wire, of the pieces, at a death.
    let mut rise = [0.0f64; 3];
    wire.advance(30.0, &mut |w| {
        let now = surface(w.area(), dx);
        let died = w.area().iter().filter(|a| **a <= 0.0).count();
        let kind = if died > dead { 2 } else { usize::from(died > 0) };
        rise[kind] = rise[kind].max((now - last) / first);
        (last, dead, steps) = (now, died, steps + 1);
    })
    .unwrap();
    println!(
        "surface energy: {:.4} of the first left after {steps} steps, {dead} cells dead; largest rise in a step {rise:?}",
        last / first
    );
    assert!(wire.broken());
    assert!(last < 0.85 * first);
    assert!(rise[0] < 1e-9, "{rise:?}");
    // Near tips a step may err by several per cent of a small cell (wire.md section 7).
    assert!(rise[1] < 2e-4, "{rise:?}");
    // A death is an event, not a flow: the frustum that led to the cell is replaced by a disc, which may have more surface.
    assert!(rise[2] < 3e-3, "{rise:?}");
}

#[test]
fn radius_shrinks_by_hertz_knudsen() {
    // physics.md B15: da/dt = -v exp(gamma Omega/(a kT)), v = p Omega/sqrt(2 pi m kT); the pentagon loses `PERIMETER` times as much.
    // Reference: Runge-Kutta with 1000 steps. Table 1.5 of physics.md: v = 0.184 nm/s at 750 °C.
    let t = 1023.15;
    let mut device = uniform(t);
    device.physics.capillarity = false;
    device.physics.melt_flow = false;
    device.numerics.tolerance = 1e-5;
    let v = vapour::recession_speed(t, 1.0);
    // The table counts the hot silver's volume, the engine room temperature's: (1 + e)³ with e(1023 K) = 1.63 % (physics.md 1.1).
    assert!((v * 1.0163f64.powi(3) / 0.184e-9 - 1.0).abs() < 0.01, "{v}");
    let kelvin = device.silver.surface_energy * OMEGA / (KB * t);
    let duration = 150.0;
    let rate = |a: f64| -PERIMETER * v * (kelvin / a).exp();
    let mut a = radius(device.area());
    let h = duration / 1000.0;
    for _ in 0..1000 {
        let k1 = rate(a);
        let k2 = rate(a + 0.5 * h * k1);
        let k3 = rate(a + 0.5 * h * k2);
        let k4 = rate(a + h * k3);
        a += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
    }
    let mut run = Run::new(&device, 1).unwrap();
    run.drive(ramp(0.0, duration, 0.0, 0.0, t, 0.0), Stop::AtEnd);
    assert_eq!(run.error, None);
    let start = radius(device.area());
    let worst = run.wire.area().iter().map(|s| ((start - radius(*s)) / (start - a) - 1.0).abs()).fold(0.0, f64::max);
    println!(
        "Hertz-Knudsen: {:.3} nm lost in {duration} s, exact {:.3} nm, worst {worst:.1e}",
        (start - radius(run.wire.area()[0])) * 1e9,
        (start - a) * 1e9
    );
    assert!(worst < 1e-3, "{worst}");
    // What is gone is in the vapour.
    assert!(run.imbalance < 1e-12);
}

#[test]
fn electromigration_drives_a_wire_end_back_at_its_speed() {
    // physics.md B10: v = P delta D_s Z* e rho j/(A kT): at one temperature nothing changes inside, and the blocked end at the cathode loses
    // v A per time. Numbers of the book: 700 K, Z* = 10, delta 0.22 nm, a round wire of 115 nm, 8e11 A/m²: 0.66 um/s.
    let t = 700.0;
    let mut device = isotropic(t);
    device.silver.layer = 0.22e-9;
    device.wire.diameter = (PI / 4.0 / pentatwin_physics::device::AREA_FACTOR).sqrt() * 115e-9; // the area of a circle of 115 nm
    let area = device.area();
    let current = 8e11 * area;
    let force = electromigration::wind_constant(device.silver.effective_charge, electromigration::T_REF) * E * 8e11;
    let perimeter = PERIMETER * 2.0 * PI * radius(area);
    let speed = perimeter * device.silver.layer * diffusion::d_rough(t) / (KB * t) * force / area;
    let lost = |polarity: f64| {
        let mut run = Run::new(&device, 1).unwrap();
        let duration = 0.02; // 13 nm of retreat: before the first cell is gone and with it the current
        run.drive(Ramp { compliance: current, ..ramp(0.0, duration, 1e3 * polarity, 0.0, t, 0.0) }, Stop::AtEnd);
        assert_eq!(run.error, None);
        let (wire, n) = (&run.wire, run.wire.grid().cells());
        assert!((wire.thermal().current - polarity * current).abs() < 1e-12);
        let half = if polarity > 0.0 { 0..n / 2 } else { n / 2..n };
        let middle = (wire.area()[n / 2] / area - 1.0).abs();
        let missing: f64 = half.map(|i| (area - wire.area()[i]) * wire.grid().dx).sum();
        (missing / area / duration, middle)
    };
    for polarity in [1.0, -1.0] {
        let (measured, middle) = lost(polarity);
        println!("retreat: {:.4} um/s, exact {:.4} um/s, change of the middle {middle:.1e}", measured * 1e6, speed * 1e6);
        assert!((measured / speed - 1.0).abs() < 1e-3);
        assert!(middle < 1e-6);
    }
    // The book takes Z* = 10 and rho = 4.8e-8 ohm m at 700 K and a circle; the engine Z* = 10 at 800 K and a pentagon's perimeter.
    let book = 0.66e-6 * PERIMETER * force / (10.0 * E * 4.8e-8 * 8e11);
    assert!((speed / book - 1.0).abs() < 0.03, "{speed} {book}");
}
