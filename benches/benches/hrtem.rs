//! HRTEM: a field of 20 x 20 nm at 1024², silver 10 nm thick in a [110] zone, from atoms to image, in processor time of one thread.
//! The same in Python: `python/hrtem_abtem.py`.

use pentatwin_benches::cpu_time;
use pentatwin_microscope::hrtem::{Element, HighResolution, Optics, Window, exit_wave};

/// Silver, x = [1-10], y = [001], z = [110], in a square cell of 20 nm about 0; half of it with a {111} edge.
fn silver(edge: bool) -> Vec<[f64; 3]> {
    let a = 0.40862e-9;
    let d = [a / 2f64.sqrt(), a, a / 2f64.sqrt()];
    let mut atoms = Vec::new();
    for i in -40..40 {
        for j in -40..40 {
            for k in 0..35 {
                for b in [0.0, 0.5] {
                    let p = [(f64::from(i) + b) * d[0], (f64::from(j) + b) * d[1], (f64::from(k) + b) * d[2]];
                    if p[0].abs() < 10e-9 && p[1].abs() < 10e-9 && (!edge || 2f64.sqrt() * p[0] + p[1] < 1e-12) {
                        atoms.push(p);
                    }
                }
            }
        }
    }
    atoms
}

/// The atoms moved at random by 10 pm, so that no slice is like another: the worst case.
fn shaken(mut atoms: Vec<[f64; 3]>) -> Vec<[f64; 3]> {
    let mut stream = pentatwin_physics::random::Stream::new(1, pentatwin_physics::random::Purpose::Draws, 0);
    atoms.iter_mut().for_each(|a| {
        a[0] += 1e-11 * stream.normal();
        a[1] += 1e-11 * stream.normal();
    });
    atoms
}

fn main() {
    let cases = [
        ("half, {111} edge", silver(true)),
        ("half, no two slices alike", shaken(silver(true))),
        ("full", silver(false)),
        ("full, no two slices alike", shaken(silver(false))),
    ];
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    println!("| atoms | cell [px] | multislice [s] | image [s] | all [s] | norm |\n|---|---|---|---|---|---|");
    for padding in [0.0, 1e-9, 2e-9] {
        for (name, atoms) in &cases {
            let settings = HighResolution { padding, ..Default::default() };
            let window = Window::square([0.0; 2], &settings);
            let optics = Optics::new(&settings);
            // The least of three: neighbours share the processor.
            let (mut best, mut told) = (f64::INFINITY, String::new());
            for _ in 0..3 {
                let start = cpu_time();
                let wave = pool.install(|| exit_wave(atoms, Element::Silver, 293.0, &window, &settings)).expect("a wave");
                let middle = cpu_time();
                let image = pool.install(|| wave.image(&optics));
                let end = cpu_time();
                let all = (end - start).as_secs_f64();
                if all < best {
                    best = all;
                    let [w, h] = wave.size();
                    let (a, b) = ((middle - start).as_secs_f64(), (end - middle).as_secs_f64());
                    told = format!("| {name}: {} | {w} x {h} | {a:.2} | {b:.2} | {all:.2} | {:.4} |", atoms.len(), wave.norm());
                }
                assert_eq!(image.len(), window.len());
            }
            println!("{told}");
        }
    }
}
