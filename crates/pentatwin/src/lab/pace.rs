//! Keeping to real time, or a multiple of it.

use std::time::{Duration, Instant};

use super::live::Live;

/// Between two looks at whether speed or wish to stop have changed.
const LOOK: Duration = Duration::from_millis(20);
/// Shorter waits are left out: the next one makes up for them.
const SHORTEST: Duration = Duration::from_millis(1);
/// A run further behind than this is not as fast as asked for; it does not hurry afterwards.
const BEHIND: Duration = Duration::from_millis(250);

/// Holds a run back.
#[derive(Default)]
pub struct Pace {
    /// Wall clock, time of the run [s] and speed since when it keeps to.
    anchor: Option<(Instant, f64, f64)>,
}

impl Pace {
    /// Waits until `time` [s] of the run has come, at the speed as it is now.
    pub fn wait(&mut self, live: &Live, time: f64) {
        while !live.is_stopping() {
            let speed = live.speed();
            if speed <= 0.0 {
                self.anchor = None;
                return;
            }
            let (start, from) = match self.anchor {
                Some((start, from, at)) if at == speed => (start, from),
                _ => {
                    self.anchor = Some((Instant::now(), time, speed));
                    return;
                }
            };
            let due = Duration::try_from_secs_f64(((time - from) / speed).max(0.0)).unwrap_or(Duration::MAX);
            let spent = start.elapsed();
            if spent > due.saturating_add(BEHIND) {
                self.anchor = Some((Instant::now(), time, speed));
                return;
            }
            let left = due.saturating_sub(spent);
            if left < SHORTEST {
                return;
            }
            std::thread::sleep(left.min(LOOK));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::live::Setting;
    use pentatwin_experiment::Protocol;
    use std::path::Path;
    use std::sync::Arc;

    fn live(speed: f64) -> Arc<Live> {
        Arc::new(Live::new(Path::new("a"), Setting::of(&Protocol::shipped("fig2a").unwrap().unwrap(), 1), Vec::new(), speed))
    }

    #[test]
    fn a_second_of_the_run_takes_its_time() {
        for (speed, least, most) in [(0.0, 0.0, 0.05), (10.0, 0.09, 0.5)] {
            let (live, mut pace, start) = (live(speed), Pace::default(), Instant::now());
            for k in 0..101 {
                pace.wait(&live, f64::from(k) * 0.01);
            }
            let spent = start.elapsed().as_secs_f64();
            assert!((least..most).contains(&spent), "{speed}: {spent} s");
        }
    }

    #[test]
    fn a_wish_to_stop_or_to_hurry_is_heard_while_it_waits() {
        for hurry in [false, true] {
            let (live, mut pace, start) = (live(1.0), Pace::default(), Instant::now());
            pace.wait(&live, 0.0);
            let other = live.clone();
            let asks = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(50));
                if hurry { other.set_speed(0.0) } else { other.stop() }
            });
            pace.wait(&live, 3600.0);
            asks.join().unwrap();
            assert!(start.elapsed() < Duration::from_secs(2));
        }
    }
}
