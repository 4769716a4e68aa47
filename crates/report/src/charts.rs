//! Static figures in SVG for pages that need no script: strips of points, shares, a map of settings.

use std::fmt::Write;

use pentatwin_record::sweep::{Plan, Setting};

use crate::format::{escape, pretty, quantity};

const WIDTH: f64 = 1092.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 12.0;
/// Colours of the combinations of further axes, in turn.
const COLOURS: [&str; 4] = ["var(--a)", "var(--c)", "var(--after)", "var(--b)"];

/// The values of one group.
pub(crate) struct Group {
    /// Value of the axis along x; values of the others.
    pub label: [String; 2],
    /// Values, SI.
    pub values: Vec<f64>,
    /// Whether each is drawn hollow, where that is asked for.
    pub hollow: Vec<bool>,
}

/// The parts of one group.
pub(crate) struct Share {
    /// As in [`Group`].
    pub label: [String; 2],
    /// How many: contact 1, mid-wire, contact 2, unbroken.
    pub parts: [usize; 4],
}

/// Round numbers between two limits.
pub(crate) fn ticks(low: f64, high: f64, count: f64) -> Vec<f64> {
    let span = high - low;
    if !(span > 0.0) || !span.is_finite() {
        return vec![low];
    }
    let raw = span / count;
    let base = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * base).find(|s| *s >= raw * 0.999).unwrap_or(raw);
    let first = (low / step - 1e-9).ceil() as i64;
    (first..first + 50).map(|k| k as f64 * step).take_while(|v| *v <= high + step * 1e-9).collect()
}

/// Text of a tick.
pub(crate) fn plain(x: f64) -> String {
    let text = format!("{:.6}", x);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" || text.is_empty() { "0".to_owned() } else { text.replace('-', "−") }
}

/// Strips of points with median and 16 to 84 %, a group beside the other.
pub(crate) fn strips(groups: &[Group], unit: &str, scale: f64, title: &str, zero: bool) -> String {
    let (height, top, bottom) = (340.0, 14.0, 64.0);
    let all = || groups.iter().flat_map(|g| g.values.iter().map(|v| v / scale)).filter(|v| v.is_finite());
    let (mut low, mut high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    if zero {
        low = low.min(0.0);
    }
    let margin = 0.06 * (high - low).max(0.02 * high.abs()).max(1e-9);
    (low, high) = (if zero && low >= 0.0 { 0.0 } else { low - margin }, high + margin);
    let y = |v: f64| top + (high - v / scale) / (high - low) * (height - top - bottom);
    let mut out = open(height, title);
    for t in ticks(low, high, 6.0) {
        let at = y(t * scale);
        let _ = write!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"var(--grid)\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 7.0,
            at + 4.0,
            plain(t)
        );
    }
    let _ = write!(
        out,
        "<text transform=\"translate(14 {:.0}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
        top + 0.5 * (height - top - bottom),
        escape(&format!("{} [{unit}]", title.split(" by ").next().unwrap_or(title)))
    );
    let step = (WIDTH - LEFT - RIGHT) / groups.len().max(1) as f64;
    let kinds = kinds(groups.iter().map(|g| &g.label));
    for (k, g) in groups.iter().enumerate() {
        let x = LEFT + (k as f64 + 0.5) * step;
        let colour = COLOURS[kinds.iter().position(|c| *c == g.label[1]).unwrap_or(0) % COLOURS.len()];
        let half = (0.3 * step).min(60.0);
        let mut sorted: Vec<f64> = g.values.iter().copied().filter(|v| v.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        if let Some(n) = sorted.len().checked_sub(1) {
            let at = |p: f64| {
                let x = p * n as f64;
                let k = x.floor() as usize;
                sorted[k] + (x - k as f64) * (sorted[(k + 1).min(n)] - sorted[k])
            };
            let (a, m, b) = (y(at(0.84)), y(at(0.5)), y(at(0.16)));
            let _ = write!(
                out,
                "<rect x=\"{:.1}\" y=\"{a:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"var(--panel)\" stroke=\"var(--rule)\"/><line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{m:.1}\" y2=\"{m:.1}\" stroke=\"var(--ink)\" stroke-width=\"2\"/>",
                x - half,
                2.0 * half,
                (b - a).max(0.5),
                x - half,
                x + half
            );
        }
        for (j, v) in g.values.iter().enumerate().filter(|(_, v)| v.is_finite()) {
            // Spread evenly over the strip, the same on each drawing.
            let jitter = ((j as f64 * 0.618_034).fract() - 0.5) * 1.5 * half;
            let hollow = zero && g.hollow.get(j) == Some(&true);
            let fill = if hollow { "none" } else { colour };
            let _ = write!(
                out,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.6\" fill=\"{fill}\" fill-opacity=\"0.75\" stroke=\"{colour}\"><title>{}</title></circle>",
                x + jitter,
                y(*v),
                escape(&format!("{} {} {}: {:.4} {unit}", "", g.label[0], g.label[1], v / scale))
            );
        }
        labels(&mut out, x, height - bottom, step, &g.label, g.values.len());
    }
    let _ = write!(
        out,
        "<rect x=\"{LEFT}\" y=\"{top}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"var(--ink)\"/></svg>",
        WIDTH - LEFT - RIGHT,
        height - top - bottom
    );
    out
}

/// The combinations of further axes that there are, in their order.
fn kinds<'a>(labels: impl Iterator<Item = &'a [String; 2]>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for label in labels {
        if !all.contains(&label[1]) {
            all.push(label[1].clone());
        }
    }
    all
}

