//! Heat and current against exact results.

use pentatwin_physics::device::{Device, Sink};
use pentatwin_physics::materials::constants::L0;
use pentatwin_physics::materials::silver::resistivity::resistivity;
use pentatwin_physics::materials::silver::thermal::{conductivity, volumetric_heat_capacity};
use pentatwin_physics::wire::{Ramp, WireEngine, radius};
use pentatwin_validation::runs::{Run, Stop, freeze_matter, heated_bar, ramp};

/// A wire brought to the steady state under a voltage [V].
fn steady(device: &Device, voltage: f64) -> Run {
    let mut run = Run::new(device, 1).unwrap();
    // 10 s: the slowest time constant is that of the membrane, 2 ms (wire.md section 3).
    run.drive(ramp(0.0, 10.0, voltage, 0.0, device.chip.temperature, 0.0), Stop::AtEnd);
    assert_eq!(run.error, None);
    run
}

fn hottest(wire: &WireEngine) -> f64 {
    wire.thermal().wire.iter().copied().fold(0.0, f64::max)
}

/// A bar on oxidised silicon, whose top stays at the frame's temperature: heat is lost along the whole length.
fn fin(cells: usize) -> Device {
    let mut device = heated_bar(300.0);
    device.chip.wire_sink = Sink::Silicon;
    device.numerics.cells = cells;
    device
}

#[test]
fn fin_profile_with_constant_properties() {
    // physics.md 2.2 B5: theta = (I² rho/(A g)) [1 - cosh(m (x - L/2))/cosh(m L/2)], m² = g/(k A). The engine's laws depend on temperature;
    // over the 0.02 K of this run rho and k change by less than 1e-4 of themselves, and the rise is compared with the values at its middle.
    let device = fin(500);
    let run = steady(&device, 2e-2);
    let wire = &run.wire;
    let (rise, half) = (hottest(wire) - 300.0, 0.5 * device.chip.spacing);
    assert!((0.005..0.05).contains(&rise), "{rise}");
    let (area, g) = (device.area(), device.film_sink());
    let rho = resistivity(300.0 + 0.7 * rise, radius(area), device.silver.size_effect);
    let k = conductivity(300.0 + 0.7 * rise, rho);
    let m = (g / (k * area)).sqrt();
    let scale = wire.thermal().current.powi(2) * rho / (area * g);
    let worst = wire
        .grid()
        .x
        .iter()
        .zip(&wire.thermal().wire)
        .map(|(x, t)| (t - 300.0 - scale * (1.0 - (m * (x - half)).cosh() / (m * half).cosh())).abs() / rise)
        .fold(0.0, f64::max);
    println!("fin, constant properties: rise {rise:.4} K, worst {worst:.2e}");
    assert!(worst < 1e-4, "{worst}");
}

#[test]
fn fin_profile_with_the_laws_of_silver() {
    // No closed form: the same equation, d/dx(k A dT/dx) = g (T - T0) - I² rho/A, by shooting with Runge-Kutta at steps of L/8000 from the
    // middle, where the slope is 0, to the ends at 300 K. Only the laws of matter are shared with the engine.
    let device = fin(500);
    let run = steady(&device, 3.2);
    let wire = &run.wire;
    let rise = hottest(wire) - 300.0;
    assert!((300.0..900.0).contains(&rise), "{rise}");
    let (area, g, current) = (device.area(), device.film_sink(), wire.thermal().current);
    let a = radius(area);
    let slope = |t: f64, q: f64| {
        let rho = resistivity(t, a, device.silver.size_effect);
        (q / (conductivity(t, rho) * area), g * (t - 300.0) - current * current * rho / area)
    };
    let n = 4000;
    let h = 0.5 * device.chip.spacing / n as f64;
    let shoot = |middle: f64| {
        let mut y = (middle, 0.0);
        let mut profile = vec![middle];
        for _ in 0..n {
            let k1 = slope(y.0, y.1);
            let k2 = slope(y.0 + 0.5 * h * k1.0, y.1 + 0.5 * h * k1.1);
            let k3 = slope(y.0 + 0.5 * h * k2.0, y.1 + 0.5 * h * k2.1);
            let k4 = slope(y.0 + h * k3.0, y.1 + h * k3.1);
            y.0 += h / 6.0 * (k1.0 + 2.0 * k2.0 + 2.0 * k3.0 + k4.0);
            y.1 += h / 6.0 * (k1.1 + 2.0 * k2.1 + 2.0 * k3.1 + k4.1);
            profile.push(y.0);
        }
        profile
    };
    let (mut low, mut high) = (300.0, 1300.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if shoot(middle)[n] > 300.0 { high = middle } else { low = middle }
    }
    let profile = shoot(0.5 * (low + high));
    let worst = wire
        .grid()
        .x
        .iter()
        .zip(&wire.thermal().wire)
        .map(|(x, t)| {
            let at = (x - 0.5 * device.chip.spacing).abs() / h;
            let i = (at as usize).min(n - 1);
            let exact = profile[i] + (at - i as f64) * (profile[i + 1] - profile[i]);
            (t - exact).abs() / rise
        })
        .fold(0.0, f64::max);
    println!("fin, laws of silver: rise {rise:.1} K, worst {worst:.2e}");
    assert!(worst < 1e-4, "{worst}");
}

