//! Kinetics measures on profiles whose answer is known by construction.

use pentatwin_analysis::gap::{GAP_RADIUS, gaps, pieces};
use pentatwin_analysis::index::{Removed, cause, dipole, em_share, parity};
use pentatwin_analysis::moments::{MomentRule, key_moments};
use pentatwin_analysis::resistance::{split, split_wire};
use pentatwin_analysis::tips::tips;
use pentatwin_analysis::volume::{balance, hillock, neck};
use pentatwin_analysis::{ProfileError, Profiles};
use std::f64::consts::PI;

const NM: f64 = 1e-9;
const L: f64 = 5e-6;
/// Equal-area radius of the 115 nm wire [m].
const A0: f64 = 52.6e-9;

/// Centres of `n` cells over the spacing.
fn grid(n: usize) -> Vec<f64> {
    (0..n).map(|i| L * (i as f64 + 0.5) / n as f64).collect()
}

fn profile(x: &[f64], radius: impl Fn(f64) -> f64) -> Vec<f64> {
    x.iter().map(|&x| radius(x)).collect()
}

/// Two cones of the given slope, apex to apex `apart` wide at `centre`.
fn cones(centre: f64, apart: f64, slope: f64) -> impl Fn(f64) -> f64 {
    move |x| (((x - centre).abs() - 0.5 * apart) * slope).clamp(0.0, A0)
}

fn bump(x: f64, at: f64, sigma: f64) -> f64 {
    (-0.5 * ((x - at) / sigma).powi(2)).exp()
}

#[test]
fn a_gap_between_cones_has_its_width_and_place() {
    for n in [400, 500, 1000] {
        let x = grid(n);
        let dx = L / n as f64;
        for centre in [1.1e-6, 1.1037e-6, 2.5e-6] {
            for apart in [60e-9, 200e-9] {
                let found = gaps(&x, &profile(&x, cones(centre, apart, 0.5)), GAP_RADIUS);
                assert_eq!(found.all.len(), 1);
                let gap = found.widest().unwrap();
                // 3 nm of radius at a slope of 0.5: 6 nm beyond each apex.
                let width = apart + 12e-9;
                assert!((gap.width.value - width).abs() < 0.5 * dx, "{n} {centre:e} {apart:e}: {gap:?}");
                assert!((gap.centre.value - centre).abs() < 0.5 * dx, "{gap:?}");
                assert!((gap.width.uncertainty - dx / 6f64.sqrt()).abs() < 1e-15);
                assert!(gap.resolved && !gap.at_end);
            }
        }
    }
}

#[test]
fn a_gap_of_one_cell_is_only_a_bound() {
    let x = grid(400);
    let mut r = vec![A0; 400];
    r[37] = 0.0;
    let gap = *gaps(&x, &r, GAP_RADIUS).widest().unwrap();
    assert!(!gap.resolved);
    assert!((gap.bound() - 25e-9).abs() < 1e-15 && (gap.spacing - 12.5e-9).abs() < 1e-15);
    // Blunt tips end at the faces of the empty cell.
    assert!((gap.width.value - 12.5e-9).abs() < 1e-15 && (gap.centre.value - x[37]).abs() < 1e-15);
}

#[test]
fn several_gaps_are_listed_with_the_pieces_between_them() {
    let x = grid(500);
    let r = profile(&x, |x| if (1e-6..1.2e-6).contains(&x) || (2e-6..2.5e-6).contains(&x) || x > 4.9e-6 { 0.0 } else { A0 });
    let found = gaps(&x, &r, GAP_RADIUS);
    assert_eq!(found.all.len(), 3);
    assert_eq!(found.widest, Some(1));
    assert!((found.total - 0.8e-6).abs() < 1e-12, "{}", found.total);
    assert!(found.all[2].at_end);
    let parts = pieces(&x, &r, GAP_RADIUS);
    assert_eq!(parts.iter().map(|p| p.loose).collect::<Vec<_>>(), [false, true, true]);
    let volume: f64 = parts.iter().map(|p| p.volume).sum();
    assert!((volume / (PI * A0 * A0 * 4.2e-6) - 1.0).abs() < 1e-9);
    assert!((parts[1].from - 1.2e-6).abs() < 1e-12 && (parts[1].to - 2e-6).abs() < 1e-12);
}

