//! The break in three dimensions: lock step with the wire engine, and the shape engine by itself (shape3d.md section 9).

use pentatwin_physics::device::{Contacts, Device};
use pentatwin_physics::shape::{Coupling, NoShape, Shape};
use pentatwin_physics::specimen::Specimen;
use pentatwin_physics::wire::Ramp;
use pentatwin_validation::runs::clean;
use pentatwin_validation::shape_runs::{Alone, Ended, each, measured, spread};

/// A coarse lattice in a short window: for claims that hold on any.
fn coarse() -> Shape {
    Shape { coupling: Coupling::LockStep, shells: 8, window: 0.5e-6, ..Shape::default() }
}

fn deviation(a: f64, b: f64) -> f64 {
    (a / b - 1.0).abs()
}

fn up(rate: f64) -> Ramp {
    Ramp { start: 0.0, voltage: 0.0, voltage_rate: rate, frame: 300.0, frame_rate: 0.0, compliance: 0.05, end: 5.0 / rate.abs() }
}

/// Sweeps until the wire breaks; the largest relative deviation of the whole volume on the way.
fn sweep(device: &Device, shape: &Shape, seed: u64, rate: f64, to: f64) -> (Specimen, f64) {
    let mut s = Specimen::with_shape(device, shape, seed).unwrap();
    s.apply(up(rate));
    let (whole, end) = (s.wire().total_volume(), to / rate.abs());
    let (mut worst, mut t, step) = (0.0f64, 0.0, 1e-3 * end);
    while t < end && !s.wire().broken() {
        t = (t + step).min(end);
        s.advance(t, &mut |s| worst = worst.max(deviation(s.wire().total_volume(), whole))).unwrap();
    }
    (s, worst)
}

#[test]
fn lock_step_keeps_the_volume_and_the_same_seed_gives_the_same_break() {
    let device = clean(Contacts::Overlap);
    let (a, worst) = sweep(&device, &coarse(), 1, 10e-3, 5.0);
    assert!(worst < 1e-11, "{worst:e}");
    assert!(a.wire().broken() && a.coupled().followed().is_some(), "{:?}", a.coupled().why());
    let (b, _) = sweep(&device, &coarse(), 1, 10e-3, 5.0);
    assert_eq!(a.wire().rupture().map(|r| r.time), b.wire().rupture().map(|r| r.time));
    let state = |s: &Specimen| s.coupled().followed().map(|s| s.occupation().clone());
    assert_eq!(state(&a), state(&b));
    // The wire's cells in the window hold the lattice's sites.
    let shape = a.coupled().followed().unwrap();
    let place = shape.place();
    let sites: u32 = shape.kinetics().layer_counts()[place.window()].iter().sum();
    let cells: f64 = shape.areas().iter().sum::<f64>() * place.dx;
    assert!((f64::from(sites) * place.site / cells - 1.0).abs() < 1e-12);
}

#[test]
fn a_drive_that_is_cut_keeps_the_volume_and_the_lock_step() {
    // A staircase of levels: each begins by cutting what the engines did beyond.
    let device = clean(Contacts::Overlap);
    let mut s = Specimen::with_shape(&device, &coarse(), 2).unwrap();
    let whole = s.wire().total_volume();
    let (mut t, mut worst) = (0.0, 0.0f64);
    for k in 0..40 {
        let v = 2.0 + 5e-3 * f64::from(k);
        s.apply(Ramp { start: t, voltage: v, voltage_rate: 0.0, frame: 300.0, frame_rate: 0.0, compliance: 0.05, end: t + 10.0 });
        t += 0.37;
        s.advance(t, &mut |s| worst = worst.max(deviation(s.wire().total_volume(), whole))).unwrap();
    }
    assert!(worst < 1e-11, "{worst:e}");
    assert!(s.coupled().followed().is_some(), "{:?}", s.coupled().why());
}

#[test]
fn the_other_polarity_mirrors_the_gap() {
    let device = clean(Contacts::Overlap);
    let spacing = device.chip.spacing;
    let at = |rate: f64| {
        let (s, _) = sweep(&device, &coarse(), 1, rate, 5.0);
        let shape = s.coupled().followed().expect("followed");
        let gap = measured(shape).unwrap().expect("parted").gap.centre.value;
        shape.place().start + gap
    };
    let (to, back) = (at(10e-3), at(-10e-3));
    println!("gap {:.3} um from contact 1, reversed {:.3} um from contact 2", 1e6 * to, 1e6 * (spacing - back));
    // At the cathode both times; within the spread of seeds at this coarseness (0.15 um).
    assert!(to < 0.2 * spacing && spacing - back < 0.2 * spacing);
    assert!((to - (spacing - back)).abs() < 0.3e-6, "{to:e} {back:e}");
}

#[test]
fn without_a_force_nothing_breaks_and_nothing_moves_to_one_side() {
    let device = Alone::new(8, 716.0, 7.5, 3);
    let (_, with) = device.run(1e9).unwrap();
    let time = with.time.expect("breaks with the force");
    let still = Alone { force: 0.0, ..device };
    let (_, without) = still.run(3.0 * time).unwrap();
    assert!(without.time.is_none() && without.neck > 0.8, "{}", without.neck);
    assert!((without.halves[0] - without.halves[1]).abs() < 0.02, "{:?}", without.halves);
    assert!(with.halves[0] < 0.9 && with.halves[1] > 1.0, "{:?}", with.halves);
}

