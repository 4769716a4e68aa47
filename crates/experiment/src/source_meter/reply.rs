//! What the script says, line by line.

use pentatwin_record::sample_flags;

use crate::run::Sample;

/// One line of the script.
#[derive(Clone, PartialEq, Debug)]
pub enum Said {
    /// A sample: its number from 0, the number of its step, itself.
    Sample(u64, usize, Sample),
    /// A step has ended: number, whether by a trip, time [s], level [V].
    Step(usize, bool, f64, f64),
    /// All is said for this beat: time [s] and what still waits.
    Beat(f64, u64),
    /// The script is over and the output off: why, and the time [s].
    End(String, f64),
}

/// Most that a sum of numbers that were written with ten digits can be off.
const SLACK: f64 = 2e-4;

impl Said {
    /// Reads a line; `None` if it is none of the script's, or damaged: each carries a sum of its numbers.
    pub fn read(line: &str) -> Option<Said> {
        let mut words = line.split(' ');
        let kind = words.next()?;
        let words: Vec<&str> = words.collect();
        let number = |k: usize| words.get(k)?.parse::<f64>().ok().filter(|x| x.is_finite());
        let count = |k: usize| words.get(k)?.parse::<u64>().ok();
        let sum_is = |sum: f64, k: usize| Some((number(k)? - sum).abs() <= SLACK).filter(|same| *same);
        match (kind, words.len()) {
            ("S", 7) => {
                let (k, step, voltage, current, time, flags) = (count(0)?, count(1)?, number(2)?, number(3)?, number(4)?, count(5)?);
                let flags = u8::try_from(flags).ok()?;
                // A reading beyond the range is 1e38 and would swallow the others.
                let small = if flags & sample_flags::OVERFLOW == 0 { 1e6 * current } else { 0.0 };
                sum_is(k as f64 + step as f64 + 1e3 * voltage + small + time + f64::from(flags), 6)?;
                Some(Said::Sample(k, step as usize, Sample { time, voltage, current, flags }))
            }
            ("N", 5) => {
                let (step, tripped, time, level) = (count(0)?, count(1)?, number(2)?, number(3)?);
                sum_is(step as f64 + tripped as f64 + time + 1e3 * level, 4)?;
                Some(Said::Step(step as usize, tripped == 1, time, level))
            }
            ("B", 3) => {
                let (time, waiting) = (number(0)?, count(1)?);
                sum_is(time + waiting as f64, 2)?;
                Some(Said::Beat(time, waiting))
            }
            ("X", n) if n >= 2 => Some(Said::End(words[1..].join(" "), number(0)?)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_line_is_none() {
        let line = "S 41 0 1.025000000e-01 4.100000000e-04 1.025000 0 554.5250";
        let sample = Sample { time: 1.025, voltage: 0.1025, current: 4.1e-4, flags: 0 };
        assert_eq!(Said::read(line), Some(Said::Sample(41, 0, sample)));
        // Any digit that is another one is seen, unless it is beyond what the instrument resolves.
        for at in [2, 3, 5, 7, 9, 10, 11, 12, 20, 21, 23, 25, 26, 27, 36, 37, 39, 41, 42, 43, 48, 50, 52, 54] {
            for digit in b'0'..=b'9' {
                let mut other = line.as_bytes().to_vec();
                if other[at].is_ascii_digit() && other[at] != digit {
                    other[at] = digit;
                    assert_eq!(Said::read(std::str::from_utf8(&other).unwrap()), None, "{at}: {}", String::from_utf8_lossy(&other));
                }
            }
        }
        for cut in 0..line.len() {
            assert_eq!(Said::read(&line[..cut]).filter(|_| cut < line.len() - 3), None, "{cut}");
        }
        assert_eq!(Said::read("B 1.500000 0 1.5000"), Some(Said::Beat(1.5, 0)));
        assert_eq!(Said::read("X 1.5 end"), Some(Said::End("end".into(), 1.5)));
        for junk in ["", "TSP>", "B", "S S S S S S S S", "\u{fffd}", "B nan 0 nan", "S 0 0 inf 0 0 0 0"] {
            assert_eq!(Said::read(junk), None);
        }
    }
}
