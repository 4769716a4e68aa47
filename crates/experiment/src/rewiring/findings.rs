//! What the paper says of the rewiring, row by row.

use pentatwin_analysis::spectrum::Fitted;
use pentatwin_physics::gap::Hypothesis;
use pentatwin_physics::rewired::Width;
use pentatwin_record::summary::{Finding, Verdict};
use pentatwin_units::format_si;

use super::Measured;
use super::tables::order;
use crate::protocol::Protocol;
use crate::simulate::Trace;
use crate::spectra::Taken;

/// The paper's rewiring section, row by row.
pub fn findings(protocol: &Protocol, trace: &Trace, measured: Option<&Measured>) -> Vec<Finding> {
    let Some(rewired) = trace.specimen.rewired() else { return Vec::new() };
    let finding = |panel: &str, claim: &str, verdict, evidence: String| Finding {
        claim: claim.to_owned(),
        place: format!("Figure 5{panel}"),
        verdict,
        evidence,
    };
    let mut all = Vec::new();
    let geometry = rewired.geometry();
    // The rewiring sweep's polarity: the side that is negative when the current rises, or contact 1's.
    let cathode = usize::from(measured.and_then(|m| m.rise.as_ref()).is_some_and(|r| r.voltage < 0.0));
    let gap = format_si(geometry.gap, "nm", 3);
    all.push(finding(
        "a",
        "At 3.3 mV/s the gap is narrow",
        match rewired.width() {
            Width::Lattice => Verdict::Emerged,
            Width::Set | Width::Drawn => Verdict::Input,
        },
        match rewired.width() {
            Width::Lattice => format!("{gap} between the nearest atoms of the lattice that broke; the paper states no width"),
            Width::Set => format!("{gap}, set in the protocol"),
            Width::Drawn => format!("{gap}, drawn from the range in the protocol: no lattice followed this break"),
        },
    ));
    all.push(finding(
        "a",
        "A tapered silver tip remains at the anode, only the Pt contact at the cathode",
        match geometry.silver {
            [false, true] => Verdict::Emerged,
            _ => Verdict::NotReproduced,
        },
        geometry
            .silver
            .iter()
            .zip(geometry.half_angle)
            .enumerate()
            .map(|(s, (silver, angle))| match silver {
                true => format!("contact {}: silver, half angle {:.0}°", s + 1, angle.to_degrees()),
                false => format!("contact {}: Pt only", s + 1),
            })
            .collect::<Vec<_>>()
            .join("; "),
    ));
    all.extend(spectra(trace).into_iter().map(|(panel, claim, verdict, evidence)| finding(panel, claim, verdict, evidence)));
    for seen in &trace.particles {
        all.push(finding(
            "e",
            "The new particles are crystalline silver (HRTEM)",
            Verdict::Input,
            format!(
                "each particle is a crystal by the model, oriented at random at birth. This one (radius {}, holder tilted by {:.1}°, {{111}} planes {:.1}° off the beam): {} through {} of membrane",
                format_si(seen.radius, "nm", 2),
                seen.tilt.to_degrees(),
                seen.off.to_degrees(),
                seen.spacing.map_or("no fringes between 0.19 and 0.26 nm stand out of the noise".to_owned(), |d| format!(
                    "fringes measured at {:.4} ± {:.4} nm, {{111}} has {:.4} nm",
                    d.value * 1e9,
                    d.uncertainty * 1e9,
                    seen.expected * 1e9
                )),
                format_si(protocol.device.chip.film_thickness, "nm", 3)
            ),
        ));
    }
    let rise = measured.and_then(|m| m.rise.as_ref());
    all.push(finding(
        "b",
        "A sudden increase of the current: a conductive filament bridges the gap",
        if rise.is_some() { Verdict::Emerged } else { Verdict::NotReproduced },
        rise.map_or("no sudden rise within the sweep".to_owned(), |r| {
            format!(
                "{} {:.0} times from one sample to the {}, at {}{}; that it happens follows from the laws, at which voltage from barriers chosen by hand",
                if r.set.at_least { "at least" } else { "by" },
                r.set.ratio,
                ["same", "next", "second"].get(r.set.samples.1 - r.set.samples.0).unwrap_or(&"third"),
                format_si(r.voltage, "V", 3),
                if r.on_return { " on the way back, which is not the paper's order" } else { "" }
            )
        }),
    ));
    let back = measured.and_then(|m| m.back.as_ref());
    all.push(finding(
        "b",
        "The current falls non-ohmically when the voltage is reduced",
        match back {
            Some(e) if (e.value.value - 1.0).abs() > 2.0 * e.value.uncertainty => Verdict::Emerged,
            Some(_) => Verdict::NotReproduced,
            None => Verdict::NotTested,
        },
        back.map_or("no current outside compliance on the way back".to_owned(), |e| {
            format!(
                "exponent {:.2} ± {:.2}. In this model the cause is the structure, which decays on the way back: a frozen filament is ohmic (rewiring.md section 4.4). A fast return tells the two apart",
                e.value.value, e.value.uncertainty
            )
        }),
    ));
    let rank = order(trace).map(|r| if cathode == 0 { r } else { -r });
    let from = format!("contact {}'s side, the negative one", cathode + 1);
    all.push(finding(
        "d",
        "The filament grows from the inert electrode toward the silver",
        match rank {
            Some(r) if r > 0.5 => Verdict::Emerged,
            Some(_) => Verdict::NotReproduced,
            None => Verdict::NotTested,
        },
        rank.map_or("too few particles above 30 atoms for an order of birth".to_owned(), |r| {
            format!(
                "rank correlation of birth and distance from {from}: {r:+.2} (+1: grows from there). {} The paper also says that particles appeared on the anode's side, which does not obviously agree",
                if geometry.silver[cathode] { "That side is silver as well here, not inert." } else { "" }
            )
        }),
    ));
    all.push(finding(
        "d",
        "The filament is a series of crystalline silver particles, some apart by nanometres",
        Verdict::Input,
        format!(
            "{} particles above 30 atoms; that there are separate particles is how the model represents metal",
            rewired.engine().particles().iter().filter(|p| p.atoms > 30).count()
        ),
    ));
    all.push(finding(
        "b",
        "Ag+ ions are released by electrochemical dissolution of the positive silver, in high vacuum",
        Verdict::Input,
        match protocol.rewiring.hypothesis {
            Hypothesis::AdsorbateIons => "one hypothesis of three: ions made easy by adsorbed water or carbon. In plain vacuum an ion costs 4.6 to 5 eV, five times the barrier used",
            Hypothesis::SurfaceMigration => "another hypothesis was run: neutral atoms drawn by the field; no ions",
            Hypothesis::BeamIons => "another hypothesis was run: ions set free by the electron beam",
        }
        .to_owned(),
    ));
    all
}

