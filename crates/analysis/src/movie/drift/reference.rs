//! The running reference: the mean of the past frames in the specimen's coordinates, and how a frame is moved onto it.

use super::binned::Prepared;

/// Frames that the mean reaches back.
const MEMORY: f32 = 64.0;

/// Mean of the frames, moved back by their drift. Its pixel p shows the specimen's point p + origin of the first frame [binned pixels].
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
    /// How many frames are in the mean of a pixel.
    pub(super) frames: Vec<f32>,
    /// 1 where value and gradient may be used.
    pub(super) usable: Vec<f32>,
    pub(super) slope_x: Vec<f32>,
    pub(super) slope_y: Vec<f32>,
    /// Where the canvas lies [binned pixels]: a frame with shift s has the canvas's pixel p at p + s - origin.
    pub(super) origin: [f64; 2],
}

impl Reference {
    /// Starts with the first frame.
    pub(super) fn new(first: &Prepared) -> Reference {
        let n = first.values.len();
        let mut reference = Reference {
            width: first.width,
            height: first.height,
            values: vec![0.0; n],
            frames: vec![0.0; n],
            usable: vec![0.0; n],
            slope_x: vec![0.0; n],
            slope_y: vec![0.0; n],
            origin: [0.0; 2],
        };
        reference.fold(first, [0.0; 2]);
        reference
    }

    /// Adds a frame whose specimen is shifted by `shift` [binned pixels].
    pub(super) fn fold(&mut self, frame: &Prepared, shift: [f64; 2]) {
        // The canvas follows the field of view in steps, so that what is in view stays on it.
        let away = [0, 1].map(|k| shift[k] - self.origin[k]);
        if away.iter().any(|a| a.abs() > 4.0) {
            let step = away.map(|a| a.round());
            self.roll(step.map(|s| s as isize));
            self.origin = [0, 1].map(|k| self.origin[k] + step[k]);
        }
        let moved = Moved::new([0, 1].map(|k| shift[k] - self.origin[k]));
        let mut row = Vec::new();
        let (mut valid, mut mixed) = (Vec::new(), Vec::new());
        for j in 0..self.height {
            moved.row(frame, j, &mut row, &mut mixed);
            moved.nearest(&frame.valid, self.width, self.height, j, &mut valid);
            let range = j * self.width..(j + 1) * self.width;
            let canvas = self.values[range.clone()].iter_mut().zip(&mut self.frames[range]);
            for ((mean, count), (value, valid)) in canvas.zip(row.iter().zip(&valid)) {
                let old = count.min(MEMORY - 1.0);
                *mean += valid / (old + 1.0) * (value - *mean);
                *count += valid * (old + 1.0 - *count);
            }
        }
        self.derive();
    }

    /// Slopes, and where they hold.
    fn derive(&mut self) {
        let (w, h) = (self.width, self.height);
        self.usable.fill(0.0);
        for j in 2..h.saturating_sub(2) {
            let at = |dj: usize| (j + dj - 2) * w..(j + dj - 1) * w;
            let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|k| &self.values[at(k)]);
            let [fa, fb, fc, fd, fe] = [0, 1, 2, 3, 4].map(|k| &self.frames[at(k)]);
            let range = at(2);
            let (usable, sx, sy) = (&mut self.usable[range.clone()], &mut self.slope_x[range.clone()], &mut self.slope_y[range]);
            for i in 0..w {
                sy[i] = (8.0 * (d[i] - b[i]) - e[i] + a[i]) / 12.0;
            }
            let inner = sx.iter_mut().zip(usable).skip(2);
            let around = c.windows(5).zip(fc.windows(5)).zip(fa.iter().zip(fb).zip(fd.iter().zip(fe)).skip(2));
            for ((sx, usable), ((c, fc), ((fa, fb), (fd, fe)))) in inner.zip(around) {
                *sx = (8.0 * (c[3] - c[1]) - c[4] + c[0]) / 12.0;
                let least = fc[0].min(fc[1]).min(fc[2].min(fc[3])).min(fc[4]).min(fa.min(*fb)).min(fd.min(*fe));
                *usable = if least > 0.0 { 1.0 } else { 0.0 };
            }
        }
    }

    /// Moves the canvas on by `step`: what was at p is at p + step.
    fn roll(&mut self, step: [isize; 2]) {
        let (w, h) = (self.width as isize, self.height as isize);
        for map in [&mut self.values, &mut self.frames] {
            let old = std::mem::replace(map, vec![0.0; map.len()]);
            for j in 0..h {
                let from = j - step[1];
                if !(0..h).contains(&from) {
                    continue;
                }
                let (start, end) = (step[0].clamp(0, w), (w + step[0]).clamp(0, w));
                if start < end {
                    let source = (from * w + start - step[0]) as usize..(from * w + end - step[0]) as usize;
                    map[(j * w + start) as usize..(j * w + end) as usize].copy_from_slice(&old[source]);
                }
            }
        }
    }
}

