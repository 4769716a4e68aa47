//! `smuX.measure`.

use mlua::{Lua, MultiValue, Value};

use super::buffers;
use super::context::{Ctx, number};
use super::source::attribute;
use super::table::{Allowed, Commands};
use crate::buffer::SharedBuffer;
use crate::channel::{AMPS, Channel, VOLTS};
use crate::fault::Fault;
use crate::reading::{Kind, take};

/// What is measured, by the letters of its command.
pub fn kinds(name: &str) -> Vec<Kind> {
    name.chars()
        .map(|letter| match letter {
            'i' => Kind::Current,
            'v' => Kind::Voltage,
            'r' => Kind::Resistance,
            _ => Kind::Power,
        })
        .collect()
}

/// Measures: the last readings, or nothing with an error in the queue.
///
/// # Errors
/// What runs is to end.
pub fn call(ctx: &Ctx, channel: usize, kinds: &[Kind], args: &MultiValue) -> mlua::Result<MultiValue> {
    let mut into: Vec<SharedBuffer> = Vec::new();
    for (n, value) in args.iter().enumerate() {
        match buffers::of(value) {
            Some(buffer) => into.push(buffer),
            None if *value == Value::Nil => {}
            None => {
                ctx.queue(Fault::parameter(n + 1));
                return Ok(MultiValue::new());
            }
        }
    }
    if !into.is_empty() && into.len() < kinds.len() {
        ctx.queue(Fault::too_few(kinds.len()));
        return Ok(MultiValue::new());
    }
    if ctx.instrument.sweeping[channel].load(std::sync::atomic::Ordering::SeqCst) {
        ctx.queue(Fault::new(5042));
        return Ok(MultiValue::new());
    }
    into.iter().for_each(|buffer| crate::buffer::lock(buffer).begin());
    let Some((count, interval)) = ctx.with(channel, |c| (c.measure.count, c.measure.interval)) else { return Ok(MultiValue::new()) };
    let first = ctx.cursor.start(&*ctx.instrument.clock);
    let mut last = Vec::new();
    for k in 0..count as u64 {
        let rest = first + k as f64 * interval - ctx.cursor.start(&*ctx.instrument.clock);
        if k > 0 && rest > 0.0 {
            ctx.wait(rest)?;
        }
        let taken = take(&ctx.instrument, channel, kinds, &ctx.cursor, &|| ctx.stopped());
        ctx.lived()?;
        let Some(taken) = taken else { return Ok(MultiValue::new()) };
        let mut full = false;
        for (buffer, (entry, time)) in into.iter().zip(&taken) {
            full |= !crate::buffer::lock(buffer).add(*entry, *time);
        }
        last = taken;
        if full {
            // A full buffer ends the call.
            break;
        }
    }
    if !into.is_empty() {
        ctx.with(channel, |c| c.condition |= crate::channel::condition::BUFFER);
    }
    Ok(last.iter().map(|(entry, _)| Value::Number(entry.reading)).collect())
}

