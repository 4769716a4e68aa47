//! Writes a record with frames of a wire that thins in the middle, for tests of exports: `frames DIR [FRAMES] [SIDE]`.
//!
//! Frame k is exposed around (k + 1/2) / 2 s, 6 µm wide, with 3400 electrons a pixel in the background and shot noise; a sample is taken
//! each 25 ms, V rising at 100 mV/s, I = V / 250 ohm. The milliseconds a frame cost the writer are printed.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use pentatwin_record::{IvLog, Layout, RunFolder, Writer};
use pentatwin_units::recorded::{CURRENT, DOSE, DRIFT_X, DRIFT_Y, FLAGS, FRAME_TIME, FRAMES, TIME, TRUE_FRAME_TIME, VOLTAGE, X, Y};

/// Field [nm], and electrons in a pixel, counts for an electron.
const FIELD: f64 = 6000.0;
const ELECTRONS: f64 = 3400.0;
const GAIN: f64 = 4.0;
/// Transmission of the wire, and its width [nm].
const WIRE: f64 = 0.3;
const WIDTH: f64 = 115.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let out: PathBuf = arguments.next().ok_or("usage: frames DIR [FRAMES] [SIDE]")?.into();
    let count: u64 = arguments.next().map_or(Ok(40), |n| n.parse())?;
    let side: u64 = arguments.next().map_or(Ok(512), |n| n.parse())?;

    let folder = RunFolder::create(Some(&out), "frames", SystemTime::now())?;
    let mut arrays: Vec<Layout> =
        [TIME, VOLTAGE, CURRENT, FLAGS, FRAME_TIME, DOSE, TRUE_FRAME_TIME, DRIFT_X, DRIFT_Y].map(|r| Layout::new(r, &[])).into();
    arrays.push(Layout::new(FRAMES, &[side, side]));
    let mut writer = Writer::create(&folder.store(), Default::default(), &arrays)?;
    let mut iv = IvLog::create(&folder.path().join("iv.csv"))?;
    let pitch = FIELD / side as f64;
    let centres: Vec<f64> = (0..side).map(|k| (k as f64 + 0.5 - side as f64 / 2.0) * pitch).collect();
    writer.write(Layout::new(X, &[]), &centres)?;
    writer.write(Layout::new(Y, &[]), &centres)?;
    writer.set_attribute("title", "a wire that thins");

    let (mut noise, mut cost) = (Noise(1), Duration::ZERO);
    for k in 0..count {
        for sample in 0..20 {
            let t = (k * 20 + sample + 1) as f64 * 0.025;
            let (v, i) = (0.1 * t, 0.1 * t / 250.0);
            writer.append(&[(TIME, (&t).into()), (VOLTAGE, (&v).into()), (CURRENT, (&i).into()), (FLAGS, (&0u8).into())])?;
            iv.append(t, v, i, 0);
        }
        let frame = picture(&centres, k as f64 / count.max(2) as f64, &mut noise);
        let (t, dose, drift) = ((k as f64 + 0.5) * 0.5, 100e18, 0.3 * k as f64);
        let start = Instant::now();
        writer.append(&[(FRAME_TIME, (&t).into()), (FRAMES, (&frame).into()), (DOSE, (&dose).into())])?;
        writer.append(&[(TRUE_FRAME_TIME, (&t).into()), (DRIFT_X, (&drift).into()), (DRIFT_Y, (&drift).into())])?;
        writer.commit_if_due()?;
        cost += start.elapsed();
    }
    let start = Instant::now();
    writer.finish()?;
    iv.finish()?;
    println!("{:.2}", (cost + start.elapsed()).as_secs_f64() * 1e3 / count.max(1) as f64);
    Ok(())
}

/// The wire along x, thinned by the part `neck` in the middle.
fn picture(centres: &[f64], neck: f64, noise: &mut Noise) -> Vec<u16> {
    let half: Vec<f64> = centres.iter().map(|x| WIDTH / 2.0 * (1.0 - neck * (-(x / 500.0).powi(2)).exp())).collect();
    let mut frame = Vec::with_capacity(centres.len() * centres.len());
    for y in centres {
        for half in &half {
            let electrons = ELECTRONS * if y.abs() < *half { WIRE } else { 1.0 };
            let seen = electrons + electrons.sqrt() * noise.normal();
            frame.push((100.0 + GAIN * seen).round() as u16);
        }
    }
    frame
}

/// SplitMix64, and twelve of its numbers for a normal one.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}
