//! A client that asks and reads lines.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use pentatwin_tsp::clock::FastTime;
use pentatwin_tsp::load::{Load, Open, Resistor};
use pentatwin_tsp::{Server, Settings};

/// A client.
pub struct Client(BufReader<TcpStream>);

#[allow(dead_code)]
impl Client {
    pub fn new(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        Client(BufReader::new(stream))
    }
    pub fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(format!("{text}\n").as_bytes()).unwrap();
    }
    pub fn raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }
    pub fn read(&mut self) -> String {
        self.try_read().expect("no reply")
    }
    pub fn try_read(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line)? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end_matches('\n').to_owned()),
        }
    }
    pub fn stream(&mut self) -> &mut BufReader<TcpStream> {
        &mut self.0
    }
    pub fn ask(&mut self, text: &str) -> String {
        self.send(text);
        self.read()
    }
    pub fn number(&mut self, text: &str) -> f64 {
        self.ask(&format!("print({text})")).parse().unwrap()
    }
    /// The next error's code.
    pub fn error(&mut self) -> i32 {
        let text = self.ask("print(errorqueue.next())");
        text.split('\t').next().unwrap().parse::<f64>().unwrap() as i32
    }
}

/// 1 kohm at A, nothing at B.
pub fn loads(channel: usize) -> Box<dyn Load> {
    if channel == 0 { Box::new(Resistor { ohms: 1e3 }) } else { Box::new(Open) }
}

/// A server whose waits take no time, without noise.
#[allow(dead_code)]
pub fn fast() -> Server {
    let settings = Settings { noisy: false, clock: Arc::new(FastTime::default()), ..Settings::default() };
    Server::start(settings, &loads).unwrap()
}
