//! Reading buffers as tables; `printbuffer` and `printnumber`.

use std::sync::{Arc, Mutex};

use mlua::{AnyUserData, Lua, MultiValue, Table, UserData, Value};

use super::context::{Ctx, number, runtime};
use super::measure::number_at;
use super::table::{Allowed, Commands};
use crate::buffer::{Buffer, COLUMNS, Cell, Column, SharedBuffer, lock};
use crate::fault::Fault;
use crate::instrument::Format;
use crate::number::ascii;

/// What a table's metatable keeps: the buffer, and the column if it is one.
#[derive(Clone)]
struct Handle(SharedBuffer, Option<Column>);

impl UserData for Handle {}

/// Readings in a reply at most: a longer one is refused rather than built.
const MOST_PRINTED: usize = 1_000_000;

/// A number is an index, everything else a name.
const INDEX: &str = "local type = type local index, at = ...
return function(t, key) if type(key) == 'number' then return at(key) end return index(t, key) end";

fn handle(value: &Value) -> Option<Handle> {
    let Value::Table(table) = value else { return None };
    let kept: AnyUserData = table.metatable()?.raw_get("handle").ok()?;
    kept.borrow::<Handle>().ok().map(|h| h.clone())
}

/// The buffer that a value is.
pub fn of(value: &Value) -> Option<SharedBuffer> {
    handle(value).filter(|h| h.1.is_none()).map(|h| h.0)
}

/// `smuX.makebuffer(n)`.
///
/// # Errors
/// No memory.
pub fn make(lua: &Lua, ctx: &Ctx, args: &MultiValue) -> mlua::Result<Value> {
    let Some(n) = ctx.attempt(number_at(args, 0)) else { return Ok(Value::Nil) };
    if !(1.0..=1e9).contains(&n) {
        ctx.queue(Fault::parameter(1));
        return Ok(Value::Nil);
    }
    match Buffer::made(n as usize) {
        Some(buffer) => Ok(Value::Table(table(lua, ctx, Arc::new(Mutex::new(buffer)))?)),
        None => {
            ctx.queue(Fault::new(-225));
            Ok(Value::Nil)
        }
    }
}

fn value(lua: &Lua, cell: Cell) -> mlua::Result<Value> {
    Ok(match cell {
        Cell::Number(n) => Value::Number(n),
        Cell::Word(w) => Value::String(lua.create_string(w)?),
    })
}

/// Makes the table of a buffer.
///
/// # Errors
/// No memory.
pub fn table(lua: &Lua, ctx: &Ctx, buffer: SharedBuffer) -> mlua::Result<Table> {
    let t = Commands::new(lua, ctx)?;
    t.meta("luatype", "reading_buffer")?;
    t.meta("handle", lua.create_userdata(Handle(buffer.clone(), None))?)?;
    let read = |name: &str, f: fn(&Buffer) -> f64| {
        let b = buffer.clone();
        t.get(name, move |_, _| Ok(f(&lock(&b))))
    };
    read("n", |b| b.entries().len() as f64)?;
    read("capacity", |b| b.capacity() as f64)?;
    read("next", |b| (b.newest() % b.capacity().max(1) + 1) as f64)?;
    read("basetimestamp", |b| b.base_time)?;
    type Flag = fn(&mut Buffer) -> &mut bool;
    let flags: [(&str, Flag, bool); 5] = [
        ("appendmode", |b| &mut b.append, false),
        ("collecttimestamps", |b| &mut b.collect_times, true),
        ("collectsourcevalues", |b| &mut b.collect_sources, true),
        ("cachemode", |b| &mut b.cache, false),
        ("fillmode", |b| &mut b.fill_window, true),
    ];
    for (name, flag, empty) in flags {
        let (a, b) = (buffer.clone(), buffer.clone());
        t.number(
            name,
            move |_| f64::from(u8::from(*flag(&mut lock(&a)))),
            move |_, v| {
                Allowed::UpTo(1.0).check(v)?;
                let mut buffer = lock(&b);
                if empty && *flag(&mut buffer) != (v == 1.0) && !buffer.entries().is_empty() {
                    return Err(Fault::new(5032));
                }
                *flag(&mut buffer) = v == 1.0;
                Ok(())
            },
        )?;
    }
    let (a, b) = (buffer.clone(), buffer.clone());
    t.number(
        "timestampresolution",
        move |_| lock(&a).resolution,
        move |_, v| {
            Allowed::Range(1e-6, 1e3).check(v)?;
            lock(&b).resolution = v;
            Ok(())
        },
    )?;
    let (a, b) = (buffer.clone(), buffer.clone());
    t.number(
        "fillcount",
        move |_| lock(&a).fill_count,
        move |_, v| {
            Allowed::Range(0.0, 1e9).check(v)?;
            lock(&b).fill_count = v;
            Ok(())
        },
    )?;
    let b = buffer.clone();
    t.function("clear", move |_, _, _| {
        lock(&b).clear();
        Ok(())
    })?;
    t.function("clearcache", |_, _, _| Ok(()))?;
    for (name, column) in COLUMNS {
        t.object(name, self::column(lua, ctx, &buffer, *column)?)?;
    }
    // A buffer can be indexed as its readings can.
    let index: mlua::Function = t.table.metatable().and_then(|m| m.raw_get("__index").ok()).ok_or_else(|| runtime("no index"))?;
    let (b, ctx) = (buffer, ctx.clone());
    let at = lua.create_function(move |lua, key: Value| cell_at(lua, &ctx, &b, Column::Readings, &key))?;
    let both: mlua::Function = lua.load(INDEX).set_name("=[C]").call((index, at))?;
    t.meta("__index", both)?;
    Ok(t.table)
}

