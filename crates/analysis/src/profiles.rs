//! The radius of the wire over position and time.

/// Why arrays do not make profiles.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ProfileError {
    /// The sizes do not fit.
    #[error("{radii} radii are not {times} times {positions} positions")]
    Size {
        /// Number of radii given.
        radii: usize,
        /// Number of times given.
        times: usize,
        /// Number of positions given.
        positions: usize,
    },
    /// Fewer than one time or two positions.
    #[error("profiles need at least one time and two positions, not {times} and {positions}")]
    TooFew {
        /// Number of times given.
        times: usize,
        /// Number of positions given.
        positions: usize,
    },
    /// Positions must be finite and rise.
    #[error("position {index} does not rise")]
    Position {
        /// Index of the position.
        index: usize,
    },
    /// Times must be finite and not fall.
    #[error("time {index} goes back")]
    Time {
        /// Index of the time.
        index: usize,
    },
}

/// Equal-area radii [m] over time [s] and position [m] along the wire from the edge of contact 1, cell centres. A missing radius is NaN.
#[derive(Clone, Copy, Debug)]
pub struct Profiles<'a> {
    time: &'a [f64],
    position: &'a [f64],
    radius: &'a [f64],
}

impl<'a> Profiles<'a> {
    /// Profiles from their arrays, `radius` row by row: `[time][position]`.
    ///
    /// # Errors
    /// If the sizes do not fit, there is no time or only one position, positions do not rise or times go back.
    pub fn new(time: &'a [f64], position: &'a [f64], radius: &'a [f64]) -> Result<Profiles<'a>, ProfileError> {
        let (times, positions) = (time.len(), position.len());
        if times < 1 || positions < 2 {
            return Err(ProfileError::TooFew { times, positions });
        }
        if times.checked_mul(positions) != Some(radius.len()) {
            return Err(ProfileError::Size { radii: radius.len(), times, positions });
        }
        let rises = |w: &[f64]| w[1] > w[0] && w[0].is_finite() && w[1].is_finite();
        if let Some(k) = position.windows(2).position(|w| !rises(w)) {
            return Err(ProfileError::Position { index: k + 1 });
        }
        if let Some(k) = time.iter().position(|t| !t.is_finite()).or(time.windows(2).position(|w| w[1] < w[0]).map(|k| k + 1)) {
            return Err(ProfileError::Time { index: k });
        }
        Ok(Profiles { time, position, radius })
    }

    /// Times [s].
    pub fn time(&self) -> &'a [f64] {
        self.time
    }

    /// Positions [m].
    pub fn position(&self) -> &'a [f64] {
        self.position
    }

    /// The profile at the time of index `k` [m]; empty beyond the last.
    pub fn row(&self, k: usize) -> &'a [f64] {
        let n = self.position.len();
        self.radius.chunks_exact(n).nth(k).unwrap_or(&[])
    }

    /// The profiles in order of time.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &'a [f64]> + Clone + use<'a> {
        self.radius.chunks_exact(self.position.len())
    }

    /// The as-made profile: the first one [m].
    pub fn first(&self) -> &'a [f64] {
        self.row(0)
    }

    /// Index of the last profile not after `t` [s].
    pub fn at_or_before(&self, t: f64) -> Option<usize> {
        self.time.partition_point(|&x| x <= t).checked_sub(1)
    }
}

/// Width of the cell around position `i`: half-way to its neighbours, the outermost cells symmetric.
pub(crate) fn cell(position: &[f64], i: usize) -> f64 {
    let n = position.len();
    let left = if i > 0 { position[i] - position[i - 1] } else { position.get(1).map_or(0.0, |p| p - position[0]) };
    let right = if i + 1 < n { position[i + 1] - position[i] } else { left };
    0.5 * (left + right)
}

/// Cross-section of radius `r` [m²]; `None` if the radius is missing.
pub(crate) fn area(r: f64) -> Option<f64> {
    (r.is_finite() && r >= 0.0).then_some(std::f64::consts::PI * r * r)
}

/// Cells with their index, and the change of cross-section since the first profile; cells with a missing radius are left out.
pub(crate) fn changes<'a>(position: &'a [f64], first: &'a [f64], now: &'a [f64]) -> impl Iterator<Item = (usize, f64)> + Clone + 'a {
    let n = position.len();
    first.iter().zip(now).take(n).enumerate().filter_map(|(i, (&a, &b))| Some((i, area(b)? - area(a)?)))
}
