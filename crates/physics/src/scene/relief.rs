//! Silver as thickness along the beam on a grid: how the microscope sees a state of the lattice engine.

/// Thickness of silver along the beam on a regular grid in the plane of the specimen; nothing outside. Each value is the mean over its
/// cell.
///
/// A relief whose lengths disagree, or whose origin or step is no length, is not seen ([`Relief::valid`]).
#[derive(Clone, PartialEq, Debug)]
pub struct Relief {
    /// Corner of the first cell: least x (along the wire) and y (across) [m].
    pub origin: [f64; 2],
    /// Length of a cell along x, and along y [m].
    pub step: [f64; 2],
    /// Cells along x.
    pub columns: usize,
    /// Cells along y.
    pub rows: usize,
    /// Thickness [m], row by row, x fastest.
    pub thickness: Vec<f32>,
    /// Thickness times the mean height of that silver over the plane of the wire's axis, towards the apex at roll 0 [m²], as the thickness;
    /// empty if not known.
    pub moment: Vec<f32>,
    /// Where along x [m] it is seen, in place of the scene's wire; sharply from and to. None: everywhere, and it adds to the wire.
    pub window: Option<[f64; 2]>,
}

/// How a lattice lies in the scene: its axis on the wire's axis, y = 0.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Placement {
    /// Where its layer 0 is along x [m].
    pub at: f64,
    /// Whether its layers count towards -x: a plane mirror at `at`.
    pub mirrored: bool,
    /// Rotation about the axis [rad]; 0 = lying on a flat wall, twin plane 0 up, as for the wire (`WireShape::roll`); with 0.1 π a flat
    /// wall is parallel to the beam.
    pub roll: f64,
    /// The silver of layer 0 goes on as it is for this length before it [m], at most 2 um: what the lattice leaves out of a longer wire.
    /// Without it the end is blurred like any other, and a wire that goes on there in the scene shows a seam.
    pub before: f64,
    /// The same for the last layer.
    pub after: f64,
}

impl Default for Placement {
    fn default() -> Placement {
        Placement { at: 0.0, mirrored: false, roll: 0.0, before: 0.0, after: 0.0 }
    }
}

impl Relief {
    /// Whether it can be seen: as many values as cells, a place and a step that are lengths, and a window that is none or one.
    pub fn valid(&self) -> bool {
        let cells = self.columns.checked_mul(self.rows);
        self.columns > 0
            && self.rows > 0
            && cells == Some(self.thickness.len())
            && (self.moment.is_empty() || cells == Some(self.moment.len()))
            && self.step.iter().all(|x| x.is_finite() && *x > 0.0)
            && self.origin.iter().all(|x| x.is_finite())
            && self.window.is_none_or(|[from, to]| from.is_finite() && to.is_finite() && from < to)
    }

    /// Volume [m³] of what is seen.
    pub fn volume(&self) -> f64 {
        (0..self.columns).map(|i| self.sum(i) * self.inside(i)).sum::<f64>() * self.step[0] * self.step[1]
    }

    /// Mean cross-section [m²] between two places along x [m], whether they are in the window or not.
    pub fn mean_area(&self, from: f64, to: f64) -> f64 {
        let place = |x: f64| ((x - self.origin[0]) / self.step[0]).clamp(0.0, self.columns as f64);
        let (a, b) = (place(from), place(to));
        if !(to > from) || !(b > a) {
            return 0.0;
        }
        let part = |i: usize| (b.min((i + 1) as f64) - a.max(i as f64)).max(0.0);
        (a as usize..(b.ceil() as usize).min(self.columns)).map(|i| self.sum(i) * part(i)).sum::<f64>() * self.step[0] * self.step[1]
            / (to - from)
    }

    /// Sum of a column.
    fn sum(&self, i: usize) -> f64 {
        self.thickness.iter().skip(i).step_by(self.columns.max(1)).map(|t| f64::from(*t)).sum()
    }

    /// Part of a column that lies in the window.
    fn inside(&self, i: usize) -> f64 {
        let Some([from, to]) = self.window else { return 1.0 };
        let place = |x: f64| ((x - self.origin[0]) / self.step[0] - i as f64).clamp(0.0, 1.0);
        (place(to) - place(from)).max(0.0)
    }

    /// The thickest place [m].
    pub fn thickest(&self) -> f64 {
        self.thickness.iter().fold(0.0f32, |m, t| m.max(*t)).into()
    }

    /// From and to along x, and from and to along y [m], of the grid.
    pub fn limits(&self) -> [[f64; 2]; 2] {
        let to = |axis: usize, n: usize| [self.origin[axis], self.origin[axis] + n as f64 * self.step[axis]];
        [to(0, self.columns), to(1, self.rows)]
    }

    /// As a mirror shows it that takes x = 0 to x = `spacing` [m].
    pub fn mirrored(mut self, spacing: f64) -> Relief {
        self.origin[0] = spacing - self.limits()[0][1];
        self.window = self.window.map(|[from, to]| [spacing - to, spacing - from]);
        if self.columns > 0 {
            self.thickness.chunks_mut(self.columns).for_each(<[f32]>::reverse);
            self.moment.chunks_mut(self.columns).for_each(<[f32]>::reverse);
        }
        self
    }
}