/// A frame seen from the canvas: the canvas's pixel p lies at p + shift in the frame.
pub(super) struct Moved {
    whole: [isize; 2],
    weights: [[f32; 4]; 2],
    nearest: [isize; 2],
}

impl Moved {
    pub(super) fn new(shift: [f64; 2]) -> Moved {
        let shift = shift.map(|s| if s.is_finite() { s.clamp(-1e6, 1e6) } else { 0.0 });
        let part = shift.map(|s| (s - s.floor()) as f32);
        // Cubic convolution (Keys 1981, a = -1/2).
        let cubic = |t: f32| {
            [0.5 * t * (t * (2.0 - t) - 1.0), 0.5 * (t * t * (3.0 * t - 5.0) + 2.0), 0.5 * t * (t * (4.0 - 3.0 * t) + 1.0), {
                0.5 * t * t * (t - 1.0)
            }]
        };
        Moved { whole: shift.map(|s| s.floor() as isize), weights: part.map(cubic), nearest: shift.map(|s| s.round() as isize) }
    }

    /// The frame's values under row `j` of the canvas.
    pub(super) fn row(&self, frame: &Prepared, j: usize, out: &mut Vec<f32>, mixed: &mut Vec<f32>) {
        let (w, h) = (frame.width as isize, frame.height as isize);
        // Rows are mixed first, with `lead` zeros on either side for what lies outside the frame.
        let lead = 4;
        mixed.clear();
        mixed.resize(frame.width + 2 * lead, 0.0);
        let y = j as isize + self.whole[1];
        let body = &mut mixed[lead..lead + frame.width];
        let rows: [&[f32]; 4] = std::array::from_fn(|k| {
            let r = y + k as isize - 1;
            if (0..h).contains(&r) { &frame.values[(r * w) as usize..((r + 1) * w) as usize] } else { &[] as &[f32] }
        });
        let v = self.weights[1];
        if rows.iter().all(|r| !r.is_empty()) {
            let near = rows[0].iter().zip(rows[1]).zip(rows[2].iter().zip(rows[3]));
            for (m, ((a, b), (c, d))) in body.iter_mut().zip(near) {
                *m = v[0] * a + v[1] * b + v[2] * c + v[3] * d;
            }
        } else {
            for (row, v) in rows.iter().zip(v) {
                body.iter_mut().zip(*row).for_each(|(m, x)| *m += v * x);
            }
        }
        out.clear();
        out.resize(frame.width, 0.0);
        let u = self.weights[0];
        // Canvas pixel i takes mixed[lead + i + whole - 1 ..].
        let first = lead as isize + self.whole[0] - 1;
        let (skip_out, skip_in) = if first < 0 { ((-first) as usize, 0) } else { (0, first as usize) };
        if skip_in < mixed.len() {
            for (x, m) in out.iter_mut().skip(skip_out).zip(mixed[skip_in..].windows(4)) {
                *x = u[0] * m[0] + u[1] * m[1] + u[2] * m[2] + u[3] * m[3];
            }
        }
    }

    /// A map of the frame under row `j` of the canvas, at the nearest pixel; 0 outside.
    pub(super) fn nearest(&self, map: &[f32], width: usize, height: usize, j: usize, out: &mut Vec<f32>) {
        out.clear();
        out.resize(width, 0.0);
        let y = j as isize + self.nearest[1];
        let w = width as isize;
        let (start, end) = ((-self.nearest[0]).clamp(0, w), (w - self.nearest[0]).clamp(0, w));
        if (0..height as isize).contains(&y) && start < end {
            let from = y * w + self.nearest[0];
            out[start as usize..end as usize].copy_from_slice(&map[(from + start) as usize..(from + end) as usize]);
        }
    }
}
