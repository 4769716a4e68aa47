//! Time per frame with everything on: `cargo bench -p pentatwin-microscope`. The same recipe in numpy: benches/python/microscope_numpy.py.
//!
//! First the processor's time per frame on one thread, which a busy machine does not change; then divan's wall times.

use pentatwin_microscope::{Exposure, Frame, Microscope, Mode, Settings, View};
use pentatwin_physics::device::Device;
use pentatwin_physics::scene::{Mount, Scene};
use pentatwin_physics::wire::WireEngine;

fn main() {
    for (pixels, frames) in [(1024, 40), (4096, 4)] {
        for mode in [Mode::BrightField, Mode::DarkField] {
            for (what, field) in [("whole wire", 6e-6), ("at 1 nm/px", pixels as f64 * 1e-9)] {
                let case = Case::new(mode, pixels, field);
                let before = processor_time();
                let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
                let Ok(one) = one else { continue };
                one.install(|| (0..frames).for_each(|k| drop(divan::black_box(case.take(k)))));
                let each = (processor_time() - before) / frames as f64;
                println!("{pixels}² {mode:?}, {what}: {:.1} ms of one core per frame", each * 1e3);
            }
        }
    }
    divan::main();
}

struct Case {
    microscope: Microscope,
    scene: Scene,
    view: View,
}

impl Case {
    fn new(mode: Mode, pixels: usize, field: f64) -> Case {
        let device = Device::default();
        let engine = WireEngine::new(&device, 1).expect("the default device");
        let scene = Scene::of_wire(&engine.snapshot(), engine.grid(), &device, &Mount::seeded(1));
        let case = Case { microscope: Microscope::new(Settings::default(), 1), scene, view: View::square(mode, pixels, field, 2.5e-6) };
        // Textures, filters and patterns are made with the first frame and kept.
        case.take(0);
        case
    }

    fn take(&self, index: u64) -> Frame {
        self.microscope.image(&self.scene, &self.view, &Exposure::at_rate(50e18, 0.5), index).expect("a sane view")
    }
}

/// Seconds that this process has run on a processor (Linux; 10 ms steps).
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    // Fields 14 and 15 of the line are utime and stime; the first two have been cut off.
    [11, 12].iter().filter_map(|k| fields.get(*k)?.parse::<f64>().ok()).sum::<f64>() / 100.0
}

#[divan::bench(args = [1024, 4096], sample_count = 5, sample_size = 1)]
fn bright_field(bencher: divan::Bencher, pixels: usize) {
    let case = Case::new(Mode::BrightField, pixels, 6e-6);
    bencher.bench(|| case.take(1));
}

#[divan::bench(args = [1024, 4096], sample_count = 5, sample_size = 1)]
fn dark_field(bencher: divan::Bencher, pixels: usize) {
    let case = Case::new(Mode::DarkField, pixels, 6e-6);
    bencher.bench(|| case.take(1));
}
