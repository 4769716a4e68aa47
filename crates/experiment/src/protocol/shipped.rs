//! The protocols that ship, compiled in.

use super::{Protocol, ProtocolError};

/// Name and text, in the order of `pentatwin list`.
const SHIPPED: &[(&str, &str)] = &[
    ("pristine", include_str!("../../protocols/pristine.toml")),
    ("fig2a", include_str!("../../protocols/fig2a.toml")),
    ("fig2b", include_str!("../../protocols/fig2b.toml")),
    ("fig3", include_str!("../../protocols/fig3.toml")),
    ("fig4", include_str!("../../protocols/fig4.toml")),
    ("fig4-source-on", include_str!("../../protocols/fig4-source-on.toml")),
    ("figS3", include_str!("../../protocols/figS3.toml")),
    ("beam-control", include_str!("../../protocols/beam-control.toml")),
    ("fig5-break", include_str!("../../protocols/fig5-break.toml")),
    ("fig5", include_str!("../../protocols/fig5.toml")),
    ("rewire-humid", include_str!("../../protocols/rewire-humid.toml")),
    ("rewire-cycles", include_str!("../../protocols/rewire-cycles.toml")),
    ("rewire-reverse", include_str!("../../protocols/rewire-reverse.toml")),
    ("rewire-return", include_str!("../../protocols/rewire-return.toml")),
    ("rewire-beam-control", include_str!("../../protocols/rewire-beam-control.toml")),
    ("tips", include_str!("../../protocols/tips.toml")),
    ("reference", include_str!("../../protocols/reference.toml")),
];

/// Names of the protocols that ship.
pub fn shipped_names() -> impl Iterator<Item = &'static str> + Clone {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// Text of a protocol that ships.
pub fn shipped_text(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}

impl Protocol {
    /// A protocol that ships; `None` if there is none of that name.
    ///
    /// # Errors
    /// None in practice: that each of them reads is tested.
    pub fn shipped(name: &str) -> Option<Result<Protocol, ProtocolError>> {
        shipped_text(name).map(|text| Protocol::parse(name, text))
    }
}
