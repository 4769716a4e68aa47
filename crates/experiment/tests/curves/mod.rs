//! Random noisy I-V curves of wires that break, or do not: made without a line of the engine or the trip, to judge the trip by.
//!
//! A curve: a staircase to a random voltage through a series resistance with Joule heating and slow degradation; now and then the current
//! jumps by up to 25 % and stays there (a contact that sinters or degrades), or flickers by up to 10 % (telegraph noise). Gaussian noise of the same size on
//! all samples, signal-to-noise (current before the break over its standard deviation) from 20 to 2000, log-uniform. At the break the
//! current falls within 1 to 3 samples to below 10 %, and stays there.

#![allow(dead_code)] // each test binary uses a part of it

/// xorshift64*: not the stream of the engine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    /// Uniform from 0 to 1.
    pub fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
    }
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
    pub fn log(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }
    /// Standard normal (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let (a, b) = (1.0 - self.unit(), self.unit());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}

/// One curve.
pub struct Curve {
    /// Voltage [V], current [A] and flags of each sample.
    pub samples: Vec<(f64, f64, u8)>,
    /// Current of each sample without noise [A].
    pub clean: Vec<f64>,
    /// First sample of the fall and first sample after it (the current is below 10 % from the last of the fall on); `None`: it does not break.
    pub fall: Option<(usize, usize)>,
    /// Current before the break over the standard deviation of the noise.
    pub snr: f64,
}

/// The flags as the record has them.
const COMPLIANCE: u8 = 1;
const OVERFLOW: u8 = 2;
const RANGE: u8 = 16;

/// Draws a curve. `strange`: with stretches in compliance, readings beyond the range and changes of range.
pub fn curve(dice: &mut Dice, breaks: bool, strange: bool) -> Curve {
    let resistance = dice.log(120.0, 1200.0);
    let top = dice.between(0.8, 4.5);
    let whole = dice.log(60.0, 3000.0) as usize;
    let heating = dice.between(0.0, 0.4);
    let degradation = dice.between(0.0, 0.3);
    let snr = dice.log(20.0, 2000.0);
    let flicker = if dice.unit() < 0.3 { dice.between(0.0, 0.1) } else { 0.0 };
    let jump_rate = if dice.unit() < 0.3 { 3.0 / whole as f64 } else { 0.0 };
    let mut jumps = 1.0;
    let mut up = false;
    let mut clean: Vec<f64> = Vec::with_capacity(whole);
    for k in 0..whole {
        let part = (k + 1) as f64 / whole as f64;
        if dice.unit() < jump_rate {
            jumps *= dice.between(0.75, 1.25);
        }
        if dice.unit() < 0.1 {
            up = !up;
        }
        let flickering = if up { 1.0 - flicker } else { 1.0 };
        let resistance_now = resistance * (1.0 + heating * part * part + degradation * part.powi(6));
        clean.push(top * part / resistance_now * jumps * flickering);
    }
    let mut voltages: Vec<f64> = (0..whole).map(|k| top * (k + 1) as f64 / whole as f64).collect();
    let before = clean[whole - 1];
    let sigma = before / snr;
    let mut fall = None;
    if breaks {
        let steps = 1 + (dice.unit() * 3.0) as usize;
        let left = dice.between(0.0, 0.0999);
        // A way down with a random share of the fall in each sample.
        let cuts: Vec<f64> = {
            let mut c: Vec<f64> = (1..steps).map(|_| dice.unit()).collect();
            c.sort_by(f64::total_cmp);
            c.push(1.0);
            c
        };
        for cut in &cuts {
            clean.push(before * (1.0 - cut * (1.0 - left)));
        }
        for _ in 0..6 {
            clean.push(before * left);
        }
        let step = top / whole as f64;
        voltages.extend((1..=steps + 6).map(|k| top + step * k as f64));
        fall = Some((whole, whole + steps));
    }
    let mut samples: Vec<(f64, f64, u8)> = voltages.iter().zip(&clean).map(|(v, i)| (*v, i + sigma * dice.normal(), 0)).collect();
    if strange {
        // Never in the fall itself: what cannot be seen cannot be judged. A third of the stretches end right before it.
        for _ in 0..3 {
            let length = 1 + (dice.unit() * 5.0) as usize;
            let end = if dice.unit() < 0.33 { whole } else { (dice.unit() * whole as f64) as usize };
            let kind = (dice.unit() * 3.0) as usize;
            let limit = clean[end.saturating_sub(length)];
            for k in end.saturating_sub(length)..end {
                samples[k] = match kind {
                    0 => (voltages[k], limit.min(clean[k]), COMPLIANCE),
                    1 => (voltages[k], 9.91e37, OVERFLOW),
                    _ => (voltages[k], clean[k] * dice.between(-0.2, 1.2), RANGE),
                };
            }
        }
    }
    Curve { samples, clean, fall, snr }
}
