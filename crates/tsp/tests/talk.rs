//! What an instrument answers to what a client sends (science/source-meter.md sections 2 to 5).

mod common;

use common::{Client, fast};

#[test]
fn identity_numbers_and_replies_look_as_on_the_instrument() {
    let server = fast();
    let mut c = Client::new(server.address());
    let idn = c.ask("*IDN?");
    assert_eq!(idn, c.ask("*idn?\r"));
    let fields: Vec<&str> = idn.split(", ").collect();
    assert_eq!((fields.len(), fields[0], fields[1]), (4, "Keithley Instruments Inc.", "Model 2614B"));
    assert_eq!(c.ask("print(localnode.model)"), "2614B");
    assert_eq!(c.ask("print(1, 'a', nil, true, tostring(3), 2 .. '')"), "1.00000e+00\ta\tnil\ttrue\t3\t2");
    assert_eq!(c.ask("print()"), "");
    assert_eq!(c.ask("print(smua.reset())"), "");
    assert_eq!(c.ask("printnumber(1, 2.54)"), "1.00000e+00, 2.54000e+00");
    c.send("format.asciiprecision = 3");
    assert_eq!(c.ask("print(2.54)"), "2.54e+00");
    assert_eq!(c.ask("print(errorqueue.next())"), "0.00e+00\tQueue Is Empty\t0.00e+00\t1.00e+00");
}

#[test]
fn errors_are_queued_with_their_place_and_only_runtime_errors_end_a_script() {
    let server = fast();
    let mut c = Client::new(server.address());
    c.send("channel.x.y = 1");
    let error = c.ask("print(errorqueue.next())");
    assert_eq!(
        error,
        "-2.86000e+02\tTSP Runtime error at line 1: attempt to index global `channel' (a nil value)\t2.00000e+01\t1.00000e+00"
    );
    c.send("for k = 1,");
    assert_eq!(c.error(), -285);
    // A refused value is an error, and the script goes on.
    assert_eq!(c.ask("smua.source.limiti = 0 print('on')"), "on");
    assert_eq!((c.error(), c.error()), (1102, 0));
    // What is not there is -286, never silence.
    for text in ["print(digio.readport())", "smua.source.nothing = 1", "smua.nothing()", "nothing.at.all()", "smua.measure.i = 3"] {
        c.send(text);
        assert_eq!(c.error(), -286, "{text}");
    }
    for (text, code) in
        [("smua.source.rangev = 500", 1101), ("smua.source.func = 7", 1401), ("printbuffer(1, 5, smua.nvbuffer1)", 4900), ("*WHAT?", -113)]
    {
        c.send(text);
        assert_eq!((c.error(), c.error()), (code, 0), "{text}");
    }
}

#[test]
fn a_resistor_is_measured() {
    let server = fast();
    let mut c = Client::new(server.address());
    c.send("smua.source.levelv = 2 smua.source.limiti = 0.01 smua.source.output = smua.OUTPUT_ON");
    assert!((c.number("smua.measure.i()") - 2e-3).abs() < 1e-9);
    assert!((c.number("smua.measure.r()") - 1e3).abs() < 1e-3);
    let iv = c.ask("print(smua.measure.iv())");
    assert_eq!(iv, "2.00000e-03\t2.00000e+00");
    c.send("smua.source.levelv = 20");
    assert!((c.number("smua.measure.i()") - 10e-3).abs() < 1e-9);
    assert_eq!(c.ask("print(smua.source.compliance, status.measurement.instrument.smua.condition)"), "true\t2.00000e+00");
    c.send("smua.measure.rangei = 1e-3");
    assert_eq!(c.number("smua.measure.i()"), 9.91e37);
    assert!(server.output_is_on(0));
    c.send("smua.source.output = 0");
    assert_eq!(c.number("smua.source.output"), 0.0);
    assert!(!server.output_is_on(0));
}

#[test]
fn a_client_finds_the_commands_by_walking_the_tables() {
    let server = fast();
    let mut c = Client::new(server.address());
    assert!(c.ask("print(_G.smua)").starts_with("table: 0x"));
    assert_eq!(c.ask("print(next(_G.smua.source, nil))"), "nil");
    c.send("mt = getmetatable(_G.smua.source)");
    assert!(c.ask("print(mt.Setters['levelv'])").starts_with("function: "));
    assert_eq!(c.ask("print(mt.Setters['compliance'])"), "nil");
    assert_eq!(c.ask("print(getmetatable(smua.nvbuffer1).luatype)"), "reading_buffer");
    assert!(c.ask("print(next(trigger.blender, nil))").starts_with("1.00000e+00\ttable: 0x"));
    assert_eq!(c.ask("print(getmetatable(smua).Objects.OUTPUT_ON)"), "1.00000e+00");
}

#[test]
fn scripts_come_in_lines_and_stay() {
    let server = fast();
    let mut c = Client::new(server.address());
    for line in ["loadscript Twice\r", "function twice(x)\r", "  return 2 * x\r", "end\r", "print(twice(4))\r", "endscript\r", "Twice()"] {
        c.send(line);
    }
    assert_eq!(c.read(), "8.00000e+00");
    assert_eq!(c.ask("Twice.run()"), "8.00000e+00");
    assert_eq!(c.ask("print(type(Twice), Twice.name, script.user.scripts.Twice == Twice)"), "table\tTwice\ttrue");
    for line in ["loadandrunscript", "local x = 0", "for k = 1, 3 do", "x = x + k end", "print(x)", "endscript"] {
        c.send(line);
    }
    assert_eq!(c.read(), "6.00000e+00");
    c.send("loadscript Wrong\nx = = 1\nendscript");
    assert_eq!(c.error(), -285);
    assert_eq!(c.ask("script.delete('Twice') print(script.user.scripts.Twice)"), "nil");
}

