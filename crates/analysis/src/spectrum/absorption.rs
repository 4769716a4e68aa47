//! What a specimen absorbs of its own X-rays.

/// Mass absorption of an element.
#[derive(Clone, PartialEq, Debug)]
pub struct Attenuation {
    /// Chemical symbol.
    pub element: String,
    /// Energy [eV] and cross-section per mass [m²/kg]; straight between in the logarithms; an absorption edge stands twice.
    pub table: Vec<[f64; 2]>,
}

impl Attenuation {
    /// Cross-section per mass [m²/kg] at an energy [eV]; the value at the end beyond the table.
    pub fn at(&self, energy: f64) -> f64 {
        let after = self.table.partition_point(|p| p[0] <= energy);
        match (after.checked_sub(1).and_then(|k| self.table.get(k)), self.table.get(after)) {
            (Some(a), Some(b)) => a[1] * (b[1] / a[1]).powf((energy / a[0]).ln() / (b[0] / a[0]).ln()),
            (Some(a), None) => a[1],
            (None, Some(b)) => b[1],
            (None, None) => 0.0,
        }
    }
}

/// A layer of a specimen.
#[derive(Clone, PartialEq, Debug)]
pub struct Stratum {
    /// Chemical symbols of what is in it.
    pub elements: Vec<String>,
    /// Part of the probed area that it covers, 0 to 1; of uneven layers, the square of the mean thickness over the mean of its square.
    /// Read from an image; 1 if not known.
    pub coverage: f64,
}

/// Where the elements lie.
#[derive(Clone, PartialEq, Debug)]
pub enum Order {
    /// All mixed evenly over the depth.
    Mixed,
    /// In layers from the side away from the detector; an element not named lies above all.
    Layers(Vec<Stratum>),
}

/// Mass per area [kg/m²] by chemical symbol.
pub(super) type Masses = [(String, f64)];

/// Part of the photons of `energy` [eV] of an element that leaves a specimen of these masses, for a detector at 1/sin(take-off) =
/// `slant`.
pub(super) fn escape(masses: &Masses, order: &Order, table: &[Attenuation], slant: f64, element: &str, energy: f64) -> f64 {
    let depth = |of: &dyn Fn(&str) -> bool| -> f64 {
        masses
            .iter()
            .filter(|(symbol, mass)| *mass > 0.0 && of(symbol))
            .filter_map(|(symbol, mass)| table.iter().find(|a| a.element == *symbol).map(|a| slant * mass * a.at(energy)))
            .sum()
    };
    let own = |x: f64| if x > 1e-6 { -(-x).exp_m1() / x } else { 1.0 - 0.5 * x };
    match order {
        Order::Mixed => own(depth(&|_| true)),
        Order::Layers(layers) => {
            let place = |symbol: &str| layers.iter().position(|l| l.elements.iter().any(|s| s == symbol)).unwrap_or(layers.len());
            // A layer that covers a part of the area is as much thicker there.
            let coverage = |k: usize| layers.get(k).map_or(1.0, |l| if l.coverage > 0.0 { l.coverage.clamp(1e-3, 1.0) } else { 1.0 });
            let of = |k: usize| depth(&|s| place(s) == k) / coverage(k);
            let here = place(element);
            let above = here + 1..=layers.len();
            own(of(here)) * above.map(|k| 1.0 + coverage(k) * (-of(k)).exp_m1()).product::<f64>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_deeper_is_absorbed_more() {
        let table = vec![Attenuation { element: "Pt".into(), table: vec![[100.0, 100.0], [10_000.0, 100.0]] }];
        let masses = [("N".to_owned(), 1e-4), ("Pt".to_owned(), 5e-3)];
        let stratum = |symbol: &str, coverage| Stratum { elements: vec![symbol.into()], coverage };
        let layers = Order::Layers(vec![stratum("N", 1.0), stratum("Pt", 1.0)]);
        let below = escape(&masses, &layers, &table, 2.0, "N", 392.0);
        assert!((below - (-1.0f64).exp()).abs() < 1e-9);
        let mixed = escape(&masses, &Order::Mixed, &table, 2.0, "N", 392.0);
        assert!((mixed - (1.0 - (-1.0f64).exp())).abs() < 1e-9);
        assert_eq!(escape(&masses, &layers, &table, 2.0, "Pt", 2050.0), mixed);
        // The same platinum on half of the area, twice as thick: the other half lets all through.
        let half = Order::Layers(vec![stratum("N", 1.0), stratum("Pt", 0.5)]);
        let below = escape(&masses, &half, &table, 2.0, "N", 392.0);
        assert!((below - 0.5 * (1.0 + (-2.0f64).exp())).abs() < 1e-9);
    }
}
