//! How long the potential of the shape engine takes: cold, and warm after hops of the whole surface.
//!
//! `cargo run --release -p pentatwin-physics --example shape_potential`

use pentatwin_physics::lattice::{Form, Graph, NEIGHBOURS, Occupation, Start};
use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_physics::shape::{Potential, Solution, Solved};
use std::time::Instant;

/// Warm solves of each kind; the fastest counts.
const ROUNDS: usize = 5;
/// Guard shells: room for hillocks.
const ROOM: usize = 9;
/// Bond energy over kT: 716 K with the default facet state.
const BETA: f64 = 2.03;

fn main() {
    println!("                                            |   cold to 1e-4 |  warm to 2e-2  |  warm to 2e-3");
    println!("shells layers   atoms least radius   B/site |     ms   iter. |     ms   iter. |     ms   iter. | out/in");
    for (shells, layers) in [(12, 190), (16, 190), (16, 260), (24, 390)] {
        for least in [1.0, 0.5, 0.3] {
            if let Err(e) = row(shells, layers, least) {
                println!("{shells:6} {layers:6} least radius {least}: {e}");
            }
        }
    }
}

fn row(shells: usize, layers: usize, least: f64) -> Result<(), String> {
    let graph = Graph::of_area(8.69e-15, shells, ROOM, layers).map_err(|e| e.to_string())?;
    let length = layers as f64 * graph.pitch();
    let radius = |x: f64| 1.0 - (1.0 - least) * (-((x - 0.4) / 0.08).powi(2)).exp();
    let form = Form::Profile((0..=100).map(|i| f64::from(i) / 100.0).map(|x| (x * length, radius(x))).collect());
    let mut surface = Surface {
        occupied: Occupation::of(&Start { shells, form }, &graph),
        delta: (0..graph.columns()).map(|c| graph.delta(c)).collect(),
        graph: &graph,
        random: Stream::new(1, Purpose::Lattice, 0),
    };
    // To a surface in equilibrium, more or less.
    surface.hop(60_000);
    let share = vec![1.0; layers - 1];
    let mut potential = Potential::new(&graph);
    let cold = timed(&mut potential, &surface.occupied, &share, 1e-4)?;
    let mut warm: [Vec<(f64, Solution)>; 2] = Default::default();
    for (tolerance, warm) in [2e-2, 2e-3].into_iter().zip(&mut warm) {
        for _ in 0..ROUNDS {
            surface.hop(20_000);
            warm.push(timed(&mut potential, &surface.occupied, &share, tolerance)?);
        }
        warm.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    let [loose, tight] = warm.each_ref().map(|w| &w[0]);
    println!(
        "{shells:6} {layers:6} {:7} {least:12} {:8.1} | {:6.1} {:7} | {:6.1} {:7} | {:6.1} {:7} | {:.6}",
        surface.occupied.count(),
        potential.bytes() as f64 / graph.sites() as f64,
        cold.0,
        cold.1.iterations,
        loose.0,
        loose.1.iterations,
        tight.0,
        tight.1.iterations,
        loose.1.current_out / loose.1.current_in,
    );
    Ok(())
}

/// Milliseconds, and what came out.
fn timed(potential: &mut Potential, occupied: &Occupation, share: &[f64], tolerance: f64) -> Result<(f64, Solution), String> {
    let start = Instant::now();
    let solved = potential.solve(occupied, share, tolerance);
    let ms = start.elapsed().as_secs_f64() * 1e3;
    match solved {
        Ok(Solved::Closed(solution)) => Ok((ms, solution)),
        Ok(Solved::Open { .. }) => Err("broken".to_owned()),
        Err(e) => Err(e.to_string()),
    }
}

/// Surface atoms that hop to vacant neighbouring sites, in equilibrium.
struct Surface<'a> {
    graph: &'a Graph,
    occupied: Occupation,
    delta: Vec<[i32; NEIGHBOURS]>,
    random: Stream,
}

impl Surface<'_> {
    fn below(&mut self, n: usize) -> usize {
        ((self.random.uniform() * n as f64) as usize).min(n - 1)
    }
    fn neighbours(&self, site: usize) -> [usize; NEIGHBOURS] {
        self.delta[self.graph.column_of(site)].map(|d| (site as i64 + i64::from(d)) as usize)
    }
    fn has(&self, site: usize) -> bool {
        self.occupied.get(self.graph.column_of(site), site % self.graph.layers())
    }
    fn bonds(&self, site: usize) -> usize {
        self.neighbours(site).into_iter().filter(|n| self.has(*n)).count()
    }

    fn hop(&mut self, hops: usize) {
        let layers = self.graph.layers();
        let mut done = 0;
        while done < hops {
            let surface = self.occupied.surface(self.graph);
            if surface.is_empty() {
                return;
            }
            // The list goes stale: often enough anew.
            for _ in 0..10 * surface.len() {
                let from = surface[self.below(surface.len())] as usize;
                let to = self.neighbours(from)[self.below(NEIGHBOURS)];
                if self.graph.guard(to) || !self.has(from) || self.has(to) {
                    continue;
                }
                let (here, there) = (self.bonds(from), self.bonds(to) - 1);
                if there > 0 && self.random.uniform() < (BETA * (there as f64 - here as f64)).exp() {
                    self.occupied.clear(from / layers, from % layers);
                    self.occupied.set(to / layers, to % layers);
                    done += 1;
                    if done == hops {
                        return;
                    }
                }
            }
        }
    }
}