fn labels(out: &mut String, x: f64, y: f64, step: f64, label: &[String; 2], count: usize) {
    // As much as fits: about 6.5 px a letter.
    let fits = |text: &str| {
        let most = (step / 6.5).max(3.0) as usize;
        if text.chars().count() <= most { text.to_owned() } else { format!("{}…", text.chars().take(most - 1).collect::<String>()) }
    };
    let _ = write!(
        out,
        "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" class=\"t\">{}</text><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" class=\"m\">n = {count}</text>",
        y + 17.0,
        escape(&fits(&label[0])),
        y + 33.0,
        escape(&fits(&label[1])),
        y + if label[1].is_empty() { 33.0 } else { 49.0 },
    );
}

fn open(height: f64, title: &str) -> String {
    format!("<svg viewBox=\"0 0 {WIDTH} {height}\" width=\"100%\" role=\"img\" aria-label=\"{0}\"><title>{0}</title>", escape(title))
}

/// Horizontal bars of parts, a group below the other.
pub(crate) fn shares(groups: &[Share], names: [&str; 4]) -> String {
    const FILL: [&str; 4] = ["var(--a)", "var(--platinum)", "var(--c)", "url(#hatch)"];
    let (row, top) = (24.0, 30.0);
    let left = 190.0;
    let height = top + row * groups.len() as f64 + 8.0;
    let mut out = open(height, "Where the wires broke");
    out.push_str("<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"var(--paper)\"/><line x1=\"0\" x2=\"0\" y1=\"0\" y2=\"6\" stroke=\"var(--muted)\" stroke-width=\"2\"/></pattern></defs>");
    for (k, name) in names.iter().enumerate() {
        let x = left + 150.0 * k as f64;
        let _ = write!(
            out,
            "<rect x=\"{x}\" y=\"6\" width=\"13\" height=\"13\" fill=\"{}\" stroke=\"var(--rule)\"/><text x=\"{}\" y=\"17\">{name}</text>",
            FILL[k],
            x + 19.0
        );
    }
    for (k, g) in groups.iter().enumerate() {
        let y = top + row * k as f64;
        let sum: usize = g.parts.iter().sum();
        let label = if g.label[1].is_empty() { g.label[0].clone() } else { format!("{}, {}", g.label[0], g.label[1]) };
        let _ = write!(out, "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>", left - 8.0, y + 15.0, escape(&label));
        let mut x = left;
        for (part, fill) in g.parts.iter().zip(FILL) {
            let w = (WIDTH - RIGHT - left) * *part as f64 / sum.max(1) as f64;
            if *part == 0 {
                continue;
            }
            let _ = write!(
                out,
                "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{w:.1}\" height=\"18\" fill=\"{fill}\" stroke=\"var(--rule)\"/>",
                y + 2.0
            );
            if w > 34.0 {
                let ink = if fill.contains("--a") || fill.contains("--c)") { "#fff" } else { "var(--ink)" };
                let percent = 100.0 * *part as f64 / sum as f64;
                let _ = write!(
                    out,
                    "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" style=\"fill:{ink}\">{percent:.0} %</text>",
                    x + 0.5 * w,
                    y + 15.5
                );
            }
            x += w;
        }
    }
    out + "</svg>"
}

