//! Drift of a movie in a TIFF stack: `drift_of movie.tif [angle/deg offset/px half-width/px] [truth.csv]`.
//!
//! The wire's axis is that of the first frame; it is moved on with the drift across it. truth.csv has one line "dx,dy" [px] for each frame.

use pentatwin_analysis::movie::drift::{DriftFilter, DriftTracker, smooth};
use pentatwin_analysis::movie::{Axis, Drift, Image};
use std::error::Error;
use std::time::Instant;
use tiff::decoder::{Decoder, DecodingResult};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let path = words.next().ok_or("drift_of movie.tif [angle/deg offset/px half-width/px] [truth.csv]")?;
    let rest: Vec<String> = words.collect();
    let number = |k: usize| rest.get(k).and_then(|w| w.parse::<f64>().ok());
    let axis = number(0).zip(number(1)).zip(number(2));
    let truth_path = rest.last().filter(|w| w.ends_with(".csv"));
    let mut truth = Vec::new();
    if let Some(path) = truth_path {
        for line in std::fs::read_to_string(path)?.lines() {
            let (x, y) = line.split_once(',').ok_or("dx,dy expected")?;
            truth.push([x.trim().parse::<f64>()?, y.trim().parse::<f64>()?]);
        }
    }
    let mut stack = Decoder::new(std::io::BufReader::new(std::fs::File::open(path)?))?;
    let size = stack.dimensions().map(|(w, h)| [w as usize, h as usize])?;
    let mut tracker = DriftTracker::new(size);
    let mut filter = DriftFilter::new(1.0);
    let (mut raw, mut live) = (Vec::new(), Vec::new());
    let mut across = 0.0;
    let (mut spent, mut lost) = (0.0, 0);
    loop {
        let DecodingResult::U16(counts) = stack.read_image()? else { return Err("16-bit counts expected".into()) };
        let image = Image::new(size[0], size[1], &counts)?;
        let hidden = axis.map(|((angle, offset), half)| (Axis { angle: angle.to_radians(), offset: offset + across }, half));
        let start = Instant::now();
        let found = tracker.follow(&image, hidden);
        let mut fused = found;
        if let (Some((a, _)), Some(true_shift)) = (hidden, truth.get(raw.len())) {
            // What an outline would give: the axis' place to 0.05 px, here without error.
            let (sin, cos) = a.angle.sin_cos();
            fused = found.fused(a.angle, true_shift[1] * cos - true_shift[0] * sin, 0.05 * 0.05);
            across = fused.shift[1] * cos - fused.shift[0] * sin;
        }
        let filtered = filter.push(&fused);
        tracker.settle(filtered.shift);
        spent += start.elapsed().as_secs_f64();
        lost += usize::from(found.lost);
        if truth.is_empty() {
            println!("{:?} {:?} {}", found.shift, found.covariance.map(f64::sqrt), found.lost);
        }
        raw.push((found, fused));
        live.push(Drift { shift: filtered.shift, covariance: filtered.covariance });
        if !stack.more_images() {
            break;
        }
        stack.next_image()?;
    }
    println!("{} frames, {:.2} ms each, {lost} lost, step {:.3} px", raw.len(), 1e3 * spent / raw.len() as f64, filter.step());
    let all = |pick: &dyn Fn(usize) -> Drift| (0..raw.len()).map(pick).collect::<Vec<_>>();
    let registered = all(&|k| Drift { shift: raw[k].0.shift, covariance: raw[k].0.covariance });
    let fused = all(&|k| Drift { shift: raw[k].1.shift, covariance: raw[k].1.covariance });
    let series = [
        ("registered", registered.clone()),
        ("fused", fused.clone()),
        ("live", live),
        ("smoothed", smooth(&fused)),
        ("smoothed alone", smooth(&registered)),
    ];
    for (name, drift) in series {
        let n = truth.len().min(drift.len());
        let mut text = format!("{name:>15}:");
        for k in [0, 1] {
            let errors: Vec<f64> = (0..n).map(|i| drift[i].shift[k] - truth[i][k]).collect();
            let mean = errors.iter().sum::<f64>() / n as f64;
            let rms = (errors.iter().map(|e| e * e).sum::<f64>() / n as f64).sqrt();
            let scatter = (rms * rms - mean * mean).max(0.0).sqrt();
            let worst = errors.iter().fold(0.0f64, |a, e| a.max(e.abs()));
            let stated = (drift.iter().map(|d| d.covariance[2 * k]).sum::<f64>() / n as f64).sqrt();
            text += &format!("  {} rms {rms:.3} mean {mean:+.3} scatter {scatter:.3} worst {worst:.2} stated {stated:.3}", ["x", "y"][k]);
        }
        println!("{text}");
    }
    Ok(())
}
