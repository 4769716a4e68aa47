//! Spectra of a gap before and after silver has grown across it, and others: `edx DIR [SEED]` writes each as CSV (energy, counts, expected
//! counts), as MSA, and the truth and what the analysis finds as a table (family or element; truth; found; uncertainty; limit).

use pentatwin_experiment::spectra::find;
use pentatwin_microscope::spectrum::{Counted, Edx, Element, Spectrometer, Spectrum, k_factor};
use pentatwin_microscope::{Mode, View};
use pentatwin_physics::scene::{Material, Scene, Slab, Sphere};
use pentatwin_record::export::{MsaSpectrum, msa};
use std::fmt::Write;

/// A gap of 60 nm: a thin platinum deposit on the left, its halo over all, nothing between.
fn gap(silver: bool) -> Scene {
    let mut scene = Scene::empty(50e-9);
    let slab = |x: [f64; 2], thickness: f64, material| Slab {
        x,
        y: [-300e-9, 300e-9],
        thickness,
        corner: 0.0,
        slope: 4e-9,
        roughness: 0.0,
        grain: 0.0,
        material,
    };
    scene.slabs.push(slab([-400e-9, -20e-9], 40e-9, Material::Deposit));
    scene.slabs.push(slab([-400e-9, 400e-9], 4e-9, Material::Deposit));
    if silver {
        for k in 0..9 {
            let x = -16e-9 + 7e-9 * k as f64;
            let y = 6e-9 * ((k * 37 % 7) as f64 / 3.0 - 1.0);
            scene.spheres.push(Sphere { centre: [x, y], radius: (2.0 + (k * 29 % 5) as f64) * 1e-9, material: Material::Silver });
        }
    }
    scene
}

/// The spectrum as an MSA file.
fn as_msa(name: &str, edx: &Edx, s: &Spectrum) -> String {
    let counts: Vec<f64> = s.counts.iter().map(|n| f64::from(*n)).collect();
    msa(&MsaSpectrum {
        title: name,
        owner: "pentatwin",
        comment: "simulated",
        offset: s.offset,
        width: s.width,
        counts: &counts,
        beam: edx.voltage,
        current: edx.current,
        live_time: s.live_time,
        real_time: s.real_time,
        take_off: edx.take_off,
        solid_angle: edx.solid_angle,
        resolution: 130.0,
    })
}

/// Elements: part of the mass as it is, as found, its uncertainty, its limit, and the k-factor of the alpha lines.
fn found(edx: &Edx, s: &Spectrum) -> Result<String, Box<dyn std::error::Error>> {
    let a = find(edx, s)?;
    let mass = |e: Element| s.atoms[e.index()] * e.mass();
    let all: f64 = a.quantities.iter().filter_map(|q| Element::of_symbol(&q.element)).map(mass).sum();
    let mut text = String::from("element,truth,found,uncertainty,limit,detected,k_alpha\n");
    for q in &a.quantities {
        let Some(e) = Element::of_symbol(&q.element) else { continue };
        let family = [pentatwin_microscope::spectrum::Family::K, pentatwin_microscope::spectrum::Family::L]
            .into_iter()
            .find(|f| q.family.ends_with(f.letter()));
        let k = family.and_then(|f| k_factor(e, f, Counted::Alpha, edx.voltage, edx.platinum_m)).unwrap_or(f64::NAN);
        writeln!(
            text,
            "{},{},{},{},{},{},{k}",
            q.element,
            mass(e) / all,
            q.weight.value,
            q.weight.uncertainty,
            q.limit[0],
            u8::from(q.detected)
        )?;
    }
    Ok(text)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("where to?")?;
    let seed = arguments.next().map_or(Ok(1), |s| s.parse())?;
    std::fs::create_dir_all(&folder)?;
    // Four detectors, as in the acceptance of imaging.md 2.6: 0.9 sr.
    let settings = Edx { solid_angle: 0.9, ..Edx::default() };
    let edx = Spectrometer::new(&settings)?;
    let area = View::square(Mode::DarkField, 64, 100e-9, 0.0);
    let mut wire = Scene::empty(50e-9);
    wire.spheres.push(Sphere { centre: [0.0, 0.0], radius: 50e-9, material: Material::Silver });
    let mut pad = Scene::empty(50e-9);
    pad.slabs.extend(gap(false).slabs.into_iter().take(1).map(|s| Slab {
        thickness: 100e-9,
        x: [-1e-6, 1e-6],
        material: Material::Platinum,
        ..s
    }));
    for (name, scene) in [("before", gap(false)), ("after", gap(true)), ("silver", wire), ("pad", pad), ("film", Scene::empty(50e-9))] {
        let s = edx.area(&scene, &area, seed, 0)?;
        let mut text = String::from("energy_eV,counts,expected\n");
        for (k, n) in s.counts.iter().enumerate() {
            writeln!(text, "{},{n},{}", s.energy(k), s.expected[k])?;
        }
        std::fs::write(format!("{folder}/{name}.csv"), text)?;
        std::fs::write(format!("{folder}/{name}.msa"), as_msa(name, &settings, &s))?;
        std::fs::write(format!("{folder}/{name}.found.csv"), found(&settings, &s)?)?;
        println!(
            "{name}: {} counts, dose {:.3e} e/nm2, dead {:.1} %, silver lost {:.3} nm",
            s.counts.iter().sum::<u32>(),
            s.dose * 1e-18,
            100.0 * (1.0 - s.live_time / s.real_time),
            s.silver_lost * 1e9
        );
        for w in &s.warnings {
            println!("  {w}");
        }
    }
    Ok(())
}
