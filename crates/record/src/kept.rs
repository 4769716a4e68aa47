//! An array that was kept in memory instead of being written.

use pentatwin_units::recorded::DataType;
use serde_json::{Map, Value};

use crate::Layout;
use crate::layout::type_name;

/// One whole array of a record that was kept in memory.
#[derive(Clone, PartialEq, Debug)]
pub struct Kept {
    pub(crate) layout: Layout,
    pub(crate) shape: Vec<u64>,
    pub(crate) bytes: Vec<u8>,
}

impl Kept {
    /// Group in the record, empty for the root.
    pub fn group(&self) -> &str {
        &self.layout.group
    }

    /// Name within the group.
    pub fn name(&self) -> &'static str {
        self.layout.recorded.name
    }

    /// Names of the dimensions.
    pub fn dimensions(&self) -> &'static [&'static str] {
        self.layout.recorded.dimensions
    }

    /// Length of each dimension.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Type of the elements.
    pub fn data_type(&self) -> DataType {
        self.layout.recorded.data_type
    }

    /// Name of that type, as Zarr and NumPy say it: `float64`.
    pub fn type_name(&self) -> &'static str {
        type_name(self.data_type())
    }

    /// `units`, `long_name` and the like.
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.layout.attributes
    }

    /// The values, row by row, in the machine's order of bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
