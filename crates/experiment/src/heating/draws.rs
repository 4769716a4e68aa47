//! What the draws of a heating run vary, and the shorter, coarser wire they and the companions are made with.

use crate::protocol::Protocol;

/// Parameters that matter to a wire on a heater; nothing flows, and there are no leads, pads or contacts.
pub const DRAWN: &[&str] = &[
    "wire.diameter",
    "wire.diameter_disorder",
    "wire.mobility_disorder",
    "chip.temperature_error",
    "silver.wall_energy",
    "silver.step_height",
    "silver.stepped_mobility",
    "silver.surface_energy",
    "silver.evaporation",
];

/// Longest wire of a draw [m], and its cells' width [m]: ten micrometres hold the fate of twenty, and 20 nm break a wire 5 % earlier.
const LENGTH: f64 = 10e-6;
const CELL: f64 = 20e-9;

/// The protocol on a wire of at most 10 um, with cells of at least 20 nm.
pub fn shortened(protocol: &Protocol) -> Protocol {
    let mut p = protocol.clone();
    let dx = (p.device.wire.length / p.device.numerics.cells as f64).max(CELL);
    p.device.wire.length = p.device.wire.length.min(LENGTH);
    p.device.numerics.cells = ((p.device.wire.length / dx).round() as usize).max(40);
    p
}