#[test]
fn everything_moved_across_the_middle_is_a_dipole_of_one() {
    let x = grid(500);
    let first = vec![A0; 500];
    // Area taken around 1 um and put down around 4 um.
    let moved = |sign: f64| profile(&x, move |x| A0 * (1.0 + sign * 0.3 * (bump(x, 4e-6, 1e-7) - bump(x, 1e-6, 1e-7))).sqrt());
    assert!((dipole(&x, &first, &moved(1.0), L / 2.0).unwrap().value - 1.0).abs() < 1e-9);
    assert!((dipole(&x, &first, &moved(-1.0), L / 2.0).unwrap().value + 1.0).abs() < 1e-9);
}

#[test]
fn symmetric_thinning_has_no_dipole() {
    for n in [500, 501] {
        let x = grid(n);
        let thin = profile(&x, |x| A0 * (1.0 - 0.4 * bump(x, L / 2.0, 2e-7)));
        let d = dipole(&x, &vec![A0; n], &thin, L / 2.0).unwrap();
        assert!(d.value.abs() < 1e-9 && d.uncertainty < 0.05, "{d:?}");
    }
}

#[test]
fn a_dipole_by_hand() {
    // Areas in units of pi: 4, 4, 4, 4 become 1, 4, 4, 9: (+3 + 5)/(3 + 5) = 1. Then 1, 9, 4, 4: (3 - 5)/8.
    let x = [0.5, 1.5, 2.5, 3.5];
    assert!((dipole(&x, &[2.0; 4], &[1.0, 2.0, 2.0, 3.0], 2.0).unwrap().value - 1.0).abs() < 1e-12);
    assert!((dipole(&x, &[2.0; 4], &[1.0, 3.0, 2.0, 2.0], 2.0).unwrap().value + 0.25).abs() < 1e-12);
    assert!(dipole(&x, &[2.0; 4], &[2.0; 4], 2.0).is_none());
}

#[test]
fn the_share_of_electromigration_counts_what_removed_silver() {
    let x = [0.0, 1.0, 2.0];
    let removed = Removed {
        electromigration: &[0.0, 3.0, 0.0],
        // Capillarity brought silver in, and takes no part.
        capillarity: &[0.0, -2.0, 0.0],
        sublimation: &[0.0, 1.0, 0.0],
        ..Removed::default()
    };
    let share = em_share(&x, &removed, 1.1, 0.0).unwrap();
    assert!((share.value - 0.75).abs() < 1e-12);
    assert!(em_share(&x, &removed, 0.0, 0.0).is_none());
    let both = cause(&x, &[1.0; 3], &[0.5, 1.0, 1.0], 1.0, Some((&removed, 1.1, 0.0)));
    assert_eq!((both.dipole.unwrap().value, both.em_share), (1.0, Some(share)));
    assert!(cause(&x, &[1.0; 3], &[0.5, 1.0, 1.0], 1.0, None).em_share.is_none());
    assert!(em_share(&[], &removed, 0.0, 0.0).is_none());
}

#[test]
fn parity_separates_heat_from_electromigration_once_the_gap_is_masked() {
    let x = grid(500);
    let first = vec![A0; 500];
    let even = profile(&x, |x| A0 * (1.0 - 0.2 * bump(x, L / 2.0, 5e-7)));
    let p = parity(&x, &first, &even, L / 2.0, &[]).unwrap();
    assert!(p.symmetric > 1.0 - 1e-9 && (p.symmetric + p.antisymmetric - 1.0).abs() < 1e-12);
    let odd = profile(&x, |x| A0 * (1.0 + 0.2 * (bump(x, 4e-6, 3e-7) - bump(x, 1e-6, 3e-7))).sqrt());
    assert!(parity(&x, &first, &odd, L / 2.0, &[]).unwrap().antisymmetric > 1.0 - 1e-9);
    // wire.md section 5: one narrow off-centre gap has equal parts, whatever else happened; masked, the rest shows.
    let cut = profile(&x, |y| if (1.8e-6..1.9e-6).contains(&y) { 0.0 } else { odd[(y / 1e-8) as usize] });
    let gap = (1.79e-6, 1.91e-6);
    assert!(parity(&x, &first, &cut, L / 2.0, &[gap]).unwrap().antisymmetric > 1.0 - 1e-9);
    assert!(parity(&x, &first, &cut, L / 2.0, &[]).unwrap().antisymmetric < 0.9);
}