fn cell_at(lua: &Lua, ctx: &Ctx, buffer: &SharedBuffer, column: Column, key: &Value) -> mlua::Result<Value> {
    let cell = number(key).ok().filter(|k| *k >= 1.0).and_then(|k| lock(buffer).cell(k as usize, column));
    match cell {
        Some(cell) => value(lua, cell),
        None => {
            ctx.queue(Fault::new(5038));
            Ok(Value::Nil)
        }
    }
}

fn column(lua: &Lua, ctx: &Ctx, buffer: &SharedBuffer, column: Column) -> mlua::Result<Table> {
    let t = Commands::new(lua, ctx)?;
    t.meta("luatype", "synchronous_table")?;
    t.meta("handle", lua.create_userdata(Handle(buffer.clone(), Some(column)))?)?;
    let b = buffer.clone();
    t.function("getreading", move |lua, ctx, args| cell_at(lua, ctx, &b, column, args.front().unwrap_or(&Value::Nil)))?;
    let index: mlua::Function = t.table.metatable().and_then(|m| m.raw_get("__index").ok()).ok_or_else(|| runtime("no index"))?;
    let (b, c) = (buffer.clone(), ctx.clone());
    let at = lua.create_function(move |lua, key: Value| cell_at(lua, &c, &b, column, &key))?;
    let both: mlua::Function = lua.load(INDEX).set_name("=[C]").call((index, at))?;
    t.meta("__index", both)?;
    Ok(t.table)
}

/// Numbers as a reply: text or binary.
fn reply(cells: &[Cell], format: Format) -> Vec<u8> {
    if format.data == 1 {
        let words: Vec<String> = cells
            .iter()
            .map(|cell| match cell {
                Cell::Number(n) => ascii(*n, format.precision),
                Cell::Word(w) => (*w).to_owned(),
            })
            .collect();
        return (words.join(", ") + "\n").into_bytes();
    }
    let mut out = b"#0".to_vec();
    for cell in cells {
        let n = if let Cell::Number(n) = cell { *n } else { f64::NAN };
        match (format.data, format.little_endian) {
            (2, true) => out.extend((n as f32).to_le_bytes()),
            (2, false) => out.extend((n as f32).to_be_bytes()),
            (_, true) => out.extend(n.to_le_bytes()),
            (_, false) => out.extend(n.to_be_bytes()),
        }
    }
    out.push(b'\n');
    out
}

/// `printbuffer(first, last, buffer, …)`.
///
/// # Errors
/// What runs is to end.
pub fn printbuffer(ctx: &Ctx, args: &MultiValue) -> mlua::Result<()> {
    let range = number_at(args, 0).and_then(|a| number_at(args, 1).map(|b| (a, b)));
    let Some((first, last)) = ctx.attempt(range) else { return Ok(()) };
    if args.len() < 3 {
        ctx.queue(Fault::too_few(3));
        return Ok(());
    }
    if !(first >= 1.0) || !(last >= first) || !(last <= 1e9) {
        ctx.queue(Fault::parameter(if first >= 1.0 { 2 } else { 1 }));
        return Ok(());
    }
    let mut columns = Vec::new();
    for (n, arg) in args.iter().enumerate().skip(2) {
        let Some(h) = handle(arg) else {
            ctx.queue(Fault::parameter(n + 1));
            return Ok(());
        };
        if last as usize > lock(&h.0).entries().len() {
            ctx.queue(Fault::with(4900, format!("Reading buffer index {} is invalid", last as usize)));
            return Ok(());
        }
        columns.push(h);
    }
    if (last - first + 1.0) * columns.len() as f64 > MOST_PRINTED as f64 {
        ctx.queue(Fault::new(-225));
        return Ok(());
    }
    let mut cells = Vec::new();
    for k in first as usize..=last as usize {
        for h in &columns {
            cells.extend(lock(&h.0).cell(k, h.1.unwrap_or(Column::Readings)));
        }
    }
    let format = ctx.instrument.state().format;
    ctx.send(reply(&cells, format))
}

/// `printnumber(value, …)`.
///
/// # Errors
/// What runs is to end.
pub fn printnumber(ctx: &Ctx, args: &MultiValue) -> mlua::Result<()> {
    let numbers: Result<Vec<Cell>, Fault> = args.iter().map(|v| number(v).map(Cell::Number)).collect();
    let Some(cells) = ctx.attempt(numbers) else { return Ok(()) };
    let format = ctx.instrument.state().format;
    ctx.send(reply(&cells, format))
}
