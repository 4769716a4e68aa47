//! The device plate: the paper's Figure 1, drawn to scale in three panels.

use crate::format::{escape, none, quantity, scaled};
use pentatwin_record::summary::Plate;
use std::fmt::Write;

/// Width over edge of a regular pentagon: the golden ratio.
const WIDTH_PER_EDGE: f64 = 1.618_034;

/// The three panels with their caption.
pub fn plate(p: &Plate) -> String {
    if ![p.spacing, p.diameter].iter().all(|v| v.is_finite() && *v > 0.0) {
        return format!("<p>{}</p>", none("The record holds no geometry of the device."));
    }
    let length = if p.length.is_finite() && p.length > p.spacing { p.length } else { p.spacing };
    let film = if p.film_thickness.is_finite() && p.film_thickness > 0.0 { p.film_thickness } else { 50e-9 };
    if p.chip == "heating" {
        return heater(p, film);
    }
    let mut out = String::from("<figure><div class=\"plate\">");
    chip(&mut out, p, length, film);
    bridge(&mut out, p);
    section(&mut out, p, film);
    let edge = p.diameter / WIDTH_PER_EDGE;
    let _ = write!(
        out,
        "</div><figcaption>Each panel is to its own scale bar. <b>a</b> Chip from above; the electrodes are to scale at the spacing, their outline further out is \
         schematic, and the wire of {} is drawn at least 1 px wide. <b>b</b> The wire over its two contacts, from above. Contact 1 is connected to LO, contact 2 to \
         HI of the source-meter; electrons enter the wire at the cathode, contact {}. <b>c</b> Cross-section: a regular pentagon on a flat side wall, as seen by the \
         microscope from above; width d = 1.618 × edge = {}, edge {}, area {}, equal-area diameter {} (dashed circle); thin lines are the five twin planes.</figcaption></figure>",
        scaled(p.diameter, "m", 4),
        if p.cathode == 2 { 2 } else { 1 },
        scaled(p.diameter, "m", 4),
        scaled(edge, "m", 3),
        quantity(p.area, "m2", 3),
        scaled(p.equal_area_diameter, "m", 4),
    );
    out
}

/// A wire on a heater: the wire from above and its cross-section.
fn heater(p: &Plate, film: f64) -> String {
    let mut out = String::from("<figure><div class=\"plate\" style=\"grid-template-columns: 520fr 272fr\">");
    open(&mut out, 520, "a", "wire on the heated film", "The wire from above on the heated film, free of contacts");
    let k = 460.0 / p.length.max(p.spacing);
    let wire = (p.diameter * k).max(1.5);
    let _ = write!(
        out,
        "<rect x=\"0\" y=\"24\" width=\"520\" height=\"236\" fill=\"var(--film)\" stroke=\"var(--rule)\"/><rect x=\"30\" y=\"{:.1}\" width=\"460\" height=\"{wire:.1}\" fill=\"var(--silver)\"/>\
         <text x=\"260\" y=\"120\" text-anchor=\"middle\">Ag nanowire, {} long</text><text x=\"8\" y=\"252\">heated SiN membrane, {}</text>",
        140.0 - 0.5 * wire,
        scaled(p.length.max(p.spacing), "m", 3),
        scaled(film, "m", 3)
    );
    scale_bar(&mut out, 510.0, 246.0, 110.0, k);
    out.push_str("</svg>");
    section(&mut out, p, film);
    let _ = write!(
        out,
        "</div><figcaption><b>a</b> The wire lies on the heated film over its whole length and takes its temperature; no contacts, nothing flows; drawn at least 1.5 px wide. \
         <b>c</b> Cross-section: a regular pentagon on a flat side wall; width d = 1.618 × edge = {}, area {}, equal-area diameter {} (dashed circle); thin lines are the five twin planes.</figcaption></figure>",
        scaled(p.diameter, "m", 4),
        quantity(p.area, "m2", 3),
        scaled(p.equal_area_diameter, "m", 4),
    );
    out.replace("<b>c</b>", "<b>b</b>").replace(">c</text>", ">b</text>")
}

