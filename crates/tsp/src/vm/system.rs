//! `format`, `errorqueue`, `localnode`, `timer`, `status`, `eventlog`, `userstring`, `beeper`, `bit`, `os`, and the functions without a table.

use std::time::{SystemTime, UNIX_EPOCH};

use mlua::{Function, Lua, MultiValue, Table, Value};

use super::buffers;
use super::context::{Ctx, number};
use super::measure::number_at;
use super::table::{Allowed, Commands};
use crate::fault::Fault;

/// Makes `format`.
///
/// # Errors
/// No memory.
pub fn format(lua: &Lua, ctx: &Ctx) -> mlua::Result<Commands> {
    let t = Commands::new(lua, ctx)?;
    t.constants(&[
        ("ASCII", 1.0),
        ("SREAL", 2.0),
        ("REAL32", 2.0),
        ("REAL", 3.0),
        ("REAL64", 3.0),
        ("DREAL", 3.0),
        ("LITTLEENDIAN", 1.0),
        ("SWAPPED", 1.0),
        ("BIGENDIAN", 0.0),
        ("NORMAL", 0.0),
        ("NETWORK", 0.0),
    ])?;
    t.number(
        "data",
        |ctx| f64::from(ctx.instrument.state().format.data),
        |ctx, v| {
            if ![1.0, 2.0, 3.0].contains(&v) {
                return Err(Fault::parameter(1));
            }
            ctx.instrument.state().format.data = v as u8;
            Ok(())
        },
    )?;
    t.number(
        "byteorder",
        |ctx| f64::from(u8::from(ctx.instrument.state().format.little_endian)),
        |ctx, v| {
            Allowed::UpTo(1.0).check(v)?;
            ctx.instrument.state().format.little_endian = v == 1.0;
            Ok(())
        },
    )?;
    t.number(
        "asciiprecision",
        |ctx| ctx.instrument.state().format.precision as f64,
        |ctx, v| {
            if !(1.0..=16.0).contains(&v) {
                return Err(Fault::new(1405));
            }
            ctx.instrument.state().format.precision = v as usize;
            Ok(())
        },
    )?;
    Ok(t)
}

/// Makes `errorqueue`.
///
/// # Errors
/// No memory.
pub fn error_queue(lua: &Lua, ctx: &Ctx) -> mlua::Result<Commands> {
    let t = Commands::new(lua, ctx)?;
    t.get("count", |_, ctx| Ok(ctx.instrument.state().errors.len()))?;
    t.function("next", |_, ctx, _| {
        let fault = ctx.instrument.state().errors.pop();
        let (code, message, severity) = fault.map_or((0, "Queue Is Empty".to_owned(), 0), |f| (f.code, f.message, f.severity));
        Ok((f64::from(code), message, f64::from(severity), 1.0))
    })?;
    t.function("clear", |_, ctx, _| {
        ctx.instrument.state().errors.clear();
        Ok(())
    })?;
    Ok(t)
}

