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
