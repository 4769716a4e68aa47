//! The recorder: appends what happens to the store and to `iv.csv`, and may stop the run.

use pentatwin_microscope::{Frame, View};
use pentatwin_physics::materials::constants::E;
use pentatwin_record::{EventKind, IvLog, Kept};
use pentatwin_record::{Layout, RecordError, RunFolder, Writer};
use pentatwin_units::recorded::{self, Recorded};
use serde_json::{Map, Value};

use crate::profile_log::Profile;
use crate::run::{Event, Sample};
use crate::simulate::Happening;
use crate::spectra::{MAPPED, Taken};

/// A declared quantity and how to read it off a profile.
type Column = (Recorded, fn(&Profile) -> f64);

/// Declared quantities of the truth on the profiles' clock, with how to read each off a profile.
const SERIES: &[Column] = &[
    (recorded::WIRE_VOLTAGE, Profile::wire_voltage),
    (recorded::WIRE_RESISTANCE, |p| p.wire_resistance),
    (recorded::CONTACT_RESISTANCE_1, |p| p.contacts[0]),
    (recorded::CONTACT_RESISTANCE_2, |p| p.contacts[1]),
    (recorded::TRUE_CURRENT, |p| p.current),
    (recorded::PAD_TEMPERATURE_1, |p| p.pad[0]),
    (recorded::PAD_TEMPERATURE_2, |p| p.pad[1]),
    (recorded::MEMBRANE_TEMPERATURE, |p| p.film),
    (recorded::WIRE_VOLUME, |p| p.volumes[0]),
    (recorded::EVAPORATED_VOLUME, |p| p.volumes[1]),
    (recorded::DROPLET_VOLUME, |p| p.volumes[2]),
];

/// What is recorded of each frame beside its counts.
const FRAME_SERIES: [Recorded; 5] = [recorded::FRAME_TIME, recorded::DOSE, recorded::TRUE_FRAME_TIME, recorded::DRIFT_X, recorded::DRIFT_Y];

/// Centres of the pixels of a view along x and y [nm].
fn axes(view: &View) -> [Vec<f64>; 2] {
    let axis = |n: usize, centre: f64| (0..n).map(|i| (centre + (i as f64 + 0.5 - 0.5 * n as f64) * view.pixel) * 1e9).collect();
    [axis(view.width, view.centre[0]), axis(view.height, view.centre[1])]
}

/// Writes one run.
pub struct Recorder {
    writer: Writer,
    iv: Option<IvLog>,
}

impl Recorder {
    /// Makes store and log in a fresh folder, or keeps all in memory without one; `position` are the cell centres [m].
    ///
    /// # Errors
    /// They cannot be written.
    pub fn create(
        folder: Option<&RunFolder>,
        attributes: Map<String, Value>,
        position: &[f64],
        view: Option<&View>,
    ) -> Result<Recorder, RecordError> {
        let cells = [position.len() as u64];
        let mut arrays: Vec<Layout> = [recorded::TIME, recorded::VOLTAGE, recorded::CURRENT, recorded::FLAGS, recorded::CHIP_TEMPERATURE]
            .into_iter()
            .chain([recorded::EVENT_TIME, recorded::EVENT_KIND, recorded::EVENT_VALUE, recorded::PROFILE_TIME])
            .chain(SERIES.iter().map(|(q, _)| *q))
            .map(|q| Layout::new(q, &[]))
            .collect();
        arrays.extend([recorded::RADIUS, recorded::TEMPERATURE].map(|q| Layout::new(q, &cells)));
        if let Some(v) = view {
            arrays.extend(FRAME_SERIES.map(|q| Layout::new(q, &[])));
            arrays.push(Layout::new(recorded::FRAMES, &[v.height as u64, v.width as u64]));
        }
        let mut writer = match folder {
            Some(folder) => Writer::create(&folder.store(), attributes, &arrays)?,
            None => Writer::in_memory(attributes, &arrays)?,
        };
        writer.write(Layout::new(recorded::POSITION, &[]), position)?;
        if let Some(v) = view {
            let [x, y] = axes(v);
            writer.write(Layout::new(recorded::X, &[]), &x)?;
            writer.write(Layout::new(recorded::Y, &[]), &y)?;
        }
        let iv = folder.map(|folder| IvLog::create(&folder.path().join("iv.csv"))).transpose()?;
        Ok(Recorder { writer, iv })
    }

