//! From an error of the interpreter to an error of the instrument (science/source-meter.md section 4).

use crate::fault::Fault;

/// Name of every chunk; it marks places in messages.
pub const CHUNK: &str = "=TSP";

/// Longest message that is queued.
const LONGEST: usize = 400;

/// The error as it is queued: −285 if the text cannot run, −286 if it ran and failed.
pub fn fault(error: &mlua::Error) -> Fault {
    let mut place = None;
    let mut cause = error;
    // The place of an error in Rust is in the trace.
    while let mlua::Error::CallbackError { traceback, cause: inner } = cause {
        place = place.or_else(|| line_of(traceback));
        cause = inner;
    }
    let text = match cause {
        mlua::Error::SyntaxError { message, .. } => message.clone(),
        mlua::Error::RuntimeError(message) => message.clone(),
        mlua::Error::MemoryError(_) => "not enough memory".to_owned(),
        other => other.to_string(),
    };
    let syntax = matches!(cause, mlua::Error::SyntaxError { .. });
    let (text, trace) = text.split_once("\nstack traceback:").unwrap_or((&text, ""));
    let (line, text) = match split(text) {
        Some((line, rest)) => (Some(line), rest),
        None => (place.or_else(|| line_of(trace)), text),
    };
    // Where it is in a factory script or in this crate's own Lua says nothing to a client.
    let text = ["[C]:", "KISweep:"].iter().find_map(|p| text.strip_prefix(p)?.split_once(": ").map(|(_, t)| t)).unwrap_or(text);
    let mut message = format!("TSP {} error at line {}: {}", if syntax { "Syntax" } else { "Runtime" }, line.unwrap_or(1), quotes(text));
    message.retain(|c| c != '\t' && c != '\r' && c != '\n');
    if let Some((end, _)) = message.char_indices().nth(LONGEST) {
        message.truncate(end);
    }
    Fault::with(if syntax { -285 } else { -286 }, message)
}

/// `TSP:3: text` is line 3 and the text.
fn split(text: &str) -> Option<(u64, &str)> {
    let rest = text.strip_prefix("TSP:")?;
    let (line, rest) = rest.split_once(':')?;
    Some((line.parse().ok()?, rest.trim_start()))
}

fn line_of(trace: &str) -> Option<u64> {
    let at = trace.find("TSP:")?;
    let digits: String = trace[at + 4..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Lua 5.0 quotes `` `name' `` where 5.1 quotes `'name'`.
fn quotes(text: &str) -> String {
    let mut open = false;
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        // A quote opens after a blank or a bracket.
        if c == '\'' && !open && matches!(before, ' ' | '(') {
            out.push('`');
            open = true;
        } else {
            open &= c != '\'';
            out.push(c);
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_look_as_on_the_instrument() {
        let runtime = |text: &str| fault(&mlua::Error::RuntimeError(text.to_owned()));
        let f = runtime("TSP:2: attempt to index field 'channel' (a nil value)\nstack traceback:\n\t[C]: in ?");
        assert_eq!((f.code, f.message.as_str()), (-286, "TSP Runtime error at line 2: attempt to index field `channel' (a nil value)"));
        let f = fault(&mlua::Error::SyntaxError { message: "TSP:1: unexpected symbol near '*'".to_owned(), incomplete_input: false });
        assert_eq!((f.code, f.message.as_str()), (-285, "TSP Syntax error at line 1: unexpected symbol near `*'"));
    }
}
