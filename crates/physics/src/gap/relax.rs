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

/// The two colours of a lattice with one ghost cell around, its columns an odd number of cells long: cell n is of colour n mod 2, the n/2-th of
/// its colour. All neighbours then lie at distances that are the same for a whole colour, so that a sweep is one run through memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Colours<T> {
    nx: usize,
    ny: usize,
    phi: [Vec<T>; 2],
    source: [Vec<T>; 2],
    relax: [Vec<T>; 2],
}

/// Sweeps from one look at the largest change to the next.
const LOOK: usize = 6;

impl<T: Number> Colours<T> {
    /// Takes over `nx` columns of `ny` cells: potential, what drives it, and over-relaxation of each (0 where held).
    pub fn load(&mut self, nx: usize, ny: usize, phi: &[f64], pull: f64, bare: &[f64], relax: &[f64]) {
        debug_assert!(ny % 2 == 1 && phi.len() == (nx + 2) * (ny + 2));
        (self.nx, self.ny) = (nx, ny);
        for colour in 0..2 {
            let split = |to: &mut Vec<T>, from: &[f64], factor: f64| {
                to.clear();
                to.extend(from[colour..].iter().step_by(2).map(|f| T::of(factor * f)));
                to.resize(phi.len().div_ceil(2), T::default());
            };
            split(&mut self.phi[colour], phi, 1.0);
            split(&mut self.source[colour], bare, pull);
            split(&mut self.relax[colour], relax, 1.0);
        }
    }

    /// The same for `columns` (first, last) of `size` (columns, cells in each) only, ghosts counted; what else is there stays.
    pub fn load_columns(&mut self, size: (usize, usize), columns: (usize, usize), phi: &[f64], pull: f64, bare: &[f64], relax: &[f64]) {
        let (nx, ny) = size;
        let half = phi.len().div_ceil(2);
        if (self.nx, self.ny, self.phi[0].len()) != (nx, ny, half) {
            self.load(nx, ny, phi, pull, bare, relax);
            return;
        }
        let (first, last) = self.range(columns.0, columns.1);
        for colour in 0..2 {
            let split = |to: &mut [T], from: &[f64], factor: f64| {
                for (t, pair) in to[first..last].iter_mut().zip(from[2 * first..].chunks(2)) {
                    *t = T::of(factor * pair.get(colour).copied().unwrap_or(0.0));
                }
            };
            split(&mut self.phi[colour], phi, 1.0);
            split(&mut self.source[colour], bare, pull);
            split(&mut self.relax[colour], relax, 1.0);
        }
    }

    /// Which of a colour's cells lie in columns `from` to `to`, ghosts counted; one more where a column begins or ends with the other colour.
    fn range(&self, from: usize, to: usize) -> (usize, usize) {
        let stride = self.ny + 2;
        (from * stride / 2, ((to + 1) * stride).div_ceil(2).min(self.phi[0].len()))
    }

    /// Gives the potential of the cells that are not held back.
    pub fn unload(&self, phi: &mut [f64]) {
        self.unload_columns(0, self.nx + 1, phi);
    }

    /// The same for columns `from` to `to` only, ghosts counted.
    pub fn unload_columns(&self, from: usize, to: usize, phi: &mut [f64]) {
        let (first, last) = self.range(from, to);
        for colour in 0..2 {
            let from = self.phi[colour][first..last].iter().zip(&self.relax[colour][first..last]);
            for (pair, (f, r)) in phi[2 * first..].chunks_mut(2).zip(from) {
                if let Some(t) = pair.get_mut(colour)
                    && *r > T::default()
                {
                    *t = f.wide();
                }
            }
        }
    }

    /// Potential of a cell.
    pub fn at(&self, cell: usize) -> f64 {
        self.phi[cell % 2][cell / 2].wide()
    }

    /// Sets the potential of a cell.
    pub fn set(&mut self, cell: usize, value: f64) {
        self.phi[cell % 2][cell / 2] = T::of(value);
    }