fn film_name(chip: &str) -> &'static str {
    match chip {
        "si-sio2" => "SiO₂ on Si",
        _ => "SiN membrane",
    }
}

/// 1, 2 or 5 times a power of ten, not above `limit` [m].
pub(crate) fn round_length(limit: f64) -> f64 {
    let base = 10f64.powf(limit.log10().floor());
    [5.0, 2.0, 1.0].iter().map(|m| m * base).find(|v| *v <= limit).unwrap_or(base)
}

fn scale_bar(out: &mut String, right: f64, y: f64, limit: f64, per_metre: f64) {
    let length = round_length(limit / per_metre);
    let px = length * per_metre;
    let _ = write!(
        out,
        "<rect x=\"{:.1}\" y=\"{y:.1}\" width=\"{px:.1}\" height=\"4\" fill=\"var(--ink)\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        right - px,
        right - px - 6.0,
        y + 6.0,
        scaled(length, "m", 3)
    );
}

fn open(out: &mut String, width: u32, letter: &str, title: &str, label: &str) {
    let _ = write!(
        out,
        "<svg viewBox=\"0 0 {width} 270\" role=\"img\" aria-label=\"{}\"><text class=\"t\" x=\"0\" y=\"14\">{letter}</text><text class=\"m\" x=\"16\" y=\"14\">{}</text>",
        escape(label),
        escape(title)
    );
}

/// Panel a: chip, electrodes and the whole wire.
fn chip(out: &mut String, p: &Plate, length: f64, film: f64) {
    open(out, 300, "a", "chip from above", "Chip from above with two platinum electrodes and the wire across them");
    let field = 1.6 * length.max(3.0 * p.spacing);
    let k = 300.0 / field;
    let (cx, cy) = (150.0, 140.0);
    let half = p.spacing * k / 2.0;
    out.push_str("<rect x=\"0\" y=\"24\" width=\"300\" height=\"236\" fill=\"var(--film)\" stroke=\"var(--rule)\"/>");
    for side in [-1.0, 1.0] {
        let x = |v: f64| cx + side * v;
        let _ = write!(
            out,
            "<path d=\"M{:.1} {:.1} L{:.1} {:.1} L{:.1} {:.1} L{:.1} {:.1} L{:.1} {:.1} L{:.1} {:.1} Z\" fill=\"var(--platinum)\"/>",
            x(half),
            cy - 26.0,
            x(half + 52.0),
            cy - 32.0,
            x(150.0),
            cy - 78.0,
            x(150.0),
            cy + 78.0,
            x(half + 52.0),
            cy + 32.0,
            x(half),
            cy + 26.0
        );
    }
    let wire = (p.diameter * k).max(1.0);
    let _ = write!(
        out,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{wire:.2}\" fill=\"var(--silver)\"/>",
        cx - length * k / 2.0,
        cy - wire / 2.0,
        length * k
    );
    let name =
        if p.chip == "si-sio2" { film_name(&p.chip).to_owned() } else { format!("{}, {}", film_name(&p.chip), scaled(film, "m", 3)) };
    let _ = write!(
        out,
        "<text x=\"8\" y=\"41\">{name}</text><text x=\"6\" y=\"122\">Pt</text><text x=\"294\" y=\"122\" text-anchor=\"end\">Pt</text>\
         <text x=\"6\" y=\"164\">contact 1</text><text x=\"294\" y=\"164\" text-anchor=\"end\">contact 2</text><text x=\"150\" y=\"92\" text-anchor=\"middle\">Ag wire, {}</text><path d=\"M150 96 V{:.1}\" stroke=\"var(--ink)\" stroke-width=\".8\"/>",
        scaled(length, "m", 3),
        cy - wire / 2.0 - 1.0
    );
    scale_bar(out, 290.0, 246.0, 70.0, k);
    out.push_str("</svg>");
}

