use super::*;
use crate::lattice::{Form, NEIGHBOURS, Occupied, Start};
use crate::random::{Purpose, Stream};

fn lattice(form: Form, shells: usize, guards: usize, layers: usize) -> (Graph, Occupation) {
    let graph = Graph::new(shells + guards, layers, 15).unwrap();
    let occupied = Occupation::of(&Start { shells, form }, &graph);
    (graph, occupied)
}

fn solved(potential: &mut Potential, occupied: &Occupation, share: &[f64], tolerance: f64) -> Solution {
    match potential.solve(occupied, share, tolerance) {
        Ok(Solved::Closed(s)) => s,
        other => panic!("{other:?}"),
    }
}

/// Neighbours within the lattice, guard layers included; none of the outermost shell.
fn around(graph: &Graph, site: usize) -> Vec<usize> {
    let (column, k) = (site / graph.layers(), (site % graph.layers()) as i64);
    let from_layer_1 = (column * graph.layers() + 1) as i64;
    (graph.delta(column).iter())
        .filter_map(|d| {
            let there = (from_layer_1 + i64::from(*d)) as usize;
            let k = k + (there % graph.layers()) as i64 - 1;
            let inside = (0..graph.layers() as i64).contains(&k) && there / graph.layers() < graph.open_columns();
            inside.then(|| there / graph.layers() * graph.layers() + k as usize)
        })
        .collect()
}

fn has(graph: &Graph, occupied: &Occupation, site: usize) -> bool {
    occupied.get(site / graph.layers(), site % graph.layers())
}

/// Current from each layer to the next, through the bonds.
fn crossing(graph: &Graph, occupied: &Occupation, psi: &[f32]) -> Vec<f64> {
    let layers = graph.layers();
    let mut current = vec![0.0; layers - 1];
    for site in (0..graph.open_columns() * layers).filter(|s| has(graph, occupied, *s)) {
        for n in around(graph, site).into_iter().filter(|n| n % layers == site % layers + 1 && has(graph, occupied, *n)) {
            current[site % layers] += f64::from(psi[n]) - f64::from(psi[site]);
        }
    }
    current
}

/// Removes each atom with a probability, and adds some around.
fn roughened(graph: &Graph, occupied: &mut Occupation, seed: u64, part: f64) {
    let mut random = Stream::new(seed, Purpose::Lattice, 0);
    for site in occupied.surface(graph) {
        let site = site as usize;
        if random.uniform() < part {
            occupied.clear(site / graph.layers(), site % graph.layers());
        }
        let there = graph.neighbours(site)[(random.uniform() * NEIGHBOURS as f64) as usize];
        if random.uniform() < part && !graph.guard(there) {
            occupied.set(there / graph.layers(), there % graph.layers());
        }
    }
}

#[test]
fn a_pristine_wire_conducts_two_per_column_and_layer_less_its_surface() {
    for shells in [1, 6, 16] {
        let (graph, occupied) = lattice(Form::Section, shells, 6, 40);
        let mut potential = Potential::new(&graph);
        let s = solved(&mut potential, &occupied, &[1.0; 39], 1e-6);
        let per_layer = (potential.layers()[30] - potential.layers()[10]) / 20.0;
        assert!((per_layer / pristine_gradient(shells) - 1.0).abs() < 1e-4, "{per_layer} {}", pristine_gradient(shells));
        assert!((s.current_out / s.current_in - 1.0).abs() < 1e-4 && (s.current_in - 1.0).abs() < 1e-12);
        let integral = potential.integral();
        let area = columns(shells) as f64 * OMEGA * graph.atoms_per_site() / graph.pitch();
        assert!(((integral[30] - integral[10]) * area / (20.0 * graph.pitch()) - 1.0).abs() < 1e-4);
        // Linear, at each site: from the middle to ten layers further.
        let at = |site: usize| graph.position(site)[0] / graph.pitch();
        let origin = f64::from(potential.sites()[20]);
        for site in (0..columns(shells) * 40).filter(|s| (15..25).contains(&(s % 40))) {
            let expected = origin + (at(site) - 20.0) * pristine_gradient(shells);
            assert!((f64::from(potential.sites()[site]) / expected - 1.0).abs() < 1e-4);
        }
    }
    // 1.940 per column for 16 shells.
    assert!((1.0 / pristine_gradient(16) / columns(16) as f64 - 1.93979).abs() < 1e-5);
}

