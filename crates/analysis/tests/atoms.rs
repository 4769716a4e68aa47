//! Measures of atoms, on five-fold twinned crystals made here: concentric pentagons of columns along <110>.

mod chance;

use chance::Noise;
use pentatwin_analysis::atoms::*;
use pentatwin_analysis::facets::{FacetRule, TipEnd};
use std::f64::consts::{PI, SQRT_2, TAU};

const D: f64 = 0.2889e-9;

/// A prism of `shells` shells around x, from 0 to below `length` [d]; the atoms that `keep` wants, by position [d] and shell.
fn crystal(shells: usize, length: f64, keep: impl Fn([f64; 3], usize) -> bool) -> Vec<[f64; 3]> {
    let rho = (1.0 / SQRT_2) / (PI / 5.0).cos();
    let corner = |w: usize| (TAU * w as f64 / 5.0).sin_cos();
    let mut atoms = Vec::new();
    for r in 0..=shells {
        for t in 0..(5 * r).max(1) {
            let (w, s) = (t / r.max(1), (t % r.max(1)) as f64 / r.max(1) as f64);
            let ((y0, x0), (y1, x1)) = (corner(w), corner(w + 1));
            let [y, z] = [(1.0 - s) * x0 + s * x1, (1.0 - s) * y0 + s * y1].map(|v| r as f64 * rho * v);
            let mut x = if r % 2 == 1 { 0.5 } else { 0.0 };
            while x < length {
                if keep([x, y, z], r) {
                    atoms.push([x * D, y * D, z * D]);
                }
                x += 1.0;
            }
        }
    }
    atoms
}

/// A prism with a pyramid of five {111} faces at its right end, and `below` [d] of prism.
fn pyramid(shells: usize, below: f64) -> Vec<[f64; 3]> {
    let apex = below + 0.5 * shells as f64;
    crystal(shells, apex + 1.0, |p, r| p[0] <= apex - 0.5 * r as f64 + 1e-6)
}

fn mirrored(atoms: &[[f64; 3]]) -> Vec<[f64; 3]> {
    atoms.iter().map(|p| [-p[0], p[1], p[2]]).collect()
}

/// Without a share of its surface atoms.
fn damaged(atoms: &[[f64; 3]], share: f64) -> Vec<[f64; 3]> {
    let mut noise = Noise(7);
    let found = coordination(atoms, D).unwrap();
    atoms.iter().zip(&found.of).filter(|(_, c)| **c == 12 || noise.uniform() > share).map(|(p, _)| *p).collect()
}

fn degrees(flank: Option<Flank>) -> f64 {
    flank.unwrap().angle.value.to_degrees()
}

/// Projected half-width of a pentagonal pyramid of {111} faces in a direction at this azimuth: angle of the silhouette to the outward axis.
fn silhouette_angle(off_middle: f64) -> f64 {
    let widest = (0..5).map(|k| (TAU * (k as f64 + 0.5) / 5.0 - off_middle).cos()).fold(0.0, f64::max) / (PI / 5.0).cos();
    90.0 + (1.0 / (SQRT_2 * widest)).atan().to_degrees()
}

#[test]
fn a_prism_has_coordinations_12_8_and_6() {
    let (shells, layers) = (10, 40.0);
    let atoms = crystal(shells, layers, |_, _| true);
    let found = coordination(&atoms, D).unwrap();
    assert_eq!(found.of.len(), atoms.len());
    // Away from the ends.
    let mut counts = [0; 14];
    for (p, c) in atoms.iter().zip(&found.of) {
        if (3.0..layers - 3.0).contains(&(p[0] / D)) {
            counts[usize::from(*c)] += 1;
        }
    }
    assert_eq!(counts.iter().enumerate().filter(|(_, n)| **n > 0).map(|(c, _)| c).collect::<Vec<_>>(), [6, 8, 12]);
    assert_eq!([counts[6] * 9, counts[12] / (counts[6] / 5)], [counts[8], 1 + 5 * 9 * 10 / 2], "{counts:?}");
    assert_eq!(found.histogram.iter().sum::<usize>(), atoms.len());
    assert_eq!(found.surface_atoms(), found.of.iter().filter(|c| **c < 12).count());
    let wire = Wire::from_shells(D, shells);
    let volume = atoms.len() as f64 * wire.atomic_volume();
    assert!((volume / (wire.section() * layers * D) - 1.0).abs() < 0.01);
    let ball = radius_of_equal_volume(volume).unwrap();
    assert!((4.0 / 3.0 * PI * ball.powi(3) / volume - 1.0).abs() < 1e-12);
}

