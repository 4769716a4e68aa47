//! The page of a sweep: what was put in, how the numbers spread, where the wires broke, what failed, and the planner's map.

use std::fmt::Write;

use pentatwin_record::sweep::{Axis, Plan, Row, SweepTable};

use crate::charts::{Group, Share, map, shares, strips};
use crate::format::{escape, none, or_none, pretty, prose, quantity, table};
use crate::page::{head, numbered};

/// More groups than this are pooled over the axes after the first.
const MOST_GROUPS: usize = 30;
/// Failed runs shown by name.
const MOST_FAILED: usize = 50;

/// The page of a sweep as HTML that opens without a network; with the planner's map if there is one.
pub fn sweep_page(t: &SweepTable, plan: Option<&Plan>) -> String {
    let mut parts: Vec<(&str, &str, String)> = vec![("put-in", "What was put in", put_in(t))];
    if let Some(plan) = plan {
        parts.push(("plan", "The planner’s map", plan_section(plan)));
    }
    let groups = Grouped::of(t);
    parts.extend([
        ("voltage", "Breakdown voltage", voltage(t, &groups)),
        ("place", "Where the wires broke", place(t, &groups)),
        ("gap", "Gap width", gap(t, &groups)),
        ("numbers", "The numbers", numbers(t, &groups)),
        ("failed", "Runs that failed or are missing", failed(t)),
        ("sweep", "The sweep as written", format!("<pre>{}</pre>", escape(&t.text))),
    ]);
    let mut out = head(&t.title, false);
    let [done, failed, missing] = t.counts();
    let _ = write!(
        out,
        "<header><h1>{}</h1>\n<p class=\"ended\">{}</p>\n<dl class=\"facts\"><div><dt>Protocol</dt><dd>{}</dd></div><div><dt>Runs</dt><dd>{} of {}</dd></div><div><dt>Failed</dt><dd>{failed}</dd></div><div><dt>Missing</dt><dd>{missing}</dd></div><div><dt>Seeds</dt><dd>{}</dd></div><div><dt>pentatwin</dt><dd>{}</dd></div></dl></header>\n",
        or_none(&t.title, "untitled sweep"),
        escape(&t.description),
        escape(&t.protocol),
        done + failed,
        t.rows.len(),
        t.seeds.len(),
        escape(&t.pentatwin),
    );
    numbered(&mut out, "", &parts);
    out.push_str("</body>\n</html>\n");
    out
}

/// Runs of one value of the first axis, and of one combination of the others.
struct Grouped<'a> {
    /// Names of the axes that make the groups.
    by: String,
    /// Labels: value of the first axis, values of the others.
    groups: Vec<([String; 2], Vec<&'a Row>)>,
    /// Axes that are pooled.
    pooled: Vec<&'a Axis>,
}

