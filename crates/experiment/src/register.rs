//! The register of what was set by hand, and how far each model can be trusted (design.md section 8).

use pentatwin_physics::device::Contacts;
use pentatwin_physics::lattice::Method;
use pentatwin_record::summary::{Maturity, PutIn};
use pentatwin_units::Status;

use crate::protocol::{Coupling, Protocol, Step};

/// What opens every report: calibrated on the paper, or chosen without a number to choose by, as far as the wire engine uses it.
pub fn put_in(protocol: &Protocol) -> Vec<PutIn> {
    // Once: writing some two hundred settings as text takes longer than a short run.
    let all = protocol.parameter_rows();
    let value = |key: &str| all.iter().find(|r| r.key == key).map_or_else(String::new, |r| r.value.clone());
    let row = |what: &str, key: &str, why: &str| PutIn { what: what.to_owned(), value: value(key), why: why.to_owned() };
    let contacts = match protocol.device.chip.contacts {
        Contacts::Overlap => "overlapping contacts",
        Contacts::Blocked => "blocked contacts",
    };
    let calibrated = crate::protocol::calibrated_lead_resistance(protocol.device.chip.contacts);
    let leads = if protocol.device.chip.lead_resistance == calibrated {
        format!(
            "calibrated on the paper: {contacts} then fail at 2.1 V at 3.3 mV/s; the only number set by a result of the paper, so the breakdown voltage at that rate is no prediction"
        )
    } else {
        "set by the protocol; no longer the value calibrated on the paper's 2.1 V at 3.3 mV/s".to_owned()
    };
    let walls = [
        row(
            "h0: change of radius that makes a {100} wall stepped",
            "silver.step_height",
            "chosen without a number to choose by (1 to 4 nm)",
        ),
        row(
            "r: mobility of the stepped wall against the rough law",
            "silver.stepped_mobility",
            "chosen without a number to choose by (0.1 to 1, contamination)",
        ),
    ];
    let contacts = [
        row("Contact annealing: rate", "contact.1.anneal_rate", "chosen without a number to choose by; shapes the I-V only"),
        row("Contact annealing: energy", "contact.1.anneal_energy", "chosen without a number to choose by; shapes the I-V only"),
        row("Contact annealing: end value over as made", "contact.1.annealed", "chosen without a number to choose by; shapes the I-V only"),
        row("Gap leak after the break", "physics.gap_leak", "an assumption, off unless a protocol asks for it"),
    ];
    let mut rows = Vec::new();
    if protocol.device.on_heater() {
        rows.extend(walls);
        rows.extend([
            row(
                "Q: activation energy of the {100} walls",
                "silver.wall_energy",
                "literature form, 0.80 to 1.00 eV; the onset of change is a prediction of it, not fitted to the paper",
            ),
            row("Error of the chip's temperature", "chip.temperature_error", "of the rise above room temperature, ± 5 %; nominal none"),
            row(
                "Free ends of the wire",
                "wire.free_ends",
                "at rest as the {111} caps they grow with: flat ends with an isotropic surface energy would unzip the wire below 450 degC",
            ),
            PutIn {
                what: "Rates and times of the heating steps".to_owned(),
                value: String::new(),
                why: "the paper gives temperatures only: an assumption of the protocol. How long 550 degC are held decides whether the wire is unchanged, altered or broken when they are left".to_owned(),
            },
        ]);
    } else {
        rows.push(row("Lead resistance", "chip.lead_resistance", &leads));
        rows.extend(walls);
        rows.extend(contacts);
    }
    if protocol.shape.coupling != Coupling::Off {
        rows.extend([
            row("Facet state of the shape engine", "shape.facet_state", "kT over bond energy at the facet temperature: chosen by hand where {100} roughens on this lattice; the bond energy of silver would freeze a lattice so coarse"),
            row("Facet temperature", "shape.facet_temperature", "chosen by hand; the facet state is proportional to the temperature"),
            row("Immobile skin over the surface", "shape.skin", "a hypothesis for PVP and carbon, off by default: with it voids, slits and irregular points come, without it they do not"),
        ]);
        if protocol.shape.skin > 0.0 {
            rows.push(row("Temperature that the skin survives", "shape.skin_survives", "a hypothesis; 0: any"));
        }
    }
    if protocol.lattice.engine != Method::Off {
        rows.extend([
            row(
                "Λ: atoms that settle for each that is lost, per shell",
                "lattice.settling",
                "chosen by convergence of the shape (facets need 8 and more), not by the paper; few give needles, many give {111} pyramids",
            ),
            row(
                "Class factor of the exchange engine",
                "lattice.class_factor",
                "chosen without a number to choose by; leaves the equilibrium alone",
            ),
            row("Length of wire that feeds the tip", "lattice.length", "an assumption; the tip draws back in proportion to it"),
        ]);
    }
    if protocol.rewiring.engine {
        let by_hand = "chosen by hand, without a number to choose by; no barrier of the rewiring engine was read from a paper";
        rows.extend([
            row("Hypothesis of the rewiring", "rewiring.hypothesis", "one of three, none the winner"),
            row("Dissolution barrier in vacuum", "rewiring.dissolution_vacuum", by_hand),
            row("How far a field lowers that barrier", "rewiring.field_length", by_hand),
            row("Traps on the substrate, per nm²", "rewiring.trap_density", "chosen by hand: sets number and size of the particles"),
            row("Width of the gap (0: from the shape engine, or drawn)", "rewiring.gap", "drawn between rewiring.gap_low and gap_high where no lattice was followed"),
            PutIn {
                what: "When the rewiring engine takes over".to_owned(),
                value: String::new(),
                why: "at the first change of the drive after the break: what the breaking sweep's voltage does to the fresh gap before is not in the model".to_owned(),
            },
        ]);
    }
    if protocol.device.physics.gap_leak {
        rows.push(row("Resistance of the gap leak", "physics.gap_leak_resistance", "chosen without a number to choose by"));
    }
    for p in &all {
        let seen = rows.iter().any(|r| p.key.ends_with("lead_resistance") && r.what == "Lead resistance");
        if p.changed && !p.key.starts_with("step[") && !(seen && p.key == "chip.lead_resistance") {
            rows.push(PutIn {
                what: format!("{} ({})", p.meaning, p.key),
                value: p.value.clone(),
                why: format!("set by the protocol or the command line; the default is {}", p.default),
            });
        }
    }
    rows
}

