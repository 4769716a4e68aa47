//! The shape of a heated tip on the lattice, averaged over pictures: shared by the tests of shape and the scan of `examples/lattice_scan.rs`.

use pentatwin_analysis::atoms::{FlankRule, SurfaceRule, Wire, edge_on_angles, pieces, surface};
use pentatwin_physics::lattice::{Engine, Exchange, Form, Graph, Limit, Occupation, Occupied, Settling, Start, columns};

/// Temperature [K].
pub const KELVIN: f64 = 1023.15;
/// Layers lost before the first picture, and between pictures.
pub const FORGET: usize = 12;
const BETWEEN: usize = 2;
/// Pictures.
pub const PICTURES: usize = 12;

/// What tips start from.
pub const STARTS: [&str; 3] = ["flat", "rounded", "notched"];

/// A number over the pictures.
#[derive(Clone, Copy, Debug)]
pub struct Over {
    /// Mean.
    pub mean: f64,
    /// Its standard error, as if pictures were independent.
    pub error: f64,
    /// Median: a picture in which a layer is just leaving the flank does not count more than another.
    pub median: f64,
}

impl Over {
    fn of(mut x: Vec<f64>) -> Over {
        let n = x.len().max(1) as f64;
        let mean = x.iter().sum::<f64>() / n;
        let error = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n * (n - 1.0).max(1.0))).sqrt();
        x.sort_by(f64::total_cmp);
        Over { mean, error, median: x.get(x.len() / 2).copied().unwrap_or(f64::NAN) }
    }
}

/// The shape of a tip.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Share of {111} in the cap.
    pub share: Over,
    /// Angle to the axis of the facet of each wedge, seen edge-on [degrees].
    pub facets: [Over; 5],
    /// The same of the ridge opposite, over all wedges.
    pub ridge: Over,
    /// Toggles.
    pub toggles: f64,
}

/// The start of that name on a lattice whose tip is at `end` [m].
pub fn form(start: &str, end: f64, apothem: f64) -> Form {
    match start {
        "rounded" => Form::Rounded(end),
        "notched" => Form::Notched { end, at: end - 0.9 * apothem, depth: 0.3, width: 0.8 * apothem },
        "pyramid" => Form::Pyramid(end),
        _ => Form::Cut(end),
    }
}

/// A tip of `shells` that loses layer after layer, each atom after `ratio` settlings.
///
/// # Panics
/// If the lattice cannot be made or measured.
pub fn shape(shells: usize, ratio: f64, start: &str, seed: u64) -> Shape {
    let layers = 3 * shells + FORGET + BETWEEN * PICTURES + 20;
    let graph = Graph::new(shells + 3, layers, 1).expect("a lattice");
    let end = (layers - 10) as f64 * graph.pitch();
    let apothem = shells as f64 * graph.pitch() / std::f64::consts::SQRT_2;
    let start = Start { shells, form: form(start, end, apothem) };
    let rule = Settling { ratio, ..Settling::default() };
    let mut engine = Exchange::new(graph, &start, rule, KELVIN, seed).expect("a crystal");
    let wire = Wire::from_shells(engine.graph().pitch(), shells);
    let (mut shares, mut ridges) = (Vec::new(), Vec::new());
    let mut facets: [Vec<f64>; 5] = Default::default();
    for picture in 0..PICTURES {
        let lost = if picture == 0 { FORGET } else { BETWEEN };
        engine.run(Limit::lost((columns(shells) * lost) as u64));
        let positions = atoms(&engine, engine.graph());
        shares.extend(surface(&positions, &wire, &SurfaceRule::default()).expect("a surface").cap().map(|c| c.share.value));
        let edges = edge_on_angles(&positions, &wire, 0.25 * wire.spacing, &FlankRule::default()).expect("a silhouette");
        for (w, e) in edges.iter().enumerate() {
            facets[w].extend(e.facet.map(|f| f.angle.value.to_degrees()));
            ridges.extend(e.ridge.map(|f| f.angle.value.to_degrees()));
        }
    }
    Shape { share: Over::of(shares), facets: facets.map(Over::of), ridge: Over::of(ridges), toggles: engine.events() as f64 }
}

/// Positions of all atoms of an engine.
pub fn atoms(engine: &impl Occupied, graph: &Graph) -> Vec<[f64; 3]> {
    Occupation::of(engine, graph).positions(graph, |_| true)
}

/// Sizes of the separate pieces of an engine's atoms, and where each begins and ends along the axis [m].
///
/// # Panics
/// Without atoms.
pub fn separate(engine: &impl Occupied, graph: &Graph) -> Vec<(usize, f64, f64)> {
    let all = atoms(engine, graph);
    let found = pieces(&all, 1.2 * graph.pitch()).expect("atoms");
    (0..)
        .map(|p| found.positions(p, &all))
        .take_while(|p| !p.is_empty())
        .map(|p| {
            let ends = p.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), q| (a.min(q[0]), b.max(q[0])));
            (p.len(), ends.0, ends.1)
        })
        .collect()
}
