//! The outline at half of the contrast, as most papers draw it: the plainest follower, for wires that lie roughly along x.
//!
//! It knows nothing of cross-sections or tips: half of the contrast lies some nanometres inside of an edge that thins to zero
//! (imaging.md 1.2: 8 nm a side for a pentagon), and that is its stated systematic uncertainty. It does not follow drift along the wire.

use pentatwin_analysis::Measurement;
use pentatwin_analysis::movie::{Axis, Contrast, Drift, FrameMeasure, Image, MovieMeasurement, SeenGap, frame_flags};

use super::follow::{Follow, Start};

/// Columns averaged together [pixels].
const BIN: usize = 4;
/// A stripe stands out from its column by so many times the column's scatter.
const STANDS_OUT: f64 = 4.0;
/// Part of the wire's contrast at the start that a bin must have to be called wire.
const CONTRAST: f64 = 0.25;
/// Half of the contrast lies inside the outline of a pentagon by this part of the width (imaging.md 1.2: 16 of 115 nm).
const INSIDE: f64 = 0.14;

/// Why nothing is followed.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum HalfMaximumError {
    /// No stripe.
    #[error("no wire was found in the first image: no straight stripe along x stands out from both of its sides")]
    NoWire,
}

/// Follows one wire by its half-maximum outline.
pub struct HalfMaximum {
    start: Start,
    contrast: Contrast,
    /// Contrast of the wire in the first frame [counts].
    full: f64,
    first: Axis,
    frames: Vec<FrameMeasure>,
}

/// One bin's stripe: lower and upper edge [pixels], contrast and scatter [counts].
struct Stripe {
    edges: [f64; 2],
    contrast: f64,
    scatter: f64,
}

impl HalfMaximum {
    /// With what is known of the movie.
    ///
    /// # Errors
    /// None yet: the first image tells.
    pub fn new(start: &Start) -> Result<HalfMaximum, HalfMaximumError> {
        let contrast = start.contrast.unwrap_or(Contrast::BrightField);
        Ok(HalfMaximum { start: *start, contrast, full: f64::NAN, first: Axis { angle: 0.0, offset: 0.0 }, frames: Vec::new() })
    }

    fn bins(&self) -> usize {
        self.start.size[0] / BIN
    }

    fn stripes(&self, image: &Image, contrast: Contrast) -> Vec<Option<Stripe>> {
        (0..self.bins()).map(|b| stripe(&column(image, b * BIN, contrast))).collect()
    }
}

