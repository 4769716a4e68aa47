//! Movies for tests of drift and noise: film texture, a wire that changes its shape, a contact, shot noise, a blurring scintillator.
#![allow(dead_code, reason = "each test crate uses its part")]

use std::f64::consts::TAU;

/// Normal and uniform deviates (splitmix64, Box and Muller).
pub struct Chance(pub u64);

impl Chance {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn normal(&mut self) -> f64 {
        self.pair()[0]
    }

    pub fn pair(&mut self) -> [f64; 2] {
        let (r, angle) = ((-2.0 * (1.0 - self.uniform()).ln()).sqrt(), TAU * self.uniform());
        [r * angle.cos(), r * angle.sin()]
    }
}

#[derive(Clone)]
pub struct Scene {
    pub size: [usize; 2],
    /// Electrons per pixel where there is only film.
    pub dose: f64,
    /// Counts per electron, counts without beam, read noise [counts].
    pub gain: f64,
    pub black: f64,
    pub read: f64,
    /// Relative rms of the film's texture, and its waves.
    pub texture: f64,
    pub waves: Vec<[f64; 3]>,
    /// Transmission of the wire and the contact; 1 for none.
    pub wire: f64,
    pub contact: f64,
    /// Width of the wire [pixels].
    pub width: f64,
    /// Weight of a neighbour in the scintillator's three-tap blur along x and y.
    pub blur: f64,
}

impl Scene {
    pub fn new(size: usize, seed: u64) -> Scene {
        let mut chance = Chance(seed);
        // 0.006 to 0.035 cycles per pixel of a frame of 1024 pixels (imaging.md 3.5).
        let waves = (0..40)
            .map(|_| {
                let (k, angle) = (0.006 + 0.029 * chance.uniform(), TAU * chance.uniform());
                [TAU * k * angle.cos(), TAU * k * angle.sin(), TAU * chance.uniform()]
            })
            .collect();
        Scene {
            size: [size, size],
            dose: 25.0,
            gain: 8.0,
            black: 0.0,
            read: 0.0,
            texture: 0.008,
            waves,
            wire: 0.25,
            contact: 0.3,
            width: 58.0,
            blur: 0.15,
        }
    }

    /// Counts of a frame whose specimen is shifted; `neck` is by how much the wire is thinner (and a hillock beside it thicker) [pixels].
    pub fn frame(&self, shift: [f64; 2], neck: f64, chance: &mut Chance) -> Vec<u16> {
        let [w, h] = self.size;
        let mut mean = vec![1.0f32; w * h];
        if self.texture > 0.0 {
            let amplitude = self.texture * (2.0 / self.waves.len() as f64).sqrt();
            for &[kx, ky, phase] in &self.waves {
                let x: Vec<[f32; 2]> = (0..w)
                    .map(|i| kx * (i as f64 - shift[0]) + phase)
                    .map(|p| [(amplitude * p.cos()) as f32, (amplitude * p.sin()) as f32])
                    .collect();
                for j in 0..h {
                    let p = ky * (j as f64 - shift[1]);
                    let (s, c) = (p.sin() as f32, p.cos() as f32);
                    mean[j * w..(j + 1) * w].iter_mut().zip(&x).for_each(|(m, x)| *m += c * x[0] - s * x[1]);
                }
            }
        }
        for j in 0..h {
            for i in 0..w {
                let (x, y) = (i as f64 - shift[0], j as f64 - shift[1]);
                let u = x - 0.5 * w as f64;
                let half = 0.5 * (self.width - neck * (-(u / 30.0).powi(2)).exp() + 0.7 * neck * (-((u - 90.0) / 40.0).powi(2)).exp());
                let inside = (half - (y - 0.5 * h as f64).abs() + 0.5).clamp(0.0, 1.0);
                let rough = 2.0 * (y / 23.0).sin() + 1.5 * (y / 9.0).sin();
                let covered = (0.1 * w as f64 + rough - x + 0.5).clamp(0.0, 1.0);
                mean[j * w + i] *= ((1.0 - (1.0 - self.wire) * inside) * (1.0 - (1.0 - self.contact) * covered)) as f32;
            }
        }
        let mut electrons = vec![0.0f32; w * h];
        for (pair, mean) in electrons.chunks_mut(2).zip(mean.chunks(2)) {
            let z = chance.pair();
            for k in 0..pair.len() {
                let n = mean[k] * self.dose as f32;
                pair[k] = n + n.sqrt() * z[k] as f32;
            }
        }
        if self.blur > 0.0 {
            let (a, b) = (1.0 - 2.0 * self.blur as f32, self.blur as f32);
            for row in electrons.chunks_exact_mut(w) {
                let old = row.to_vec();
                for i in 0..w {
                    row[i] = a * old[i] + b * (old[i.saturating_sub(1)] + old[(i + 1).min(w - 1)]);
                }
            }
            let old = electrons.clone();
            for j in 0..h {
                let (up, down) = (j.saturating_sub(1) * w, (j + 1).min(h - 1) * w);
                for i in 0..w {
                    electrons[j * w + i] = a * old[j * w + i] + b * (old[up + i] + old[down + i]);
                }
            }
        }
        let mut counts = Vec::with_capacity(w * h);
        for e in electrons {
            let read = if self.read > 0.0 { self.read * chance.normal() } else { 0.0 };
            counts.push((self.black + self.gain * f64::from(e) + read).round().clamp(0.0, 65535.0) as u16);
        }
        counts
    }
}
