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

#[cfg(test)]
mod tests {
    use super::*;
    use pentatwin_analysis::Measurement;
    use pentatwin_analysis::movie::{Axis, Contrast, Drift, SeenGap};

    const NM: f64 = 1e-9;

    /// Three positions of a wire of 40 nm at 2 nm a pixel, turned by a right angle, drifted by 6 nm along its axis; `home` is where the
    /// follower's middle line lies.
    fn movie(home: f64, gap: Option<SeenGap>) -> MovieMeasurement {
        let frame = FrameMeasure {
            index: 0,
            time: 0.0,
            flags: 0,
            drift: Drift { shift: [4.0 * NM, 6.0 * NM], covariance: [0.0; 3] },
            axis: Axis { angle: std::f64::consts::FRAC_PI_2, offset: -2.0 },
            axis_uncertainty: [0.0; 2],
            width: vec![40.0 * NM; 3],
            statistical: vec![NM; 3],
            systematic: vec![0.0; 3],
            centre: vec![home; 3],
            alone: [Vec::new(), Vec::new()],
            gap,
        };
        MovieMeasurement {
            area_factor: 0.657_164,
            pixel: 2.0 * NM,
            size: [101, 101],
            contrast: Contrast::BrightField,
            position: vec![-10.0 * NM, 0.0, 10.0 * NM],
            contacts: [None; 2],
            section: String::new(),
            frames: vec![frame],
            rupture: None,
            notes: Vec::new(),
        }
    }

    #[test]
    fn the_outline_moves_with_the_drift_and_turns_with_the_axis() {
        // Along y runs the axis: position 10 nm is 5 pixels further, the drift along it 3 more; the offset -2 is +2 along x; edges ±10.
        for home in [0.0, 3.0 * NM] {
            let movie = movie(home, None);
            let outlined = Outlined::new(&movie, &movie.frames[0]);
            let edges = outlined.edges(2);
            for (edge, expected) in edges.iter().zip([[62.0, 58.0], [42.0, 58.0]]) {
                assert!((edge[0] - expected[0]).hypot(edge[1] - expected[1]) < 1e-6, "{edges:?}");
            }
            assert_eq!(outlined.runs().len(), 1);
        }
    }

    #[test]
    fn nothing_is_drawn_across_a_gap() {
        let m = |x: f64| Measurement::new(x, NM);
        let gap =
            SeenGap { left: m(-4.0 * NM), right: m(4.0 * NM), width: m(8.0 * NM), systematic: 0.0, significance: 9.0, tips: [None; 2] };
        let movie = movie(0.0, Some(gap));
        let outlined = Outlined::new(&movie, &movie.frames[0]);
        assert!(outlined.shows(0) && !outlined.shows(1) && outlined.shows(2));
        assert_eq!(outlined.runs().len(), 2);
    }
}
