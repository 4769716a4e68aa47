//! Where devices break: 100 devices per rate, each with its parameters drawn uniformly from their declared ranges (the logarithm where the range
//! spans more than a factor of three), its own seed and disorder. The lead resistance stays at its calibrated value, so the voltages spread as
//! devices would; nothing is rejected. Long tier: prints the table of the README.

use pentatwin_physics::device::Device;
use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_physics::wire::Rupture;
use pentatwin_units::Value;
use pentatwin_validation::runs::{RATES, sweep};

/// One device of the ensemble; every declared range is drawn from.
fn drawn(index: u64) -> Device {
    let mut device = Device::default();
    let mut stream = Stream::new(2026, Purpose::Devices, index);
    for (_, section) in device.sections_mut() {
        for p in section.parameters() {
            if let Some((low, high)) = p.range_si() {
                let u = stream.uniform();
                let value = if low > 0.0 && high > 3.0 * low { low * (high / low).powf(u) } else { low + u * (high - low) };
                assert!(section.set(p.name, &Value::Number(value)));
            }
        }
    }
    device
}

/// The break is at contact 1 or 2 if it lies on the pad or within half a micrometre of its edge (wire.md section 4).
fn place(rupture: &Rupture, spacing: f64) -> usize {
    match rupture.position {
        x if x < 0.5e-6 => 0,
        x if x > spacing - 0.5e-6 => 2,
        _ => 1,
    }
}

#[test]
#[ignore = "long: 500 sweeps"]
fn slow_ensembles_break_at_the_cathode_and_fast_ones_in_the_middle() {
    const DEVICES: u64 = 100;
    let mut at_cathode = Vec::new();
    println!("rate_V/s contact_1 mid_wire contact_2 unbroken volts_median volts_16 volts_84");
    for rate in RATES {
        let mut count = [0usize; 3];
        let mut volts = Vec::new();
        for index in 0..DEVICES {
            let device = drawn(index);
            let run = sweep(&device, index, rate);
            if let Some(rupture) = run.wire.rupture() {
                count[place(rupture, device.chip.spacing)] += 1;
                volts.push(rupture.voltage);
            }
        }
        volts.sort_by(f64::total_cmp);
        let quantile = |q: f64| volts[(q * (volts.len() - 1) as f64).round() as usize];
        println!(
            "{rate} {} {} {} {} {:.2} {:.2} {:.2}",
            count[0],
            count[1],
            count[2],
            DEVICES as usize - volts.len(),
            quantile(0.5),
            quantile(0.16),
            quantile(0.84)
        );
        assert!(volts.len() as u64 >= DEVICES - 5);
        at_cathode.push(count[0]);
    }
    assert!(at_cathode[0] > 50 && at_cathode[4] < at_cathode[0] / 2, "{at_cathode:?}");
}
