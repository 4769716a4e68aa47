//! Wires whose middle is a lattice, for the eye: `cargo run --release -p pentatwin-microscope --example shape -- /tmp/shape`.
//!
//! Shapes made by hand on the shape engine's lattice, as they are and roughened as its facet state leaves them, beside the wire of the wire
//! engine; how far the two differ where they meet, and what showing them costs, is printed.
use pentatwin_microscope::{Exposure, Frame, Microscope, Mode, Settings, View, project};
use pentatwin_physics::device::Device;
use pentatwin_physics::lattice::{Graph, Occupation, Occupied};
use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_physics::scene::{Material, Mount, Scene};
use pentatwin_physics::wire::WireEngine;
use std::ops::Range;
use std::path::Path;

type Failure = Box<dyn std::error::Error>;

/// Occupied where a rule says so: (place along the axis from the window's middle, y, z [m], shell over the wire's).
struct Where<F>(F, usize);

impl<F: Fn([f64; 3], f64) -> bool> Occupied for Where<F> {
    fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]) {
        if column >= graph.open_columns() {
            return;
        }
        let [y, z] = graph.column_position(column);
        let (r, _) = pentatwin_physics::lattice::shell_of(column);
        let middle = (0.5 * graph.layers() as f64 - 0.25) * graph.pitch();
        for k in 0..graph.layers() {
            let x = graph.layer_position(column, k) - middle;
            // Outward up: twin plane 0 is along y.
            if (self.0)([x, -z, y], r as f64 / (self.1 as f64 + 0.5)) {
                bits[k / 64] |= 1 << (k % 64);
            }
        }
    }
}

/// Local hops in equilibrium with bonds of `beta` kT, so many tried per site: how rough a facet state is.
fn roughen(graph: &Graph, shape: &impl Occupied, beta: f64, sweeps: usize) -> Occupation {
    let mut state = Occupation::of(shape, graph);
    let mut random = Stream::new(7, Purpose::Lattice, 0);
    let layers = graph.layers();
    for _ in 0..sweeps {
        let surface = state.surface(graph);
        for _ in 0..surface.len() {
            let from = surface[(random.uniform() * surface.len() as f64) as usize] as usize;
            if !state.get(from / layers, from % layers) {
                continue;
            }
            let to = graph.neighbours(from)[(random.uniform() * 12.0) as usize];
            if graph.guard(to) || state.get(to / layers, to % layers) {
                continue;
            }
            let before = state.coordination(graph, from) as f64;
            let after = state.coordination(graph, to) as f64 - 1.0;
            if after >= 1.0 && random.uniform() < ((after - before) * beta).exp() {
                state.clear(from / layers, from % layers);
                state.set(to / layers, to % layers);
            }
        }
    }
    state
}

fn save(folder: &Path, name: &str, frame: &Frame) -> Result<(), Failure> {
    let mut sorted = frame.counts.clone();
    sorted.sort_unstable();
    let at = |q: f64| f64::from(sorted[((sorted.len() - 1) as f64 * q) as usize]);
    let (low, high) = (at(0.002), at(0.998).max(at(0.002) + 1.0));
    let bytes: Vec<u8> = frame.counts.iter().map(|c| (255.0 * (f64::from(*c) - low) / (high - low)).clamp(0.0, 255.0) as u8).collect();
    write(folder, name, frame.width, frame.height, &bytes)?;
    let narrowest = frame.truth.width.iter().copied().filter(|w| *w > 0.0).fold(f64::INFINITY, f64::min);
    let gaps: Vec<String> = frame.truth.gaps.iter().map(|g| format!("{:.1} to {:.1}", g.0 * 1e9, g.1 * 1e9)).collect();
    println!("{name}: counts {low} to {high}, narrowest {:.1} nm, gaps {gaps:?} nm", narrowest * 1e9);
    Ok(())
}

