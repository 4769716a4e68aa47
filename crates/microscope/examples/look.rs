//! Images for the eye: `cargo run --release -p pentatwin-microscope --example look -- /tmp/look`.
use pentatwin_microscope::{Exposure, Frame, Microscope, Mode, Settings, View};
use pentatwin_physics::device::Device;
use pentatwin_physics::scene::{Mount, Scene};
use pentatwin_physics::wire::{Ramp, Snapshot, WireEngine};
use std::path::Path;

type Failure = Box<dyn std::error::Error>;

/// A breakdown at a rate [V/s]: pristine, with the neck at about `thin` of its area, just broken, a second later.
fn breakdown(device: &Device, rate: f64, thin: f64) -> Result<(WireEngine, Vec<Snapshot>), Failure> {
    let mut engine = WireEngine::new(device, 1)?;
    let mut states = vec![engine.snapshot()];
    engine.drive(Ramp { start: 0.0, voltage: 0.0, voltage_rate: rate, frame: 300.0, frame_rate: 0.0, compliance: 20e-3, end: 5.0 / rate });
    while !engine.broken() && engine.time() < 5.0 / rate {
        let t = engine.time();
        engine.advance(t + 1e-12, &mut |_| {})?;
        let neck = engine.grid().between().map(|i| engine.area()[i] / engine.area_made()[i]).fold(1.0, f64::min);
        if states.len() == 1 && neck < thin {
            states.push(engine.snapshot());
        }
    }
    states.push(engine.snapshot());
    let t = engine.time();
    engine.drive(Ramp::rest(t, t + 1.0, 300.0));
    engine.advance(t + 1.0, &mut |_| {})?;
    states.push(engine.snapshot());
    Ok((engine, states))
}

fn save(folder: &Path, name: &str, frame: &Frame) -> Result<(), Failure> {
    // Contrast from the 0.2 to the 99.8 % quantile, as a viewer would.
    let mut sorted = frame.counts.clone();
    sorted.sort_unstable();
    let at = |q: f64| f64::from(sorted[((sorted.len() - 1) as f64 * q) as usize]);
    let (low, high) = (at(0.002), at(0.998).max(at(0.002) + 1.0));
    let bytes: Vec<u8> = frame.counts.iter().map(|c| (255.0 * (f64::from(*c) - low) / (high - low)).clamp(0.0, 255.0) as u8).collect();
    let file = std::io::BufWriter::new(std::fs::File::create(folder.join(format!("{name}.png")))?);
    let mut encoder = png::Encoder::new(file, frame.width as u32, frame.height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&bytes)?;
    let narrowest = frame.truth.width.iter().copied().filter(|w| *w > 0.0).fold(f64::INFINITY, f64::min);
    println!(
        "{name}: counts {low} to {high}, narrowest {:.1} nm, gaps {:?}, drift {:?}",
        narrowest * 1e9,
        frame.truth.gaps,
        frame.truth.drift
    );
    Ok(())
}

fn main() -> Result<(), Failure> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "/tmp/look".to_owned());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let device = Device::default();
    let mount = Mount::seeded(1);
    let microscope = Microscope::new(Settings::default(), 1);
    let (engine, states) = breakdown(&device, 0.1, 0.4)?;
    let scene = |s: &Snapshot, mount: &Mount| Scene::of_wire(s, engine.grid(), &device, mount);
    let movie = Exposure::at_rate(50e18, 0.5);
    let scan = Exposure { time: 2.0, dose: 140e18 };
    let middle = 0.5 * device.chip.spacing;
    let wide = |mode| View::square(mode, 1024, 6e-6, middle);
    for (k, (name, state)) in ["pristine", "neck", "broken", "later"].iter().zip(&states).enumerate() {
        save(folder, name, &microscope.image(&scene(state, &mount), &wide(Mode::BrightField), &movie, k as u64)?)?;
    }
    let gap = scene(&states[3], &mount);
    let at = gap.wire.as_ref().map_or_else(Vec::new, |w| w.gaps()).first().map_or(middle, |g| 0.5 * (g.0 + g.1));
    let close = |mode| View::square(mode, 1024, 1.024e-6, at);
    save(folder, "gap", &microscope.image(&gap, &close(Mode::BrightField), &Exposure::at_rate(50e18, 2.0), 10)?)?;
    save(folder, "gap-haadf", &microscope.image(&gap, &close(Mode::DarkField), &scan, 11)?)?;
    save(folder, "broken-haadf", &microscope.image(&gap, &wide(Mode::DarkField), &scan, 12)?)?;
    let tip = gap.wire.as_ref().and_then(|w| w.gaps().first().copied()).map_or(middle, |g| g.0);
    let view = |mode| View::square(mode, 1024, 1.024e-6, tip);
    save(folder, "tip", &microscope.image(&gap, &view(Mode::BrightField), &Exposure::at_rate(50e18, 0.5), 16)?)?;
    save(folder, "tip-haadf", &microscope.image(&gap, &view(Mode::DarkField), &scan, 17)?)?;
    let grid = engine.grid();
    let thinnest = grid.between().min_by(|a, b| states[1].area[*a].total_cmp(&states[1].area[*b])).map_or(middle, |i| grid.x[i]);
    let neck = View::square(Mode::BrightField, 1024, 1.024e-6, thinnest);
    save(folder, "neck-close", &microscope.image(&scene(&states[1], &mount), &neck, &Exposure::at_rate(50e18, 2.0), 13)?)?;
    for (name, roll) in [("flat", 0.0), ("rolled-9", 9.0f64), ("rolled-18", 18.0)] {
        let mount = Mount { roll: roll.to_radians(), tilt: 0.0, bend: 1e4, ..mount };
        let view = View::square(Mode::BrightField, 1024, 0.512e-6, 2.5e-6);
        save(folder, name, &microscope.image(&scene(&states[0], &mount), &view, &Exposure::at_rate(1000e18, 1.0), 14)?)?;
    }
    let turned = View { rotation: 0.4, ..wide(Mode::BrightField) };
    save(folder, "turned", &microscope.image(&scene(&states[3], &mount), &turned, &movie, 15)?)?;
    Ok(())
}
