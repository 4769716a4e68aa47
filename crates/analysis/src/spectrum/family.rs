//! What a spectrum is made of: an energy axis and families of lines.

/// A line of a family.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Line {
    /// Energy [eV].
    pub energy: f64,
    /// Photons relative to the other lines of the family, as a thin specimen emits them; what the specimen absorbs is `escape`.
    pub weight: f64,
    /// Whether it is an alpha line, which alone counts for some k-factors.
    pub alpha: bool,
    /// Part that leaves the specimen: 1 unless worked out.
    pub escape: f64,
}

/// Lines whose relative strengths are known: they are fitted with one number.
#[derive(Clone, PartialEq, Debug)]
pub struct Family {
    /// As it is to be shown, e.g. "Ag L".
    pub name: String,
    /// Chemical symbol.
    pub element: String,
    /// Molar mass [kg/mol].
    pub molar_mass: f64,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Cliff–Lorimer factor, if it is to be used for quantification (one family per element).
    pub k: Option<f64>,
    /// Relative standard uncertainty of k.
    pub k_uncertainty: f64,
}

impl Family {
    /// The line with the most photons.
    pub fn strongest(&self) -> Option<&Line> {
        self.lines.iter().max_by(|a, b| a.weight.total_cmp(&b.weight))
    }
}

/// Energies of the channels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Axis {
    /// Middle of the first channel [eV].
    pub offset: f64,
    /// Width of a channel [eV].
    pub width: f64,
}

impl Axis {
    /// Middle of a channel [eV].
    pub fn energy(&self, channel: usize) -> f64 {
        self.offset + channel as f64 * self.width
    }
}