/// Makes `localnode`, which is `node[1]` too.
///
/// # Errors
/// No memory.
pub fn local_node(lua: &Lua, ctx: &Ctx) -> mlua::Result<Commands> {
    let t = Commands::new(lua, ctx)?;
    t.constants(&[
        ("PASSWORD_NONE", 0.0),
        ("PASSWORD_WEB", 1.0),
        ("PASSWORD_LAN", 2.0),
        ("PASSWORD_ALL", 3.0),
        ("DISABLE", 0.0),
        ("ENABLE", 1.0),
    ])?;
    t.get("model", |_, ctx| Ok(ctx.instrument.model.name()))?;
    t.get("serialno", |_, ctx| Ok(ctx.instrument.serial().to_owned()))?;
    t.get("revision", |_, ctx| Ok(ctx.instrument.firmware()))?;
    t.get("version", |_, ctx| Ok(ctx.instrument.firmware()))?;
    t.keep_text("localnode", "description", "pentatwin: a virtual instrument")?;
    t.keep("localnode", "autolinefreq", 1.0, Allowed::UpTo(1.0))?;
    t.keep("localnode", "passwordmode", 0.0, Allowed::UpTo(3.0))?;
    t.number(
        "linefreq",
        |ctx| ctx.instrument.state().line_frequency,
        |ctx, v| {
            if ![50.0, 60.0].contains(&v) {
                return Err(Fault::parameter(1));
            }
            ctx.instrument.state().line_frequency = v;
            Ok(())
        },
    )?;
    t.number(
        "prompts",
        |ctx| f64::from(u8::from(ctx.instrument.state().prompts)),
        |ctx, v| {
            Allowed::UpTo(1.0).check(v)?;
            ctx.instrument.state().prompts = v == 1.0;
            Ok(())
        },
    )?;
    t.number("prompts4882", |_| 1.0, |_, v| Allowed::UpTo(1.0).check(v))?;
    t.number(
        "showerrors",
        |ctx| f64::from(u8::from(ctx.instrument.state().show_errors)),
        |ctx, v| {
            Allowed::UpTo(1.0).check(v)?;
            ctx.instrument.state().show_errors = v == 1.0;
            Ok(())
        },
    )?;
    t.function("reset", |_, ctx, _| {
        ctx.instrument.reset();
        Ok(())
    })?;
    t.function("gettimezone", |_, _, _| Ok("GMT"))?;
    Ok(t)
}

/// Makes `timer`.
///
/// # Errors
/// No memory.
pub fn timer(lua: &Lua, ctx: &Ctx) -> mlua::Result<Commands> {
    let t = Commands::new(lua, ctx)?;
    // A script that is told the time goes on from it: it may wait for the rest of an interval.
    let now = |ctx: &Ctx| {
        ctx.cursor.waited(&*ctx.instrument.clock);
        ctx.cursor.start(&*ctx.instrument.clock)
    };
    t.function("reset", move |_, ctx, _| {
        ctx.instrument.state().timer = now(ctx);
        Ok(())
    })?;
    let measure = Commands::new(lua, ctx)?;
    measure.function("t", move |_, ctx, _| {
        let start = ctx.instrument.state().timer;
        Ok(now(ctx) - start)
    })?;
    t.object("measure", measure.table)?;
    Ok(t)
}

/// `bit`: the library of the instrument, 32 bits.
///
/// # Errors
/// No memory.
pub fn bit(lua: &Lua, ctx: &Ctx) -> mlua::Result<Commands> {
    let t = Commands::new(lua, ctx)?;
    let word = |v: f64| v.rem_euclid(4_294_967_296.0) as u32;
    let two = |name: &str, f: fn(u32, u32) -> u32| {
        t.function(name, move |_, ctx, args| {
            let both = number_at(&args, 0).and_then(|a| Ok((word(a), word(number_at(&args, 1)?))));
            Ok(ctx.attempt(both).map(|(a, b)| f64::from(f(a, b))))
        })
    };
    two("bitand", |a, b| a & b)?;
    two("bitor", |a, b| a | b)?;
    two("bitxor", |a, b| a ^ b)?;
    two("set", |a, k| a | 1u32.checked_shl(k.saturating_sub(1)).unwrap_or(0))?;
    two("clear", |a, k| a & !1u32.checked_shl(k.saturating_sub(1)).unwrap_or(0))?;
    two("toggle", |a, k| a ^ 1u32.checked_shl(k.saturating_sub(1)).unwrap_or(0))?;
    t.function("test", move |_, ctx, args| {
        let both = number_at(&args, 0).and_then(|a| Ok((word(a), word(number_at(&args, 1)?))));
        Ok(ctx.attempt(both).map(|(a, k)| a & 1u32.checked_shl(k.saturating_sub(1)).unwrap_or(0) != 0))
    })?;
    Ok(t)
}