    /// Sweeps columns `first` to `last` until no cell changes by more than `tolerance` [V], as far as every sixth sweep shows. Returns the sweeps.
    pub fn sweep(&mut self, screen: f64, tolerance: f64, most: usize, first: usize, last: usize) -> usize {
        let inverse = T::of(4.0 + screen);
        for sweep in 1..=most {
            let look = sweep % LOOK == 0 || sweep == most;
            let largest = self.colour(0, inverse, look, first, last).max(self.colour(1, inverse, look, first, last));
            if look && largest < tolerance {
                return sweep;
            }
        }
        most
    }

    fn colour(&mut self, colour: usize, inverse: T, look: bool, first: usize, last: usize) -> f64 {
        self.mirror(1 - colour, first, last);
        let (even, odd) = self.phi.split_at_mut(1);
        let (own, other) = if colour == 0 { (&mut even[0], &odd[0]) } else { (&mut odd[0], &even[0]) };
        let stride = self.ny + 2;
        let (near, far) = (stride / 2, stride / 2 + 1);
        // The ghosts in between have no relaxation and stay.
        let (from, to) = ((first * stride).div_ceil(2).max(far), (last + 1) * stride / 2);
        let (before, after) = if colour == 0 { (far, near) } else { (near, far) };
        let cells = Run {
            up: &other[from - before..to - before],
            down: &other[from + after..to + after],
            left: &other[from + colour - 1..to + colour - 1],
            right: &other[from + colour..to + colour],
            source: &self.source[colour][from..to],
            relax: &self.relax[colour][from..to],
        };
        if look { cells.watched(&mut own[from..to], inverse) } else { cells.step(&mut own[from..to], inverse) }
    }

    /// No field leaves through the rim: ghosts mirror what lies inside.
    fn mirror(&mut self, colour: usize, first: usize, last: usize) {
        let (s, nx, ny) = (self.ny + 2, self.nx, self.ny);
        let phi = &mut self.phi[colour];
        let mut copy = |to: usize, from: usize| {
            if to % 2 == colour {
                phi[to / 2] = phi[from / 2];
            }
        };
        for j in 1..=ny {
            if first == 1 {
                copy(j, 2 * s + j);
            }
            if last == nx {
                copy((nx + 1) * s + j, (nx - 1) * s + j);
            }
        }
        for i in first..=last {
            copy(i * s, i * s + 2);
            copy(i * s + ny + 1, i * s + ny - 1);
        }
    }
}

/// A run of cells of one colour and their neighbours.
struct Run<'a, T> {
    up: &'a [T],
    down: &'a [T],
    left: &'a [T],
    right: &'a [T],
    source: &'a [T],
    relax: &'a [T],
}

impl<T: Number> Run<'_, T> {
    #[inline(always)]
    fn change(&self, own: &[T], k: usize, inverse: T) -> T {
        self.relax[k] * (self.up[k] + self.down[k] + self.left[k] + self.right[k] + self.source[k] - inverse * own[k])
    }

    #[inline(always)]
    fn cut(&self, n: usize) -> Run<'_, T> {
        Run {
            up: &self.up[..n],
            down: &self.down[..n],
            left: &self.left[..n],
            right: &self.right[..n],
            source: &self.source[..n],
            relax: &self.relax[..n],
        }
    }

    fn step(&self, own: &mut [T], inverse: T) -> f64 {
        let n = own.len();
        let run = self.cut(n);
        for k in 0..n {
            own[k] += run.change(own, k, inverse);
        }
        0.0
    }

    fn watched(&self, own: &mut [T], inverse: T) -> f64 {
        let n = own.len();
        let run = self.cut(n);
        let (mut even, mut odd) = (T::default(), T::default());
        let whole = n - n % 2;
        for k in (0..whole).step_by(2) {
            let (a, b) = (run.change(own, k, inverse), run.change(own, k + 1, inverse));
            own[k] += a;
            own[k + 1] += b;
            even = if a * a > even { a * a } else { even };
            odd = if b * b > odd { b * b } else { odd };
        }
        if whole < n {
            let a = run.change(own, whole, inverse);
            own[whole] += a;
            even = if a * a > even { a * a } else { even };
        }
        even.wide().max(odd.wide()).sqrt()
    }
}
