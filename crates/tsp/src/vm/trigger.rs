//! `smuX.trigger` and `trigger`.

use std::sync::Arc;

use mlua::{Lua, MultiValue, Table, Value};

use super::buffers;
use super::context::Ctx;
use super::measure::{kinds, number_at};
use super::table::{Allowed, Commands};
use crate::channel::{AMPS, VOLTS};
use crate::events::{self, Detector, Events, Layer, Timer};
use crate::fault::Fault;
use crate::reading::Kind;
use crate::sweep::{self, MOST_POINTS, Plan};

/// Of the instrument's timer [s].
const RESOLUTION: f64 = 1e-6;

fn id(value: f64) -> Result<u32, Fault> {
    Allowed::Range(0.0, 1000.0).check(value).map(|()| value as u32).map_err(|_| Fault::parameter(1))
}

/// `stimulus` of something that waits.
fn stimulus(t: &Commands, f: impl Fn(&mut Events) -> &mut Detector + Copy + 'static) -> mlua::Result<()> {
    t.number(
        "stimulus",
        move |ctx| f64::from(f(&mut ctx.instrument.events()).stimulus),
        move |ctx, v| {
            *f(&mut ctx.instrument.events()) = Detector { stimulus: id(v)?, ..Detector::default() };
            Ok(())
        },
    )
}

fn layer(lua: &Lua, ctx: &Ctx, channel: usize, layer: Layer) -> mlua::Result<Commands> {
    let t = Commands::new(lua, ctx)?;
    let n = layer as usize;
    stimulus(&t, move |e| &mut e.layers[channel][n])?;
    t.function("set", move |_, ctx, _| {
        ctx.instrument.events().layers[channel][n].seen = true;
        Ok(())
    })?;
    t.function("reset", move |_, ctx, _| {
        ctx.instrument.events().layers[channel][n].seen = false;
        Ok(())
    })?;
    Ok(t)
}

/// A number of the sweep's plan.
fn plan(t: &Commands, channel: usize, name: &str, allowed: Allowed, get: fn(&Plan) -> f64, set: fn(&mut Plan, f64)) -> mlua::Result<()> {
    t.number(
        name,
        move |ctx| ctx.instrument.state().plans.get(channel).map_or(0.0, get),
        move |ctx, v| {
            allowed.check(v)?;
            if let Some(p) = ctx.instrument.state().plans.get_mut(channel) {
                set(p, v);
            }
            Ok(())
        },
    )
}

fn points(args: &MultiValue, at: usize) -> Result<usize, Fault> {
    let n = number_at(args, at)?;
    if n >= 1.0 && n <= MOST_POINTS as f64 { Ok(n as usize) } else { Err(Fault::parameter(at + 1)) }
}

/// The numbers of a table.
fn list(args: &MultiValue) -> Result<Vec<f64>, Fault> {
    let Some(Value::Table(table)) = args.front() else { return Err(Fault::parameter(1)) };
    let n = table.raw_len();
    if n == 0 || n > MOST_POINTS {
        return Err(Fault::parameter(1));
    }
    (1..=n).map(|k| table.raw_get::<f64>(k).ok().filter(|v| v.is_finite()).ok_or_else(|| Fault::parameter(1))).collect()
}

fn levels(ctx: &Ctx, channel: usize, what: usize, levels: Result<Vec<f64>, Fault>) {
    let checked = levels.and_then(|l| match l.iter().find_map(|v| ctx.with(channel, |c| c.range_for(what, *v).err()).flatten()) {
        Some(fault) => Err(fault),
        None => Ok(l),
    });
    if let Some(levels) = ctx.attempt(checked)
        && let Some(p) = ctx.instrument.state().plans.get_mut(channel)
    {
        p.levels = Some((what, Arc::new(levels)));
    }
}

