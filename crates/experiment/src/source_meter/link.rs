//! Lines to and from the instrument; every wait has an end.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{Address, SourceMeterError};

/// Longer lines are none of the instrument's.
const LONGEST: usize = 64 << 10;

/// A connection.
pub struct Link {
    stream: TcpStream,
    /// What was read and is no whole line yet.
    rest: Vec<u8>,
}

fn broken(doing: &str, source: std::io::Error) -> SourceMeterError {
    SourceMeterError::Broken { doing: doing.to_owned(), source }
}

impl Link {
    /// Connects.
    pub fn open(address: &Address, within: Duration) -> Result<Link, SourceMeterError> {
        let mut last = None;
        for at in address.resolve()? {
            match TcpStream::connect_timeout(&at, within.max(Duration::from_millis(1))) {
                Ok(stream) => {
                    let ready = stream.set_nodelay(true).and_then(|()| stream.set_write_timeout(Some(within)));
                    ready.map_err(|e| broken("connecting", e))?;
                    return Ok(Link { stream, rest: Vec::new() });
                }
                Err(e) => last = Some(e),
            }
        }
        let source = last.unwrap_or_else(|| ErrorKind::NotFound.into());
        Err(SourceMeterError::Connect { address: address.to_string(), source })
    }

    /// Sends lines; the last line feed is added.
    pub fn send(&mut self, lines: &str, doing: &str) -> Result<(), SourceMeterError> {
        let mut text = lines.to_owned();
        text.push('\n');
        self.stream.write_all(text.as_bytes()).map_err(|e| match e.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                let seconds = self.stream.write_timeout().ok().flatten().map_or(0.0, |t| t.as_secs_f64());
                SourceMeterError::TimedOut { doing: format!("{doing} (it does not read)"), seconds }
            }
            _ => broken(doing, e),
        })
    }

    /// The next line, without its end and without the prompt that may stand before it.
    pub fn line(&mut self, until: Instant, doing: &str) -> Result<String, SourceMeterError> {
        let start = Instant::now();
        loop {
            if let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
                let mut line: Vec<u8> = self.rest.drain(..=end).collect();
                line.pop();
                let text = String::from_utf8_lossy(&line);
                let mut text = text.trim_end_matches('\r');
                while let Some(after) = ["TSP>", "TSP?", ">>>>"].iter().find_map(|p| text.strip_prefix(p)) {
                    text = after;
                }
                return Ok(text.to_owned());
            }
            if self.rest.len() > LONGEST {
                let line = String::from_utf8_lossy(&self.rest[..40]).into_owned();
                return Err(SourceMeterError::Garbled { doing: doing.to_owned(), line });
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(SourceMeterError::TimedOut { doing: doing.to_owned(), seconds: start.elapsed().as_secs_f64() });
            }
            self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1)))).map_err(|e| broken(doing, e))?;
            let mut piece = [0; 4096];
            match self.stream.read(&mut piece) {
                Ok(0) => return Err(broken(doing, ErrorKind::UnexpectedEof.into())),
                Ok(n) => self.rest.extend_from_slice(&piece[..n]),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
                Err(e) => return Err(broken(doing, e)),
            }
        }
    }

    /// Asks, and takes the next line as the answer.
    pub fn ask(&mut self, question: &str, within: Duration, doing: &str) -> Result<String, SourceMeterError> {
        self.send(question, doing)?;
        self.line(Instant::now() + within, doing)
    }

    /// Asks for numbers, which `print` separates by tabs. A word before them, made up for the question, tells the answer from what else may come.
    pub fn numbers<const N: usize>(&mut self, names: &str, within: Duration, doing: &str) -> Result<[f64; N], SourceMeterError> {
        static QUESTION: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let word = format!("pt{}", QUESTION.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        self.send(&format!("print(\"{word}\", {names})"), doing)?;
        let until = Instant::now() + within;
        loop {
            let line = self.line(until, doing)?;
            let mut fields = line.split('\t');
            if fields.next() != Some(&word) {
                continue; // left over from before
            }
            let numbers: Vec<f64> = fields.map_while(|f| f.trim().parse().ok()).collect();
            return numbers.try_into().map_err(|_| SourceMeterError::Garbled { doing: doing.to_owned(), line });
        }
    }
}
