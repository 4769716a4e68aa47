//! `pentatwin smu`: a virtual source-meter with a wire at its terminals.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use miette::Diagnostic;
use pentatwin_experiment::Protocol;
use pentatwin_experiment::imaging::mean_dose_rate;
use pentatwin_physics::specimen::{PhysicsError, Specimen};
use pentatwin_tsp::load::{Load, Open, Resistor};
use pentatwin_tsp::model::{MODELS, Model};
use pentatwin_tsp::specimen::Wire;
use pentatwin_tsp::{Server, Settings, StartError};
use pentatwin_units::{parse_as, parse_unit};

use crate::args::Smu;
use crate::load::{LoadError, load};
use crate::stop::Stop;

/// The paper's device, with which nothing is done.
const NOTHING_DONE: &str = "title = \"A wire at a source-meter\"\n[[step]]\nwait = \"1 s\"\n";
/// Between two looks at whether to end.
const LOOK: Duration = Duration::from_millis(50);

/// What can go wrong.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The protocol.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Load(#[from] LoadError),
    /// No such model.
    #[error("there is no model `{0}`")]
    #[diagnostic(help("the models are {}", MODELS.iter().map(Model::name).collect::<Vec<_>>().join(", ")))]
    Model(String),
    /// No address.
    #[error("`{0}` is no address to listen on: {1}")]
    #[diagnostic(help("write an address and a port, such as 127.0.0.1:5025; port 0 takes a free one"))]
    Address(String, String),
    /// No resistance.
    #[error("`{0}` is not what can be at channel B: {1}")]
    #[diagnostic(help("write open, or a resistance such as \"10 kohm\""))]
    ChannelB(String, String),
    /// The device.
    #[error("the wire cannot be simulated: {0}")]
    Wire(#[from] PhysicsError),
    /// The server.
    #[error(transparent)]
    Start(StartError),
    /// Remote without being allowed.
    #[error(transparent)]
    #[diagnostic(help("listen on 127.0.0.1, or add --allow-remote if everyone who can reach the port may do that"))]
    Remote(StartError),
}

impl Error {
    /// Whether what was typed was wrong.
    pub fn is_bad_input(&self) -> bool {
        !matches!(self, Error::Start(StartError::Interpreter(_)))
    }
}

/// The wire of a protocol as a load: each change of the wire is the next seed.
pub fn wire(protocol: &Protocol, seed: u64, say: Arc<dyn Fn(&str) + Send + Sync>) -> Result<Wire, PhysicsError> {
    let p = protocol.clone();
    let frame = p.device.true_temperature(p.device.chip.temperature);
    let make = move |number: u64| {
        let mut specimen = Specimen::with_shape(&p.device, &p.shape, seed.wrapping_add(number))?.with_rewiring(&p.rewiring);
        specimen.illuminate(mean_dose_rate(&p));
        Ok(specimen)
    };
    Wire::new(Arc::new(make), frame, say)
}

/// Listens until a signal comes. `print` prints a line.
pub fn serve(args: &Smu, stop: &Stop, print: &mut dyn FnMut(&str) -> io::Result<()>) -> Result<(), Error> {
    let protocol = match &args.protocol {
        Some(word) => load(word, &args.sets)?,
        None => Protocol::parse_with("smu", NOTHING_DONE, &args.sets).map_err(LoadError::from)?,
    };
    let word = args.model.clone().unwrap_or_else(|| match protocol.instrument.model {
        pentatwin_experiment::protocol::Model::K2604B => "2604B".to_owned(),
        _ => "2614B".to_owned(),
    });
    let model = Model::named(&word).ok_or_else(|| Error::Model(word.clone()))?;
    let listen = address(&args.listen)?;
    let ohms = match args.channel_b.trim() {
        "open" => None,
        text => {
            let ohms = parse_unit("ohm")
                .and_then(|(_, unit)| parse_as(text, unit))
                .map_err(|e| Error::ChannelB(text.to_owned(), e.to_string()))?;
            if !(ohms > 0.0) {
                return Err(Error::ChannelB(text.to_owned(), "a resistance is above 0".to_owned()));
            }
            Some(ohms)
        }
    };
    let quiet = args.quiet;
    let say: Arc<dyn Fn(&str) + Send + Sync> = Arc::new(move |what| {
        if !quiet {
            use io::Write;
            let _ = writeln!(io::stderr(), "{what}");
        }
    });
    // Made once here, so that what is wrong with it is said before the port is open.
    let first = std::sync::Mutex::new(Some(wire(&protocol, args.seed, say.clone())?));
    let loads = move |channel: usize| -> Box<dyn Load> {
        match (channel, ohms) {
            (0, _) => match first.lock().ok().and_then(|mut w| w.take()) {
                Some(wire) => Box::new(wire),
                None => Box::new(Open),
            },
            (_, Some(ohms)) => Box::new(Resistor { ohms }),
            _ => Box::new(Open),
        }
    };
    let settings = Settings {
        listen,
        allow_remote: args.allow_remote,
        model,
        seed: args.seed,
        noisy: protocol.instrument.read_noise,
        keep: args.keep,
        say: say.clone(),
        ..Settings::default()
    };
    let server = Server::start(settings, &loads).map_err(|e| match e {
        StartError::Remote(_) => Error::Remote(e),
        _ => Error::Start(e),
    })?;
    server.instrument().state().line_frequency = if protocol.instrument.line_frequency >= 55.0 { 60.0 } else { 50.0 };
    let at = server.address();
    // A closed output (`| head -1`) is no reason to leave the clients alone.
    let mut print = |line: &str| {
        if print(line).is_err() {
            say(line);
        }
    };
    let wires = if args.keep { "one wire for all clients" } else { "a fresh wire for each client" };
    print(&format!("virtual Keithley {} listening on {at} ({wires}, seed {}); Ctrl-C ends it", model.name(), args.seed));
    print(&format!("PyVISA: TCPIP0::{}::{}::SOCKET", at.ip(), at.port()));
    match server.dead_socket() {
        Some(d) => print(&format!("a connection to {d} ends all sessions, as port 5030 of the instrument does")),
        None => print("the port that ends dead sessions is taken: there is none"),
    }
    if !at.ip().is_loopback() {
        print("WARNING: other computers can reach this port, and whoever does can run scripts and drive the instrument");
    }
    while !stop.is_raised() {
        std::thread::sleep(LOOK);
    }
    Ok(())
}

fn address(text: &str) -> Result<SocketAddr, Error> {
    let text = text.trim();
    let whole = if text.parse::<u16>().is_ok() { format!("127.0.0.1:{text}") } else { text.to_owned() };
    let mut all = whole.to_socket_addrs().map_err(|e| Error::Address(text.to_owned(), e.to_string()))?;
    all.next().ok_or_else(|| Error::Address(text.to_owned(), "nothing has this name".to_owned()))
}
