//! Numbers and text as the page writes them.

use pentatwin_units::format_si;

/// Text that is safe inside HTML, in elements and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// The word shown where there is nothing.
pub fn none(word: &str) -> String {
    format!("<span class=\"none\">{}</span>", escape(word))
}

/// Text, or the word where it is empty.
pub fn or_none(text: &str, word: &str) -> String {
    if text.trim().is_empty() { none(word) } else { escape(text) }
}

/// An SI number in a unit, in a person's type, safe inside HTML: `1.05×10¹² A/m²`, `−0.8 V`, `25 Ω`.
pub fn quantity(si: f64, unit: &str, digits: usize) -> String {
    if !si.is_finite() {
        return "none".to_owned();
    }
    escape(&pretty(&format_si(si, unit, digits)))
}

/// ASCII of the protocol's values and units in a person's type.
pub fn pretty(text: &str) -> String {
    match text {
        "true" => return "on".to_owned(),
        "false" => return "off".to_owned(),
        _ => {}
    }
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    let number = match number.split_once('e') {
        Some((mantissa, power)) if power.parse::<i32>().is_ok() => format!("{mantissa}×10{}", raised(power)),
        _ => number.to_owned(),
    };
    let number = match number.strip_prefix('-') {
        Some(rest) => format!("−{rest}"),
        None => number,
    };
    if unit.is_empty() { number } else { format!("{number} {}", pretty_unit(unit)) }
}

/// Numbers with units inside a sentence in a person's type: "gap 1.4 um" is "gap 1.4 µm".
pub fn prose(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut after_number = false;
    for word in text.split(' ') {
        let end = word.trim_end_matches([',', ';', ':', '.', ')']);
        let tail = word.get(end.len()..).unwrap_or_default();
        let number = end.trim_start_matches('(').parse::<f64>().is_ok();
        out.push(match () {
            () if number => word.replacen('-', "−", 1),
            () if after_number && matches!(end, "um" | "us" | "uA" | "ohm" | "A/m2" | "nm3" | "um3" | "degC") => {
                format!("{}{tail}", pretty_unit(end))
            }
            () => word.to_owned(),
        });
        after_number = number && tail.is_empty();
    }
    out.join(" ")
}

/// A unit in a person's type: `A/m2` is `A/m²`.
pub fn pretty_unit(unit: &str) -> String {
    let unit = unit.replace("ohm", "Ω").replace("degC", "°C");
    // No unit of the record begins with u: it is micro.
    let unit = unit.strip_prefix('u').map_or(unit.clone(), |rest| format!("µ{rest}"));
    let mut out = String::with_capacity(unit.len());
    let mut after_letter = false;
    for c in unit.chars() {
        out.push(match c {
            '2' if after_letter => '²',
            '3' if after_letter => '³',
            _ => c,
        });
        after_letter = c.is_alphabetic();
    }
    out
}

fn raised(power: &str) -> String {
    power
        .chars()
        .filter_map(|c| match c {
            '-' => Some('⁻'),
            '1' => Some('¹'),
            '2' => Some('²'),
            '3' => Some('³'),
            '0' | '4'..='9' => char::from_u32(0x2070 + c.to_digit(10)?),
            _ => None,
        })
        .collect()
}

/// A number with the prefix that fits: `scaled(1.15e-7, "m", 4)` is `115 nm`.
pub fn scaled(si: f64, unit: &str, digits: usize) -> String {
    const PREFIXES: [(f64, &str); 9] =
        [(1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"), (1e-12, "p"), (1e-15, "f")];
    if si == 0.0 || !si.is_finite() {
        return quantity(si, unit, digits);
    }
    let rounded = si.abs() * (1.0 + 1e-9);
    let prefix = PREFIXES.iter().find(|(f, _)| rounded >= *f).map_or("f", |(_, p)| *p);
    quantity(si, &format!("{prefix}{unit}"), digits)
}

/// A table; cells are HTML already. Columns whose head ends in `|` hold numbers.
pub fn table(heads: &[&str], rows: &[(&str, Vec<String>)]) -> String {
    let mut out = String::from("<div class=\"scroll\"><table><thead><tr>");
    for h in heads {
        match h.strip_suffix('|') {
            Some(h) => out.push_str(&format!("<th class=\"num\" scope=\"col\">{}</th>", escape(h))),
            None => out.push_str(&format!("<th scope=\"col\">{}</th>", escape(h))),
        }
    }
    out.push_str("</tr></thead><tbody>\n");
    for (class, cells) in rows {
        out.push_str(&format!("<tr{}>", if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") }));
        for (i, cell) in cells.iter().enumerate() {
            let class = if heads.get(i).is_some_and(|h| h.ends_with('|')) { " class=\"num\"" } else { "" };
            out.push_str(&format!("<td{class}>{cell}</td>"));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_a_physicist_writes_them() {
        assert_eq!(quantity(1.052e12, "A/m2", 4), "1.052×10¹² A/m²");
        assert_eq!(quantity(-0.8, "V", 4), "−0.8 V");
        assert_eq!(quantity(25.0, "ohm", 3), "25 Ω");
        assert_eq!(scaled(1.15e-7, "m", 4), "115 nm");
        assert_eq!(scaled(1e-6, "m", 4), "1 µm");
        assert_eq!(scaled(4.87e-5, "s", 3), "48.7 µs");
        assert_eq!(pretty("-0.5 um"), "−0.5 µm");
        assert_eq!(pretty("false"), "off");
        assert_eq!(scaled(1.5e-3, "W", 3), "1.5 mW");
        assert_eq!(quantity(f64::NAN, "V", 4), "none");
        assert_eq!(scaled(0.0, "A", 4), "0 A");
    }

    #[test]
    fn numbers_in_a_sentence_get_their_units() {
        assert_eq!(prose("gap -0.131 um (5 um; 25 ohm) a sum of ohm"), "gap −0.131 µm (5 µm; 25 Ω) a sum of ohm");
    }

    #[test]
    fn text_cannot_leave_its_element() {
        assert_eq!(escape("<b title='x' alt=\"y\">&"), "&lt;b title=&#39;x&#39; alt=&quot;y&quot;&gt;&amp;");
    }
}
