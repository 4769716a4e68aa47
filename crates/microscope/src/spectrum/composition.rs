//! What the beam goes through: layers, from below upwards, and how much of an X-ray leaves them.

use super::element::{ELEMENTS, Element};
use super::error::SpectrumError;
use super::settings::Edx;
use crate::project::Thickness;
use pentatwin_physics::materials::silver;
use pentatwin_physics::scene::Material;

/// Number of layers.
pub const LAYERS: usize = 6;

/// The layers, from below upwards. The detector is above, on the side the beam comes from; the wire lies on the membrane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    /// Membrane.
    Nitride,
    /// Its oxide.
    Oxide,
    /// Pads.
    Platinum,
    /// Wire and particles.
    Silver,
    /// Deposit over wire and pads.
    Deposit,
    /// Carbon.
    Contamination,
}

impl Layer {
    /// From below upwards.
    pub const ALL: [Layer; LAYERS] = [Layer::Nitride, Layer::Oxide, Layer::Platinum, Layer::Silver, Layer::Deposit, Layer::Contamination];
}

/// Atoms per volume [1/m³] of a compound of a density [kg/m³]; parts by number.
fn compound(density: f64, parts: &[(Element, f64)]) -> [f64; ELEMENTS] {
    let mass: f64 = parts.iter().map(|(e, n)| n * e.mass()).sum();
    let mut atoms = [0.0; ELEMENTS];
    parts.iter().for_each(|(e, n)| atoms[e.index()] += density * n / mass);
    atoms
}

/// Density of platinum [kg/m³] at room temperature (CRC Handbook).
const PLATINUM: f64 = 21_450.0;

/// Atoms per volume of each layer [1/m³].
pub(super) fn densities(edx: &Edx) -> [[f64; ELEMENTS]; LAYERS] {
    let p = edx.deposit_platinum.clamp(0.0, 1.0);
    [
        compound(edx.nitride_density, &[(Element::Silicon, 3.0), (Element::Nitrogen, 4.0)]),
        compound(2200.0, &[(Element::Silicon, 1.0), (Element::Oxygen, 2.0)]),
        compound(PLATINUM, &[(Element::Platinum, 1.0)]),
        compound(Element::Silver.mass() / silver::OMEGA, &[(Element::Silver, 1.0)]),
        compound(edx.deposit_density, &[(Element::Platinum, p), (Element::Carbon, 1.0 - p)]),
        compound(2000.0, &[(Element::Carbon, 1.0)]),
    ]
}

/// Thickness of each layer [m], from below upwards ([`Layer::ALL`]), at one place or as a mean.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Specimen(pub [f64; LAYERS]);

impl Specimen {
    /// Whether each thickness is a length.
    ///
    /// # Errors
    /// One that is not.
    pub fn check(&self) -> Result<(), SpectrumError> {
        match self.0.iter().enumerate().find(|(_, t)| !(t.is_finite() && **t >= 0.0)) {
            None => Ok(()),
            Some((layer, thickness)) => Err(SpectrumError::Thickness { layer, thickness: *thickness }),
        }
    }

    /// What lies under pixel `k` of thickness maps. Where there is anything, there are oxide (on a membrane) and contamination.
    pub fn at(thickness: &Thickness, k: usize, edx: &Edx) -> Specimen {
        let of = |m: Material| thickness.maps[m.index()].get(k).map_or(0.0, |t| f64::from(*t).max(0.0));
        // A scene may have nitride shapes beside its membrane.
        let film = thickness.film + of(Material::Nitride);
        let [platinum, silver, deposit] = [Material::Platinum, Material::Silver, Material::Deposit].map(of);
        let any = film + platinum + silver + deposit > 0.0;
        Specimen([film, if film > 0.0 { edx.oxide } else { 0.0 }, platinum, silver, deposit, if any { edx.contamination } else { 0.0 }])
    }

    /// Thickness of a layer [m].
    pub fn thickness(&self, layer: Layer) -> f64 {
        self.0[layer as usize]
    }

    /// Atoms per area of each element [1/m²], in the order of [`Element::ALL`].
    pub fn atoms(&self, edx: &Edx) -> [f64; ELEMENTS] {
        let mut sum = [0.0; ELEMENTS];
        for (t, density) in self.0.iter().zip(densities(edx)) {
            sum.iter_mut().zip(density).for_each(|(s, n)| *s += t * n);
        }
        sum
    }
}

/// What a layer absorbs [1/m] of X-rays of an energy [eV].
pub(super) fn absorption(density: &[f64; ELEMENTS], energy: f64) -> f64 {
    let one = |e: Element| if density[e.index()] > 0.0 { density[e.index()] * e.mass() * e.attenuation(energy) } else { 0.0 };
    Element::ALL.into_iter().map(one).sum()
}

/// Part of the X-rays made in each layer that leaves the specimen; `depth` [1] is the absorption along the slanted way through each
/// layer, and photons are made evenly over it.
pub(super) fn escape(depth: [f64; LAYERS]) -> [f64; LAYERS] {
    let mut above = 1.0;
    let mut out = [1.0; LAYERS];
    for k in (0..LAYERS).rev() {
        let x = depth[k];
        let (own, through) = if x > 1e-5 {
            let t = (-x).exp();
            ((1.0 - t) / x, t)
        } else {
            (1.0 - 0.5 * x, 1.0 - x)
        };
        out[k] = above * own;
        above *= through;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_hold_their_mass_and_let_out_what_beers_law_lets() {
        let edx = Edx::default();
        let specimen = Specimen([50e-9, 0.0, 0.0, 10e-9, 0.0, 0.0]);
        let atoms = specimen.atoms(&edx);
        let mass: f64 = Element::ALL.iter().map(|e| atoms[e.index()] * e.mass()).sum();
        assert!((mass / (50e-9 * 3100.0 + 10e-9 * 10_498.0) - 1.0).abs() < 2e-3, "{mass}");
        assert!((atoms[Element::Nitrogen.index()] / atoms[Element::Silicon.index()] - 4.0 / 3.0).abs() < 1e-12);
        // Two halves let out what the whole does.
        let half = escape([0.0, 0.0, 0.4, 0.4, 0.0, 0.0]);
        let whole = escape([0.0, 0.0, 0.8, 0.0, 0.0, 0.0]);
        assert!((0.5 * (half[2] + half[3]) - whole[2]).abs() < 1e-12);
        assert!((half[1] - (-0.8f64).exp()).abs() < 1e-12);
        assert_eq!(whole[3], 1.0);
    }
}
