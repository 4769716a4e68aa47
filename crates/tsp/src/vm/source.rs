//! `smuX.source`.

use mlua::Lua;

use super::context::Ctx;
use super::table::{Allowed, Commands};
use crate::channel::{AMPS, Channel, VOLTS};
use crate::fault::Fault;

fn choice(value: f64, most: u8) -> Result<u8, Fault> {
    if value.fract() == 0.0 && value >= 0.0 && value <= f64::from(most) { Ok(value as u8) } else { Err(Fault::parameter(1)) }
}

/// An attribute of the channel with its setter.
macro_rules! attribute {
    ($table:expr, $channel:expr, $name:expr, |$c:ident| $get:expr, |$d:ident, $value:ident, $now:ident| $set:expr) => {{
        let channel = $channel;
        $table.number(
            $name,
            move |ctx| ctx.with(channel, |$c: &mut Channel| $get).unwrap_or(0.0),
            move |ctx, $value| ctx.with_now(channel, |$d: &mut Channel, $now: f64| $set).unwrap_or(Ok(())),
        )?
    }};
}
pub(super) use attribute;

/// Makes the table.
///
/// # Errors
/// No memory.
pub fn table(lua: &Lua, ctx: &Ctx, channel: usize, path: &'static str) -> mlua::Result<Commands> {
    let t = Commands::new(lua, ctx)?;
    // Reads back 0 when it is off with open terminals.
    attribute!(t, channel, "output", |c| f64::from(u8::from(c.is_on())), |c, v, now| c.set_output(choice(v, 2)?, now));
    attribute!(t, channel, "func", |c| c.source.func as f64, |c, v, now| {
        c.source.func = usize::from(choice(v, 1)?);
        c.swept = None;
        c.apply(now);
        Ok(())
    });
    for (what, letter) in [(AMPS, "i"), (VOLTS, "v")] {
        let name = |word: &str| format!("{word}{letter}");
        attribute!(t, channel, &name("level"), |c| c.source.level[what], |c, v, now| c.set_level(what, v, now));
        attribute!(t, channel, &name("limit"), |c| c.source.limit[what], |c, v, now| c.set_limit(what, v, now));
        attribute!(t, channel, &name("range"), |c| c.source_range(what), |c, v, now| c.set_source_range(what, v, now));
        attribute!(t, channel, &name("autorange"), |c| f64::from(u8::from(c.source.auto[what])), |c, v, now| {
            let auto = choice(v, 1)? == 1;
            c.set_source_auto(what, auto, now);
            Ok(())
        });
        attribute!(t, channel, &name("offlimit"), |c| c.source.off_limit[what], |c, v, now| {
            let (low, high, _) = if what == AMPS { c.model.limit_amps() } else { c.model.limit_volts() };
            Allowed::Range(low, high).check(v)?;
            c.source.off_limit[what] = v;
            c.apply(now);
            Ok(())
        });
        lowrange(&t, &name("lowrange"), &format!("{path}.source.lowrange{letter}"), channel, what)?;
    }
    attribute!(t, channel, "delay", |c| c.source.delay, |c, v, _now| {
        if v != -1.0 {
            Allowed::Range(0.0, 100e3).check(v)?;
        }
        c.source.delay = v;
        Ok(())
    });
    attribute!(t, channel, "offmode", |c| f64::from(c.source.off_mode), |c, v, now| {
        c.source.off_mode = choice(v, 2)?;
        c.apply(now);
        Ok(())
    });
    attribute!(t, channel, "highc", |c| f64::from(u8::from(c.source.high_c)), |c, v, _now| {
        c.source.high_c = choice(v, 1)? == 1;
        if c.source.high_c {
            // source-meter.md 5.1: the meter follows the limit, from 1 uA on.
            c.measure.auto[AMPS] = 2;
            c.measure.low[AMPS] = c.measure.low[AMPS].max(1e-6);
        }
        Ok(())
    });
    t.get("compliance", move |_, ctx| {
        let now = ctx.cursor.start(&*ctx.instrument.clock);
        Ok(ctx.with(channel, |c| c.compliance(now)).unwrap_or(false))
    })?;
    t.keep(path, "limitp", 0.0, Allowed::Range(0.0, 200.0))?;
    t.keep(path, "offfunc", 1.0, Allowed::UpTo(1.0))?;
    t.keep(path, "settling", 0.0, Allowed::UpTo(128.0))?;
    t.keep(path, "sink", 0.0, Allowed::UpTo(1.0))?;
    t.keep(path, "outputenableaction", 0.0, Allowed::UpTo(1.0))?;
    t.function("calibratei", |_, ctx, _| {
        ctx.queue(Fault::new(-221));
        Ok(())
    })?;
    t.function("calibratev", |_, ctx, _| {
        ctx.queue(Fault::new(-221));
        Ok(())
    })?;
    Ok(t)
}

/// The lowest range of the source; kept.
fn lowrange(t: &Commands, name: &str, path: &str, channel: usize, what: usize) -> mlua::Result<()> {
    use crate::instrument::Kept;
    let (read, write) = (path.to_owned(), path.to_owned());
    t.number(
        name,
        move |ctx| match ctx.instrument.state().kept.get(&read) {
            Some(Kept::Number(n)) => *n,
            _ => 0.0,
        },
        move |ctx, value| {
            let full = ctx.with(channel, |c| c.range_for(what, value)).unwrap_or_else(|| Err(Fault::new(-222)))?.full;
            ctx.instrument.state().kept.insert(write.clone(), Kept::Number(full));
            Ok(())
        },
    )
}
