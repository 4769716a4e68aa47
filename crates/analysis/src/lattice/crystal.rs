//! Cubic crystals and what they show along a zone axis.

/// Which points of the cube are lattice points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Centring {
    /// The corners.
    Primitive,
    /// Corners and faces: h, k, l all even or all odd.
    Face,
    /// Corners and middle: h + k + l even.
    Body,
}

/// A cubic crystal seen along a zone axis.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Crystal {
    /// Edge of the cube [m].
    pub edge: f64,
    /// Its lattice points.
    pub centring: Centring,
    /// Direction of the view.
    pub zone: [i32; 3],
}

/// Planes of a crystal that contain its zone axis.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reflection {
    /// Miller indices.
    pub indices: [i32; 3],
    /// Frequency [1/m], along the crystal's own two directions across the zone axis.
    pub frequency: [f64; 2],
}

impl Crystal {
    /// SrTiO3 along [001]; a = 0.3905 nm (recalled; imaging.md 4).
    pub const SRTIO3_001: Crystal = Crystal { edge: 0.3905e-9, centring: Centring::Primitive, zone: [0, 0, 1] };
    /// Silver along [110], the axis of the five-fold twinned wire's sectors; a = 0.40862 nm (imaging.md 2.5).
    pub const SILVER_110: Crystal = Crystal { edge: 0.40862e-9, centring: Centring::Face, zone: [1, 1, 0] };

    /// The reflection of some indices; `None` if the crystal has none there or it does not contain the zone axis.
    pub fn reflection(&self, indices: [i32; 3]) -> Option<Reflection> {
        let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let unit = |v: [f64; 3]| {
            let n = dot(v, v).sqrt();
            (n > 0.0).then(|| v.map(|x| x / n))
        };
        let zone = unit(self.zone.map(f64::from))?;
        let h = indices.map(f64::from);
        let odd = indices.iter().filter(|i| i.rem_euclid(2) == 1).count();
        let allowed = match self.centring {
            Centring::Primitive => true,
            Centring::Face => odd == 0 || odd == 3,
            Centring::Body => odd % 2 == 0,
        };
        let flat = dot(h, zone).abs() < 1e-9;
        let seen = indices != [0; 3] && allowed && flat && self.edge > 0.0 && self.edge.is_finite();
        if !seen {
            return None;
        }
        // The crystal's own x: across the zone axis and the cube edge that is farthest from it.
        let k = (0..3).min_by(|&i, &j| zone[i].abs().total_cmp(&zone[j].abs()))?;
        let mut edge = [0.0; 3];
        edge[k] = 1.0;
        let along = zone[k];
        let x = unit([0, 1, 2].map(|i| edge[i] - along * zone[i]))?;
        let y = [zone[1] * x[2] - zone[2] * x[1], zone[2] * x[0] - zone[0] * x[2], zone[0] * x[1] - zone[1] * x[0]];
        Some(Reflection { indices, frequency: [dot(h, x) / self.edge, dot(h, y) / self.edge] })
    }

    /// All reflections up to a frequency [1/m], the longest spacings first. No more than those with indices up to 12.
    pub fn reflections(&self, highest: f64) -> Vec<Reflection> {
        let most = (highest * self.edge).clamp(0.0, 12.0) as i32;
        let range = -most..=most;
        let mut all: Vec<Reflection> = range
            .clone()
            .flat_map(|h| range.clone().flat_map(move |k| (-most..=most).map(move |l| [h, k, l])))
            .filter_map(|indices| self.reflection(indices))
            .filter(|r| length(r.frequency) <= highest)
            .collect();
        all.sort_by(|a, b| length(a.frequency).total_cmp(&length(b.frequency)));
        all
    }
}

/// Length of a vector.
pub(crate) fn length(v: [f64; 2]) -> f64 {
    v[0].hypot(v[1])
}
