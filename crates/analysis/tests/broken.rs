//! Measures of a broken wire on constructed shapes with known answers: coarse five-fold lattices of 12 to 24 shells, 115 nm across.

mod chance;
mod five_fold;

use five_fold::{made, rough, sites};
use pentatwin_analysis::Measurement;
use pentatwin_analysis::atoms::*;
use pentatwin_analysis::facets::TipEnd;

const NM: f64 = 1e-9;

fn nm(m: Option<Measurement>) -> f64 {
    m.unwrap().value / NM
}

fn degrees(m: Measurement) -> [f64; 2] {
    [m.value.to_degrees(), m.uncertainty.to_degrees()]
}

/// Two tips that face each other: `inside` by depth behind the apex [pitches], radius from the axis [m] and shell.
fn facing(made: &AsMade, shells: usize, gap: f64, inside: impl Fn(f64, f64, usize) -> bool) -> Vec<[f64; 3]> {
    let (d, left) = (made.pitch, 40.0);
    sites(made, shells, (80.0 + gap) * d, |p, r| {
        let across = (p[1] - made.axis[0]).hypot(p[2] - made.axis[1]);
        let x = p[0] / d;
        inside(left - x, across, r) || inside(x - left - gap, across, r)
    })
}

#[test]
fn area_by_layers_is_exact_in_volume_and_as_made() {
    for shells in [12, 16, 24] {
        let made = made(shells);
        let s = sites(&made, shells, 300.0 * NM, |_, _| true);
        let found = layer_areas(&s, &made).unwrap();
        assert!((found.volume() / (s.len() as f64 * made.site_volume) - 1.0).abs() < 1e-12);
        let mean = found.mean_ratio(20.0 * NM, 280.0 * NM).unwrap();
        assert!((mean.value - 1.0).abs() < 1e-12 && mean.uncertainty < 1e-12, "{mean:?}");
        // A wire that thins linearly along x: the mean is that at the middle.
        let cone = sites(&made, shells, 300.0 * NM, |p, r| (r as f64) < (shells as f64 + 0.5) * (1.0 - p[0] / (600.0 * NM)));
        let found = layer_areas(&cone, &made).unwrap();
        let mean = found.mean_ratio(100.0 * NM, 200.0 * NM).unwrap();
        println!("{shells} shells: mean of a cone {:.4} ± {:.4} (0.5625)", mean.value, mean.uncertainty);
        assert!((mean.value - 0.5625).abs() < 0.02);
        let (largest, at) = found.largest_ratio(20.0 * NM, 280.0 * NM).unwrap();
        let (smallest, neck) = found.smallest_ratio(20.0 * NM, 280.0 * NM).unwrap();
        // Shells end one by one.
        assert!(largest > 0.8 && at.value < 40.0 * NM && smallest < 0.35 && neck.value > 260.0 * NM);
        assert!(found.mean_ratio(0.0, made.pitch).is_none() && found.layers(1.0, 2.0).is_empty() && found.layers(2.0, -1.0).is_empty());
    }
}

/// The note's c5 of a virgin pentagon, 0.053, is that of the outermost site in 24 bins; by sectors it is that of the shape.
#[test]
fn virgin_pentagon_has_c5_0_053_by_the_outermost_site_in_24_bins_and_0_042_by_sectors() {
    for (shells, outermost, sectors) in [(12, 0.0517, 0.0421), (16, 0.0534, 0.0425), (24, 0.0515, 0.0419)] {
        for (azimuth, axis) in [(0.0, [0.0; 2]), (0.3, [20.0 * NM, -7.0 * NM])] {
            let made = AsMade { azimuth, axis, ..made(shells) };
            let s = sites(&made, shells, 200.0 * NM, |_, _| true);
            let found = outline_amplitudes(&s, &made, 40.0 * NM, 160.0 * NM).unwrap().unwrap();
            println!("{shells} shells: {:.4?} {:.4?}", found.outermost.map(|m| m.value), found.sectors.map(|m| m.value));
            assert!((found.outermost[3].value - outermost).abs() < 3e-4 && (found.sectors[3].value - sectors).abs() < 6e-4);
            assert!(found.outermost[..3].iter().all(|c| c.value < 0.004) && found.sectors[..3].iter().all(|c| c.value < 5e-4));
            assert!((found.five_sided() - 1.0).abs() < 0.03);
        }
    }
}

