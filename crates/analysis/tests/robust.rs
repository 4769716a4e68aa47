//! No input makes a measure panic, and what it returns is finite.

use pentatwin_analysis::gap::{GAP_RADIUS, gaps, pieces};
use pentatwin_analysis::index::{Removed, dipole, em_share, parity};
use pentatwin_analysis::iv::{FallRule, breakdown, find_fall, local_exponent, nonlinearity, resistance};
use pentatwin_analysis::moments::{MomentRule, key_moments};
use pentatwin_analysis::tips::tips;
use pentatwin_analysis::volume::{balance, hillock, neck};
use pentatwin_analysis::{Measurement, Profiles};
use proptest::prelude::*;

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -1.0..1.0f64,
        2 => 0.0..1e-7f64,
        1 => Just(0.0),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(1e300), Just(-1e300), Just(5e-324)],
    ]
}

fn any_array() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(any_number(), 0..30)
}

fn finite(m: Option<Measurement>) -> bool {
    m.is_none_or(|m| m.value.is_finite() && m.uncertainty.is_finite() && m.uncertainty >= 0.0)
}

/// Radii with missing and empty cells.
fn radius() -> impl Strategy<Value = f64> {
    prop_oneof![6 => 0.0..1e-7f64, 2 => Just(0.0), 1 => Just(f64::NAN), 1 => Just(-1e-9), 1 => Just(f64::INFINITY)]
}

proptest! {
    #[test]
    fn iv_measures_stand_any_input(t in any_array(), v in any_array(), i in any_array(), window in any_number(), half in 0usize..40) {
        if let Some(r) = resistance(&v, &i, window) {
            prop_assert!(finite(Some(r.resistance)) && finite(Some(r.offset)));
        }
        prop_assert!(finite(nonlinearity(&v, &i, window)));
        prop_assert_eq!(local_exponent(&v, &i, half).len(), v.len().min(i.len()));
        let rule = FallRule::default();
        if let Some(b) = breakdown(&t, &v, &i, &rule) {
            prop_assert!(b.index < b.fallen && b.last_fraction.is_finite());
            prop_assert_eq!(find_fall(&i[..t.len().min(v.len()).min(i.len())], &rule), Some(b.fallen));
        }
    }

    #[test]
    fn profile_measures_stand_any_input(x in any_array(), a in any_array(), b in any_array(), c in any_number()) {
        let found = gaps(&x, &b, GAP_RADIUS);
        prop_assert!(found.all.len() <= b.len());
        let _ = pieces(&x, &b, GAP_RADIUS);
        let _ = (balance(&x, &a, &b), hillock(&x, &a, &b), neck(&x, &a, &b));
        if let Some(d) = dipole(&x, &a, &b, c) {
            prop_assert!(d.value.is_finite());
        }
        let _ = parity(&x, &a, &b, c, &[(c, 0.5)]);
        let removed = Removed { electromigration: &a, capillarity: &b, ..Removed::default() };
        if let Some(s) = em_share(&x, &removed, c, 0.1) {
            prop_assert!((0.0..=1.0).contains(&s.value));
        }
    }

    #[test]
    fn kinetics_stand_missing_and_empty_cells(rows in prop::collection::vec(prop::collection::vec(radius(), 12), 1..6)) {
        let x: Vec<f64> = (0..12).map(|i| 1e-8 * f64::from(i)).collect();
        let t: Vec<f64> = (0..rows.len()).map(|k| k as f64).collect();
        let flat = rows.concat();
        let p = Profiles::new(&t, &x, &flat).unwrap();
        let moments = key_moments(&p, &MomentRule::default(), f64::NEG_INFINITY, f64::INFINITY, None);
        for m in [moments.onset, moments.neck, moments.rupture].into_iter().flatten() {
            prop_assert!(finite(Some(m.time)) && finite(Some(m.position)) && m.profile < rows.len());
        }
        for row in p.rows() {
            let found = gaps(&x, row, GAP_RADIUS);
            for g in &found.all {
                prop_assert!(finite(Some(g.width)) && finite(Some(g.centre)) && g.right >= g.left - 1e-20);
            }
            if let Some(d) = dipole(&x, p.first(), row, 5.5e-8) {
                prop_assert!(d.value.abs() <= 1.0 + 1e-9);
            }
        }
        let found = tips(&p, GAP_RADIUS);
        prop_assert_eq!(found.tip_1.len(), rows.len());
        if let Some(c) = found.consumption(0.0, 1e-9) {
            prop_assert!(finite(Some(c.side_1.length)) && finite(c.side_2.speed));
        }
    }
}