/// B18: 125.26 degrees for each {111} face, 119.77 for the ridge opposite; at two sizes, both ends, and with damage.
#[test]
fn pyramid_shows_its_face_at_125_3_and_the_ridge_at_119_8_on_all_five_wedges() {
    let [face, ridge] = [silhouette_angle(0.0), silhouette_angle(PI)];
    assert!((face - 125.264).abs() < 1e-3 && (ridge - 119.775).abs() < 5e-3, "{face} {ridge}");
    for (shells, limit) in [(60, 0.2), (30, 0.3)] {
        let whole = pyramid(shells, 20.0);
        for (name, atoms, end) in [
            ("whole", whole.clone(), TipEnd::Right),
            ("mirrored", mirrored(&whole), TipEnd::Left),
            ("1 % of the surface gone", damaged(&whole, 0.01), TipEnd::Right),
            ("5 % of the surface gone", damaged(&whole, 0.05), TipEnd::Right),
        ] {
            let wire = Wire { end, ..Wire::from_shells(D, shells) };
            let found = edge_on_angles(&atoms, &wire, 0.25 * D, &FlankRule::default()).unwrap();
            let faces = found.map(|f| degrees(f.facet));
            let ridges = found.map(|f| degrees(f.ridge));
            let of = |f: Option<Flank>| {
                f.map(|f| (f.angle.uncertainty.to_degrees(), f.bend.value.to_degrees(), f.bend.uncertainty.to_degrees(), f.residual / D))
            };
            println!("{shells} shells, {name}: {face:.2} {faces:.2?} {ridges:.2?} {:.3?} {:.3?}", of(found[0].facet), of(found[0].ridge));
            for (f, r) in faces.iter().zip(ridges) {
                assert!((f - face).abs() < limit && (r - ridge).abs() < 1.5 * limit, "{f} {r}");
            }
        }
    }
}

#[test]
fn lying_on_a_flat_side_the_silhouette_is_the_ridge_at_121() {
    let atoms = pyramid(40, 20.0);
    let wire = Wire::from_shells(D, 40);
    let outline = silhouette(&atoms, &wire, wire.middle(0) + 0.5 * PI, 0.25 * D).unwrap();
    let expected = silhouette_angle(0.5 * PI);
    for side in [Side::Upper, Side::Lower] {
        let found = flank(&outline, side, &FlankRule::default()).unwrap();
        println!("{:.2} {:.2}", found.angle.value.to_degrees(), expected);
        assert!((found.angle.value.to_degrees() - expected).abs() < 0.4 && (expected - 121.0).abs() < 0.1);
    }
}

#[test]
fn segments_of_a_truncated_pyramid_are_its_end_and_its_face() {
    let shells = 40;
    let apex = 20.0 + 0.5 * shells as f64;
    // Cut flat at half of its height.
    let atoms = crystal(shells, apex - 10.0, |p, r| p[0] <= apex - 0.5 * r as f64 + 1e-6);
    let wire = Wire::from_shells(D, shells);
    let outline = silhouette(&atoms, &wire, wire.middle(2), 0.25 * D).unwrap();
    let found = flank_facets(&outline, Side::Upper, &FacetRule::default()).unwrap();
    let angles: Vec<f64> = found.iter().map(|f| f.angle.value.to_degrees()).collect();
    println!("{angles:.2?}");
    assert!(angles.iter().any(|a| (a - 90.0).abs() < 0.5) && angles.iter().any(|a| (a - 125.26).abs() < 1.0), "{angles:?}");
}

