//! Measures a TIFF stack of 16-bit grey images and writes what was found as JSON: `outline_of MOVIE.tif PIXEL_NM FRAME_TIME_S OUT.json`.
use pentatwin_analysis::movie::{FrameMeasure, Image, SeenGap, Tracker, TrackerSettings};
use serde_json::Value;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, movie, pixel, interval, out] = arguments.as_slice() else {
        return Err("usage: outline_of MOVIE.tif PIXEL_NM FRAME_TIME_S OUT.json".into());
    };
    let (pixel, interval): (f64, f64) = (pixel.parse()?, interval.parse()?);
    let mut decoder = tiff::decoder::Decoder::new(std::io::BufReader::new(std::fs::File::open(movie)?))?;
    let (width, height) = decoder.dimensions()?;
    let (width, height) = (width as usize, height as usize);
    let mut tracker = Tracker::new(TrackerSettings { pixel: pixel * 1e-9, contrast: None, angle: None }, width, height)?;
    let (mut frames, mut busy) = (0u32, Duration::ZERO);
    loop {
        let tiff::decoder::DecodingResult::U16(counts) = decoder.read_image()? else { return Err("not 16-bit grey".into()) };
        let start = Instant::now();
        tracker.push((f64::from(frames) + 0.5) * interval, &Image::new(width, height, &counts)?)?;
        busy += start.elapsed();
        frames += 1;
        if !decoder.more_images() {
            break;
        }
        decoder.next_image()?;
    }
    let start = Instant::now();
    let m = tracker.finish()?;
    let (each, end) = (busy.as_secs_f64() * 1e3 / f64::from(frames), start.elapsed().as_secs_f64() * 1e3);
    eprintln!("{frames} frames, {each:.2} ms each, {end:.0} ms to finish");
    eprintln!("{:?}, {}, contacts {:?}, parted in frame {:?}; {:?}", m.contrast, m.section, m.contacts, m.rupture, m.notes);
    let of = |f: &dyn Fn(&FrameMeasure) -> Value| m.frames.iter().map(f).collect::<Vec<_>>();
    let gap = |pick: fn(&SeenGap) -> f64| of(&|f| f.gap.as_ref().map_or(Value::Null, |g| pick(g).into()));
    let json = serde_json::json!({
        "time": of(&|f| f.time.into()), "position": m.position, "width": of(&|f| f.width.clone().into()),
        "statistical": of(&|f| f.statistical.clone().into()), "systematic": of(&|f| f.systematic.clone().into()),
        "gap_left": gap(|g| g.left.value), "gap_right": gap(|g| g.right.value), "gap_width": gap(|g| g.width.value),
        "gap_sigma": gap(|g| g.width.uncertainty.hypot(g.systematic)),
        "drift_x": of(&|f| f.drift.shift[0].into()), "drift_y": of(&|f| f.drift.shift[1].into()),
        "axis_angle": of(&|f| f.axis.angle.into()), "rupture": m.rupture,
    });
    std::fs::write(out, json.to_string())?;
    Ok(())
}