/// Mean over the columns of a bin, silver upwards.
fn column(image: &Image, from: usize, contrast: Contrast) -> Vec<f64> {
    let sign = if contrast == Contrast::BrightField { -1.0 } else { 1.0 };
    let mean = |row: &[u16]| sign * row.iter().map(|c| f64::from(*c)).sum::<f64>() / row.len().max(1) as f64;
    (0..image.height()).map(|j| mean(image.row(j).get(from..from + BIN).unwrap_or(&[]))).collect()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    let middle = values.len() / 2;
    if values.is_empty() { f64::NAN } else { *values.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

/// The stripe that stands out of a column, at half of its contrast.
fn stripe(column: &[f64]) -> Option<Stripe> {
    let film = median(column.iter().copied());
    // Differences of neighbours: the wire itself is no scatter.
    let scatter = median(column.windows(2).map(|p| (p[1] - p[0]).abs())) / 0.6745 / 2f64.sqrt();
    let smooth: Vec<f64> = column.windows(3).map(|w| w.iter().sum::<f64>() / 3.0 - film).collect();
    let (peak, height) = smooth.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    if !(height > STANDS_OUT * scatter) {
        return None;
    }
    let level = 0.5 * height;
    let crossing = |k: usize, next: usize| {
        let (a, b) = (*smooth.get(k)?, *smooth.get(next)?);
        Some(k as f64 + (next as f64 - k as f64) * (a - level) / (a - b))
    };
    let below = (0..peak).rev().find(|k| smooth[*k] < level)?;
    let above = (peak + 1..smooth.len()).find(|k| smooth[*k] < level)?;
    let edges = [crossing(below + 1, below)? + 1.0, crossing(above - 1, above)? + 1.0];
    Some(Stripe { edges, contrast: height, scatter })
}

impl Follow for HalfMaximum {
    type Error = HalfMaximumError;

    fn push(&mut self, time: f64, image: &Image) -> Result<(), HalfMaximumError> {
        let bins = self.bins();
        let mut stripes = self.stripes(image, self.contrast);
        if self.frames.is_empty() {
            let found = |s: &[Option<Stripe>]| s.iter().flatten().count();
            if self.start.contrast.is_none() {
                let other = self.stripes(image, Contrast::DarkField);
                if found(&other) > found(&stripes) {
                    (self.contrast, stripes) = (Contrast::DarkField, other);
                }
            }
            if 2 * found(&stripes) < bins || bins == 0 {
                return Err(HalfMaximumError::NoWire);
            }
            self.full = median(stripes.iter().flatten().map(|s| s.contrast));
        }
        let kept: Vec<Option<&Stripe>> = stripes.iter().map(|s| s.as_ref().filter(|s| s.contrast > CONTRAST * self.full)).collect();
        // A straight line through the middles.
        let [cx, cy] = self.start.size.map(|n| 0.5 * (n as f64 - 1.0));
        let u = |b: usize| (b * BIN) as f64 + 0.5 * (BIN as f64 - 1.0) - cx;
        let points: Vec<(f64, f64)> =
            kept.iter().enumerate().filter_map(|(b, s)| Some((u(b), 0.5 * (s.as_ref()?.edges[0] + s.as_ref()?.edges[1]) - cy))).collect();
        let n = points.len() as f64;
        let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
        let sxx: f64 = points.iter().map(|p| (p.0 - mx).powi(2)).sum();
        let slope = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum::<f64>() / sxx;
        let rest = points.iter().map(|p| (p.1 - my - slope * (p.0 - mx)).powi(2)).sum::<f64>();
        let sigma = (rest / (n - 2.0).max(1.0)).sqrt();
        let axis = Axis { angle: slope.atan(), offset: (my - slope * mx) * slope.atan().cos() };
        if self.frames.is_empty() {
            self.first = axis;
        }
        let (pixel, cos) = (self.start.pixel, axis.angle.cos());
        let mut f = FrameMeasure {
            alone: [Vec::new(), Vec::new()],
            index: self.frames.len() as u64,
            time,
            flags: if points.len() < 2 { frame_flags::NO_WIRE } else { 0 },
            drift: Drift {
                shift: [f64::NAN, (axis.offset - self.first.offset) * pixel],
                covariance: [f64::INFINITY, 0.0, (sigma * pixel).powi(2) * 2.0 / n],
            },
            axis,
            axis_uncertainty: [sigma / sxx.sqrt(), sigma / n.sqrt()],
            width: vec![f64::NAN; bins],
            statistical: vec![f64::NAN; bins],
            systematic: vec![f64::NAN; bins],
            centre: vec![f64::NAN; bins],
            gap: None,
        };
        let inside = kept.iter().position(Option::is_some).zip(kept.iter().rposition(Option::is_some));
        for (b, s) in kept.iter().enumerate() {
            match s {
                Some(s) => {
                    let width = (s.edges[1] - s.edges[0]) * cos * pixel;
                    f.width[b] = width;
                    // Noise over the slope of an edge that rises over some 4 pixels.
                    f.statistical[b] = 4.0 * s.scatter / s.contrast * 2f64.sqrt() * pixel;
                    f.systematic[b] = INSIDE * width;
                    f.centre[b] = (0.5 * (s.edges[0] + s.edges[1]) - cy - u(b) * slope) * cos * pixel - axis.offset * pixel;
                }
                None if inside.is_some_and(|(a, z)| (a..z).contains(&b)) => {
                    f.width[b] = 0.0;
                    f.statistical[b] = 0.0;
                    f.systematic[b] = 0.0;
                }
                None => {}
            }
        }
        // The longest stretch without silver, if it is longer than chance would have it.
        let runs = f.width.chunk_by(|a, b| (*a == 0.0) == (*b == 0.0));
        let placed = runs.scan(0, |at, run| {
            let from = *at;
            *at += run.len();
            Some((from, run.len(), run.first() == Some(&0.0)))
        });
        if let Some((from, length, _)) = placed.filter(|r| r.2 && r.1 >= 2).max_by_key(|r| r.1) {
            let step = BIN as f64 * pixel;
            let edge = |b: usize| Measurement::new((u(b) - 0.5 * BIN as f64) * pixel, step / 12f64.sqrt());
            let (left, right) = (edge(from), edge(from + length));
            let width = Measurement::new(right.value - left.value, step / 6f64.sqrt());
            f.gap = Some(SeenGap { left, right, width, systematic: INSIDE * width.value, significance: STANDS_OUT, tips: [None, None] });
        }
        self.frames.push(f);
        Ok(())
    }

    fn live(&self) -> Option<&FrameMeasure> {
        self.frames.last()
    }

    fn finish(self) -> Result<MovieMeasurement, HalfMaximumError> {
        let [cx, _] = self.start.size.map(|n| 0.5 * (n as f64 - 1.0));
        let at = |b: usize| ((b * BIN) as f64 + 0.5 * (BIN as f64 - 1.0) - cx) * self.start.pixel;
        let position = (0..self.bins()).map(at).collect();
        // A gap that stays is a rupture.
        let rupture = self.frames.iter().rposition(|f| f.gap.is_none()).map_or(0, |k| k + 1);
        Ok(MovieMeasurement {
            area_factor: pentatwin_analysis::seen::AREA_FACTOR,
            pixel: self.start.pixel,
            size: self.start.size,
            contrast: self.contrast,
            position,
            contacts: [None, None],
            section: "none: the outline at half of the contrast".to_owned(),
            rupture: (rupture < self.frames.len()).then_some(rupture),
            frames: self.frames,
            notes: vec![
                "measured by the outline at half of the contrast, which lies inside the wire's; drift along the wire is not followed"
                    .to_owned(),
            ],
        })
    }
}
