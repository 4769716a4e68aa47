//! Spectra as EMSA/MAS files (ISO 22029:2012), which HyperSpy, DTSA-II and the vendors' programs read.

use std::fmt::Write;

/// A spectrum and what is written beside it. Energies are in eV; what is not finite is left out of the file.
#[derive(Clone, PartialEq, Debug)]
pub struct MsaSpectrum<'a> {
    /// Title.
    pub title: &'a str,
    /// Who made it.
    pub owner: &'a str,
    /// Remarks, e.g. that it is simulated.
    pub comment: &'a str,
    /// Middle of the first channel [eV].
    pub offset: f64,
    /// Width of a channel [eV].
    pub width: f64,
    /// Counts.
    pub counts: &'a [f64],
    /// Energy of the beam [eV].
    pub beam: f64,
    /// Beam current [A].
    pub current: f64,
    /// Live time [s].
    pub live_time: f64,
    /// Real time [s].
    pub real_time: f64,
    /// Angle of the detector over the specimen's plane [rad].
    pub take_off: f64,
    /// Solid angle [sr].
    pub solid_angle: f64,
    /// Width of Mn Kα at half maximum [eV].
    pub resolution: f64,
}

/// Values on one line of the file.
const PER_LINE: usize = 4;
/// Longest text that the format allows after a keyword.
const LONGEST: usize = 64;

/// The text of the file, lines ended by CR LF as the standard has them.
///
/// RosettaSciIO 0.15 splits keyword and value at ": ", so that a colon in a text is written as a semicolon; other control characters become
/// spaces. Long remarks go on in further COMMENT lines.
pub fn msa(spectrum: &MsaSpectrum) -> String {
    let mut text = String::new();
    let mut line = |key: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = write!(text, "#{key:<13}: {value}\r\n");
    };
    let words = |s: &str| {
        s.chars()
            .map(|c| {
                if c == ':' {
                    ';'
                } else if c.is_control() || !c.is_ascii() {
                    ' '
                } else {
                    c
                }
            })
            .collect::<String>()
    };
    let short = |s: &str| words(s).chars().take(LONGEST).collect::<String>();
    line("FORMAT", "EMSA/MAS Spectral Data File");
    line("VERSION", "1.0");
    line("TITLE", &short(spectrum.title));
    line("OWNER", &short(spectrum.owner));
    line("NPOINTS", &format!("{}.", spectrum.counts.len()));
    line("NCOLUMNS", "1.");
    line("XUNITS", "keV");
    line("YUNITS", "counts");
    line("DATATYPE", "Y");
    line("XPERCHAN", &format!("{:.9}", 1e-3 * spectrum.width));
    line("OFFSET", &format!("{:.9}", 1e-3 * spectrum.offset));
    line("SIGNALTYPE", "EDS");
    line("XLABEL", "Energy");
    line("YLABEL", "X-rays");
    let mut number = |key: &str, value: f64| {
        if value.is_finite() {
            line(key, &format!("{value:.6}"));
        }
    };
    number("BEAMKV   -kV", 1e-3 * spectrum.beam);
    number("PROBECUR -nA", 1e9 * spectrum.current);
    number("ELEVANGLE-dg", spectrum.take_off.to_degrees());
    number("SOLIDANGLE-sR", spectrum.solid_angle);
    number("LIVETIME -s", spectrum.live_time);
    number("REALTIME -s", spectrum.real_time);
    number("FWHMMNKA -eV", spectrum.resolution);
    let comment: Vec<char> = words(spectrum.comment).chars().collect();
    comment.chunks(LONGEST).for_each(|c| line("COMMENT", &c.iter().collect::<String>()));
    line("SPECTRUM", "Spectral Data Starts Here");
    for row in spectrum.counts.chunks(PER_LINE) {
        let values: Vec<String> = row.iter().map(|n| if n.fract() == 0.0 { format!("{n:.1}") } else { format!("{n:e}") }).collect();
        let _ = write!(text, "{}\r\n", values.join(", "));
    }
    let _ = write!(text, "#ENDOFDATA   :\r\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_what_it_was_given() {
        let counts = [0.0, 3.0, 12.0, 1.5, 7.0];
        let spectrum = MsaSpectrum {
            title: "after: the gap\n",
            owner: "pentatwin",
            comment: &"simulated ".repeat(10),
            offset: 0.0,
            width: 10.0,
            counts: &counts,
            beam: 200e3,
            current: 0.5e-9,
            live_time: 60.0,
            real_time: f64::NAN,
            take_off: 20f64.to_radians(),
            solid_angle: 0.2,
            resolution: 130.0,
        };
        let text = msa(&spectrum);
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines[0], "#FORMAT       : EMSA/MAS Spectral Data File");
        assert!(lines.contains(&"#TITLE        : after; the gap "));
        assert!(lines.contains(&"#NPOINTS      : 5."));
        assert!(lines.contains(&"#XPERCHAN     : 0.010000000"));
        assert!(lines.contains(&"#BEAMKV   -kV : 200.000000"));
        assert!(!text.contains("REALTIME"));
        assert_eq!(lines.iter().filter(|l| l.starts_with("#COMMENT")).count(), 2);
        let from = lines.iter().position(|l| l.starts_with("#SPECTRUM")).unwrap();
        let values: Vec<f64> =
            lines[from + 1..].iter().take_while(|l| !l.starts_with('#')).flat_map(|l| l.split(", ")).map(|v| v.parse().unwrap()).collect();
        assert_eq!(values, counts);
        assert_eq!(lines[lines.len() - 2], "#ENDOFDATA   :");
        assert!(lines.iter().all(|l| l.len() <= 80 && l.is_ascii()));
    }
}
