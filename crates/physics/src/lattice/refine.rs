//! From a coarse lattice to a finer one (lattice.md section 8): the shape is carried over, the atoms are then relaxed by an engine.

use super::graph::{Graph, GraphError, column_of_wedge, shell_of};
use super::occupation::{Occupation, Occupied};

/// A part of a coarse state on a lattice that is finer by a whole factor.
///
/// The coarse occupation is taken as a field that is linear between sites (in the triangles of columns and along the axis); a finer site is
/// occupied where it exceeds one half. Facets stay planes; what remains of the coarse steps is what an engine has to relax.
pub struct Refined<'a> {
    coarse: &'a Graph,
    occupation: &'a Occupation,
    factor: usize,
    from: usize,
}

impl<'a> Refined<'a> {
    /// The part of a coarse state from layer `from` on, finer by `factor`, which must divide the coarsening.
    ///
    /// # Errors
    /// The factor does not divide the coarsening, or the part is empty.
    pub fn new(coarse: &'a Graph, occupation: &'a Occupation, factor: usize, from: usize) -> Result<Refined<'a>, GraphError> {
        if factor == 0 || !coarse.coarsening().is_multiple_of(factor) || from + 4 > coarse.layers() {
            return Err(GraphError::Empty {
                shells: coarse.shells(),
                layers: coarse.layers().saturating_sub(from),
                coarsening: coarse.coarsening() / factor.max(1),
            });
        }
        Ok(Refined { coarse, occupation, factor, from })
    }

    /// The finer lattice, with so many guard shells beyond the coarse lattice's `shells` and layers up to the coarse lattice's end.
    ///
    /// # Errors
    /// More sites than can be numbered.
    pub fn graph(&self, shells: usize, guards: usize) -> Result<Graph, GraphError> {
        let layers = (self.coarse.layers() - self.from) * self.factor;
        Graph::new(shells * self.factor + guards, layers, self.coarse.coarsening() / self.factor)
    }

    /// Place of the finer lattice's layer 0 along the coarse lattice's axis [m].
    pub fn offset(&self) -> f64 {
        self.from as f64 * self.coarse.pitch()
    }

    /// Coarse occupation at layer `z` (in coarse layers, real) of a column.
    fn along(&self, column: usize, z: f64) -> f64 {
        let z = z - 0.5 * (shell_of(column).0 % 2) as f64;
        let last = self.coarse.layers() - 1;
        let at = |k: f64| f64::from(u8::from(self.occupation.get(column, (k.max(0.0) as usize).min(last))));
        let (low, f) = (z.floor(), z - z.floor());
        (1.0 - f) * at(low) + f * at(low + 1.0)
    }
}

impl Occupied for Refined<'_> {
    fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]) {
        let (r, t) = shell_of(column);
        // The axis belongs to every wedge.
        let shell = r.max(1);
        let (wedge, along_second) = (t / shell, t % shell);
        // In units of coarse shells along both twin planes of the wedge.
        let f = self.factor as f64;
        let (i, j) = ((r - along_second) as f64 / f, along_second as f64 / f);
        let (i0, j0) = (i.floor(), j.floor());
        let (fi, fj) = (i - i0, j - j0);
        let (i0, j0) = (i0 as usize, j0 as usize);
        let corners = if fi + fj < 1.0 {
            [(i0, j0, 1.0 - fi - fj), (i0 + 1, j0, fi), (i0, j0 + 1, fj)]
        } else {
            [(i0 + 1, j0 + 1, fi + fj - 1.0), (i0, j0 + 1, 1.0 - fi), (i0 + 1, j0, 1.0 - fj)]
        };
        let columns: Vec<(usize, f64)> = corners
            .into_iter()
            .filter(|(_, _, weight)| *weight > 1e-12)
            .filter(|(i, j, _)| i + j <= self.coarse.shells())
            .map(|(i, j, weight)| (column_of_wedge(wedge, i, j), weight))
            .collect();
        for k in 0..graph.layers() {
            let z = self.from as f64 + (k as f64 + 0.5 * (r % 2) as f64) / f;
            let value: f64 = columns.iter().map(|(c, weight)| weight * self.along(*c, z)).sum();
            if value > 0.5 + 1e-9 {
                bits[k / 64] |= 1 << (k % 64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Form, Start, columns};
    use super::*;

    #[test]
    fn a_refined_pyramid_is_the_finer_pyramid_but_for_its_last_layers() {
        let shells = 16;
        let coarse = Graph::new(shells + 3, 40, 4).unwrap();
        let end = 32.0 * coarse.pitch();
        let start = Start { shells, form: Form::Pyramid(end) };
        let state = Occupation::of(&start, &coarse);
        let refined = Refined::new(&coarse, &state, 4, 8).unwrap();
        let fine = refined.graph(shells, 6).unwrap();
        assert_eq!((fine.coarsening(), fine.layers(), fine.shells()), (1, 128, 70));
        let found = Occupation::of(&refined, &fine);
        let expected = Occupation::of(&Start { shells: 4 * shells, form: Form::Pyramid(end - refined.offset()) }, &fine);
        let different: u32 =
            (0..fine.columns()).map(|c| found.row(c).iter().zip(expected.row(c)).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>()).sum();
        // Less than two layers of the pyramid's surface, which has about as many sites as the section has columns times 1 / cos 54.7°.
        assert!(f64::from(different) < 2.0 * 1.75 * columns(4 * shells) as f64, "{different}");
        // Volume: to the layer that the outermost sites stand for.
        let volume = |o: &Occupation, g: &Graph| o.count() as f64 * g.atoms_per_site();
        let part = Occupation::of(&start, &coarse);
        let above: u64 = (0..coarse.columns()).map(|c| (8..40).filter(|k| part.get(c, *k)).count() as u64).sum();
        assert!((volume(&found, &fine) / (above as f64 * 64.0) - 1.0).abs() < 0.12);
    }

    #[test]
    fn a_factor_that_does_not_divide_is_an_error() {
        let coarse = Graph::new(5, 20, 4).unwrap();
        let state = Occupation::of(&Start { shells: 3, form: Form::Section }, &coarse);
        assert!(Refined::new(&coarse, &state, 3, 0).is_err());
        assert!(Refined::new(&coarse, &state, 2, 18).is_err());
    }
}
