//! Single events: an atom leaves, flies, lands, settles.

use super::{BALL, LatticeGap, MOST_HOPS, NONE, WEAK};

impl LatticeGap {
    pub(super) fn event(&mut self, leaving: f64, settling: f64, total: f64) {
        let mut draw = self.random.uniform() * total;
        if draw < leaving {
            let k = self.sums.partition_point(|s| *s <= draw).min(self.faces.len() - 1);
            let (metal, cell) = (self.faces[k].metal as usize, self.faces[k].cell as usize);
            if self.height[metal] > 0 && self.height[cell] == 0 {
                self.change(metal, -1);
                self.fly(cell, metal);
            }
        } else if draw < leaving + settling {
            let k = ((draw - leaving) / settling * self.loose.len() as f64) as usize;
            let c = self.loose.swap_remove(k.min(self.loose.len() - 1)) as usize;
            self.settle(c);
        } else {
            draw -= leaving + settling;
            let body = self.nuclei.iter().find(|n| {
                draw -= n.0;
                draw < 0.0
            });
            let body = body.or(self.nuclei.last()).map_or(NONE, |n| n.1);
            // The atom with fewest bonds goes.
            let members = (self.ny..self.height.len()).filter(|&c| self.body[c] == body && self.height[c] > 0);
            if let Some(c) = members.min_by(|&a, &b| self.bonds(a).total_cmp(&self.bonds(b))) {
                self.change(c, -1);
                let to = self.near[c][(self.random.bits() >> 62) as usize] as usize;
                self.wander(if to >= self.ny && self.height[to] == 0 { to } else { c }, true);
            }
        }
    }

    /// An ion from beside a metal until it is reduced or back in the tip.
    fn fly(&mut self, from: usize, home: usize) {
        let base = self.laws.hopping(0.0, self.kt);
        let (mut c, mut time) = (from, 0.0);
        for hop in 0..MOST_HOPS {
            // The tip takes an ion back, other metals reduce it from afar.
            let rate = self.near[c].map(|q| {
                let q = q as usize;
                let open = q != c && q >= self.ny && (self.height[q] == 0 || self.body[q] == 1);
                if open { base * self.factor[q] / self.factor[c] } else { 0.0 }
            });
            let away: f64 = rate.iter().sum();
            let reduced = if hop == 0 && away > 0.0 { 0.0 } else { self.reduction[c] };
            if away + reduced <= 0.0 {
                break;
            }
            time += -(1.0 - self.random.uniform()).ln() / (away + reduced);
            let mut draw = self.random.uniform() * (away + reduced);
            if draw < reduced {
                self.out.flight = self.out.flight.max(time);
                return self.wander(c, false);
            }
            draw -= reduced;
            let k = rate.iter().position(|r| {
                draw -= r;
                draw < 0.0
            });
            let q = self.near[c][k.unwrap_or(0)] as usize;
            if self.height[q] > 0 {
                return self.change(q, 1);
            }
            if rate[k.unwrap_or(0)] > 0.0 {
                c = q;
            }
        }
        self.out.stuck += 1;
        self.change(home, 1);
    }

    /// An atom on the substrate walks until silver, a trap or the Pt's edge holds it.
    fn wander(&mut self, from: usize, fresh: bool) {
        let mut c = from;
        for hop in 0..MOST_HOPS {
            if self.height[c] > 0 || (self.trap[c].is_finite() && !(fresh && hop == 0)) {
                break;
            }
            let q = self.near[c][(self.random.bits() >> 62) as usize] as usize;
            if q < self.ny {
                // Along the edge to a grain, or to silver before it.
                let pitch = (self.grain / self.a).round() as usize;
                let to = ((c % self.ny + pitch / 2) / pitch * pitch).min(self.ny - 1) + self.ny;
                while c != to && self.near[c].iter().all(|&q| self.height[q as usize] == 0) {
                    c = if c < to { c + 1 } else { c - 1 };
                }
                break;
            }
            if self.height[q] > 0 {
                break;
            }
            c = q;
        }
        self.change(c, 1);
    }

    /// Puts an atom on a column, or takes one off.
    fn change(&mut self, c: usize, by: i32) {
        self.height[c] = (i32::from(self.height[c]) + by).max(0) as u16;
        self.moved += 1;
        if by > 0 {
            if self.height[c] == 1 {
                self.body[c] = self.near[c].iter().map(|q| self.body[*q as usize]).filter(|b| *b != NONE).min().unwrap_or(NONE);
            }
            self.loose.push(c as u32);
        } else if self.height[c] == 0 {
            self.body[c] = NONE;
        }
        let (i, j, r) = (c / self.ny, c % self.ny, 7);
        for i in i.saturating_sub(r)..(i + r + 1).min(self.nx) {
            self.calm[i * self.ny + j.saturating_sub(r)..i * self.ny + (j + r + 1).min(self.ny)].fill(false);
        }
    }

    /// Bonds of the top atom of a column.
    pub(super) fn bonds(&self, c: usize) -> f64 {
        let h = self.height[c];
        let side =
            |q: u32| if (q as usize) < self.ny { WEAK } else { f64::from(u8::from(q as usize != c && self.height[q as usize] >= h)) };
        self.near[c].iter().map(|q| side(*q)).sum::<f64>() + if h > 1 { 1.0 } else { WEAK }
    }

    /// Silver in the ball around level `k` of a column; the substrate and Pt count by their bond.
    fn around(&self, c: usize, k: i32) -> f64 {
        let (i, j) = ((c / self.ny) as i32, (c % self.ny) as i32);
        let mut sum = 0.0;
        for &(di, dj, d) in self.discs[2].iter().chain(&[(0, 0, 0.0)]) {
            let (p, q) = (i + di, j + dj);
            let reach = (f64::from(BALL * BALL) - d * d).sqrt() as i32;
            if q < 0 || q >= self.ny as i32 || p >= self.nx as i32 {
                continue;
            }
            let below = (reach - k).max(0);
            let h = if p <= 0 { 0 } else { i32::from(self.height[p as usize * self.ny + q as usize]) };
            let silver = h.min(k + reach + 1) - (k - reach).max(0);
            sum += f64::from(silver.max(0)) + WEAK * f64::from(if p <= 0 { 2 * reach + 1 } else { below });
        }
        sum
    }

    /// A loose atom goes to the best site of its body within reach.
    fn settle(&mut self, c: usize) {
        if self.height[c] == 0 || self.bonds(c) >= 3.0 {
            return;
        }
        let body = self.body[c];
        self.height[c] -= 1;
        let mut best = (self.around(c, i32::from(self.height[c])) + 0.5, c);
        let (i, j) = ((c / self.ny) as i32, (c % self.ny) as i32);
        for &(di, dj, _) in &self.discs[1] {
            let (p, q) = (i + di, j + dj);
            if p < 1 || p >= self.nx as i32 || q < 0 || q >= self.ny as i32 {
                continue;
            }
            let to = p as usize * self.ny + q as usize;
            let own = |n: usize| n >= self.ny && self.height[n] > 0 && self.body[n] == body;
            if own(to) || (self.height[to] == 0 && self.near[to].iter().any(|n| own(*n as usize))) {
                let count = self.around(to, i32::from(self.height[to]));
                if count > best.0 {
                    best = (count, to);
                }
            }
        }
        self.height[c] += 1;
        if best.1 == c {
            self.calm[c] = true;
        } else {
            self.change(c, -1);
            self.change(best.1, 1);
        }
    }
}
