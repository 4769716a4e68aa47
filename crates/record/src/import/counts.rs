//! From the samples of a file to 16-bit counts.

/// Samples of one grey frame, row by row, as the file has them.
#[derive(Clone, PartialEq, Debug)]
pub enum Samples {
    /// Unsigned, 8 bit.
    U8(Vec<u8>),
    /// Unsigned, 16 bit.
    U16(Vec<u16>),
    /// Signed, 16 bit.
    I16(Vec<i16>),
    /// Unsigned, 32 bit.
    U32(Vec<u32>),
    /// Signed, 32 bit.
    I32(Vec<i32>),
    /// Floating-point, 32 bit.
    F32(Vec<f32>),
}

impl Samples {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::U8(v) => v.len(),
            Self::U16(v) => v.len(),
            Self::I16(v) => v.len(),
            Self::U32(v) => v.len(),
            Self::I32(v) => v.len(),
            Self::F32(v) => v.len(),
        }
    }

    /// Every `n`th sample from `first` on: one channel of pixels that have several.
    pub(crate) fn channel(&self, first: usize, n: usize) -> Samples {
        fn pick<T: Copy>(v: &[T], first: usize, n: usize) -> Vec<T> {
            v.iter().skip(first).step_by(n.max(1)).copied().collect()
        }
        match self {
            Self::U8(v) => Self::U8(pick(v, first, n)),
            Self::U16(v) => Self::U16(pick(v, first, n)),
            Self::I16(v) => Self::I16(pick(v, first, n)),
            Self::U32(v) => Self::U32(pick(v, first, n)),
            Self::I32(v) => Self::I32(pick(v, first, n)),
            Self::F32(v) => Self::F32(pick(v, first, n)),
        }
    }

    /// Grey of pixels with `n` channels, the last of which is opacity if `alpha`; `None` where the colours differ.
    pub(crate) fn grey(&self, n: usize, alpha: bool) -> Option<Samples> {
        let first = self.channel(0, n);
        let colours = n.saturating_sub(usize::from(alpha));
        (1..colours).all(|k| self.channel(k, n) == first).then_some(first)
    }

    /// Some of them, one after the other.
    pub(crate) fn part(&self, start: usize, length: usize) -> Option<Samples> {
        let range = start..start.checked_add(length)?;
        Some(match self {
            Self::U8(v) => Self::U8(v.get(range)?.to_vec()),
            Self::U16(v) => Self::U16(v.get(range)?.to_vec()),
            Self::I16(v) => Self::I16(v.get(range)?.to_vec()),
            Self::U32(v) => Self::U32(v.get(range)?.to_vec()),
            Self::I32(v) => Self::I32(v.get(range)?.to_vec()),
            Self::F32(v) => Self::F32(v.get(range)?.to_vec()),
        })
    }

    fn word(&self) -> &'static str {
        match self {
            Self::U8(_) => "8-bit",
            Self::U16(_) => "16-bit",
            Self::I16(_) => "signed 16-bit",
            Self::U32(_) => "32-bit",
            Self::I32(_) => "signed 32-bit",
            Self::F32(_) => "floating-point",
        }
    }

    /// Smallest and largest finite sample.
    fn range(&self) -> Option<(f64, f64)> {
        fn of(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
            values.filter(|v| v.is_finite()).fold(None, |range, v| match range {
                None => Some((v, v)),
                Some((low, high)) => Some((v.min(low), v.max(high))),
            })
        }
        match self {
            Self::U8(v) => of(v.iter().map(|x| f64::from(*x))),
            Self::U16(v) => of(v.iter().map(|x| f64::from(*x))),
            Self::I16(v) => of(v.iter().map(|x| f64::from(*x))),
            Self::U32(v) => of(v.iter().map(|x| f64::from(*x))),
            Self::I32(v) => of(v.iter().map(|x| f64::from(*x))),
            Self::F32(v) => of(v.iter().map(|x| f64::from(*x))),
        }
    }

    fn whole(&self) -> bool {
        match self {
            Self::F32(v) => v.iter().all(|x| x.fract() == 0.0),
            _ => true,
        }
    }
}

/// counts = (sample + offset) * factor, settled by the first frame and the same for all.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Conversion {
    offset: f64,
    factor: f64,
    /// Samples that fell outside, or were no number.
    pub(crate) clipped: u64,
}

/// Largest count.
const TOP: f64 = u16::MAX as f64;
/// Room left beyond each end of the first frame's range, as part of that range: the picture brightens where a wire parts.
const MARGIN: f64 = 0.5;

