//! `string.find`, `match`, `gmatch`, `gfind` and `gsub` on the matcher with a budget.

use std::cell::Cell;

use mlua::{Lua, LuaString, MultiValue, Table, Value};

use super::context::{Ctx, runtime};
use super::pattern::{Capture, Matcher, Trouble};
use super::sandbox::Limits;

/// Runs a matcher on the budget of the line.
fn budgeted<T>(ctx: &Ctx, text: &[u8], pattern: &[u8], f: impl FnOnce(&mut Matcher) -> Result<T, Trouble>) -> mlua::Result<T> {
    let mut matcher = Matcher::new(text, pattern, ctx.pattern_steps.get());
    let result = f(&mut matcher);
    ctx.pattern_steps.set(matcher.steps);
    ctx.check()?;
    result.map_err(|t| runtime(t.text()))
}

/// The first match from `from` on, with its captures.
fn first(m: &mut Matcher, text: &[u8], pattern: &[u8], from: usize, whole: bool) -> Result<Option<(usize, usize, Vec<Capture>)>, Trouble> {
    let anchored = pattern.first() == Some(&b'^');
    for at in from..=text.len() {
        if let Some(end) = m.at(at, usize::from(anchored))? {
            return Ok(Some((at, end, m.captures(at, end, whole)?)));
        }
        if anchored {
            break;
        }
    }
    Ok(None)
}

fn value(lua: &Lua, text: &[u8], capture: Capture) -> mlua::Result<Value> {
    Ok(match capture {
        Capture::Text(from, to) => Value::String(lua.create_string(&text[from..to])?),
        Capture::Place(at) => Value::Number(at as f64),
    })
}

fn string(lua: &Lua, args: &MultiValue, at: usize, name: &str) -> mlua::Result<LuaString> {
    let given = args.get(at).cloned().unwrap_or(Value::Nil);
    let text = if matches!(given, Value::Nil | Value::Boolean(_)) { None } else { lua.coerce_string(given)? };
    text.ok_or_else(|| runtime(format!("bad argument #{} to `{name}' (string expected)", at + 1)))
}

/// Where a search begins: from 0, of a place from 1 that may count from the end.
fn init(args: &MultiValue, length: usize) -> usize {
    let n = args.get(2).and_then(Value::as_f64).unwrap_or(1.0);
    let at = if n < 0.0 { (length as f64 + n).max(0.0) } else { (n - 1.0).max(0.0) };
    (at as usize).min(length)
}

fn find(lua: &Lua, ctx: &Ctx, args: &MultiValue, find: bool) -> mlua::Result<MultiValue> {
    let name = if find { "find" } else { "match" };
    let (text, pattern) = (string(lua, args, 0, name)?, string(lua, args, 1, name)?);
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let from = init(args, text.len());
    let plain = args.get(3).is_some_and(|v| !matches!(v, Value::Nil | Value::Boolean(false)));
    if find && (plain || !pattern.iter().any(|c| b"^$*+?.([%-".contains(c))) {
        let cost = (text.len() as u64).saturating_add(pattern.len() as u64);
        ctx.pattern_steps.set(ctx.pattern_steps.get().checked_sub(cost).ok_or_else(|| runtime(Trouble::TooComplex.text()))?);
        let at = memchr(&text[from..], &pattern).map(|at| from + at);
        return Ok(match at {
            Some(at) => [at as f64 + 1.0, (at + pattern.len()) as f64].map(Value::Number).into_iter().collect(),
            None => MultiValue::from_vec(vec![Value::Nil]),
        });
    }
    let found = budgeted(ctx, &text, &pattern, |m| first(m, &text, &pattern, from, !find))?;
    let Some((start, end, captures)) = found else { return Ok(MultiValue::from_vec(vec![Value::Nil])) };
    let mut out = MultiValue::new();
    if find {
        out.push_back(Value::Number(start as f64 + 1.0));
        out.push_back(Value::Number(end as f64));
    }
    for capture in captures {
        out.push_back(value(lua, &text, capture)?);
    }
    Ok(out)
}

/// Where a text occurs in another; linear but for texts made to be slow, which are short here.
fn memchr(text: &[u8], wanted: &[u8]) -> Option<usize> {
    if wanted.is_empty() {
        return Some(0);
    }
    let (first, last) = (wanted[0], text.len().checked_sub(wanted.len())?);
    (0..=last).find(|at| text[*at] == first && &text[*at..at + wanted.len()] == wanted)
}

fn gmatch(lua: &Lua, ctx: &Ctx, args: &MultiValue) -> mlua::Result<Value> {
    let (text, pattern) = (string(lua, args, 0, "gmatch")?, string(lua, args, 1, "gmatch")?);
    let (at, ctx) = (Cell::new(0), ctx.clone());
    let next = lua.create_function(move |lua, _: MultiValue| {
        let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
        if at.get() > text.len() {
            return Ok(MultiValue::from_vec(vec![Value::Nil]));
        }
        // An anchor has no meaning here: it is matched as a character, as in Lua 5.1.
        let found = budgeted(&ctx, &text, &pattern, |m| {
            for start in at.get()..=text.len() {
                if let Some(end) = m.at(start, 0)? {
                    return Ok(Some((start, end, m.captures(start, end, true)?)));
                }
            }
            Ok(None)
        })?;
        let Some((start, end, captures)) = found else {
            at.set(text.len() + 1);
            return Ok(MultiValue::from_vec(vec![Value::Nil]));
        };
        at.set(if end == start { end + 1 } else { end });
        captures.into_iter().map(|c| value(lua, &text, c)).collect()
    })?;
    Ok(Value::Function(next))
}