#[test]
fn buffers_are_read_as_text_and_as_bytes() {
    use std::io::Read;
    let server = fast();
    let mut c = Client::new(server.address());
    c.send("smua.source.output = 1 smua.measure.autorangei = 0 smua.measure.rangei = 0.1");
    c.send("smua.nvbuffer1.clear() smua.nvbuffer1.appendmode = 1 smua.nvbuffer1.collectsourcevalues = 1");
    c.send("for k = 1, 3 do smua.source.levelv = k smua.measure.i(smua.nvbuffer1) end");
    assert_eq!(c.number("smua.nvbuffer1.n"), 3.0);
    assert_eq!(c.ask("printbuffer(1, 3, smua.nvbuffer1)"), "1.00000e-03, 2.00000e-03, 3.00000e-03");
    assert_eq!(c.ask("printbuffer(2, 3, smua.nvbuffer1.sourcevalues)"), "2.00000e+00, 3.00000e+00");
    assert_eq!(c.ask("printbuffer(2, 2, smua.nvbuffer1.timestamps)"), "2.00000e-02");
    assert_eq!(
        c.ask("print(smua.nvbuffer1.readings.getreading(2), smua.nvbuffer1[3], smua.nvbuffer1.readings[1])"),
        "2.00000e-03\t3.00000e-03\t1.00000e-03"
    );
    c.send("format.data = format.REAL32 printbuffer(1, 3, smua.nvbuffer1.readings)");
    let mut bytes = [0; 2 + 12 + 1];
    c.stream().read_exact(&mut bytes).unwrap();
    assert_eq!((&bytes[..2], bytes[14]), (b"#0".as_slice(), b'\n'));
    let second = f32::from_le_bytes([bytes[6], bytes[7], bytes[8], bytes[9]]);
    assert!((second - 2e-3).abs() < 1e-9);
    c.send("format.byteorder = format.BIGENDIAN format.data = format.REAL64 printnumber(1.5)");
    let mut bytes = [0; 11];
    c.stream().read_exact(&mut bytes).unwrap();
    assert_eq!(bytes[2..10], 1.5f64.to_be_bytes());
}

#[test]
fn a_sweep_of_the_trigger_model_goes_by_its_events() {
    let server = fast();
    let mut c = Client::new(server.address());
    for line in [
        "smua.trigger.source.linearv(0, 1, 11) smua.trigger.source.action = 1",
        "smua.trigger.measure.iv(smua.nvbuffer1, smua.nvbuffer2) smua.trigger.measure.action = 1",
        "smua.trigger.count = 11 smua.trigger.arm.stimulus = trigger.EVENT_ID",
        "trigger.blender[1].orenable = true trigger.blender[1].stimulus[1] = smua.trigger.ARMED_EVENT_ID",
        "trigger.blender[1].stimulus[2] = smua.trigger.PULSE_COMPLETE_EVENT_ID smua.trigger.source.stimulus = trigger.blender[1].EVENT_ID",
        "smua.trigger.measure.stimulus = smua.trigger.SOURCE_COMPLETE_EVENT_ID smua.trigger.endpulse.stimulus = smua.trigger.MEASURE_COMPLETE_EVENT_ID",
        "smua.trigger.endsweep.action = 0 smua.source.output = 1",
    ] {
        c.send(line);
    }
    assert_eq!(c.ask("print(_G.smua.trigger.initiate())"), "");
    assert_eq!(c.ask("print(status.operation.sweeping.condition)"), "2.00000e+00");
    c.send("*trg");
    c.send("waitcomplete()");
    assert_eq!(c.ask("print(status.operation.sweeping.condition, smua.nvbuffer1.n)"), "0.00000e+00\t1.10000e+01");
    assert_eq!(c.ask("printbuffer(11, 11, smua.nvbuffer1, smua.nvbuffer2)"), "1.00000e-03, 1.00000e+00");
    assert_eq!(server.level(0), 0.0);
    c.send("smua.trigger.source.action = 1 smua.trigger.measure.action = 1 smua.reset() smua.trigger.measure.action = 1 smua.trigger.initiate()");
    assert_eq!(c.error(), 5060);
}

#[test]
fn factory_sweeps_measure_and_turn_off() {
    let server = fast();
    let mut c = Client::new(server.address());
    c.send("SweepVLinMeasureI(smua, 0.000000e+00, 1.000000e+00, 1.000000e-03, 101)");
    assert_eq!(c.ask("print(status.measurement.buffer_available.SMUA)"), "2.00000e+00");
    let values = c.ask("printbuffer(1, 101, smua.nvbuffer1.sourcevalues)");
    assert_eq!(values.split(", ").count(), 101);
    assert!((c.number("smua.nvbuffer1.readings[101]") - 1e-3).abs() < 1e-9);
    assert!(!server.output_is_on(0));
    assert_eq!(c.error(), 0);
}
