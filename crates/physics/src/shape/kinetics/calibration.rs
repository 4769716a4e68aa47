//! How much a force moves: what ties the lattice's time to the wire's.

/// Shells of the wires that were measured.
const SHELLS: [f64; 4] = [8.0, 12.0, 16.0, 24.0];

/// Bond energy over kT, and by shells the constant and its standard error.
const MEASURED: [(f64, [f64; 4], [f64; 4]); 6] = [
    (1.4, [2.089, 1.865, 1.761, 1.629], [0.011, 0.006, 0.015, 0.016]),
    (1.7, [2.139, 1.874, 1.767, 1.623], [0.011, 0.011, 0.014, 0.008]),
    (2.0, [2.211, 1.896, 1.793, 1.611], [0.014, 0.008, 0.028, 0.006]),
    (2.3, [2.302, 1.921, 1.777, 1.622], [0.017, 0.022, 0.030, 0.017]),
    (2.75, [2.432, 2.079, 1.747, 1.578], [0.021, 0.019, 0.036, 0.027]),
    (3.2, [2.443, 2.248, 1.729, 1.605], [0.034, 0.029, 0.008, 0.017]),
];

/// Flux constant c of a wire of `shells` shells at a facet state `beta` (bond energy over kT): under a uniform force f (the reduced potential
/// rises by f a pitch) c × 5 N × f atoms pass a cross-section of the pristine wire in a unit of time. Linear between what was measured, in
/// `beta` and in 1/N; `beta` is cut to 1.4 to 3.2, shells to 8 to 48 (beyond 24 extrapolated in 1/N). Not a number if `beta` is not.
///
/// Measured with this engine on pristine sections of 6 N layers between buffers of 7 layers, as the atoms gained beyond a plane less those
/// that the buffer there added, averaged over all planes at least ten layers from a buffer. Forces and times mean the same for all N:
/// f = 0.15 (16/N)², from 40 (N/16)⁴ to 140 (N/16)⁴ units of time after the start, about a tenth to a fourth of what a wire takes to break.
/// 24, 20, 6 (20 at 2.75) and 2 seeds. Standard errors: the larger one of the scatter of the seeds and of that of five consecutive parts of the run,
/// so that a trend in time counts as error.
///
/// What it depends on: it falls with N, about as 1.35 (1 + 5/N) up to `beta` 2.3 and faster beyond, since the five ridges carry more than
/// their share; so a thin neck carries more for its perimeter than the wire does. It rises with time by 2 to 8 % from first to last part
/// (most on faceted wires), while steps come into being. It does not depend on f up to 0.5. Sums of displacements over all layers, buffers
/// and held ends included, give a tenth less.
pub fn flux_constant(beta: f64, shells: usize) -> f64 {
    let beta = beta.clamp(MEASURED[0].0, MEASURED[MEASURED.len() - 1].0);
    let between = |a: f64, b: f64, x: f64, ya: f64, yb: f64| ya + (yb - ya) * (x - a) / (b - a);
    let after = MEASURED.partition_point(|row| row.0 <= beta).clamp(1, MEASURED.len() - 1);
    let (low, high) = (&MEASURED[after - 1], &MEASURED[after]);
    let shells = shells.clamp(8, 48) as f64;
    let i = SHELLS.partition_point(|n| *n <= shells).clamp(1, SHELLS.len() - 1);
    let [a, b] = [i - 1, i].map(|i| between(low.0, high.0, beta, low.1[i], high.1[i]));
    between(1.0 / SHELLS[i - 1], 1.0 / SHELLS[i], 1.0 / shells, a, b)
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
            assert!(e.iter().zip(c).all(|(e, c)| *e < 0.03 * c));
        }
        for beta in [f64::NEG_INFINITY, -1.0, 0.0, 1.9, 50.0, f64::INFINITY] {
            for shells in [0, 1, 9, 13, 20, 48, usize::MAX] {
                assert!((1.2..2.5).contains(&flux_constant(beta, shells)), "{beta} {shells}");
            }
        }
        assert!(flux_constant(f64::NAN, 16).is_nan());
    }
}
