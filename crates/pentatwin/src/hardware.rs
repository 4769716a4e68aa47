//! `pentatwin run … --source-meter ADDR`: the protocol on a real source-meter.

use std::io::{self, Write};

use miette::Diagnostic;
use pentatwin_experiment::Protocol;
use pentatwin_experiment::real_run::run_real;
use pentatwin_experiment::run::{Flow, RunError, RunOptions};
use pentatwin_experiment::source_meter::{Address, OutputState, SourceMeterError, Timing};

use crate::args::Run;
use crate::log::Log;
use crate::progress::Display;
use crate::stop::Stop;
use crate::{INTERRUPTED, OUTPUT_UNKNOWN, listen, print, said, write_report};

/// What can go wrong with a real instrument.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address.
    #[error("{0}")]
    Address(SourceMeterError),
    /// The run, and what is known of the output.
    #[error("{0}")]
    Run(RunError, OutputState),
    /// Turning it off from outside.
    #[error("{0}")]
    Off(SourceMeterError, OutputState),
}

impl Diagnostic for Error {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        match self {
            Error::Address(e) | Error::Off(e, _) | Error::Run(RunError::SourceMeter(e), _) => e.help().map(|h| Box::new(h) as Box<_>),
            Error::Run(e, _) => e.help(),
        }
    }
}

impl Error {
    /// 3 where the output may be on.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Address(_) => crate::BAD_INPUT,
            Error::Run(_, output) | Error::Off(_, output) if !output.is_safe() => OUTPUT_UNKNOWN,
            Error::Run(e, _) => e.exit_code(),
            Error::Off(e, _) if e.is_bad_input() => crate::BAD_INPUT,
            Error::Off(..) => crate::FAILED,
        }
    }

    /// What stands below everything else.
    pub fn last_words(&self) -> Option<String> {
        match self {
            Error::Address(_) => None,
            Error::Run(_, output) | Error::Off(_, output) => Some(output.to_string()),
        }
    }
}

/// Carries a protocol out on the instrument at `address`.
pub fn run(address: &str, protocol: &Protocol, args: &Run) -> Result<u8, crate::Error> {
    let address: Address = address.parse().map_err(Error::Address)?;
    let options = RunOptions { seed: args.seed, band: 0, companions: false, out: args.out.clone() };
    let stop = Stop::listen_patiently();
    let mut log = Log::new();
    log.line(&format!("pentatwin {}, {}: {}, on {address}", env!("CARGO_PKG_VERSION"), protocol.name, protocol.title));
    let mut display = Display::new(!args.quiet && !args.json, &protocol.name);
    let mut told = false;
    let result = run_real(protocol, &options, &address, Timing::default(), &mut |message| {
        listen(&message, &mut log, &mut display, args.verbose);
        if stop.is_raised() {
            if !told {
                told = true;
                log.line("interrupted");
                display.say("stopping: output off, closing the record");
            }
            return Flow::Stop;
        }
        Flow::Continue
    });
    display.close();
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(failure) => {
            log.line(&format!("failed: {}", failure.error));
            log.line(&failure.output.to_string());
            if let Some(folder) = &failure.folder {
                let _ = write_report(folder);
                let _ = writeln!(io::stderr(), "what was recorded until then is in {}", folder.display());
            }
            return Err(Error::Run(*failure.error, failure.output).into());
        }
    };
    log.line(&outcome.run.summary.ended);
    let report = write_report(&outcome.run.folder);
    let printed = print(&said(&outcome.run, args));
    let _ = writeln!(io::stderr(), "{}", outcome.output);
    if !outcome.output.is_safe() {
        return Ok(OUTPUT_UNKNOWN);
    }
    report?;
    printed?;
    Ok(if outcome.run.interrupted { INTERRUPTED } else { 0 })
}
