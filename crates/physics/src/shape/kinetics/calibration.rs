//! How much a force moves: what ties the lattice's time to the wire's.

/// Shells of the wires that were measured.
const SHELLS: [f64; 3] = [12.0, 16.0, 24.0];

/// Bond energy over kT, and by shells the constant and its standard error.
const MEASURED: [(f64, [f64; 3], [f64; 3]); 10] = [
    (1.4, [1.885, 1.747, 1.601], [0.004, 0.005, 0.009]),
    (1.6, [1.873, 1.737, 1.551], [0.010, 0.007, 0.009]),
    (1.8, [1.875, 1.762, 1.546], [0.012, 0.003, 0.007]),
    (2.0, [1.887, 1.765, 1.522], [0.006, 0.011, 0.012]),
    (2.2, [1.918, 1.772, 1.529], [0.009, 0.009, 0.003]),
    (2.4, [1.952, 1.780, 1.558], [0.020, 0.011, 0.003]),
    (2.6, [1.962, 1.757, 1.562], [0.011, 0.009, 0.009]),
    (2.8, [2.031, 1.776, 1.602], [0.014, 0.016, 0.010]),
    (3.0, [2.088, 1.768, 1.639], [0.023, 0.015, 0.008]),
    (3.2, [2.154, 1.775, 1.681], [0.015, 0.010, 0.008]),
];

/// Flux constant c of a wire of `shells` shells at a facet state `beta` (bond energy over kT): under a uniform force f (the reduced potential
/// rises by f a pitch) c × 5 N × f atoms pass a cross-section of the pristine wire in a unit of time. Linear between what was measured, in
/// `beta` and in 1/N; `beta` is cut to 1.4 to 3.2, shells to 8 to 64, beyond 12 to 24 it is extrapolated. Not a number if `beta` is not.
///
/// Measured with this engine on pristine sections of 96 layers between buffers of 7, f = 0.15, 20 to 140 units of time after the start, as
/// the atoms gained beyond a plane less those that the buffer there added, averaged over all planes at least ten layers from a buffer; 8,
/// 6 and 4 seeds for 12, 16 and 24 shells, standard errors from the scatter of the seeds (0.2 to 1 %).
///
/// What it depends on: it falls with N about as 1.3 (1 + 5/N), since the five ridges carry more than their share; hardly on f up to 0.5; by
/// a tenth on time, while the ridges become round and steps come into being.
pub fn flux_constant(beta: f64, shells: usize) -> f64 {
    let beta = beta.clamp(MEASURED[0].0, MEASURED[MEASURED.len() - 1].0);
    let after = MEASURED.partition_point(|row| row.0 <= beta).clamp(1, MEASURED.len() - 1);
    let (low, high) = (&MEASURED[after - 1], &MEASURED[after]);
    let between = |a: f64, b: f64, x: f64, ya: f64, yb: f64| ya + (yb - ya) * (x - a) / (b - a);
    let at: [f64; 3] = std::array::from_fn(|i| between(low.0, high.0, beta, low.1[i], high.1[i]));
    let (inverse, i) = (1.0 / shells.clamp(8, 64) as f64, if shells < 16 { 0 } else { 1 });
    between(1.0 / SHELLS[i], 1.0 / SHELLS[i + 1], inverse, at[i], at[i + 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_met_and_nothing_leads_out_of_it() {
        for (beta, c, e) in MEASURED {
            for (n, c) in SHELLS.iter().zip(c) {
                assert!((flux_constant(beta, *n as usize) - c).abs() < 1e-12);
            }
            assert!(e.iter().zip(c).all(|(e, c)| *e < 0.015 * c));
        }
        for beta in [f64::NEG_INFINITY, -1.0, 0.0, 1.9, 50.0, f64::INFINITY] {
            for shells in [0, 1, 9, 13, 20, 48, usize::MAX] {
                assert!((1.2..3.0).contains(&flux_constant(beta, shells)), "{beta} {shells}");
            }
        }
        assert!(flux_constant(f64::NAN, 16).is_nan());
    }
}
