//! `smua` and `smub`.

use mlua::{Lua, MultiValue, Value};

use super::buffers;
use super::context::{Ctx, number};
use super::table::{Allowed, Commands};
use super::{measure, source, trigger};
use crate::fault::Fault;

/// Constants of a channel.
const CONSTANTS: &[(&str, f64)] = &[
    ("OUTPUT_OFF", 0.0),
    ("OUTPUT_ON", 1.0),
    ("OUTPUT_HIGH_Z", 2.0),
    ("OUTPUT_NORMAL", 0.0),
    ("OUTPUT_ZERO", 1.0),
    ("OUTPUT_DCAMPS", 0.0),
    ("OUTPUT_DCVOLTS", 1.0),
    ("DISABLE", 0.0),
    ("ENABLE", 1.0),
    ("ASYNC", 2.0),
    ("SENSE_LOCAL", 0.0),
    ("SENSE_REMOTE", 1.0),
    ("SENSE_CALA", 3.0),
    ("AUTORANGE_OFF", 0.0),
    ("AUTORANGE_ON", 1.0),
    ("AUTORANGE_FOLLOW_LIMIT", 2.0),
    ("AUTOZERO_OFF", 0.0),
    ("AUTOZERO_ONCE", 1.0),
    ("AUTOZERO_AUTO", 2.0),
    ("DELAY_OFF", 0.0),
    ("DELAY_AUTO", -1.0),
    ("FILTER_OFF", 0.0),
    ("FILTER_ON", 1.0),
    ("FILTER_MOVING_AVG", 0.0),
    ("FILTER_REPEAT_AVG", 1.0),
    ("FILTER_MEDIAN", 2.0),
    ("REL_OFF", 0.0),
    ("REL_ON", 1.0),
    ("SETTLE_SMOOTH", 0.0),
    ("SETTLE_FAST_RANGE", 1.0),
    ("SETTLE_FAST_POLARITY", 2.0),
    ("SETTLE_DIRECT_IRANGE", 3.0),
    ("SETTLE_SMOOTH_100NA", 4.0),
    ("SETTLE_FAST_ALL", 128.0),
    ("LIMIT_IV", 0.0),
    ("LIMIT_I", 1.0),
    ("LIMIT_V", 2.0),
    ("LIMIT_AUTO", 0.0),
    ("SOURCE_IDLE", 0.0),
    ("SOURCE_HOLD", 1.0),
    ("FILL_ONCE", 0.0),
    ("FILL_WINDOW", 1.0),
    ("OE_NONE", 0.0),
    ("OE_OUTPUT_OFF", 1.0),
];

/// Makes the table of a channel.
///
/// # Errors
/// No memory.
pub fn table(lua: &Lua, ctx: &Ctx, channel: usize) -> mlua::Result<Commands> {
    let smu = Commands::new(lua, ctx)?;
    let path = ["smua", "smub"][channel.min(1)];
    smu.meta("luatype", "smu")?;
    smu.meta("channel", channel)?;
    smu.constants(CONSTANTS)?;
    smu.object("source", source::table(lua, ctx, channel, path)?.table)?;
    smu.object("measure", measure::table(lua, ctx, channel, path)?.table)?;
    smu.object("trigger", trigger::table(lua, ctx, channel, path)?.table)?;
    smu.object("contact", contact(lua, ctx, path)?.table)?;
    smu.object("cal", calibration(lua, ctx)?.table)?;
    for (n, name) in ["nvbuffer1", "nvbuffer2"].into_iter().enumerate() {
        if let Some(buffer) = ctx.with(channel, |c| c.buffers[n].clone()) {
            smu.object(name, buffers::table(lua, ctx, buffer)?)?;
        }
    }
    smu.function("makebuffer", |lua, ctx, args| buffers::make(lua, ctx, &args))?;
    smu.function("savebuffer", |_, _, _| Ok(()))?;
    smu.function("reset", move |_, ctx, _| {
        ctx.instrument.cut[channel].store(true, std::sync::atomic::Ordering::SeqCst);
        ctx.with_now(channel, |c, now| c.reset(now));
        if let Some(plan) = ctx.instrument.state().plans.get_mut(channel) {
            *plan = crate::sweep::Plan::default();
        }
        ctx.instrument.events().layers[channel] = Default::default();
        Ok(())
    })?;
    smu.function("abort", move |_, ctx, _| {
        ctx.instrument.cut[channel].store(true, std::sync::atomic::Ordering::SeqCst);
        // It has ended when the command returns.
        let going = || ctx.instrument.sweeping[channel].load(std::sync::atomic::Ordering::SeqCst);
        while going() && !ctx.stopped() {
            std::thread::sleep(std::time::Duration::from_micros(200));
        }
        ctx.cursor.waited(&*ctx.instrument.clock);
        ctx.lived()
    })?;
    smu.number(
        "sense",
        move |ctx| ctx.with(channel, |c| f64::from(c.sense)).unwrap_or(0.0),
        move |ctx, value| {
            if ![0.0, 1.0, 3.0].contains(&value) {
                return Err(Fault::parameter(1));
            }
            if value == 3.0 && ctx.with(channel, |c| c.is_on()) == Some(true) {
                return Err(Fault::new(5008));
            }
            ctx.with(channel, |c| c.sense = value as u8);
            Ok(())
        },
    )?;
    // measureXandstep: measure, then go to the next level at once.
    for name in ["i", "v", "r", "p", "iv"] {
        let kinds = measure::kinds(name);
        smu.function(&format!("measure{name}andstep"), move |_, ctx, mut args: MultiValue| {
            let level = args.pop_back().unwrap_or(Value::Nil);
            let result = measure::call(ctx, channel, &kinds, &args)?;
            let step = |level| ctx.with_now(channel, |c, now| c.set_level(c.source.func, level, now)).unwrap_or(Ok(()));
            ctx.attempt(number(&level).and_then(step));
            Ok(result)
        })?;
    }
    Ok(smu)
}

fn contact(lua: &Lua, ctx: &Ctx, path: &'static str) -> mlua::Result<Commands> {
    let contact = Commands::new(lua, ctx)?;
    let path = format!("{path}.contact");
    contact.keep(&path, "threshold", 50.0, Allowed::Range(0.0, 1e37))?;
    contact.keep(&path, "speed", 0.0, Allowed::UpTo(2.0))?;
    contact.function("check", |_, _, _| Ok(true))?;
    contact.function("r", |_, _, _| Ok((0.0, 0.0)))?;
    Ok(contact)
}

fn calibration(lua: &Lua, ctx: &Ctx) -> mlua::Result<Commands> {
    let cal = Commands::new(lua, ctx)?;
    for name in ["date", "due", "adjustdate"] {
        cal.get(name, |_, _| Ok(0.0))?;
    }
    cal.get("password", |_, _| Ok(""))?;
    cal.get("state", |_, _| Ok(0.0))?;
    cal.get("polarity", |_, _| Ok(0.0))?;
    // Calibration stays locked: there is nothing to calibrate.
    for name in ["lock", "restore", "save", "unlock"] {
        cal.function(name, |_, ctx, _| {
            ctx.queue(Fault::new(-221));
            Ok(())
        })?;
    }
    Ok(cal)
}
