//! The lattice engine against exact results, and what its tips look like (lattice.md).

use pentatwin_physics::lattice::{Engine, Evaporation, Exchange, Form, Graph, Limit, Rates, Settling, Start, columns};
use pentatwin_validation::lattice::{KELVIN, STARTS, separate, shape};

/// The angle between {111} and the axis by geometry [degrees].
fn exact() -> f64 {
    180.0 - 2f64.sqrt().atan().to_degrees()
}

#[test]
fn sides_111_and_edges_have_8_9_and_6_neighbours() {
    let shells = 12;
    let graph = Graph::new(shells + 3, 60, 1).unwrap();
    let section = Start { shells, form: Form::Section };
    let engine = Exchange::new(graph.clone(), &section, Settling::default(), KELVIN, 1).unwrap();
    let sides = engine.histogram();
    // Five sides with `shells - 1` columns between the edges, and five edges, 58 free layers each.
    assert_eq!((sides[8], sides[6]), (5 * 58 * (shells as u64 - 1), 5 * 58));
    assert_eq!(sides.iter().sum::<u64>(), 58 * columns(shells) as u64);
    // A pyramid adds five {111} triangles with (n - 1)(n - 2) / 2 inner atoms each, which have 9 neighbours.
    let pyramid = Start { shells, form: Form::Pyramid(50.0 * graph.pitch()) };
    let engine = Exchange::new(graph, &pyramid, Settling::default(), KELVIN, 1).unwrap();
    assert_eq!(engine.histogram()[9], 5 * (shells as u64 - 1) * (shells as u64 - 2) / 2, "{:?}", engine.histogram());
}

#[test]
fn a_kink_evaporates_at_the_hertz_knudsen_rate_of_its_area() {
    // A code test: the attempt rate is made so. A pristine section's edges are its only kinks (k_7 and above are 3e-3 of k_6 and less).
    let shells = 8;
    let rates = Rates::at(KELVIN).unwrap();
    let expected = 5.0 * 58.0 * rates.evaporation(6);
    let mut sum = 0.0;
    let n = 400;
    for seed in 0..n {
        let graph = Graph::new(shells + 1, 60, 1).unwrap();
        let mut engine = Evaporation::new(graph, &Start { shells, form: Form::Section }, KELVIN, seed).unwrap().drawing_times();
        engine.run(Limit::events(1));
        sum += engine.time();
    }
    let rate = f64::from(n as u32) / sum;
    println!("kink rate over Hertz-Knudsen {:.3}", rate / expected);
    // Four standard errors of a mean of 400 exponential times; side atoms (k_8) add 1e-4.
    assert!((rate / expected - 1.0).abs() < 4.0 / f64::from(n as u32).sqrt());
}

#[test]
fn two_pieces_3_5_nm_apart_do_not_heal_across_vacuum() {
    let shells = 12;
    let graph = Graph::new(shells + 3, 120, 1).unwrap();
    let at = 60.0 * graph.pitch();
    let start = Start { shells, form: Form::Gap { at, width: 3.5e-9 } };
    let heal = |own_piece: bool| {
        let rule = Settling { ratio: f64::INFINITY, own_piece, ..Settling::default() };
        let mut engine = Exchange::new(graph.clone(), &start, rule, KELVIN, 3).unwrap();
        let before = separate(&engine, &graph);
        engine.run(Limit::events(8_000_000));
        (before, separate(&engine, &graph))
    };
    let (before, after) = heal(true);
    println!("{before:?} -> {after:?}");
    assert_eq!((before.len(), after.len()), (2, 2));
    // Each keeps its atoms, and the gap stays.
    for (a, b) in before.iter().zip(&after) {
        assert_eq!(a.0, b.0);
    }
    // The pitfall (lattice.md section 2B): where atoms settle anywhere, silver passes through the vacuum.
    let (_, crossed) = heal(false);
    let moved = crossed.len() != 2 || crossed[0].0 != before[0].0;
    assert!(moved, "{crossed:?}");
}

#[test]
#[ignore = "long: 1e9 toggles"]
fn flat_rounded_and_notched_tips_become_pyramids_of_111_at_two_sizes() {
    let mut shares = Vec::new();
    for shells in [32usize, 40] {
        let shapes = std::thread::scope(|scope| {
            STARTS.map(|start| scope.spawn(move || shape(shells, 16.0 * shells as f64, start, 7))).map(|t| t.join().unwrap())
        });
        let of_size: Vec<f64> = STARTS
            .iter()
            .zip(shapes)
            .map(|(start, s)| {
                println!(
                    "{shells} shells, {start}: share {:.3} ± {:.3}, facets {:?}, ridge {:.1}",
                    s.share.mean,
                    s.share.error,
                    s.facets.map(|f| (f.median * 10.0).round() / 10.0),
                    s.ridge.median
                );
                for f in s.facets {
                    assert!((f.median - exact()).abs() < 1.0, "{shells} {start}: {f:?}");
                }
                s.share.mean
            })
            .collect();
        let mean = of_size.iter().sum::<f64>() / 3.0;
        assert!(of_size.iter().all(|s| (s - mean).abs() < 0.05), "{shells}: {of_size:?}");
        shares.push(mean);
    }
    println!("{shares:?}");
}

#[test]
#[ignore = "long"]
fn the_fewer_settle_the_less_111_and_with_none_there_is_none() {
    let few = shape(32, 16.0, "flat", 7);
    let many = shape(32, 256.0, "flat", 7);
    println!("{:.3} {:.3}; facets {:.1} {:.1}", few.share.mean, many.share.mean, few.facets[0].median, many.facets[0].median);
    assert!(few.share.mean < 0.2 && many.share.mean > few.share.mean + 0.1);
    assert!(few.facets[0].median > 130.0);
}

#[test]
fn evaporation_alone_makes_no_111_cap() {
    use pentatwin_analysis::atoms::{SurfaceRule, Wire, surface};
    let shells = 40;
    let graph = Graph::new(shells + 1, 200, 1).unwrap();
    let end = 190.0 * graph.pitch();
    let mut engine = Evaporation::new(graph, &Start { shells, form: Form::Rounded(end) }, KELVIN, 1).unwrap();
    engine.run(Limit::lost((40 * columns(shells)) as u64));
    let positions = pentatwin_validation::lattice::atoms(&engine, engine.graph());
    let wire = Wire::from_shells(engine.graph().pitch(), shells);
    let cap = surface(&positions, &wire, &SurfaceRule::default()).unwrap().cap().unwrap();
    println!("share of {{111}} after evaporation {:.3}", cap.share.value);
    assert!(cap.share.value < 0.1, "{:?}", cap.share);
}

#[test]
fn a_flat_face_without_adatoms_evaporates_far_below_hertz_knudsen() {
    // A finding, not an error (lattice.md section 0): {100} sides have no kinks but at the edges, which are held back here by looking at the
    // first instant only.
    let shells = 60;
    let graph = Graph::new(shells + 1, 40, 1).unwrap();
    let engine = Evaporation::new(graph, &Start { shells, form: Form::Section }, KELVIN, 1).unwrap();
    let rates = Rates::at(KELVIN).unwrap();
    let histogram = engine.histogram();
    let face = rates.evaporation(8) / rates.evaporation(6);
    println!("an atom of a {{100}} face evaporates {face:.1e} times as often as a kink");
    assert!(face < 1e-4 && histogram[8] > 0);
    assert!((engine.total_rate() / (histogram[6] as f64 * rates.evaporation(6)) - 1.0).abs() < 0.05);
}
