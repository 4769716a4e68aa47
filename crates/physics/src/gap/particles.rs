//! Silver particles on the substrate: truncated spheres with a contact angle of 120°.

use super::laws::ATOM;

/// Atoms from which a nucleus is a metal particle: it conducts, shields and supplies electrons (rewiring.md section 2.1: particles of more
/// than 20 atoms hold the field). With 12, less than the lattice of the field resolves, clusters of 6 to 20 atoms made and unmade a metal
/// thousands of times in the last second before contact.
pub const METALLIC: u32 = 20;

/// Atoms below which a particle is a nucleus again. Lower than [`METALLIC`], or one atom to and fro would make and unmake a metal.
pub const DISSOLVED: u32 = 10;

/// Volume of a sphere truncated at 120° over the cube of its radius: π (2 + 3/2 − 1/8) / 3.
const SHAPE: f64 = std::f64::consts::PI * 3.375 / 3.0;

/// One silver particle or nucleus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Particle {
    /// Number that it keeps for life; merged particles keep that of the larger.
    pub id: u64,
    /// Place along the gap [m]: 0 at the apex on contact 1's side.
    pub x: f64,
    /// Place across the gap [m].
    pub y: f64,
    /// Radius of the sphere [m].
    pub radius: f64,
    /// Atoms.
    pub atoms: u32,
    /// Time of its first atom [s].
    pub born: f64,
    /// Potential [V], contact 1's side being 0.
    pub potential: f64,
    /// Temperature [K].
    pub temperature: f64,
    /// Orientation of the crystal: an identifier drawn at birth; merged particles keep that of the larger.
    pub orientation: u32,
    /// Barrier at which a single atom leaves here [eV].
    pub(super) trap: f64,
    /// Which electrode's edge it sits on, if any.
    pub(super) edge: Option<u8>,
    /// Metal since it grew to `METALLIC` atoms, until it falls below `DISSOLVED`.
    pub(super) metal: bool,
    /// Rate at which a nucleus loses an atom [1/s]; negative: not worked out.
    pub(super) loose: f64,
}

impl Particle {
    /// Whether it is metal: it grew to [`METALLIC`] atoms and has not fallen below [`DISSOLVED`] since.
    pub fn metallic(&self) -> bool {
        self.metal
    }

    /// Sets the atoms, and with them size and kind.
    pub(super) fn set_atoms(&mut self, atoms: u32) {
        self.atoms = atoms;
        self.loose = -1.0;
        self.radius = radius(atoms);
        self.metal = atoms >= METALLIC || (self.metal && atoms >= DISSOLVED);
    }
}

/// Radius [m] of a particle of this many atoms.
pub fn radius(atoms: u32) -> f64 {
    (f64::from(atoms) * ATOM / SHAPE).cbrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_atoms_make_half_a_nanometre() {
        assert!((radius(30) - 0.525e-9).abs() < 0.002e-9);
        assert!((SHAPE * radius(1000).powi(3) / ATOM - 1000.0).abs() < 1e-9);
    }
}
