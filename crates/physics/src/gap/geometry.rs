//! The gap as the wire engine leaves it: two electrodes face to face.

/// Two electrodes and what lies between them. x runs from the electrode on contact 1's side (apex at 0) to the one on contact 2's side (apex
/// at `gap`), y across; all seen from above, on the substrate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GapGeometry {
    /// Distance between the two apexes [m].
    pub gap: f64,
    /// Radius of each apex [m]; infinite for a straight edge such as that of a Pt pad.
    pub tip_radius: [f64; 2],
    /// Half angle of the cone that each apex runs into [rad], 0 (a paraboloid) to π/2 (a straight edge).
    pub half_angle: [f64; 2],
    /// Whether each electrode is silver; otherwise it is Pt, which gives nothing.
    pub silver: [bool; 2],
    /// Temperature of both electrodes [K].
    pub temperature: [f64; 2],
}

impl GapGeometry {
    /// The gap of the paper's Figure 5: a straight Pt edge on contact 1's side, a tapered silver tip (radius 8 nm, half angle 20°) on contact 2's.
    pub fn paper(gap: f64) -> GapGeometry {
        GapGeometry {
            gap,
            tip_radius: [f64::INFINITY, 8e-9],
            half_angle: [std::f64::consts::FRAC_PI_2, 20f64.to_radians()],
            silver: [false, true],
            temperature: [300.0; 2],
        }
    }

    /// How far the outline of an electrode lies behind its apex at a distance `y` from the axis [m]: a hyperbola with the apex radius and the
    /// cone's half angle.
    pub fn behind(&self, side: usize, y: f64) -> f64 {
        let radius = self.tip_radius[side];
        if !radius.is_finite() {
            return 0.0;
        }
        // y² = 2 R z + z² tan²(half angle), solved for z.
        let tangent = self.half_angle[side].tan().clamp(0.0, 1e6);
        y * y / (radius + (radius * radius + (tangent * y).powi(2)).sqrt())
    }
}

/// Why the rewiring engine refuses or ends.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GapError {
    /// No gap at all.
    #[error("there is no gap to rewire: it is {:.3} nm wide; a gap of 1 nm or more would do", gap * 1e9)]
    NoGap {
        /// Distance of the apexes [m].
        gap: f64,
    },
    /// Too wide.
    #[error("a gap of {:.1} nm does not rewire in range: the engine covers gaps up to {:.0} nm (rewiring.widest)", gap * 1e9, widest * 1e9)]
    TooWide {
        /// Distance of the apexes [m].
        gap: f64,
        /// Widest gap covered [m].
        widest: f64,
    },
    /// Nothing to build from.
    #[error("there is no silver on either side of the gap and none left on the Pt (rewiring.silver_on_pt = 0): nothing can rewire it")]
    NoSilver,
    /// A number that is no number or out of its range.
    #[error("{name} = {value} cannot be: {expected}")]
    Value {
        /// What it is.
        name: &'static str,
        /// What was said.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// Too many grid points.
    #[error("the grid of the gap would have {cells} cells, more than {most}; a coarser `grid` or a smaller `half_width` would do")]
    TooLarge {
        /// Cells asked for.
        cells: usize,
        /// Most allowed.
        most: usize,
    },
    /// More silver left than what is simulated of the electrode can lose.
    #[error("the silver has receded by {:.1} nm at t = {time:.6e} s, to the end of what the rewiring engine simulates of it", recession * 1e9)]
    Receded {
        /// How far the apex has receded [m].
        recession: f64,
        /// Time [s].
        time: f64,
    },
    /// The cap on events was reached.
    #[error(
        "the rewiring engine gave up after {events} events at t = {time:.6e} s with {voltage:.4} V across the gap (rewiring.max_events)"
    )]
    TooManyEvents {
        /// Events so far.
        events: u64,
        /// Time [s].
        time: f64,
        /// Voltage across the gap [V].
        voltage: f64,
    },
}

/// Checks a geometry against the settings' widest gap.
pub(super) fn check(geometry: &GapGeometry, settings: &super::Rewiring) -> Result<(), GapError> {
    let value = |name, value: f64, good: bool, expected| if good { Ok(()) } else { Err(GapError::Value { name, value, expected }) };
    value("gap", geometry.gap, geometry.gap.is_finite(), "a length")?;
    for side in 0..2 {
        value(
            "tip_radius",
            geometry.tip_radius[side],
            geometry.tip_radius[side] >= 0.5e-9,
            "0.5 nm or more, or infinite for a straight edge",
        )?;
        let angle = geometry.half_angle[side];
        value("half_angle", angle, (0.0..=std::f64::consts::FRAC_PI_2 + 1e-9).contains(&angle), "0 to 90 degrees")?;
        value("temperature", geometry.temperature[side], (1.0..3000.0).contains(&geometry.temperature[side]), "1 to 3000 K")?;
    }
    if geometry.gap < 0.3e-9 {
        return Err(GapError::NoGap { gap: geometry.gap });
    }
    if geometry.gap > settings.widest {
        return Err(GapError::TooWide { gap: geometry.gap, widest: settings.widest });
    }
    if !geometry.silver[0] && !geometry.silver[1] && settings.silver_on_pt == 0 {
        return Err(GapError::NoSilver);
    }
    Ok(())
}