#[test]
fn share_of_111_in_the_cap() {
    for (shells, lower, upper) in [(20, 0.4, 0.8), (40, 0.7, 0.9), (60, 0.75, 0.95)] {
        let wire = Wire::from_shells(D, shells);
        let whole = pyramid(shells, 12.0);
        // Area of five triangles up to the half layer outside the outermost atoms.
        let area = wire.section() / (2.0f64 / 3.0).sqrt();
        for (name, atoms) in [("whole", whole.clone()), ("1 % gone", damaged(&whole, 0.01))] {
            let cap = surface(&atoms, &wire, &SurfaceRule::default()).unwrap().cap().unwrap();
            let loose = SurfaceRule { flat: PI, ..SurfaceRule::default() };
            let window_only = pentatwin_analysis::atoms::surface(&atoms, &wire, &loose).unwrap().cap().unwrap().share.value;
            println!("window only {window_only:.3}");
            println!(
                "{shells} shells {name}: share {:.3} ± {:.3}, wedges {:.3?}, cap area {:.3} of the pyramid's, {:?}, angles {:.2?}",
                cap.share.value,
                cap.share.uncertainty,
                cap.wedges.map(|w| w.unwrap().value),
                cap.areas.total() / area,
                cap.areas,
                cap.angles.map(|w| w.unwrap().value.to_degrees())
            );
            assert!((lower..upper).contains(&cap.share.value));
            assert!(cap.wedges.iter().all(|w| (w.unwrap().value - cap.share.value).abs() < 0.05));
            assert!((cap.areas.total() / area - 1.0).abs() < 0.1);
            assert!(cap.angles.iter().all(|a| (a.unwrap().value.to_degrees() - 125.26).abs() < if shells < 40 { 1.0 } else { 0.5 }));
        }
    }
}

#[test]
fn flat_cut_hemisphere_and_prism_have_no_111() {
    let shells = 30;
    let wire = Wire::from_shells(D, shells);
    let flat = crystal(shells, 30.0, |_, _| true);
    let found = surface(&flat, &wire, &SurfaceRule::default()).unwrap();
    let cap = found.cap().unwrap();
    println!(
        "flat: {:?} of {:.3e}; all {:?}, walls {:.3e}",
        cap.areas,
        wire.section(),
        found.areas(),
        10.0 * (PI / 5.0).tan() * wire.apothem * 30.0 * D
    );
    assert!(cap.share.value < 0.01 && cap.areas.end110 > 0.6 * cap.areas.total());
    // The rim counts with as much as two nearest-neighbour distances of the walls.
    let rim = 10.0 * (PI / 5.0).tan() * wire.apothem * D;
    assert!((0.0..2.5 * rim).contains(&(cap.areas.total() - wire.section())));
    assert!(found.areas().groove111 < 0.01 * found.areas().total());
    let outline = edge_on_angles(&flat, &wire, 0.25 * D, &FlankRule::default()).unwrap();
    for f in outline {
        println!("flat end: {:.2} {:.2}", degrees(f.facet), degrees(f.ridge));
        assert!((degrees(f.facet) - 90.0).abs() < 0.2 && (degrees(f.ridge) - 90.0).abs() < 0.2);
    }
    // A hemisphere on a round wire: every orientation in proportion. {111} within 8 degrees: 5 (1 - cos 8°) of the half sphere.
    let radius = 30.0 / SQRT_2;
    let round = crystal(shells, 20.0 + radius, |p, _| {
        let across = p[1].hypot(p[2]);
        across < radius && (p[0] < 20.0 || (p[0] - 20.0).hypot(across) < radius)
    });
    let cap = surface(&round, &wire, &SurfaceRule::default()).unwrap().cap().unwrap();
    let expected = 5.0 * (1.0 - 8f64.to_radians().cos()) / (1.0 - 75f64.to_radians().cos());
    let area = TAU * (radius * D).powi(2) * (1.0 - 75f64.to_radians().cos());
    println!("hemisphere: {:?}, by orientation {expected:.3}, area {:.3}; {:?}", cap.share, cap.areas.total() / area, cap.areas);
    let found = edge_on_angles(&round, &wire, 0.25 * D, &FlankRule::default()).unwrap();
    println!("hemisphere: {:.1?} bend {:.1?}", found.map(|f| degrees(f.facet)), found.map(|f| f.facet.unwrap().bend.value.to_degrees()));
    assert!(cap.share.value < 2.5 * expected);
    assert!(found.iter().all(|f| f.facet.unwrap().bend.value.to_degrees() > 10.0));
}

