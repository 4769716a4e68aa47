//! How one declared quantity lies in the store, and the values handed to it.

use pentatwin_units::recorded::{self, DataType, Recorded};
use serde_json::{Map, Value, json};

use crate::codes::{EventKind, flag_attributes};

/// Elements in a chunk of an array that grows; a commit rewrites at most one such chunk for each array.
const CHUNK_SERIES: u64 = 4096;
/// Elements in a chunk of rows (profiles); a frame is a chunk of its own.
const CHUNK_ROWS: u64 = 1 << 16;
/// Elements in a chunk of an image that is written once.
const CHUNK_IMAGE: u64 = 1 << 20;

/// An array of the store: its declaration, with the lengths of its dimensions after the first.
#[derive(Clone, PartialEq, Debug)]
pub struct Layout {
    pub(crate) recorded: Recorded,
    pub(crate) group: String,
    pub(crate) inner: Vec<u64>,
    pub(crate) attributes: Map<String, Value>,
}

impl Layout {
    /// The declared quantity, with the lengths of its dimensions after the first: none for a series, the number of cells
    /// for a profile, height and width for frames.
    pub fn new(recorded: Recorded, inner: &[u64]) -> Self {
        let mut attributes =
            Map::from_iter([("units".to_owned(), Value::from(recorded.unit)), ("long_name".to_owned(), Value::from(recorded.meaning))]);
        match recorded.name {
            name if name == recorded::EVENT_KIND.name => attributes.extend(EventKind::attributes()),
            name if name == recorded::FLAGS.name => attributes.extend(flag_attributes()),
            _ => {}
        }
        Self { recorded, group: recorded.group.to_owned(), inner: inner.to_vec(), attributes }
    }

    /// The same quantity in another group, e.g. `images/gap`.
    pub fn in_group(mut self, group: &str) -> Self {
        self.group = group.trim_matches('/').to_owned();
        self
    }

    /// With one more attribute.
    pub fn with_attribute(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.attributes.insert(key.to_owned(), value.into());
        self
    }

    /// Path in the store, e.g. `truth/radius`.
    pub fn path(&self) -> String {
        if self.group.is_empty() { self.recorded.name.to_owned() } else { format!("{}/{}", self.group, self.recorded.name) }
    }

    /// Elements in one row, i.e. at one value of the first dimension.
    pub(crate) fn row_elements(&self) -> u64 {
        self.inner.iter().product()
    }

    /// Rows in a chunk.
    pub(crate) fn chunk_rows(&self) -> u64 {
        let row = self.row_elements().max(1);
        if self.recorded.data_type == DataType::U16 && self.recorded.appended && !self.inner.is_empty() {
            return 1; // frames: each is read alone, and none is packed twice
        }
        match (self.recorded.appended, self.inner.is_empty()) {
            (_, true) => CHUNK_SERIES,
            (true, false) => (CHUNK_ROWS / row).clamp(1, CHUNK_SERIES),
            (false, false) => (CHUNK_IMAGE / row).max(1),
        }
    }
}

/// The codec of an array. Counts of a camera: zstd, which takes 2 ms for a frame of a million pixels where gzip takes 13 to 30 ms, at
/// the same size (0.76 of the raw data at 3400 electrons a pixel; nothing packs the noise further). The rest: gzip, which every reader knows;
/// level 1 costs a fifth of the default's time at nearly its size on simulated data.
pub(crate) fn codec(data_type: DataType) -> Value {
    match data_type {
        DataType::U16 => json!({"name": "zstd", "configuration": {"level": 1, "checksum": true}}),
        _ => json!({"name": "gzip", "configuration": {"level": 1}}),
    }
}

/// Bytes of one element in the store.
pub(crate) fn element_bytes(data_type: DataType) -> usize {
    match data_type {
        DataType::F64 => 8,
        DataType::F32 | DataType::U32 => 4,
        DataType::U16 => 2,
        DataType::U8 => 1,
    }
}

