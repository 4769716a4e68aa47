//! The rewiring engine against a pure lattice model of the same gap that shares nothing with it but the rates (issue 7, rewiring.md section 1).

use pentatwin_validation::gap_lattice::{LatticeGap, table};

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
