//! A particle atom by atom, for a microscope that resolves them: face-centred cubic silver as it was born to lie, its surface cut by a sphere
//! and by the substrate. Twins, steps and relaxation of small particles are not in it.

use super::particles::Particle;

/// How high the centre of the sphere lies above the substrate, over its radius: cos 60° for a contact angle of 120°.
pub const LIFT: f64 = 0.5;

impl Particle {
    /// The crystal's cubic axes as columns of a rotation, drawn from its orientation evenly over all rotations (Shoemake 1992).
    pub fn axes(&self) -> [[f64; 3]; 3] {
        // Three numbers from the identifier (SplitMix64), each evenly in 0 … 1.
        let mut state = u64::from(self.orientation);
        let [a, b, c] = [(); 3].map(|()| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        });
        let (s1, c1) = (std::f64::consts::TAU * b).sin_cos();
        let (s2, c2) = (std::f64::consts::TAU * c).sin_cos();
        let [x, y, z, w] = [(1.0 - a).sqrt() * s1, (1.0 - a).sqrt() * c1, a.sqrt() * s2, a.sqrt() * c2];
        [
            [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)],
            [2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)],
            [2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)],
        ]
    }

    /// The smallest tilt about x [rad] that brings one of the four {111} edge-on to the beam (z); infinite where none does.
    pub fn tilt_111(&self) -> f64 {
        let m = self.axes();
        let tilt = |n: &[f64; 3]| {
            let [y, z] = [1, 2].map(|r| m[r][0] * n[0] + m[r][1] * n[1] + m[r][2] * n[2]);
            // z cos t + y sin t = 0.
            if y.abs() > 1e-9 { (-z / y).atan() } else { f64::INFINITY }
        };
        let all = [[1.0, 1.0, 1.0], [1.0, 1.0, -1.0], [1.0, -1.0, 1.0], [-1.0, 1.0, 1.0]];
        all.iter().map(tilt).min_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(f64::INFINITY)
    }

    /// Its atoms [m], x and y from its centre, z from the substrate up, with this lattice parameter [m].
    pub fn crystal(&self, lattice: f64) -> Vec<[f64; 3]> {
        let (m, r) = (self.axes(), self.radius);
        let reach = (r / lattice).ceil() as i64 + 1;
        let mut atoms = Vec::new();
        for i in -reach..=reach {
            for j in -reach..=reach {
                for k in -reach..=reach {
                    for basis in [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]] {
                        let q = [i as f64 + basis[0], j as f64 + basis[1], k as f64 + basis[2]].map(|c| c * lattice);
                        let p = m.map(|row| row[0] * q[0] + row[1] * q[1] + row[2] * q[2]);
                        let z = p[2] + LIFT * r;
                        if p.iter().map(|c| c * c).sum::<f64>() <= r * r && z >= 0.0 {
                            atoms.push([p[0], p[1], z]);
                        }
                    }
                }
            }
        }
        atoms
    }
}

#[cfg(test)]
mod tests {
    use super::super::particles::radius;
    use super::*;

    fn particle(atoms: u32, orientation: u32) -> Particle {
        Particle {
            id: 2,
            x: 0.0,
            y: 0.0,
            radius: radius(atoms),
            atoms,
            born: 0.0,
            potential: 0.0,
            temperature: 300.0,
            orientation,
            trap: 0.9,
            edge: None,
            metal: true,
            loose: -1.0,
        }
    }

    #[test]
    fn a_crystal_has_the_atoms_of_its_particle_and_its_axes_are_at_right_angles() {
        for (n, orientation) in [(2000, 1), (5000, 77), (20_000, 123_456_789)] {
            let p = particle(n, orientation);
            let atoms = p.crystal(0.4086e-9).len() as f64;
            // A cut sphere has as many lattice points as its volume holds, but for what its surface happens to pass.
            assert!((atoms / f64::from(n) - 1.0).abs() < 0.06, "{atoms} of {n}");
            let m = p.axes();
            for a in 0..3 {
                for b in 0..3 {
                    let dot: f64 = (0..3).map(|c| m[a][c] * m[b][c]).sum();
                    assert!((dot - f64::from(u8::from(a == b))).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn the_tilt_of_a_particle_brings_its_planes_edge_on() {
        for orientation in 0..50 {
            let p = particle(1000, orientation);
            let (sin, cos) = p.tilt_111().sin_cos();
            let m = p.axes();
            let all = [[1.0, 1.0, 1.0], [1.0, 1.0, -1.0], [1.0, -1.0, 1.0], [-1.0, 1.0, 1.0]];
            let left = all.iter().map(|n: &[f64; 3]| {
                let [y, z] = [1, 2].map(|r: usize| m[r][0] * n[0] + m[r][1] * n[1] + m[r][2] * n[2]);
                (z * cos + y * sin).abs()
            });
            assert!(left.fold(f64::INFINITY, f64::min) < 1e-9);
        }
    }

    #[test]
    fn orientations_are_spread_evenly() {
        // The z component of a crystal axis over many births: mean 0, mean square 1/3.
        let n = 20_000;
        let z: Vec<f64> = (0..n).map(|i| particle(100, i).axes()[2][0]).collect();
        let mean = z.iter().sum::<f64>() / f64::from(n);
        let square = z.iter().map(|v| v * v).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.02 && (square - 1.0 / 3.0).abs() < 0.01, "{mean} {square}");
    }
}