/// Name of the type in the store.
pub(crate) fn type_name(data_type: DataType) -> &'static str {
    match data_type {
        DataType::F64 => "float64",
        DataType::F32 => "float32",
        DataType::U8 => "uint8",
        DataType::U16 => "uint16",
        DataType::U32 => "uint32",
    }
}

/// The value of a missing element, as JSON and as bytes in the machine's order.
pub(crate) fn missing(data_type: DataType) -> (Value, Vec<u8>) {
    match data_type {
        DataType::F64 => (json!("NaN"), f64::NAN.to_ne_bytes().to_vec()),
        DataType::F32 => (json!("NaN"), f32::NAN.to_ne_bytes().to_vec()),
        DataType::U8 => (json!(u8::MAX), vec![u8::MAX]),
        DataType::U16 => (json!(0), vec![0; 2]),
        DataType::U32 => (json!(0), vec![0; 4]),
    }
}

/// Numbers for an array, one or more whole rows of it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Values<'a> {
    /// For an array of 64-bit floats, or of 32-bit floats (rounded).
    F64(&'a [f64]),
    /// For an array of 32-bit floats.
    F32(&'a [f32]),
    /// For an array of bytes.
    U8(&'a [u8]),
    /// For an array of counts.
    U16(&'a [u16]),
    /// For an array of 32-bit integers.
    U32(&'a [u32]),
}

macro_rules! values_from {
    ($($type:ty => $variant:ident),*) => {$(
        impl<'a> From<&'a [$type]> for Values<'a> {
            fn from(values: &'a [$type]) -> Self { Values::$variant(values) }
        }
        impl<'a> From<&'a Vec<$type>> for Values<'a> {
            fn from(values: &'a Vec<$type>) -> Self { Values::$variant(values) }
        }
        impl<'a, const N: usize> From<&'a [$type; N]> for Values<'a> {
            fn from(values: &'a [$type; N]) -> Self { Values::$variant(values) }
        }
        impl<'a> From<&'a $type> for Values<'a> {
            fn from(value: &'a $type) -> Self { Values::$variant(std::slice::from_ref(value)) }
        }
    )*};
}
values_from!(f64 => F64, f32 => F32, u8 => U8, u16 => U16, u32 => U32);

impl Values<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Values::F64(v) => v.len(),
            Values::F32(v) => v.len(),
            Values::U8(v) => v.len(),
            Values::U16(v) => v.len(),
            Values::U32(v) => v.len(),
        }
    }

    pub(crate) fn fits(&self, data_type: DataType) -> bool {
        matches!(
            (self, data_type),
            (Values::F64(_), DataType::F64 | DataType::F32)
                | (Values::F32(_), DataType::F32)
                | (Values::U8(_), DataType::U8)
                | (Values::U16(_), DataType::U16)
                | (Values::U32(_), DataType::U32)
        )
    }

    pub(crate) fn append_to(&self, bytes: &mut Vec<u8>, data_type: DataType) {
        match self {
            Values::F64(v) if data_type == DataType::F32 => bytes.extend(v.iter().flat_map(|x| (*x as f32).to_ne_bytes())),
            Values::F64(v) => bytes.extend(v.iter().flat_map(|x| x.to_ne_bytes())),
            Values::F32(v) => bytes.extend(v.iter().flat_map(|x| x.to_ne_bytes())),
            Values::U8(v) => bytes.extend_from_slice(v),
            Values::U16(v) => {
                // Frames come this way: copied in place, 0.3 ms for a million pixels; one by one it is 3 ms.
                let start = bytes.len();
                bytes.resize(start + 2 * v.len(), 0);
                bytes[start..].as_chunks_mut().0.iter_mut().zip(*v).for_each(|(two, x)| *two = x.to_ne_bytes());
            }
            Values::U32(v) => bytes.extend(v.iter().flat_map(|x| x.to_ne_bytes())),
        }
    }
}
