//! The virtual source-meter: cost of a statement, round trip over loopback, readings a second with a wire that advances.
//!
//! `cargo run --release -p pentatwin-benches --bin smu_times`

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use pentatwin_benches::cpu_time;
use pentatwin_physics::device::Device;
use pentatwin_physics::specimen::Specimen;
use pentatwin_tsp::clock::RealTime;
use pentatwin_tsp::instrument::Instrument;
use pentatwin_tsp::load::{Load, Open, Resistor};
use pentatwin_tsp::model::MODELS;
use pentatwin_tsp::specimen::Wire;
use pentatwin_tsp::vm::context::{Nowhere, Output};
use pentatwin_tsp::vm::{Interpreter, Limits};
use pentatwin_tsp::{Server, Settings};

fn percentile(times: &mut [f64], part: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get((times.len() as f64 * part) as usize).copied().unwrap_or(f64::NAN)
}

fn main() -> Result<(), Box<dyn Error>> {
    statements()?;
    round_trips()?;
    readings()
}

/// The interpreter alone: compile and run one line.
fn statements() -> Result<(), Box<dyn Error>> {
    let resistor = |_: usize| -> Box<dyn Load> { Box::new(Resistor { ohms: 1e3 }) };
    let instrument = Arc::new(Instrument::new(MODELS[5], Arc::new(RealTime::default()), &resistor, 1, true));
    let interpreter = Interpreter::new(Arc::clone(&instrument), Limits::default())?;
    let output: Rc<dyn Output> = Rc::new(Nowhere);
    for text in [
        "smua.source.levelv = 0.5",
        "print(smua.source.levelv)",
        "print(errorqueue.next())",
        "print(next(getmetatable(smua).Getters, nil))",
    ] {
        let mut times: Vec<f64> = Vec::new();
        for k in 1..=20_000u64 {
            let start = Instant::now();
            interpreter.line(k, 0.0, text.as_bytes(), &output);
            times.push(start.elapsed().as_secs_f64());
        }
        let (median, late) = (percentile(&mut times, 0.5) * 1e6, percentile(&mut times, 0.99) * 1e6);
        println!("statement {text}: median {median:.1} us, 99 % {late:.1} us");
    }
    Ok(())
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn new(server: &Server) -> Result<Client, Box<dyn Error>> {
        let stream = TcpStream::connect(server.address())?;
        stream.set_nodelay(true)?;
        Ok(Client(BufReader::new(stream)))
    }
    fn ask(&mut self, text: &str) -> Result<String, Box<dyn Error>> {
        self.0.get_mut().write_all(format!("{text}\n").as_bytes())?;
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        Ok(line)
    }
}

fn round_trips() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Settings::default(), &|_| Box::new(Resistor { ohms: 1e3 }))?;
    let mut client = Client::new(&server)?;
    let mut times = Vec::new();
    for _ in 0..20_000 {
        let start = Instant::now();
        client.ask("print(smua.source.levelv)")?;
        times.push(start.elapsed().as_secs_f64());
    }
    let (median, late) = (percentile(&mut times, 0.5) * 1e6, percentile(&mut times, 0.99) * 1e6);
    println!("round trip over loopback: median {median:.1} us, 99 % {late:.1} us");
    Ok(())
}

/// A sweep at NPLC 0.25 (5 ms at 50 Hz) to 3 V in 2 mV steps on the instrument, through the break.
fn readings() -> Result<(), Box<dyn Error>> {
    let device = Device::default();
    let frame = device.true_temperature(device.chip.temperature);
    let wire = Wire::new(Arc::new(move |n| Specimen::new(&device, 1 + n)), frame, Arc::new(|what| println!("{what}")))?;
    let wire = Mutex::new(Some(wire));
    let loads = |channel: usize| -> Box<dyn Load> {
        match (channel, wire.lock().ok().and_then(|mut w| w.take())) {
            (0, Some(wire)) => Box::new(wire),
            _ => Box::new(Open),
        }
    };
    let server = Server::start(Settings::default(), &loads)?;
    let mut client = Client::new(&server)?;
    client.ask("smua.source.rangev = 20 smua.measure.rangei = 0.1 smua.measure.nplc = 0.25 smua.source.limiti = 0.05 smua.nvbuffer1.appendmode = 1 smua.source.output = 1 print(1)")?;
    // First, so that it is the whole wire that advances.
    let (start, used) = (Instant::now(), cpu_time());
    for k in 0..500 {
        client.ask(&format!("smua.source.levelv = {} print(smua.measure.i())", 0.001 * f64::from(k)))?;
    }
    println!(
        "500 readings at NPLC 0.25 up to 0.5 V, each a round trip: {:.1} readings/s; {:.2} ms of the processor a reading",
        500.0 / start.elapsed().as_secs_f64(),
        (cpu_time() - used).as_secs_f64() / 500.0 * 1e3
    );
    let (start, used) = (Instant::now(), cpu_time());
    client.ask("for k = 0, 1499 do smua.source.levelv = k * 2e-3 smua.measure.i(smua.nvbuffer1) end print(1)")?;
    let (wall, used) = (start.elapsed().as_secs_f64(), (cpu_time() - used).as_secs_f64());
    let stamp = client.ask("print(smua.nvbuffer1.timestamps[1500] - smua.nvbuffer1.timestamps[1])")?;
    println!(
        "1500 readings at NPLC 0.25 to 3 V by a script, through the break: {:.1} readings/s by the wall clock, {:.1} by their time stamps; {:.2} ms of the processor a reading",
        1500.0 / wall,
        1499.0 / stamp.trim().parse::<f64>()?,
        used / 1500.0 * 1e3
    );
    client.ask("smua.source.output = 0 print(1)")?;
    Ok(())
}