#[test]
fn pyramids_of_five_111_faces() {
    for shells in [12, 16, 24] {
        let made = made(shells);
        let d = made.pitch;
        let s = facing(&made, shells, 4.0, |depth, _, r| depth >= 0.5 * r as f64 - 1e-3);
        let b = broken(&s, &made).unwrap().unwrap();
        // Of the apex's sites, a gap of 4 pitches, each a pitch long.
        assert!((b.gap.width.value / d - 3.0).abs() < 1e-6 && (b.gap.nearest.value - b.gap.width.value).abs() < 1e-15);
        assert!((b.gap.centre.value / d - 42.0).abs() < 1e-6 && b.loose.pieces == 0);
        for t in &b.tips {
            // The faces are half a pitch before the centres of the outermost sites: a depth of (r + 1/2)/2 below the apex holds a part (r/N)² of A0.
            let of = |part: f64| 0.5 * (part.sqrt() * (shells as f64 + 0.5)) * d / NM;
            let (quarter, most) = (nm(t.to_quarter), nm(t.to_three_quarters));
            let (angle, wedges) = t.facet_angle().unwrap();
            let o = t.outline.unwrap();
            println!(
                "{shells} shells {:?}: 25 % at {quarter:.1} ({:.1}), 75 % at {most:.1} ({:.1}) nm, half angle {:.1?} (56.7), facets {:.1?} x{wedges} (125.26), c5 {:.4} {:.4}",
                t.end,
                of(0.25),
                of(0.75),
                degrees(t.half_angle.unwrap()),
                degrees(angle),
                o.outermost[3].value,
                o.sectors[3].value
            );
            assert!((quarter - of(0.25)).abs() < 0.3 * d / NM && (most - of(0.75)).abs() < 0.3 * d / NM);
            assert!((t.half_angle.unwrap().value.to_degrees() - 56.7).abs() < 2.0);
            assert!(wedges == 5 && (angle.value.to_degrees() - 125.26).abs() < 1.0);
            assert!((o.outermost[3].value - 0.052).abs() < if shells < 16 { 0.006 } else { 0.002 } && (o.five_sided() - 1.0).abs() < 0.05);
            assert!(o.sectors[..3].iter().all(|c| c.value < 0.002));
            assert!(t.offset.size.value < 1e-12 && t.lean.unwrap().size.value < 1e-9);
        }
    }
}

#[test]
fn round_cones_have_no_pentagon() {
    for (shells, limit) in [(16, 0.35), (24, 0.2)] {
        let made = made(shells);
        let d = made.pitch;
        for slope in [0.5, 1.0] {
            let s = facing(&made, shells, 4.0, |depth, across, _| across <= (slope * depth * d).min(48.0 * NM));
            let b = broken(&s, &made).unwrap().unwrap();
            for t in &b.tips {
                let o = t.outline.unwrap();
                let (angle, _) = t.facet_angle().unwrap();
                println!(
                    "{shells} shells, slope {slope}: half angle {:.1?} ({:.1}), flank {:.1?}, c {:.4?} {:.4?}",
                    degrees(t.half_angle.unwrap()),
                    f64::atan(slope).to_degrees(),
                    degrees(angle),
                    o.outermost.map(|m| m.value),
                    o.sectors.map(|m| m.value)
                );
                // The lattice lies 1.4 % wider than its volume.
                assert!((t.half_angle.unwrap().value - slope.atan()).abs().to_degrees() < 1.5);
                assert!((angle.value.to_degrees() - 180.0 + f64::atan(slope).to_degrees()).abs() < 2.5);
                assert!(o.five_sided() < limit && o.sectors[..3].iter().all(|c| c.value < 0.002));
            }
        }
    }
}

#[test]
fn oblique_slit_overlaps_along_the_axis_and_its_width_is_in_space() {
    for (shells, seen) in [(16, [12.2, 16.1]), (24, [13.3, 16.1])] {
        let made = made(shells);
        // Tilted by 35 degrees in the plane of y: at larger y the slit lies at larger x.
        let tilt = 35f64.to_radians();
        let s = sites(&made, shells, 400.0 * NM, |p, _| ((p[0] - 200.0 * NM) * tilt.cos() - p[1] * tilt.sin()).abs() > 8.0 * NM);
        let b = broken(&s, &made).unwrap().unwrap();
        let gap = b.gap;
        println!(
            "slit of 16 nm: nearest {:.1} ± {:.1}, along the axis {:.1} nm, tips at y {:.0} {:.0}, lean {:.1?} {:.1?}",
            gap.nearest.value / NM,
            gap.nearest.uncertainty / NM,
            gap.width.value / NM,
            b.tips[0].apex[1] / NM,
            b.tips[1].apex[1] / NM,
            degrees(b.tips[0].lean.unwrap().size),
            degrees(b.tips[1].lean.unwrap().size)
        );
        assert!(gap.width.value < -30.0 * NM && (gap.centre.value / NM - 204.0).abs() < 3.0, "{:?}", gap.centre);
        // Reads low by up to a pitch between walls that are no faces of the crystal.
        assert!((seen[0] - 0.5..seen[1]).contains(&(gap.nearest.value / NM)));
        // The points are those that are nearest: along the slit's normal, within a pitch.
        let [p, q] = gap.nearest_sites;
        assert!(((q[0] - p[0]) * tilt.cos() - (q[1] - p[1]) * tilt.sin() - 16.0 * NM).abs() < 1.5 * NM);
        // Tip 1 (left piece) reaches furthest at +y, tip 2 at -y.
        let [one, two] = &b.tips;
        assert!(one.apex[1] > 40.0 * NM && two.apex[1] < -40.0 * NM && one.apex[0] > two.apex[0]);
        assert!(one.offset.azimuth.cos() > 0.99 && two.offset.azimuth.cos() < -0.99);
        assert!(one.lean.unwrap().azimuth.cos() > 0.99 && two.lean.unwrap().azimuth.cos() < -0.99);
        for t in &b.tips {
            // A plane cut has no more than its own slope.
            let lean = t.lean.unwrap().size.value.to_degrees();
            assert!((30.0..50.0).contains(&lean), "{lean}");
            assert!(t.outline.unwrap().sectors[0].value > 0.1);
        }
    }
}

