//! Writes a record slowly, for tests that read it meanwhile or kill the writer: `slow_writer DIR [SAMPLES] [MICROSECONDS PER SAMPLE]`.
//!
//! Sample k is taken at k ms and has k mV and k µA; each tenth brings a profile whose cells all have a radius of its number in nm.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use pentatwin_record::{EventKind, IvLog, Layout, RunFolder, Writer};
use pentatwin_units::recorded::{
    CURRENT, EVENT_KIND, EVENT_TIME, EVENT_VALUE, FLAGS, POSITION, PROFILE_TIME, RADIUS, TEMPERATURE, TIME, VOLTAGE, WIRE_VOLUME,
};

const CELLS: usize = 720;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let out: PathBuf = arguments.next().ok_or("usage: slow_writer DIR [SAMPLES] [MICROSECONDS PER SAMPLE]")?.into();
    let samples: u64 = arguments.next().map_or(Ok(1_000_000), |n| n.parse())?;
    let pace = Duration::from_micros(arguments.next().map_or(Ok(1000), |n| n.parse())?);

    let start = Instant::now();
    let folder = RunFolder::create(Some(&out), "slow", SystemTime::now())?;
    let mut arrays: Vec<Layout> =
        [TIME, VOLTAGE, CURRENT, FLAGS, EVENT_TIME, EVENT_KIND, EVENT_VALUE, PROFILE_TIME, WIRE_VOLUME].map(|r| Layout::new(r, &[])).into();
    arrays.extend([RADIUS, TEMPERATURE].map(|r| Layout::new(r, &[CELLS as u64])));
    let mut writer = Writer::create(&folder.store(), Default::default(), &arrays)?;
    let mut iv = IvLog::create(&folder.path().join("iv.csv"))?;
    let position: Vec<f64> = (0..CELLS).map(|k| (k as f64 + 0.5) * 1e-8).collect();
    writer.write(Layout::new(POSITION, &[]), &position)?;
    writer.set_attribute("title", "a slow record");

    for k in 0..samples {
        let (t, v, i) = (k as f64 * 1e-3, k as f64 * 1e-3, k as f64 * 1e-6);
        writer.append(&[(TIME, (&t).into()), (VOLTAGE, (&v).into()), (CURRENT, (&i).into()), (FLAGS, (&0u8).into())])?;
        iv.append(t, v, i, 0);
        if k % 10 == 0 {
            let radius = [(k / 10) as f64 * 1e-9; CELLS];
            let temperature = [300.0f32; CELLS];
            let volume = 1e-19;
            writer.append(&[
                (PROFILE_TIME, (&t).into()),
                (WIRE_VOLUME, (&volume).into()),
                (RADIUS, (&radius).into()),
                (TEMPERATURE, (&temperature).into()),
            ])?;
        }
        if writer.commit_if_due()? {
            iv.flush()?;
        }
        if !pace.is_zero() {
            std::thread::sleep(pace);
        }
    }
    let (t, kind, value) = (samples as f64 * 1e-3, EventKind::PowerOff.code(), 0.0);
    writer.append(&[(EVENT_TIME, (&t).into()), (EVENT_KIND, (&kind).into()), (EVENT_VALUE, (&value).into())])?;
    writer.set_attribute("ended", "end of the samples");
    writer.finish()?;
    iv.finish()?;
    println!("{:.3}", start.elapsed().as_secs_f64());
    Ok(())
}