#[test]
fn neck_and_hillock_have_their_volumes() {
    let x = grid(1000);
    let first = vec![A0; 1000];
    let s = 1.5e-7;
    let now = profile(&x, |x| A0 * (1.0 + 0.5 * bump(x, 4e-6, s) - 0.5 * bump(x, 1e-6, s)).sqrt());
    // A Gaussian's area: 0.5 pi a0^2 s sqrt(2 pi).
    let volume = 0.5 * PI * A0 * A0 * s * (2.0 * PI).sqrt();
    let up = hillock(&x, &first, &now).unwrap();
    let down = neck(&x, &first, &now).unwrap();
    for (place, at, factor) in [(up, 4e-6, 1.5f64), (down, 1e-6, 0.5)] {
        assert!((place.position.value - at).abs() < 5e-9);
        assert!((place.diameter - 2.0 * A0 * factor.sqrt()).abs() < 0.01 * NM);
        assert!((place.diameter_before - 2.0 * A0).abs() < 1e-15);
        assert!((place.volume.value / volume - 1.0).abs() < 1e-3, "{place:?}");
    }
    let sum = balance(&x, &first, &now).unwrap();
    assert!(sum.net.abs() < 1e-6 * volume && (sum.lost / volume - 1.0).abs() < 1e-3 && (sum.gained / volume - 1.0).abs() < 1e-3);
    assert!(hillock(&x, &first, &first).is_none());
}

/// A wire that thins linearly in time at `at`: radius a0 (1 - t bump), t in 0..=1 over `n` profiles.
fn thinning(x: &[f64], n: usize, at: f64) -> (Vec<f64>, Vec<f64>) {
    let time: Vec<f64> = (0..n).map(|k| k as f64 / (n - 1) as f64).collect();
    let radius = time.iter().flat_map(|t| x.iter().map(move |x| A0 * (1.0 - t * bump(*x, at, 1e-7)))).collect();
    (time, radius)
}

#[test]
fn the_key_moments_come_when_the_thinning_passes_their_thresholds() {
    let x = grid(500);
    // 15 profiles: the moments fall between them and are interpolated. The neck is at a cell's centre.
    let (time, radius) = thinning(&x, 15, x[120]);
    let p = Profiles::new(&time, &x, &radius).unwrap();
    let m = key_moments(&p, &MomentRule::default(), 0.0, L, None);
    // Diameter less by 3 % of 105.2 nm = 3.156 nm, more than 2 nm, at t = 0.03; area below half at t = 1 - sqrt(1/2); radius 3 nm.
    let (a, b, c) = (m.onset.unwrap(), m.neck.unwrap(), m.rupture.unwrap());
    assert!((a.time.value - 0.03).abs() < 1e-9, "{a:?}");
    assert!((b.time.value - (1.0 - 0.5f64.sqrt())).abs() < 2e-3, "{b:?}");
    assert!((c.time.value - (1.0 - 3.0 / 52.6)).abs() < 1e-9, "{c:?}");
    for moment in [a, b, c] {
        assert!((moment.position.value - x[120]).abs() < 1e-15);
        assert!((moment.time.uncertainty - 1.0 / 14.0 / 12f64.sqrt()).abs() < 1e-12);
    }
    // A thin wire: the 2 nm rule, larger than 3 % of 40 nm.
    let thin: Vec<f64> = radius.iter().map(|r| r * 20.0 / 52.6).collect();
    let p = Profiles::new(&time, &x, &thin).unwrap();
    assert!((key_moments(&p, &MomentRule::default(), 0.0, L, None).onset.unwrap().time.value - 0.05).abs() < 1e-9);
}

#[test]
fn the_electrical_break_dates_the_rupture() {
    let x = grid(500);
    let (time, radius) = thinning(&x, 15, x[120]);
    let p = Profiles::new(&time, &x, &radius).unwrap();
    let c = key_moments(&p, &MomentRule::default(), 0.0, L, Some(0.97)).rupture.unwrap();
    assert_eq!((c.time.value, c.profile), (0.97, 14));
    assert!((c.position.value - x[120]).abs() < 1e-15);
    // A wire that does not break and does not thin has none of the moments.
    let p = Profiles::new(&time[..1], &x, &radius[..500]).unwrap();
    let m = key_moments(&p, &MomentRule::default(), 0.0, L, None);
    assert!(m.onset.is_none() && m.neck.is_none() && m.rupture.is_none());
}

#[test]
fn a_thin_place_that_was_there_from_the_start_is_no_onset() {
    let x = grid(500);
    let first = profile(&x, |x| A0 * (1.0 - 0.1 * bump(x, 3e-6, 1e-7)));
    let radius = [first.clone(), first].concat();
    let p = Profiles::new(&[0.0, 1.0], &x, &radius).unwrap();
    assert!(key_moments(&p, &MomentRule::default(), 0.0, L, None).onset.is_none());
}

