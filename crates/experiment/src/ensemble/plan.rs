//! The planner: a map of settings read off a sweep, and its inverse.

use pentatwin_physics::materials::silver::T_MELT;
use pentatwin_record::sweep::{Plan, Row, Setting, SweepTable};
use pentatwin_units::format_si;

use crate::simulate::breaking_sweep;

use super::sweep::Sweep;

/// Share of electromigration in what left the neck from which a break is its work: the criterion of the report's checklist ("slower ramps
/// are driven by electromigration").
pub const EM_CLASS: f64 = 0.5;
/// Temperature [K] up to which a silicon nitride membrane is taken to be safe: heating chips with SiN windows are used up to about 1300 degC.
/// Set by hand: no number of the paper's membranes is known.
pub const MEMBRANE_LIMIT: f64 = 1573.0;
/// Part of the spacing that must be molten at rupture to count: in each break the last neck of some tens of nanometres is molten. Set by hand.
pub const MOLTEN_PART: f64 = 0.1;

/// What is wanted of a setting.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Wish {
    /// Widest gap [m].
    pub gap_below: Option<f64>,
    /// `electromigration` or `Joule`.
    pub class: Option<String>,
    /// Whether the membrane must not be at risk.
    pub safe_membrane: bool,
    /// Temperature up to which the membrane is taken to be safe [K]; [`MEMBRANE_LIMIT`] if not given.
    pub membrane_limit: Option<f64>,
}

impl Wish {
    /// In words; empty if nothing is wanted.
    fn words(&self) -> String {
        let mut all = Vec::new();
        all.extend(self.gap_below.map(|g| format!("a gap below {}", format_si(g, "nm", 3))));
        all.extend(self.class.as_ref().map(|c| format!("class {c}")));
        if self.safe_membrane {
            all.push("no risk for the membrane".to_owned());
        }
        all.join(", ")
    }
}

/// The map of a sweep, and which settings meet the wish.
pub fn plan(sweep: &Sweep, table: &SweepTable, wish: &Wish) -> Plan {
    let mut settings: Vec<Setting> = Vec::new();
    let combinations: usize = table.axes.iter().map(|a| a.values.len()).product();
    for k in 0..combinations {
        let rows: Vec<&Row> = table.rows.iter().skip(k).step_by(combinations.max(1)).collect();
        let Some(first) = rows.first() else { continue };
        settings.push(setting(sweep, table, first, &rows, wish));
    }
    let words = wish.words();
    let answer = answer(&settings, wish, &words);
    let limit = wish.membrane_limit.unwrap_or(MEMBRANE_LIMIT);
    let mut criteria = vec![
        format!("class: electromigration if it carried off more than {EM_CLASS} of the silver that left the neck up to a quarter of its area, Joule heat if not (the report's index); the dipole index stands beside it, and in fast ramps an antisymmetric dipole stays although the share falls"),
        format!("membrane: at risk where more than {MOLTEN_PART} of the spacing is molten on it at rupture ({T_MELT:.0} K; the last neck of some tens of nanometres melts in each break), or where the wire, which a membrane beneath follows, reaches {limit:.0} K at the 25 % neck; both limits are set by hand. Cracks and ejected particles are not in the model"),
        "gap: where the radius is below 3 nm; up to two cells of the grid it is an upper bound (≤), because what happens in the last nanometres is below the grid. A wish is judged by the widest gap over the seeds, bounds included".to_owned(),
        "the map holds for the device of the protocol; its lead resistance is the series resistance of traces and leads, to which the contacts come".to_owned(),
    ];
    criteria.extend(table.notes.iter().cloned());
    Plan { axes: table.axes.clone(), settings, wish: words, answer, criteria }
}

