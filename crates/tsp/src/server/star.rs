//! Common commands: `*IDN?` and its like. They are no Lua; each stands alone on its line.

use std::time::Duration;

use crate::fault::Fault;
use crate::instrument::Instrument;
use crate::number::ascii;

/// Carries out a common command, without its asterisk, in lower case; its reply if it has one.
pub fn command(instrument: &Instrument, text: &str, stop: &dyn Fn() -> bool) -> Option<String> {
    let (word, argument) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let argument = argument.trim();
    let number = |n: u8| ascii(f64::from(n), 6);
    let wait = || {
        while instrument.is_sweeping() && !stop() {
            std::thread::sleep(Duration::from_micros(500));
        }
    };
    let byte = || match argument.parse::<f64>() {
        Ok(n) if (0.0..=255.0).contains(&n) => Some(n as u8),
        _ => {
            instrument.queue(Fault::new(if argument.is_empty() { -109 } else { -222 }));
            None
        }
    };
    match word {
        "idn?" => return Some(instrument.identity()),
        "cls" => instrument.clear_status(),
        "rst" => instrument.reset(),
        "trg" => instrument.trg(),
        "wai" => wait(),
        "opc" => {
            wait();
            instrument.state().event_register |= 1;
        }
        "opc?" => {
            wait();
            return Some("1".to_owned());
        }
        "tst?" => return Some(number(0)),
        "esr?" => return Some(number(std::mem::take(&mut instrument.state().event_register))),
        "ese?" => return Some(number(instrument.state().event_enable)),
        "sre?" => return Some(number(instrument.state().service_enable)),
        "stb?" => return Some(number(instrument.status_byte())),
        "ese" => {
            if let Some(n) = byte() {
                instrument.state().event_enable = n;
            }
        }
        "sre" => {
            if let Some(n) = byte() {
                instrument.state().service_enable = n;
            }
        }
        _ => instrument.queue(Fault::new(-113)),
    }
    None
}
