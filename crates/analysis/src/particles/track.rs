//! Particles through time.

use super::detect::Detection;
use crate::Measurement;
use crate::fit::least_squares;

/// What may be the same particle.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Gate {
    /// Furthest from one frame to the next [pixels], beyond the places' own uncertainties.
    pub distance: f64,
    /// Frames that a particle may be missing.
    pub missing: usize,
    /// Fewest detections of a track.
    pub least: usize,
}

impl Default for Gate {
    /// 4 pixels, one frame missing, two detections.
    fn default() -> Gate {
        Gate { distance: 4.0, missing: 1, least: 2 }
    }
}

/// A particle followed.
#[derive(Clone, PartialEq, Debug)]
pub struct Track {
    /// Frame and detection, in order of time. The first is its birth, the last its death (or the movie's end).
    pub seen: Vec<(usize, Detection)>,
    /// Velocity along x and y [pixels per s]; `None` with fewer than four detections.
    pub velocity: Option<[Measurement; 2]>,
    /// Mean of its signals [electrons], weighted.
    pub signal: Measurement,
}

/// Links detections (one list for each frame) to tracks: the nearest pairs first, within the gate, which widens with each frame missing. What
/// finds no partner is born, what is missing too long has died. `times` [s] gives the velocities.
pub fn link(times: &[f64], frames: &[Vec<Detection>], gate: &Gate) -> Vec<Track> {
    let mut tracks: Vec<Vec<(usize, Detection)>> = Vec::new();
    let mut alive: Vec<usize> = Vec::new();
    for (frame, detections) in frames.iter().enumerate().take(times.len()) {
        alive.retain(|&t| tracks[t].last().is_some_and(|(f, _)| frame - f <= gate.missing + 1));
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        for &t in &alive {
            let Some((last_frame, last)) = tracks[t].last() else { continue };
            for (k, d) in detections.iter().enumerate() {
                let away = (d.place[0] - last.place[0]).hypot(d.place[1] - last.place[1]);
                let reach = gate.distance * ((frame - last_frame) as f64).sqrt() + 3.0 * d.uncertainty.hypot(last.uncertainty);
                if away <= reach {
                    pairs.push((away, t, k));
                }
            }
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut taken, mut used) = (vec![false; detections.len()], Vec::new());
        for (_, t, k) in pairs {
            if !taken[k] && !used.contains(&t) {
                taken[k] = true;
                used.push(t);
                tracks[t].push((frame, detections[k]));
            }
        }
        for (k, d) in detections.iter().enumerate() {
            if !taken[k] && d.place.iter().all(|p| p.is_finite()) {
                alive.push(tracks.len());
                tracks.push(vec![(frame, *d)]);
            }
        }
    }
    tracks.into_iter().filter(|t| t.len() >= gate.least.max(1)).map(|seen| finish(times, seen)).collect()
}

fn finish(times: &[f64], seen: Vec<(usize, Detection)>) -> Track {
    let velocity = |axis: usize| {
        let middle = seen.iter().map(|s| times[s.0]).sum::<f64>() / seen.len() as f64;
        let fit = least_squares(seen.iter().map(|s| ([1.0, times[s.0] - middle], s.1.place[axis])))?;
        (fit.samples > 3).then(|| Measurement::new(fit.coefficients[1], fit.covariance[1][1].max(0.0).sqrt()))
    };
    let weight = |d: &Detection| 1.0 / d.signal.uncertainty.max(1e-9).powi(2);
    let total: f64 = seen.iter().map(|s| weight(&s.1)).sum();
    let mean = seen.iter().map(|s| weight(&s.1) * s.1.signal.value).sum::<f64>() / total;
    let velocity = velocity(0).zip(velocity(1)).map(|(x, y)| [x, y]);
    Track { signal: Measurement::new(mean, total.sqrt().recip()), velocity, seen }
}
