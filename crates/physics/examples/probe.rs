//! Prints one row per sweep rate, for the eye.
use pentatwin_physics::{
    device::Device,
    wire::{Ramp, WireEngine},
};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let cells: usize = args.get(1).and_then(|s| s.parse().ok()).unwrap_or(400);
    let lead: f64 = args.get(2).and_then(|s| s.parse().ok()).unwrap_or(223.0);
    let blocked = args.get(3).is_some_and(|s| s == "blocked");
    println!("rate V I j Vw25 T25 gap rupt molten EM dip steps rej cpu_ms total_vol_err");
    for rate in [3.3e-3, 10e-3, 100e-3, 1.0, 10.0, 100.0] {
        let mut d = Device::default();
        d.numerics.cells = cells;
        d.chip.lead_resistance = lead;
        if blocked {
            d.chip.contacts = pentatwin_physics::device::Contacts::Blocked;
        }
        if args.get(4).is_some_and(|s| s == "clean") {
            d.wire.diameter_disorder = 0.0;
        }
        let mut w = WireEngine::new(&d, 1).unwrap();
        let v0 = w.total_volume();
        w.drive(Ramp { start: 0.0, voltage: 0.0, voltage_rate: rate, frame: 300.0, frame_rate: 0.0, compliance: 20e-3, end: 5.0 / rate });
        let start = std::time::Instant::now();
        let mut result = Ok(());
        while !w.broken() && w.time() < 5.0 / rate && result.is_ok() {
            let t = w.time();
            result = w.advance(t + 1e-12, &mut |_| {});
        }
        let ms = start.elapsed().as_secs_f64() * 1e3;
        if let Err(e) = &result {
            println!("{rate}: {e}");
        }
        let dip = |area: &[f64]| {
            let (mut s, mut n) = (0.0, 0.0);
            for (i, a) in area.iter().enumerate() {
                let da = a - w.area_made()[i];
                s += (w.grid().x[i] - 2.5e-6).signum() * da;
                n += da.abs();
            }
            s / n
        };
        if let (Some(r), Some(q)) = (w.rupture(), w.quarter()) {
            println!(
                "{rate} {:.4} {:.3}mA {:.3e} {:.3} {:.0}K {:.3}um {:.3}um {:.0}nm EM{:.2} cap{:.2} melt{:.2} dip{:.2} {} {} {ms:.1}ms {:.1e} tail {:.2e}",
                q.voltage,
                q.current * 1e3,
                q.current / d.area(),
                q.wire_voltage,
                q.temperature,
                q.position * 1e6,
                r.position * 1e6,
                r.molten_length * 1e9,
                r.removed[0],
                r.removed[1],
                r.removed[3],
                dip(&q.area),
                w.counters().steps,
                w.counters().rejected,
                w.total_volume() / v0 - 1.0,
                r.time - q.time
            );
        } else {
            println!("{rate}: no break at t={:.3} {:?}", w.time(), w.counters());
        }
    }
}