fn setting(sweep: &Sweep, table: &SweepTable, first: &Row, rows: &[&Row], wish: &Wish) -> Setting {
    let median = |name: &str| {
        let mut all: Vec<f64> = rows.iter().filter_map(|r| r.number(name)).collect();
        all.sort_by(f64::total_cmp);
        (!all.is_empty()).then(|| 0.5 * (all[(all.len() - 1) / 2] + all[all.len() / 2]))
    };
    let ended = rows.iter().filter(|r| r.broke().is_some()).count();
    let broke = rows.iter().filter(|r| r.broke() == Some(true)).count();
    let (em_share, t25, molten) = (median("em_share"), median("t25"), median("molten_length"));
    let class = if ended == 0 {
        if rows.iter().any(|r| r.reason().is_some()) { "failed" } else { "not run" }
    } else if 2 * broke <= ended {
        "unbroken"
    } else if em_share.is_some_and(|s| s > EM_CLASS) {
        "electromigration"
    } else {
        "Joule"
    };
    let membrane = membrane(sweep, first, ended, broke, t25, molten, wish.membrane_limit.unwrap_or(MEMBRANE_LIMIT));
    let widest = rows.iter().filter_map(|r| r.number("gap_width")).reduce(f64::max).filter(|_| broke > 0);
    let values = table.axes.iter().zip(&first.at).map(|(a, k)| a.values[*k].clone()).collect();
    let safe = ["low", "no membrane"].contains(&membrane);
    let wanted = !wish.words().is_empty();
    // A wire that stays whole in some runs gives no gap there.
    let meets = wanted
        && ended > 0
        && broke == ended
        && wish.gap_below.is_none_or(|limit| widest.is_some_and(|w| w < limit))
        && wish.class.as_ref().is_none_or(|c| c == class)
        && (!wish.safe_membrane || safe);
    Setting {
        at: first.at.clone(),
        values,
        runs: ended,
        broke,
        gap_width: median("gap_width").filter(|_| broke > 0),
        resolved: broke > 0 && rows.iter().filter(|r| r.broke() == Some(true)).all(|r| r.gap_resolved()),
        widest,
        voltage: median("breakdown_voltage"),
        em_share,
        dipole: median("dipole_index"),
        t25,
        molten,
        class: class.to_owned(),
        membrane: membrane.to_owned(),
        meets,
    }
}

fn membrane(sweep: &Sweep, row: &Row, ended: usize, broke: usize, t25: Option<f64>, molten: Option<f64>, limit: f64) -> &'static str {
    let device = sweep.run(row.index).ok().and_then(|r| sweep.protocol_of(&r).ok()).map(|p| p.device);
    let spacing = device.as_ref().map_or(0.0, |d| d.chip.spacing);
    match device.map(|d| d.film_warms()) {
        _ if ended == 0 => "unknown",
        Some(false) => "no membrane",
        _ if broke == 0 => "low",
        _ if t25.is_some_and(|t| t >= limit) => "too hot",
        _ if molten.is_some_and(|l| l > MOLTEN_PART * spacing) => "molten silver",
        _ => "low",
    }
}

fn answer(settings: &[Setting], wish: &Wish, words: &str) -> String {
    if words.is_empty() {
        return String::new();
    }
    let met = settings.iter().filter(|s| s.meets).count();
    if met > 0 {
        return format!("{met} of {} settings give {words}", settings.len());
    }
    let mut out = format!("none of the {} settings in range gives {words}", settings.len());
    let narrowest = settings.iter().filter_map(|s| Some((s.widest?, s))).min_by(|a, b| a.0.total_cmp(&b.0));
    if let (Some(limit), Some((width, s))) = (wish.gap_below, narrowest)
        && width >= limit
    {
        let sign = if s.resolved { "" } else { "at most " };
        out += &format!("; the narrowest gap is {sign}{} ({})", format_si(width, "nm", 3), s.values.join(", "));
        if !s.resolved {
            out += ", a bound of the grid that more numerics.cells lower";
        }
    }
    out
}

/// The settings of a plan as lines of text, those that meet the wish first; all of them without one.
pub fn lines(plan: &Plan) -> Vec<String> {
    let mut heads: Vec<String> = plan.axes.iter().map(|a| a.name.clone()).collect();
    heads.extend(["gap", "class", "EM share", "dipole", "membrane", "break"].map(str::to_owned));
    let mut rows = vec![heads];
    let any = plan.settings.iter().any(|s| s.meets);
    for s in plan.settings.iter().filter(|s| plan.wish.is_empty() || !any || s.meets) {
        let number = |x: Option<f64>, unit: &str| x.map_or_else(|| "-".to_owned(), |x| format_si(x, unit, 3));
        let mut row = s.values.clone();
        let sign = if s.resolved || s.gap_width.is_none() { "" } else { "<= " };
        row.push(format!("{sign}{}", number(s.gap_width, "nm")));
        row.extend([s.class.clone(), number(s.em_share, ""), number(s.dipole, ""), s.membrane.clone(), number(s.voltage, "V")]);
        rows.push(row);
    }
    let widths: Vec<usize> = (0..rows[0].len()).map(|c| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0)).collect();
    rows.iter()
        .map(|r| r.iter().zip(&widths).map(|(cell, w)| format!("{cell:w$}")).collect::<Vec<_>>().join("  ").trim_end().to_owned())
        .collect()
}

impl Sweep {
    /// Whether a plan can be read off it: the sweep of a voltage that breaks wires, with lists.
    pub fn can_be_planned(&self) -> bool {
        breaking_sweep(self.protocol()).is_some() && !self.listed.is_empty()
    }
}