fn gsub(lua: &Lua, ctx: &Ctx, args: &MultiValue, longest: usize) -> mlua::Result<(LuaString, f64)> {
    let (text, pattern) = (string(lua, args, 0, "gsub")?, string(lua, args, 1, "gsub")?);
    let (text, pattern) = (text.as_bytes().to_vec(), pattern.as_bytes().to_vec());
    let with = args.get(2).cloned().unwrap_or(Value::Nil);
    let template = match &with {
        Value::Function(_) | Value::Table(_) => None,
        Value::String(s) => Some(s.as_bytes().to_vec()),
        Value::Integer(_) | Value::Number(_) => Some(string(lua, args, 2, "gsub")?.as_bytes().to_vec()),
        _ => return Err(runtime("bad argument #3 to `gsub' (string/function/table expected)")),
    };
    let most = args.get(3).and_then(Value::as_f64).map_or(usize::MAX, |n| n.max(0.0) as usize);
    let anchored = pattern.first() == Some(&b'^');
    let (mut out, mut at, mut n) = (Vec::new(), 0, 0);
    while n < most {
        let found = budgeted(ctx, &text, &pattern, |m| match m.at(at, usize::from(anchored))? {
            Some(end) => Ok(Some((end, m.captures(at, end, true)?))),
            None => Ok(None),
        })?;
        if let Some((end, captures)) = &found {
            n += 1;
            match &template {
                Some(template) => fill(&mut out, template, &text, (at, *end), captures, lua)?,
                None => {
                    let arguments: MultiValue = captures.iter().map(|c| value(lua, &text, *c)).collect::<mlua::Result<_>>()?;
                    let made = match &with {
                        Value::Function(f) => f.call::<Value>(arguments)?,
                        Value::Table(t) => t.get::<Value>(arguments.into_iter().next().unwrap_or(Value::Nil))?,
                        _ => Value::Nil,
                    };
                    match made {
                        Value::Nil | Value::Boolean(false) => out.extend_from_slice(&text[at..*end]),
                        made => {
                            let kind = made.type_name();
                            let made = lua.coerce_string(made)?.ok_or_else(|| runtime(format!("invalid replacement value (a {kind})")))?;
                            out.extend_from_slice(&made.as_bytes());
                        }
                    }
                }
            }
        }
        if out.len() > longest {
            return Err(runtime("resulting string too large"));
        }
        match found {
            Some((end, _)) if end > at => at = end,
            _ if at < text.len() => {
                out.push(text[at]);
                at += 1;
            }
            _ => break,
        }
        if anchored {
            break;
        }
    }
    out.extend_from_slice(text.get(at..).unwrap_or_default());
    Ok((lua.create_string(out)?, n as f64))
}

/// The replacement with its `%1`.
fn fill(out: &mut Vec<u8>, template: &[u8], text: &[u8], whole: (usize, usize), captures: &[Capture], lua: &Lua) -> mlua::Result<()> {
    let mut bytes = template.iter().copied();
    while let Some(c) = bytes.next() {
        if c != b'%' {
            out.push(c);
            continue;
        }
        match bytes.next() {
            Some(b'0') => out.extend_from_slice(&text[whole.0..whole.1]),
            Some(d) if d.is_ascii_digit() => match captures.get(usize::from(d - b'1')) {
                Some(Capture::Text(a, b)) => out.extend_from_slice(&text[*a..*b]),
                Some(Capture::Place(at)) => {
                    let text = lua.coerce_string(Value::Number(*at as f64))?;
                    out.extend_from_slice(&text.map(|t| t.as_bytes().to_vec()).unwrap_or_default());
                }
                None => return Err(runtime("invalid capture index")),
            },
            Some(other) => out.push(other),
            None => return Err(runtime("invalid use of `%' in replacement string")),
        }
    }
    Ok(())
}

/// Replaces the functions of Lua's own library.
///
/// # Errors
/// No memory.
pub fn replace(lua: &Lua, ctx: &Ctx, limits: Limits) -> mlua::Result<()> {
    let string: Table = lua.globals().raw_get("string")?;
    let c = ctx.clone();
    string.raw_set("find", lua.create_function(move |lua, args: MultiValue| find(lua, &c, &args, true))?)?;
    let c = ctx.clone();
    string.raw_set("match", lua.create_function(move |lua, args: MultiValue| find(lua, &c, &args, false))?)?;
    for name in ["gmatch", "gfind"] {
        let c = ctx.clone();
        string.raw_set(name, lua.create_function(move |lua, args: MultiValue| gmatch(lua, &c, &args))?)?;
    }
    let c = ctx.clone();
    string.raw_set("gsub", lua.create_function(move |lua, args: MultiValue| gsub(lua, &c, &args, limits.string))?)
}
