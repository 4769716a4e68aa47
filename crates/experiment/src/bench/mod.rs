//! Benches: what carries a protocol out.

mod meter;
mod real_bench;
mod virtual_bench;

pub use meter::Meter;
pub use real_bench::RealBench;
pub use virtual_bench::{Reading, StepEnd, VirtualBench};

use crate::protocol::Step;
use crate::source_meter::{OutputState, SourceMeterError};
use pentatwin_physics::specimen::PhysicsError;

/// Why a bench gave up.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The physics of the virtual one.
    #[error(transparent)]
    Physics(#[from] PhysicsError),
    /// The source-meter of the real one.
    #[error(transparent)]
    SourceMeter(#[from] SourceMeterError),
}

/// Carries out steps: the virtual bench and the real one.
pub trait Bench {
    /// Carries out one step. `listen` returns `false` to stop; the output is then off, or [`Bench::make_safe`] says otherwise.
    ///
    /// # Errors
    /// The bench gave up; what was said until then holds.
    fn run(&mut self, step: &Step, listen: &mut dyn FnMut(Reading) -> bool) -> Result<StepEnd, BenchError>;
    /// Time of the bench [s].
    fn clock(&self) -> f64;
    /// Turns the output off, and says what is known of it.
    fn make_safe(&mut self) -> OutputState;
}

impl Bench for VirtualBench {
    fn run(&mut self, step: &Step, listen: &mut dyn FnMut(Reading) -> bool) -> Result<StepEnd, BenchError> {
        Ok(VirtualBench::run(self, step, listen)?)
    }
    fn clock(&self) -> f64 {
        VirtualBench::clock(self)
    }
    fn make_safe(&mut self) -> OutputState {
        self.off();
        OutputState::Off
    }
}