#[test]
fn sections_of_a_prism_and_of_a_pyramid() {
    let shells = 30;
    let wire = Wire::from_shells(D, shells);
    let atoms = pyramid(shells, 40.0);
    // Steps of 0.7 d beat with the layers unless atoms are spread.
    let found = sections(&atoms, &wire, 0.7 * D).unwrap();
    let (mut worst, mut walls) = (0f64, 0f64);
    for k in 0..found.area.len() {
        if (2.0..38.0).contains(&(found.along(k) / D)) {
            worst = worst.max((found.area[k] / wire.section() - 1.0).abs());
            for wall in found.walls(k).unwrap() {
                walls = walls.max((wall.unwrap().value - wire.apothem).abs() / D);
            }
        }
    }
    println!("section right to {worst:.5}, walls to {walls:.4} d");
    assert!(worst < 2e-3 && walls < 0.05);
    let volume: f64 = found.area.iter().sum::<f64>() * found.step;
    assert!((volume / (atoms.len() as f64 * wire.atomic_volume()) - 1.0).abs() < 1e-9);
    // The radius falls linearly: 0.8 of the pyramid's height lie between 10 and 90 %.
    let height = 0.5 * shells as f64 * (1.0 + 0.5 / shells as f64);
    for (name, atoms, end) in [("right", atoms.clone(), TipEnd::Right), ("left", mirrored(&atoms), TipEnd::Left)] {
        let wire = Wire { end, ..wire };
        let found = sections(&atoms, &wire, 0.7 * D).unwrap();
        let [length, half] = [found.tip_length([0.1, 0.9]), found.depth_of(0.5)].map(|m| m.unwrap().value / D);
        println!("{name}: tip {length:.2} d ({:.2}), half the radius at {half:.2} ({:.2})", 0.8 * height, 0.5 * height);
        assert!((length - 0.8 * height).abs() < 0.5 && (half - 0.5 * height).abs() < 1.0);
        assert!(found.tip_length([0.1, 1.2]).is_none() && found.tip_length([0.9, 0.1]).is_none());
    }
    // Layers of 1, 5, 11 and 20 atoms: the 20th foremost lies in the fourth.
    let first = apex(&atoms, &wire, 1).unwrap().value;
    let depths = [1, 2, 6, 7, 17, 18, 20, 37].map(|rank| ((first - apex(&atoms, &wire, rank).unwrap().value) / (0.5 * D)).round());
    assert_eq!(depths, [0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 3.0]);
    assert_eq!(length_between(&[0.0, 1.0, 2.0, 3.0], 2.0, [0.5, 2.5]).unwrap().value, 4.0);
    assert!(length_between(&[0.0, f64::NAN, 2.0], 1.0, [0.5, 1.5]).is_none() && length_between(&[], 1.0, [0.5, 1.5]).is_none());
}

