//! Breaks a wire in lock step and prints what happens: cargo run --release --example shape_break [rate mV/s] [shells] [coupling] [seed] [skin %].
use pentatwin_physics::device::Device;
use pentatwin_physics::shape::{Coupling, Shape};
use pentatwin_physics::specimen::Specimen;
use pentatwin_physics::wire::Ramp;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arg = |i: usize, d: &str| std::env::args().nth(i).unwrap_or_else(|| d.to_owned());
    let rate: f64 = arg(1, "100").parse::<f64>()? * 1e-3;
    let coupling = match arg(3, "lock").as_str() {
        "off" => Coupling::Off,
        "one" => Coupling::OneWay,
        _ => Coupling::LockStep,
    };
    let shape = Shape { shells: arg(2, "16").parse()?, coupling, skin: arg(5, "0").parse::<f64>()? / 100.0, ..Shape::default() };
    let mut device = Device::default();
    if arg(7, "overlap") == "blocked" {
        device.chip.contacts = pentatwin_physics::device::Contacts::Blocked;
        device.chip.lead_resistance = 200.0;
    }
    let mut s = Specimen::with_shape(&device, &shape, arg(4, "1").parse()?)?;
    let end = 5.0 / rate;
    s.apply(Ramp { start: 0.0, voltage: 0.0, voltage_rate: rate, frame: 300.0, frame_rate: 0.0, compliance: 0.02, end });
    let clock = Instant::now();
    let mut next = 0u64;
    let mut t = 0.0;
    while t < end {
        t = (t + 0.05 / rate * 0.1).min(end);
        s.advance(t, &mut |s| {
            if let Some(shape) = s.coupled().shape()
                && shape.kinetics().hops() >= next
            {
                next = shape.kinetics().hops() + 2_000_000;
                println!(
                    "t {:.5} V {:.4} I {:.3} mA  neck {:.3}  T {:.0} K  hops {:.2e}  attempts/hop {:.2}  solves {:?} wire steps {}  moved {:.3}  atoms {} volume {:.6e} cpu {:.1}",
                    s.wire().time(), rate * s.wire().time(), 1e3 * s.wire().thermal().current, shape.neck(), shape.hottest(),
                    shape.kinetics().hops() as f64, shape.kinetics().attempts() as f64 / shape.kinetics().hops().max(1) as f64,
                    shape.solved(), s.wire().counters().steps, shape.moved(), shape.kinetics().count(), s.wire().total_volume(), clock.elapsed().as_secs_f64()
                );
            }
        })?;
        if s.wire().broken() {
            break;
        }
    }
    println!("why {:?} replay {:?}", s.coupled().why(), s.coupled().replay());
    if let Some(r) = s.wire().rupture() {
        println!(
            "rupture t {:.6} V {:.4} at {:.3} um  molten {:.3e}  steps {:?} cpu {:.2}",
            r.time,
            rate * r.time,
            r.position * 1e6,
            r.molten_length,
            s.wire().counters(),
            clock.elapsed().as_secs_f64()
        );
    }
    if let Some(q) = s.wire().quarter() {
        println!("quarter t {:.6} T {:.0} at {:.3}", q.time, q.temperature, q.position * 1e6);
    }
    if let Some(q) = s.wire().quarter() {
        let g = s.wire().grid();
        let mid = ((q.position - g.x[0]) / g.dx).round() as usize;
        for i in (mid.saturating_sub(14)..mid + 14).filter(|i| *i < g.cells()) {
            println!("   quarter x {:.1} a {:.3}", g.x[i] * 1e9, q.area[i] / g.area[i]);
        }
    }
    if let Some(shape) = s.coupled().shape() {
        let p = shape.place();
        println!(
            "hops {:.3e} fragments {} moved {:.3} parted {:?} bytes/site {:.1}",
            shape.kinetics().hops() as f64,
            shape.fragments().len(),
            shape.moved(),
            shape.parted(),
            shape.bytes() as f64 / p.graph.sites() as f64
        );
        let r = pentatwin_physics::scene::Relief::of_lattice(&p.graph, shape.occupation(), &Default::default());
        let mut out = format!("P5 {} {} 255\n", r.columns, r.rows).into_bytes();
        out.extend(r.thickness.iter().map(|t| (255.0 * (-f64::from(*t) / 60e-9).exp()) as u8));
        std::fs::write(arg(6, "/tmp/shape.pgm"), out)?;
        for (k, n) in shape.kinetics().layer_counts().iter().enumerate().step_by(4) {
            println!("{:.1} nm {:.3}", p.x(k) * 1e9, f64::from(*n) / 681.0);
        }
    }
    Ok(())
}
