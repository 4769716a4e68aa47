//! Functions asked once per pixel, in single precision and without a call.

/// Adding and subtracting it rounds a number below 4e6 to the nearest whole one.
const WHOLE: f32 = 12_582_912.0;

/// The nearest whole number, for -4e6 to 4e6.
#[inline]
pub fn whole(x: f32) -> f32 {
    (x + WHOLE) - WHOLE
}

/// exp(-x) for any x that is not negative, to 5e-6 of its value (2e-36 at least); 1 where x is negative or no number.
#[inline]
pub fn exp_minus(x: f32) -> f32 {
    let y = (-x.max(0.0) * std::f32::consts::LOG2_E).max(-120.0);
    let k = whole(y);
    let f = (y - k) * std::f32::consts::LN_2;
    // Taylor's series; |f| is at most 0.35.
    let series = 1.0 + f * (1.0 + f * (0.5 + f * (1.0 / 6.0 + f * (1.0 / 24.0 + f * (1.0 / 120.0)))));
    series * f32::from_bits(((k as i32 + 127) << 23) as u32)
}

/// sin²(pi x), to 1e-5; for x up to 4e6.
#[inline]
pub fn sin_squared(x: f32) -> f32 {
    let r = x - whole(x);
    let r2 = r * r;
    // Taylor's series of sin(pi r) around 0; |r| is at most 1/2.
    let s = r * (std::f32::consts::PI - r2 * (5.167_713 - r2 * (2.550_164 - r2 * (0.599_264_5 - r2 * 0.082_145_89))));
    s * s
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_agree_with_the_library() {
        for k in 0..200_000 {
            let x = k as f32 * 4e-4;
            let exact = (-f64::from(x)).exp();
            assert!((f64::from(exp_minus(x)) / exact - 1.0).abs() < 2e-5, "exp {x}");
            let exact = (std::f64::consts::PI * f64::from(x)).sin().powi(2);
            assert!((f64::from(sin_squared(x)) - exact).abs() < 3e-5, "sin {x}");
        }
        assert_eq!(exp_minus(f32::NAN), 1.0);
        assert_eq!(exp_minus(-3.0), 1.0);
        assert!(exp_minus(f32::INFINITY) < 1e-35);
    }
}