impl<'a> Grouped<'a> {
    fn of(t: &'a SweepTable) -> Grouped<'a> {
        // The rate, if there is one, stands along x.
        let first = t.axis("rate").unwrap_or(0);
        let others: Vec<usize> = (0..t.axes.len()).filter(|k| *k != first).collect();
        let all: usize = t.axes.iter().map(|a| a.values.len()).product();
        let apart = all <= MOST_GROUPS;
        let mut groups: Vec<([String; 2], Vec<&Row>)> = Vec::new();
        let mut rows: Vec<&Row> = t.rows.iter().collect();
        rows.sort_by_key(|r| (others.iter().filter(|_| apart).map(|k| r.at[*k]).collect::<Vec<_>>(), r.at.get(first).copied()));
        for row in rows {
            let value = |k: usize| pretty(&t.axes[k].values[row.at[k]]);
            let label = if t.axes.is_empty() { "all".to_owned() } else { value(first) };
            let rest = if apart { others.iter().map(|k| value(*k)).collect::<Vec<_>>().join(", ") } else { String::new() };
            match groups.iter_mut().find(|g| g.0[0] == label && g.0[1] == rest) {
                Some(group) => group.1.push(row),
                None => groups.push(([label, rest], vec![row])),
            }
        }
        let by = t.axes.get(first).map_or_else(|| "all runs".to_owned(), |a| a.name.clone());
        Grouped { by, groups, pooled: if apart { Vec::new() } else { others.iter().map(|k| &t.axes[*k]).collect() } }
    }

    /// The values of a number, group by group, scaled to the unit that is shown.
    fn values(&self, number: impl Fn(&Row) -> Option<f64>) -> Vec<Group> {
        self.groups
            .iter()
            .map(|(label, rows)| Group {
                label: label.clone(),
                values: rows.iter().filter_map(|r| number(r)).collect(),
                hollow: rows.iter().filter_map(|r| number(r).map(|_| !r.gap_resolved())).collect(),
            })
            .collect()
    }

    fn note(&self) -> String {
        if self.pooled.is_empty() {
            return String::new();
        }
        let names: Vec<&str> = self.pooled.iter().map(|a| a.name.as_str()).collect();
        format!(" Pooled over {}: the spread is theirs as well.", escape(&names.join(", ")))
    }
}

fn put_in(t: &SweepTable) -> String {
    let mut out = String::from("<p>Set by hand, and the result may depend on it. Read this before any number below.</p>");
    let rows: Vec<_> =
        t.put_in.iter().map(|p| ("", vec![escape(&p.what), or_none(&pretty(&p.value), "none"), escape(&prose(&p.why))])).collect();
    out.push_str(&table(&["What", "Value", "Why it is an input"], &rows).replace("<table>", "<table class=\"register\">"));
    if !t.drawn.is_empty() {
        out.push_str("<h3>Drawn for each seed: the scatter from device to device, as the sweep assumes it</h3>");
        let rows: Vec<_> = t
            .drawn
            .iter()
            .map(|d| {
                let (low, median, high) = percentiles(&d.values);
                let q = |x: f64| quantity(x, &d.shown_in, 4);
                ("", vec![escape(&d.key), escape(&pretty_words(&d.law)), q(low), q(median), q(high), escape(&d.meaning)])
            })
            .collect();
        out.push_str(&table(&["Parameter", "Distribution", "16 %|", "median|", "84 %|", "Meaning"], &rows));
    }
    if !t.axes.is_empty() {
        out.push_str("<h3>Listed</h3>");
        let rows: Vec<_> = t
            .axes
            .iter()
            .map(|a| {
                ("", vec![escape(&a.key), escape(&a.values.iter().map(|v| pretty(v)).collect::<Vec<_>>().join(", ")), escape(&a.meaning)])
            })
            .collect();
        out.push_str(&table(&["Parameter", "Values", "Meaning"], &rows));
    }
    if !t.notes.is_empty() {
        out.push_str("<ul class=\"notes\">");
        t.notes.iter().for_each(|n| out += &format!("<li>{}</li>", escape(&prose(n))));
        out.push_str("</ul>");
    }
    out
}

fn pretty_words(law: &str) -> String {
    prose(law)
}

/// 16th, 50th and 84th percentile.
fn percentiles(values: &[f64]) -> (f64, f64, f64) {
    let mut v: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
    v.sort_by(f64::total_cmp);
    let at = |p: f64| {
        let x = p * v.len().saturating_sub(1) as f64;
        let (k, next) = (x.floor() as usize, x.ceil() as usize);
        match (v.get(k), v.get(next)) {
            (Some(a), Some(b)) => a + (x - k as f64) * (b - a),
            _ => f64::NAN,
        }
    };
    (at(0.16), at(0.5), at(0.84))
}

fn voltage(t: &SweepTable, groups: &Grouped) -> String {
    let all = groups.values(|r| r.number("breakdown_voltage"));
    if all.iter().all(|g| g.values.is_empty()) {
        return format!("<p>{}</p>", none("No wire broke."));
    }
    let mut out = format!(
        "<figure>{}<figcaption>Source voltage of the last sample before the current falls (measured), against {}. A point is a device; line and box: median and 16 to 84 %.{}</figcaption></figure>",
        strips(&all, "V", 1.0, &format!("Breakdown voltage by {}", groups.by), false),
        escape(&groups.by),
        groups.note()
    );
    // Does the order of rates hold in each device?
    let drivers = drivers(t, groups);
    if !drivers.is_empty() {
        out.push_str("<h3>What it goes with, from device to device</h3>");
        let mut heads = vec!["Parameter"];
        let labels: Vec<String> = groups.groups.iter().map(|g| format!("{} {}|", g.0[0], g.0[1]).replace(" |", "|")).collect();
        heads.extend(labels.iter().map(String::as_str));
        let rows: Vec<_> = drivers
            .into_iter()
            .map(|(key, all)| {
                let cells = all.into_iter().map(|c| c.map_or_else(|| none("too few"), |c| format!("{c:.2}").replace('-', "−")));
                ("", std::iter::once(escape(&key)).chain(cells).collect())
            })
            .collect();
        out.push_str(&table(&heads, &rows));
        out.push_str("<p class=\"note\">Rank correlation of breakdown voltage and drawn parameter over the devices of each group: 1 where the device with more of it always breaks at a higher voltage, 0 where it does not matter. Most of the voltage lies outside the wire, so series resistance leads.</p>");
    }
    out
}

/// Rank correlation of each drawn parameter with the breakdown voltage, group by group.
fn drivers(t: &SweepTable, groups: &Grouped) -> Vec<(String, Vec<Option<f64>>)> {
    t.drawn
        .iter()
        .map(|d| {
            let each = groups
                .groups
                .iter()
                .map(|(_, rows)| {
                    let pairs: Vec<(f64, f64)> =
                        rows.iter().filter_map(|r| Some((*d.values.get(r.seed)?, r.number("breakdown_voltage")?))).collect();
                    (pairs.len() >= 8).then(|| rank_correlation(&pairs))
                })
                .collect();
            (d.key.clone(), each)
        })
        .collect()
}

fn rank_correlation(pairs: &[(f64, f64)]) -> f64 {
    let ranks = |v: Vec<f64>| -> Vec<f64> {
        let mut order: Vec<usize> = (0..v.len()).collect();
        order.sort_by(|&a, &b| v[a].total_cmp(&v[b]));
        let mut ranks = vec![0.0; v.len()];
        order.iter().enumerate().for_each(|(rank, &k)| ranks[k] = rank as f64);
        ranks
    };
    let (x, y) = (ranks(pairs.iter().map(|p| p.0).collect()), ranks(pairs.iter().map(|p| p.1).collect()));
    let m = 0.5 * (pairs.len() as f64 - 1.0);
    let (mut sxy, mut sxx, mut syy) = (0.0, 0.0, 0.0);
    for (a, b) in x.iter().zip(&y) {
        sxy += (a - m) * (b - m);
        sxx += (a - m).powi(2);
        syy += (b - m).powi(2);
    }
    if sxx > 0.0 && syy > 0.0 { sxy / (sxx * syy).sqrt() } else { 0.0 }
}

fn place(_t: &SweepTable, groups: &Grouped) -> String {
    let positions = groups.values(|r| r.number("gap_position"));
    if positions.iter().all(|g| g.values.is_empty()) {
        return format!("<p>{}</p>", none("No wire broke."));
    }
    let bars: Vec<Share> = groups
        .groups
        .iter()
        .map(|(label, rows)| {
            let at = |place: f64| rows.iter().filter(|r| r.number("break_place") == Some(place)).count();
            let whole = rows.iter().filter(|r| r.broke() == Some(false)).count();
            Share { label: label.clone(), parts: [at(1.0), at(2.0), at(3.0), whole] }
        })
        .collect();
    format!(
        "<figure>{}<figcaption>Part of the devices whose widest gap lies within a tenth of the spacing of contact 1’s edge (the cathode where the voltage is positive), between, within a tenth of contact 2’s edge, and that did not break (simulated truth).</figcaption></figure>\n<figure>{}<figcaption>Centre of the widest gap from the edge of contact 1 (simulated truth); negative: on the contact.{}</figcaption></figure>",
        shares(&bars, ["contact 1", "mid-wire", "contact 2", "unbroken"]),
        strips(&positions, "µm", 1e-6, &format!("Gap position by {}", groups.by), false),
        groups.note()
    )
}

fn gap(_t: &SweepTable, groups: &Grouped) -> String {
    let widths = groups.values(|r| r.number("gap_width").filter(|_| r.broke() == Some(true)));
    if widths.iter().all(|g| g.values.is_empty()) {
        return format!("<p>{}</p>", none("No wire broke."));
    }
    let all: usize = widths.iter().map(|g| g.values.len()).sum();
    let bounds = widths.iter().flat_map(|g| &g.hollow).filter(|h| **h).count();
    format!(
        "<figure>{}<figcaption>Width of the widest gap, where the radius is below 3 nm (simulated truth). Hollow: not more than two cells of the grid, an upper bound only ({bounds} of {all}). The last nanometres are below the grid: read a width as an order of magnitude.{}</figcaption></figure>",
        strips(&widths, "nm", 1e-9, &format!("Gap width by {}", groups.by), true),
        groups.note()
    )
}

fn numbers(t: &SweepTable, groups: &Grouped) -> String {
    let mut out = String::new();
    for q in t.quantities.iter().filter(|q| !q.name.ends_with("_uncertainty") && q.name != "break_place").take(16) {
        let rows: Vec<(&str, Vec<String>)> = groups
            .groups
            .iter()
            .filter_map(|(label, rows)| {
                let v: Vec<f64> = rows.iter().filter_map(|r| r.number(&q.name)).collect();
                let (low, median, high) = percentiles(&v);
                let show = |x: f64| quantity(x, &q.shown_in, 3);
                let name = if label[1].is_empty() { escape(&label[0]) } else { format!("{}, {}", escape(&label[0]), escape(&label[1])) };
                (!v.is_empty()).then(|| ("", vec![name, v.len().to_string(), show(low), show(median), show(high)]))
            })
            .collect();
        if rows.is_empty() {
            continue;
        }
        let _ = write!(
            out,
            "<details{}><summary>{}</summary><p class=\"note\">{}</p>",
            if out.is_empty() { " open" } else { "" },
            escape(&q.label),
            escape(&prose(&q.meaning))
        );
        out.push_str(&table(&[&groups.by, "Runs|", "16 %|", "median|", "84 %|"], &rows));
        out.push_str("</details>");
    }
    if out.is_empty() { format!("<p>{}</p>", none("No run has come to its end.")) } else { out }
}

fn failed(t: &SweepTable) -> String {
    let [_, failed, missing] = t.counts();
    let mut out = String::new();
    if failed == 0 {
        out += "<p>No run failed.</p>";
    } else {
        let rows: Vec<(&str, Vec<String>)> = t
            .rows
            .iter()
            .filter_map(|r| Some((r, r.reason()?)))
            .take(MOST_FAILED)
            .map(|(r, reason)| {
                let set: Vec<String> = t.axes.iter().zip(&r.at).map(|(a, k)| format!("{} {}", a.name, a.values[*k])).collect();
                (
                    "",
                    vec![
                        r.index.to_string(),
                        t.seeds.get(r.seed).map_or_else(String::new, u64::to_string),
                        escape(&set.join(", ")),
                        escape(reason),
                    ],
                )
            })
            .collect();
        let more = failed.saturating_sub(rows.len());
        out += &table(&["Run|", "Seed|", "Settings", "Reason"], &rows);
        if more > 0 {
            let _ = write!(out, "<p class=\"note\">and {more} more, in the dataset’s <code>reason</code></p>");
        }
    }
    if missing > 0 {
        let _ = write!(out, "<p>{missing} of {} runs have not been made yet; start the sweep again and it makes those.</p>", t.rows.len());
    }
    out
}

fn plan_section(plan: &Plan) -> String {
    let mut out = String::new();
    if !plan.answer.is_empty() {
        let _ = write!(out, "<p class=\"box\">{}</p>", escape(&prose(&plan.answer)));
    }
    let _ = write!(
        out,
        "<figure>{}<figcaption>Each field is a setting: its gap (≤: an upper bound of the grid), share of electromigration below it. Thick frame: meets the wish. Triangle: the membrane is at risk.</figcaption></figure>",
        map(plan)
    );
    out.push_str("<ul class=\"notes\">");
    plan.criteria.iter().for_each(|c| out += &format!("<li>{}</li>", escape(&prose(c))));
    out.push_str("</ul><details><summary>All settings</summary>");
    let mut heads: Vec<String> = plan.axes.iter().map(|a| a.name.clone()).collect();
    heads.extend(["Gap|", "Class", "EM share|", "Dipole|", "Neck 25 %|", "Membrane", "Breakdown|", "Broke|"].map(str::to_owned));
    let rows: Vec<_> = plan
        .settings
        .iter()
        .map(|s| {
            let q = |x: Option<f64>, unit: &str| x.map_or_else(|| none("none"), |x| quantity(x, unit, 3));
            let mut cells: Vec<String> = s.values.iter().map(|v| escape(&pretty(v))).collect();
            let sign = if s.resolved || s.gap_width.is_none() { "" } else { "≤ " };
            cells.push(format!("{sign}{}", q(s.gap_width, "nm")));
            cells.extend([escape(&s.class), q(s.em_share, ""), q(s.dipole, ""), q(s.t25, "K"), escape(&s.membrane), q(s.voltage, "V")]);
            cells.push(format!("{} of {}", s.broke, s.runs));
            (if s.meets { "strong" } else { "" }, cells)
        })
        .collect();
    out.push_str(&table(&heads.iter().map(String::as_str).collect::<Vec<_>>(), &rows));
    out.push_str("</details>");
    out
}