#[test]
fn wiedemann_franz_bound_on_the_highest_temperature() {
    // Kohlrausch (wire.md section 2): T_max² = T_pad² + V_wire²/(4 L0) for any A(x) and rho(T) without side loss and with equal pads.
    for (voltage, disorder) in [(0.5, 0.0), (1.5, 0.0), (2.0, 0.0), (2.0, 0.05)] {
        let mut device = heated_bar(300.0);
        device.chip.pad_sink = Sink::AsChip; // pads that warm up, equally
        device.contact[0].resistance = 25.0;
        device.contact[1].resistance = 25.0;
        device.wire.diameter_disorder = disorder;
        let run = steady(&device, voltage);
        let wire = &run.wire;
        let thermal = wire.thermal();
        assert!((thermal.pad[0] - thermal.pad[1]).abs() < 1e-3);
        let across = thermal.current * wire.resistance().wire;
        let exact = (thermal.pad[0].powi(2) + across * across / (4.0 * L0)).sqrt();
        println!("Wiedemann-Franz bound: V_wire {across:.4} V, T_max {:.3} K, exact {exact:.3} K", hottest(wire));
        assert!((hottest(wire) / exact - 1.0).abs() < 1e-3);
    }
}

/// The largest current [A] with a steady state: for a hottest temperature T_m, Kohlrausch's T = T_m cos s gives
/// I L/A = sqrt(L0) ∫ T ds/rho(T) over |s| < arccos(T_0/T_m); no steady state exists above the maximum over T_m.
fn critical_current(device: &Device, until: f64) -> (f64, f64) {
    let area = device.area();
    let current = |top: f64| {
        let end = (device.chip.temperature / top).acos();
        let n = 2000;
        let sum: f64 = (0..n)
            .map(|k| {
                let t = top * ((k as f64 + 0.5) / n as f64 * end).cos();
                t / resistivity(t, radius(area), device.silver.size_effect)
            })
            .sum();
        2.0 * L0.sqrt() * sum * end / n as f64 * area / device.chip.spacing
    };
    let mut best = (0.0, 0.0);
    let mut top = device.chip.temperature + 1.0;
    while top < until {
        if current(top) > best.0 {
            best = (current(top), top);
        }
        top += 1.0;
    }
    best
}

#[test]
fn constant_current_runs_away_at_the_critical_current() {
    let device = heated_bar(300.0);
    let (critical, top) = critical_current(&device, 1400.0);
    let held = |current: f64| {
        let mut run = Run::new(&device, 1).unwrap();
        let drive = Ramp { compliance: current, ..ramp(0.0, 0.1, 1e3, 0.0, 300.0, 0.0) };
        run.drive(drive, Stop::AtEnd);
        (run.error.clone(), hottest(&run.wire), run.wire.thermal().current)
    };
    let (error, below, current) = held(0.995 * critical);
    assert_eq!(error, None);
    assert!((current / (0.995 * critical) - 1.0).abs() < 1e-9);
    let (error, above, _) = held(1.005 * critical);
    // wire.md section 2: pi A sqrt(L0)/(alpha L) with the slope of the law at the working point; exact for rho = alpha T.
    let alpha = (resistivity(1001.0, radius(device.area()), device.silver.size_effect)
        - resistivity(999.0, radius(device.area()), device.silver.size_effect))
        / 2.0;
    let formula = std::f64::consts::PI * device.area() * L0.sqrt() / (alpha * device.chip.spacing);
    println!(
        "constant current: critical {:.4} mA at {top:.0} K, formula {:.4} mA; held at -0.5 %: {below:.1} K, at +0.5 %: {above:.1} K ({error:?})",
        critical * 1e3,
        formula * 1e3
    );
    assert!(below < top);
    assert!(above > 2000.0 || error.is_some());
    assert!((critical / formula - 1.0).abs() < 0.02);
}