/// A gap from 2.0 to 2.1 um whose tips draw back at `v1`, `v2` [m/s] from `later` [s] after t = 0, 21 profiles over 10 s.
fn receding(x: &[f64], v1: f64, v2: f64, later: f64) -> (Vec<f64>, Vec<f64>) {
    let time: Vec<f64> = (0..=20).map(|k| 0.5 * f64::from(k)).collect();
    let mut radius = Vec::new();
    for t in &time {
        let (left, right) = (2.0e-6 - v1 * t, 2.1e-6 + v2 * (t - later).max(0.0));
        radius.extend(x.iter().map(|x| (0.5 * (left - x)).max(0.5 * (x - right)).clamp(0.0, A0)));
    }
    (time, radius)
}

#[test]
fn tips_that_draw_back_are_followed() {
    let x = grid(1000);
    let (time, radius) = receding(&x, 20e-9, 50e-9, 4.0);
    let found = tips(&Profiles::new(&time, &x, &radius).unwrap(), GAP_RADIUS);
    assert!(found.tip_1.iter().chain(&found.tip_2).all(|x| x.is_finite()));
    let c = found.consumption(0.0, 8e-9).unwrap();
    // 20 nm/s for 10 s and 50 nm/s for 6 s, within a cell of 5 nm.
    assert!((c.side_1.length.value - 200e-9).abs() < 5e-9, "{c:?}");
    assert!((c.side_2.length.value - 300e-9).abs() < 5e-9, "{c:?}");
    let speed = c.side_1.speed.unwrap();
    assert!((speed.value - 20e-9).abs() < 1e-9 && speed.uncertainty < 1e-9, "{speed:?}");
    assert_eq!((c.first, c.frozen), (Some(1), false));
    assert!((c.side_1.start.unwrap() - 0.5).abs() < 1e-9);
    assert!(c.side_2.start.unwrap() > 4.0);
}

#[test]
fn a_frozen_shape_is_frozen_and_a_whole_wire_has_no_tips() {
    let x = grid(1000);
    let (time, radius) = receding(&x, 0.0, 0.0, 0.0);
    let c = tips(&Profiles::new(&time, &x, &radius).unwrap(), GAP_RADIUS).consumption(0.0, 0.0).unwrap();
    assert!(c.frozen && c.first.is_none() && c.side_1.length.value == 0.0);
    let whole = vec![A0; 1000];
    let found = tips(&Profiles::new(&[0.0], &x, &whole).unwrap(), GAP_RADIUS);
    assert!(found.tip_1[0].is_nan() && found.consumption(0.0, 0.0).is_none());
}

#[test]
fn the_parts_of_the_resistance_add_up() {
    // Wire: rho(T) / A with both changed, and contacts: heating x1.8, redistribution x1.5, contacts 50 -> 37.5 ohm.
    let s = split_wire([[12.0, 18.0], [21.6, 32.4]], [50.0, 37.5]).unwrap();
    let sum = s.heating.value + s.annealing.value + s.redistribution.value;
    assert!((sum - s.total).abs() < 1e-12 && (s.total - (32.4 + 37.5 - 62.0)).abs() < 1e-12);
    // By hand: heating first 9.6, last 14.4: mean 12.0, half range 2.4. Contacts do not interact.
    assert!((s.heating.value - 12.0).abs() < 1e-12 && (s.heating.uncertainty - 2.4).abs() < 1e-12);
    assert!((s.redistribution.value - 8.4).abs() < 1e-12);
    assert!((s.annealing.value + 12.5).abs() < 1e-12 && s.annealing.uncertainty < 1e-12);
    // A triple interaction is shared out evenly.
    let s = split(|l| if l.heating && l.annealing && l.redistribution { 3.0 } else { 0.0 }).unwrap();
    assert!([s.heating, s.annealing, s.redistribution].iter().all(|p| (p.value - 1.0).abs() < 1e-12));
    assert!(split(|_| f64::NAN).is_none());
}

#[test]
fn profiles_that_do_not_fit_are_refused() {
    assert!(matches!(Profiles::new(&[0.0], &[0.0, 1.0], &[1.0]), Err(ProfileError::Size { .. })));
    assert!(matches!(Profiles::new(&[], &[0.0, 1.0], &[]), Err(ProfileError::TooFew { .. })));
    assert!(matches!(Profiles::new(&[0.0], &[0.0, f64::NAN], &[1.0, 1.0]), Err(ProfileError::Position { index: 1 })));
    assert!(matches!(Profiles::new(&[1.0, 0.0], &[0.0, 1.0], &[1.0; 4]), Err(ProfileError::Time { index: 1 })));
}
