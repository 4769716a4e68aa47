//! `pentatwin smu off ADDR`: the emergency stop of a real instrument.

use pentatwin_experiment::source_meter::{Address, OutputState, Timing, switch_off};
use pentatwin_units::format_si;

use crate::hardware::Error;
use crate::{OUTPUT_UNKNOWN, print};

/// Ends any script, turns all outputs off, reads that back and says so.
pub fn off(address: &str) -> Result<u8, crate::Error> {
    let address: Address = address.parse().map_err(Error::Address)?;
    let (found, state) = switch_off(&address, Timing::default()).map_err(|e| {
        // Another instrument was left alone; of one that does not answer nothing is known.
        let left_alone = matches!(e, pentatwin_experiment::source_meter::SourceMeterError::Identity { .. });
        let state = if left_alone { OutputState::Untouched } else { OutputState::Unknown { why: e.to_string() } };
        Error::Off(e, state)
    })?;
    if let Some(found) = found {
        let channel = |(name, (on, level)): (&str, &(bool, f64))| {
            format!("channel {name} was {}", if *on { format!("on at {}", format_si(*level, "V", 4)) } else { "off".to_owned() })
        };
        let all: Vec<String> = ["A", "B"].into_iter().zip(&found.channels).map(channel).collect();
        print(&format!("{}\n{}\n", found.identity, all.join(", ")))?;
    }
    if state.is_safe() {
        print(&format!("{state}\n"))
    } else {
        eprintln!("{state}");
        Ok(OUTPUT_UNKNOWN)
    }
}
