//! How many electrons each part of the wire has seen.

use crate::view::View;

/// Whether the beam reaches the specimen between frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beam {
    /// On all the time.
    Open,
    /// Blanked whenever no image is taken (paper, Methods).
    Blanked,
}

/// Dose accumulated along the wire [e/m²], in stretches of equal length.
#[derive(Clone, PartialEq, Debug)]
pub struct DoseMap {
    start: f64,
    pitch: f64,
    dose: Vec<f64>,
}

/// What the beam has done to one stretch of the wire.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Exposed {
    /// Largest dose [e/m²].
    pub most: f64,
    /// Mean dose [e/m²].
    pub mean: f64,
}

impl DoseMap {
    /// No dose yet, from `start` to `end` [m] in `stretches`.
    pub fn new(start: f64, end: f64, stretches: usize) -> DoseMap {
        let n = stretches.max(1);
        let pitch = (end - start) / n as f64;
        DoseMap { start, pitch: if pitch.is_finite() && pitch > 0.0 { pitch } else { 1e-9 }, dose: vec![0.0; n] }
    }

    /// Adds a dose [e/m²] where the view's field covers the wire's axis; a stretch the field covers in part gets its share.
    ///
    /// In TEM the beam is taken to be as wide as the field; a wider one would expose more.
    pub fn add(&mut self, view: &View, dose: f64) {
        if !(dose.is_finite() && dose > 0.0) || view.check().is_err() {
            return;
        }
        let (w, h) = (0.5 * view.width as f64 * view.pixel, 0.5 * view.height as f64 * view.pixel);
        let (c, s) = (view.rotation.cos(), view.rotation.sin());
        // The axis y = 0 in the image: (x, y) = ((u - cu) c + cv s, (u - cu) s - cv c) lies in the field while |x| < w and |y| < h.
        let (cu, cv) = (view.centre[0], view.centre[1]);
        let inside = |factor: f64, offset: f64, half: f64| {
            if factor.abs() < 1e-12 {
                if offset.abs() <= half { (f64::NEG_INFINITY, f64::INFINITY) } else { (1.0, 0.0) }
            } else {
                let (a, b) = ((-half - offset) / factor, (half - offset) / factor);
                (a.min(b), a.max(b))
            }
        };
        let (a, b) = (inside(c, cv * s, w), inside(s, -cv * c, h));
        let (from, to) = (cu + a.0.max(b.0), cu + a.1.min(b.1));
        for (k, d) in self.dose.iter_mut().enumerate() {
            let left = self.start + k as f64 * self.pitch;
            let covered = ((left + self.pitch).min(to) - left.max(from)) / self.pitch;
            if covered > 0.0 {
                *d += dose * covered;
            }
        }
    }

    /// Adds what falls on the specimen in `time` [s] between frames at `rate` [e/m²/s].
    pub fn between(&mut self, view: &View, beam: Beam, rate: f64, time: f64) {
        if beam == Beam::Open {
            self.add(view, rate * time);
        }
    }

    /// Dose at a place [e/m²]; 0 beyond the ends.
    pub fn at(&self, x: f64) -> f64 {
        let k = ((x - self.start) / self.pitch).floor();
        if k >= 0.0 { self.dose.get(k as usize).copied().unwrap_or(0.0) } else { 0.0 }
    }

    /// Dose of each stretch [e/m²].
    pub fn values(&self) -> &[f64] {
        &self.dose
    }

    /// Largest and mean dose between two places [m].
    pub fn over(&self, from: f64, to: f64) -> Exposed {
        let inside = self.dose.iter().enumerate().filter(|(k, _)| {
            let x = self.start + (*k as f64 + 0.5) * self.pitch;
            x >= from && x <= to
        });
        let (mut most, mut sum, mut n) = (0.0f64, 0.0, 0.0);
        for (_, d) in inside {
            most = most.max(*d);
            sum += d;
            n += 1.0;
        }
        Exposed { most, mean: if n > 0.0 { sum / n } else { 0.0 } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Mode;

    #[test]
    fn dose_adds_up_where_the_field_lies_and_nowhere_else() {
        let mut map = DoseMap::new(-2e-6, 7e-6, 900);
        let wide = View::square(Mode::BrightField, 1024, 6e-6, 2.5e-6);
        let close = View::square(Mode::BrightField, 1024, 1.024e-6, 1e-6);
        // 50 e/nm2/s for 10 s, then one frame of 140 e/nm2 at the gap.
        map.add(&wide, 500e18);
        map.add(&close, 140e18);
        assert!((map.at(1e-6) / 640e18 - 1.0).abs() < 1e-12);
        assert!((map.at(3e-6) / 500e18 - 1.0).abs() < 1e-12);
        assert_eq!(map.at(-1.5e-6), 0.0);
        assert!((map.over(0.0, 5e-6).most / 640e18 - 1.0).abs() < 1e-12);
        // The dose is conserved: field length times dose.
        let total: f64 = map.values().iter().sum::<f64>() * 10e-9;
        assert!((total / (6e-6 * 500e18 + 1.024e-6 * 140e18) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_blanked_beam_adds_nothing_between_frames() {
        let view = View::square(Mode::BrightField, 64, 6e-6, 2.5e-6);
        let mut map = DoseMap::new(0.0, 5e-6, 10);
        map.between(&view, Beam::Blanked, 50e18, 10.0);
        assert_eq!(map.at(1e-6), 0.0);
        map.between(&view, Beam::Open, 50e18, 10.0);
        assert!((map.at(1e-6) / 500e18 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_turned_field_covers_what_it_covers() {
        let mut map = DoseMap::new(-2e-6, 2e-6, 4000);
        let view = View { rotation: std::f64::consts::FRAC_PI_4, ..View::square(Mode::BrightField, 100, 1e-6, 0.0) };
        map.add(&view, 1.0);
        // The diagonal of the field lies along the wire.
        assert!((map.values().iter().sum::<f64>() * 1e-9 / (2f64.sqrt() * 1e-6) - 1.0).abs() < 1e-6);
    }
}