/// The planner's map: the first axis along x, the second along y, a panel for each combination of the others.
pub(crate) fn map(plan: &Plan) -> String {
    let [nx, ny] = [0, 1].map(|k| plan.axes.get(k).map_or(1, |a| a.values.len()));
    let panels: usize = plan.axes.iter().skip(2).map(|a| a.values.len()).product();
    let across = panels.clamp(1, if nx <= 5 { 2 } else { 1 });
    let panel_width = (WIDTH - 8.0) / across as f64;
    let (left, head, foot, cell_height) = (78.0, 26.0, 42.0, 44.0);
    let cell_width = (panel_width - left - 14.0) / nx as f64;
    let panel_height = head + foot + cell_height * ny as f64;
    let rows = panels.div_ceil(across);
    let legend = 26.0;
    let mut out = open(panel_height * rows as f64 + legend, "Map of settings");
    let classes = [("electromigration", "#a9cbe6"), ("Joule", "#f3c7a6"), ("unbroken", "#e4e6e8"), ("failed", "#f4b6c8")];
    for (k, (name, fill)) in classes.iter().enumerate() {
        let x = left + 170.0 * k as f64;
        let _ = write!(
            out,
            "<rect x=\"{x}\" y=\"4\" width=\"13\" height=\"13\" fill=\"{fill}\" stroke=\"var(--rule)\"/><text x=\"{}\" y=\"15\">{name}</text>",
            x + 19.0
        );
    }
    let _ = write!(
        out,
        "<path d=\"M{0} 16 l6 -11 l6 11 z\" fill=\"var(--c)\"/><text x=\"{1}\" y=\"15\">membrane at risk</text>",
        left + 680.0,
        left + 698.0
    );
    for p in 0..panels {
        let (x0, y0) = (panel_width * (p % across) as f64, legend + panel_height * (p / across) as f64);
        let mine: Vec<&Setting> = plan.settings.iter().filter(|s| panel_of(plan, s) == p).collect();
        let Some(first) = mine.first() else { continue };
        let title: Vec<String> = plan.axes.iter().zip(&first.values).skip(2).map(|(a, v)| format!("{} {}", a.name, pretty(v))).collect();
        let _ = write!(
            out,
            "<g transform=\"translate({x0:.1} {y0:.1})\"><text x=\"{left}\" y=\"17\" class=\"t\">{}</text>",
            escape(&title.join(", "))
        );
        for s in &mine {
            let (i, j) = (s.at.first().copied().unwrap_or(0), s.at.get(1).copied().unwrap_or(0));
            let (x, y) = (left + cell_width * i as f64, head + cell_height * (ny - 1 - j) as f64);
            field(&mut out, s, x, y, cell_width, cell_height, classes.iter().find(|c| c.0 == s.class).map_or("none", |c| c.1));
        }
        for (k, axis) in plan.axes.iter().take(2).enumerate() {
            for (i, value) in axis.values.iter().enumerate() {
                let text = escape(&pretty(value));
                let _ = if k == 0 {
                    write!(
                        out,
                        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
                        left + cell_width * (i as f64 + 0.5),
                        panel_height - foot + 15.0
                    )
                } else {
                    write!(
                        out,
                        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
                        left - 6.0,
                        head + cell_height * (ny as f64 - 0.5 - i as f64) + 4.0
                    )
                };
            }
            let name = escape(&axis.name.replace('_', " "));
            let _ = if k == 0 {
                write!(
                    out,
                    "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" class=\"m\">{name}</text>",
                    left + 0.5 * cell_width * nx as f64,
                    panel_height - foot + 31.0
                )
            } else {
                write!(
                    out,
                    "<text transform=\"translate(11 {:.1}) rotate(-90)\" text-anchor=\"middle\" class=\"m\">{name}</text>",
                    head + 0.5 * cell_height * ny as f64
                )
            };
        }
        out.push_str("</g>");
    }
    out + "</svg>"
}

/// Number of the panel a setting is in.
fn panel_of(plan: &Plan, s: &Setting) -> usize {
    plan.axes.iter().zip(&s.at).skip(2).fold(0, |n, (a, k)| n * a.values.len() + k)
}

fn field(out: &mut String, s: &Setting, x: f64, y: f64, w: f64, h: f64, fill: &str) {
    let sign = if s.resolved { "" } else { "≤ " };
    let width = s.gap_width.map_or_else(String::new, |g| format!("{sign}{}", quantity(g, "nm", 2)));
    let share = s.em_share.map_or_else(String::new, |e| format!("EM {e:.2}"));
    let (line, thick) = if s.meets { ("var(--ink)", 3.0) } else { ("var(--rule)", 1.0) };
    let inset = 0.5 * thick + 0.5;
    let _ = write!(
        out,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{fill}\" stroke=\"{line}\" stroke-width=\"{thick}\"><title>{}</title></rect>",
        x + inset,
        y + inset,
        w - 2.0 * inset,
        h - 2.0 * inset,
        escape(&format!("{}: {}, membrane {}", s.values.join(", "), s.class, s.membrane))
    );
    // Black on the pale classes in light and dark.
    let _ = write!(
        out,
        "<text x=\"{0:.1}\" y=\"{1:.1}\" text-anchor=\"middle\" style=\"fill:#17191c\">{width}</text><text x=\"{0:.1}\" y=\"{2:.1}\" text-anchor=\"middle\" style=\"fill:#454c54;font-size:11px\">{share}</text>",
        x + 0.5 * w,
        y + 0.5 * h - 1.0,
        y + 0.5 * h + 13.0
    );
    if ["molten silver", "too hot"].contains(&s.membrane.as_str()) {
        let _ = write!(out, "<path d=\"M{:.1} {:.1} l5 -9 l5 9 z\" fill=\"#c1440e\"/>", x + w - 15.0, y + 14.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_limits() {
        assert_eq!(ticks(0.0, 1.0, 5.0).len(), 6);
        assert!(ticks(-0.3, 2.2, 6.0).iter().all(|t| (-0.3..=2.2).contains(t)));
        assert_eq!(plain(-0.5), "−0.5");
        assert_eq!(plain(0.0), "0");
    }
}