fn source(lua: &Lua, ctx: &Ctx, channel: usize) -> mlua::Result<Commands> {
    let t = layer(lua, ctx, channel, Layer::Source)?;
    plan(&t, channel, "action", Allowed::UpTo(1.0), |p| f64::from(p.source_action), |p, v| p.source_action = v as u8)?;
    plan(&t, channel, "limiti", Allowed::Range(0.0, 10.0), |p| p.limit[AMPS], |p, v| p.limit[AMPS] = v)?;
    plan(&t, channel, "limitv", Allowed::Range(0.0, 200.0), |p| p.limit[VOLTS], |p, v| p.limit[VOLTS] = v)?;
    for (what, letter) in [(AMPS, "i"), (VOLTS, "v")] {
        t.function(&format!("list{letter}"), move |_, ctx, args| {
            levels(ctx, channel, what, list(&args));
            Ok(())
        })?;
        t.function(&format!("linear{letter}"), move |_, ctx, args| {
            let all = number_at(&args, 0).and_then(|a| Ok(sweep::linear(a, number_at(&args, 1)?, points(&args, 2)?)));
            levels(ctx, channel, what, all);
            Ok(())
        })?;
        t.function(&format!("log{letter}"), move |_, ctx, args| {
            let all = number_at(&args, 0).and_then(|a| {
                let asymptote = if args.len() > 3 { number_at(&args, 3)? } else { 0.0 };
                sweep::logarithmic(a, number_at(&args, 1)?, points(&args, 2)?, asymptote).ok_or_else(|| Fault::parameter(4))
            });
            levels(ctx, channel, what, all);
            Ok(())
        })?;
    }
    Ok(t)
}

fn measure(lua: &Lua, ctx: &Ctx, channel: usize) -> mlua::Result<Commands> {
    let t = layer(lua, ctx, channel, Layer::Measure)?;
    plan(&t, channel, "action", Allowed::UpTo(2.0), |p| f64::from(p.measure_action), |p, v| p.measure_action = v as u8)?;
    for name in ["i", "v", "r", "p", "iv"] {
        t.function(name, move |_, ctx, args| {
            let kinds: Vec<Kind> = kinds(name);
            let into: Option<Vec<_>> = args.iter().map(buffers::of).collect();
            let into = into.filter(|b| b.len() == kinds.len()).ok_or_else(|| Fault::parameter(1));
            if let Some(into) = ctx.attempt(into)
                && let Some(p) = ctx.instrument.state().plans.get_mut(channel)
            {
                p.into = kinds.into_iter().zip(into).collect();
            }
            Ok(())
        })?;
    }
    Ok(t)
}

/// Makes `smuX.trigger`.
///
/// # Errors
/// No memory.
pub fn table(lua: &Lua, ctx: &Ctx, channel: usize, path: &str) -> mlua::Result<Commands> {
    let t = Commands::new(lua, ctx)?;
    let base = events::of_channel(channel);
    for (name, event) in [
        ("SWEEPING_EVENT_ID", events::SWEEPING),
        ("ARMED_EVENT_ID", events::ARMED),
        ("SOURCE_COMPLETE_EVENT_ID", events::SOURCE_COMPLETE),
        ("MEASURE_COMPLETE_EVENT_ID", events::MEASURE_COMPLETE),
        ("PULSE_COMPLETE_EVENT_ID", events::PULSE_COMPLETE),
        ("SWEEP_COMPLETE_EVENT_ID", events::SWEEP_COMPLETE),
        ("IDLE_EVENT_ID", events::IDLE),
    ] {
        t.object(name, base + event)?;
    }
    plan(&t, channel, "count", Allowed::Range(0.0, 1e9), |p| p.count, |p, v| p.count = v.floor())?;
    plan(&t, channel, "autoclear", Allowed::UpTo(1.0), |_| 0.0, |_, _| {})?;
    let arm = layer(lua, ctx, channel, Layer::Arm)?;
    plan(&arm, channel, "count", Allowed::Range(0.0, 1e9), |p| p.arm_count, |p, v| p.arm_count = v.floor())?;
    t.object("arm", arm.table)?;
    t.object("source", source(lua, ctx, channel)?.table)?;
    t.object("measure", measure(lua, ctx, channel)?.table)?;
    let end_pulse = layer(lua, ctx, channel, Layer::EndPulse)?;
    plan(&end_pulse, channel, "action", Allowed::UpTo(1.0), |p| f64::from(p.endpulse_action), |p, v| p.endpulse_action = v as u8)?;
    t.object("endpulse", end_pulse.table)?;
    let end_sweep = Commands::new(lua, ctx)?;
    plan(&end_sweep, channel, "action", Allowed::UpTo(1.0), |p| f64::from(p.endsweep_action), |p, v| p.endsweep_action = v as u8)?;
    t.object("endsweep", end_sweep.table)?;
    t.keep(&format!("{path}.trigger"), "ARMED", 0.0, Allowed::UpTo(0.0))?;
    t.function("initiate", move |_, ctx, _| {
        ctx.attempt(sweep::start(&ctx.instrument, channel));
        Ok(())
    })?;
    Ok(t)
}

