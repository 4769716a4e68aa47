//! What the functions of an interpreter share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use mlua::{Error, Lua, Value};

use crate::channel::Channel;
use crate::fault::Fault;
use crate::instrument::Instrument;
use crate::number::ascii;
use crate::reading::{Cursor, aborted};

/// A reply that takes longer [s] was waited for.
const SLOW_CLIENT: f64 = 5e-3;

/// Where replies go.
pub trait Output {
    /// Sends a reply whole; waits while the client does not read, until `stop` says to give up.
    fn send(&self, reply: Vec<u8>, stop: &dyn Fn() -> bool);
}

/// Nobody listens.
pub struct Nowhere;

impl Output for Nowhere {
    fn send(&self, _: Vec<u8>, _: &dyn Fn() -> bool) {}
}

/// What the functions of an interpreter share.
pub struct Context {
    /// The instrument.
    pub instrument: Arc<Instrument>,
    /// Where the instrument is in time.
    pub cursor: Cursor,
    /// Number of the line that is carried out.
    pub line: Cell<u64>,
    /// Who sent it.
    pub output: RefCell<Rc<dyn Output>>,
    /// Instructions since the instrument last did something that takes time.
    pub instructions: Cell<u64>,
    /// Why what runs must end, whatever catches its errors.
    pub killed: Cell<Option<Kill>>,
    /// Steps that pattern matching may still take in this line.
    pub pattern_steps: Cell<u64>,
    /// How many it gets whenever something that takes time was done.
    pub pattern_limit: u64,
    /// `exit()` was called.
    pub exit: Cell<bool>,
}

/// Why what runs must end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kill {
    /// `abort`.
    Abort,
    /// It computes and computes.
    Instructions,
    /// Too much memory.
    Memory,
}

/// Shared by the closures.
pub type Ctx = Rc<Context>;

impl Context {
    /// Whether what runs is to end.
    pub fn stopped(&self) -> bool {
        aborted(&self.instrument, self.line.get())
    }

    /// An error if what runs is to end.
    ///
    /// # Errors
    /// It is.
    pub fn check(&self) -> mlua::Result<()> {
        if self.killed.get().is_none() && self.stopped() {
            self.killed.set(Some(Kill::Abort));
        }
        match self.killed.get() {
            None => Ok(()),
            Some(Kill::Abort) => Err(runtime("aborted")),
            Some(Kill::Instructions) => Err(runtime("instruction limit of the virtual instrument reached")),
            Some(Kill::Memory) => Err(runtime("not enough memory")),
        }
    }

    /// Something that takes time was done.
    ///
    /// # Errors
    /// What runs is to end.
    pub fn lived(&self) -> mlua::Result<()> {
        self.instructions.set(0);
        self.pattern_steps.set(self.pattern_limit);
        self.check()
    }

    /// Waits; an error if what runs is to end.
    ///
    /// # Errors
    /// It is.
    pub fn wait(&self, seconds: f64) -> mlua::Result<()> {
        self.cursor.wait(&*self.instrument.clock, seconds, &|| self.stopped());
        self.lived()
    }

    /// Sends a reply.
    ///
    /// # Errors
    /// What runs is to end.
    pub fn send(&self, reply: Vec<u8>) -> mlua::Result<()> {
        let output = Rc::clone(&self.output.borrow());
        let clock = &*self.instrument.clock;
        let before = clock.now();
        output.send(self.instrument.faults.reply(reply), &|| self.stopped());
        if clock.now() - before > SLOW_CLIENT {
            self.cursor.waited(clock);
        }
        self.check()
    }

    /// Puts an error into the queue.
    pub fn queue(&self, fault: Fault) {
        self.instrument.queue(fault);
    }

    /// Carries out something that the instrument may refuse: then the error is queued, and the script goes on.
    pub fn attempt<T>(&self, what: Result<T, Fault>) -> Option<T> {
        what.map_err(|fault| self.queue(fault)).ok()
    }

    /// Does something with a channel.
    pub fn with<T>(&self, channel: usize, what: impl FnOnce(&mut Channel) -> T) -> Option<T> {
        self.instrument.state().channels.get_mut(channel).map(what)
    }

    /// Does something with a channel at the time the script is at.
    pub fn with_now<T>(&self, channel: usize, what: impl FnOnce(&mut Channel, f64) -> T) -> Option<T> {
        let now = self.cursor.start(&*self.instrument.clock);
        self.with(channel, |c| what(c, now))
    }

    /// A value as `print` shows it.
    ///
    /// # Errors
    /// Its own `__tostring` fails.
    pub fn show(&self, lua: &Lua, value: &Value, precision: usize) -> mlua::Result<Vec<u8>> {
        let _ = lua;
        Ok(match value {
            Value::Nil => b"nil".to_vec(),
            Value::Boolean(b) => b.to_string().into_bytes(),
            Value::Integer(n) => ascii(*n as f64, precision).into_bytes(),
            Value::Number(n) => ascii(*n, precision).into_bytes(),
            Value::String(s) => s.as_bytes().to_vec(),
            other => other.to_string()?.into_bytes(),
        })
    }
}

/// An error that ends a script.
pub fn runtime(text: impl Into<String>) -> Error {
    Error::RuntimeError(text.into())
}

/// A number that was handed over; a fault if it is none.
///
/// # Errors
/// It is missing or no number.
pub fn number(value: &Value) -> Result<f64, Fault> {
    match value {
        Value::Integer(n) => Ok(*n as f64),
        Value::Number(n) => Ok(*n),
        Value::Boolean(b) => Ok(f64::from(u8::from(*b))),
        Value::String(s) => s.to_str().ok().and_then(|s| s.trim().parse().ok()).ok_or_else(|| Fault::new(-104)),
        Value::Nil => Err(Fault::new(-109)),
        _ => Err(Fault::new(-104)),
    }
}