/// All unknowns by elimination; layer 0 is at 0.
fn by_elimination(graph: &Graph, occupied: &Occupation, share: &[f64]) -> Vec<f64> {
    let layers = graph.layers();
    let mut reached = vec![false; graph.sites()];
    let mut stack: Vec<usize> = (0..graph.open_columns()).map(|c| c * layers).filter(|s| has(graph, occupied, *s)).collect();
    while let Some(site) = stack.pop() {
        if !std::mem::replace(&mut reached[site], true) {
            stack.extend(around(graph, site).into_iter().filter(|n| has(graph, occupied, *n)));
        }
    }
    let unknown: Vec<usize> = (0..graph.sites()).filter(|s| reached[*s] && s % layers > 0).collect();
    let of_layer = |k: usize| unknown.iter().filter(|s| *s % layers == k).count() as f64;
    let n = unknown.len();
    let mut matrix = vec![vec![0.0; n + 1]; n];
    for (i, site) in unknown.iter().enumerate() {
        let k = site % layers;
        matrix[i][n] = (share[k - 1] - share.get(k).copied().unwrap_or(0.0)) / of_layer(k);
        for there in around(graph, *site).into_iter().filter(|n| reached[*n]) {
            matrix[i][i] += 1.0;
            if let Ok(j) = unknown.binary_search(&there) {
                matrix[i][j] -= 1.0;
            }
        }
    }
    for i in 0..n {
        let pivot = matrix[i].clone();
        for row in &mut matrix[i + 1..] {
            let factor = row[i] / pivot[i];
            if factor != 0.0 {
                for c in i..=n {
                    row[c] -= factor * pivot[c];
                }
            }
        }
    }
    let mut psi = vec![0.0; graph.sites()];
    let mut x = vec![0.0; n];
    for i in (0..n).rev() {
        x[i] = (matrix[i][n] - (i + 1..n).map(|j| matrix[i][j] * x[j]).sum::<f64>()) / matrix[i][i];
        psi[unknown[i]] = x[i];
    }
    psi
}

#[test]
fn potentials_are_those_of_an_elimination_whatever_the_shape() {
    let share: Vec<f64> = (0..11).map(|k| 1.0 - 0.06 * f64::from(k)).collect();
    for seed in 0..4 {
        let (graph, mut occupied) = lattice(Form::Section, 3, 4, 12);
        roughened(&graph, &mut occupied, seed, 0.4);
        roughened(&graph, &mut occupied, seed + 100, 0.3);
        let mut potential = Potential::new(&graph);
        let s = solved(&mut potential, &occupied, &share, 1e-6);
        let expected = by_elimination(&graph, &occupied, &share);
        let largest = expected.iter().copied().fold(0.0, f64::max);
        let mut silver = 0;
        for site in (0..graph.sites()).filter(|s| expected[*s] != 0.0) {
            assert!(
                (f64::from(potential.sites()[site]) - expected[site]).abs() < 2e-5 * largest,
                "{} {}",
                potential.sites()[site],
                expected[site]
            );
            silver += 1;
        }
        assert!(silver > 200 && s.residual <= 1e-6);
        // Layers: means of the two planes.
        for k in 1..12 {
            let plane = |parity: usize| {
                let sites =
                    (0..graph.open_columns()).filter(|c| crate::lattice::shell_of(*c).0 % 2 == parity).map(|c| expected[c * 12 + k]);
                let (n, sum) = sites.filter(|psi| *psi != 0.0).fold((0.0, 0.0), |(n, sum), psi| (n + 1.0, sum + psi));
                sum / n
            };
            assert!((potential.layers()[k] - 0.5 * (plane(0) + plane(1))).abs() < 2e-5 * largest);
        }
    }
}