#[test]
fn offset_point_and_loose_silver() {
    let made = made(16);
    let d = made.pitch;
    // Straight cones whose apex lies 20 nm off the axis towards azimuth 60 degrees.
    let (off, azimuth) = (20.0 * NM, 60f64.to_radians());
    let apex = [off * azimuth.cos(), off * azimuth.sin()];
    let s = sites(&made, 16, 100.0 * d, |p, _| {
        let depth = 40.0 * d - p[0];
        // The centre comes back to the axis over 80 nm.
        let part = 1.0 - (depth / (80.0 * NM)).min(1.0);
        let cone = (p[1] - part * apex[0]).hypot(p[2] - part * apex[1]) <= (0.6 * depth).min(50.0 * NM);
        let crumb = (p[0] - 45.0 * d).hypot(p[1]).hypot(p[2]) < 1.3 * d;
        cone || crumb || p[0] > 50.0 * d
    });
    let b = broken(&s, &made).unwrap().unwrap();
    let t = &b.tips[0];
    let lean = t.lean.unwrap();
    println!(
        "offset {:.1} ± {:.1} nm at {:.0}°, lean {:.1?} at {:.0}° (14.0 at 60), loose {:?}",
        t.offset.size.value / NM,
        t.offset.size.uncertainty / NM,
        t.offset.azimuth.to_degrees(),
        degrees(lean.size),
        lean.azimuth.to_degrees(),
        b.loose
    );
    assert!((t.offset.size.value / NM - 20.0).abs() < 2.5 && (t.offset.azimuth.to_degrees() - 60.0).abs() < 6.0);
    assert!((lean.size.value.to_degrees() - 14.0).abs() < 1.0 && (lean.azimuth.to_degrees() - 60.0).abs() < 3.0);
    assert!(b.loose.pieces == 1 && b.loose.volume > 5.0 * made.site_volume);
    // The flat face of the other piece, from x = 50 on.
    assert!((b.gap.to.value / d - 50.0).abs() < 1.01 && b.tips[1].to_quarter.unwrap().value < d);
    assert!((b.tips[1].facet_angle().unwrap().0.value.to_degrees() - 90.0).abs() < 1.0);
}

#[test]
fn hillocks_faceted_and_round() {
    for shells in [16, 24] {
        let made = made(shells);
        let length = 500.0 * NM;
        let bump = |x: f64| 1.0 + 0.16 * (-((x / NM - 350.0) / 40.0).powi(2)).exp();
        let thin = |x: f64| 1.0 - 0.5 * (-((x / NM - 150.0) / 30.0).powi(2)).exp();
        let five = sites(&made, shells + 4, length, |p, r| (r as f64) < (shells as f64 + 0.5) * bump(p[0]) * thin(p[0]));
        let radius = made.radius() * 1.0137;
        let round = sites(&made, shells + 8, length, |p, _| p[1].hypot(p[2]) < radius * bump(p[0]) * thin(p[0]));
        // Five-sided ones grow by whole shells.
        for (name, s, faceted, within) in [("five-sided", five, true, 4.0), ("round", round, false, 1.5)] {
            let areas = layer_areas(&s, &made).unwrap();
            let [left, right] = hillocks(&s, &areas, 150.0 * NM).unwrap().map(|h| h.unwrap());
            // Above 1.1 A0 where 0.16 exp(-u²) > 0.0488: 2 x 40 nm x 1.09. Volume above A0: ∫ ((1 + b)² - 1).
            let volume = made.area * 40.0 * NM * (2.0 * 0.16 * 1.7725 + 0.0256 * 1.2533);
            println!(
                "{shells} shells, {name}: {:.3} (1.346) at {:.0} nm, above 1.1 over {:.0} ± {:.0} (87) nm, volume {:.0} ({:.0}) nm³, c5 {:.4}; other side {:.3}",
                right.ratio,
                right.at.value / NM,
                right.length.value / NM,
                right.length.uncertainty / NM,
                right.volume / NM.powi(3),
                volume / NM.powi(3),
                right.outline.unwrap().sectors[3].value,
                left.ratio
            );
            assert!((right.ratio - 1.346).abs() < 0.07 && (right.at.value / NM - 350.0).abs() < 15.0);
            assert!((right.length.value / NM - 87.0).abs() < within * made.pitch / NM && (right.volume / volume - 1.0).abs() < 0.1);
            assert_eq!(right.faceted(), Some(faceted));
            assert!(left.length.value == 0.0 && left.ratio < 1.05);
        }
    }
}