#[test]
fn recession_of_tip_and_walls() {
    // A tip that loses 2 d a second, and walls that lose a shell of d/√2 each 2 s.
    let (times, mut tips, mut walls): (Vec<f64>, Vec<f64>, Vec<f64>) = ((0..5).map(f64::from).collect(), Vec::new(), Vec::new());
    for t in 0..5 {
        let apex_at = 40.0 - 2.0 * f64::from(t);
        let shells = 20 - t as usize / 2;
        let mut atoms = crystal(shells, 60.0, |p, r| p[0] <= apex_at - 0.5 * r as f64 + 1e-6);
        // Debris of 19 atoms in front does not count.
        atoms.extend((0..19).map(|k| [60.0 * D + k as f64 * D, 0.0, 0.0]));
        let wire = Wire::from_shells(D, 20);
        let tip = apex(&atoms, &wire, 40).unwrap();
        tips.push(tip.value);
        let found = sections(&atoms, &wire, D).unwrap();
        let k = (10.0 * D / found.step) as usize;
        walls.push(found.walls(k).unwrap()[3].unwrap().value);
        let left = Wire { end: TipEnd::Left, ..wire };
        assert!((apex(&mirrored(&atoms), &left, 40).unwrap().value + tip.value).abs() < 1e-15);
    }
    let tip = rate(&times, &tips).unwrap();
    let wall = rate(&times, &walls).unwrap();
    println!(
        "tip {:.3} ± {:.3} d/s, wall {:.3} ± {:.3} layers/s",
        tip.value / D,
        tip.uncertainty / D,
        wall.value / D * SQRT_2,
        wall.uncertainty / D * SQRT_2
    );
    assert!((tip.value / D + 2.0).abs() < 1e-6);
    assert!((wall.value / D * SQRT_2 + 0.5).abs() < 0.1 && wall.uncertainty > 0.0);
    assert!(rate(&times[..2], &tips).is_none() && rate(&[1.0; 4], &tips[..4]).is_none() && rate(&[], &[]).is_none());
}

#[test]
fn harmonics_tell_a_pentagon_from_a_circle() {
    let shells = 30;
    let wire = Wire::from_shells(D, shells);
    let radius = shells as f64 / SQRT_2;
    let pentagon = crystal(shells, 20.0, |_, _| true);
    let round = crystal(shells, 20.0, |p, _| p[1].hypot(p[2]) < radius);
    let oval = crystal(shells, 20.0, |p, _| p[1].hypot(1.2 * p[2]) < radius);
    let moved: Vec<[f64; 3]> = round.iter().map(|p| [p[0], p[1] + 7.0 * D, p[2] - 3.0 * D]).collect();
    let mut seen = Vec::new();
    for (name, atoms) in
        [("pentagon", &pentagon), ("circle", &round), ("oval", &oval), ("moved", &moved), ("1 % gone", &damaged(&pentagon, 0.01))]
    {
        let outline = section_outline(atoms, &wire, 10.0 * D, 4.0 * D, 72).unwrap().unwrap();
        let found = harmonics(&outline.radius, outline.sigma).unwrap();
        println!(
            "{name}: {:.4?} ± {:.4}, azimuths {:.3?}",
            found.coefficients.map(|c| c.value),
            found.coefficients[0].uncertainty,
            found.azimuths
        );
        assert!((PI * outline.radius.iter().map(|r| r * r).sum::<f64>() / 72.0 / outline.area - 1.0).abs() < 1e-9);
        seen.push((outline, found));
    }
    let c = |k: usize, m: usize| seen[k].1.coefficients[m - 1].value;
    for k in [0, 4] {
        assert!((c(k, 5) - 0.0432).abs() < 0.002 && [1, 2, 3, 4, 6].iter().all(|&m| c(k, m) < 0.003));
        // Corners lie on the twin planes.
        let corner = seen[k].1.azimuths[4];
        assert!(corner.min(TAU / 5.0 - corner) < 0.02);
    }
    assert!((1..=6).all(|m| c(1, m) < 0.005));
    // An ellipse of axes 1 : 1/1.2: c2 = (a - b)/(a + b)/2 = 0.045.
    assert!((c(2, 2) - 0.045).abs() < 0.004 && c(2, 5) < 0.005, "{}", c(2, 2));
    assert!((seen[3].0.centre[0] / D - 7.0).abs() < 0.05 && (seen[3].0.centre[1] / D + 3.0).abs() < 0.05);
    // On plain arrays, with noise of known size.
    let mut noise = Noise(3);
    let array: Vec<f64> =
        (0..90).map(|k| 1.0 + 0.08 * (5.0 * TAU * (f64::from(k) + 0.5) / 90.0 - 1.0).cos() + 0.01 * noise.normal()).collect();
    let found = harmonics(&array, 0.01).unwrap();
    assert!((found.coefficients[4].value - 0.04).abs() < 3.0 * found.coefficients[4].uncertainty && (found.azimuths[4] - 0.2).abs() < 0.02);
    assert!(harmonics(&array[..10], 0.0).is_none() && harmonics(&[0.0; 20], 0.0).is_none() && harmonics(&[f64::NAN; 20], 0.0).is_none());
    assert!(section_outline(&pentagon, &wire, 200.0 * D, D, 72).unwrap().is_none());
}

