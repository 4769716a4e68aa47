use super::lists::BONDS;
use super::*;
use crate::lattice::{Form, Start};

/// A section of a wire of `shells` shells in so many layers.
pub(super) fn section(shells: usize, layers: usize, beta: f64, seed: u64) -> Kinetics {
    let graph = Graph::new(shells + 4, layers, 10).unwrap();
    Kinetics::new(graph, &Start { shells, form: Form::Section }, beta, seed).unwrap()
}

/// Place of each site along the axis, in pitches.
pub(super) fn along(graph: &Graph) -> Vec<f32> {
    (0..graph.sites()).map(|s| (graph.layer_position(s / graph.layers(), s % graph.layers()) / graph.pitch()) as f32).collect()
}

impl Kinetics {
    /// Bonds, lists, sums and bounds counted from scratch.
    fn assert_sound(&self) {
        let g = &self.graph;
        let mut listed = vec![0; g.sites()];
        for slab in 0..self.lists.slabs() {
            for site in self.lists.of(slab) {
                listed[site] += 1;
                assert_eq!(self.lists.slab_of(site % g.layers()), slab);
            }
        }
        self.lists.assert_sound(&self.words);
        let mut counts = vec![0u32; g.layers()];
        for site in 0..g.sites() {
            counts[site % g.layers()] += u32::from(self.occupied_at(site));
            let word = self.words[site];
            if word & FIXED != 0 {
                assert_eq!(listed[site], 0);
                continue;
            }
            let near = g.neighbours(site);
            let mask: u16 = near.iter().enumerate().map(|(q, n)| u16::from(self.occupied_at(*n)) << q).sum();
            assert_eq!(word & BONDS, mask);
            assert_eq!(listed[site], u32::from(word & OCCUPIED != 0 && mask != BONDS));
            if listed[site] == 1 {
                assert!(self.steepest(site) <= self.allowed[self.lists.slab_of(site % g.layers())]);
            }
        }
        assert_eq!(counts, self.layer_counts);
        assert_eq!(counts.iter().map(|n| u64::from(*n)).sum::<u64>(), self.count);
        for zone in self.zones.iter().flatten() {
            assert_eq!(zone.count, counts[zone.first..=zone.last].iter().map(|n| i64::from(*n)).sum::<i64>());
        }
    }
}

#[test]
fn the_state_stays_sound_under_hops_force_mobility_skin_and_buffers() {
    let mut k = section(5, 40, 1.6, 1);
    k.assert_sound();
    let psi: Vec<f32> = along(&k.graph).iter().map(|x| x * x / 40.0).collect();
    k.set_potential(&psi, 0.6).unwrap();
    k.set_mobility(&(0..40).map(|k| 0.1 + 0.9 * (k as f64 / 40.0)).collect::<Vec<_>>()).unwrap();
    k.set_skin(|s| s % 7 < 2, 0.1);
    let start = k.count();
    for end in 0..2 {
        k.set_buffer(end, Some(Buffer { layers: 5, target: 400.0 }));
    }
    for _ in 0..30 {
        assert_eq!(k.run(2000, f64::INFINITY), Ended::Limit);
        k.assert_sound();
    }
    let one = k.lists.of(2).next().unwrap();
    assert!(k.remove(one));
    k.assert_sound();
    assert!(k.hops() == 60_000 && k.attempts() > 60_000 && k.time() > 0.0);
    let l = k.ledger();
    assert_eq!(k.count(), start + l.added[0] + l.added[1] - l.removed[0] - l.removed[1] - 1);
    assert_eq!(l.fragments, 1);
    println!("{l:?} {:?}", k.zones);
    for zone in k.zones.iter().flatten() {
        assert!((zone.count - zone.target).abs() <= 2, "{zone:?}");
    }
}

#[test]
fn a_run_in_pieces_is_the_same_as_one_in_one_piece() {
    let make = || {
        let mut k = section(5, 40, 2.0, 7);
        k.set_potential(&along(&k.graph), 0.3).unwrap();
        k.set_buffer(0, Some(Buffer { layers: 4, target: 350.0 }));
        k
    };
    let (mut whole, mut pieces) = (make(), make());
    whole.run(20_000, f64::INFINITY);
    for i in 0..19_900 {
        pieces.run(u64::from(i % 2 == 0) * 2, f64::INFINITY);
    }
    pieces.run(100, f64::INFINITY);
    assert_eq!(
        (whole.time(), whole.hops(), whole.attempts(), whole.flux()),
        (pieces.time(), pieces.hops(), pieces.attempts(), pieces.flux())
    );
    assert_eq!((whole.ledger(), whole.layer_counts()), (pieces.ledger(), pieces.layer_counts()));
    assert_eq!(Occupation::of(&whole, whole.graph()), Occupation::of(&pieces, pieces.graph()));
    // Until a time: the first attempt at or after it.
    let t = whole.time() + 3.0;
    assert_eq!(whole.run(u64::MAX, t), Ended::Limit);
    assert!(whole.time() >= t && whole.time() < t + 0.01);
}

