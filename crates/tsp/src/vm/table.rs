//! Command tables: (nearly) empty tables whose metatable has `Getters`, `Setters`, `Objects` and `luatype`, as clients that walk them expect
//! (science/source-meter.md section 2.1).

use mlua::{Function, IntoLua, IntoLuaMulti, Lua, MultiValue, Table, Value};

use super::context::{Ctx, number};
use crate::fault::Fault;

/// `__index` and `__newindex` in Lua: half the cost of a call into Rust, and errors have the place in the script.
const METHODS: &str = r"
local error, tostring = error, tostring
return function(getters, setters, objects)
  return function(_, key)
    local object = objects[key]
    if object ~= nil then return object end
    local get = getters[key]
    if get ~= nil then return get() end
    return nil
  end, function(_, key, value)
    local set = setters[key]
    if set ~= nil then return set(value) end
    if getters[key] ~= nil or objects[key] ~= nil then
      error('attempt to write to read-only attribute `' .. tostring(key) .. [[']], 2)
    end
    error('attempt to write to unknown attribute `' .. tostring(key) .. [[']], 2)
  end
end";

/// A command table in the making.
#[derive(Clone)]
pub struct Commands {
    lua: Lua,
    ctx: Ctx,
    /// The table itself.
    pub table: Table,
    meta: Table,
    getters: Table,
    setters: Table,
    objects: Table,
}

/// Compiles the methods that all command tables share.
///
/// # Errors
/// No memory.
pub fn methods(lua: &Lua) -> mlua::Result<Function> {
    lua.load(METHODS).set_name("=[C]").eval()
}

impl Commands {
    /// An empty table.
    ///
    /// # Errors
    /// No memory.
    pub fn new(lua: &Lua, ctx: &Ctx) -> mlua::Result<Commands> {
        let make: Function = lua.named_registry_value("methods")?;
        let (table, meta) = (lua.create_table()?, lua.create_table()?);
        let (getters, setters, objects) = (lua.create_table()?, lua.create_table()?, lua.create_table()?);
        let (index, new_index): (Function, Function) = make.call((&getters, &setters, &objects))?;
        meta.raw_set("Getters", &getters)?;
        meta.raw_set("Setters", &setters)?;
        meta.raw_set("Objects", &objects)?;
        meta.raw_set("__index", index)?;
        meta.raw_set("__newindex", new_index)?;
        table.set_metatable(Some(meta.clone()))?;
        Ok(Commands { lua: lua.clone(), ctx: ctx.clone(), table, meta, getters, setters, objects })
    }

    /// Another metamethod or `luatype`.
    ///
    /// # Errors
    /// No memory.
    pub fn meta(&self, name: &str, value: impl IntoLua) -> mlua::Result<()> {
        self.meta.raw_set(name, value)
    }

    /// A constant or a table below this one.
    ///
    /// # Errors
    /// No memory.
    pub fn object(&self, name: &str, value: impl IntoLua) -> mlua::Result<()> {
        self.objects.raw_set(name, value)
    }

    /// Constants.
    ///
    /// # Errors
    /// No memory.
    pub fn constants(&self, all: &[(&str, f64)]) -> mlua::Result<()> {
        all.iter().try_for_each(|(name, value)| self.object(name, *value))
    }

    /// A function.
    ///
    /// # Errors
    /// No memory.
    pub fn function<R: IntoLuaMulti>(
        &self,
        name: &str,
        f: impl Fn(&Lua, &Ctx, MultiValue) -> mlua::Result<R> + 'static,
    ) -> mlua::Result<()> {
        let ctx = self.ctx.clone();
        self.object(name, self.lua.create_function(move |lua, args| f(lua, &ctx, args))?)
    }

    /// An attribute that can only be read.
    ///
    /// # Errors
    /// No memory.
    pub fn get<R: IntoLua>(&self, name: &str, f: impl Fn(&Lua, &Ctx) -> mlua::Result<R> + 'static) -> mlua::Result<()> {
        let ctx = self.ctx.clone();
        self.getters.raw_set(name, self.lua.create_function(move |lua, ()| f(lua, &ctx))?)
    }

    /// What happens when the attribute is written.
    ///
    /// # Errors
    /// No memory.
    pub fn set(&self, name: &str, f: impl Fn(&Lua, &Ctx, Value) -> Result<(), Fault> + 'static) -> mlua::Result<()> {
        let ctx = self.ctx.clone();
        let setter = self.lua.create_function(move |lua, value: Value| {
            ctx.attempt(f(lua, &ctx, value));
            Ok(())
        })?;
        self.setters.raw_set(name, setter)
    }

    /// A number that can be read and written.
    ///
    /// # Errors
    /// No memory.
    pub fn number(
        &self,
        name: &str,
        get: impl Fn(&Ctx) -> f64 + 'static,
        set: impl Fn(&Ctx, f64) -> Result<(), Fault> + 'static,
    ) -> mlua::Result<()> {
        self.get(name, move |_, ctx| Ok(get(ctx)))?;
        self.set(name, move |_, ctx, value| set(ctx, number(&value)?))
    }

    /// A setting that is kept and has no other effect, at `path`: a number from a set or a range.
    ///
    /// # Errors
    /// No memory.
    pub fn keep(&self, path: &str, name: &str, default: f64, allowed: Allowed) -> mlua::Result<()> {
        use crate::instrument::Kept;
        let (read, write) = (format!("{path}.{name}"), format!("{path}.{name}"));
        self.number(
            name,
            move |ctx| match ctx.instrument.state().kept.get(&read) {
                Some(Kept::Number(n)) => *n,
                _ => default,
            },
            move |ctx, value| {
                allowed.check(value)?;
                ctx.instrument.state().kept.insert(write.clone(), Kept::Number(value));
                Ok(())
            },
        )
    }

    /// A text that is kept.
    ///
    /// # Errors
    /// No memory.
    pub fn keep_text(&self, path: &str, name: &str, default: &'static str) -> mlua::Result<()> {
        use crate::instrument::Kept;
        let (read, write) = (format!("{path}.{name}"), format!("{path}.{name}"));
        self.get(name, move |_, ctx| {
            Ok(match ctx.instrument.state().kept.get(&read) {
                Some(Kept::Text(t)) => t.clone(),
                _ => default.to_owned(),
            })
        })?;
        self.set(name, move |_, ctx, value| {
            let Value::String(text) = value else { return Err(Fault::new(-104)) };
            let text = text.to_string_lossy();
            if text.len() > 255 {
                return Err(Fault::new(-222));
            }
            ctx.instrument.state().kept.insert(write.clone(), Kept::Text(text));
            Ok(())
        })
    }
}

/// What a kept number may be.
#[derive(Clone, Copy, Debug)]
pub enum Allowed {
    /// One of 0 to this.
    UpTo(f64),
    /// From, to.
    Range(f64, f64),
}

impl Allowed {
    /// # Errors
    /// The value is not allowed.
    pub fn check(self, value: f64) -> Result<(), Fault> {
        match self {
            Allowed::UpTo(most) if value.fract() == 0.0 && (0.0..=most).contains(&value) => Ok(()),
            Allowed::UpTo(_) => Err(Fault::parameter(1)),
            Allowed::Range(low, high) if value >= low && value <= high => Ok(()),
            Allowed::Range(_, high) => Err(Fault::new(if value > high { 1101 } else { 1102 })),
        }
    }
}
