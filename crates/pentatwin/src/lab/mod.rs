//! The Lab: one page in the browser in which runs are started, watched, replayed and compared.
//!
//! The server is small: [`guard`] decides who may ask, [`connections`] how many and how slowly, [`api`] what there is to ask. Runs go on
//! in [`carry`] and are looked at through [`live`]; what they left is read by [`runs`].

mod api;
mod carry;
mod connections;
mod form;
mod guard;
mod live;
mod pace;
mod pages;
mod runs;
mod seeing;
mod watching;

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use miette::Diagnostic;
use pentatwin_experiment::source_meter::Address;
use tokio::sync::watch;

use crate::stop::Stop;
use carry::{Finish, Registry};
use guard::{Hosts, Token, machine};
use runs::Runs;

/// Port, if none is asked for and it is free.
const PORT: u16 = 7117;
/// Threads for files and physics of requests.
const WORKERS: usize = 4;
/// Between two looks at Ctrl-C.
const LOOK: Duration = Duration::from_millis(50);

/// What the parts of the server share.
pub struct Lab {
    token: Token,
    /// Name of the cookie; cookies do not tell ports apart.
    cookie: String,
    hosts: Hosts,
    runs: Runs,
    live: Registry,
    finish: Finish,
    /// A real source-meter on which runs may be carried out.
    hardware: Option<Address>,
    closing: watch::Sender<bool>,
}

/// Why there is no Lab.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum LabError {
    /// The address is none.
    #[error("`{text}` is no address to listen on")]
    #[diagnostic(help(
        "write an IP address, a port or both, such as 127.0.0.1:7117; without --listen the Lab is open to this machine only"
    ))]
    Address {
        /// What was written.
        text: String,
    },
    /// The address cannot be used.
    #[error("cannot listen on {address}: {source}")]
    #[diagnostic(help("is another Lab open there? Choose another port: --listen 127.0.0.1:7118"))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's word on it.
        source: io::Error,
    },
    /// The runs folder cannot be used.
    #[error("cannot use the runs folder {}: {source}", path.display())]
    #[diagnostic(help("name a folder you may write to in PENTATWIN_RUNS, or start the Lab in another folder"))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's word on it.
        source: io::Error,
    },
    /// The address of the source-meter is none.
    #[error("{0}")]
    #[diagnostic(help("write for example --hardware tcp://192.0.2.5:5025"))]
    Hardware(pentatwin_experiment::source_meter::SourceMeterError),
    /// The system does not give what a server needs.
    #[error("cannot start the Lab: {0}")]
    Start(String),
}

/// Opens the Lab and serves it until Ctrl-C; `finish` writes what a run leaves beside its record.
///
/// # Errors
/// It cannot be opened.
pub fn open(listen: Option<&str>, hardware: Option<&str>, stop: &Stop, finish: Finish) -> Result<(), LabError> {
    let hardware: Option<Address> = hardware.map(str::parse).transpose().map_err(LabError::Hardware)?;
    let folder = std::env::var_os("PENTATWIN_RUNS").filter(|p| !p.is_empty()).map_or_else(|| PathBuf::from("runs"), PathBuf::from);
    let runs = Runs::open(&folder).map_err(|source| LabError::Folder { path: folder, source })?;
    let listener = bind(listen)?;
    let started = |e: io::Error| LabError::Start(e.to_string());
    let address = listener.local_addr().map_err(started)?;
    listener.set_nonblocking(true).map_err(started)?;
    let lab = Arc::new(Lab {
        token: Token::random().map_err(|e| LabError::Start(e.to_string()))?,
        cookie: format!("pentatwin-lab-{}", address.port()),
        hosts: Hosts::of(address),
        runs,
        live: Registry::default(),
        finish,
        hardware,
        closing: watch::Sender::new(false),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(WORKERS)
        .enable_io()
        .enable_time()
        .build()
        .map_err(started)?;
    say(&lab, address);
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(started)?;
        let server = tokio::spawn(connections::serve(listener, api::routes(lab.clone()), lab.closing.subscribe()));
        while !stop.is_raised() && !server.is_finished() {
            tokio::time::sleep(LOOK).await;
        }
        // Runs first: those who watch see them end.
        let closing = lab.clone();
        let _ = tokio::task::spawn_blocking(move || closing.live.close()).await;
        lab.closing.send_replace(true);
        let _ = server.await;
        Ok(())
    })?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(())
}

/// The address that is asked for, or this machine alone.
fn bind(listen: Option<&str>) -> Result<TcpListener, LabError> {
    let on = |address: SocketAddr| TcpListener::bind(address).map_err(|source| LabError::Listen { address, source });
    let local = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    match listen {
        None => on(local(PORT)).or_else(|_| on(local(0))),
        Some(text) => on(address(text).ok_or_else(|| LabError::Address { text: text.to_owned() })?),
    }
}

/// `127.0.0.1:7117`, `[::1]:7117`, `0.0.0.0`, `localhost:7118`, `7118`, `:7118`.
fn address(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    let text = text.strip_prefix("localhost").map_or_else(|| text.to_owned(), |rest| format!("127.0.0.1{rest}"));
    let port = |t: &str| t.strip_prefix(':').unwrap_or(t).parse().ok().map(|port| SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port));
    text.parse().ok().or_else(|| text.parse().ok().map(|ip| SocketAddr::new(ip, PORT))).or_else(|| port(&text))
}

/// Where the Lab is, and what it means that it is there. A terminal that is gone is no reason not to serve.
fn say(lab: &Lab, address: SocketAddr) {
    let shown = if address.ip().is_unspecified() {
        format!("{}:{}", machine().unwrap_or_else(|| "localhost".to_owned()), address.port())
    } else {
        address.to_string()
    };
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "The Lab is open. Its address, for your browser:\n\n  http://{shown}/?token={}\n", lab.token.text());
    let _ = writeln!(
        out,
        "Runs lie in {}. Ctrl-C closes the Lab; runs that go on are stopped, their records whole.",
        lab.runs.root().display()
    );
    if let Some(hardware) = &lab.hardware {
        let _ = writeln!(
            out,
            "Runs may be carried out on the real source-meter {hardware}, after a confirmation in the page: whoever has the address above can put a voltage on what is connected there."
        );
    }
    let _ = out.flush();
    if !address.ip().is_loopback() {
        let port = address.port();
        let _ = writeln!(
            io::stderr(),
            "\nListening on {address}: whoever on the network learns the address above can start and stop runs, fill the disk and read all\n\
             runs in this folder. The connection is not encrypted: the network can read the token. Safer from another machine: listen on\n\
             this one only, and there  ssh -L {port}:127.0.0.1:{port} {}",
            machine().unwrap_or_else(|| "this-machine".to_owned())
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_understood_and_nonsense_is_not() {
        let is = |text: &str, wanted: &str| assert_eq!(address(text), Some(wanted.parse().unwrap()), "{text}");
        is("127.0.0.1:7118", "127.0.0.1:7118");
        is("localhost:7118", "127.0.0.1:7118");
        is("localhost", "127.0.0.1:7117");
        is("7118", "127.0.0.1:7118");
        is(":7118", "127.0.0.1:7118");
        is("0.0.0.0", "0.0.0.0:7117");
        is("[::1]:80", "[::1]:80");
        for bad in ["", "here", "127.0.0.1:99999", "example.org:80", "-1"] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }
}
