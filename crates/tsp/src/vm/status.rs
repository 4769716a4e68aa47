//! `status`: registers that say what goes on.

use std::sync::atomic::Ordering;

use mlua::Lua;

use super::context::Ctx;
use super::table::{Allowed, Commands};
use crate::channel::condition;

/// A register: condition, event, enable, transition filters.
fn register(lua: &Lua, ctx: &Ctx, path: &str, read: impl Fn(&Ctx) -> f64 + Copy + 'static) -> mlua::Result<Commands> {
    let t = Commands::new(lua, ctx)?;
    t.get("condition", move |_, ctx| Ok(read(ctx)))?;
    t.get("event", move |_, ctx| Ok(read(ctx)))?;
    t.keep(path, "enable", 0.0, Allowed::Range(0.0, 65535.0))?;
    t.keep(path, "ntr", 0.0, Allowed::Range(0.0, 65535.0))?;
    t.keep(path, "ptr", 65535.0, Allowed::Range(0.0, 65535.0))?;
    Ok(t)
}

fn channel_condition(ctx: &Ctx, channel: usize) -> u16 {
    ctx.with(channel, |c| c.condition).unwrap_or(0)
}

/// Bits of the channels that say yes: 2 for A, 4 for B.
fn channels(ctx: &Ctx, yes: impl Fn(usize) -> bool) -> f64 {
    f64::from((0..ctx.instrument.model.channels()).filter(|n| yes(*n)).map(|n| 2u32 << n).sum::<u32>())
}

/// Makes `status`.
///
/// # Errors
/// No memory.
pub fn table(lua: &Lua, ctx: &Ctx) -> mlua::Result<Commands> {
    let t = Commands::new(lua, ctx)?;
    t.constants(&[
        ("MSB", 1.0),
        ("MEASUREMENT_SUMMARY_BIT", 1.0),
        ("SSB", 2.0),
        ("EAV", 4.0),
        ("ERROR_AVAILABLE", 4.0),
        ("QSB", 8.0),
        ("MAV", 16.0),
        ("MESSAGE_AVAILABLE", 16.0),
        ("ESB", 32.0),
        ("MSS", 64.0),
        ("OSB", 128.0),
    ])?;
    t.get("condition", |_, ctx| Ok(f64::from(ctx.instrument.status_byte())))?;
    t.keep("status", "node_enable", 0.0, Allowed::Range(0.0, 65535.0))?;
    t.number(
        "request_enable",
        |ctx| f64::from(ctx.instrument.state().service_enable),
        |ctx, v| {
            Allowed::Range(0.0, 255.0).check(v)?;
            ctx.instrument.state().service_enable = v as u8;
            Ok(())
        },
    )?;
    t.function("reset", |_, ctx, _| {
        ctx.instrument.state().kept.retain(|k, _| !k.starts_with("status."));
        Ok(())
    })?;
    let standard = Commands::new(lua, ctx)?;
    standard.constants(&[("OPC", 1.0), ("QYE", 4.0), ("DDE", 8.0), ("EXE", 16.0), ("CME", 32.0), ("URQ", 64.0), ("PON", 128.0)])?;
    standard.get("condition", |_, ctx| Ok(f64::from(ctx.instrument.state().event_register)))?;
    standard.get("event", |_, ctx| Ok(f64::from(std::mem::take(&mut ctx.instrument.state().event_register))))?;
    standard.number(
        "enable",
        |ctx| f64::from(ctx.instrument.state().event_enable),
        |ctx, v| {
            Allowed::Range(0.0, 255.0).check(v)?;
            ctx.instrument.state().event_enable = v as u8;
            Ok(())
        },
    )?;
    t.object("standard", standard.table)?;

    let any = |ctx: &Ctx, bit: u16| channels(ctx, |n| channel_condition(ctx, n) & bit != 0);
    let measurement = register(lua, ctx, "status.measurement", move |ctx| {
        let all = (0..ctx.instrument.model.channels()).fold(0, |a, n| a | channel_condition(ctx, n));
        f64::from(all)
    })?;
    let names = ["smua", "smub"];
    let instrument = register(lua, ctx, "status.measurement.instrument", move |ctx| channels(ctx, |n| channel_condition(ctx, n) != 0))?;
    for (n, name) in names.into_iter().enumerate().take(ctx.instrument.model.channels()) {
        let path = format!("status.measurement.instrument.{name}");
        instrument.object(name, register(lua, ctx, &path, move |ctx| f64::from(channel_condition(ctx, n)))?.table)?;
    }
    measurement.object("instrument", instrument.table)?;
    for (name, bit) in [
        ("voltage_limit", condition::VOLTAGE_LIMIT),
        ("current_limit", condition::CURRENT_LIMIT),
        ("reading_overflow", condition::OVERFLOW),
        ("buffer_available", condition::BUFFER),
    ] {
        let r = register(lua, ctx, &format!("status.measurement.{name}"), move |ctx| any(ctx, bit))?;
        // The bits' names, with their values.
        r.constants(&[("SMUA", 2.0), ("SMUB", 4.0)])?;
        measurement.object(name, r.table)?;
    }
    t.object("measurement", measurement.table)?;

    let sweeping = |ctx: &Ctx| channels(ctx, |n| ctx.instrument.sweeping[n].load(Ordering::SeqCst));
    let operation = register(lua, ctx, "status.operation", move |ctx| if ctx.instrument.is_sweeping() { 8.0 } else { 0.0 })?;
    for name in ["sweeping", "measuring", "calibrating", "trigger_overrun", "remote", "user", "instrument"] {
        let busy = name == "sweeping" || name == "measuring" || name == "instrument";
        let r = register(lua, ctx, &format!("status.operation.{name}"), move |ctx| if busy { sweeping(ctx) } else { 0.0 })?;
        r.constants(&[("SMUA", 2.0), ("SMUB", 4.0)])?;
        operation.object(name, r.table)?;
    }
    t.object("operation", operation.table)?;
    let questionable = register(lua, ctx, "status.questionable", |_| 0.0)?;
    for name in ["calibration", "over_temperature", "unstable_output", "instrument"] {
        questionable.object(name, register(lua, ctx, &format!("status.questionable.{name}"), |_| 0.0)?.table)?;
    }
    t.object("questionable", questionable.table)?;
    let system = register(lua, ctx, "status.system", |_| 0.0)?;
    t.object("system", system.table)?;
    Ok(t)
}