#[test]
fn the_wire_settles_in_18_nanoseconds() {
    // physics.md 1.2 and B9: L²/(pi² D) = 18 ns at 5 um, 71 ns at 10 um; and the engine's own laws at 300 K.
    for (spacing, book) in [(5e-6, 18e-9), (10e-6, 71e-9)] {
        let mut device = heated_bar(300.0);
        device.chip.spacing = spacing;
        let rho = resistivity(300.0, radius(device.area()), device.silver.size_effect);
        let diffusivity = conductivity(300.0, rho) / volumetric_heat_capacity(300.0);
        let exact = (spacing / std::f64::consts::PI).powi(2) / diffusivity;
        let mut run = Run::new(&device, 1).unwrap();
        let h = exact / 400.0;
        let mut rise = Vec::new();
        for k in 0..3200 {
            run.drive(ramp(k as f64 * h, (k + 1) as f64 * h, 0.03, 0.0, 300.0, 0.0), Stop::AtEnd);
            rise.push(hottest(&run.wire) - 300.0);
        }
        let end = rise[3199];
        // From one to three time constants, when the higher modes (9 times faster) are gone.
        let tau = 800.0 * h / ((end - rise[399]) / (end - rise[1199])).ln();
        println!("settling over {spacing:.0e} m: {:.2} ns, exact {:.2} ns, rise {end:.2} K", tau * 1e9, exact * 1e9);
        assert!((tau / exact - 1.0).abs() < 0.01, "{tau} {exact}");
        assert!((tau / book - 1.0).abs() < 0.12, "{tau} {book}");
    }
}

#[test]
fn power_goes_into_leads_contacts_wire_and_their_heat() {
    // physics.md B19: I V = wire + contacts + leads, and each part's heat = what it stores + what it passes on. Matter is frozen, so that the
    // heat solve sees the same cross-sections as the flows.
    for contacts in pentatwin_validation::runs::CONTACTS {
        let mut device = pentatwin_validation::runs::clean(contacts);
        device.wire.diameter_disorder = 0.03;
        freeze_matter(&mut device);
        let (r, chip) = ([25.0, 40.0], device.chip.clone());
        device.contact[0].resistance = r[0];
        device.contact[1].resistance = r[1];
        let mut wire = WireEngine::new(&device, 3).unwrap();
        let (start, stop, frame_rate) = (0.0, 1e-2, 1000.0);
        wire.drive(ramp(start, stop, 0.0, 2.4 / stop, 300.0, frame_rate));
        let (mut worst, mut most) = (0.0f64, 0.0f64);
        while wire.time() < stop {
            let before = wire.snapshot();
            wire.advance(f64::from_bits(before.time.to_bits() + 1), &mut |_| {}).unwrap();
            let now = wire.snapshot();
            let (h, flows, i) = (now.time - before.time, wire.flows_at(&now.area, &now.thermal), now.thermal.current);
            let voltage = wire.ramp().voltage_at(now.time);
            let frame = wire.ramp().frame_at(now.time);
            let power = i * voltage;
            most = most.max(power);
            let dx = wire.grid().dx;
            let stored: f64 = now
                .area
                .iter()
                .zip(&now.thermal.wire)
                .zip(&before.thermal.wire)
                .map(|((a, t), old)| volumetric_heat_capacity(*t) * a * dx * (t - old) / h)
                .sum();
            // Overlapping: the heat of the covered ends belongs to R_c in the circuit's account and to the wire in the heat's.
            let between: f64 = i * i * wire.resistance().wire;
            let mut errors = vec![
                power - between - i * i * (chip.lead_resistance + r[0] + r[1]),
                flows.wire - stored - flows.film - flows.pad[0] - flows.pad[1],
            ];
            for p in 0..2 {
                errors.push(
                    i * i * r[p] + flows.pad[p]
                        - (now.thermal.pad[p] - frame) / device.pad_sink()
                        - chip.pad_capacity * (now.thermal.pad[p] - before.thermal.pad[p]) / h,
                );
            }
            errors.push(
                flows.film
                    - chip.film_conductance * (now.thermal.film - frame)
                    - chip.film_capacity * (now.thermal.film - before.thermal.film) / h,
            );
            worst = errors.iter().fold(worst, |w, e| w.max(e.abs() / (power + 1e-6)));
        }
        println!("energy, {contacts:?}: worst {worst:.1e} of the power, up to {:.1} mW", most * 1e3);
        assert!(worst < 1e-6, "{worst}");
    }
}
