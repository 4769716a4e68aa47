//! The guarded script that runs on the instrument, generated from the plan (TSP, which is Lua 5.0.2).
//!
//! What it says, each line with the sum of its numbers at its end (`reply.rs`): `R` it begins; `S` a sample; `N` a step is over;
//! `B` all is said for this beat; `X` it is over and the output is off. It prints only when it is asked, by `*TRG`, and at its end.

use std::fmt::Write;

use super::plan::{Drive, Plan, Segment};
use crate::protocol::AfterBreak;
use crate::trip::{IN_TSP, NEW_IN_TSP, rule_in_tsp};

/// Lines said in one beat at most: they fit into the buffers between, so that a host that stops reading cannot block the script.
const MOST_LINES: usize = 400;

/// The part that is the same for every plan. `pt.why` says why it is to end.
const GUARD: &str = r#"
local function say(line)
pt.n = pt.n + 1
pt.q[pt.n] = line
end
local function beat()
pt.beat = timer.measure.t()
local last = math.min(pt.n, pt.h + MOST_LINES)
while pt.h < last do
pt.h = pt.h + 1
print(pt.q[pt.h])
pt.q[pt.h] = nil
end
local t = timer.measure.t()
print(string.format("B %.6f %d %.4f", t, pt.n - pt.h, t + pt.n - pt.h))
pt.beat = timer.measure.t()
end
local function look(rest)
if trigger.wait(rest) then beat() end
if timer.measure.t() - pt.beat > pt.grace then pt.why = "lost" end
if errorqueue.count > 0 then pt.why = "error" end
end
local function wait_until(due)
repeat
local rest = due - timer.measure.t()
if rest < 0 then rest = 0 end
if rest > 0.1 then rest = 0.1 end
look(rest)
until pt.why or timer.measure.t() >= due
end
local function off()
smua.source.levelv = 0
smua.source.output = smua.OUTPUT_OFF
pt.on = false
pt.level = 0
end
local function apply(level)
smua.source.levelv = level
pt.level = level
if not pt.on then
smua.source.output = smua.OUTPUT_ON
pt.on = true
end
end
local function set(p)
if p.limit > 0 then
if not pt.on then smua.source.levelv = 0 end
smua.source.limiti = p.limit
smua.measure.rangei = p.range
end
smua.measure.nplc = p.nplc
pt.range = smua.measure.rangei
end
local function sample(p, s, level)
if p.delay > 0.05 then
wait_until(timer.measure.t() + p.delay)
if pt.why then return true end
elseif p.delay > 0 then
delay(p.delay)
end
local i, v = smua.measure.iv()
local t = timer.measure.t()
local limited = smua.source.compliance
local range = smua.measure.rangei
if i == nil then
pt.why = "error"
return true
end
local flags, f, shown = 0, 0, level
if limited then
flags = 1
f = 1
shown = v
end
if math.abs(i) > 9e37 then
flags = flags + 2
f = 2
elseif range ~= pt.range then
flags = flags + 16
f = 2
pt.range = range
end
local fell = p.trip ~= nil and pt_trip(p.trip, s, shown, i, f)
local ends = fell and p.after ~= 2
if ends and p.after == 0 then off() end
if fell then flags = flags + 4 end
local sum = pt.k + pt.s + 1e3 * shown + t + flags
if math.abs(i) < 9e37 then sum = sum + 1e6 * i end
say(string.format("S %d %d %.11e %.11e %.6f %d %.4f", pt.k, pt.s, shown, i, t, flags, sum))
pt.k = pt.k + 1
if ends then
pt.tripped = 1
pt.held = p.after == 1
pt.t = t
pt.l = level
end
return ends
end
local function sweep(p, s)
for j = 1, table.getn(p.to) do
local from = pt.level
local to = p.to[j]
local n = math.max(0, math.ceil(math.abs(to - from) / p.step - 1e-9))
local sign = 1
if to < from then sign = -1 end
local start = timer.measure.t()
for k = 0, n - 1 do
local level = from + sign * k * p.step
apply(level)
if sample(p, s, level) then return end
wait_until(start + (k + 1) * p.dt)
if pt.why then return end
end
if n > 0 then apply(to) end
end
end
local function hold(p, s)
local start = timer.measure.t()
for k = 0, math.floor(p.time / p.dt + 1e-9) - 1 do
if sample(p, s, pt.level) then return end
wait_until(start + (k + 1) * p.dt)
if pt.why then return end
end
wait_until(start + p.time)
end
local function run(p)
local s = NEW
pt.tripped = 0
pt.l = 0
set(p)
if p.kind == 3 then
if pt.held then
hold(p, s)
else
off()
wait_until(timer.measure.t() + p.time)
end
else
pt.held = false
if p.kind == 1 then
sweep(p, s)
else
apply(p.level)
hold(p, s)
end
end
if pt.tripped == 0 then
pt.t = timer.measure.t()
pt.l = pt.level
end
if not pt.why then
say(string.format("N %d %d %.6f %.11e %.4f", pt.s, pt.tripped, pt.t, pt.l, pt.s + pt.tripped + pt.t + 1e3 * pt.l))
end
pt.s = pt.s + 1
end
"#;