/// Panel b: the wire over its two contacts, with polarity and electron flow.
fn bridge(out: &mut String, p: &Plate) {
    open(out, 520, "b", "the wire over its two contacts", "The wire over contact 1 and contact 2, with polarity and electron flow");
    let overlap = if p.overlap.is_finite() && p.overlap > 0.0 { p.overlap } else { 0.0 };
    let shown = overlap.max(0.2 * p.spacing);
    let beyond = 0.06 * p.spacing;
    let k = 520.0 / (p.spacing + 2.0 * (shown + beyond));
    let (x1, x2, cy) = ((shown + beyond) * k, (shown + beyond + p.spacing) * k, 142.0);
    let wire = (p.diameter * k).max(1.5);
    let _ = write!(
        out,
        "<rect x=\"0\" y=\"24\" width=\"520\" height=\"236\" fill=\"var(--film)\"/><rect x=\"0\" y=\"84\" width=\"{x1:.1}\" height=\"116\" fill=\"var(--platinum)\"/>\
         <rect x=\"{x2:.1}\" y=\"84\" width=\"{:.1}\" height=\"116\" fill=\"var(--platinum)\"/><rect x=\"0.5\" y=\"24.5\" width=\"519\" height=\"235\" fill=\"none\" stroke=\"var(--rule)\"/>",
        520.0 - x2
    );
    // The simulated part full, what lies beyond it on the pads as an outline.
    let (a, b) = (x1 - overlap * k, x2 + overlap * k);
    let _ = write!(
        out,
        "<path d=\"M0 {:.2} H{a:.1} M0 {:.2} H{a:.1} M520 {:.2} H{b:.1} M520 {:.2} H{b:.1}\" fill=\"none\" stroke=\"var(--silver)\" stroke-dasharray=\"3 2\"/>\
         <rect x=\"{a:.1}\" y=\"{:.2}\" width=\"{:.1}\" height=\"{wire:.2}\" fill=\"var(--silver)\"/>",
        cy - wire / 2.0,
        cy + wire / 2.0,
        cy - wire / 2.0,
        cy + wire / 2.0,
        cy - wire / 2.0,
        b - a
    );
    let first_is_cathode = p.cathode != 2;
    let role = |cathode: bool| if cathode { "cathode (−)" } else { "anode (+)" };
    let (c1, c2) = (x1 / 2.0, (x2 + 520.0) / 2.0);
    let _ = write!(
        out,
        "<text class=\"t\" x=\"{c1:.1}\" y=\"44\" text-anchor=\"middle\">contact 1</text><text x=\"{c1:.1}\" y=\"60\" text-anchor=\"middle\">{}</text><text x=\"{c1:.1}\" y=\"76\" text-anchor=\"middle\">LO</text>\
         <text class=\"t\" x=\"{c2:.1}\" y=\"44\" text-anchor=\"middle\">contact 2</text><text x=\"{c2:.1}\" y=\"60\" text-anchor=\"middle\">{}</text><text x=\"{c2:.1}\" y=\"76\" text-anchor=\"middle\">HI</text>\
         <text x=\"6\" y=\"196\">Pt</text><text x=\"514\" y=\"196\" text-anchor=\"end\">Pt</text><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">Ag nanowire, d = {}</text>",
        role(first_is_cathode),
        role(!first_is_cathode),
        (x1 + x2) / 2.0,
        cy + wire / 2.0 + 20.0,
        scaled(p.diameter, "m", 4)
    );
    let mid = (x1 + x2) / 2.0;
    let (from, to, back) = if first_is_cathode { (mid - 55.0, mid + 55.0, -8.0) } else { (mid + 55.0, mid - 55.0, 8.0) };
    let _ = write!(
        out,
        "<text x=\"{mid:.1}\" y=\"96\" text-anchor=\"middle\">electrons e⁻</text><path d=\"M{from:.1} 108 H{to:.1} m{back:.1} -4.5 l{:.1} 4.5 l{back:.1} 4.5\" fill=\"none\" stroke=\"var(--ink)\" stroke-width=\"1.5\"/>\
         <path d=\"M{x1:.1} 204 V222 M{x2:.1} 204 V222 M{x1:.1} 213 H{x2:.1}\" fill=\"none\" stroke=\"var(--ink)\"/><rect x=\"{:.1}\" y=\"204\" width=\"110\" height=\"18\" fill=\"var(--film)\"/>\
         <text x=\"{mid:.1}\" y=\"217\" text-anchor=\"middle\">spacing {}</text>",
        -back,
        mid - 55.0,
        scaled(p.spacing, "m", 3)
    );
    let note = if overlap > 0.0 {
        format!("simulated overlap {} on each contact", scaled(overlap, "m", 3))
    } else {
        "blocked contacts: no silver passes their edges".to_owned()
    };
    let _ = write!(out, "<text class=\"m\" x=\"8\" y=\"252\">{note}</text>");
    scale_bar(out, 510.0, 246.0, 110.0, k);
    out.push_str("</svg>");
}

