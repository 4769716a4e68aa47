//! Advancing: between two looks at the geometry the events are drawn one by one.

use super::engine::GapEngine;
use super::field::BEHIND;
use super::geometry::GapError;
use super::laws::{CONTACT, NARROW};
use crate::materials::constants::KB_EV;

/// One possible event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    Leave,
    Cross(usize, bool),
    Thin(usize),
    Coalesce(usize),
    Detach(usize),
}

impl GapEngine {
    /// Advances to exactly `until` [s]; `seen` is shown the engine after every step.
    ///
    /// # Errors
    /// The cap on events, or a time that is no number.
    pub fn advance(&mut self, until: f64, seen: &mut dyn FnMut(&GapEngine)) -> Result<(), GapError> {
        if !until.is_finite() {
            return Err(GapError::Value { name: "until", value: until, expected: "a time in seconds" });
        }
        while self.time < until {
            self.step(until)?;
            seen(self);
        }
        Ok(())
    }

    fn step(&mut self, until: f64) -> Result<(), GapError> {
        self.steps += 1;
        let rate = if self.time < self.ramp.end { self.ramp.voltage_rate.abs() } else { 0.0 };
        let mut span = self.settings.longest_step;
        if rate > 0.0 {
            span = span.min(self.settings.voltage_step / rate).min((self.ramp.end - self.time).max(1e-9));
        }
        // Never so short that time stands still.
        let end = until.min(self.time + span.max(1e-12 * self.time.abs().max(1.0)));
        if self.frozen {
            self.solve();
            self.dwell(end);
            self.solve();
            return Ok(());
        }
        // The last step has left it built, but for what fell back then.
        if self.dirty {
            self.rebuild();
        }
        if self.stale {
            self.solve();
        }
        self.look();
        self.fly(self.time);
        let batch = self.settings.batch;
        let mut left = 0;
        let mut leaving = (f64::NAN, 0.0);
        loop {
            self.events += 1;
            if self.events > self.settings.max_events as u64 {
                return Err(GapError::TooManyEvents { events: self.events, time: self.time, voltage: self.solution.voltage });
            }
            let ratio = self.ratio();
            if self.face_sums.len() != self.faces.len() || !((ratio - leaving.0).abs() < 0.02 * ratio.abs().max(0.05)) {
                leaving = (ratio, self.sum_faces(ratio));
            }
            if self.bond_rates_of != self.solves {
                self.list_bonds();
            }
            let bonds: f64 = self.bond_rates.iter().map(|r| r.0).sum();
            let total = leaving.1 + bonds + self.loosen();
            let wait = if total > 0.0 { -(1.0 - self.random.uniform()).ln() / total } else { f64::INFINITY };
            if self.time + wait >= end {
                self.dwell(end);
                break;
            }
            self.dwell(self.time + wait);
            let chosen = self.choose(leaving.1, total);
            let bond = match chosen {
                Event::Cross(i, _) | Event::Thin(i) => Some(i),
                _ => None,
            };
            let before = bond.map(|i| (self.bonds[i].g, self.bonds[i].scale));
            match chosen {
                Event::Leave => {
                    let at = self.random.uniform() * leaving.1;
                    let face = self.face_sums.partition_point(|&s| s <= at).min(self.faces.len() - 1);
                    if self.leave(face, end) {
                        left += 1;
                    }
                }
                Event::Cross(i, from_b) => self.cross(i, from_b),
                Event::Thin(i) => self.thin(i),
                Event::Coalesce(i) => self.coalesce(i),
                Event::Detach(i) => self.detach(i),
            }
            if let Some(i) = bond {
                if before == Some((self.bonds[i].g, self.bonds[i].scale)) {
                    // A neck with an atom more or less and as many channels as before.
                    self.bond_rates_of = u64::MAX;
                } else if !self.dirty {
                    self.solve();
                }
            }
            if self.dirty || self.moved || left >= batch {
                break;
            }
        }
        self.moved = false;
        self.fly(self.time);
        self.rebuild();
        self.solve();
        for (side, recession) in self.recession.into_iter().enumerate() {
            // Where no silver is left on the lattice none would leave any longer, without a word.
            if self.geometry.silver[side] && recession > BEHIND - self.field.h {
                return Err(GapError::Receded { recession, time: self.time });
            }
        }
        Ok(())
    }

    /// Lets time pass with everything as it is: charge and energy.
    fn dwell(&mut self, to: f64) {
        let span = to - self.time;
        let (i0, v0) = (self.solution.current, self.solution.voltage);
        let power = self.power;
        // At the end of the dwell: the same conductance under the ramp's voltage by then.
        let applied = self.applied(to);
        let (i1, v1) = if v0.abs() > 1e-12 && i0 != 0.0 {
            let g = (i0 / v0).max(0.0);
            let i = g * applied / (1.0 + self.series * g);
            let limit = self.ramp.compliance.abs();
            let i = if i.abs() > limit { limit.copysign(i) } else { i };
            (i, i / g)
        } else {
            (i0, v0)
        };
        let part = if i0 * v0 != 0.0 { (i1 * v1) / (i0 * v0) } else { 1.0 };
        self.charge += 0.5 * (i0 + i1) * span;
        self.heat.source += 0.5 * (i0 * (v0 + self.series * i0) + i1 * (v1 + self.series * i1)) * span;
        self.heat.series += 0.5 * self.series * (i0 * i0 + i1 * i1) * span;
        self.heat.gap += 0.5 * power * (1.0 + part) * span;
        self.time = to;
    }

