//! Where an instrument is: `tcp://192.0.2.5:5025`.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use super::SourceMeterError;

/// The raw socket of a 2600 (source-meter.md section 4).
const PORT: u16 = 5025;

/// The address of an instrument on a network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The addresses behind the name.
    ///
    /// # Errors
    /// There are none.
    pub fn resolve(&self) -> Result<Vec<SocketAddr>, SourceMeterError> {
        let failed = |source| SourceMeterError::Connect { address: self.to_string(), source };
        let found: Vec<_> = (self.host.as_str(), self.port).to_socket_addrs().map_err(failed)?.collect();
        if found.is_empty() {
            return Err(failed(std::io::Error::new(std::io::ErrorKind::NotFound, "no such host")));
        }
        Ok(found)
    }

    /// The port that ends dead sessions on the instrument, 5030, where this is the instrument's own port.
    pub(super) fn dead_socket(&self) -> Option<Address> {
        (self.port == PORT).then(|| Address { host: self.host.clone(), port: PORT + 5 })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "tcp://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "tcp://{}:{}", self.host, self.port)
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(at: SocketAddr) -> Self {
        Address { host: at.ip().to_string(), port: at.port() }
    }
}

impl FromStr for Address {
    type Err = SourceMeterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |why: &str| SourceMeterError::Address { text: text.to_owned(), why: why.to_owned() };
        let rest = text.trim().strip_prefix("tcp://").ok_or_else(|| wrong("it does not begin with tcp://"))?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.strip_prefix('[') {
            Some(v6) => {
                let (host, after) = v6.split_once(']').ok_or_else(|| wrong("the bracket is not closed"))?;
                (host, after.strip_prefix(':'))
            }
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        let port = match port {
            None => PORT,
            Some(p) => p.parse().ok().filter(|p| *p != 0).ok_or_else(|| wrong("the port is no number from 1 to 65535"))?,
        };
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c == '/' || c == '@') {
            return Err(wrong("there is no host in it"));
        }
        Ok(Address { host: host.to_owned(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_perhaps_a_port() {
        for (text, shown) in [
            ("tcp://192.0.2.5:5025", "tcp://192.0.2.5:5025"),
            ("tcp://192.0.2.5", "tcp://192.0.2.5:5025"),
            ("tcp://keithley.lab:1234/", "tcp://keithley.lab:1234"),
            ("tcp://[::1]:5025", "tcp://[::1]:5025"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), shown);
        }
        for text in ["192.0.2.5", "tcp://", "tcp://a:0", "tcp://a:99999", "tcp://a:b", "usb://0x05e6", "tcp://[::1", "tcp://a b"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
