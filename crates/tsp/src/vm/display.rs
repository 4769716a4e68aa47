//! `display`: what a front panel would show is kept; nobody stands before it.

use mlua::{Lua, Value};

use super::context::Ctx;
use super::measure::number_at;
use super::table::{Allowed, Commands};
use crate::fault::Fault;

const CONSTANTS: &[(&str, f64)] = &[
    ("SMUA", 0.0),
    ("SMUB", 1.0),
    ("SMUA_SMUB", 2.0),
    ("USER", 3.0),
    ("MEASURE_DCAMPS", 0.0),
    ("MEASURE_DCVOLTS", 1.0),
    ("MEASURE_OHMS", 2.0),
    ("MEASURE_WATTS", 3.0),
    ("DIGITS_4_5", 4.0),
    ("DIGITS_5_5", 5.0),
    ("DIGITS_6_5", 6.0),
    ("ENABLE", 1.0),
    ("DISABLE", 0.0),
    ("LOCK", 1.0),
    ("UNLOCK", 0.0),
    ("KEY_NONE", 0.0),
    ("KEY_RANGEUP", 65.0),
    ("KEY_MODEA", 66.0),
    ("KEY_RELB", 67.0),
    ("KEY_MENU", 68.0),
    ("KEY_MODEB", 69.0),
    ("KEY_RUN", 71.0),
    ("KEY_DISPLAY", 72.0),
    ("KEY_AUTO", 73.0),
    ("KEY_FILTERB", 74.0),
    ("KEY_EXIT", 75.0),
    ("KEY_SPEEDB", 76.0),
    ("KEY_TRIG", 77.0),
    ("KEY_LIMITB", 78.0),
    ("KEY_RANGEDOWN", 81.0),
    ("KEY_ENTER", 82.0),
    ("KEY_CONFIG", 83.0),
    ("KEY_OUTPUTA", 88.0),
    ("KEY_OUTPUTB", 96.0),
    ("KEY_RIGHT", 103.0),
    ("KEY_LEFT", 104.0),
    ("KEY_STORE", 90.0),
    ("KEY_RELA", 70.0),
    ("KEY_FILTERA", 86.0),
    ("KEY_SPEEDA", 79.0),
    ("KEY_LIMITA", 93.0),
];

/// Makes the table.
///
/// # Errors
/// No memory.
pub fn table(lua: &Lua, ctx: &Ctx) -> mlua::Result<Commands> {
    let t = Commands::new(lua, ctx)?;
    t.constants(CONSTANTS)?;
    t.keep("display", "screen", 0.0, Allowed::UpTo(3.0))?;
    t.keep("display", "locallockout", 0.0, Allowed::UpTo(1.0))?;
    t.keep("display", "numpad", 1.0, Allowed::UpTo(1.0))?;
    for name in ["smua", "smub"].into_iter().take(ctx.instrument.model.channels()) {
        let smu = Commands::new(lua, ctx)?;
        smu.keep(&format!("display.{name}"), "digits", 5.0, Allowed::Range(4.0, 6.0))?;
        let measure = Commands::new(lua, ctx)?;
        measure.keep(&format!("display.{name}.measure"), "func", 1.0, Allowed::UpTo(3.0))?;
        smu.object("measure", measure.table)?;
        let limit = Commands::new(lua, ctx)?;
        limit.keep(&format!("display.{name}.limit"), "func", 0.0, Allowed::UpTo(3.0))?;
        smu.object("limit", limit.table)?;
        t.object(name, smu.table)?;
    }
    t.function("clear", |_, ctx, _| {
        ctx.instrument.state().display = Default::default();
        Ok(())
    })?;
    t.function("settext", |_, ctx, args| {
        let Some(Value::String(text)) = args.front() else {
            ctx.queue(Fault::parameter(1));
            return Ok(());
        };
        // $N begins the second line.
        let text: String = text.to_string_lossy().chars().take(256).collect();
        let (one, two) = text.split_once("$N").unwrap_or((&text, ""));
        ctx.instrument.state().display = [one.chars().take(20).collect(), two.chars().take(32).collect()];
        Ok(())
    })?;
    t.function("gettext", |_, ctx, _| {
        let state = ctx.instrument.state();
        Ok(format!("{}$N{}", state.display[0], state.display[1]))
    })?;
    t.function("setcursor", |_, ctx, args| {
        ctx.attempt(number_at(&args, 0).and_then(|_| number_at(&args, 1)));
        Ok(())
    })?;
    t.function("getcursor", |_, _, _| Ok((1.0, 1.0, 0.0)))?;
    t.function("getannunciators", |_, _, _| Ok(0.0))?;
    t.function("getlastkey", |_, _, _| Ok(0.0))?;
    t.function("sendkey", |_, ctx, args| {
        // The OUTPUT keys do what they do; the others move through menus that nobody sees.
        if let Some(key) = ctx.attempt(number_at(&args, 0)) {
            for (code, channel) in [(88.0, 0), (96.0, 1)] {
                if key == code {
                    let done = ctx.with_now(channel, |c, now| c.set_output(u8::from(!c.is_on()), now));
                    ctx.attempt(done.unwrap_or(Ok(())));
                }
            }
        }
        Ok(())
    })?;
    // Nobody answers at the front panel: what waits for a key would wait for ever.
    for name in ["inputvalue", "menu", "prompt", "waitkey"] {
        t.function(name, move |_, _, _| -> mlua::Result<()> {
            Err(super::context::runtime(format!("display.{name} waits for a key, and the virtual instrument has no front panel")))
        })?;
    }
    let trigger = Commands::new(lua, ctx)?;
    trigger.object("EVENT_ID", 160.0)?;
    trigger.get("overrun", |_, _| Ok(false))?;
    trigger.function("clear", |_, _, _| Ok(()))?;
    trigger.function("wait", |_, ctx, args| {
        if let Some(seconds) = ctx.attempt(number_at(&args, 0)) {
            ctx.wait(seconds.clamp(0.0, 1e5))?;
        }
        Ok(false)
    })?;
    t.object("trigger", trigger.table)?;
    let menu = Commands::new(lua, ctx)?;
    menu.function("add", |_, _, _| Ok(()))?;
    menu.function("delete", |_, _, _| Ok(()))?;
    menu.function("catalog", |_, _, _| Ok(Value::Nil))?;
    t.object("loadmenu", menu.table)?;
    Ok(t)
}
