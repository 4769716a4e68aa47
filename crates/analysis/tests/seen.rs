//! Kinetics of synthetic movies' measurements whose truth is known by construction.

use pentatwin_analysis::Measurement;
use pentatwin_analysis::movie::{Axis, Contrast, Drift, FrameMeasure, MovieMeasurement, SeenGap};
use pentatwin_analysis::seen::{AREA_FACTOR, EdgeSide, Fate, Options, Side, Sign, Verdict, kinetics};

const NM: f64 = 1e-9;
/// Projected width of the paper's wire [m].
const W0: f64 = 115.0 * NM;
/// Noise of a bin of 8 nm in one frame of 25 e/px: imaging.md 3.1.
const NOISE: f64 = 0.6 * NM;
const DT: f64 = 0.5;

/// xorshift64* and Box-Muller: independent of the crate's own draws.
struct Noise(u64);

impl Noise {
    fn new(seed: u64) -> Noise {
        let mut noise = Noise(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..8 {
            noise.uniform();
        }
        noise
    }

    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// What a synthetic movie shows; `width(t, x)` and `centre(t, x)` are the truth.
struct Scene<'a> {
    frames: usize,
    bins: usize,
    width: &'a dyn Fn(f64, f64) -> f64,
    centre: &'a dyn Fn(f64, f64) -> f64,
    /// Correlation of neighbouring bins and frames.
    correlation: [f64; 2],
    /// Width error that all bins of a frame share.
    focus: &'a dyn Fn(f64) -> f64,
}

const STILL: Scene = Scene { frames: 60, bins: 125, width: &|_, _| W0, centre: &|_, _| 0.0, correlation: [0.0; 2], focus: &|_| 0.0 };

fn positions(bins: usize) -> Vec<f64> {
    (0..bins).map(|i| 8.0 * NM * (i as f64 + 0.5 - 0.5 * bins as f64)).collect()
}

fn movie(scene: &Scene, seed: u64) -> MovieMeasurement {
    let mut noise = Noise::new(seed);
    let position = positions(scene.bins);
    let [along, in_time] = scene.correlation;
    let mut fields = [vec![0.0; scene.bins], vec![0.0; scene.bins]];
    let mut frames = Vec::new();
    for k in 0..scene.frames {
        let time = DT * k as f64;
        for field in &mut fields {
            let mut line = noise.normal();
            for (i, value) in field.iter_mut().enumerate() {
                if i > 0 {
                    line = along * line + (1.0f64 - along * along).sqrt() * noise.normal();
                }
                *value = if k == 0 { line } else { in_time * *value + (1.0f64 - in_time * in_time).sqrt() * line };
            }
        }
        let width = (0..scene.bins).map(|i| (scene.width)(time, position[i]) + NOISE * fields[0][i] + (scene.focus)(time)).collect();
        let centre = (0..scene.bins).map(|i| (scene.centre)(time, position[i]) + 0.5 * NOISE * fields[1][i]).collect();
        frames.push(FrameMeasure {
            alone: [Vec::new(), Vec::new()],
            index: k as u64,
            time,
            flags: 0,
            drift: Drift { shift: [0.0; 2], covariance: [0.0; 3] },
            axis: Axis { angle: 0.0, offset: 0.0 },
            axis_uncertainty: [0.0; 2],
            width,
            statistical: vec![NOISE; scene.bins],
            systematic: vec![0.5 * NM; scene.bins],
            centre,
            gap: None,
        });
    }
    let end = position[scene.bins - 1] + 4.0 * NM;
    MovieMeasurement {
        area_factor: AREA_FACTOR,
        pixel: NM,
        size: [1024, 1024],
        contrast: Contrast::BrightField,
        contacts: [Some(Measurement::new(-end, NM)), Some(Measurement::new(end, NM))],
        position,
        section: "pentagon".into(),
        frames,
        rupture: None,
        notes: vec![],
    }
}

fn bump(x: f64, at: f64, sigma: f64) -> f64 {
    (-0.5 * ((x - at) / sigma).powi(2)).exp()
}

/// A neck of 60 nm half-width on the left and a hillock of the same volume on the right, growing linearly from 8 s on.
const BEGAN: f64 = 8.0;
const RATE: f64 = 2.0 * NM;

fn depth(t: f64) -> f64 {
    RATE * (t - BEGAN).max(0.0)
}

fn neck_and_hillock(t: f64, x: f64) -> f64 {
    necked(depth(t), x)
}

fn necked(depth: f64, x: f64) -> f64 {
    let neck = depth * bump(x, -250.0 * NM, 60.0 * NM);
    // Equal change of w^2 everywhere: 2 W0 d - d^2 lost is gained.
    let gain = depth * bump(x, 200.0 * NM, 60.0 * NM);
    (W0 - neck + ((W0 * W0 + 2.0 * W0 * gain - gain * gain).sqrt() - W0)).max(0.0)
}

/// Share of trials, printed and checked against 60-75 % (brief) with room for the scatter of `n` trials: sqrt(0.68 * 0.32 / n).
fn covered(name: &str, inside: usize, n: usize) {
    let share = inside as f64 / n as f64;
    println!("{name}: {inside} of {n} within one sigma ({share:.2})");
    let scatter = 2.0 * (0.68f64 * 0.32 / n as f64).sqrt();
    assert!(share > 0.60 - scatter && share < 0.75 + scatter, "{name}: {share}");
}

#[test]
fn a_steady_noisy_movie_shows_no_change() {
    // 1 % allowed: of 200 movies 2 expected at most, 6 or more has a chance below 2 %.
    for correlation in [[0.0, 0.0], [0.5, 0.4]] {
        let alarms =
            (0..200).filter(|&seed| !kinetics(&movie(&Scene { correlation, ..STILL }, seed), &Options::default()).regions.is_empty());
        let alarms = alarms.count();
        println!("false alarms with correlations {correlation:?}: {alarms} of 200");
        assert!(alarms <= 5, "{alarms}");
    }
}

#[test]
fn focus_that_wanders_is_no_thinning_but_is_reported() {
    let focus = |t: f64| 3.0 * NM * (t / 7.0).sin();
    let seen = kinetics(&movie(&Scene { focus: &focus, ..STILL }, 3), &Options::default());
    assert!(seen.regions.is_empty() && seen.onset.is_none() && seen.began.is_none() && seen.balance.is_none());
    let at = 22; // 11 s: a quarter of the period
    let change = seen.common[at];
    let as_made = (0..8).map(|k| focus(DT * f64::from(k))).sum::<f64>() / 8.0;
    assert!((change.value() - (focus(DT * at as f64) - as_made)).abs() < 4.0 * change.measured.uncertainty, "{change:?}");
    assert!(change.measured.uncertainty < 0.1 * NM);
}

#[test]
fn one_noisy_bin_is_no_onset() {
    // 3 % of the width in one bin of one frame at 3 sigma, twice the rule's fluctuation.
    let mut m = movie(&STILL, 5);
    m.frames[30].width[40] = W0 - 3.0 * NOISE;
    assert!(kinetics(&m, &Options::default()).onset.is_none());
}

#[test]
fn onset_and_neck_come_when_the_rule_says() {
    // 3 % of 115 nm at 2 nm/s: 1.725 s after the start. Half of the area: 1 - sqrt(1/2) of the width, 16.8 s after it.
    let onset = BEGAN + 0.03 * W0 / RATE;
    let neck = BEGAN + (1.0 - 0.5f64.sqrt()) * W0 / RATE;
    for seed in 0..50 {
        let seen = kinetics(&movie(&Scene { width: &neck_and_hillock, ..STILL }, 100 + seed), &Options::default());
        let a = seen.onset.expect("onset");
        assert!(a.time.measured.uncertainty >= DT / 12f64.sqrt() - 1e-12 && a.time.measured.uncertainty < 0.6, "{a:?}");
        assert!((a.time.value() - onset).abs() < 0.6, "{a:?}");
        assert!((a.position.value + 250.0 * NM).abs() < 3.5 * a.position.uncertainty + 4.0 * NM, "{a:?}");
        let b = seen.neck.expect("neck");
        assert!((b.time.value() - neck).abs() < 0.6, "{b:?}");
        assert!(seen.void.is_none(), "{:?}", seen.void);
    }
}

#[test]
fn a_slow_onset_is_as_uncertain_as_it_says() {
    // So slow that the noise, not the frame interval (the floor of the uncertainty), decides.
    let rate = 0.3 * NM;
    let width = move |t: f64, x: f64| necked(rate * (t - BEGAN).max(0.0), x);
    let n = 100;
    let (mut close, mut kinks) = (0, 0);
    for seed in 0..n {
        let seen = kinetics(&movie(&Scene { width: &width, frames: 100, bins: 100, ..STILL }, 500 + seed), &Options::default());
        let (a, k) = (seen.onset.expect("onset").time.measured, seen.began.expect("kink").time.measured);
        if seed == 0 {
            println!("{a:?} {k:?}");
        }
        assert!(a.uncertainty < 2.0 && k.uncertainty < 2.0);
        close += usize::from((a.value - (BEGAN + 0.03 * W0 / rate)).abs() <= a.uncertainty);
        kinks += usize::from((k.value - BEGAN).abs() <= k.uncertainty);
    }
    covered("kink", kinks, n as usize);
    covered("onset", close, n as usize);
}

#[test]
fn neck_loss_and_hillock_gain_of_equal_volume_agree() {
    let t = DT * 58.0;
    let dx = NM;
    let truth: f64 =
        (-1000..0).map(|k| f64::from(k) * dx * 0.5).map(|x| AREA_FACTOR * (W0 * W0 - neck_and_hillock(t, x).powi(2)) * 0.5 * dx).sum();
    let options = Options { area_spread: 0.0, ..Options::default() };
    let n = 150;
    let (mut lost, mut net, mut dipoles, mut agree) = (0, 0, 0, 0);
    for seed in 0..n {
        let mut m = movie(&Scene { width: &neck_and_hillock, correlation: [0.3, 0.0], ..STILL }, 1000 + seed);
        m.frames.iter_mut().for_each(|f| f.systematic.fill(0.0));
        let seen = kinetics(&m, &options);
        let b = seen.balance.expect("balance");
        if seed == 0 {
            println!("lost {:?} truth {truth:e} {:?}", b.lost, seen.noise);
        }
        assert!(b.lost.measured.uncertainty < 0.05 * truth, "{b:?}");
        lost += usize::from((b.lost.value() - truth).abs() <= b.lost.measured.uncertainty);
        net += usize::from(b.net.value().abs() <= b.net.measured.uncertainty);
        agree += usize::from(matches!(b.verdict, Verdict::Agrees { .. }));
        // Everything moved from the left half to the right one.
        let d = seen.dipole.expect("index");
        dipoles += usize::from((d.value() - 1.0).abs() < 0.02);
        let top = seen.hillock.expect("hillock");
        assert!((top.position.value - 200.0 * NM).abs() < 25.0 * NM && top.height.value() > 0.0);
    }
    println!("{agree} agree");
    assert!(agree as f64 > 0.9 * n as f64 && dipoles == n as usize, "{agree} {dipoles}");
    covered("lost volume", lost, n as usize);
    covered("net volume", net, n as usize);
}

#[test]
fn silver_that_leaves_is_off_the_balance() {
    let width = |t: f64, x: f64| W0 - depth(t) * bump(x, -250.0 * NM, 60.0 * NM) + 0.3 * depth(t) * bump(x, 200.0 * NM, 60.0 * NM);
    let seen = kinetics(&movie(&Scene { width: &width, ..STILL }, 9), &Options::default());
    let b = seen.balance.unwrap();
    assert!(matches!(b.verdict, Verdict::Off { sigma } if sigma < -3.0), "{b:?}");
    assert!(seen.regions.iter().any(|r| r.sign == Sign::Gain));
}

#[test]
fn the_neck_has_its_place_and_width() {
    let n = 60;
    let (mut widths, mut places) = (0, 0);
    for seed in 0..n {
        let seen = kinetics(&movie(&Scene { width: &neck_and_hillock, ..STILL }, 3000 + seed), &Options::default());
        let neck = seen.necks.iter().find(|k| k.frame == 50).expect("neck at 25 s");
        let truth = neck_and_hillock(25.0, -250.0 * NM);
        widths += usize::from((neck.width.value() - truth).abs() <= neck.width.measured.uncertainty);
        places += usize::from((neck.position.value + 250.0 * NM).abs() <= neck.position.uncertainty);
        assert!(neck.width.measured.uncertainty < NM, "{neck:?}");
        let from = neck.from_contact[0].unwrap();
        assert!((from.value - 250.0 * NM).abs() < 30.0 * NM);
    }
    println!("neck width {widths}, place {places} of {n}");
    assert!(widths >= 30 && places >= 30, "{widths} {places}");
}

#[test]
fn the_index_needs_the_middle_between_the_contacts() {
    let mut m = movie(&Scene { width: &neck_and_hillock, ..STILL }, 4);
    m.contacts[1] = None;
    let seen = kinetics(&m, &Options::default());
    assert!(seen.dipole.is_none() && seen.notes.iter().any(|n| n.contains("contacts")));
    let given = Options { centre: Some(Measurement::new(0.0, 5.0 * NM)), ..Options::default() };
    assert!(kinetics(&m, &given).dipole.is_some());
}

#[test]
fn a_loss_from_one_side_is_a_void_on_that_side() {
    for (sign, side) in [(1.0, EdgeSide::Positive), (-1.0, EdgeSide::Negative)] {
        let void = |t: f64, x: f64| 0.5 * depth(t) * bump(x, 100.0 * NM, 40.0 * NM);
        let width = move |t: f64, x: f64| W0 - void(t, x);
        // The whole wire turns and drifts besides; only the edge of one side moves in.
        let centre = move |t: f64, x: f64| -sign * 0.5 * void(t, x) + 0.1 * NM * t + 1e-4 * x * t;
        let seen = kinetics(&movie(&Scene { width: &width, centre: &centre, ..STILL }, 21), &Options::default());
        let v = seen.void.expect("void");
        assert_eq!(v.side, side);
        assert!((v.position.value - 100.0 * NM).abs() < 30.0 * NM, "{v:?}");
        assert!((v.one_sidedness.value - 1.0).abs() < 4.0 * v.one_sidedness.uncertainty, "{v:?}");
        assert!(v.time.value > BEGAN && v.time.value < BEGAN + 10.0, "{v:?}");
    }
}

/// A still movie with a gap from frame 20 on; its edges as given at the time since then, 1 nm of noise on each.
fn parted(left: &dyn Fn(f64) -> f64, right: &dyn Fn(f64) -> f64, seed: u64) -> MovieMeasurement {
    let mut m = movie(&STILL, seed);
    let mut noise = Noise::new(seed + 77);
    for k in 20..STILL.frames {
        let t = DT * (k - 20) as f64;
        let l = left(t) + NM * noise.normal();
        let r = right(t) + NM * noise.normal();
        m.frames[k].gap = Some(SeenGap {
            left: Measurement::new(l, NM),
            right: Measurement::new(r, NM),
            width: Measurement::new(r - l, 2f64.sqrt() * NM),
            systematic: NM,
            significance: 20.0,
            tips: [None; 2],
        });
    }
    m.rupture = Some(20);
    m
}

#[test]
fn a_gap_that_grows_from_one_side_says_which_and_how_fast() {
    let n = 100;
    let (mut speeds, mut starts) = (0, 0);
    for seed in 0..n {
        // The right tip rests for 6 s, then draws back by 3 nm/s.
        let seen = kinetics(&parted(&|_| -10.0 * NM, &|t| 10.0 * NM + 3.0 * NM * (t - 6.0).max(0.0), seed), &Options::default());
        let after = seen.after.expect("after");
        assert_eq!(after.fate, Fate::Continues);
        assert!(!after.left.moves && matches!(after.first, Some((Side::Right, s)) if s > 5.0), "{after:?}");
        let right = after.right;
        speeds += usize::from((right.speed_from_start.value - 3.0 * NM).abs() <= right.speed_from_start.uncertainty);
        let start = right.start.expect("start");
        starts += usize::from((start.value - (10.0 + 6.0)).abs() <= start.uncertainty);
        let c = seen.rupture.expect("rupture");
        assert_eq!(c.frame, 20);
        assert!((c.time.value() - 9.75).abs() < 1e-9 && c.position.value.abs() < 5.0 * NM, "{c:?}");
    }
    covered("speed", speeds, n as usize);
    covered("start", starts, n as usize);
}

#[test]
fn a_gap_that_stays_freezes_below_a_limit() {
    let frozen = (0..200).filter(|&seed| {
        let after = kinetics(&parted(&|_| -10.0 * NM, &|_| 10.0 * NM, seed), &Options::default()).after.expect("after");
        // 40 frames over 20 s with 1 nm: sigma of the slope is 1 nm sqrt(12 / 40) / 20 s = 0.027 nm/s.
        matches!(after.fate, Fate::Freezes { limit } if limit > 0.02 * NM && limit < 0.4 * NM)
    });
    assert_eq!(frozen.count(), 200);
}

#[test]
fn both_sides_in_the_order_in_which_they_start() {
    let left = |t: f64| -10.0 * NM - 4.0 * NM * (t - 3.0).max(0.0);
    let right = |t: f64| 10.0 * NM + 4.0 * NM * (t - 10.0).max(0.0);
    let after = kinetics(&parted(&left, &right, 1), &Options::default()).after.unwrap();
    assert!(matches!(after.first, Some((Side::Left, s)) if s > 3.0), "{after:?}");
}

#[test]
fn movies_that_say_nothing_give_reasons() {
    let mut m = movie(&STILL, 1);
    m.frames.iter_mut().for_each(|f| f.width.fill(f64::NAN));
    let seen = kinetics(&m, &Options::default());
    assert!(seen.onset.is_none() && seen.balance.is_none() && seen.after.is_none() && !seen.notes.is_empty());
    assert!(seen.profiles.radius.iter().all(|r| r.is_nan()));
    m.frames.clear();
    assert!(kinetics(&m, &Options::default()).profiles.profiles().is_err());
    m.position.clear();
    m.rupture = Some(7);
    assert!(kinetics(&m, &Options::default()).rupture.is_none());
    let mut odd = movie(&STILL, 2);
    odd.frames[10].time = f64::NAN;
    odd.frames[12].time = 1.0;
    odd.frames[14].width.truncate(3);
    odd.position.truncate(60);
    odd.frames[15].statistical.fill(f64::INFINITY);
    assert_eq!(kinetics(&odd, &Options::default()).profiles.frame.len(), 58);
    odd.position[5] = f64::NAN;
    assert!(kinetics(&odd, &Options::default()).onset.is_none());
}

#[test]
fn no_measurement_however_odd_makes_it_panic() {
    let mut noise = Noise::new(99);
    for seed in 0..300 {
        let mut m = movie(&Scene { frames: 1 + seed as usize % 40, bins: 2 + seed as usize % 37, width: &neck_and_hillock, ..STILL }, seed);
        let odd = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300, 1e-300];
        let (hurt, mut pick) = (noise.uniform(), Noise::new(seed + 7));
        for f in &mut m.frames {
            f.time += 8.0;
            for values in [&mut f.width, &mut f.statistical, &mut f.systematic, &mut f.centre] {
                for v in values.iter_mut() {
                    if pick.uniform() < hurt {
                        *v = odd[(pick.uniform() * 6.0) as usize % 6];
                    }
                }
            }
            f.flags = if pick.uniform() < 0.1 { 255 } else { 0 };
            if pick.uniform() < 0.3 {
                let any = Measurement::new(odd[(pick.uniform() * 6.0) as usize % 6], odd[(pick.uniform() * 6.0) as usize % 6]);
                f.gap = Some(SeenGap { left: any, right: any, width: any, systematic: 0.0, significance: 0.0, tips: [None; 2] });
            }
        }
        m.rupture = (pick.uniform() < 0.5).then(|| (pick.uniform() * 50.0) as usize);
        let seen = kinetics(
            &m,
            &Options { baseline: seed as usize % 9, average: seed as usize % 4, false_alarms: noise.uniform(), ..Options::default() },
        );
        assert!(seen.common.len() == seen.profiles.time.len());
        assert!([seen.onset, seen.neck, seen.rupture].into_iter().flatten().all(|k| k.time.value().is_finite()));
    }
}