#[test]
fn two_pieces_across_a_gap() {
    let atoms = crystal(8, 60.0, |p, _| !(25.0..37.0).contains(&p[0]));
    let found = pieces(&atoms, 1.2 * D).unwrap();
    assert_eq!(found.sizes.len(), 2);
    assert_eq!(found.sizes.iter().sum::<usize>(), atoms.len());
    assert!(found.sizes[0] >= found.sizes[1]);
    let [left, right] =
        [true, false].map(|l| atoms.iter().zip(&found.of).filter(|(p, _)| (p[0] < 30.0 * D) == l).map(|(_, k)| *k).collect::<Vec<_>>());
    assert!(left.windows(2).chain(right.windows(2)).all(|w| w[0] == w[1]) && left[0] != right[0]);
    assert_eq!(found.positions(0, &atoms).len(), found.sizes[0]);
    // A single row of atoms joins them.
    let bridged: Vec<[f64; 3]> = atoms.iter().copied().chain((25..37).map(|k| [f64::from(k) * D, 0.0, 0.0])).collect();
    assert_eq!(pieces(&bridged, 1.2 * D).unwrap().sizes, [bridged.len()]);
    // Pieces a metre apart cost nothing.
    let far: Vec<[f64; 3]> = vec![[0.0; 3], [D, 0.0, 0.0], [1e-4, 0.0, 0.0]];
    assert_eq!(pieces(&far, 1.2 * D).unwrap().sizes, [2, 1]);
}

#[test]
fn marks_grooves_are_not_cap_and_convex_edges_no_grooves() {
    // A deep groove along each twin plane: the atoms of a wedge within 10 columns of it are gone down to where a plane at 18 degrees ends.
    let shells = 40;
    let wire = Wire::from_shells(D, shells);
    let depth = 12.0;
    let radius = shells as f64 / SQRT_2 / (PI / 5.0).cos();
    let grooved = crystal(shells, 24.0, |p, _| {
        // In the frame of the nearest twin plane: out along it, and away from it.
        let azimuth = p[2].atan2(p[1]);
        let off = azimuth - (azimuth / (TAU / 5.0)).round() * TAU / 5.0;
        let (away, out) = {
            let r = p[1].hypot(p[2]);
            (r * off.sin().abs(), r * off.cos())
        };
        // Faces parallel to the wedge's other twin plane, meeting on this one `depth` below the edge.
        out < radius - depth + away * (PI / 10.0).tan() + 1e-6
    });
    let found = surface(&grooved, &wire, &SurfaceRule::default()).unwrap();
    let plain = surface(&crystal(shells, 24.0, |_, _| true), &wire, &SurfaceRule::default()).unwrap();
    println!("grooved {:?}\nplain {:?}", found.areas(), plain.areas());
    assert!(found.areas().groove111 > 0.1 * found.areas().total() && found.cap().unwrap().share.value < 0.01);
    assert!(plain.areas().groove111 < 1e-3 * plain.areas().total());
}

