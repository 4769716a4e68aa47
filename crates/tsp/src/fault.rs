//! Errors as the instrument queues them (science/source-meter.md section 4).

use std::collections::VecDeque;

/// An entry of the error queue.
#[derive(Clone, PartialEq, Debug)]
pub struct Fault {
    /// Code.
    pub code: i32,
    /// Message.
    pub message: String,
    /// 0 none, 10 information, 20 recoverable, 30 serious, 40 fatal.
    pub severity: u8,
}

impl Fault {
    /// A recoverable error with the text that belongs to its code.
    pub fn new(code: i32) -> Fault {
        Fault { code, message: text(code).to_owned(), severity: 20 }
    }
    /// A recoverable error with a text of its own.
    pub fn with(code: i32, message: impl Into<String>) -> Fault {
        Fault { code, message: message.into(), severity: 20 }
    }
    /// `Parameter NN is invalid`.
    pub fn parameter(n: usize) -> Fault {
        Fault::with(1401, format!("Parameter {n:02} is invalid"))
    }
    /// `Expected at least NN parameters`.
    pub fn too_few(n: usize) -> Fault {
        Fault::with(1400, format!("Expected at least {n:02} parameters"))
    }
}

fn text(code: i32) -> &'static str {
    match code {
        -104 => "Data type error",
        -108 => "Parameter not allowed",
        -109 => "Missing parameter",
        -113 => "Undefined header",
        -211 => "Trigger ignored",
        -221 => "Settings conflict",
        -222 => "Parameter data out of range",
        -225 => "Out of memory",
        -285 => "Program syntax",
        -286 => "TSP Runtime error",
        -292 => "Referenced name does not exist",
        -350 => "Queue overflow",
        -363 => "Input buffer overrun",
        -410 => "Query INTERRUPTED",
        -420 => "Query UNTERMINATED",
        802 => "OUTPUT blocked by interlock",
        1101 => "Parameter too big",
        1102 => "Parameter too small",
        1405 => "Invalid ASCII precision",
        4900 => "Reading buffer index is invalid",
        5005 => "Value too big for range",
        5007 => "Operation would exceed safe operating area of the instrument",
        5008 => "Operation not permitted while OUTPUT is on",
        5032 => "Cannot change this setting unless buffer is cleared",
        5038 => "Index exceeds maximum reading",
        5042 => "Cannot perform requested action while overlapped operation is in progress",
        5059 => "trigger.source.action enabled without configuration",
        5060 => "trigger.measure.action enabled without configuration",
        5069 => "Autorange locked for HighC mode",
        _ => "Error",
    }
}

/// First in, first out; the last place says that it ran over.
#[derive(Debug, Default)]
pub struct ErrorQueue(VecDeque<Fault>);

/// Entries that are kept.
const CAPACITY: usize = 100;

impl ErrorQueue {
    /// Adds an error.
    pub fn push(&mut self, fault: Fault) {
        if self.0.len() + 1 < CAPACITY {
            self.0.push_back(fault);
        } else if self.0.len() < CAPACITY {
            self.0.push_back(Fault::new(-350));
        }
    }
    /// Takes the oldest.
    pub fn pop(&mut self) -> Option<Fault> {
        self.0.pop_front()
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_says_so_in_its_last_place() {
        let mut queue = ErrorQueue::default();
        (0..1000).for_each(|_| queue.push(Fault::new(-222)));
        assert_eq!(queue.len(), CAPACITY);
        let last = std::iter::from_fn(|| queue.pop()).last().unwrap();
        assert_eq!((last.code, last.message.as_str()), (-350, "Queue overflow"));
    }
}
