//! Detailed balance of the shape engine's hops, in windows small enough to count all states.

use pentatwin_physics::lattice::{Ended, Form, Graph, Occupied, Start, columns};
use pentatwin_physics::shape::Kinetics;
use std::collections::HashMap;

/// Wire below the window.
const SHELLS: usize = 5;
const LAYERS: usize = 16;

/// A few sites that can change on a closed crystal; the first `atoms` are filled at the start.
struct Window {
    graph: Graph,
    sites: Vec<usize>,
    atoms: usize,
    beta: f64,
    force: f64,
}

impl Occupied for Window {
    fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]) {
        Start { shells: SHELLS, form: Form::Section }.column(graph, column, bits);
        for (i, site) in self.sites.iter().enumerate().filter(|(_, s)| *s / LAYERS == column) {
            let k = site % LAYERS;
            bits[k / 64] &= !(1 << (k % 64));
            bits[k / 64] |= u64::from(i < self.atoms) << (k % 64);
        }
    }
}

impl Window {
    /// Sites (shell, place in the shell, layer).
    fn new(sites: &[(usize, usize, usize)], atoms: usize, beta: f64, force: f64) -> Window {
        let sites = sites.iter().map(|(r, t, k)| (columns(r - 1) + t) * LAYERS + k).collect();
        Window { graph: Graph::new(SHELLS + 4, LAYERS, 10).unwrap(), sites, atoms, beta, force }
    }

    /// Seven sites beside a ridge and on it and six above them, with three atoms: adatoms, pairs, and atoms upon atoms with one bond or two.
    fn ridge(beta: f64, force: f64) -> Window {
        let (a, b) = (SHELLS + 1, SHELLS + 2);
        let mut sites: Vec<_> = (0..3).flat_map(|t| (6..8).map(move |k| (a, t, k))).collect();
        sites.extend([(a, 3, 7), (b, 0, 6), (b, 0, 7), (b, 1, 6), (b, 1, 7), (b, 2, 6), (b, 2, 7)]);
        Window::new(&sites, 3, beta, force)
    }

    fn x(&self, site: usize) -> f64 {
        self.graph.layer_position(site / LAYERS, site % LAYERS) / self.graph.pitch()
    }

    /// Whether a site is occupied in a state.
    fn holds(&self, state: usize, site: usize) -> bool {
        match self.sites.iter().position(|s| *s == site) {
            Some(i) => state >> i & 1 == 1,
            None => {
                let mut bits = [0u64; 1];
                self.column(&self.graph, site / LAYERS, &mut bits);
                bits[0] >> (site % LAYERS) & 1 == 1
            }
        }
    }

    /// Occupied neighbours of site i.
    fn bonds(&self, state: usize, i: usize) -> usize {
        self.graph.neighbours(self.sites[i]).into_iter().filter(|n| self.holds(state, *n)).count()
    }

    /// States that hops lead to, by the law as it is written.
    fn next(&self, state: usize) -> Vec<usize> {
        let all = 0..self.sites.len();
        let mut found = Vec::new();
        for i in all.clone().filter(|i| state >> i & 1 == 1) {
            for j in all.clone().filter(|j| state >> j & 1 == 0 && self.graph.neighbours(self.sites[i]).contains(&self.sites[*j])) {
                let there = state ^ 1 << i ^ 1 << j;
                if self.bonds(state, j) >= 2 && all.clone().all(|a| there >> a & 1 == 0 || self.bonds(there, a) > 0) {
                    found.push(there);
                }
            }
        }
        found
    }

    /// Boltzmann's distribution over all states that can be reached.
    fn boltzmann(&self) -> HashMap<usize, f64> {
        let start = (1 << self.atoms) - 1;
        let mut found = HashMap::from([(start, 0.0)]);
        let mut open = vec![start];
        while let Some(state) = open.pop() {
            for s in self.next(state) {
                if found.insert(s, 0.0).is_none() {
                    open.push(s);
                }
            }
        }
        for (state, p) in &mut found {
            let atoms: Vec<usize> = (0..self.sites.len()).filter(|i| state >> i & 1 == 1).collect();
            let mut energy = 0.0;
            for i in &atoms {
                let near = self.graph.neighbours(self.sites[*i]);
                // Bonds between two atoms of the window are found twice.
                let inner = atoms.iter().filter(|j| near.contains(&self.sites[**j])).count();
                energy += self.beta * (self.bonds(*state, *i) as f64 - 0.5 * inner as f64) + self.force * self.x(self.sites[*i]);
            }
            *p = energy.exp();
        }
        let sum: f64 = found.values().sum();
        found.values_mut().for_each(|p| *p /= sum);
        found
    }