const END: &str = r#"
trigger.clear()
timer.reset()
pt.beat = timer.measure.t()
print("R")
local ok, what = pcall(function()
for j = 1, table.getn(steps) do
if not pt.why then run(steps[j]) end
end
end)
off()
if not ok then
pt.why = "stopped: " .. string.gsub(tostring(what), "%c", " ")
elseif pt.why == "error" then
pt.why = "error"
for j = 1, math.min(3, errorqueue.count) do
local code, message = errorqueue.next()
pt.why = pt.why .. " " .. string.format("%d", code) .. " " .. string.gsub(message, "%c", " ") .. ";"
end
end
while pt.h < pt.n do
pt.h = pt.h + 1
print(pt.q[pt.h])
pt.q[pt.h] = nil
end
print(string.format("X %.6f ", timer.measure.t()) .. (pt.why or "end"))
"#;

/// The script of a plan; `grace` [s] is how long it goes on without hearing from its host.
pub fn script(plan: &Plan, grace: f64) -> String {
    let mut out = String::from("loadandrunscript\n");
    let _ = writeln!(
        out,
        "local pt = {{q = {{}}, n = 0, h = 0, k = 0, s = 0, grace = {grace:e}, level = 0, on = false, held = false, tripped = 0, t = 0, l = 0}}"
    );
    out += &IN_TSP.replace("function pt_", "local function pt_");
    out += GUARD.replace("MOST_LINES", &MOST_LINES.to_string()).replace("NEW", NEW_IN_TSP).trim_start();
    out += "local steps = {}\n";
    for (k, segment) in plan.segments.iter().enumerate() {
        let _ = writeln!(out, "steps[{}] = {}", k + 1, table(segment));
        if let Drive::Sweep { to, .. } = &segment.drive {
            let _ = writeln!(out, "steps[{}].to = {{}}", k + 1);
            for (j, v) in to.iter().enumerate() {
                let _ = writeln!(out, "steps[{}].to[{}] = {v:e}", k + 1, j + 1);
            }
        }
    }
    out += END.trim_start();
    out += "endscript";
    out
}

fn table(s: &Segment) -> String {
    let kind = match s.drive {
        Drive::Sweep { step, .. } => format!("kind = 1, step = {step:e}"),
        Drive::Hold { voltage, time } => format!("kind = 2, level = {voltage:e}, time = {time:e}"),
        Drive::Wait { time } => format!("kind = 3, time = {time:e}"),
    };
    let after = match s.after_break {
        AfterBreak::Off => 0,
        AfterBreak::Hold => 1,
        AfterBreak::Continue => 2,
    };
    let trip = s.trip.as_ref().map_or("nil".to_owned(), rule_in_tsp);
    format!(
        "{{{kind}, dt = {:e}, delay = {:e}, nplc = {:e}, limit = {:e}, range = {:e}, after = {after}, trip = {trip}}}",
        s.interval, s.delay, s.nplc, s.limit, s.range
    )
}