/// The first and the last spectrum of the gap: what was there before and what came.
fn spectra(trace: &Trace) -> Vec<(&'static str, &'static str, Verdict, String)> {
    let silver = |taken: &Taken| taken.found.as_ref().ok()?.fit.families.iter().find(|f| f.name == "Ag L").cloned();
    let [first, .., last] = trace.spectra.as_slice() else { return Vec::new() };
    let (Some(before), Some(after)) = (silver(first), silver(last)) else { return Vec::new() };
    let said = |f: &Fitted, name: &str| {
        if f.detected() {
            format!("Ag L {:.0} ± {:.0} counts in {name}", f.counts.value, f.counts.uncertainty)
        } else {
            format!("no Ag L in {name}: {:.0} ± {:.0} counts, detection limit {:.0}", f.counts.value, f.counts.uncertainty, f.limit)
        }
    };
    let (gain, sigma) = (after.counts.value - before.counts.value, after.counts.uncertainty.hypot(before.counts.uncertainty));
    vec![
        (
            "c",
            "Before rewiring EDX finds only Pt where the particles will be",
            if before.detected() { Verdict::NotReproduced } else { Verdict::Emerged },
            format!(
                "{}. The area of {} holds the ends of both tips unless only Pt is left on one side",
                said(&before, &first.name),
                format_si(first.side, "nm", 3)
            ),
        ),
        (
            "f",
            "After rewiring EDX finds silver there: the particles are metallic Ag",
            if !after.detected() {
                Verdict::NotReproduced
            } else if before.detected() && gain < 2.0 * sigma {
                Verdict::NotTested
            } else {
                Verdict::Emerged
            },
            format!("{}; {:+.0} ± {:.0} counts against {}", said(&after, &last.name), gain, sigma, first.name),
        ),
    ]
}
