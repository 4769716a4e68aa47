//! What clients cannot do: reach the host, crash the server, keep others from it (issue 8, "Sandbox").

mod common;

use std::time::{Duration, Instant};

use common::{Client, fast, loads};
use pentatwin_tsp::{Server, Settings};

#[test]
fn scripts_reach_neither_files_nor_programs_nor_byte_code() {
    let server = fast();
    let mut c = Client::new(server.address());
    for name in [
        "io",
        "package",
        "debug",
        "ffi",
        "dofile",
        "loadfile",
        "load",
        "require",
        "module",
        "newproxy",
        "getfenv",
        "setfenv",
        "string.dump",
        "os.execute",
        "os.getenv",
        "os.remove",
    ] {
        assert_eq!(c.ask(&format!("print({name})")), "nil", "{name}");
    }
    assert_eq!(c.ask(r"print((loadstring('\27Lua')))"), "nil");
    c.raw(b"\x1bLuaQ\0\x01\x04\n").unwrap();
    assert_eq!(c.error(), -285);
}

#[test]
fn an_endless_script_ends_at_abort_whatever_catches_its_errors() {
    let server = fast();
    for text in [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "while true do xpcall(function() while true do end end, function() while true do end end) end",
        "local c = coroutine.create(function() while true do end end) while true do coroutine.resume(c) end",
        "local f = coroutine.wrap(function() while true do pcall(error) end end) f()",
        "while true do delay(1) end",
        "repeat pcall(delay, 1) until false",
        "while true do smua.measure.i() end",
        "string.rep('a', 10):gsub('a', function() while true do end end)",
        "table.sort({3, 2, 1}, function() while true do end end)",
        "setmetatable(_G, {__index = function() while true do end end}) print(nothing)",
    ] {
        let mut c = Client::new(server.address());
        c.send(text);
        std::thread::sleep(Duration::from_millis(30));
        c.send("abort");
        assert_eq!(c.ask("print('here')"), "here", "{text}");
    }
}

#[test]
fn instructions_and_memory_have_limits_that_nothing_swallows() {
    let mut settings = Settings { clock: std::sync::Arc::new(pentatwin_tsp::clock::FastTime::default()), ..Settings::default() };
    settings.limits.instructions = 3_000_000;
    settings.limits.memory = 8 << 20;
    let server = Server::start(settings, &loads).unwrap();
    let mut c = Client::new(server.address());
    for text in [
        "while true do pcall(function() while true do end end) end",
        "local t = {} while true do pcall(function() t[table.getn(t) + 1] = string.rep('a', 1000) end) end",
        "local s = 'a' while true do s = s .. s end",
        "local s = string.rep('a', 1e6) local t = {} for k = 1, 100 do t[k] = s end return table.concat(t)",
        "return ('a'):rep(4e5):find(('a?'):rep(4e5))",
        "return string.format('%99999999d', 1)",
        "return (('a'):rep(24)):find((('a?'):rep(24)) .. (('a'):rep(24)) .. 'b')",
        "return ('a'):rep(1e15)",
        "local function f() return f() + 1 end f()",
    ] {
        c.send(text);
        // It ended by itself with an error, and the next statement is carried out.
        assert_eq!(c.error(), -286, "{text}");
        while c.error() != 0 {}
        assert_eq!(c.ask("print(1 + 1)"), "2.00000e+00", "{text}");
    }
}

#[test]
fn one_client_cannot_spoil_the_instrument_for_the_next() {
    let server = fast();
    let mut c = Client::new(server.address());
    for text in [
        "mine = 5",
        "function string.format() end",
        "getmetatable(smua).__index = nil",
        "rawset(smua.source, 'levelv', 9)",
        "getmetatable('').__index = nil",
        "getmetatable(errorqueue).Objects.next = nil",
        "setmetatable(_G, {__index = error})",
        "setmetatable(display, {__metatable = 1})",
        "tostring = nil next = nil pairs = nil error = nil",
        "print = nil",
    ] {
        c.send(text);
    }
    drop(c);
    let mut c = Client::new(server.address());
    assert_eq!(c.ask("print(type(smua.source.levelv), ('a'):upper(), string.format('%d', 3), tostring(1))"), "number\tA\t3\t1");
    while c.error() != 0 {}
}

#[test]
fn a_script_of_one_client_does_not_keep_another_from_the_instrument() {
    let server = Server::start(Settings::default(), &loads).unwrap();
    let mut slow = Client::new(server.address());
    slow.send("delay(60)");
    std::thread::sleep(Duration::from_millis(20));
    let mut other = Client::new(server.address());
    let start = Instant::now();
    assert!(other.ask("*IDN?").contains("2614B"));
    assert_eq!(other.ask("print(1 + 1)"), "2.00000e+00");
    assert!(start.elapsed() < Duration::from_secs(4));
    other.send("abort");
    assert_eq!(slow.ask("print('free')"), "free");
}

#[test]
fn lines_connections_and_buffers_have_bounds() {
    let server = fast();
    let mut c = Client::new(server.address());
    c.raw(&vec![b'x'; 100_000]).unwrap();
    c.raw(b"\n").unwrap();
    assert_eq!(c.error(), -363);
    c.send("loadscript big");
    for _ in 0..40 {
        c.send(&format!("-- {}", "x".repeat(30_000)));
    }
    c.send("endscript");
    assert_eq!(c.error(), -225);
    c.send("big = {} for k = 1, 100 do big[k] = smua.makebuffer(100000) end");
    assert_eq!(c.error(), -225);
    let many: Vec<Client> = (0..30).map(|_| Client::new(server.address())).collect();
    std::thread::sleep(Duration::from_millis(50));
    assert!(server.connections() <= 16);
    drop(many);
    assert_eq!(c.ask("print('here')"), "here");
}

#[test]
fn a_client_that_does_not_read_holds_up_nobody_else() {
    let server = Server::start(Settings::default(), &loads).unwrap();
    let mut deaf = Client::new(server.address());
    deaf.send("while true do print(string.rep('x', 10000)) end");
    std::thread::sleep(Duration::from_millis(200));
    let mut other = Client::new(server.address());
    assert_eq!(other.ask("print('here')"), "here");
    other.send("abort");
    drop(deaf);
    assert_eq!(Client::new(server.address()).ask("print('again')"), "again");
}

#[test]
fn the_dead_socket_port_ends_all_sessions() {
    let server = fast();
    let mut c = Client::new(server.address());
    assert_eq!(c.ask("smua.source.output = 1 print('on')"), "on");
    drop(std::net::TcpStream::connect(server.dead_socket().unwrap()).unwrap());
    assert!(c.try_read().is_err());
    // The output stays on, as on the instrument.
    assert!(server.output_is_on(0));
    let mut c = Client::new(server.address());
    assert_eq!(c.ask("print(smua.source.output)"), "1.00000e+00");
}

#[test]
fn other_computers_are_let_in_only_if_asked_for() {
    let remote = Settings { listen: "0.0.0.0:0".parse().unwrap(), ..Settings::default() };
    let error = Server::start(remote.clone(), &loads).err().unwrap().to_string();
    assert!(error.contains("other computers"), "{error}");
    assert!(Server::start(Settings { allow_remote: true, ..remote }, &loads).is_ok());
}
