//! How far each side of a wire lies behind the wire around it, and the one-sided places of that.

use super::Relief;
use super::relief::RELIEF_STEPS as STEPS;

/// How far along the axis to either side the wire around is looked for, over its radius.
const AROUND: f64 = 2.0;
/// The wall opposite has receded by less than this part of the pit's side (or less than a pitch).
const OPPOSITE: f64 = 1.0 / 3.0;
/// Part of the recession that the outermost silver has made too: what is missing behind a wall opens elsewhere.
const OPEN: f64 = 0.5;
/// Two places are one if what is between them is deeper than this part of the shallower one.
const SADDLE: f64 = 0.5;

/// A layer and a step of azimuth.
pub(super) type Cell = (usize, usize);
pub(super) type Map = Vec<[f64; STEPS]>;

/// Recession of each side from the wire around: R(φ, x) is compared, azimuth by azimuth, with the smaller of its largest values up to two
/// radii before and behind (a closing along x), both averaged over three layers and 72° of azimuth.
pub(super) struct Recession {
    /// By what is left of its sectors [m].
    pub(super) area: Map,
    /// By its outermost silver [m].
    pub(super) outermost: Map,
    /// How far around was looked [layers].
    pub(super) reach: usize,
}

impl Recession {
    pub(super) fn of(relief: &Relief) -> Recession {
        let made = &relief.areas.made;
        let reach = (AROUND * made.radius() / made.pitch).ceil() as usize;
        let below = |map: &Map| {
            let smooth = smoothed(map);
            let around = closed(&smooth, reach);
            smooth.iter().zip(&around).map(|(s, a)| std::array::from_fn(|j| a[j] - s[j])).collect()
        };
        Recession { area: below(&relief.radius), outermost: below(&relief.outermost), reach }
    }

    /// Recession of a side beyond that of the wall opposite, if that is at its place; else 0.
    fn one_sided(&self, (k, j): Cell, pitch: f64) -> f64 {
        let here = self.area[k][j];
        let opposite = self.outermost[k][(j + STEPS / 2) % STEPS];
        if opposite <= (OPPOSITE * here).max(pitch) && self.outermost[k][j] >= OPEN * here { here - opposite } else { 0.0 }
    }

    /// Largest recession of a region's cells in a layer.
    pub(super) fn deepest(&self, layer: usize, region: &[Cell]) -> f64 {
        region.iter().filter(|c| c.0 == layer).map(|&(k, j)| self.area[k][j]).fold(0.0, f64::max)
    }

    /// Connected places of one-sided recession above `least` that reach `peak` [m], the deepest cell first in each, parted at shallow
    /// saddles (a watershed with persistence). Layers at the ends, which are filled in part, are left out.
    pub(super) fn regions(&self, least: f64, peak: f64, pitch: f64) -> Vec<Vec<Cell>> {
        let mut cells: Vec<(f64, Cell)> = Vec::new();
        for k in 3..self.area.len().saturating_sub(3) {
            cells.extend((0..STEPS).map(|j| (self.one_sided((k, j), pitch), (k, j))).filter(|c| c.0 > least));
        }
        cells.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut regions: Vec<Vec<Cell>> = Vec::new();
        let mut peaks: Vec<f64> = Vec::new();
        let mut of = vec![[usize::MAX; STEPS]; self.area.len()];
        for (depth, (k, j)) in cells {
            let sides = [(k - 1, j), (k + 1, j), (k, (j + 1) % STEPS), (k, (j + STEPS - 1) % STEPS)];
            let mut near: Vec<usize> = sides.iter().map(|&(k, j)| of[k][j]).filter(|&r| r != usize::MAX).collect();
            // The region with the highest peak has the lowest number.
            near.sort_unstable();
            near.dedup();
            let Some(&first) = near.first() else {
                of[k][j] = regions.len();
                regions.push(vec![(k, j)]);
                peaks.push(depth);
                continue;
            };
            of[k][j] = first;
            regions[first].push((k, j));
            for &other in &near[1..] {
                if depth > SADDLE * peaks[other] {
                    let moved = std::mem::take(&mut regions[other]);
                    moved.iter().for_each(|&(k, j)| of[k][j] = first);
                    regions[first].extend(moved);
                }
            }
        }
        regions.into_iter().zip(peaks).filter(|(r, p)| !r.is_empty() && *p >= peak).map(|(r, _)| r).collect()
    }
}

/// Mean over a wedge of azimuth and three layers.
fn smoothed(map: &Map) -> Map {
    let around = (STEPS / 10) as i64;
    let row = |radius: &[f64; STEPS]| -> [f64; STEPS] {
        let at = |j: i64| radius[j.rem_euclid(STEPS as i64) as usize];
        // The two outermost steps count half.
        std::array::from_fn(|j| {
            let j = j as i64;
            let inner: f64 = (1 - around..around).map(|i| at(j + i)).sum();
            (inner + 0.5 * (at(j - around) + at(j + around))) / (2 * around) as f64
        })
    };
    let rows: Map = map.iter().map(row).collect();
    (0..rows.len())
        .map(|k| {
            let near = &rows[k.saturating_sub(1)..(k + 2).min(rows.len())];
            std::array::from_fn(|j| near.iter().map(|r| r[j]).sum::<f64>() / near.len() as f64)
        })
        .collect()
}

/// The radius of the wire around, by layers and azimuth: the same closing, of the mean of five layers, in which roughness has averaged out.
pub(super) fn around(relief: &Relief, reach: usize) -> Map {
    let map = &relief.radius;
    let mean = |k: usize| -> [f64; STEPS] {
        let near = &map[k.saturating_sub(2)..(k + 3).min(map.len())];
        std::array::from_fn(|j| near.iter().map(|r| r[j]).sum::<f64>() / near.len() as f64)
    };
    closed(&(0..map.len()).map(mean).collect(), reach)
}

/// The smaller of the largest values up to `reach` layers before and behind, the own one included.
fn closed(map: &Map, reach: usize) -> Map {
    let largest = |rows: &[[f64; STEPS]], j: usize| rows.iter().map(|r| r[j]).fold(0.0, f64::max);
    (0..map.len())
        .map(|k| {
            let (before, after) = (&map[k.saturating_sub(reach)..=k], &map[k..(k + reach + 1).min(map.len())]);
            std::array::from_fn(|j| largest(before, j).min(largest(after, j)))
        })
        .collect()
}
