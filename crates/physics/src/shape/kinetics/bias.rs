//! The potential of the force, by site, and what it does to rates.

use super::KineticsError;

/// Largest change of the potential over one hop: beyond, it is cut. shape3d.md section 2.
pub const CLIP: f64 = 2.0;
/// Most steps of the stored potential over that change.
const STEPS: usize = 2048;
/// Largest stored potential.
const TOP: f64 = 65_000.0;

/// The reduced potential of each site in steps, and exp(Δw/2).
///
/// Steps are as fine as sixteen bits allow, never finer than 1/1024. Any potential by site keeps balance, the stored one too: rounding is a
/// force that is frozen in, has no mean and does no work over a closed path.
#[derive(Clone, Debug)]
pub struct Bias {
    /// By site, without the last shell.
    pub level: Vec<u16>,
    /// exp(Δw/2) for Δw from -STEPS to STEPS - 1 steps, cut.
    pub factor: Box<[f32; 2 * STEPS]>,
    /// Steps to the clip.
    reach: i32,
    /// One step.
    step: f64,
}

impl Bias {
    /// No force, for so many sites: those of the last shell, which come last, never matter.
    pub fn none(sites: usize) -> Bias {
        Bias { level: vec![0; sites], factor: Box::new([1.0; 2 * STEPS]), reach: 0, step: 1.0 }
    }

    /// No force from now on.
    pub fn clear(&mut self) {
        self.level.fill(0);
        self.factor.fill(1.0);
        (self.reach, self.step) = (0, 1.0);
    }

    /// Takes `psi` times `scale`.
    pub fn set(&mut self, psi: &[f32], scale: f64) -> Result<(), KineticsError> {
        if !scale.is_finite() {
            return Err(KineticsError::Scale(scale));
        }
        let mut range = [f32::INFINITY, f32::NEG_INFINITY];
        let mut wrong = 0.0f32;
        for v in psi {
            range = [range[0].min(*v), range[1].max(*v)];
            wrong += 0.0 * v; // NaN if any of them is not finite
        }
        if wrong != 0.0 || wrong.is_nan() {
            let site = psi.iter().position(|v| !v.is_finite()).unwrap_or(0);
            return Err(KineticsError::Potential { site, value: f64::from(psi[site]) });
        }
        let span = (f64::from(range[1]) - f64::from(range[0])) * scale.abs();
        self.step = (span / TOP).max(CLIP / STEPS as f64);
        self.reach = ((CLIP / self.step).round() as i32).min(STEPS as i32 - 1);
        for (d, factor) in (-(STEPS as i32)..).zip(self.factor.iter_mut()) {
            *factor = (0.5 * self.step * f64::from(d.clamp(-self.reach, self.reach))).exp() as f32;
        }
        let by = (scale / self.step) as f32;
        let least = if scale < 0.0 { range[1] } else { range[0] };
        for (level, v) in self.level.iter_mut().zip(psi) {
            // From 2^23 on, floats are whole numbers: their last bits are what is wanted, rounded.
            *level = ((v - least) * by + 8_388_608.0).to_bits() as u16;
        }
        Ok(())
    }

    /// |Δw| in steps, cut.
    #[inline]
    pub fn change(&self, a: usize, b: usize) -> u16 {
        self.level[a].abs_diff(self.level[b]).min(self.reach as u16)
    }

    /// What to allow for if changes up to this are seen: somewhat more.
    pub fn allowance(&self, seen: u16) -> u16 {
        if seen == 0 { 0 } else { (seen + seen / 8 + 2).min(self.reach as u16) }
    }

    /// exp(|Δw|/2) of a change in steps.
    pub fn most(&self, change: u16) -> f64 {
        f64::from(self.factor[usize::from(change) % STEPS + STEPS])
    }
}

/// exp(Δw/2) of a hop between sites of these levels.
#[inline(always)]
pub fn factor(table: &[f32; 2 * STEPS], from: u16, to: u16) -> f32 {
    let steps = STEPS as i32;
    let d = (i32::from(to) - i32::from(from)).max(-steps).min(steps - 1);
    table[(d + steps) as usize % (2 * STEPS)]
}
