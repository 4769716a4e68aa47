//! What scripts may not do: reach the host, run byte code, compute for ever, survive `abort` (science/source-meter.md section 3.1).

use mlua::{Function, HookTriggers, Lua, LuaOptions, MultiValue, StdLib, Table, Value, VmState};

use super::context::{Ctx, Kill, runtime};
use super::{errors, scripts};

/// What an interpreter may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Memory [bytes].
    pub memory: usize,
    /// Instructions without anything that takes time on the instrument (a reading, a delay).
    pub instructions: u64,
    /// Steps of pattern matching of one line.
    pub pattern_steps: u64,
    /// Longest string that is built at once [bytes].
    pub string: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // A 2600B has 16 MB for scripts and buffers; an instruction takes some 20 ns here, so that a script which only computes ends after about 20 s.
        Limits { memory: 64 << 20, instructions: 1_000_000_000, pattern_steps: 200_000_000, string: 8 << 20 }
    }
}

/// Between two looks at the limits.
const EVERY: u32 = 1000;

/// An interpreter with the libraries of the instrument and nothing else.
///
/// # Errors
/// No memory.
pub fn interpreter() -> mlua::Result<Lua> {
    Lua::new_with(StdLib::TABLE | StdLib::STRING | StdLib::MATH, LuaOptions::default())
}

/// Puts walls around it.
///
/// # Errors
/// No memory.
pub fn close(lua: &Lua, ctx: &Ctx, limits: Limits) -> mlua::Result<()> {
    let globals = lua.globals();
    for name in ["dofile", "loadfile", "load", "require", "module", "package", "newproxy", "getfenv", "setfenv", "io", "debug"] {
        globals.raw_set(name, Value::Nil)?;
    }
    let string: Table = globals.raw_get("string")?;
    string.raw_set("dump", Value::Nil)?;
    lua.set_memory_limit(limits.memory)?;
    let c = ctx.clone();
    lua.set_global_hook(HookTriggers::new().every_nth_instruction(EVERY), move |_, _| {
        c.instructions.set(c.instructions.get() + u64::from(EVERY));
        if c.instructions.get() > limits.instructions && c.killed.get().is_none() {
            c.killed.set(Some(Kill::Instructions));
        }
        c.check().map(|()| VmState::Continue)
    })?;
    let c = ctx.clone();
    let check = lua.create_function(move |_, args: MultiValue| {
        // Who runs out of memory and goes on would do so for ever.
        if let (Some(Value::Boolean(false)), Some(error)) = (args.front(), args.get(1))
            && is_memory(error)
            && c.killed.get().is_none()
        {
            c.killed.set(Some(Kill::Memory));
        }
        c.check().map(|()| args)
    })?;
    let guarded: Table = lua.load(GUARDED).set_name("=[C]").call(check)?;
    for name in ["pcall", "xpcall"] {
        globals.raw_set(name, guarded.raw_get::<Value>(name)?)?;
    }
    let coroutine: Table = globals.raw_get("coroutine")?;
    coroutine.raw_set("resume", guarded.raw_get::<Value>("resume")?)?;
    let loadstring = lua.create_function(|lua, args: MultiValue| {
        let Some(Value::String(text)) = args.front() else { return Err(runtime("bad argument #1 to `loadstring' (string expected)")) };
        match scripts::compile(lua, &text.as_bytes()) {
            Ok(f) => Ok((Value::Function(f), Value::Nil)),
            Err(e) => Ok((Value::Nil, Value::String(lua.create_string(errors::fault(&e).message)?))),
        }
    })?;
    globals.raw_set("loadstring", loadstring)?;
    let collect = lua.create_function(|lua, args: MultiValue| {
        let what = args.front().and_then(|v| v.as_string().map(|s| s.to_string_lossy())).unwrap_or_else(|| "collect".to_owned());
        Ok(match what.as_str() {
            "count" => lua.used_memory() as f64 / 1024.0,
            "collect" | "step" => {
                lua.gc_collect()?;
                0.0
            }
            // Stopping the collector or changing its pace is not for scripts.
            _ => 0.0,
        })
    })?;
    globals.raw_set("collectgarbage", collect)?;
    caps(lua, &globals, limits)
}

fn is_memory(error: &Value) -> bool {
    match error {
        Value::String(text) => text.as_bytes().ends_with(b"not enough memory"),
        Value::Error(e) => matches!(**e, mlua::Error::MemoryError(_)),
        _ => false,
    }
}

/// `pcall` and friends that catch everything but the end.
const GUARDED: &str = r"
local check, pcall, resume, select = ..., pcall, coroutine.resume, select
local function guarded(f, ...) return check(pcall(f, ...)) end
local function finish(handler, ok, ...)
  if ok then return true, ... end
  return false, select(2, guarded(handler, ...))
end
return {
  pcall = guarded,
  xpcall = function(f, handler) return finish(handler, guarded(f)) end,
  resume = function(...) return check(resume(...)) end,
}";

/// Functions in C that no hook interrupts get bounds.
fn caps(lua: &Lua, globals: &Table, limits: Limits) -> mlua::Result<()> {
    let string: Table = globals.raw_get("string")?;
    let table: Table = globals.raw_get("table")?;
    let longest = limits.string;
    let rep = lua.create_function(move |lua, (text, n): (mlua::LuaString, f64)| {
        let bytes = text.as_bytes();
        let n = if n >= 1.0 { n.min(1e18) as usize } else { 0 };
        if bytes.len().saturating_mul(n) > longest {
            return Err(runtime("resulting string too large"));
        }
        lua.create_string(bytes.repeat(n))
    })?;
    string.raw_set("rep", rep)?;
    // The width of a format is at most two digits in Lua 5.1 itself; a hundred of them are enough.
    let format: Function = string.raw_get("format")?;
    let limited = lua.create_function(move |_, args: MultiValue| {
        if let Some(Value::String(pattern)) = args.front()
            && (pattern.as_bytes().len() > 65_536 || args.iter().any(|a| matches!(a, Value::String(s) if s.as_bytes().len() > longest)))
        {
            return Err(runtime("string too large to format"));
        }
        format.call::<Value>(args)
    })?;
    string.raw_set("format", limited)?;
    for (name, most) in [
        ("sort", 500_000),
        ("concat", 2_000_000),
        ("foreach", usize::MAX),
        ("foreachi", usize::MAX),
        ("remove", usize::MAX),
        ("insert", usize::MAX),
    ] {
        if most == usize::MAX {
            continue;
        }
        let f: Function = table.raw_get(name)?;
        let limited = lua.create_function(move |_, args: MultiValue| {
            if let Some(Value::Table(t)) = args.front()
                && t.raw_len() > most
            {
                return Err(runtime("table too large"));
            }
            f.call::<MultiValue>(args)
        })?;
        table.raw_set(name, limited)?;
    }
    Ok(())
}
