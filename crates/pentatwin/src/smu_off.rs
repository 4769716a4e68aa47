//! `pentatwin smu off ADDR`: the emergency stop of a real instrument.

use std::sync::mpsc;
use std::time::Duration;

use pentatwin_experiment::source_meter::{Address, OutputState, Timing, switch_off};
use pentatwin_units::format_si;

use crate::hardware::Error;
use crate::{OUTPUT_UNKNOWN, print};

/// Without an answer for so long it is said that it takes longer.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Ends any script, turns all outputs off, reads that back and says so.
pub fn off(address: &str) -> Result<u8, crate::Error> {
    let address: Address = address.parse().map_err(Error::Address)?;
    // Whoever is in a hurry must not look at an empty screen.
    let (done, is_done) = mpsc::channel::<()>();
    let at = address.clone();
    let word = std::thread::spawn(move || {
        if is_done.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            eprintln!("{at} does not answer yet; it is tried again for some 15 s. If you stand at the instrument, press OUTPUT ON/OFF now");
        }
    });
    let switched = switch_off(&address, Timing::default());
    drop(done);
    let _ = word.join();
    let (found, state) = switched.map_err(|e| {
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
