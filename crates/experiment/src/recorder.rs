//! The recorder: appends what happens to the store and to `iv.csv`, and may stop the run.

use pentatwin_record::{EventKind, IvLog};
use pentatwin_record::{Layout, RecordError, RunFolder, Writer};
use pentatwin_units::recorded::{self, Recorded};
use serde_json::{Map, Value};

use crate::profile_log::Profile;
use crate::run::{Event, Sample};
use crate::simulate::Happening;

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

/// Writes one run.
pub struct Recorder {
    writer: Writer,
    iv: IvLog,
}

impl Recorder {
    /// Makes store and log in a fresh folder; `position` are the cell centres [m].
    ///
    /// # Errors
    /// They cannot be written.
    pub fn create(folder: &RunFolder, attributes: Map<String, Value>, position: &[f64]) -> Result<Recorder, RecordError> {
        let cells = [position.len() as u64];
        let mut arrays: Vec<Layout> = [recorded::TIME, recorded::VOLTAGE, recorded::CURRENT, recorded::FLAGS, recorded::CHIP_TEMPERATURE]
            .into_iter()
            .chain([recorded::EVENT_TIME, recorded::EVENT_KIND, recorded::EVENT_VALUE, recorded::PROFILE_TIME])
            .chain(SERIES.iter().map(|(q, _)| *q))
            .map(|q| Layout::new(q, &[]))
            .collect();
        arrays.extend([recorded::RADIUS, recorded::TEMPERATURE].map(|q| Layout::new(q, &cells)));
        let mut writer = Writer::create(&folder.store(), attributes, &arrays)?;
        writer.write(Layout::new(recorded::POSITION, &[]), position)?;
        let iv = IvLog::create(&folder.path().join("iv.csv"))?;
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
            Happening::Event(event) => self.event(event),
            Happening::Progress(_) => {
                if self.writer.commit_if_due()? {
                    self.iv.flush()?;
                }
                Ok(())
            }
        }
    }

    fn sample(&mut self, s: &Sample, frame: f64) -> Result<(), RecordError> {
        self.iv.append(s.time, s.voltage, s.current, s.flags);
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
        self.iv.flush()
    }

    /// The last commit.
    ///
    /// # Errors
    /// As [`Recorder::take`].
    pub fn finish(self) -> Result<(), RecordError> {
        self.writer.finish()?;
        self.iv.finish()
    }
}
