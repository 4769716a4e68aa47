//! Numbers as replies show them.

/// `%.{precision - 1}e` of C: an exponent of at least two digits.
pub fn ascii(value: f64, precision: usize) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let text = format!("{value:.*e}", precision.clamp(1, 16) - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_on_the_instrument() {
        // source-meter.md section 4.
        assert_eq!(ascii(2.54, 6), "2.54000e+00");
        assert_eq!(ascii(-286.0, 6), "-2.86000e+02");
        assert_eq!(ascii(9.91e37, 6), "9.91000e+37");
        assert_eq!(ascii(1e-123, 3), "1.00e-123");
        assert_eq!(ascii(0.0, 1), "0e+00");
        assert_eq!(ascii(0.1, 16), "1.000000000000000e-01");
    }
}