impl Conversion {
    /// The conversion for a movie with this first frame, and a word on it if it changes anything.
    pub(crate) fn from_first(first: &Samples) -> (Conversion, Option<String>) {
        let plain = Conversion { offset: 0.0, factor: 1.0, clipped: 0 };
        if let Samples::U8(_) = first {
            return (
                plain,
                Some(
                    "the movie has 8 bits: its contrast may have been changed for the eye, then widths carry an error of their own"
                        .to_owned(),
                ),
            );
        }
        let Some((low, high)) = first.range() else { return (plain, None) };
        let word = first.word();
        if matches!(first, Samples::U16(_)) {
            return (plain, None);
        }
        // Whole numbers keep their steps, so that their noise stays what it is.
        if first.whole() {
            // To the next power of two, twice what the first frame needs: later frames may go lower.
            let offset = if low < 0.0 { (2.0 * -low).log2().ceil().exp2() } else { 0.0 };
            let room = if low < 0.0 || matches!(first, Samples::I16(_)) { 0.0 } else { MARGIN * (high - low) };
            if high + offset + room <= TOP {
                let said = (offset > 0.0).then(|| format!("{word} samples are shifted by {offset} to 16-bit counts"));
                return (Conversion { offset, ..plain }, said);
            }
        }
        let range = if high > low { high - low } else { high.abs().max(1.0) };
        // A zero stays a zero where nothing lies below it.
        let bottom = if low >= 0.0 { (low - MARGIN * range).max(0.0) } else { low - MARGIN * range };
        let factor = TOP / (high + MARGIN * range - bottom);
        let said = format!("{word} samples from {bottom:.4e} to {:.4e} are scaled to 16-bit counts", high + MARGIN * range);
        (Conversion { offset: -bottom, factor, clipped: 0 }, Some(said))
    }

    /// Counts that stand for a sample of 0.
    pub(crate) fn zero(&self) -> f64 {
        self.offset * self.factor
    }

    /// The counts of a frame.
    pub(crate) fn counts(&mut self, samples: Samples) -> Vec<u16> {
        let plain = self.offset == 0.0 && self.factor == 1.0;
        match samples {
            Samples::U16(v) if plain => v,
            Samples::U8(v) if plain => v.into_iter().map(u16::from).collect(),
            Samples::U8(v) => self.convert(v.into_iter().map(f64::from)),
            Samples::U16(v) => self.convert(v.into_iter().map(f64::from)),
            Samples::I16(v) => self.convert(v.into_iter().map(f64::from)),
            Samples::U32(v) => self.convert(v.into_iter().map(f64::from)),
            Samples::I32(v) => self.convert(v.into_iter().map(f64::from)),
            Samples::F32(v) => self.convert(v.into_iter().map(f64::from)),
        }
    }

    fn convert(&mut self, values: impl Iterator<Item = f64>) -> Vec<u16> {
        let mut clipped = 0;
        let counts = values
            .map(|v| {
                let count = ((v + self.offset) * self.factor).round();
                clipped += u64::from(!(0.0..=TOP).contains(&count));
                count as u16 // saturates; what is no number becomes 0
            })
            .collect();
        self.clipped += clipped;
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(first: Samples) -> (Vec<u16>, Option<String>, u64) {
        let (mut conversion, said) = Conversion::from_first(&first);
        let counts = conversion.counts(first);
        (counts, said, conversion.clipped)
    }

    #[test]
    fn whole_numbers_that_fit_keep_their_steps() {
        assert_eq!(converted(Samples::U16(vec![0, 9, 65535])), (vec![0, 9, 65535], None, 0));
        assert_eq!(converted(Samples::U32(vec![10, 12, 5000])), (vec![10, 12, 5000], None, 0));
        assert_eq!(converted(Samples::F32(vec![10.0, 12.0, 5000.0])), (vec![10, 12, 5000], None, 0));
        // A dark frame of the Ceta: counts from -10 to 7 (SOURCES.md of the real files).
        let (counts, said, clipped) = converted(Samples::I16(vec![-10, 0, 7]));
        assert_eq!((counts, clipped), (vec![22, 32, 39], 0));
        assert!(said.unwrap().contains("shifted by 32"));
        assert_eq!(converted(Samples::U8(vec![0, 255])).0, [0, 255]);
        assert!(converted(Samples::U8(vec![0, 255])).1.unwrap().contains("8 bits"));
    }

    #[test]
    fn what_does_not_fit_is_scaled_in_order_and_clipping_is_counted() {
        let first = Samples::F32(vec![0.25, 0.5, 1.0]);
        let (mut conversion, said) = Conversion::from_first(&first);
        assert!(said.unwrap().contains("scaled"));
        let counts = conversion.counts(first);
        // From 0 to 1.375.
        assert_eq!(counts, [0.25, 0.5, 1.0].map(|v: f64| (v / 1.375 * 65535.0).round() as u16));
        assert_eq!((conversion.zero(), conversion.clipped), (0.0, 0));
        assert_eq!(conversion.counts(Samples::F32(vec![2.0, f32::NAN, -1.0, 0.0])), [65535, 0, 0, 0]);
        assert_eq!(conversion.clipped, 3);
        assert_eq!(converted(Samples::U32(vec![0, 4_000_000_000])).0[0], 0);
        assert_eq!(converted(Samples::F32(vec![f32::NAN])).0, [0]);
        assert_eq!(converted(Samples::F32(vec![0.5, 0.5])).2, 0);
    }

    #[test]
    fn grey_is_found_in_equal_colours_only() {
        assert_eq!(Samples::U8(vec![1, 1, 1, 2, 2, 2]).grey(3, false), Some(Samples::U8(vec![1, 2])));
        assert_eq!(Samples::U8(vec![1, 1, 1, 9, 2, 2, 2, 7]).grey(4, true), Some(Samples::U8(vec![1, 2])));
        assert_eq!(Samples::U8(vec![1, 1, 1, 2, 2, 3]).grey(3, false), None);
    }
}