#[test]
fn bad_input_is_an_error_that_says_so() {
    let wire = Wire::from_shells(D, 3);
    let some = crystal(3, 6.0, |_, _| true);
    let rule = SurfaceRule::default();
    let mut broken = some.clone();
    broken[5][1] = f64::NAN;
    for (atoms, error) in [(vec![], AtomsError::Empty), (broken, AtomsError::NotFinite(5))] {
        assert_eq!(coordination(&atoms, D).unwrap_err(), error);
        assert_eq!(surface(&atoms, &wire, &rule).unwrap_err(), error);
        assert_eq!(edge_on_angles(&atoms, &wire, D, &FlankRule::default()).unwrap_err(), error);
        assert_eq!(sections(&atoms, &wire, D).unwrap_err(), error);
        assert_eq!(section_outline(&atoms, &wire, 0.0, D, 72).unwrap_err(), error);
        assert_eq!(pieces(&atoms, D).unwrap_err(), error);
        assert!(apex(&atoms, &wire, 1).is_none());
    }
    for d in [0.0, -D, f64::NAN, f64::INFINITY] {
        assert!(matches!(coordination(&some, d), Err(AtomsError::NoLength { .. })));
        assert!(matches!(project(&some, &wire, 0.0, d), Err(AtomsError::NoLength { .. })));
        assert!(matches!(sections(&some, &wire, d), Err(AtomsError::NoLength { .. })));
        assert!(surface(&some, &Wire { spacing: d, ..wire }, &rule).is_err());
    }
    // In nm instead of m, or far too fine.
    assert!(matches!(coordination(&some, 0.2889), Err(AtomsError::TooDense { .. })));
    assert!(matches!(project(&some, &wire, 0.0, 1e-15), Err(AtomsError::TooWide { .. })));
    assert!(matches!(sections(&some, &wire, 1e-18), Err(AtomsError::TooWide { .. })));
    assert!(matches!(coordination(&[[0.0; 3], [1.0, 0.0, 0.0]], D), Err(AtomsError::TooWide { .. })));
    assert!(project(&some, &wire, f64::NAN, D).is_err() && section_outline(&some, &wire, 0.0, D, 3).is_err());
    assert!(surface_with(&some, &[12], &wire, &rule).is_err());
    assert!(surface(&some, &wire, &SurfaceRule { radius: 0.0, ..rule }).is_err());
    assert!(surface(&some, &wire, &SurfaceRule { window: 1.0, ..rule }).is_err());
    // Few atoms: a clean answer.
    for n in [1, 2, 10] {
        let few = &some[..n];
        assert_eq!(coordination(few, D).unwrap().surface_atoms(), n);
        assert_eq!(surface(few, &wire, &rule).unwrap().atoms.len(), n);
        assert!(edge_on_angles(few, &wire, 0.25 * D, &FlankRule::default()).unwrap().iter().all(|f| f.ridge.is_none()));
        assert!(sections(few, &wire, D).unwrap().tip_length([0.1, 0.9]).is_none());
        assert!(apex(few, &wire, 20).is_none() && apex(few, &wire, 0).is_none());
    }
    assert!(radius_of_equal_volume(0.0).is_none() && radius_of_equal_volume(f64::NAN).is_none());
    assert!(flank(&silhouette(&some, &wire, 0.0, D).unwrap(), Side::Upper, &FlankRule { part: [0.8, 0.2] }).is_none());
}

/// Prints CPU times; they are not asserted.
#[test]
#[ignore = "long tier: ten million atoms"]
fn ten_million_atoms() {
    for (shells, below) in [(40, 200.0), (80, 560.0)] {
        let atoms = pyramid(shells, below);
        let wire = Wire::from_shells(D, shells);
        println!("{} atoms", atoms.len());
        let mut last = std::time::Instant::now();
        let mut lap = |name: &str| {
            println!("  {name}: {:.2} s", last.elapsed().as_secs_f64());
            last = std::time::Instant::now();
        };
        let found = coordination(&atoms, D).unwrap();
        lap("coordination");
        let surface = surface_with(&atoms, &found.of, &wire, &SurfaceRule::default()).unwrap();
        lap("surface");
        let share = surface.cap().unwrap().share;
        lap("cap");
        let angles = edge_on_angles(&atoms, &wire, 0.25 * D, &FlankRule::default()).unwrap();
        lap("edge-on angles");
        let parts = pieces(&atoms, 1.2 * D).unwrap();
        lap("pieces");
        let tip = sections(&atoms, &wire, D).unwrap().tip_length([0.1, 0.9]).unwrap();
        lap("sections");
        println!("  share {share:.3?}, {:.2?}, tip {:.2} d", angles.map(|a| degrees(a.facet)), tip.value / D);
        assert_eq!(parts.sizes, [atoms.len()]);
        assert!(angles.iter().all(|a| (degrees(a.facet) - 125.26).abs() < 0.2) && share.value > 0.7);
    }
}