/// Maturity of each model a run of the wire engine uses.
pub fn maturity(protocol: &Protocol) -> Vec<Maturity> {
    let row = |model: &str, level: &str, against: &str| Maturity {
        model: model.to_owned(),
        level: level.to_owned(),
        against: against.to_owned(),
    };
    let heater = protocol.device.on_heater();
    let mut rows = vec![
        row(
            "Heat and current along the wire",
            "verified",
            "fin profile, Wiedemann-Franz (Kohlrausch) bound, runaway at constant current: exact results, named tests in validation/",
        ),
        row("Surface transport: capillarity", "verified", "Nichols-Mullins growth rate, volume to 1e-12, decreasing surface energy"),
        row(
            "Surface transport: electromigration",
            "verified",
            "retreat of a wire end (exact); the effective charge itself is a literature range",
        ),
        row("Sublimation", "verified", "Hertz-Knudsen radius against time; vapour pressure to a factor of 2"),
        row(
            "Mobility of the faceted wall",
            "exploratory",
            "literature form; E_f, h0 and r are assumptions. The onset near 500 degC is a prediction with a wide band",
        ),
        row(
            "Breakdown (voltage, place, shape of the outline)",
            "exploratory",
            "one voltage is calibrated; the rest is compared with the paper row by row",
        ),
        row("Flow of the melt, last microsecond before rupture", "exploratory", "Poiseuille flow with one radius per position; no inertia"),
        row("Contact annealing", "exploratory", "form and constants chosen; shapes the I-V only"),
        row("Source-meter", "exploratory", "ranges and accuracy from the manual; the read noise is an estimate"),
    ];
    if protocol.shape.coupling != Coupling::Off {
        rows.push(row(
            "Shape engine: hops, potential, temperature",
            "verified",
            "detailed balance with and without force, flux linear in the force, conductance of exact lattices, Kohlrausch; volume exact in whole sites",
        ));
        rows.push(row(
            "Shape engine: necks, tips, hillocks",
            "exploratory",
            "a facet state chosen by hand; no vacancies in the bulk; nothing below two pitches (8.5 nm with 16 shells); below a quarter of the cross-section no neck is quantitative",
        ));
    }
    if protocol.rewiring.engine {
        rows.push(row(
            "Rewiring engine",
            "exploratory",
            "books of atoms and heat closed; voltages scatter about those of the reference implementation by up to 0.6 V, its rate dependence is steeper; ON states are not settled",
        ));
    }
    if protocol.steps.iter().any(|s| matches!(s, Step::Spectrum(_))) {
        rows.push(row(
            "X-ray spectra",
            "validated",
            "a real FePt spectrum: 15.0 ± 0.3 at% Fe where the maker's k gives 15.4 ± 1.5; exspy recovers the metals of simulated spectra within 5 %; stray lines and the beam current are assumptions",
        ));
    }
    if protocol.lattice.engine != Method::Off {
        rows.push(row(
            "Lattice engine",
            "verified",
            "detailed balance on enumerable systems, drift under a force, Hertz-Knudsen rate of kinks",
        ));
        rows.push(row(
            "Tips of the lattice engine",
            "exploratory",
            "bonds between nearest neighbours, and transport that takes no time, which holds at 750 degC, not at 550",
        ));
        if protocol.lattice.images {
            rows.push(row(
                "High-resolution images",
                "verified",
                "multislice against abTEM, extinction distance, closed forms; no inelastic background",
            ));
        }
    }
    if heater {
        // Nothing flows, and nothing is measured electrically.
        let unused =
            ["Heat and current", "Surface transport: electromigration", "Breakdown", "Flow of the melt", "Contact", "Source-meter"];
        rows.retain(|r| !unused.iter().any(|u| r.model.starts_with(u)));
        rows.insert(0, row("Heating chip", "exploratory", "the wire has the heater's temperature at once and everywhere on it"));
        rows.push(row(
            "Shape of a heated wire after its break",
            "exploratory",
            "one radius per position and an isotropic surface energy: no facets, so that it beads where a crystal keeps its tips",
        ));
    }
    let assumed = protocol.parameter_rows().iter().filter(|p| p.status == status_word(Status::Assumption)).count();
    rows.push(row(
        "Parameters without a source",
        "exploratory",
        &format!("{assumed} parameters have status \"assumption\": see the table of parameters"),
    ));
    rows
}

fn status_word(status: Status) -> String {
    serde_json::to_value(status).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}