fn write(folder: &Path, name: &str, width: usize, height: usize, bytes: &[u8]) -> Result<(), Failure> {
    let file = std::io::BufWriter::new(std::fs::File::create(folder.join(format!("{name}.png")))?);
    let mut encoder = png::Encoder::new(file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(bytes)?;
    Ok(())
}

/// A wire, and the window in its middle.
struct Bench {
    plain: Scene,
    graph: Graph,
    cells: Range<usize>,
    window: [f64; 2],
    shells: usize,
}

impl Bench {
    fn new(shells: usize, length: f64, mount: &Mount) -> Result<Bench, Failure> {
        let mut device = Device::default();
        device.wire.diameter_disorder = 0.0;
        let engine = WireEngine::new(&device, 1)?;
        let grid = engine.grid();
        let n = (length / grid.dx).round() as usize;
        let first = grid.covered + (grid.free - n) / 2;
        let plain = Scene::of_wire(&engine.snapshot(), grid, &device, mount);
        let length = n as f64 * grid.dx;
        let probe = Graph::of_area(device.area(), shells, 9, 8)?;
        let graph = Graph::of_area(device.area(), shells, 9, (length / probe.pitch()).round() as usize + 2)?;
        let from = grid.x[first] - 0.5 * grid.dx;
        Ok(Bench { plain, graph, cells: first..first + n, window: [from, from + length], shells })
    }

    fn show(&self, state: &Occupation) -> Scene {
        let mut scene = self.plain.clone();
        scene.show_lattice(&self.graph, state, self.cells.clone());
        scene
    }

    fn of(&self, rule: impl Fn([f64; 3], f64) -> bool) -> Occupation {
        Occupation::of(&Where(rule, self.shells), &self.graph)
    }
}

/// How a pristine lattice differs from the wire beside it, for pixels of this size.
fn seam(bench: &Bench, pixel: f64, roll: f64) -> Result<(), Failure> {
    let scene = bench.show(&bench.of(|_, r| r < 1.0));
    let silver = |scene: &Scene| -> Result<Vec<f32>, Failure> {
        let n = (1.2e-6 / pixel) as usize;
        let view = View {
            mode: Mode::BrightField,
            width: n,
            height: n,
            pixel,
            centre: [0.5 * (bench.window[0] + bench.window[1]), 0.0],
            rotation: 0.0,
        };
        Ok(project(scene, &view)?.maps[Material::Silver.index()].clone())
    };
    let (with, without) = (silver(&scene)?, silver(&bench.plain)?);
    let n = (with.len() as f64).sqrt() as usize;
    let at = |map: &[f32], i: usize, j: usize| f64::from(map[j * n + i]) * 1e9;
    // Place by place, ripple along the wire within the window, and the sums across.
    let (mut worst, mut most, mut ripple, mut sums) = (0.0f64, 0.0f64, 0.0f64, 0.0f64);
    let mut square = 0.0;
    let mut count = 0.0;
    let first = n / 5;
    for j in 0..n {
        let inside: Vec<f64> = (first..n - first).map(|i| at(&with, i, j)).collect();
        let (low, high) = inside.iter().fold((f64::INFINITY, 0.0f64), |(l, h), t| (l.min(*t), h.max(*t)));
        ripple = ripple.max(high - low);
        for i in 0..n {
            let d = at(&with, i, j) - at(&without, i, j);
            worst = worst.max(d.abs());
            most = most.max(at(&without, i, j));
            if at(&without, i, j) > 0.0 {
                square += d * d;
                count += 1.0;
            }
        }
    }
    for i in 0..n {
        let sum = |map: &[f32]| (0..n).map(|j| at(map, i, j)).sum::<f64>();
        sums = sums.max((sum(&with) / sum(&without) - 1.0).abs());
    }
    // Width where the projected thickness is 5 nm, in and out of the window.
    let width = |map: &[f32], i: usize| {
        let level = 5.0;
        let cross = |flip: bool| {
            let t = |j: usize| at(map, i, if flip { n - 1 - j } else { j });
            let j = (1..n).find(|j| t(*j) > level).unwrap_or(1);
            j as f64 - 1.0 + (level - t(j - 1)) / (t(j) - t(j - 1))
        };
        (n as f64 - cross(false) - cross(true)) * pixel * 1e9
    };
    println!(
        "shells {}, pixel {:.2} nm, roll {roll:.2}: thickness differs by {worst:.2} nm at most (of {most:.1}), {:.3} nm rms; ripple along x {ripple:.1e} nm; \
         sum across by {sums:.1e}; width at 5 nm {:.2} (wire) {:.2} (lattice), axis {:.2} and {:.2} nm",
        bench.shells,
        pixel * 1e9,
        f64::sqrt(square / f64::max(count, 1.0)),
        width(&without, n / 2),
        width(&with, n / 2),
        at(&without, n / 2, n / 2),
        at(&with, n / 2, n / 2),
    );
    Ok(())
}

/// Seconds that this process has run on a processor (Linux; 10 ms steps).
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    // Fields 14 and 15 of the line are utime and stime; the first two have been cut off.
    [11, 12].iter().filter_map(|k| fields.get(*k)?.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn main() -> Result<(), Failure> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "/tmp/shape".to_owned());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let mount = Mount::seeded(1);
    if std::env::args().nth(2).as_deref() == Some("cost") {
        return cost(&Bench::new(16, 0.8e-6, &mount)?);
    }
    for shells in [12, 16, 24] {
        for roll in [0.0, 0.1 * std::f64::consts::PI] {
            let bench = Bench::new(shells, 0.8e-6, &Mount { roll, ..mount })?;
            for pixel in [0.4e-9, 1e-9, 2.4e-9, 5.86e-9] {
                seam(&bench, pixel, roll)?;
            }
        }
    }
    let bench = Bench::new(16, 0.8e-6, &mount)?;
    let nm = 1e-9;
    // {111} at 54.74 degrees to the axis: the apothem grows by root 2 over the distance from the apex.
    let apothem = bench.shells as f64 * 0.5 * std::f64::consts::SQRT_2 * bench.graph.pitch();
    let full = bench.shells as f64 / (bench.shells as f64 + 0.5);
    let pyramid = |d: f64| d * std::f64::consts::SQRT_2 / apothem;
    let shapes: Vec<(&str, Occupation, f64)> = vec![
        ("pristine", bench.of(|_, r| r < 1.0), 0.0),
        ("neck", neck(&bench), 0.0),
        ("slit", bench.of(|p, r| r < 1.0 && !((p[0] - 0.5 * p[1]).abs() < 9.0 * nm && p[1] > -25.0 * nm)), 0.0),
        (
            "bulb",
            bench.of(|p, r| {
                r < (1.0 + 0.55 * (1.0 - ((p[0] - 60.0 * nm) / (70.0 * nm)).abs()).clamp(0.0, 0.6)) && (p[0] > 0.0 || r < 0.999)
            }),
            0.0,
        ),
        ("pyramids", bench.of(|p, r| r < full * pyramid(p[0].abs() - 8.0 * nm).min(1.0) + 0.01), 0.0),
        ("pit", bench.of(|p, r| r < 1.0 && (p[0].powi(2) + (p[1] - 57.0 * nm).powi(2) + 0.3 * p[2].powi(2)).sqrt() > 40.0 * nm), 0.0),
        (
            "needles",
            bench.of(|p, r| r < (if p[0] < 0.0 { -p[0] - 6.0 * nm } else { 0.5 * (p[0] - 6.0 * nm) } / (110.0 * nm)).min(1.0)),
            0.0,
        ),
    ];
    let middle = 0.5 * (bench.window[0] + bench.window[1]);
    let microscope = Microscope::new(Settings::default(), 1);
    let drift = microscope.drift_at(0.0);
    let movie = Exposure::at_rate(50e18, 0.5);
    let scan = Exposure { time: 2.0, dose: 140e18 };
    for (k, (name, state, _)) in shapes.iter().enumerate() {
        // Facet states at 531 and 716 K (shape3d.md section 2).
        let [cool, hot] = [(2.74, 300), (2.0, 1500)].map(|(beta, sweeps)| (k > 0).then(|| roughen(&bench.graph, state, beta, sweeps)));
        for (suffix, state) in [("", Some(state)), ("-cool", cool.as_ref()), ("-hot", hot.as_ref())] {
            let Some(state) = state else { continue };
            let scene = bench.show(state);
            let name = format!("{name}{suffix}");
            let close = |mode| View { mode, width: 1024, height: 512, pixel: 1e-9, centre: [middle + drift[0], drift[1]], rotation: 0.0 };
            let shot = |n: u64| Exposure { time: 0.5, dose: 50e18 * 0.5 * n as f64 };
            save(folder, &format!("{name}-bf"), &microscope.image(&scene, &close(Mode::BrightField), &movie, 10 * k as u64)?)?;
            save(folder, &format!("{name}-bf-20"), &microscope.image(&scene, &close(Mode::BrightField), &shot(20), 10 * k as u64)?)?;
            save(folder, &format!("{name}-df"), &microscope.image(&scene, &close(Mode::DarkField), &scan, 10 * k as u64 + 1)?)?;
            let wide = View::square(Mode::BrightField, 1024, 6e-6, middle);
            save(folder, &format!("{name}-wide"), &microscope.image(&scene, &wide, &movie, 10 * k as u64 + 2)?)?;
            // No noise.
            let view = View { pixel: 0.3e-9, height: 480, centre: [middle, 0.0], ..close(Mode::BrightField) };
            let perfect = microscope.expected(&scene, &view, 1.0)?;
            let bytes: Vec<u8> = perfect.iter().map(|c| (c * 280.0).clamp(0.0, 255.0) as u8).collect();
            write(folder, &format!("{name}-perfect"), view.width, view.height, &bytes)?;
        }
    }
    cost(&bench)
}