    /// Appends; commits now and then.
    ///
    /// # Errors
    /// The disk is full, or the like: what was committed stays.
    pub fn take(&mut self, what: &Happening) -> Result<(), RecordError> {
        match what {
            Happening::Sample(sample, frame) => self.sample(sample, *frame),
            Happening::Profile(profile) => self.profile(profile),
            Happening::Frame(frame) => self.frame(frame),
            Happening::Image(number, view, frame) => self.image(&format!("image-{number}"), view, frame),
            Happening::Spectrum(taken) => self.spectrum(taken),
            Happening::Event(event) => self.event(event),
            Happening::Progress(_) => {
                if self.writer.commit_if_due()? {
                    self.iv.as_mut().map_or(Ok(()), IvLog::flush)?;
                }
                Ok(())
            }
        }
    }

    fn sample(&mut self, s: &Sample, frame: f64) -> Result<(), RecordError> {
        if let Some(iv) = &mut self.iv {
            iv.append(s.time, s.voltage, s.current, s.flags);
        }
        self.writer.append(&[
            (recorded::TIME, (&s.time).into()),
            (recorded::VOLTAGE, (&s.voltage).into()),
            (recorded::CURRENT, (&s.current).into()),
            (recorded::FLAGS, (&s.flags).into()),
            (recorded::CHIP_TEMPERATURE, (&frame).into()),
        ])
    }

    fn profile(&mut self, p: &Profile) -> Result<(), RecordError> {
        let single = |v: &[f64]| v.iter().map(|x| *x as f32).collect::<Vec<f32>>();
        let (radius, temperature) = (single(&p.radius), single(&p.temperature));
        let values: Vec<f64> = SERIES.iter().map(|(_, f)| f(p)).collect();
        let mut rows = vec![
            (recorded::PROFILE_TIME, (&p.time).into()),
            (recorded::RADIUS, (&radius).into()),
            (recorded::TEMPERATURE, (&temperature).into()),
        ];
        rows.extend(SERIES.iter().zip(&values).map(|((q, _), v)| (*q, v.into())));
        self.writer.append(&rows)
    }

    fn frame(&mut self, f: &Frame) -> Result<(), RecordError> {
        let (time, dose) = (f.truth.time, f.truth.dose);
        let drift = f.truth.drift.map(|d| d * 1e9);
        self.writer.append(&[
            (recorded::FRAME_TIME, (&time).into()),
            (recorded::DOSE, (&dose).into()),
            (recorded::FRAMES, (&f.counts).into()),
        ])?;
        self.writer.append(&[
            (recorded::TRUE_FRAME_TIME, (&time).into()),
            (recorded::DRIFT_X, (&drift[0]).into()),
            (recorded::DRIFT_Y, (&drift[1]).into()),
        ])
    }

    /// Writes a single image, with its own axes, as `images/<name>`.
    ///
    /// # Errors
    /// As [`Recorder::take`].
    pub fn image(&mut self, name: &str, view: &View, frame: &Frame) -> Result<(), RecordError> {
        self.pixels(&format!("images/{name}"), view, &frame.counts, (frame.truth.time, frame.truth.dose), &[])
    }

    /// Writes an image with its own axes: counts, time [s] and dose [1/m²], and what else is to be said of it.
    fn pixels(
        &mut self,
        group: &str,
        view: &View,
        counts: &[u16],
        (time, dose): (f64, f64),
        more: &[(&str, &str)],
    ) -> Result<(), RecordError> {
        let [x, y] = axes(view);
        self.writer.write(Layout::new(recorded::X, &[]).in_group(group), &x)?;
        self.writer.write(Layout::new(recorded::Y, &[]).in_group(group), &y)?;
        let layout =
            Layout::new(recorded::IMAGE, &[view.width as u64]).in_group(group).with_attribute("time", time).with_attribute("dose", dose);
        self.writer.write(more.iter().fold(layout, |l, (key, word)| l.with_attribute(key, *word)), counts)
    }