/// Makes the table.
///
/// # Errors
/// No memory.
pub fn table(lua: &Lua, ctx: &Ctx, channel: usize, path: &'static str) -> mlua::Result<Commands> {
    let t = Commands::new(lua, ctx)?;
    for name in ["i", "v", "r", "p", "iv"] {
        let kinds = kinds(name);
        t.function(name, move |_, ctx, args| call(ctx, channel, &kinds, &args))?;
        let kinds = self::kinds(name);
        // Beside the script on the instrument; here it is done before the script goes on.
        t.function(&format!("overlapped{name}"), move |_, ctx, args| call(ctx, channel, &kinds, &args).map(|_| ()))?;
    }
    for (what, letter) in [(AMPS, "i"), (VOLTS, "v")] {
        let name = |word: &str| format!("{word}{letter}");
        attribute!(t, channel, &name("range"), |c| c.measure_range(what), |c, v, _now| c.set_measure_range(what, v));
        let most = if what == AMPS { 2.0 } else { 1.0 };
        attribute!(t, channel, &name("autorange"), |c| f64::from(c.measure.auto[what]), |c, v, _now| {
            Allowed::UpTo(most).check(v)?;
            if what == AMPS && c.source.high_c && v != 2.0 {
                return Err(Fault::new(5069));
            }
            c.measure.auto[what] = v as u8;
            Ok(())
        });
        attribute!(t, channel, &name("lowrange"), |c| c.measure.low[what], |c, v, _now| {
            c.measure.low[what] = c.range_for(what, v)?.full;
            Ok(())
        });
    }
    attribute!(t, channel, "nplc", |c| c.measure.nplc, |c, v, _now| {
        Allowed::Range(0.001, 25.0).check(v)?;
        c.measure.stale |= c.measure.nplc != v;
        c.measure.nplc = v;
        Ok(())
    });
    attribute!(t, channel, "autozero", |c| f64::from(c.measure.autozero), |c, v, _now| {
        Allowed::UpTo(2.0).check(v)?;
        c.measure.autozero = v as u8;
        c.measure.stale |= v == 1.0;
        Ok(())
    });
    attribute!(t, channel, "delay", |c| c.measure.delay, |c, v, _now| {
        if v != -1.0 {
            Allowed::Range(0.0, 100e3).check(v)?;
        }
        c.measure.delay = v;
        Ok(())
    });
    attribute!(t, channel, "count", |c| c.measure.count, |c, v, _now| {
        Allowed::Range(1.0, 60_000.0).check(v.floor())?;
        c.measure.count = v.floor();
        Ok(())
    });
    attribute!(t, channel, "interval", |c| c.measure.interval, |c, v, _now| {
        Allowed::Range(0.0, 1.0).check(v)?;
        c.measure.interval = v;
        Ok(())
    });
    let measure_path = format!("{path}.measure");
    t.keep(&measure_path, "delayfactor", 1.0, Allowed::Range(0.0, 100.0))?;
    t.keep(&measure_path, "analogfilter", 1.0, Allowed::UpTo(1.0))?;
    t.keep(&measure_path, "highcrangedelayfactor", 10.0, Allowed::Range(1.0, 99.0))?;
    // Digital filters average readings; the virtual instrument takes the settings and does not filter.
    let filter = Commands::new(lua, ctx)?;
    let filter_path = format!("{path}.measure.filter");
    filter.keep(&filter_path, "count", 1.0, Allowed::Range(1.0, 100.0))?;
    filter.keep(&filter_path, "type", 1.0, Allowed::UpTo(2.0))?;
    filter.number(
        "enable",
        |_| 0.0,
        |_, v| if v == 0.0 { Ok(()) } else { Err(Fault::with(-286, "TSP Runtime error: digital filters are not simulated")) },
    )?;
    t.object("filter", filter.table)?;
    let rel = Commands::new(lua, ctx)?;
    for (n, letter) in ["i", "v", "r", "p"].into_iter().enumerate() {
        attribute!(rel, channel, &format!("level{letter}"), |c| c.measure.rel[n], |c, v, _now| {
            Allowed::Range(-1e37, 1e37).check(v)?;
            c.measure.rel[n] = v;
            Ok(())
        });
        attribute!(rel, channel, &format!("enable{letter}"), |c| f64::from(u8::from(c.measure.rel_on[n])), |c, v, _now| {
            Allowed::UpTo(1.0).check(v)?;
            c.measure.rel_on[n] = v == 1.0;
            Ok(())
        });
    }
    t.object("rel", rel.table)?;
    for name in ["calibratei", "calibratev"] {
        t.function(name, |_, ctx, _| {
            ctx.queue(Fault::new(-221));
            Ok(())
        })?;
    }
    Ok(t)
}

/// The number at a place among arguments.
///
/// # Errors
/// It is missing or none.
pub fn number_at(args: &MultiValue, at: usize) -> Result<f64, Fault> {
    match args.get(at) {
        None | Some(Value::Nil) => Err(Fault::too_few(at + 1)),
        Some(value) => number(value).map_err(|_| Fault::parameter(at + 1)),
    }
}