    /// Rates at which atoms leave the faces, summed up; returns the total.
    fn sum_faces(&mut self, ratio: f64) -> f64 {
        self.face_sums.clear();
        let lowest = self.solution.voltage.min(0.0);
        let mut sum = 0.0;
        let neutral = self.laws.neutral();
        let ambient = KB_EV * self.temperature[0];
        let mut memo = self.memo(ambient);
        for k in 0..self.faces.len() {
            let f = self.faces[k];
            let kt = KB_EV * self.node_temperature[f.node];
            let r = if f.node < 2 { self.geometry.tip_radius[f.node] } else { self.particles[f.node - 2].radius };
            let available = self.potential[f.node] - lowest;
            if !neutral && (available <= 0.0 || f.drop * ratio <= 0.0 || (f.node >= 2 && self.drain[f.node] <= 0.0)) {
                self.face_sums.push(sum);
                continue;
            }
            let field = ratio * f.drop / self.field.h;
            let mut rate = self.laws.leaving(self.field.h, field, available, self.laws.capillarity(r), kt, self.dose_rate);
            if !neutral && rate > 0.0 && f.node >= 2 {
                // An ion leaves its electron behind: it has to get away to the positive side, or the particle charges up and holds the next.
                rate = self.laws.drained(rate, self.drain[f.node]);
            }
            if !neutral && rate > 0.0 && self.path[f.node] > 0.0 {
                // What its own metal would reduce again at once does not count: the share of first steps that lead away.
                let phi = ratio * self.field.phi[f.cell];
                let back = self.laws.reducing(self.field.h, phi - self.potential[f.node], self.path[f.node], kt);
                if back > 0.0 {
                    memo.ready((self.field.solves, ratio, kt), self.field.phi.len());
                    let (_, away) = self.surroundings(kt).hops(f.cell, &mut memo);
                    rate *= away / (away + back);
                }
            }
            sum += rate;
            self.face_sums.push(sum);
        }
        self.memo = memo;
        sum
    }

    /// One of all events, by their rates.
    fn choose(&mut self, leaving: f64, total: f64) -> Event {
        let mut draw = self.random.uniform() * total;
        let mut last = Event::Leave;
        if draw < leaving {
            return last;
        }
        draw -= leaving;
        for &(r, e) in &self.bond_rates {
            last = e;
            if draw < r {
                return e;
            }
            draw -= r;
        }
        for (i, p) in self.particles.iter().enumerate().filter(|(_, p)| p.loose > 0.0) {
            last = Event::Detach(i);
            if draw < p.loose {
                return last;
            }
            draw -= p.loose;
        }
        last
    }

    /// Rate at which any nucleus loses an atom [1/s].
    fn loosen(&mut self) -> f64 {
        let mut sum = 0.0;
        for i in 0..self.particles.len() {
            let p = &self.particles[i];
            if p.loose < 0.0 {
                let bound = p.atoms > 0 && !p.metallic() && p.edge.is_none();
                let loose = if bound { self.laws.detaching(p.trap, p.atoms, KB_EV * self.surroundings_at(p.x)) } else { 0.0 };
                self.particles[i].loose = loose;
            }
            sum += self.particles[i].loose;
        }
        sum
    }

    /// What can happen at the bonds, with the rates.
    fn list_bonds(&mut self) {
        let mut rates = std::mem::take(&mut self.bond_rates);
        rates.clear();
        let radius = |n: usize| if n < 2 { self.geometry.tip_radius[n] } else { self.particles[n - 2].radius };
        let sits = |n: usize, side: usize| n >= 2 && side < 2 && self.particles[n - 2].edge == Some(side as u8);
        for (i, b) in self.bonds.iter().enumerate() {
            if b.body > NARROW || sits(b.a, b.b) || sits(b.b, b.a) {
                continue;
            }
            let t = 0.5 * (self.node_temperature[b.a] + self.node_temperature[b.b]);
            let closed = b.closed();
            if b.v != 0.0 {
                let gap = if closed { b.body } else { b.gap() };
                for from_b in [false, true] {
                    // Ions come from the positive side; neutral atoms from either.
                    if !self.laws.neutral() && from_b != (b.v < 0.0) {
                        continue;
                    }
                    let from = if from_b { b.b } else { b.a };
                    if self.gives(from) || (b.atoms > 0 && b.on_b == from_b) {
                        let kt = KB_EV * self.node_temperature[from];
                        let r = self.laws.crossing(gap, b.v.abs(), self.laws.capillarity(radius(from)), kt, self.dose_rate);
                        if r > 0.0 {
                            rates.push((r, Event::Cross(i, from_b)));
                        }
                    }
                }
            }
            if b.atoms > 0 {
                let r = if closed {
                    let channels = 1 + (b.atoms - b.touch) / b.layers;
                    self.laws.necking(f64::from(channels), t) * f64::from(b.layers)
                } else {
                    self.laws.necking(1.0, t)
                };
                rates.push((r, Event::Thin(i)));
            }
            if b.body <= CONTACT && (b.a >= 2 || self.geometry.silver[b.a]) && (b.b >= 2 || self.geometry.silver[b.b]) {
                let smaller = radius(b.a).min(radius(b.b));
                rates.push((self.laws.coalescing(smaller, t), Event::Coalesce(i)));
            }
        }
        self.bond_rates = rates;
        self.bond_rates_of = self.solves;
    }
}
