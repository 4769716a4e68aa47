//! Fits a spectrum from a table of energy [keV] and counts: `edx_fit TABLE FWHM_EV FAMILY[=K]…`, families as "Pt L". K-factors are the
//! vendor's (alpha lines, detected). Prints name, counts, uncertainty, critical level, detection limit; then element, mass %, atomic %.

use pentatwin_analysis::spectrum::{Axis, Convention, Counted, Options, Response, Where, analyse};
use pentatwin_experiment::spectra::bridge;
use pentatwin_microscope::spectrum::{Edx, Element, Family};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [table, fwhm, names @ ..] = &arguments[..] else { return Err("edx_fit TABLE FWHM_EV FAMILY[=K]...".into()) };
    let mut rows = Vec::new();
    for line in std::fs::read_to_string(table)?.lines().filter(|l| !l.starts_with('#')) {
        let mut values = line.split(|c: char| c == ',' || c.is_whitespace()).filter(|w| !w.is_empty()).map(str::parse::<f64>);
        if let (Some(e), Some(n)) = (values.next(), values.next()) {
            rows.push((1e3 * e?, n?));
        }
    }
    let axis = Axis { offset: rows[0].0, width: (rows[rows.len() - 1].0 - rows[0].0) / (rows.len() - 1) as f64 };
    let counts: Vec<f64> = rows.iter().map(|r| r.1).collect();
    // A windowless silicon drift detector.
    let edx = Edx { window: 0.0, contact: 30e-9, ..Edx::default() };
    let mut families = Vec::new();
    for name in names {
        let (name, k) = name.split_once('=').map_or((name.as_str(), None), |(n, k)| (n, Some(k)));
        let (symbol, letter) = name.split_once(' ').ok_or("a family is \"Pt L\"")?;
        let mut family = if symbol == "Zr" {
            // Not in the tables: zirconium K of the microscope, energies of the X-ray Data Booklet.
            let lines = [(15_775.0, 0.56), (15_691.0, 0.29), (17_668.0, 0.15)];
            pentatwin_analysis::spectrum::Family {
                name: "Zr K".into(),
                element: "Zr".into(),
                molar_mass: 0.091_224,
                lines: lines
                    .map(|(energy, weight)| pentatwin_analysis::spectrum::Line { energy, weight, alpha: true, escape: 1.0 })
                    .to_vec(),
                k: None,
                k_uncertainty: 0.0,
            }
        } else {
            let element = Element::of_symbol(symbol).ok_or_else(|| format!("{symbol} is not in the tables"))?;
            let letter = [Family::K, Family::L, Family::M].into_iter().find(|f| f.letter() == letter).ok_or("K, L or M")?;
            bridge::family(&edx, element, letter, false)
        };
        family.k = k.map(str::parse).transpose()?;
        families.push(family);
    }
    let response = Response { resolution: fwhm.parse()?, ..bridge::response(&edx) };
    let options = Options { from: 230.0, to: 19.5e3, background: 13, calibrate: true, ..Options::default() };
    let convention = Convention { counted: Counted::Alpha, at: Where::Detected };
    let found = analyse(&counts, &axis, &families, &response, &options, convention, None)?;
    for f in &found.fit.families {
        println!("{},{:.1},{:.1},{:.1},{:.1}", f.name, f.counts.value, f.counts.uncertainty, f.critical, f.limit);
    }
    for q in &found.quantities {
        println!(
            "{},{:.3},{:.3},{:.3},{:.3}",
            q.element,
            100.0 * q.weight.value,
            100.0 * q.weight.uncertainty,
            100.0 * q.atomic.value,
            100.0 * q.atomic.uncertainty
        );
    }
    let per = found.fit.deviance / found.fit.freedom;
    eprintln!("deviance over freedom {per:.2}, {:?}, converged {}", found.fit.calibration, found.fit.converged);
    if let Ok(out) = std::env::var("EDX_FIT_MODEL") {
        let model: String = found
            .fit
            .channels
            .clone()
            .zip(found.fit.model.iter().zip(&found.fit.background))
            .map(|(k, (m, b))| format!("{},{},{m},{b}\n", axis.energy(k), counts[k]))
            .collect();
        std::fs::write(out, model)?;
    }
    Ok(())
}
