//! Where in a frame's image lies what was measured along the wire.

use pentatwin_analysis::movie::{FrameMeasure, MovieMeasurement};

/// The outline of one frame, in the pixels of its image.
pub(super) struct Outlined<'a> {
    movie: &'a MovieMeasurement,
    frame: &'a FrameMeasure,
    /// The specimen's shift along the axis [pixels].
    along: f64,
    /// Middle line through the centres: value at position 0 [m] and slope. The frame's axis is that line in the image.
    line: [f64; 2],
}

impl<'a> Outlined<'a> {
    pub(super) fn new(movie: &'a MovieMeasurement, frame: &'a FrameMeasure) -> Outlined<'a> {
        let (sin, cos) = frame.axis.angle.sin_cos();
        let along = (frame.drift.shift[0] * cos + frame.drift.shift[1] * sin) / movie.pixel;
        let along = if along.is_finite() { along } else { 0.0 };
        Outlined { movie, frame, along, line: middle(movie, frame) }
    }

    /// Place of a position along [m] and a distance from the outline's middle line [m].
    pub(super) fn point(&self, u: f64, v: f64) -> [f64; 2] {
        let px = self.movie.pixel;
        self.frame.axis.point(self.movie.size, u / px + self.along, v / px)
    }

    fn at(&self, of: &[f64], k: usize) -> f64 {
        of.get(k).copied().unwrap_or(f64::NAN)
    }

    /// Whether position `k` shows wire that is measured.
    pub(super) fn shows(&self, k: usize) -> bool {
        let f = self.frame;
        let position = self.at(&self.movie.position, k);
        let gone = f.gap.is_some_and(|g| position > g.left.value && position < g.right.value);
        !gone && self.at(&f.width, k) > 0.0 && self.at(&f.centre, k).is_finite()
    }

    /// The two edges at position `k`.
    pub(super) fn edges(&self, k: usize) -> [[f64; 2]; 2] {
        let (u, f) = (self.at(&self.movie.position, k), self.frame);
        let centre = self.at(&f.centre, k) - self.line[0] - self.line[1] * u;
        [-0.5, 0.5].map(|side| self.point(u, centre + side * self.at(&f.width, k)))
    }

    /// The edges in runs of neighbouring positions: each the lower and the upper side.
    pub(super) fn runs(&self) -> Vec<[Vec<[f64; 2]>; 2]> {
        let mut out: Vec<[Vec<[f64; 2]>; 2]> = Vec::new();
        let mut open = false;
        for k in 0..self.movie.position.len() {
            if self.shows(k) {
                if !open {
                    out.push([Vec::new(), Vec::new()]);
                }
                if let Some(run) = out.last_mut() {
                    let [low, high] = self.edges(k);
                    run[0].push(low);
                    run[1].push(high);
                }
            }
            open = self.shows(k);
        }
        out
    }

    /// Half of the wire's width in the middle of what is seen [m].
    pub(super) fn half_width(&self) -> f64 {
        let mut widths: Vec<f64> = self.frame.width.iter().copied().filter(|w| *w > 0.0).collect();
        widths.sort_unstable_by(f64::total_cmp);
        0.5 * widths.get(widths.len() / 2).copied().unwrap_or(20.0 * self.movie.pixel)
    }
}

/// Straight line through the centres, weighted by their statistical uncertainty.
fn middle(movie: &MovieMeasurement, frame: &FrameMeasure) -> [f64; 2] {
    let rows = movie.position.iter().zip(&frame.centre).zip(frame.statistical.iter().zip(&frame.width));
    let (mut s, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for ((u, c), (sigma, w)) in rows {
        let weight = sigma.max(0.1 * movie.pixel).powi(-2) * movie.pixel * movie.pixel;
        if c.is_finite() && weight.is_finite() && *w > 0.0 {
            s += weight;
            sx += weight * u;
            sy += weight * c;
            sxx += weight * u * u;
            sxy += weight * u * c;
        }
    }
    let determinant = s * sxx - sx * sx;
    if !(s > 0.0) {
        return [0.0, 0.0];
    }
    if !(determinant > 1e-12 * s * sxx) {
        return [sy / s, 0.0];
    }
    let slope = (s * sxy - sx * sy) / determinant;
    [(sy - slope * sx) / s, slope]
}