#[test]
fn each_plane_carries_its_share_whatever_the_tolerance() {
    let (graph, mut occupied) = lattice(Form::Section, 8, 6, 60);
    roughened(&graph, &mut occupied, 1, 0.3);
    // All of it up to the contact, then less and less; a tenth at the end.
    let share: Vec<f64> = (0..59).map(|k| if k < 30 { 1.0 } else { (-0.08 * f64::from(k - 29)).exp() }).collect();
    let mut potential = Potential::new(&graph);
    for tolerance in [1e-6, 1e-3, 0.05, 1.0] {
        roughened(&graph, &mut occupied, 2, 0.01);
        let s = solved(&mut potential, &occupied, &share, tolerance);
        let worst = crossing(&graph, &occupied, potential.sites()).iter().zip(&share).map(|(c, s)| (c - s).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-4, "{tolerance}: {worst}");
        assert!((s.current_out / s.current_in - 1.0).abs() < 1e-3 && (s.current_in - 1.0).abs() < 1e-9);
    }
    // And the other way round: what leaves through the surface near layer 0 comes from beyond it.
    let share: Vec<f64> = share.iter().rev().copied().collect();
    let s = solved(&mut potential, &occupied, &share, 1e-3);
    let worst = crossing(&graph, &occupied, potential.sites()).iter().zip(&share).map(|(c, s)| (c - s).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-4 && (s.current_in - share[0]).abs() < 1e-9);
}

/// Resistance per layer of a wire with so many atoms in a layer, as that of the pristine wire times the ratio of atoms.
fn one_dimensional(potential: &Potential, shells: usize, layers: std::ops::Range<usize>) -> f64 {
    let atoms: Vec<f64> = potential.atoms().map(f64::from).collect();
    layers.map(|k| pristine_gradient(shells) * columns(shells) as f64 * 0.5 * (1.0 / atoms[k] + 1.0 / atoms[k + 1])).sum()
}

#[test]
fn resistance_of_a_slowly_varying_wire_is_the_integral() {
    let layers = 200;
    // Least radius; the surface of a thin wire conducts less than its atoms say.
    for (shells, least, surface) in [(16, 0.8, 0.01), (16, 0.5, 0.03), (24, 0.5, 0.03)] {
        let length = layers as f64 * Graph::new(shells, layers, 15).unwrap().pitch();
        let wave = |x: f64| 1.0 - (1.0 - least) * 0.5 * (1.0 - (std::f64::consts::TAU * x).cos());
        let form = Form::Profile((0..=200).map(|i| f64::from(i) / 200.0).map(|x| (x * length, wave(x))).collect());
        let (graph, occupied) = lattice(form, shells, 6, layers);
        let mut potential = Potential::new(&graph);
        solved(&mut potential, &occupied, &vec![1.0; layers - 1], 1e-4);
        let between = |of: &[f64]| of[layers - 5] - of[5];
        let (found, level) = (between(potential.layers()), between(potential.level()));
        assert!((0.0..0.01).contains(&(found / level - 1.0)), "{shells} {least}: {}", found / level);
        let integral = potential.integral();
        let atoms: Vec<f64> = potential.atoms().map(f64::from).collect();
        let pitch_over_area = |k: usize| graph.pitch().powi(2) / (OMEGA * graph.atoms_per_site() * atoms[k]);
        let expected: f64 = (5..layers - 5).map(|k| 0.5 * (pitch_over_area(k) + pitch_over_area(k + 1))).sum();
        assert!((0.0..0.01).contains(&(between(&integral) / expected - 1.0)), "{shells} {least}: {}", between(&integral) / expected);
        let atoms = one_dimensional(&potential, shells, 5..layers - 5);
        assert!((0.0..surface).contains(&(found / atoms - 1.0)), "{shells} {least}: {}", found / atoms);
    }
}