    /// Total-variation distance between the time spent in the states and Boltzmann's distribution, after so many attempts each.
    fn distances(&self, seed: u64, until: &[u64], prepare: impl Fn(&mut Kinetics)) -> Vec<f64> {
        let exact = self.boltzmann();
        let mut engine = Kinetics::with_open(self.graph.clone(), self, self.beta, seed, |s| self.sites.contains(&s)).unwrap();
        let psi: Vec<f32> = (0..self.graph.sites()).map(|s| self.x(s) as f32).collect();
        engine.set_potential(&psi, self.force).unwrap();
        prepare(&mut engine);
        let mut spent = vec![0.0; 1 << self.sites.len()];
        let mut found = Vec::new();
        for until in until {
            while engine.attempts() < *until {
                let state: usize = self.sites.iter().enumerate().map(|(i, s)| usize::from(engine.occupied_at(*s)) << i).sum();
                let before = engine.time();
                assert_eq!(engine.run(1, f64::INFINITY), Ended::Limit);
                spent[state] += engine.time() - before;
            }
            let all: f64 = spent.iter().sum();
            let mut distance: f64 = exact.iter().map(|(s, p)| (spent[*s] / all - p).abs()).sum();
            distance += spent.iter().enumerate().filter(|(s, _)| !exact.contains_key(s)).map(|(_, t)| t / all).sum::<f64>();
            found.push(0.5 * distance);
        }
        println!("{} states, beta {}, force {}: {found:.5?} after {until:?} attempts", exact.len(), self.beta, self.force);
        found
    }
}

#[test]
fn the_window_has_hops_that_are_refused_for_the_sake_of_another_atom() {
    let w = Window::ridge(1.0, 0.0);
    let states = w.boltzmann();
    println!("{} states", states.len());
    // Moving away from under another atom.
    let refused = states.keys().flat_map(|s| {
        let all = 0..w.sites.len();
        let w = &w;
        all.clone().filter(move |i| s >> i & 1 == 1).flat_map(move |i| {
            all.clone().filter(move |j| {
                let there = s ^ 1 << i ^ 1 << j;
                let near = w.graph.neighbours(w.sites[i]).contains(&w.sites[*j]);
                s >> j & 1 == 0 && near && w.bonds(*s, *j) >= 2 && (0..w.sites.len()).any(|a| there >> a & 1 == 1 && w.bonds(there, a) == 0)
            })
        })
    });
    assert!(refused.count() > 20);
}

#[test]
fn hops_balance_with_and_without_a_force() {
    for force in [0.0, 0.4] {
        let d = Window::ridge(1.0, force).distances(3, &[30_000, 3_000_000], |_| ());
        assert!(d[1] < 0.015 && d[1] < 0.3 * d[0], "{d:?}");
    }
}

#[test]
fn steps_of_mobility_and_skin_keep_the_balance() {
    let w = Window::ridge(1.0, 0.4);
    let d = w.distances(4, &[50_000, 12_000_000], |k| {
        k.set_mobility(&(0..LAYERS).map(|k| if k < 7 { 0.2 } else { 1.0 }).collect::<Vec<_>>()).unwrap();
        k.set_skin(|s| (s / LAYERS).is_multiple_of(2), 0.3);
    });
    assert!(d[1] < 0.015 && d[1] < 0.3 * d[0], "{d:?}");
}

#[test]
#[ignore = "25 s"]
fn hops_balance_to_a_quarter_of_a_percent() {
    for force in [0.0, 0.4] {
        let d = Window::ridge(1.0, force).distances(5, &[4_000_000, 37_500_000, 150_000_000], |_| ());
        assert!(d[2] < 0.0025, "{d:?}");
        // As one over the square root: 6.1 times less.
        assert!((3.0..12.0).contains(&(d[0] / d[2])), "{d:?}");
    }
}
