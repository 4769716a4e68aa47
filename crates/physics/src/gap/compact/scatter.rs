//! From device to device: how many atoms a length of the chain takes.

use crate::random::{Purpose, Stream};

/// The gap engine draws from the first two streams of this purpose.
const INDEX: u64 = 100;

/// ln of a device's atoms for each length of its chain, over the mean device's.
pub(super) fn draw(seed: u64, deviation: f64) -> f64 {
    deviation * Stream::new(seed, Purpose::Gap, INDEX).normal()
}