/// Waits for something among the events; `true` if it came in time.
fn wait(ctx: &Ctx, args: &MultiValue, take: impl Fn(&mut Events) -> bool) -> mlua::Result<bool> {
    let Some(seconds) = ctx.attempt(number_at(args, 0)) else { return Ok(false) };
    let clock = &*ctx.instrument.clock;
    // From what the timer would say: a script waits for the rest of a time.
    let from = ctx.cursor.start(clock).max(clock.now());
    let until = from + seconds.clamp(0.0, 1e5);
    let there = loop {
        let (there, due) = {
            let mut events = ctx.instrument.events();
            events.run_timers(clock.now());
            (take(&mut events), events.next_timer())
        };
        if there || ctx.stopped() || clock.now() >= until {
            break there;
        }
        // Events of other threads are looked for often enough; those of timers are known.
        let slice = (clock.now() + 1e-3).min(until).min(due.unwrap_or(until).max(clock.now()));
        if !clock.wait(slice, &|| ctx.stopped()) {
            break false;
        }
    };
    ctx.lived()?;
    // Who only looks, being late, does not get later by it. A wait is never nothing: the rest of a time may be less than the rounding error of
    // the clock, and would not pass.
    if seconds > 0.0 {
        if there {
            ctx.cursor.waited(clock);
        } else {
            ctx.cursor.arrive(until.max(from + RESOLUTION));
        }
    }
    Ok(there)
}

fn waits(t: &Commands, take: impl Fn(&mut Events) -> bool + Copy + 'static) -> mlua::Result<()> {
    t.function("wait", move |_, ctx, args| wait(ctx, &args, take))
}

/// A table of numbered command tables.
fn numbered(lua: &Lua, ctx: &Ctx, n: usize, make: impl Fn(usize) -> mlua::Result<Table>) -> mlua::Result<Table> {
    let t = Commands::new(lua, ctx)?;
    (0..n).try_for_each(|k| t.table.raw_set(k + 1, make(k)?))?;
    Ok(t.table)
}

fn blender(lua: &Lua, ctx: &Ctx, n: usize) -> mlua::Result<Table> {
    let t = Commands::new(lua, ctx)?;
    t.object("EVENT_ID", events::of_blender(n))?;
    t.get("orenable", move |_, ctx| Ok(ctx.instrument.events().blenders[n].or))?;
    t.set("orenable", move |_, ctx, v| {
        ctx.instrument.events().blenders[n].or = super::context::number(&v)? != 0.0;
        Ok(())
    })?;
    t.get("overrun", move |_, ctx| Ok(ctx.instrument.events().blenders[n].inputs.iter().any(|i| i.overrun)))?;
    let stimuli = Commands::new(lua, ctx)?;
    stimuli.meta("luatype", "synchronous_table")?;
    let at = |k: &Value| match super::context::number(k) {
        Ok(k) if k >= 1.0 && k <= events::STIMULI as f64 && k.fract() == 0.0 => Ok(k as usize - 1),
        _ => Err(Fault::parameter(1)),
    };
    let c = ctx.clone();
    let index = lua.create_function(move |_, (_, key): (Value, Value)| {
        Ok(c.attempt(at(&key)).map(|k| f64::from(c.instrument.events().blenders[n].inputs[k].stimulus)))
    })?;
    let c = ctx.clone();
    let new_index = lua.create_function(move |_, (_, key, value): (Value, Value, Value)| {
        let set = at(&key).and_then(|k| Ok((k, id(super::context::number(&value)?)?)));
        if let Some((k, stimulus)) = c.attempt(set) {
            c.instrument.events().blenders[n].inputs[k] = Detector { stimulus, ..Detector::default() };
        }
        Ok(())
    })?;
    stimuli.meta("__index", index)?;
    stimuli.meta("__newindex", new_index)?;
    t.object("stimulus", stimuli.table)?;
    waits(&t, move |e| std::mem::take(&mut e.blenders[n].output))?;
    t.function("clear", move |_, ctx, _| {
        let blender = &mut ctx.instrument.events().blenders[n];
        blender.output = false;
        blender.inputs.iter_mut().for_each(|i| (i.seen, i.overrun) = (false, false));
        Ok(())
    })?;
    t.function("reset", move |_, ctx, _| {
        ctx.instrument.events().blenders[n] = Default::default();
        Ok(())
    })?;
    Ok(t.table)
}