/// A neck of a third of the radius.
fn neck(bench: &Bench) -> Occupation {
    bench.of(|p, r| r < 1.0 - 0.65 * (-(p[0] / 90e-9).powi(2)).exp())
}

/// What showing costs, in time of one processor, which a busy machine changes least.
fn cost(bench: &Bench) -> Result<(), Failure> {
    let middle = 0.5 * (bench.window[0] + bench.window[1]);
    let microscope = Microscope::new(Settings::default(), 1);
    let state = roughen(&bench.graph, &neck(bench), 2.74, 10);
    let mean = |times: usize, f: &mut dyn FnMut()| {
        let begun = processor_time();
        (0..times).for_each(|_| f());
        (processor_time() - begun) * 1e3 / times as f64
    };
    let mut scene = bench.plain.clone();
    let show = mean(200, &mut || {
        scene = bench.plain.clone();
        scene.show_lattice(&bench.graph, &state, bench.cells.clone());
    });
    println!("showing {} sites: {show:.2} ms", bench.graph.sites());
    for mode in [Mode::BrightField, Mode::DarkField] {
        for (what, field) in [("6 um", 6e-6), ("1 um", 1.024e-6)] {
            let view = View::square(mode, 1024, field, middle);
            let image = |scene: &Scene| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
                pool.map(|p| p.install(|| mean(20, &mut || drop(microscope.image(scene, &view, &Exposure::at_rate(50e18, 0.5), 3)))))
            };
            println!("{mode:?} {what}, one thread: {:.1} ms without, {:.1} ms with the lattice", image(&bench.plain)?, image(&scene)?);
        }
    }
    Ok(())
}
