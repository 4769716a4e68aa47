//! Red–black over-relaxation with both colours apart, so that a row is one run of memory (and of vector instructions).

use std::ops::{Add, AddAssign, Mul, Sub};

/// Single precision while the gap changes all the time, double for what is solved once.
pub(super) trait Number:
    Copy + Default + PartialOrd + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + AddAssign
{
    fn of(x: f64) -> Self;
    fn wide(self) -> f64;
}

impl Number for f32 {
    fn of(x: f64) -> f32 {
        x as f32
    }
    fn wide(self) -> f64 {
        f64::from(self)
    }
}

impl Number for f64 {
    fn of(x: f64) -> f64 {
        x
    }
    fn wide(self) -> f64 {
        self
    }
}

/// The two colours of a lattice with one ghost cell around: cell (i, j) is of colour (i + j) mod 2, the (j / 2)-th of its row.
#[derive(Clone, Debug, Default)]
pub(super) struct Colours<T> {
    nx: usize,
    ny: usize,
    /// Cells of one colour from one row to the next.
    width: usize,
    phi: [Vec<T>; 2],
    source: [Vec<T>; 2],
    relax: [Vec<T>; 2],
}

/// Sweeps from one look at the largest change to the next.
const LOOK: usize = 5;

impl<T: Number> Colours<T> {
    /// Takes over cells of rows `stride` long: potential, what drives it, and over-relaxation of each (0 where held).
    pub fn load(&mut self, nx: usize, ny: usize, stride: usize, phi: &[f64], pull: f64, bare: &[f64], relax: &[f64]) {
        let width = stride / 2 + 1;
        if (self.nx, self.ny, self.width) != (nx, ny, width) {
            let empty = || [vec![T::default(); (nx + 2) * width], vec![T::default(); (nx + 2) * width]];
            *self = Colours { nx, ny, width, phi: empty(), source: empty(), relax: empty() };
        }
        for i in 0..nx + 2 {
            let row = i * stride..(i + 1) * stride;
            for colour in 0..2 {
                let first = (i + colour) % 2;
                let split = |to: &mut [T], from: &[f64], factor: f64| {
                    for (t, f) in to.iter_mut().zip(from[first..].iter().step_by(2)) {
                        *t = T::of(factor * f);
                    }
                };
                let to = i * width..(i + 1) * width;
                split(&mut self.phi[colour][to.clone()], &phi[row.clone()], 1.0);
                split(&mut self.source[colour][to.clone()], &bare[row.clone()], pull);
                split(&mut self.relax[colour][to], &relax[row.clone()], 1.0);
            }
        }
    }

    /// Gives the potential of the cells that are not held back.
    pub fn unload(&self, stride: usize, phi: &mut [f64]) {
        for i in 1..=self.nx {
            for colour in 0..2 {
                let first = (i + colour) % 2;
                let row = &mut phi[i * stride + first..(i + 1) * stride];
                let from = self.phi[colour][i * self.width..].iter().zip(&self.relax[colour][i * self.width..]);
                for (t, (f, r)) in row.iter_mut().step_by(2).zip(from) {
                    if *r > T::default() {
                        *t = f.wide();
                    }
                }
            }
        }
    }

    /// Sweeps until no cell changes by more than `tolerance` [V], as far as every fifth sweep shows. Returns the sweeps taken.
    pub fn sweep(&mut self, screen: f64, tolerance: f64, most: usize) -> usize {
        let inverse = T::of(4.0 + screen);
        for sweep in 1..=most {
            let look = sweep % LOOK == 0 || sweep == most;
            let largest = self.colour(0, inverse, look).max(self.colour(1, inverse, look));
            if look && largest < tolerance {
                return sweep;
            }
        }
        most
    }

    fn colour(&mut self, colour: usize, inverse: T, look: bool) -> f64 {
        self.mirror(1 - colour);
        let (first, second) = self.phi.split_at_mut(1);
        let (own, other) = if colour == 0 { (&mut first[0], &second[0]) } else { (&mut second[0], &first[0]) };
        let mut largest = 0.0f64;
        for i in 1..=self.nx {
            let odd = (i + colour) % 2;
            let (from, to) = (1 - odd, (self.ny - odd) / 2 + 1);
            let row = i * self.width;
            let here = row + from..row + to;
            let cells = Row {
                up: &other[here.start - self.width..here.end - self.width],
                down: &other[here.start + self.width..here.end + self.width],
                left: &other[here.start + odd - 1..here.end + odd - 1],
                right: &other[here.start + odd..here.end + odd],
                source: &self.source[colour][here.clone()],
                relax: &self.relax[colour][here.clone()],
            };
            let own = &mut own[here];
            if look {
                largest = largest.max(cells.watched(own, inverse));
            } else {
                cells.step(own, inverse);
            }
        }
        largest
    }

    /// No field leaves through the rim: ghosts mirror what lies inside.
    fn mirror(&mut self, colour: usize) {
        let (w, nx, ny) = (self.width, self.nx, self.ny);
        let phi = &mut self.phi[colour];
        phi.copy_within(2 * w..3 * w, 0);
        phi.copy_within((nx - 1) * w..nx * w, (nx + 1) * w);
        for i in 1..=nx {
            let odd = (i + colour) % 2;
            let row = i * w;
            if odd == 0 {
                phi[row] = phi[row + 1];
            }
            if (ny + 1) % 2 == odd {
                phi[row + ny.div_ceil(2)] = phi[row + ny.div_ceil(2) - 1];
            }
        }
    }
}

struct Row<'a, T> {
    up: &'a [T],
    down: &'a [T],
    left: &'a [T],
    right: &'a [T],
    source: &'a [T],
    relax: &'a [T],
}

impl<T: Number> Row<'_, T> {
    #[inline(always)]
    fn change(&self, own: &[T], k: usize, inverse: T) -> T {
        self.relax[k] * (self.up[k] + self.down[k] + self.left[k] + self.right[k] + self.source[k] - inverse * own[k])
    }

    fn cut(&self, n: usize) -> Row<'_, T> {
        Row {
            up: &self.up[..n],
            down: &self.down[..n],
            left: &self.left[..n],
            right: &self.right[..n],
            source: &self.source[..n],
            relax: &self.relax[..n],
        }
    }

    fn step(&self, own: &mut [T], inverse: T) {
        let n = own.len();
        let row = self.cut(n);
        for k in 0..n {
            own[k] += row.change(own, k, inverse);
        }
    }

    fn watched(&self, own: &mut [T], inverse: T) -> f64 {
        let n = own.len();
        let row = self.cut(n);
        let mut largest = [T::default(); 4];
        let whole = n - n % 4;
        for k in (0..whole).step_by(4) {
            let change: [T; 4] = std::array::from_fn(|l| row.change(own, k + l, inverse));
            let to = &mut own[k..k + 4];
            for l in 0..4 {
                to[l] += change[l];
                let size = change[l] * change[l];
                largest[l] = if size > largest[l] { size } else { largest[l] };
            }
        }
        for k in whole..n {
            let change = row.change(own, k, inverse);
            own[k] += change;
            let size = change * change;
            largest[0] = if size > largest[0] { size } else { largest[0] };
        }
        largest.iter().map(|x| x.wide()).fold(0.0, f64::max).sqrt()
    }
}