/// Tables whose settings are kept and have no other effect, and `os` with its clock.
///
/// # Errors
/// No memory.
pub fn others(lua: &Lua, ctx: &Ctx, globals: &Table) -> mlua::Result<()> {
    let beeper = Commands::new(lua, ctx)?;
    beeper.constants(&[("ON", 1.0), ("OFF", 0.0)])?;
    beeper.keep("beeper", "enable", 1.0, Allowed::UpTo(1.0))?;
    beeper.function("beep", |_, ctx, args| {
        let both = number_at(&args, 0).and_then(|s| number_at(&args, 1).map(|_| s));
        ctx.attempt(both.and_then(|s| Allowed::Range(0.0, 100.0).check(s)));
        Ok(())
    })?;
    globals.raw_set("beeper", beeper.table)?;
    let log = Commands::new(lua, ctx)?;
    log.constants(&[("ENABLE", 1.0), ("DISABLE", 0.0), ("DISCARD_OLDEST", 0.0), ("DISCARD_NEWEST", 1.0)])?;
    log.get("count", |_, _| Ok(0.0))?;
    log.keep("eventlog", "enable", 1.0, Allowed::UpTo(1.0))?;
    log.keep("eventlog", "overwritemethod", 0.0, Allowed::UpTo(1.0))?;
    log.function("clear", |_, _, _| Ok(()))?;
    log.function("next", |_, _, _| Ok(Value::Nil))?;
    log.function("all", |_, _, _| Ok(Value::Nil))?;
    globals.raw_set("eventlog", log.table)?;
    let lan = Commands::new(lua, ctx)?;
    lan.constants(&[("ENABLE", 1.0), ("DISABLE", 0.0), ("AUTO", 0.0), ("MANUAL", 1.0)])?;
    lan.keep("lan", "linktimeout", 20.0, Allowed::Range(1.0, 3600.0))?;
    lan.keep("lan", "timedwait", 20.0, Allowed::Range(1.0, 3600.0))?;
    lan.keep("lan", "nagle", 0.0, Allowed::UpTo(1.0))?;
    let status = Commands::new(lua, ctx)?;
    let port = Commands::new(lua, ctx)?;
    port.get("rawsocket", |_, _| Ok(5025.0))?;
    port.get("dst", |_, _| Ok(5030.0))?;
    status.object("port", port.table)?;
    status.get("ipaddress", |_, _| Ok("127.0.0.1"))?;
    lan.object("status", status.table)?;
    globals.raw_set("lan", lan.table)?;
    // As on the instrument these use the computer's clock, which here is the host's.
    let os = Commands::new(lua, ctx)?;
    os.function("time", |_, _, _| Ok(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs() as f64)))?;
    os.function("clock", |_, ctx, _| Ok(ctx.instrument.clock.now()))?;
    globals.raw_set("os", os.table)?;
    let strings = Commands::new(lua, ctx)?;
    user_strings(&strings)?;
    globals.raw_set("userstring", strings.table)
}

/// Texts that a user keeps in the instrument.
fn user_strings(t: &Commands) -> mlua::Result<()> {
    use crate::instrument::Kept;
    const MOST: usize = 256;
    let word = |v: Option<&Value>, n| match v {
        Some(Value::String(s)) if s.as_bytes().len() <= 255 => Ok(s.to_string_lossy()),
        _ => Err(Fault::parameter(n)),
    };
    t.function("add", move |_, ctx, args| {
        if let Some((name, text)) = ctx.attempt(word(args.front(), 1).and_then(|n| Ok((n, word(args.get(1), 2)?)))) {
            let mut state = ctx.instrument.state();
            if state.kept.keys().filter(|k| k.starts_with("userstring:")).count() < MOST {
                state.kept.insert(format!("userstring:{name}"), Kept::Text(text));
            } else {
                drop(state);
                ctx.queue(Fault::new(-225));
            }
        }
        Ok(())
    })?;
    t.function("get", move |_, ctx, args| {
        let Some(name) = ctx.attempt(word(args.front(), 1)) else { return Ok(None) };
        if let Some(Kept::Text(text)) = ctx.instrument.state().kept.get(&format!("userstring:{name}")) {
            return Ok(Some(text.clone()));
        }
        ctx.queue(Fault::new(-292));
        Ok(None)
    })?;
    t.function("delete", move |_, ctx, args| {
        if let Some(name) = ctx.attempt(word(args.front(), 1)) {
            ctx.instrument.state().kept.remove(&format!("userstring:{name}"));
        }
        Ok(())
    })
}

