//! Reading buffers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Readings that all buffers made by scripts may hold together.
const POOL: usize = 1_000_000;
/// Readings a dedicated buffer holds (from memory, to be checked in the manual).
pub const DEDICATED: usize = 140_000;

/// Bit of [`Entry::status`] of a reading taken with the output off. A choice of this crate, not checked against the manual's status bits.
pub const STATUS_OUTPUT_OFF: u8 = 0x80;

/// One reading with what belongs to it.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Entry {
    /// Reading [V], [A], [ohm] or [W].
    pub reading: f64,
    /// Time since the base time stamp [s].
    pub time: f64,
    /// Level of the source [V] or [A].
    pub source: f64,
    /// Bits of the status of the reading.
    pub status: u8,
    /// Full scale of the meter.
    pub measure_range: f64,
    /// Full scale of the source.
    pub source_range: f64,
    /// What was measured: 0 A, 1 V, 2 ohm, 3 W.
    pub measure_function: u8,
    /// What was sourced: 0 A, 1 V.
    pub source_function: u8,
}

/// A part of the entries, by the name it has on the instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Column {
    /// `readings`
    Readings,
    /// `timestamps`
    Timestamps,
    /// `sourcevalues`
    SourceValues,
    /// `statuses`
    Statuses,
    /// `measureranges`
    MeasureRanges,
    /// `sourceranges`
    SourceRanges,
    /// `measurefunctions`
    MeasureFunctions,
    /// `sourcefunctions`
    SourceFunctions,
    /// `sourceoutputstates`
    SourceOutputStates,
}

/// All columns with their names.
pub const COLUMNS: &[(&str, Column)] = &[
    ("readings", Column::Readings),
    ("timestamps", Column::Timestamps),
    ("sourcevalues", Column::SourceValues),
    ("statuses", Column::Statuses),
    ("measureranges", Column::MeasureRanges),
    ("sourceranges", Column::SourceRanges),
    ("measurefunctions", Column::MeasureFunctions),
    ("sourcefunctions", Column::SourceFunctions),
    ("sourceoutputstates", Column::SourceOutputStates),
];

/// A value of a column.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    /// A number.
    Number(f64),
    /// A word.
    Word(&'static str),
}

/// A reading buffer.
#[derive(Debug)]
pub struct Buffer {
    entries: Vec<Entry>,
    capacity: usize,
    /// Whether it is part of the pool.
    made: bool,
    /// Measurements add to what is there.
    pub append: bool,
    /// Oldest readings give way to new ones.
    pub fill_window: bool,
    /// `collecttimestamps`
    pub collect_times: bool,
    /// `collectsourcevalues`
    pub collect_sources: bool,
    /// `timestampresolution` [s]
    pub resolution: f64,
    /// `fillcount`
    pub fill_count: f64,
    /// `cachemode`
    pub cache: bool,
    /// Time of the first reading [s].
    pub base_time: f64,
    /// Where the next reading goes in window mode.
    next: usize,
}

static POOLED: AtomicUsize = AtomicUsize::new(0);

impl Buffer {
    fn with(capacity: usize, made: bool) -> Buffer {
        Buffer {
            entries: Vec::new(),
            capacity,
            made,
            append: false,
            fill_window: false,
            collect_times: false,
            collect_sources: false,
            resolution: 1e-6,
            fill_count: 0.0,
            cache: true,
            base_time: 0.0,
            next: 0,
        }
    }

    /// `nvbuffer1` or `nvbuffer2`. (Collecting is a setting here, but every entry is kept whole.)
    pub fn dedicated() -> Buffer {
        Buffer::with(DEDICATED, false)
    }

    /// A buffer of a script; `None` if there is no room for so many readings.
    pub fn made(capacity: usize) -> Option<Buffer> {
        let room = |used: usize| (capacity <= POOL && used <= POOL - capacity).then_some(used + capacity);
        POOLED.fetch_update(Ordering::SeqCst, Ordering::SeqCst, room).ok()?;
        Some(Buffer::with(capacity, true))
    }

    /// Entries, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
    /// Number of readings it can hold.
    pub fn capacity(&self) -> usize {
        self.capacity
    }
    /// Index, from 1, of the newest reading; 0 if there is none.
    pub fn newest(&self) -> usize {
        if self.next == 0 { self.entries.len() } else { self.next }
    }
    /// Forgets all readings.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.next = 0;
    }
    /// Gets ready for a measurement: cleared unless it appends.
    pub fn begin(&mut self) {
        if !self.append {
            self.clear();
        }
    }
    /// Adds a reading taken at `time` [s] on the instrument's clock; `false` if it is full.
    pub fn add(&mut self, mut entry: Entry, time: f64) -> bool {
        if self.entries.is_empty() {
            self.base_time = time;
        }
        entry.time = ((time - self.base_time) / self.resolution).round() * self.resolution;
        if self.entries.len() < self.capacity {
            self.entries.push(entry);
            return true;
        }
        if self.fill_window && self.capacity > 0 {
            self.entries[self.next] = entry;
            self.next = (self.next + 1) % self.capacity;
            return true;
        }
        false
    }
    /// A value of a column, `index` from 1.
    pub fn cell(&self, index: usize, column: Column) -> Option<Cell> {
        let entry = self.entries.get(index.checked_sub(1)?)?;
        Some(match column {
            Column::Readings => Cell::Number(entry.reading),
            Column::Timestamps => Cell::Number(entry.time),
            Column::SourceValues => Cell::Number(entry.source),
            Column::Statuses => Cell::Number(f64::from(entry.status)),
            Column::MeasureRanges => Cell::Number(entry.measure_range),
            Column::SourceRanges => Cell::Number(entry.source_range),
            Column::MeasureFunctions => Cell::Word(["Current", "Voltage", "Ohms", "Watts"][usize::from(entry.measure_function & 3)]),
            Column::SourceFunctions => Cell::Word(["Current", "Voltage"][usize::from(entry.source_function & 1)]),
            Column::SourceOutputStates => Cell::Word(if entry.status & STATUS_OUTPUT_OFF != 0 { "Off" } else { "On" }),
        })
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.made {
            POOLED.fetch_sub(self.capacity, Ordering::SeqCst);
        }
    }
}

/// A buffer that the sweep, the scripts and the channel share.
pub type SharedBuffer = Arc<Mutex<Buffer>>;

/// Locks a buffer.
pub fn lock(buffer: &SharedBuffer) -> MutexGuard<'_, Buffer> {
    buffer.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_buffer_takes_no_more_but_in_window_mode() {
        let mut buffer = Buffer::made(2).unwrap();
        assert!(buffer.add(Entry { reading: 1.0, ..Entry::default() }, 5.0));
        assert!(buffer.add(Entry { reading: 2.0, ..Entry::default() }, 6.0));
        assert!(!buffer.add(Entry::default(), 7.0));
        buffer.fill_window = true;
        assert!(buffer.add(Entry { reading: 3.0, ..Entry::default() }, 7.0));
        assert_eq!(buffer.cell(1, Column::Readings), Some(Cell::Number(3.0)));
        assert_eq!(buffer.cell(2, Column::Timestamps), Some(Cell::Number(1.0)));
        assert_eq!((buffer.cell(0, Column::Readings), buffer.cell(3, Column::Readings)), (None, None));
    }

    #[test]
    fn no_buffer_is_larger_than_the_pool() {
        assert!(Buffer::made(usize::MAX).is_none());
    }
}
