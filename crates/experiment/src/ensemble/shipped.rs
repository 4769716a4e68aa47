//! The sweeps that ship, compiled in.

/// Name and text.
const SHIPPED: &[(&str, &str)] =
    &[("rates", include_str!("../../protocols/sweeps/rates.toml")), ("plan", include_str!("../../protocols/sweeps/plan.toml"))];

/// Names of the sweeps that ship.
pub fn shipped_sweeps() -> impl Iterator<Item = &'static str> + Clone {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// Text of a sweep that ships.
pub fn shipped_sweep(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}