/// Functions without a table.
///
/// # Errors
/// No memory.
pub fn functions(lua: &Lua, ctx: &Ctx, globals: &Table) -> mlua::Result<()> {
    let set = |name: &str, f: Function| globals.raw_set(name, f);
    let c = ctx.clone();
    set(
        "print",
        lua.create_function(move |lua, args: MultiValue| {
            let precision = c.instrument.state().format.precision;
            let mut line = Vec::new();
            for (n, value) in args.iter().enumerate() {
                if n > 0 {
                    line.push(b'\t');
                }
                line.extend(c.show(lua, value, precision)?);
            }
            line.push(b'\n');
            c.send(line)
        })?,
    )?;
    let c = ctx.clone();
    set("printbuffer", lua.create_function(move |_, args: MultiValue| buffers::printbuffer(&c, &args))?)?;
    let c = ctx.clone();
    set("printnumber", lua.create_function(move |_, args: MultiValue| buffers::printnumber(&c, &args))?)?;
    let c = ctx.clone();
    set(
        "delay",
        lua.create_function(move |_, args: MultiValue| {
            let seconds = number_at(&args, 0).and_then(|s| Allowed::Range(0.0, 100e3).check(s).map(|()| s));
            match c.attempt(seconds) {
                Some(seconds) => c.wait(seconds),
                None => Ok(()),
            }
        })?,
    )?;
    let c = ctx.clone();
    set(
        "waitcomplete",
        lua.create_function(move |_, _: MultiValue| {
            while c.instrument.is_sweeping() && !c.stopped() {
                std::thread::sleep(std::time::Duration::from_micros(500));
            }
            c.cursor.waited(&*c.instrument.clock);
            c.lived()
        })?,
    )?;
    let c = ctx.clone();
    set(
        "opc",
        lua.create_function(move |_, _: MultiValue| {
            while c.instrument.is_sweeping() && !c.stopped() {
                std::thread::sleep(std::time::Duration::from_micros(500));
            }
            c.cursor.waited(&*c.instrument.clock);
            c.instrument.state().event_register |= 1;
            c.lived()
        })?,
    )?;
    let c = ctx.clone();
    set(
        "reset",
        lua.create_function(move |_, _: MultiValue| {
            c.instrument.reset();
            Ok(())
        })?,
    )?;
    let c = ctx.clone();
    set(
        "exit",
        lua.create_function(move |_, _: MultiValue| -> mlua::Result<()> {
            c.exit.set(true);
            Err(super::context::runtime("exit"))
        })?,
    )?;
    set("settime", lua.create_function(|_, _: MultiValue| Ok(()))?)?;
    set("gettimezone", lua.create_function(|_, _: MultiValue| Ok("GMT"))?)?;
    for (name, which) in [("makegetter", "Getters"), ("makesetter", "Setters")] {
        let c = ctx.clone();
        set(
            name,
            lua.create_function(move |_, (table, key): (Value, Value)| {
                let found = match &table {
                    Value::Table(t) => {
                        t.metatable().and_then(|m| m.raw_get::<Table>(which).ok()).and_then(|t| t.raw_get::<Function>(key).ok())
                    }
                    _ => None,
                };
                if found.is_none() {
                    c.queue(Fault::parameter(2));
                }
                Ok(found)
            })?,
        )?;
    }
    let _ = number;
    Ok(())
}