    /// Writes a spectrum, with its own axis, as `spectra/<name>`, and its maps as images of their own in `spectra/<name>/<element>`.
    ///
    /// # Errors
    /// As [`Recorder::take`].
    pub fn spectrum(&mut self, taken: &Taken) -> Result<(), RecordError> {
        let group = format!("spectra/{}", taken.name);
        let s = &taken.spectrum;
        let energy: Vec<f64> = (0..s.counts.len()).map(|k| s.energy(k)).collect();
        self.writer.write(Layout::new(recorded::ENERGY, &[]).in_group(&group), &energy)?;
        let layout = [
            ("time", taken.time),
            ("live_time", s.live_time),
            ("real_time", s.real_time),
            ("dose", s.dose),
            ("area_side", taken.side),
            ("position", taken.x),
            ("beam_energy_ev", taken.edx.voltage),
            ("beam_current", taken.edx.current),
            ("take_off", taken.edx.take_off),
            ("solid_angle", taken.edx.solid_angle),
            ("resolution_mn_ka_ev", taken.edx.resolution / E),
        ]
        .into_iter()
        .fold(Layout::new(recorded::COUNTS, &[]).in_group(&group), |l, (key, value)| l.with_attribute(key, value));
        self.writer.write(layout, &s.counts)?;
        let Some(map) = &taken.map else { return Ok(()) };
        let warnings = s.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        for ((element, lines, ..), counts) in MAPPED.iter().zip(&map.counts) {
            let counts: Vec<u16> = counts.iter().map(|n| u16::try_from(*n).unwrap_or(u16::MAX)).collect();
            let more = [("lines", *lines), ("warnings", warnings.as_str())];
            self.pixels(&format!("{group}/{element}"), &map.view, &counts, (taken.time, s.dose), &more)?;
        }
        Ok(())
    }

    /// Appends an event.
    ///
    /// # Errors
    /// As [`Recorder::take`].
    pub fn event(&mut self, e: &Event) -> Result<(), RecordError> {
        let kind: u8 = EventKind::code(e.kind);
        self.writer.append(&[
            (recorded::EVENT_TIME, (&e.time).into()),
            (recorded::EVENT_KIND, (&kind).into()),
            (recorded::EVENT_VALUE, (&e.value).into()),
        ])
    }

    /// Writes what each cell has seen of the beam [1/m²].
    ///
    /// # Errors
    /// As [`Recorder::take`].
    pub fn accumulated_dose(&mut self, dose: &[f64]) -> Result<(), RecordError> {
        self.writer.write(Layout::new(recorded::ACCUMULATED_DOSE, &[]), dose)
    }

    /// Sets the fields of a struct as attributes.
    ///
    /// # Errors
    /// They do not serialise.
    pub fn attributes(&mut self, fields: &impl serde::Serialize) -> Result<(), RecordError> {
        self.writer.set_attributes(fields)
    }

    /// Sets one attribute.
    pub fn attribute(&mut self, key: &str, value: impl Into<Value>) {
        self.writer.set_attribute(key, value);
    }

    /// Commits what there is.
    ///
    /// # Errors
    /// As [`Recorder::take`].
    pub fn commit(&mut self) -> Result<(), RecordError> {
        self.writer.commit()?;
        self.iv.as_mut().map_or(Ok(()), IvLog::flush)
    }

    /// The last commit.
    ///
    /// # Errors
    /// As [`Recorder::take`].
    pub fn finish(self) -> Result<(), RecordError> {
        self.writer.finish()?;
        self.iv.map_or(Ok(()), IvLog::finish)
    }

    /// What was kept, of a recorder without a folder: arrays, and the attributes of the root.
    pub fn into_memory(self) -> (Vec<Kept>, Map<String, Value>) {
        self.writer.into_memory()
    }
}