#[test]
fn where_there_can_be_no_shape_the_wire_engine_goes_on_alone_and_says_why() {
    let device = clean(Contacts::Overlap);
    let off = Shape { coupling: Coupling::Off, ..coarse() };
    let same = |shape: &Shape, rate: f64, to: f64, expected: &dyn Fn(&NoShape) -> bool| {
        let (s, _) = sweep(&device, shape, 1, rate, to);
        let (plain, _) = sweep(&device, &off, 1, rate, to);
        assert!(s.coupled().followed().is_none());
        assert!(s.coupled().why().is_some_and(expected), "{:?}", s.coupled().why());
        assert_eq!(s.wire().snapshot(), plain.wire().snapshot());
    };
    same(&Shape { window: 8.9e-6, ..coarse() }, 10e-3, 5.0, &|e| matches!(e, NoShape::TooLong { .. }));
    same(&Shape { memory: 1, shells: 24, ..coarse() }, 10e-3, 5.0, &|e| matches!(e, NoShape::Memory { .. }));
    same(&Shape { window: 0.02e-6, ..coarse() }, 10e-3, 5.0, &|e| matches!(e, NoShape::TooShort { .. }));
    // Nothing changes: nothing to say, and nothing done.
    let (s, _) = sweep(&device, &coarse(), 1, 10e-3, 0.5);
    assert!(s.coupled().followed().is_none() && s.coupled().why().is_none());
    // A wire that melts breaks as it does in one dimension, or says so.
    let (s, _) = sweep(&device, &coarse(), 1, 10.0, 5.0);
    assert!(s.wire().broken());
}

#[test]
#[ignore = "1 min"]
fn the_lattice_breaks_when_the_wire_engine_does_within_15_percent() {
    let device = clean(Contacts::Overlap);
    let seeds: Vec<u64> = (1..=8).collect();
    let shape = Shape { coupling: Coupling::LockStep, shells: 12, ..Shape::default() };
    let found = each(&seeds, |seed| {
        let (s, _) = sweep(&device, &shape, *seed, 10e-3, 5.0);
        let (plain, _) = sweep(&device, &Shape { coupling: Coupling::Off, ..shape.clone() }, *seed, 10e-3, 5.0);
        let start = s.coupled().followed().expect("followed").started();
        let time = |s: &Specimen| s.wire().rupture().expect("broke").time - start;
        let place = |s: &Specimen| s.wire().quarter().expect("a neck").position;
        (time(&s) / time(&plain), place(&s), place(&plain))
    });
    let (mean, sd) = spread(&found.iter().map(|f| f.0).collect::<Vec<_>>());
    println!("time to rupture over that of the wire engine alone: {mean:.3} +- {sd:.3}");
    println!("necks [um]: {:.3?} alone {:.3}", found.iter().map(|f| 1e6 * f.1).collect::<Vec<_>>(), 1e6 * found[0].2);
    assert!((mean - 1.0).abs() < 0.15, "{mean}");
    assert!(found.iter().all(|f| f.1 < 1e-6), "at the cathode");
}

/// c5 and the mean of c2 to c4 of both tips over seeds, and the apex-to-25 % lengths [m].
fn tips(shells: usize, hottest: f64, skin: f64, window: f64, seeds: u64) -> Vec<Ended> {
    let seeds: Vec<u64> = (1..=seeds).collect();
    each(&seeds, |seed| {
        let mut alone = Alone::new(shells, hottest, 7.5, *seed);
        alone.shape.skin = skin;
        alone.shape.window = window;
        alone.run(1e9).expect("a window").1
    })
}

fn mean_of(all: &[Ended], of: impl Fn(&Ended) -> Option<f64>) -> f64 {
    spread(&all.iter().filter_map(of).collect::<Vec<_>>()).0
}

fn amplitude(all: &[Ended], tip: usize, which: usize) -> f64 {
    mean_of(all, |e| Some(Ended::amplitudes(&e.broken.as_ref()?.tips[tip])?[which]))
}

#[test]
#[ignore = "1 min"]
fn silver_piles_up_on_the_anode_side_and_skin_makes_points_irregular() {
    let clean = tips(12, 531.0, 0.0, 570e-9, 8);
    let skin = tips(12, 531.0, 0.3, 570e-9, 8);
    assert!(clean.iter().chain(&skin).all(|e| e.time.is_some()));
    let piled = mean_of(&clean, |e| Some(e.swollen[1]));
    let gap = |e: &[Ended]| spread(&e.iter().filter_map(Ended::gap).collect::<Vec<_>>());
    let (smooth, rough) = (amplitude(&clean, 0, 1), amplitude(&skin, 0, 1));
    println!(
        "thickest on the anode side {piled:.2}; mean of c2 to c4 {smooth:.3} clean, {rough:.3} with skin; gap {:.0?} and {:.0?} nm",
        gap(&clean),
        gap(&skin)
    );
    assert!(piled >= 1.2, "{piled}");
    assert!(rough > 1.5 * smooth && rough >= 0.05, "{smooth} {rough}");
    assert!(gap(&skin).1 > gap(&clean).1);
}
