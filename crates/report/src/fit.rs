//! The page of a fit: values, what the data determine, the curve with its residuals, and the prediction.

use std::fmt::Write;

use pentatwin_record::fit::FitSummary;

use crate::charts::{plain, ticks};
use crate::format::{escape, none, or_none, pretty, prose, quantity, table};
use crate::page::{head, numbered};

/// The page of a fit as HTML that opens without a network.
pub fn fit_page(s: &FitSummary) -> String {
    let parts: [(&str, &str, String); 5] = [
        ("put-in", "What was put in", put_in(s)),
        ("values", "What the data say", values(s)),
        ("curve", "The curve and its residuals", curve(s)),
        ("determined", "What the data determine", determined(s)),
        ("prediction", "Where and when this device breaks", prediction(s)),
    ];
    let mut out = head(&format!("Fit of {}", s.log), false);
    let _ = write!(
        out,
        "<header><h1>Fit of {}</h1>\n<p class=\"ended\">{}</p>\n<dl class=\"facts\"><div><dt>Device</dt><dd>{}</dd></div><div><dt>Samples</dt><dd>{} up to {}</dd></div><div><dt>Noise</dt><dd>{}, {}</dd></div><div><dt>pentatwin</dt><dd>{}</dd></div></dl></header>\n",
        escape(&s.log),
        escape(&prose(s.said.first().map_or("", String::as_str))),
        escape(&s.device),
        s.samples,
        quantity(s.highest_voltage, "V", 4),
        quantity(s.sigma, "uA", 3),
        escape(&s.sigma_from),
        escape(&s.pentatwin)
    );
    numbered(&mut out, "", &parts);
    out + "</body>\n</html>\n"
}

fn put_in(s: &FitSummary) -> String {
    let rows: Vec<_> =
        s.put_in.iter().map(|p| ("", vec![escape(&p.what), or_none(&pretty(&p.value), "none"), escape(&prose(&p.why))])).collect();
    let fitted: Vec<&str> = s.parameters.iter().map(|p| p.key.as_str()).collect();
    format!(
        "<p>The device before the fit. Fitted to this log: {}; whatever else stands here stays as it is.</p>{}",
        escape(&fitted.join(", ")),
        table(&["What", "Value", "Why it is an input"], &rows).replace("<table>", "<table class=\"register\">")
    )
}

fn values(s: &FitSummary) -> String {
    let rows: Vec<_> = s
        .parameters
        .iter()
        .map(|p| {
            let q = |x: f64| quantity(x, &p.unit, 5);
            let value = match p.uncertainty {
                Some(u) => format!("{} ± {}", q(p.value), quantity(u, &p.unit, 2)),
                None => format!("<span class=\"none\">({})</span>", quantity(p.value, &p.unit, 3)),
            };
            let range = p.range.map_or_else(|| none("none declared"), |(l, h)| format!("{} to {}", q(l), q(h)));
            (if p.uncertainty.is_some() { "strong" } else { "" }, vec![escape(&p.key), value, q(p.start), range, or_none(&p.note, "")])
        })
        .collect();
    let mut out = table(&["Parameter", "Fitted|", "Start|", "Plausible", "Note"], &rows);
    if let (Some((g, ug)), Some((o, uo))) = (s.gain, s.offset) {
        let _ = write!(
            out,
            "<p class=\"note\">The meter’s error of gain {} ± {} and offset {} ± {} were fitted along, held by its stated accuracy.</p>",
            quantity(g, "%", 2),
            quantity(ug, "%", 2),
            quantity(o, "uA", 3),
            quantity(uo, "uA", 2)
        );
    }
    out.push_str("<ul class=\"notes\">");
    s.said.iter().for_each(|line| out += &format!("<li>{}</li>", escape(&prose(line))));
    out + "</ul>"
}

/// Draws into a panel with its scale from values to pixels.
type Draw<'a> = dyn Fn(&mut String, &dyn Fn(f64) -> f64) + 'a;

