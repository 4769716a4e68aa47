//! Small free crystals that hop and evaporate: equivalent radius against time, beside Hertz-Knudsen.

use pentatwin_physics::lattice::*;
use pentatwin_physics::materials::constants::KB;
use pentatwin_physics::materials::silver::OMEGA;
use pentatwin_physics::materials::silver::expansion::LATTICE;
use std::f64::consts::PI;

/// A ball of a diameter [m] in the middle of the lattice, on its five-fold axis.
struct Ball(f64);

impl Occupied for Ball {
    fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]) {
        let [y, z] = graph.column_position(column);
        let middle = 0.5 * graph.layers() as f64 * graph.pitch();
        for k in 0..graph.layers() {
            let x = graph.layer_position(column, k) - middle;
            bits[k / 64] |= u64::from(x * x + y * y + z * z < 0.25 * self.0 * self.0) << (k % 64);
        }
    }
}

/// Hops per evaporation to one vacant side of six: the saddles are raised until this is left.
const HOPS: f64 = 300.0;

struct Shrinking {
    /// Recession of the equivalent radius over Hertz-Knudsen, by least squares.
    slope: f64,
    /// Mean radius [m].
    radius: f64,
    /// Largest distance of the radius from the line, relative to the radius at the start.
    bent: f64,
    /// Atoms at the start, and how far an atom walks before it evaporates [m].
    atoms: u64,
    reach: f64,
}

fn shrink(diameter: f64, celsius: f64, seed: u64) -> Shrinking {
    let kelvin = celsius + 273.15;
    let rates = Rates::at(kelvin).unwrap();
    let scale = HOPS / (6.0 * rates.hop(6) / rates.evaporation(6));
    // Corners of the pentagon stand out; seven shells and layers of guards.
    let graph = Graph::new((0.5 * diameter / (0.5 * LATTICE) * 1.25) as usize + 7, (diameter / 0.2889e-9) as usize + 14, 1).unwrap();
    let mut hops = Hops::new(graph, &Ball(diameter), Hopping { scale, ..Hopping::default() }, kelvin, seed).unwrap();
    let atoms = hops.occupied();
    let radius = |n: u64| (0.75 * n as f64 * OMEGA / PI).cbrt();
    // The ball first finds its facets: 2 % of the atoms.
    hops.run(Limit::lost(atoms / 50));
    let mut points = Vec::new();
    while hops.occupied() > atoms / 2 {
        points.push((hops.time(), radius(hops.occupied())));
        assert_eq!(hops.run(Limit::lost(atoms / 100)), Ended::Limit);
    }
    let n = points.len() as f64;
    let (t, r) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let slope = points.iter().map(|p| (p.0 - t) * (p.1 - r)).sum::<f64>() / points.iter().map(|p| (p.0 - t).powi(2)).sum::<f64>();
    let bent = points.iter().map(|p| (p.1 - r - slope * (p.0 - t)).abs()).fold(0.0, f64::max) / points[0].1;
    Shrinking { slope: -slope / rates.recession(), radius: r, bent, atoms, reach: hops.diffusion_length() }
}

/// What an equilibrated crystal of the bond model would do, over Hertz-Knudsen: its Wulff shape without twins is the regular truncated
/// octahedron, 10 % more area than the ball and R = 1.137 h for the distance h of {111}; {111}, 0.776 of the area, has 2/√3 times the sites
/// of {100} per area; Kelvin's factor with γ{111} = 1.5 ε over √3/4 a² (1.63 J/m²).
fn equilibrated(radius: f64, celsius: f64) -> f64 {
    let gamma = 1.5 * BOND * 1.602_176_634e-19 / (0.25 * 3f64.sqrt() * LATTICE * LATTICE);
    1.099 * (0.776 * 2.0 / 3f64.sqrt() + 0.224) * (2.0 * gamma * OMEGA * 1.137 / (radius * KB * (celsius + 273.15))).exp()
}

#[test]
#[ignore = "20 s"]
fn small_crystals_shrink_linearly_at_650_700_750_degc() {
    for celsius in [650.0, 700.0, 750.0] {
        let runs: Vec<Shrinking> = (1..4).map(|seed| shrink(8e-9, celsius, seed)).collect();
        let mean = runs.iter().map(|r| r.slope).sum::<f64>() / 3.0;
        let error = (runs.iter().map(|r| (r.slope - mean).powi(2)).sum::<f64>() / 6.0).sqrt();
        let due = equilibrated(runs[0].radius, celsius);
        let bent = runs.iter().map(|r| r.bent).fold(0.0, f64::max);
        println!(
            "{celsius} degC, {} atoms, reach {:.1} nm: slope {mean:.3} ± {error:.3} of Hertz-Knudsen, {:.2} of an equilibrated crystal's; bent by {:.2} % of the radius",
            runs[0].atoms,
            runs[0].reach * 1e9,
            mean / due,
            bent * 100.0
        );
        // Linear: what is left over half of the life is the growth of Kelvin's factor.
        assert!(bent < 0.02, "{bent}");
        // Faster than a flat surface, slower than if all adatoms were at equilibrium.
        assert!(mean > 1.0 && mean < due, "{mean} {due}");
        assert!(error < 0.1 * mean);
    }
}

#[test]
#[ignore = "15 s"]
fn large_crystals_shrink_at_hertz_knudsen() {
    // ln(slope) against 1/R, extrapolated to flat.
    let runs: Vec<Shrinking> = [(6e-9, 1), (6e-9, 2), (6e-9, 3), (8e-9, 1), (8e-9, 2), (12e-9, 1), (16e-9, 1)]
        .iter()
        .map(|(d, s)| shrink(*d, 750.0, *s))
        .collect();
    let points: Vec<(f64, f64)> = runs.iter().map(|r| (1e-9 / r.radius, r.slope.ln())).collect();
    for r in &runs {
        println!(
            "{} atoms, radius {:.2} nm: slope {:.3} of Hertz-Knudsen, {:.2} of an equilibrated crystal's",
            r.atoms,
            r.radius * 1e9,
            r.slope,
            r.slope / equilibrated(r.radius, 750.0)
        );
    }
    let n = points.len() as f64;
    let (x, y) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let sxx = points.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>();
    let b = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / sxx;
    let rest = (points.iter().map(|p| (p.1 - y - b * (p.0 - x)).powi(2)).sum::<f64>() / (n - 2.0)).sqrt();
    let (flat, error) = ((y - b * x).exp(), rest * (1.0 / n + x * x / sxx).sqrt());
    println!("750 degC: slope over Hertz-Knudsen of a large crystal {flat:.3} ± {:.3}, capillary length {b:.2} nm", flat * error);
    // A ball of kinks would give 1, the facets of the equilibrium shape give 1.23.
    assert!((0.95..1.3).contains(&flat) && error < 0.1, "{flat}");
}