fn timer(lua: &Lua, ctx: &Ctx, n: usize) -> mlua::Result<Table> {
    let t = Commands::new(lua, ctx)?;
    t.object("EVENT_ID", events::of_timer(n))?;
    stimulus(&t, move |e| &mut e.timers[n].start)?;
    let set = |name: &str, allowed: Allowed, get: fn(&Timer) -> f64, put: fn(&mut Timer, f64)| {
        t.number(
            name,
            move |ctx| get(&ctx.instrument.events().timers[n]),
            move |ctx, v| {
                allowed.check(v)?;
                put(&mut ctx.instrument.events().timers[n], v);
                Ok(())
            },
        )
    };
    set("delay", Allowed::Range(5e-7, 1e5), |t| t.delay, |t, v| t.delay = v)?;
    set("count", Allowed::Range(0.0, 1_048_575.0), |t| t.count, |t, v| t.count = v.floor())?;
    t.get("passthrough", move |_, ctx| Ok(ctx.instrument.events().timers[n].pass))?;
    t.set("passthrough", move |_, ctx, v| {
        ctx.instrument.events().timers[n].pass = super::context::number(&v)? != 0.0;
        Ok(())
    })?;
    t.get("overrun", move |_, ctx| Ok(ctx.instrument.events().timers[n].start.overrun))?;
    waits(&t, move |e| std::mem::take(&mut e.timers[n].output))?;
    for name in ["clear", "reset"] {
        t.function(name, move |_, ctx, _| {
            let timer = &mut ctx.instrument.events().timers[n];
            if name == "reset" {
                *timer = Timer::default();
            }
            timer.output = false;
            timer.start.overrun = false;
            Ok(())
        })?;
    }
    Ok(t.table)
}

fn generator(lua: &Lua, ctx: &Ctx, n: usize) -> mlua::Result<Table> {
    let t = Commands::new(lua, ctx)?;
    t.object("EVENT_ID", events::of_generator(n))?;
    t.function("assert", move |_, ctx, _| {
        ctx.instrument.events().generators[n] = true;
        ctx.instrument.post(events::of_generator(n));
        Ok(())
    })?;
    waits(&t, move |e| std::mem::take(&mut e.generators[n]))?;
    Ok(t.table)
}

/// Makes `trigger`.
///
/// # Errors
/// No memory.
pub fn global(lua: &Lua, ctx: &Ctx) -> mlua::Result<Commands> {
    let t = Commands::new(lua, ctx)?;
    t.object("EVENT_ID", events::COMMAND)?;
    t.object("blender", numbered(lua, ctx, events::BLENDERS, |n| blender(lua, ctx, n))?)?;
    t.object("timer", numbered(lua, ctx, events::TIMERS, |n| timer(lua, ctx, n))?)?;
    t.object("generator", numbered(lua, ctx, events::GENERATORS, |n| generator(lua, ctx, n))?)?;
    t.function("clear", |_, ctx, _| {
        ctx.instrument.events().clear_trg();
        Ok(())
    })?;
    waits(&t, Events::take_trg)?;
    Ok(t)
}
