//! From counts to grey: one fixed window for all frames, so that a change of grey is a change of counts.

/// The counts that are shown black and white, the same in every frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contrast {
    /// Counts shown black, and all below.
    pub low: u16,
    /// Counts shown white, and all above.
    pub high: u16,
}

impl Contrast {
    /// Share of the pixels that is left outside the window at each end.
    pub const CLIPPED: f64 = 0.001;
    /// Frames from the start of the record that the window is taken from.
    pub const FROM_FRAMES: u64 = 8;

    /// The window that leaves [`Contrast::CLIPPED`] of these counts outside at each end.
    pub fn of(frames: impl IntoIterator<Item = impl AsRef<[u16]>>) -> Self {
        let mut histogram = vec![0u64; 1 << 16];
        for frame in frames {
            frame.as_ref().iter().for_each(|&counts| histogram[usize::from(counts)] += 1);
        }
        let outside = (histogram.iter().sum::<u64>() as f64 * Self::CLIPPED) as u64;
        let low = reach(histogram.iter().enumerate(), outside);
        let high = reach(histogram.iter().enumerate().rev(), outside);
        Self { low, high: high.max(low.saturating_add(1)) }
    }

    /// The grey of each number of counts, 0 black to 255 white.
    pub(crate) fn table(&self) -> Vec<u8> {
        let (low, width) = (f64::from(self.low), f64::from(self.high.max(1)) - f64::from(self.low));
        (0..=u16::MAX).map(|counts| ((f64::from(counts) - low) / width.max(1.0) * 255.0).round().clamp(0.0, 255.0) as u8).collect()
    }
}

/// The first counts by which more than `outside` pixels have come.
fn reach<'a>(mut histogram: impl Iterator<Item = (usize, &'a u64)>, outside: u64) -> u16 {
    let mut seen = 0;
    let found = histogram.find(|(_, n)| {
        seen += **n;
        seen > outside
    });
    found.map_or(0, |(counts, _)| counts as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousandth_lies_outside_at_each_end() {
        // 10000 pixels of 1000 to 10999 counts: 10 of them below 1010 and 10 above 10989.
        let counts: Vec<u16> = (0..10_000).map(|k| 1000 + k).collect();
        assert_eq!(Contrast::of([&counts]), Contrast { low: 1010, high: 10_989 });
        let table = Contrast { low: 1010, high: 1265 }.table();
        assert_eq!([0, 1009, 1010, 1011, 1137, 1265, 65_535].map(|k: usize| table[k]), [0, 0, 0, 1, 127, 255, 255]);
    }

    #[test]
    fn even_and_no_frames_still_have_a_window() {
        assert_eq!(Contrast::of([[7u16; 100]]), Contrast { low: 7, high: 8 });
        assert_eq!(Contrast::of([[u16::MAX; 9]]).table().len(), 1 << 16);
        assert_eq!(Contrast::of([[0u16; 0]]), Contrast { low: 0, high: 1 });
    }
}
