//! The flux of hops under a force: the calibration of the clock.

/// Shells of the rows of [`TABLE`].
const SHELLS: [f64; 3] = [12.0, 16.0, 24.0];
/// Bond energy over kT of its columns: from this one on, in steps of 0.2.
const FIRST: f64 = 1.4;
const STEP: f64 = 0.2;
/// Measured constants.
const TABLE: [[f64; 10]; 3] = [
    [1.885, 1.873, 1.875, 1.887, 1.918, 1.952, 1.962, 2.031, 2.088, 2.154],
    [1.747, 1.737, 1.762, 1.765, 1.772, 1.780, 1.757, 1.776, 1.768, 1.775],
    [1.601, 1.551, 1.546, 1.522, 1.529, 1.558, 1.562, 1.602, 1.639, 1.681],
];

/// The constant c of the flux along a whole wire: under a bias f over one pitch (reduced force times pitch), c × 5 N × f sites pass a cross-section
/// of a wire of N shells in a kink time, at a facet state `beta` (bond energy over kT).
///
/// Measured: sections of 96 layers with open ends, f = 0.15 (flux is linear up to 0.5), five stretches of some 9e6 hops each; the standard error
/// of the mean over the stretches is 0.2 to 1.1 %. Between the stretches, as the walls roughen and the edges round, it changes by up to 10 % at
/// 16 shells; by the sum of all displacements, instead of what crosses planes, it is 2 to 3 % larger. It falls with N, as
/// the surface has more sites than 5 N, the more so the coarser the lattice. Linear in `beta` and in 1/N between the measured ones (1.4 to 3.2; 12 to 24), held beyond. shape3d.md section 4 has
/// 1.68 at 2.0 and 1.93 at 2.74, of single runs.
pub fn flux_constant(beta: f64, shells: usize) -> f64 {
    let at = ((beta - FIRST) / STEP).clamp(0.0, 9.0);
    let at = if at.is_nan() { 0.0 } else { at };
    let k = (at as usize).min(8);
    let row: [f64; 3] = std::array::from_fn(|n| TABLE[n][k] + (at - k as f64) * (TABLE[n][k + 1] - TABLE[n][k]));
    let x = 1.0 / (shells.max(1) as f64).clamp(SHELLS[0], SHELLS[2]);
    let n = usize::from(x < 1.0 / SHELLS[1]);
    let (a, b) = (1.0 / SHELLS[n], 1.0 / SHELLS[n + 1]);
    row[n] + (x - a) / (b - a) * (row[n + 1] - row[n])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_met_at_its_points_and_held_beyond() {
        for (n, shells) in [12, 16, 24].into_iter().enumerate() {
            for k in 0..10 {
                assert!((flux_constant(FIRST + STEP * k as f64, shells) - TABLE[n][k]).abs() < 1e-9);
            }
        }
        assert_eq!(flux_constant(9.0, 48), flux_constant(3.2, 24));
        assert!(flux_constant(f64::NAN, 0).is_finite());
        assert!(flux_constant(2.1, 20) < flux_constant(2.1, 16) && flux_constant(2.1, 20) > flux_constant(2.1, 24));
    }
}
