//! Pictures of a {111} edge of silver in a [110] zone, thickness 7 nm: images by the two lenses, a recorded one, a diffraction pattern; and
//! the processor time of the field of the benchmark.
//!
//! `cargo run --release -p pentatwin-microscope --example hrtem -- FOLDER [speed]`

use pentatwin_microscope::Camera;
use pentatwin_microscope::hrtem::{Element, HighResolution, Instrument, Optics, Window, exit_wave, record};
use std::fs::File;
use std::io::BufWriter;
use std::time::Instant;

/// Silver with x = [1-10], y = [001], z = [110], cut along a {111} plane through the origin.
fn slab(field: f64, thickness: f64, edge: bool) -> Vec<[f64; 3]> {
    let a = 0.40862e-9;
    let d = [a / 2f64.sqrt(), a, a / 2f64.sqrt()];
    let half = 0.5 * field + 1.5e-9;
    let n = [0, 1].map(|k| (half / d[k]) as i32 + 1);
    let mut atoms = Vec::new();
    for i in -n[0]..=n[0] {
        for j in -n[1]..=n[1] {
            for k in 0..(thickness / d[2]).round() as i32 {
                for b in [0.0, 0.5] {
                    let p = [(f64::from(i) + b) * d[0], (f64::from(j) + b) * d[1], (f64::from(k) + b) * d[2]];
                    // The normal of (1-11) lies at 35.26° to x.
                    if p[0].abs() <= half && p[1].abs() <= half && (!edge || 2f64.sqrt() * p[0] + p[1] <= 1e-12) {
                        atoms.push(p);
                    }
                }
            }
        }
    }
    atoms
}

fn save(path: &str, width: usize, height: usize, values: &[f32], low: f32, high: f32) {
    let grey: Vec<u8> = values.iter().map(|v| (255.0 * ((v - low) / (high - low)).clamp(0.0, 1.0)) as u8).collect();
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path).expect("a file")), width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().and_then(|mut w| w.write_image_data(&grey)).expect("a picture");
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| ".".to_owned());
    if arguments.next().is_some() {
        for padding in [0.0, 1e-9] {
            for (edge, moved) in [(false, false), (true, false), (true, true)] {
                let settings = HighResolution { padding, ..Default::default() };
                let window = Window::square([0.0; 2], &settings);
                let mut atoms = slab(20e-9, 10.1e-9, edge);
                if moved {
                    for (n, a) in atoms.iter_mut().enumerate() {
                        a[0] += 1e-11 * ((n * 7919) % 101) as f64 / 101.0;
                    }
                }
                let t = Instant::now();
                let wave = exit_wave(&atoms, Element::Silver, 293.0, &window, &settings).expect("a wave");
                let t1 = t.elapsed();
                let image = wave.image(&Optics::new(&settings));
                println!(
                    "padding {padding:e} edge {edge} moved {moved}: {} atoms, {:?} px, wave {:.2} s, image {:.2} s, norm {:.4} mean {:.4}",
                    atoms.len(),
                    wave.size(),
                    t1.as_secs_f64(),
                    t.elapsed().as_secs_f64() - t1.as_secs_f64(),
                    wave.norm(),
                    image.iter().sum::<f32>() / image.len() as f32
                );
            }
        }
        return;
    }
    let mut settings = HighResolution { field: 14e-9, pixels: 700, ..Default::default() };
    let window = Window::square([0.0; 2], &settings);
    let atoms = slab(14e-9, 7e-9, true);
    let wave = exit_wave(&atoms, Element::Silver, 293.0, &window, &settings).expect("a wave");
    for instrument in [Instrument::F20, Instrument::Talos] {
        settings.instrument = instrument;
        let image = wave.image(&Optics::new(&settings));
        let (low, high) = image.iter().fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        println!("{}: {low} to {high}", instrument.word());
        save(&format!("{folder}/{}.png", instrument.word()), 700, 700, &image, 0.0, 1.6);
        let seen = record(&image, &window, settings.dose, &Camera::default(), 1, 0).expect("counts");
        let counts: Vec<f32> = seen.counts.iter().map(|c| f32::from(*c)).collect();
        let level = 100.0 + 8.0 * seen.electrons as f32;
        save(&format!("{folder}/{}_counts.png", instrument.word()), 700, 700, &counts, 60.0, 1.8 * level);
    }
    let (w, h, picture) = wave.diffraction().blurred(0.06e9).picture(12e9, 4.5);
    save(&format!("{folder}/diffraction.png"), w, h, &picture, 0.0, 1.0);
}