/// Current over voltage, measured and fitted, and what is left.
fn curve(s: &FitSummary) -> String {
    let n = s.voltage.len().min(s.measured.len()).min(s.model.len());
    if n < 2 {
        return format!("<p>{}</p>", none("No samples."));
    }
    let residual: Vec<f64> = (0..n).map(|k| (s.measured[k] - s.model[k]) * 1e6).collect();
    let (width, left, right, top) = (1092.0, 66.0, 12.0, 14.0);
    let heights = [260.0, 140.0];
    let total = top + heights[0] + 26.0 + heights[1] + 44.0;
    let limits = |v: &mut dyn Iterator<Item = f64>| v.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    let (v0, v1) = limits(&mut s.voltage.iter().copied());
    let (i0, i1) = limits(&mut s.measured.iter().chain(&s.model).map(|i| i * 1e3));
    let most = residual.iter().fold(4.0 * s.sigma * 1e6, |m, r| m.max(r.abs())) * 1.05;
    let x = |v: f64| left + (v - v0) / (v1 - v0).max(1e-12) * (width - left - right);
    let mut out = format!(
        "<figure><svg viewBox=\"0 0 {width} {total}\" width=\"100%\" role=\"img\" aria-label=\"Current and residuals against voltage\">"
    );
    let mut panel = |y0: f64, h: f64, low: f64, high: f64, title: &str, draw: &Draw| {
        let y = move |value: f64| y0 + (high - value) / (high - low).max(1e-12) * h;
        for t in ticks(low, high, 5.0) {
            let at = y(t);
            let _ = write!(
                out,
                "<line x1=\"{left}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"var(--grid)\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                width - right,
                left - 7.0,
                at + 4.0,
                plain(t)
            );
        }
        let _ = write!(out, "<text transform=\"translate(14 {:.0}) rotate(-90)\" text-anchor=\"middle\">{title}</text>", y0 + 0.5 * h);
        draw(&mut out, &y);
        let _ = write!(
            out,
            "<rect x=\"{left}\" y=\"{y0}\" width=\"{}\" height=\"{h}\" fill=\"none\" stroke=\"var(--ink)\"/>",
            width - left - right
        );
    };
    let margin = 0.04 * (i1 - i0);
    panel(top, heights[0], i0 - margin, i1 + margin, "current [mA]", &|out, y| {
        (0..n).for_each(|k| {
            let _ = write!(
                out,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.4\" fill=\"none\" stroke=\"var(--a)\"/>",
                x(s.voltage[k]),
                y(s.measured[k] * 1e3)
            );
        });
        let path: Vec<String> = (0..n).map(|k| format!("{:.1} {:.1}", x(s.voltage[k]), y(s.model[k] * 1e3))).collect();
        let _ = write!(out, "<path d=\"M{}\" fill=\"none\" stroke=\"var(--c)\" stroke-width=\"1.5\"/>", path.join(" L"));
    });
    let y1 = top + heights[0] + 26.0;
    panel(y1, heights[1], -most, most, "residual [µA]", &|out, y| {
        let s1 = s.sigma * 1e6;
        let _ = write!(
            out,
            "<rect x=\"{left}\" width=\"{}\" y=\"{:.1}\" height=\"{:.1}\" fill=\"var(--panel)\"/>",
            width - left - right,
            y(s1),
            y(-s1) - y(s1)
        );
        (0..n).for_each(|k| {
            let _ = write!(out, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2\" fill=\"var(--a)\"/>", x(s.voltage[k]), y(residual[k]));
        });
    });
    for t in ticks(v0, v1, 8.0) {
        let _ = write!(out, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>", x(t), y1 + heights[1] + 17.0, plain(t));
    }
    let _ = write!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">voltage [V]</text></svg>",
        0.5 * (left + width - right),
        y1 + heights[1] + 36.0
    );
    let _ = write!(
        out,
        "<figcaption>Rings: samples. Line: the fitted device, the meter’s errors included. Below: sample less device; the band is one standard deviation of the noise. Residuals {} rms, chi squared over degrees of freedom {:.3}.</figcaption></figure>",
        quantity(s.rms, "uA", 3),
        s.reduced_chi_squared
    );
    out
}

fn determined(s: &FitSummary) -> String {
    let rows: Vec<_> = s
        .combinations
        .iter()
        .map(|c| {
            let spread = if c.spread < 1e3 { format!("{:.3}", c.spread) } else { "beyond 1000".to_owned() };
            (
                if c.determined { "strong" } else { "" },
                vec![escape(&c.words), or_none(&prose(&c.value), ""), spread, if c.determined { "yes".to_owned() } else { none("no") }],
            )
        })
        .collect();
    let condition = if s.condition.is_finite() { format!("{:.2e}", s.condition) } else { "infinite".to_owned() };
    let mut out = format!(
        "<p>Directions of the parameters in the order of how well the samples know them. The spread is in units of half the plausible range (half the value where none is declared): above 1 the samples say less than was known before. Condition of J<sup>T</sup>J: {condition}.</p>{}",
        table(&["Combination", "Value", "Spread|", "Determined"], &rows)
    );
    if s.parameters.len() > 1 {
        let mut heads = vec![""];
        let names: Vec<String> = s.parameters.iter().map(|p| format!("{}|", p.key)).collect();
        heads.extend(names.iter().map(String::as_str));
        let rows: Vec<_> = s
            .parameters
            .iter()
            .zip(&s.correlation)
            .map(|(p, row)| ("", std::iter::once(escape(&p.key)).chain(row.iter().map(|c| format!("{c:.3}").replace('-', "−"))).collect()))
            .collect();
        out += "<h3>Correlation</h3>";
        out += &table(&heads, &rows);
    }
    out
}

fn prediction(s: &FitSummary) -> String {
    let rows: Vec<_> = s
        .predicted
        .iter()
        .map(|p| {
            let q = |x: Option<f64>| x.map_or_else(|| none("none"), |x| quantity(x, &p.unit, 4));
            let band = p.band.map_or_else(|| none("none"), |b| format!("{} … {}", quantity(b[0], &p.unit, 4), quantity(b[2], &p.unit, 4)));
            ("", vec![escape(&p.label), q(p.value), band, q(p.measured)])
        })
        .collect();
    if rows.is_empty() {
        return format!("<p>{}</p>", none("The protocol has no sweep that could break it."));
    }
    format!(
        "{}<p class=\"note\">Band: 16 to 84 % of {} draws from what the fit knows, {} of which broke.</p>",
        table(&["Number", "With the fitted values|", "Band|", "In the log|"], &rows),
        s.draws.0,
        s.draws.1
    )
}
