//! Numbers with decimals.

/// Parses a number without a sign, such as 25 or 0.5.
pub fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|_| !text.starts_with(['+', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_no_sign() {
        assert_eq!((number("25"), number("0.5"), number("1e3")), (Some(25.0), Some(0.5), Some(1000.0)));
        for text in ["", "+5", "-0", "5fps", " 5", "0x5"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
