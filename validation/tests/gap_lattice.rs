//! The rewiring engine against a pure lattice model of the same gap that shares nothing with it but the rates (issue 7, rewiring.md section 1).

use pentatwin_validation::gap_lattice::{LatticeGap, table};
use pentatwin_validation::gap_runs::{hybrid, spread};

/// `table()` as frozen at commit b164f90, before the two models were first compared.
const FROZEN: [f64; 19] = [
    5759.790140329825,
    39844.62015337332,
    0.0075974078949958114,
    1.002130378306443e-8,
    7.074217018413498,
    17753520777.58099,
    0.0,
    53.94350749150031,
    4282757.953558843,
    11.591964202953104,
    587483096657.2886,
    1392841508.7224755,
    148504.21144266977,
    861.907236500361,
    5e-9,
    0.06,
    1.602176634e-20,
    4e-9,
    3.0,
];

#[test]
fn the_rate_table_is_the_one_frozen_before_the_two_models_were_compared() {
    let now = table();
    assert_eq!(now.len(), FROZEN.len());
    for (k, (a, b)) in now.iter().zip(FROZEN).enumerate() {
        // Another order of the same sums is not another table.
        assert!(
            (a - b).abs() <= 1e-9 * b.abs(),
            "rate {k} is {a}, was {b}: compare the models anew (examples/gap_compare), then freeze it"
        );
    }
}

#[test]
fn the_lattice_model_loses_no_atom_and_the_same_seed_gives_the_same_rise() {
    let rise = |seed| LatticeGap::new(3e-9, seed).sweep(0.1, 2.0);
    let (a, b, other) = (rise(1), rise(1), rise(2));
    assert_eq!((a.balance, other.balance), (0, 0));
    assert!(a.voltage.is_some() && a.voltage == b.voltage && a.atoms == b.atoms && a.atoms != other.atoms, "{a:?} {b:?} {other:?}");
    assert_eq!((a.stuck, a.unsolved), (0, 0));
}

const SEEDS: u64 = 10;

/// Voltages of the rise over seeds, and atoms that have left the tip by then.
fn rises(lattice: bool, width: f64, rate: f64) -> (Vec<f64>, Vec<f64>) {
    (0..SEEDS)
        .map(|seed| {
            let r = if lattice { LatticeGap::new(width, seed).sweep(rate, 6.0) } else { hybrid(width, seed, rate, 6.0) };
            // The hybrid's circuit has tests of its own. Silver may close around an ion, which is then put back: less than one in a hundred.
            assert_eq!((r.balance, if lattice { r.unsolved } else { 0 }), (0, 0), "{r:?}");
            assert!(100 * r.stuck < r.atoms, "{r:?}");
            (r.voltage.expect("it sets below 6 V"), r.atoms as f64)
        })
        .unzip()
}

#[test]
#[ignore = "long"]
fn both_models_rise_later_at_a_wider_gap_and_a_faster_rate_and_a_fifth_apart_at_most_but_the_lattice_rises_with_the_rate_half_as_fast() {
    let mut slopes = [0.0; 2];
    let mut means = [[0.0; 3]; 2];
    for (model, name) in ["hybrid", "lattice"].into_iter().enumerate() {
        let runs = [(5e-9, 0.01), (5e-9, 0.1), (8e-9, 0.1)].map(|(width, rate)| rises(model == 1, width, rate));
        let [(slow, e_slow), (fast, e_fast), (wide, e_wide)] = [&runs[0], &runs[1], &runs[2]].map(|r| {
            let (mean, sd) = spread(&r.0);
            println!("{name}: {mean:.3} ± {sd:.3} V, {:.0} atoms", spread(&r.1).0);
            (mean, sd / (SEEDS as f64).sqrt())
        });
        // A decade of the rate; three nanometres. Three standard errors.
        assert!(fast - slow > 3.0 * e_fast.hypot(e_slow), "{name}, rate: {slow} and {fast} V");
        assert!(wide - fast > 3.0 * e_wide.hypot(e_fast), "{name}, gap: {fast} and {wide} V");
        (slopes[model], means[model]) = (fast - slow, [slow, fast, wide]);
    }
    println!("hybrid {:.3}, lattice {:.3} V a decade of the rate", slopes[0], slopes[1]);
    for (h, l) in means[0].iter().zip(&means[1]) {
        assert!((h - l).abs() < 0.2 * h, "hybrid {h} V, lattice {l} V");
    }
    // They do not agree in everything: on the lattice silver has less time to become compact in a faster sweep, and less of it makes the way.
    assert!(slopes[1] < 0.75 * slopes[0], "{slopes:?}");
}