#[test]
fn a_pit_on_one_side_resists_more_than_the_integral() {
    let (graph, mut occupied) = lattice(Form::Section, 12, 4, 80);
    // A half ball cut out of the surface: half of the cross-section at its middle.
    let middle = graph.position(columns(11) * 80 + 40);
    let radius = 12.0 * graph.pitch();
    for site in 0..graph.open_columns() * 80 {
        let p = graph.position(site);
        if (0..3).map(|i| (p[i] - middle[i]).powi(2)).sum::<f64>() < radius * radius {
            occupied.clear(site / 80, site % 80);
        }
    }
    let mut potential = Potential::new(&graph);
    solved(&mut potential, &occupied, &[1.0; 79], 1e-5);
    let least = f64::from(potential.atoms().min().unwrap()) / columns(12) as f64;
    let between = |of: &[f64]| of[75] - of[5];
    let (found, level) = (between(potential.layers()), between(potential.level()));
    assert!((0.4..0.6).contains(&least) && found > 1.03 * level && level > 1.1 * 70.0 * pristine_gradient(12), "{least} {found} {level}");
    assert!(found > 1.03 * one_dimensional(&potential, 12, 5..75));
}

#[test]
fn an_open_wire_is_open_and_pieces_between_its_ends_are_found() {
    let pitch = Graph::new(8, 60, 15).unwrap().pitch();
    let (graph, mut occupied) = lattice(Form::Gap { at: 30.0 * pitch, width: 16.0 * pitch }, 6, 8, 60);
    let whole = Occupation::of(&Start { shells: 6, form: Form::Section }, &graph);
    let mut potential = Potential::new(&graph);
    solved(&mut potential, &whole, &[1.0; 59], 1e-4);
    let before = potential.sites().to_vec();
    // A bar of three atoms in the gap, one atom, and two that touch the last layer besides the wire's.
    let outside = columns(9) + 2;
    occupied.set(0, 29);
    occupied.set(0, 30);
    occupied.set(0, 31);
    occupied.set(columns(3), 30);
    occupied.set(outside, 58);
    occupied.set(outside, 59);
    let Ok(Solved::Open { detached }) = potential.solve(&occupied, &[1.0; 59], 1e-4) else { panic!() };
    let one = (columns(3) * 60 + 30) as u32;
    assert_eq!(detached, [Piece { sites: vec![29, 30, 31] }, Piece { sites: vec![one] }]);
    assert_eq!(potential.sites(), before);
    // The same pieces beside a wire that conducts: one is now part of it, the one beside it is not.
    let mut beside = whole.clone();
    beside.set(outside, 20);
    beside.set(outside, 21);
    let s = solved(&mut potential, &beside, &[1.0; 59], 1e-4);
    let base = (outside * 60) as u32;
    assert_eq!(s.detached, [Piece { sites: vec![base + 20, base + 21] }]);
    assert!((s.current_out / s.current_in - 1.0).abs() < 1e-3);
    // Nothing at all is open.
    let empty = Occupation::of(&Start { shells: 6, form: Form::Profile(Vec::new()) }, &graph);
    assert_eq!(potential.solve(&empty, &[1.0; 59], 1e-4), Ok(Solved::Open { detached: Vec::new() }));
}

#[test]
fn after_few_changes_two_iterations_are_enough() {
    let (graph, mut occupied) = lattice(Form::Section, 16, 9, 120);
    roughened(&graph, &mut occupied, 1, 0.3);
    let share = [1.0; 119];
    let mut potential = Potential::new(&graph);
    let cold = solved(&mut potential, &occupied, &share, 1e-4).iterations;
    assert_eq!(solved(&mut potential, &occupied, &share, 1e-4).iterations, 0);
    for seed in 0..5 {
        // A hundredth of the surface.
        roughened(&graph, &mut occupied, 100 + seed, 0.01);
        let warm = solved(&mut potential, &occupied, &share, 2e-2);
        assert!(warm.iterations <= 2 && cold > 10, "{} {cold}", warm.iterations);
        // Warm or cold, the same comes out.
        let mut anew = Potential::new(&graph);
        solved(&mut anew, &occupied, &share, 1e-4);
        assert!((potential.layers()[115] / anew.layers()[115] - 1.0).abs() < 2e-3);
    }
}

