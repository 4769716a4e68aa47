//! Scripts: `loadscript`, `script`, and the objects that named scripts are.

use std::rc::Rc;

use mlua::{Function, Lua, MultiValue, Table, Value};

use super::context::{Ctx, runtime};
use super::errors;
use super::table::Commands;
use crate::fault::Fault;

/// Scripts an instrument keeps at most.
const MOST: usize = 500;

/// Whether a word can name a global.
fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.len() <= 255
}

/// Compiles a text, never byte code.
///
/// # Errors
/// A syntax error.
pub fn compile(lua: &Lua, source: &[u8]) -> mlua::Result<Function> {
    lua.load(source).set_name(errors::CHUNK).set_mode(mlua::chunk::ChunkMode::Text).into_function()
}

/// Makes a script; a name makes it a global and part of `script.user.scripts`. Nothing if it is wrong: then the error is queued.
///
/// # Errors
/// No memory.
pub fn load(lua: &Lua, ctx: &Ctx, name: &str, source: &[u8]) -> mlua::Result<Option<Table>> {
    if !name.is_empty() && !is_name(name) {
        ctx.queue(Fault::parameter(1));
        return Ok(None);
    }
    let main = match compile(lua, source) {
        Ok(main) => main,
        Err(error) => {
            ctx.queue(errors::fault(&error));
            return Ok(None);
        }
    };
    let script = object(lua, ctx, name, source, &main)?;
    let registry: Table = lua.named_registry_value("scripts")?;
    if name.is_empty() {
        registry.raw_get::<Objects>("script")?.0.raw_set("anonymous", &script)?;
        return Ok(Some(script));
    }
    let user: Table = registry.raw_get("user")?;
    if user.pairs::<Value, Value>().count() >= MOST && user.raw_get::<Value>(name)? == Value::Nil {
        ctx.queue(Fault::new(-225));
        return Ok(None);
    }
    user.raw_set(name, &script)?;
    lua.globals().raw_set(name, &script)?;
    Ok(Some(script))
}

/// The objects of a command table, where `script.anonymous` is put.
struct Objects(Table);

impl mlua::FromLua for Objects {
    fn from_lua(value: Value, _: &Lua) -> mlua::Result<Self> {
        let Value::Table(t) = value else { return Err(runtime("no table")) };
        let objects = t.metatable().and_then(|m| m.raw_get("Objects").ok()).ok_or_else(|| runtime("no objects"))?;
        Ok(Objects(objects))
    }
}

fn object(lua: &Lua, ctx: &Ctx, name: &str, source: &[u8], main: &Function) -> mlua::Result<Table> {
    let t = Commands::new(lua, ctx)?;
    let text: Rc<[u8]> = source.into();
    t.meta("luatype", "script")?;
    t.meta("__call", lua.load("local main = ... return function(_, ...) return main(...) end").set_name("=[C]").call::<Function>(main)?)?;
    t.object("run", main)?;
    let s = text.clone();
    t.get("source", move |lua, _| lua.create_string(&*s))?;
    let own = name.to_owned();
    t.get("name", move |_, _| Ok(own.clone()))?;
    // `autorun` is a word on the instrument.
    t.keep_text(&format!("script.{name}"), "autorun", "no")?;
    t.function("save", |_, _, _| Ok(()))?;
    t.function("list", move |_, ctx, _| {
        let mut reply = text.to_vec();
        if reply.last() != Some(&b'\n') {
            reply.push(b'\n');
        }
        ctx.send(reply)
    })?;
    Ok(t.table)
}

fn word(args: &MultiValue, at: usize) -> Option<Vec<u8>> {
    if let Some(Value::String(s)) = args.get(at) { Some(s.as_bytes().to_vec()) } else { None }
}

/// Makes `script`.
///
/// # Errors
/// No memory.
pub fn table(lua: &Lua, ctx: &Ctx) -> mlua::Result<Commands> {
    let t = Commands::new(lua, ctx)?;
    let user = Commands::new(lua, ctx)?;
    let scripts = lua.create_table()?;
    user.object("scripts", &scripts)?;
    user.function("catalog", |lua, _, _| {
        let scripts: Table = lua.named_registry_value::<Table>("scripts")?.raw_get("user")?;
        let names: Vec<String> = scripts.pairs::<String, Value>().filter_map(|p| p.ok().map(|(k, _)| k)).collect();
        let at = std::cell::Cell::new(0);
        lua.create_function(move |_, _: MultiValue| {
            let name = names.get(at.get()).cloned();
            at.set(at.get() + 1);
            Ok(name)
        })
    })?;
    t.object("user", user.table)?;
    let factory = Commands::new(lua, ctx)?;
    factory.object("scripts", lua.create_table()?)?;
    t.object("factory", factory.table)?;
    t.function("new", |lua, ctx, args| {
        let Some(source) = word(&args, 0) else {
            ctx.queue(Fault::parameter(1));
            return Ok(None);
        };
        let name = String::from_utf8_lossy(&word(&args, 1).unwrap_or_default()).into_owned();
        load(lua, ctx, &name, &source)
    })?;
    t.function("load", |_, _, _| -> mlua::Result<()> { Err(runtime("script.load reads files, and the virtual instrument has none")) })?;
    t.function("newautorun", |lua, ctx, args| {
        let source = word(&args, 0).unwrap_or_default();
        let name = String::from_utf8_lossy(&word(&args, 1).unwrap_or_default()).into_owned();
        let script = load(lua, ctx, &name, &source)?;
        if let Some(script) = &script {
            script.get::<Function>("run")?.call::<()>(())?;
        }
        Ok(script)
    })?;
    t.function("delete", |lua, ctx, args| {
        let Some(name) = word(&args, 0) else {
            ctx.queue(Fault::parameter(1));
            return Ok(());
        };
        let scripts: Table = lua.named_registry_value::<Table>("scripts")?.raw_get("user")?;
        let name = lua.create_string(name)?;
        if scripts.raw_get::<Value>(&name)? == Value::Nil {
            ctx.queue(Fault::new(-292));
            return Ok(());
        }
        scripts.raw_set(&name, Value::Nil)
    })?;
    t.function("run", |lua, _, _| {
        let script: Objects = lua.named_registry_value::<Table>("scripts")?.raw_get("script")?;
        match script.0.raw_get::<Value>("anonymous")? {
            Value::Table(t) => t.get::<Function>("run")?.call::<()>(()),
            _ => Ok(()),
        }
    })?;
    let registry = lua.create_table()?;
    registry.raw_set("user", scripts)?;
    registry.raw_set("script", &t.table)?;
    // What a client's scripts are is not put back when another comes.
    let kept = lua.create_table()?;
    let own: Objects = registry.raw_get("script")?;
    for table in [registry.raw_get::<Table>("user")?, own.0] {
        kept.raw_set(table, true)?;
    }
    lua.set_named_registry_value("kept", kept)?;
    lua.set_named_registry_value("scripts", registry)?;
    Ok(t)
}