#[test]
fn roughness_is_that_of_the_walls() {
    for shells in [16, 24] {
        let made = made(shells);
        let length = 500.0 * NM;
        let of = |s: &[[f64; 3]]| relief(s, &made).unwrap().roughness(20.0 * NM, 480.0 * NM).unwrap();
        let smooth = of(&sites(&made, shells, length, |_, _| true));
        assert!(smooth.value < 1e-12);
        let taper = of(&sites(&made, shells, length, |p, r| (r as f64) < (shells as f64 + 0.5) * (1.0 - p[0] / (1500.0 * NM))));
        // Steps of one shell each 25 to 40 nm.
        assert!(taper.value < 0.5 * made.pitch, "{}", taper.value / NM);
        let mut before = taper.value;
        for height in [0.5, 1.0, 1.5] {
            let found = of(&rough(&made, shells, length, height, 11, |_| true));
            println!(
                "{shells} shells, walls {:.1} nm rms: {:.2} ± {:.2} nm (taper {:.2})",
                height * made.pitch / NM,
                found.value / NM,
                found.uncertainty / NM,
                taper.value / NM
            );
            assert!(found.value > before && (0.4..1.0).contains(&(found.value / (height * made.pitch))) && found.uncertainty > 0.0);
            before = found.value;
        }
        assert!(relief(&sites(&made, shells, 60.0 * NM, |_, _| true), &made).unwrap().roughness(0.0, 60.0 * NM).is_none());
    }
}

#[test]
fn whole_wires_single_sites_and_bad_input() {
    let made = made(8);
    let s = sites(&made, 8, 300.0 * NM, |_, _| true);
    assert!(broken(&s, &made).unwrap().is_none());
    // One site holds it together, as a row of the axis.
    let held = sites(&made, 8, 300.0 * NM, |p, r| r == 0 || !(100.0..160.0).contains(&(p[0] / NM)));
    assert!(broken(&held, &made).unwrap().is_none());
    assert!(broken(&[[0.0; 3]], &made).unwrap().is_none());
    // Two sites are two pieces with nothing else to tell.
    let two = broken(&[[0.0; 3], [100.0 * NM, 0.0, 0.0]], &made).unwrap().unwrap();
    assert!(two.tips.iter().all(|t| t.to_quarter.is_none() && t.outline.is_none() && t.edge_on.is_none() && t.lean.is_none()));
    assert!((two.gap.width.value - 100.0 * NM + made.pitch).abs() < 1e-15 && two.tips[0].end == TipEnd::Right);
    let mut wrong = s.clone();
    wrong[7][2] = f64::INFINITY;
    let state = |s: &[[f64; 3]], made: &AsMade| {
        [
            broken(s, made).err(),
            layer_areas(s, made).err(),
            relief(s, made).err(),
            outline_amplitudes(s, made, 0.0, 1.0).err(),
            PitState::new(0.0, s, made).err(),
        ]
    };
    assert!(state(&[], &made).iter().all(|e| *e == Some(AtomsError::Empty)));
    assert!(state(&wrong, &made).iter().all(|e| *e == Some(AtomsError::NotFinite(7))));
    for bad in [0.0, -1.0, f64::NAN] {
        for made in [AsMade { pitch: bad, ..made }, AsMade { site_volume: bad, ..made }, AsMade { area: bad, ..made }] {
            assert!(state(&s, &made).iter().all(|e| e.is_some()));
        }
    }
    assert!(state(&s, &AsMade { axis: [0.0, f64::NAN], ..made }).iter().all(|e| e.is_some()));
    // Positions in nm.
    assert!(layer_areas(&s.iter().map(|p| p.map(|v| v / NM)).collect::<Vec<_>>(), &made).is_err());
    assert!(outline_amplitudes(&s, &made, 1.0, 0.0).unwrap().is_none() && outline_amplitudes(&s, &made, f64::NAN, 1.0).unwrap().is_none());
}