#[test]
fn vacant_sites_in_four_rings_have_the_mean_of_known_neighbours() {
    let (graph, mut occupied) = lattice(Form::Section, 4, 8, 30);
    roughened(&graph, &mut occupied, 3, 0.3);
    let mut potential = Potential::new(&graph);
    // The second time with other silver around: nothing of the first may stay.
    for shells in [4, 2] {
        if shells == 2 {
            occupied = Occupation::of(&Start { shells, form: Form::Section }, &graph);
            roughened(&graph, &mut occupied, 4, 0.2);
        }
        let s = solved(&mut potential, &occupied, &[1.0; 29], 1e-5);
        let detached: Vec<usize> = s.detached.iter().flat_map(|p| &p.sites).map(|s| *s as usize).collect();
        let mut psi = vec![None; graph.sites()];
        for site in (0..graph.open_columns() * 30).filter(|s| has(&graph, &occupied, *s) && !detached.contains(s)) {
            psi[site] = Some(f64::from(potential.sites()[site]));
        }
        for _ in 0..4 {
            let before = psi.clone();
            for site in (0..graph.open_columns() * 30).filter(|s| before[*s].is_none()) {
                let known: Vec<f64> = around(&graph, site).into_iter().filter_map(|n| before[n]).collect();
                if !known.is_empty() {
                    psi[site] = Some(known.iter().sum::<f64>() / known.len() as f64);
                }
            }
        }
        for (site, psi) in psi.into_iter().enumerate() {
            let expected = psi.unwrap_or(0.0);
            assert!((f64::from(potential.sites()[site]) - expected).abs() < 1e-6, "{site}: {} {expected}", potential.sites()[site]);
        }
    }
}

#[test]
fn nonsense_is_an_error() {
    let (graph, occupied) = lattice(Form::Section, 2, 2, 20);
    let (_, other) = lattice(Form::Section, 2, 3, 20);
    let mut potential = Potential::new(&graph);
    let share = [1.0; 19];
    assert_eq!(potential.solve(&other, &share, 1e-3), Err(PotentialError::OtherLattice));
    assert!(matches!(potential.solve(&occupied, &share[1..], 1e-3), Err(PotentialError::Shares { .. })));
    assert!(matches!(potential.solve(&occupied, &[f64::NAN; 19], 1e-3), Err(PotentialError::Share { layer: 0, .. })));
    for tolerance in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(potential.solve(&occupied, &share, tolerance), Err(PotentialError::Tolerance(_))));
    }
    // One that cannot be reached is the least that can.
    assert!(solved(&mut potential, &occupied, &share, f64::MIN_POSITIVE).residual <= 1e-6);
    // No current is no potential.
    let s = solved(&mut potential, &occupied, &[0.0; 19], 1e-6);
    let largest = potential.sites().iter().fold(0.0f32, |a, psi| a.max(psi.abs()));
    // In its norm, 1e-6 of that of a current of 1, whose potential is 20 pristine_gradient(2) = 0.8.
    assert!(s.current_in == 0.0 && largest < 5e-6, "{largest}");
    assert!(potential.bytes() > 0);
    // The smallest lattice, all of it silver, guards too.
    let graph = Graph::new(1, 4, 1).unwrap();
    struct All;
    impl Occupied for All {
        fn column(&self, graph: &Graph, _: usize, bits: &mut [u64]) {
            bits[0] = (1 << graph.layers()) - 1;
        }
    }
    solved(&mut Potential::new(&graph), &Occupation::of(&All, &graph), &[1.0; 3], 1e-6);
}
