//! Units as holders write them.

use pentatwin_units::{parse, parse_as};

/// Value in SI = value × factor + offset.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Unit {
    pub si: &'static str,
    pub factor: f64,
    pub offset: f64,
}

/// SI units that a column can end in, with an example of their dimension.
const TARGETS: [&str; 12] = ["s", "V", "A", "ohm", "W", "K", "m", "Pa", "Hz", "kg", "C", "1"];

/// The unit of a column: `mA`, `Milliseconds`, `Degrees C`, `°C`, `Torr`. A `C` beside a temperature is no coulomb.
pub(super) fn unit(text: &str, name: &str) -> Option<Unit> {
    let of = |si, factor, offset| Some(Unit { si, factor, offset });
    let text = text.trim().replace('\u{fffd}', "°");
    let lower = text.to_ascii_lowercase();
    let temperature = name.trim_start().to_ascii_lowercase().starts_with('t');
    match lower.as_str() {
        "" => return None,
        "degrees c" | "degree c" | "deg c" | "degc" | "°c" | "° c" | "celsius" | "degrees celsius" => return of("K", 1.0, 273.15),
        "c" if temperature => return of("K", 1.0, 273.15),
        "degrees k" | "kelvin" | "deg k" => return of("K", 1.0, 0.0),
        "degrees f" | "deg f" | "°f" | "fahrenheit" => return of("K", 5.0 / 9.0, 273.15 - 32.0 * 5.0 / 9.0),
        "torr" | "mmhg" => return of("Pa", 101_325.0 / 760.0, 0.0),
        "atm" | "atmospheres" => return of("Pa", 101_325.0, 0.0),
        "psi" => return of("Pa", 6_894.757_293_168, 0.0),
        "pascal" | "pascals" => return of("Pa", 1.0, 0.0),
        "percent" => return of("1", 0.01, 0.0),
        "sec" => return of("s", 1.0, 0.0),
        "msec" => return of("s", 1e-3, 0.0),
        "usec" => return of("s", 1e-6, 0.0),
        "min" | "mins" => return of("s", 60.0, 0.0),
        _ => {}
    }
    // Names in words, with their prefix.
    for (word, si, size) in [
        ("second", "s", 1.0),
        ("minute", "s", 60.0),
        ("hour", "s", 3600.0),
        ("volt", "V", 1.0),
        ("amp", "A", 1.0),
        ("ohm", "ohm", 1.0),
        ("watt", "W", 1.0),
        ("bar", "Pa", 1e5),
    ] {
        let ending = ["", "s", "ere", "eres"].iter().find_map(|end| lower.strip_suffix(&format!("{word}{end}")));
        let prefix = match ending {
            Some("") => 1.0,
            Some("milli") => 1e-3,
            Some("micro") => 1e-6,
            Some("nano") => 1e-9,
            Some("pico") => 1e-12,
            Some("kilo") => 1e3,
            Some("mega") => 1e6,
            _ => continue,
        };
        return of(si, size * prefix, 0.0);
    }
    let one = format!("1 {text}");
    let si = TARGETS.iter().find(|target| {
        let dimension = parse(&format!("1 {target}")).map(|(_, d)| d);
        dimension.is_ok_and(|d| parse_as(&one, d).is_ok())
    })?;
    of(si, parse(&one).ok()?.0, 0.0)
}

/// A name and the unit in it: `Time (ms)`, `I [uA]`, `Pheat [mW]`, `current_A`, `V/mV`.
pub(super) fn split(name: &str) -> (&str, Option<&str>) {
    // `phase_1` is no pure number, `step_m` hardly a length: only what a column of these instruments has.
    let held =
        |bare: &str, text: &str| text != "1" && unit(text, bare).is_some_and(|u| ["s", "V", "A", "ohm", "W", "K", "Pa"].contains(&u.si));
    split_where(name, held)
}

/// A name and the unit in it, in brackets; or after `_` or `/`, where `is_unit(bare, unit)` says that it is one.
pub(in crate::import) fn split_where(name: &str, is_unit: impl Fn(&str, &str) -> bool) -> (&str, Option<&str>) {
    let name = name.trim();
    for (open, close) in [('(', ')'), ('[', ']'), ('{', '}')] {
        if let Some(inside) = name.strip_suffix(close)
            && let Some(at) = inside.rfind(open)
        {
            return (name[..at].trim_end(), Some(inside[at + 1..].trim()).filter(|u| !u.is_empty()));
        }
    }
    for mark in ['_', '/'] {
        if let Some((bare, text)) = name.rsplit_once(mark)
            && !bare.is_empty()
            && is_unit(bare, text)
        {
            return (bare, Some(text));
        }
    }
    (name, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_units_are_known() {
        for (text, name, si, factor, offset) in [
            ("Milliseconds", "Time", "s", 1e-3, 0.0),
            ("Degrees C", "Temperature", "K", 1.0, 273.15),
            ("C", "Tmeas", "K", 1.0, 273.15),
            ("\u{fffd}C", "x", "K", 1.0, 273.15),
            ("Amps", "Current", "A", 1.0, 0.0),
            ("Milliamps", "Current", "A", 1e-3, 0.0),
            ("Volts", "Voltage", "V", 1.0, 0.0),
            ("Kiloohms", "R", "ohm", 1e3, 0.0),
            ("mW", "Pheat", "W", 1e-3, 0.0),
            ("uA", "I", "A", 1e-6, 0.0),
            ("Torr", "P", "Pa", 101_325.0 / 760.0, 0.0),
            ("mbar", "P", "Pa", 100.0, 0.0),
        ] {
            let u = unit(text, name).unwrap_or_else(|| panic!("{text}"));
            assert!(u.si == si && (u.factor / factor - 1.0).abs() < 1e-12 && u.offset == offset, "{text}: {u:?}");
        }
        assert_eq!(unit("furlongs", "x"), None);
        assert_eq!(
            (split("Pheat [mW]"), split("current_A"), split("phase_1")),
            (("Pheat", Some("mW")), ("current", Some("A")), ("phase_1", None))
        );
    }
}
