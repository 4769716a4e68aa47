//! One client: its lines come in, its replies go out.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Shared;
use super::queue::What;
use crate::vm::context::Output;

/// Longest line [bytes].
const LONGEST_LINE: usize = 64 << 10;
/// Longest script [bytes].
const LONGEST_SCRIPT: usize = 1 << 20;
/// Between two looks of a reader at whether it is to end.
const LOOK: Duration = Duration::from_millis(100);
/// Between two looks of a writer.
const WRITE: Duration = Duration::from_millis(20);

/// One client.
pub struct Connection {
    /// Its number.
    pub id: u64,
    /// Who it is.
    pub peer: String,
    stream: TcpStream,
    writer: Mutex<TcpStream>,
    closed: AtomicBool,
    /// Whether an interpreter has met it.
    pub greeted: AtomicBool,
}

impl Connection {
    /// Whether it is gone.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
    /// Ends it.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// The reply goes to this client; it waits while the client does not read, as the instrument does.
impl Output for Arc<Connection> {
    fn send(&self, reply: Vec<u8>, stop: &dyn Fn() -> bool) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rest = reply.as_slice();
        while !rest.is_empty() && !self.is_closed() {
            match writer.write(rest) {
                Ok(0) => return self.close(),
                Ok(n) => rest = rest.get(n..).unwrap_or_default(),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {
                    if stop() {
                        return;
                    }
                }
                Err(_) => return self.close(),
            }
        }
    }
}

/// All clients.
#[derive(Default)]
pub struct Connections {
    all: Mutex<Vec<Arc<Connection>>>,
    next: AtomicU64,
}

impl Connections {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Connection>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.lock().len()
    }
    /// Ends all.
    pub fn close_all(&self) {
        self.lock().iter().for_each(|c| c.close());
    }
}

/// Serves a client on a thread of its own.
pub fn open(shared: &Arc<Shared>, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LOOK))?;
    stream.set_write_timeout(Some(WRITE))?;
    let peer = stream.peer_addr().map_or_else(|_| "a client".to_owned(), |a| a.to_string());
    let connection = Arc::new(Connection {
        id: shared.connections.next.fetch_add(1, Ordering::SeqCst),
        peer,
        writer: Mutex::new(stream.try_clone()?),
        stream: stream.try_clone()?,
        closed: AtomicBool::new(false),
        greeted: AtomicBool::new(false),
    });
    shared.connections.lock().push(Arc::clone(&connection));
    shared.say(&format!("{} is connected", connection.peer));
    let s = Arc::clone(shared);
    let made = std::thread::Builder::new().name("tsp reader".to_owned()).spawn({
        let connection = Arc::clone(&connection);
        move || {
            read(&s, &connection, stream);
            connection.close();
            s.queue.forget(connection.id);
            s.connections.lock().retain(|c| c.id != connection.id);
            s.left(&connection.peer);
        }
    });
    if made.is_err() {
        shared.connections.lock().retain(|c| c.id != connection.id);
    }
    made.map(|_| ())
}

/// A script that is coming in.
struct Loading {
    name: String,
    source: Vec<u8>,
    run: bool,
    too_long: bool,
}

fn read(shared: &Arc<Shared>, connection: &Arc<Connection>, mut stream: TcpStream) {
    let mut line = Vec::new();
    let mut too_long = false;
    let mut loading = None;
    let mut piece = [0; 4096];
    while !connection.is_closed() && !shared.is_off() {
        if shared.instrument.faults.deaf.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(10));
            continue;
        }
        let n = match stream.read(&mut piece) {
            Ok(0) => return,
            Ok(n) => n,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => continue,
            Err(_) => return,
        };
        for part in piece[..n].split_inclusive(|b| *b == b'\n') {
            let whole = part.last() == Some(&b'\n');
            let text = if whole { &part[..part.len() - 1] } else { part };
            too_long |= line.len() + text.len() > LONGEST_LINE;
            if !too_long {
                line.extend_from_slice(text);
            }
            if whole {
                if std::mem::take(&mut too_long) {
                    push(shared, connection, What::Fault(-363));
                } else {
                    if shared.instrument.faults.cuts(&line) {
                        return;
                    }
                    take(shared, connection, &line, &mut loading);
                }
                line.clear();
            }
        }
    }
}

fn push(shared: &Arc<Shared>, connection: &Arc<Connection>, what: What) {
    let now = shared.instrument.clock.now();
    shared.queue.push(connection, now, what);
}

/// What a line is, before Lua sees it.
fn take(shared: &Arc<Shared>, connection: &Arc<Connection>, line: &[u8], loading: &mut Option<Loading>) {
    let text = line.trim_ascii();
    let word = std::str::from_utf8(text).unwrap_or_default();
    if word == "abort" {
        *loading = None;
        let last = shared.queue.abort(connection.id);
        shared.instrument.aborted.store(last, Ordering::SeqCst);
        // On the instrument it ends scripts and sweeps, not the output.
        shared.instrument.cut.iter().for_each(|c| c.store(true, Ordering::SeqCst));
        return;
    }
    if let Some(script) = loading {
        if word == "endscript" {
            let Some(Loading { name, source, run, too_long }) = loading.take() else { return };
            push(shared, connection, if too_long { What::Fault(-225) } else { What::Script { name, source, run } });
        } else {
            script.too_long |= script.source.len() + line.len() + 1 > LONGEST_SCRIPT;
            if !script.too_long {
                script.source.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
                script.source.push(b'\n');
            }
            if shared.instrument.state().prompts {
                push(shared, connection, What::More);
            }
        }
        return;
    }
    let (first, rest) = word.split_once(char::is_whitespace).unwrap_or((word, ""));
    match first {
        "" if text.is_empty() => {}
        "loadscript" | "loadandrunscript" => {
            *loading =
                Some(Loading { name: rest.trim().to_owned(), source: Vec::new(), run: first == "loadandrunscript", too_long: false });
            if shared.instrument.state().prompts {
                push(shared, connection, What::More);
            }
        }
        "endscript" => push(shared, connection, What::Fault(-285)),
        // Nothing is locked here.
        "password" => {}
        _ if word.eq_ignore_ascii_case("*trg") && shared.queue.runs_last_line_of(connection.id) => shared.instrument.trg(),
        _ if first.starts_with('*') => push(shared, connection, What::Star(word[1..].to_ascii_lowercase())),
        _ => push(shared, connection, What::Line(text.to_vec())),
    }
}
