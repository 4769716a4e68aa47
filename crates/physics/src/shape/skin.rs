//! Immobile skin over parts of the surface: a hypothesis for what is left of PVP, or carbon (shape3d.md section 2). Off by default.

use super::place::Place;
use crate::lattice::{Occupation, shell_of};
use crate::random::{Purpose, Stream};

/// Patches tried for each that the fraction needs, at most.
const TRIES: usize = 50;

/// Sites under skin: balls around random places of the surface.
#[derive(Clone, Debug)]
pub struct Skin {
    bits: Vec<u64>,
    layers: usize,
}

impl Skin {
    /// Patches of `radius` [m] until at least the part `fraction` of the surface's sites is covered.
    pub fn new(place: &Place, state: &Occupation, fraction: f64, radius: f64, seed: u64) -> Skin {
        let graph = &place.graph;
        let layers = graph.layers();
        let mut skin = Skin { bits: vec![0; graph.sites().div_ceil(64)], layers };
        let surface = state.surface(graph);
        if surface.is_empty() || !(fraction > 0.0) {
            return skin;
        }
        let mut random = Stream::new(seed, Purpose::Lattice, 16);
        let wanted = (fraction.min(1.0) * surface.len() as f64).ceil() as usize;
        let mut covered = 0;
        let mut bare = vec![0u64; skin.bits.len()];
        surface.iter().for_each(|s| bare[*s as usize / 64] |= 1 << (*s % 64));
        let reach = (radius / graph.pitch()).ceil() as usize + 1;
        for _ in 0..TRIES * surface.len() {
            if covered >= wanted {
                break;
            }
            let at = surface[(random.uniform() * surface.len() as f64) as usize] as usize;
            let centre = graph.position(at);
            let k = at % layers;
            let shell = shell_of(at / layers).0;
            for column in 0..graph.open_columns() {
                // Shells are closer than pitches: 1.2 of them to one.
                if shell_of(column).0.abs_diff(shell) > 2 * reach {
                    continue;
                }
                let [y, z] = graph.column_position(column);
                let across = (y - centre[1]).powi(2) + (z - centre[2]).powi(2);
                if across > radius * radius {
                    continue;
                }
                for k in k.saturating_sub(reach)..(k + reach + 1).min(layers) {
                    if across + (graph.layer_position(column, k) - centre[0]).powi(2) <= radius * radius {
                        let site = column * layers + k;
                        let (word, bit) = (site / 64, 1 << (site % 64));
                        skin.bits[word] |= bit;
                        // Counted once each, as they are covered: looking through the surface after each patch takes minutes where they are small.
                        covered += usize::from(bare[word] & bit != 0);
                        bare[word] &= !bit;
                    }
                }
            }
        }
        skin
    }

    /// Whether a site is under skin.
    #[inline]
    pub fn covers(&self, site: usize) -> bool {
        self.bits[site / 64] >> (site % 64) & 1 == 1
    }

    /// Takes it off the layers for which `gone` holds. Whether there was any.
    pub fn lift(&mut self, gone: impl Fn(usize) -> bool) -> bool {
        let mut any = false;
        let sites = self.bits.len() * 64;
        let hot: Vec<bool> = (0..self.layers).map(gone).collect();
        if !hot.contains(&true) {
            return false;
        }
        for site in 0..sites {
            if hot[site % self.layers] && self.covers(site) {
                self.bits[site / 64] &= !(1 << (site % 64));
                any = true;
            }
        }
        any
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        8 * self.bits.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Device;
    use crate::shape::{Filled, Shape};
    use crate::wire::Grid;

    #[test]
    fn the_fraction_is_covered_and_heat_lifts_it_layer_by_layer() {
        let device = Device::default();
        let place = Place::new(&device, &Shape { shells: 12, ..Shape::default() }, &Grid::new(&device, 1), 200).unwrap();
        let state = Occupation::of(&Filled::section(&place.graph, 12), &place.graph);
        let surface = state.surface(&place.graph);
        let part = |s: &Skin| surface.iter().filter(|x| s.covers(**x as usize)).count() as f64 / surface.len() as f64;
        let mut skin = Skin::new(&place, &state, 0.3, 14e-9, 5);
        // The last patch may go beyond: it has some 100 of 12 000 sites.
        assert!((0.3..0.32).contains(&part(&skin)), "{}", part(&skin));
        assert!((part(&Skin::new(&place, &state, 0.3, 14e-9, 6)) - 0.3).abs() < 0.02);
        assert!(!skin.lift(|_| false));
        let half = place.layers / 2;
        assert!(skin.lift(|k| k > half));
        assert!(surface.iter().all(|s| !skin.covers(*s as usize) || *s as usize % place.graph.layers() <= half));
        assert!(part(&skin) > 0.1);
    }
}
