//! Lines and scripts from a generator: no crash, bounded memory, and the server answers afterwards (issue 8).

mod common;

use std::rc::Rc;
use std::sync::Arc;

use common::{Client, fast, loads};
use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_tsp::clock::FastTime;
use pentatwin_tsp::instrument::Instrument;
use pentatwin_tsp::model::Model;
use pentatwin_tsp::vm::context::{Nowhere, Output};
use pentatwin_tsp::vm::{Interpreter, Limits};

/// Pieces of what clients send, right and wrong.
const PIECES: &[&str] = &[
    "smua",
    "smub",
    ".",
    "source",
    "measure",
    "trigger",
    "levelv",
    "limiti",
    "rangev",
    "output",
    "=",
    "==",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "'a'",
    "\"",
    "1",
    "0",
    "-1",
    "1e309",
    "-0.5",
    "0/0",
    "nil",
    "true",
    "print",
    "printbuffer",
    "nvbuffer1",
    "readings",
    "getreading",
    ".i()",
    ".iv()",
    "smua.measure.i(smua.nvbuffer1)",
    "for k=1,3 do",
    "end",
    "while",
    "do",
    "if",
    "then",
    "function",
    "return",
    "local",
    "pcall",
    "xpcall",
    "error",
    "coroutine.wrap",
    "coroutine.resume",
    "setmetatable",
    "getmetatable",
    "rawset",
    "_G",
    "string.rep",
    "string.find",
    "string.gsub",
    "string.format",
    "'%d%s%5.2f'",
    "('a'):rep(9)",
    "'(a*)*b'",
    "'%b()'",
    "'[^'",
    "table.concat",
    "table.insert",
    "table.sort",
    "unpack",
    "select",
    "loadstring",
    "..",
    ",",
    ";",
    " ",
    "  ",
    "--",
    "[[",
    "]]",
    "#",
    "%",
    "^",
    "~=",
    "<",
    "and",
    "or",
    "not",
    "errorqueue",
    ".next()",
    ".clear()",
    "format.data",
    "format.asciiprecision",
    "delay(0.01)",
    "trigger.wait(0.01)",
    "smua.trigger.initiate()",
    "smua.trigger.source.linearv(0,1,5)",
    "smua.trigger.count",
    "smua.makebuffer(10)",
    "script.new",
    "display.settext",
    "status.measurement",
    ".condition",
    "exit()",
    "collectgarbage()",
    "tostring",
    "tonumber",
    "math.huge",
    "math.sin",
    "bit.bitand(3,1)",
    "userstring.add",
    "reset()",
    "smua.reset()",
    "waitcomplete()",
    "\0",
    "\u{ff}",
    "\t",
    "\r",
    "é",
    "makegetter",
    "timer.measure.t()",
    "node[1]",
    "localnode.prompts",
];

/// A line of up to 12 pieces, or of bytes.
fn line(s: &mut Stream) -> Vec<u8> {
    let n = 1 + s.bits() as usize % 12;
    if s.bits().is_multiple_of(10) {
        return (0..n * 4).map(|_| s.bits() as u8).filter(|b| *b != b'\n').collect();
    }
    let mut out = Vec::new();
    for _ in 0..n {
        out.extend_from_slice(PIECES[s.bits() as usize % PIECES.len()].as_bytes());
        if s.bits().is_multiple_of(3) {
            out.push(b' ');
        }
    }
    out.retain(|b| *b != b'\n');
    out
}

fn limits() -> Limits {
    Limits { instructions: 200_000, pattern_steps: 200_000, memory: 16 << 20, ..Limits::default() }
}

/// Straight into the interpreter: it is the same that the server uses, line by line.
fn through_the_interpreter(lines: u64, seed: u64) {
    let model = Model::named("2614B").unwrap();
    let instrument = Arc::new(Instrument::new(model, Arc::new(FastTime::default()), &loads, 1, true));
    let output: Rc<dyn Output> = Rc::new(Nowhere);
    let mut s = Stream::new(seed, Purpose::Draws, 0);
    let mut interpreter = Interpreter::new(Arc::clone(&instrument), limits()).unwrap();
    for k in 1..=lines {
        let text = line(&mut s);
        if k % 50 == 0 {
            interpreter.script(k, 0.0, "s", &text, true, &output);
        } else {
            interpreter.line(k, 0.0, &text, &output);
        }
        assert!(interpreter.memory() <= limits().memory, "{}", String::from_utf8_lossy(&text));
        if k % 1000 == 0 {
            instrument.state().errors.clear();
            if !interpreter.take_over() {
                interpreter = Interpreter::new(Arc::clone(&instrument), limits()).unwrap();
            }
        }
    }
    assert!(interpreter.take_over());
    instrument.state().errors.clear();
    interpreter.line(lines + 1, 0.0, b"assert(1 + 1 == 2 and type(smua.source.levelv) == 'number')", &output);
    let fault = instrument.state().errors.pop();
    assert_eq!(fault, None);
}

#[test]
fn a_hundred_thousand_scripts_do_no_harm() {
    through_the_interpreter(97_000, 1);
    through_the_lines(3_000, 2);
}

#[test]
#[ignore = "long: a million inputs"]
fn a_million_scripts_do_no_harm() {
    through_the_interpreter(970_000, 3);
    through_the_lines(30_000, 4);
}

/// Over TCP, with cut lines, long lines, `abort` in between and clients that leave.
fn through_the_lines(lines: u64, seed: u64) {
    let server = fast();
    let mut s = Stream::new(seed, Purpose::Draws, 1);
    let mut c = Client::new(server.address());
    let words: &[&[u8]] = &[
        b"abort",
        b"*TRG",
        b"*CLS",
        b"loadscript",
        b"loadscript x",
        b"loadandrunscript",
        b"endscript",
        b"*IDN",
        b"*ESE 300",
        b"password x",
        b"*",
        b"\r",
        b"",
    ];
    for k in 0..lines {
        let mut text = if s.bits().is_multiple_of(4) { words[s.bits() as usize % words.len()].to_vec() } else { line(&mut s) };
        // Replies are not read here: a client whose script prints without end would wait for itself.
        text.retain(|b| *b != b'\n');
        if s.bits().is_multiple_of(500) {
            text.resize(70_000, b'x');
        }
        if !s.bits().is_multiple_of(20) {
            text.push(b'\n');
        }
        let gone = c.raw(&text).is_err();
        if gone || k % 500 == 499 {
            let _ = c.raw(b"\nabort\n");
            c = Client::new(server.address());
        }
    }
    drop(c);
    let mut c = Client::new(server.address());
    // Behind what the others left to be done, on a machine that does other things as well.
    c.stream().get_ref().set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    c.send("abort");
    assert!(c.ask("*IDN?").contains("2614B"));
    assert_eq!(c.ask("format.asciiprecision = 6 print(1 + 1)"), "2.00000e+00");
}
