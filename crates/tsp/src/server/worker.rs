//! A thread with an interpreter.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread::JoinHandle;

use super::connection::Connection;
use super::queue::{Job, What};
use super::{Shared, star};
use crate::fault::Fault;
use crate::reading::aborted;
use crate::vm::Interpreter;
use crate::vm::context::Output;

/// Stack of the thread: Lua's own limit of nested calls in C is 200.
const STACK: usize = 8 << 20;

/// Starts an interpreter for all connections, or for one.
///
/// # Errors
/// It does not start.
pub fn start(shared: &Arc<Shared>, guest: Option<Arc<Connection>>) -> Result<JoinHandle<()>, String> {
    let (ready, is_ready) = mpsc::channel();
    let s = Arc::clone(shared);
    let thread = std::thread::Builder::new().name("tsp interpreter".to_owned()).stack_size(STACK).spawn(move || {
        let make = || Interpreter::new(Arc::clone(&s.instrument), s.settings.limits).map_err(|e| e.to_string());
        let mut interpreter = match make() {
            Ok(interpreter) => interpreter,
            Err(e) => {
                let _ = ready.send(Err(e));
                return;
            }
        };
        let _ = ready.send(Ok(()));
        while let Some(job) = s.queue.take(guest.as_ref(), &|| s.is_off()) {
            let again = || {
                s.say("the interpreter was started again");
                make().map_err(|e| s.say(&format!("the interpreter does not start: {e}"))).ok()
            };
            // An interpreter that is beyond repair is not left to the next client.
            if !job.connection.greeted.swap(true, Ordering::SeqCst)
                && !catch_unwind(AssertUnwindSafe(|| interpreter.take_over())).unwrap_or(false)
                && let Some(fresh) = again()
            {
                interpreter = fresh;
            }
            // A panic would be a fault of ours: it costs the client its line, and no other anything.
            if catch_unwind(AssertUnwindSafe(|| carry_out(&s, &interpreter, &job))).is_err()
                && let Some(fresh) = again()
            {
                interpreter = fresh;
            }
            s.queue.done(&job, guest.is_some());
        }
    });
    let thread = thread.map_err(|e| e.to_string())?;
    is_ready.recv().map_err(|e| e.to_string())??;
    Ok(thread)
}

/// Carries out a line.
fn carry_out(shared: &Shared, interpreter: &Interpreter, job: &Job) {
    let instrument = &shared.instrument;
    let output: Rc<dyn Output> = Rc::new(Arc::clone(&job.connection));
    match &job.what {
        What::Line(text) => interpreter.line(job.number, job.arrived, text, &output),
        What::Script { name, source, run } => interpreter.script(job.number, job.arrived, name, source, *run, &output),
        What::Star(text) => {
            let stop = || aborted(instrument, job.number);
            instrument.faults.stall(instrument, &stop);
            if let Some(reply) = star::command(instrument, text, &stop) {
                output.send(instrument.faults.reply((reply + "\n").into_bytes()), &stop);
            }
        }
        What::Fault(code) => instrument.queue(Fault::new(*code)),
        What::More => {}
    }
    report(shared, job, &output);
}

/// Errors and prompts, if a client wants them (source-meter.md section 2.6).
fn report(shared: &Shared, job: &Job, output: &Rc<dyn Output>) {
    let (prompts, errors) = {
        let mut state = shared.instrument.state();
        let mut shown = Vec::new();
        if state.show_errors {
            while let Some(fault) = state.errors.pop() {
                shown.push(format!("{:+}, {}\n", fault.code, fault.message));
            }
        }
        let prompt = state.prompts.then(|| match job.what {
            What::More => ">>>>\n",
            _ if state.errors.is_empty() && shown.is_empty() => "TSP>\n",
            _ => "TSP?\n",
        });
        (prompt, shown)
    };
    let stop = || aborted(&shared.instrument, job.number);
    for text in errors.into_iter().chain(prompts.map(str::to_owned)) {
        output.send(text.into_bytes(), &stop);
    }
}