#[test]
fn bad_input_is_an_error_and_changes_nothing() {
    let wire = Start { shells: 3, form: Form::Section };
    let graph = |layers| Graph::new(6, layers, 10).unwrap();
    assert_eq!(Kinetics::new(graph(7), &wire, 2.0, 1).unwrap_err(), KineticsError::Layers(7));
    for beta in [f64::NAN, -1.0, 21.0, f64::INFINITY] {
        assert!(matches!(Kinetics::new(graph(20), &wire, beta, 1), Err(KineticsError::Beta(_))));
    }
    let mut k = Kinetics::new(graph(20), &wire, 2.0, 1).unwrap();
    assert!(k.set_beta(f64::NAN).is_err() && k.beta() == 2.0);
    assert!(matches!(k.set_mobility(&[1.0; 19]), Err(KineticsError::Length { wanted: 20, found: 19, .. })));
    for bad in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        let mut layer = [1.0; 20];
        layer[4] = bad;
        assert!(matches!(k.set_mobility(&layer), Err(KineticsError::Mobility { layer: 4, .. })));
    }
    let mut psi = vec![0.0f32; k.graph().sites()];
    assert!(k.set_potential(&psi[1..], 1.0).is_err());
    assert!(k.set_potential(&psi, f64::NAN).is_err());
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        psi[17] = bad;
        assert!(matches!(k.set_potential(&psi, 1.0), Err(KineticsError::Potential { site: 17, .. })));
    }
    psi[17] = f32::MAX;
    psi[18] = f32::MIN;
    k.set_potential(&psi, 1e300).unwrap();
    k.set_potential(&psi, -1e-300).unwrap();
    k.clear_potential();
    k.set_skin(|_| true, f64::NAN);
    for target in [f64::NAN, -5.0, f64::INFINITY, 1e300, 0.0] {
        for end in [0, 1, 2, usize::MAX] {
            k.set_buffer(end, Some(Buffer { layers: usize::MAX, target }));
        }
    }
    assert!(!k.remove(usize::MAX) && !k.remove(0));
    assert!(!k.occupied_at(usize::MAX));
    assert_eq!(k.run(10, f64::NAN), Ended::Limit);
    k.assert_sound();
}

#[test]
fn nothing_moves_where_there_is_nothing_or_no_mobility() {
    let mut k = section(4, 20, 2.0, 1);
    k.set_mobility(&[0.0; 20]).unwrap();
    assert_eq!(k.run(1, f64::INFINITY), Ended::Nothing);
    let empty = Start { shells: 3, form: Form::Cut(-1.0) };
    let mut k = Kinetics::new(Graph::new(6, 20, 10).unwrap(), &empty, 2.0, 1).unwrap();
    assert_eq!(k.run(1, f64::INFINITY), Ended::Nothing);
    assert_eq!((k.count(), k.hops()), (0, 0));
    // Half of the wire is frozen, with a step in the mobility.
    let mut k = section(4, 40, 1.6, 1);
    k.set_mobility(&(0..40).map(|k| f64::from(k < 20)).collect::<Vec<_>>()).unwrap();
    let before = Occupation::of(&k, k.graph());
    k.run(5000, f64::INFINITY);
    let after = Occupation::of(&k, k.graph());
    for column in 0..k.graph().columns() {
        assert!((20..40).all(|l| before.get(column, l) == after.get(column, l)));
    }
    assert!(before != after);
}

#[test]
fn a_lattice_so_wide_that_slabs_are_thinner_stays_sound() {
    let graph = Graph::new(62, 12, 4).unwrap();
    let mut k = Kinetics::new(graph, &Start { shells: 56, form: Form::Section }, 1.5, 1).unwrap();
    assert!(k.lists.layers_of(1).len() < 8);
    k.set_potential(&along(&k.graph), 0.3).unwrap();
    k.run(20_000, f64::INFINITY);
    k.assert_sound();
    assert_eq!(k.hops(), 20_000);
}

#[test]
fn steep_places_raise_the_bound_when_the_surface_gets_there() {
    // The potential is flat but for a step outside the wire, which an adatom upon an adatom can reach.
    let mut k = section(5, 40, 1.2, 3);
    let psi: Vec<f32> = (0..k.graph.sites()).map(|s| f32::from(u8::from(crate::lattice::shell_of(s / 40).0 > 6))).collect();
    k.set_potential(&psi, 1.5).unwrap();
    let before = k.allowed.clone();
    for _ in 0..20 {
        k.run(2000, f64::INFINITY);
        k.assert_sound();
    }
    assert!(before.iter().zip(&k.allowed).any(|(a, b)| a < b));
    // Larger than the clip: cut.
    k.set_potential(&psi, 50.0).unwrap();
    k.run(2000, f64::INFINITY);
    k.assert_sound();
}