/// Panel c: the pentagon on the film.
fn section(out: &mut String, p: &Plate, film: f64) {
    open(out, 272, "c", "cross-section", "Cross-section: a regular pentagon lying on one flat side wall on the film");
    let k = 150.0 / p.diameter;
    let edge = p.diameter / WIDTH_PER_EDGE * k;
    let radius = edge / (2.0 * (std::f64::consts::PI / 5.0).sin());
    let apothem = radius * (std::f64::consts::PI / 5.0).cos();
    let (cx, base) = (136.0, 206.0);
    let cy = base - apothem;
    let corner = |i: usize| {
        let angle = -std::f64::consts::FRAC_PI_2 + i as f64 * std::f64::consts::TAU / 5.0;
        (cx + radius * angle.cos(), cy + radius * angle.sin())
    };
    let slab = if p.chip == "si-sio2" { 50.0 } else { (film * k).min(60.0) };
    let _ = write!(out, "<rect x=\"8\" y=\"{base}\" width=\"256\" height=\"{slab:.1}\" fill=\"var(--film)\" stroke=\"var(--rule)\"/>");
    let points: Vec<String> = (0..5).map(corner).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = write!(
        out,
        "<polygon points=\"{}\" fill=\"var(--silver)\" fill-opacity=\".3\" stroke=\"var(--ink)\" stroke-width=\"1.3\"/>",
        points.join(" ")
    );
    for i in 0..5 {
        let (x, y) = corner(i);
        let _ = write!(out, "<path d=\"M{cx} {cy:.1} L{x:.1} {y:.1}\" stroke=\"var(--ink)\" stroke-width=\".6\"/>");
    }
    let circle = p.equal_area_diameter * k / 2.0;
    if circle.is_finite() && circle > 0.0 {
        let _ = write!(
            out,
            "<circle cx=\"{cx}\" cy=\"{cy:.1}\" r=\"{circle:.1}\" fill=\"none\" stroke=\"var(--ink)\" stroke-dasharray=\"4 3\" stroke-width=\".8\"/>"
        );
    }
    let (l, r) = (cx - 75.0, cx + 75.0);
    let name = if p.chip == "si-sio2" { "SiO₂ on Si".to_owned() } else { format!("SiN {}", scaled(film, "m", 3)) };
    let _ = write!(
        out,
        "<path d=\"M{l} 30 V48 M{r} 30 V48 M{l} 39 H{r}\" fill=\"none\" stroke=\"var(--ink)\"/><rect x=\"{:.1}\" y=\"30\" width=\"92\" height=\"18\" fill=\"var(--paper)\"/>\
         <text x=\"{cx}\" y=\"43\" text-anchor=\"middle\">d = {}</text><text x=\"{cx}\" y=\"{:.1}\" text-anchor=\"middle\">edge {}</text><text x=\"14\" y=\"{:.1}\">{name}</text><text x=\"{cx}\" y=\"{:.1}\" text-anchor=\"middle\">Ag</text>",
        cx - 46.0,
        scaled(p.diameter, "m", 4),
        base + 22.0,
        scaled(p.diameter / WIDTH_PER_EDGE, "m", 3),
        base + slab - 8.0,
        cy + 26.0,
    );
    scale_bar(out, 256.0, (base + slab - 12.0).min(256.0), 70.0, k);
    out.push_str("</svg>");
}
