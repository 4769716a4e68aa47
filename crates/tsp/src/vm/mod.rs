//! The interpreter: Lua with the instrument's tables, behind walls.

mod buffers;
pub mod context;
mod display;
pub mod errors;
mod measure;
mod pattern;
mod sandbox;
mod scripts;
mod smu;
mod source;
mod status;
mod strings;
mod system;
mod table;
mod trigger;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use mlua::Lua;

use crate::fault::Fault;
use crate::instrument::Instrument;
use crate::reading::Cursor;
use context::{Context, Ctx, Kill, Nowhere, Output};
pub use sandbox::Limits;

/// Lines after which garbage is collected, whatever the collector thinks: Lua 5.1 has no emergency collection.
const COLLECT_EVERY: u32 = 300;

/// An interpreter. It lives on one thread.
pub struct Interpreter {
    lua: Lua,
    ctx: Ctx,
    limits: Limits,
    lines: Cell<u32>,
    /// Puts the instrument's tables back as they were.
    restore: mlua::Function,
}

impl Interpreter {
    /// A fresh interpreter on an instrument.
    ///
    /// # Errors
    /// No memory.
    pub fn new(instrument: Arc<Instrument>, limits: Limits) -> mlua::Result<Interpreter> {
        let lua = sandbox::interpreter()?;
        let now = instrument.clock.now();
        let ctx: Ctx = Rc::new(Context {
            instrument,
            cursor: Cursor::new(now),
            // Nothing can abort what the instrument does by itself.
            line: Cell::new(u64::MAX),
            output: RefCell::new(Rc::new(Nowhere)),
            instructions: Cell::new(0),
            killed: Cell::new(None),
            pattern_steps: Cell::new(0),
            pattern_limit: limits.pattern_steps,
            exit: Cell::new(false),
        });
        lua.set_named_registry_value("methods", table::methods(&lua)?)?;
        let globals = lua.globals();
        for (n, name) in ["smua", "smub"].into_iter().enumerate().take(ctx.instrument.model.channels()) {
            globals.raw_set(name, smu::table(&lua, &ctx, n)?.table)?;
        }
        globals.raw_set("display", display::table(&lua, &ctx)?.table)?;
        globals.raw_set("errorqueue", system::error_queue(&lua, &ctx)?.table)?;
        globals.raw_set("format", system::format(&lua, &ctx)?.table)?;
        globals.raw_set("status", status::table(&lua, &ctx)?.table)?;
        globals.raw_set("trigger", trigger::global(&lua, &ctx)?.table)?;
        globals.raw_set("timer", system::timer(&lua, &ctx)?.table)?;
        globals.raw_set("bit", system::bit(&lua, &ctx)?.table)?;
        globals.raw_set("script", scripts::table(&lua, &ctx)?.table)?;
        let node = system::local_node(&lua, &ctx)?;
        for name in ["smua", "smub", "display", "errorqueue", "format", "status", "trigger", "timer"] {
            node.object(name, globals.raw_get::<mlua::Value>(name)?)?;
        }
        globals.raw_set("localnode", &node.table)?;
        globals.raw_set("node", lua.create_sequence_from([node.table])?)?;
        system::others(&lua, &ctx, &globals)?;
        system::functions(&lua, &ctx, &globals)?;
        lua.load(include_str!("factory.lua")).set_name("=KISweep").exec()?;
        strings::replace(&lua, &ctx, limits)?;
        sandbox::close(&lua, &ctx, limits)?;
        let kept: mlua::Table = lua.named_registry_value("kept")?;
        let restore = lua.load(include_str!("snapshot.lua")).set_name("=[C]").call(kept)?;
        Ok(Interpreter { lua, ctx, limits, lines: Cell::new(0), restore })
    }

    /// Gets ready for a line of a client that arrived at `time` [s].
    fn begin(&self, number: u64, time: f64, output: &Rc<dyn Output>) {
        self.ctx.line.set(number);
        self.ctx.cursor.arrive(time);
        self.ctx.killed.set(None);
        self.ctx.exit.set(false);
        self.ctx.instructions.set(0);
        self.ctx.pattern_steps.set(self.limits.pattern_steps);
        *self.ctx.output.borrow_mut() = Rc::clone(output);
    }

    /// What is left after a line.
    fn end(&self, result: mlua::Result<()>) {
        let killed = self.ctx.killed.take();
        if let Err(error) = result
            && !self.ctx.exit.get()
        {
            match killed {
                // What a user ended is no error.
                Some(Kill::Abort) => {}
                Some(Kill::Instructions) => {
                    self.ctx.queue(Fault::with(-286, "TSP Runtime error at line 1: instruction limit of the virtual instrument reached"))
                }
                _ => self.ctx.queue(errors::fault(&error)),
            }
        }
        self.lines.set(self.lines.get() + 1);
        // After a line that met the limit most of the memory is in use still.
        if self.lines.get() >= COLLECT_EVERY || self.lua.used_memory() > self.limits.memory / 4 {
            self.lines.set(0);
            let _ = self.lua.gc_collect();
        }
    }

    /// Carries out a line of Lua.
    pub fn line(&self, number: u64, time: f64, text: &[u8], output: &Rc<dyn Output>) {
        self.begin(number, time, output);
        self.ctx.instrument.faults.stall(&self.ctx.instrument, &|| false);
        let result = scripts::compile(&self.lua, text).and_then(|main| main.call::<()>(()));
        self.end(result);
    }

    /// A script has come whole; it is run if `run` says so.
    pub fn script(&self, number: u64, time: f64, name: &str, source: &[u8], run: bool, output: &Rc<dyn Output>) {
        self.begin(number, time, output);
        let result = scripts::load(&self.lua, &self.ctx, name, source).and_then(|script| match script {
            Some(script) if run => script.get::<mlua::Function>("run")?.call::<()>(()),
            _ => Ok(()),
        });
        self.end(result);
    }

    /// A client that was not here before sends its first line: what others made of the instrument's own names is put back; what they added
    /// stays. `false` if the interpreter is not worth keeping.
    pub fn take_over(&self) -> bool {
        self.ctx.line.set(u64::MAX);
        self.ctx.killed.set(None);
        self.ctx.instructions.set(0);
        let _ = self.lua.gc_collect();
        self.restore.call::<()>(()).is_ok() && self.lua.used_memory() < self.limits.memory / 2
    }

    /// Memory that scripts use [bytes].
    pub fn memory(&self) -> usize {
        self.lua.used_memory()
    }
}
