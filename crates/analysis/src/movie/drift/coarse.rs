//! Where a frame may lie after a jump: peaks of the whitened cross-correlation with the reference.

use super::binned::Prepared;
use super::reference::Reference;
use rustfft::{FftPlanner, num_complex::Complex32};

/// Peaks that are returned.
const PEAKS: usize = 6;

/// Shifts from the canvas to the frame [binned pixels] at which both correlate best, best first, whole numbers.
pub(super) fn candidates(reference: &Reference, frame: &Prepared, planner: &mut FftPlanner<f32>) -> Vec<[f64; 2]> {
    let (w, h) = (reference.width, reference.height);
    // Both real maps in one complex transform. Values are limited, so that a contact's edge does not drown the film.
    let scatter = |values: &[f32], on: &[f32]| {
        let (sum, count) = values.iter().zip(on).fold((0.0f64, 0.0f64), |(s, n), (v, o)| (s + f64::from(v * v * o), n + f64::from(*o)));
        3.0 * (sum / count.max(1.0)).sqrt() as f32
    };
    let (a, b) = (scatter(&frame.values, &frame.valid), scatter(&reference.values, &reference.usable));
    let (tx, ty) = (taper(w), taper(h));
    let mut both = Vec::with_capacity(w * h);
    for j in 0..h {
        let r = j * w..(j + 1) * w;
        let frame = frame.values[r.clone()].iter().zip(&frame.valid[r.clone()]);
        let mean = reference.values[r.clone()].iter().zip(&reference.usable[r]);
        both.extend(frame.zip(mean).zip(&tx).map(|(((f, valid), (m, usable)), t)| {
            let t = t * ty[j];
            Complex32::new(f.max(-a).min(a) * valid * t, m.max(-b).min(b) * usable * t)
        }));
    }
    transform(&mut both, w, h, planner, true);
    let mut cross = vec![Complex32::new(0.0, 0.0); w * h];
    for j in 0..h {
        for i in 0..w {
            let (p, q) = (both[j * w + i], both[(h - j) % h * w + (w - i) % w].conj());
            let (f, m) = ((p + q) * 0.5, (p - q) * Complex32::new(0.0, -0.5));
            let product = f * m.conj();
            // A row or column pattern of the camera does not move: it lies on the axes of the transform.
            let fixed = i == 0 || j == 0;
            let norm = product.norm().sqrt();
            cross[j * w + i] = if fixed || !(norm > 0.0) { Complex32::new(0.0, 0.0) } else { product / norm };
        }
    }
    transform(&mut cross, w, h, planner, false);
    let mut found: Vec<[f64; 2]> = Vec::new();
    while found.len() < PEAKS {
        let best = cross.iter().enumerate().max_by(|x, y| x.1.re.total_cmp(&y.1.re));
        let Some((k, value)) = best else { break };
        if !(value.re > 0.0) {
            break;
        }
        let (i, j) = (k % w, k / w);
        let signed = |i: usize, n: usize| if 2 * i > n { i as f64 - n as f64 } else { i as f64 };
        found.push([signed(i, w), signed(j, h)]);
        for dj in 0..5 {
            for di in 0..5 {
                cross[(j + h + dj - 2) % h * w + (i + w + di - 2) % w] = Complex32::new(0.0, 0.0);
            }
        }
    }
    found
}

/// 1 inside, falling as a cosine over an eighth at both ends.
fn taper(n: usize) -> Vec<f32> {
    let edge = (n / 8).max(1);
    let at = |i: usize| {
        let near = i.min(n - 1 - i);
        if near >= edge { 1.0 } else { 0.5 - 0.5 * (std::f32::consts::PI * (near as f32 + 0.5) / edge as f32).cos() }
    };
    (0..n).map(at).collect()
}

fn transform(map: &mut [Complex32], w: usize, h: usize, planner: &mut FftPlanner<f32>, forward: bool) {
    let mut plan = |n| if forward { planner.plan_fft_forward(n) } else { planner.plan_fft_inverse(n) };
    plan(w).process(map);
    let columns = plan(h);
    let mut turned = vec![Complex32::new(0.0, 0.0); w * h];
    for j in 0..h {
        for i in 0..w {
            turned[i * h + j] = map[j * w + i];
        }
    }
    columns.process(&mut turned);
    for j in 0..h {
        for i in 0..w {
            map[j * w + i] = turned[i * h + j];
        }
    }
}
