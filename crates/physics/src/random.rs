//! Randomness: one seed, a stream of its own for each use (design.md section 7).

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// What a stream is for. The numbers are part of the record's meaning: never change them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// As-made diameter.
    Diameter = 1,
    /// Surface mobility.
    Mobility = 2,
    /// Read noise of the source-meter.
    ReadNoise = 3,
    /// Draws of uncertain parameters.
    Draws = 4,
    /// Seeds of the devices of an ensemble.
    Devices = 5,
    /// Electrons and camera of the microscope.
    Camera = 6,
    /// Drift of the stage.
    Drift = 7,
    /// Film texture, orientation and other fixed features of the specimen as imaged.
    Scene = 8,
    /// Events on the lattice of atoms.
    Lattice = 9,
    /// X-ray pulses of a spectrum.
    Spectrum = 11,
    /// Traps, ions and contacts in a gap that rewires.
    Gap = 10,
}

/// A stream of random numbers; the same seed, purpose and index give the same numbers on every machine and thread.
#[derive(Clone, Debug)]
pub struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// The stream for one use.
    pub fn new(seed: u64, purpose: Purpose, index: u64) -> Self {
        // SplitMix64 steps decorrelate neighbouring seeds and indices.
        let mut key = mix(seed ^ mix(purpose as u64 ^ mix(index)));
        let mut bytes = [0u8; 32];
        for chunk in bytes.chunks_exact_mut(8) {
            key = key.wrapping_add(0x9E37_79B9_7F4A_7C15);
            chunk.copy_from_slice(&mix(key).to_le_bytes());
        }
        Stream(Xoshiro256PlusPlus::from_seed(bytes))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Normal with mean 0 and standard deviation 1 (Box-Muller).
    pub fn normal(&mut self) -> f64 {
        let u = 1.0 - self.uniform();
        let v = self.uniform();
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_reproducible_and_apart() {
        let first = |s, p, i| Stream::new(s, p, i).bits();
        assert_eq!(first(1, Purpose::Diameter, 0), first(1, Purpose::Diameter, 0));
        assert_ne!(first(1, Purpose::Diameter, 0), first(2, Purpose::Diameter, 0));
        assert_ne!(first(1, Purpose::Diameter, 0), first(1, Purpose::Mobility, 0));
        assert_ne!(first(1, Purpose::Diameter, 0), first(1, Purpose::Diameter, 1));
    }

    #[test]
    fn normal_numbers_have_mean_0_and_variance_1() {
        let mut s = Stream::new(3, Purpose::Draws, 0);
        let x: Vec<f64> = (0..20_000).map(|_| s.normal()).collect();
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / x.len() as f64;
        // Five standard errors.
        assert!(mean.abs() < 5.0 / (x.len() as f64).sqrt());
        assert!((variance - 1.0).abs() < 5.0 * (2.0 / x.len() as f64).sqrt());
    }
}
