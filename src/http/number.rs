//! Numbers in fields and chunks: digits alone. The parsers of Rust take a sign too, so `+5` would be a length.

use core::str::FromStr;

/// The number that decimal digits mean: a length, an age, a port.
///
/// ```text
/// Content-Length = 1*DIGIT                                               RFC 9110 8.6
/// ```
///
/// `None` if there is anything else than digits, also a sign or a blank, and if the number does not fit.
///
/// ```
/// assert_eq!(mjpeg::http::decimal::<u16>("080"), Some(80));
/// assert_eq!(mjpeg::http::decimal::<u16>("+80"), None);
/// assert_eq!(mjpeg::http::decimal::<u16>("65536"), None);
/// ```
pub fn decimal<N: FromStr>(digits: &str) -> Option<N> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// The number that hexadecimal digits mean: the size of a chunk.
///
/// ```text
/// chunk-size = 1*HEXDIG                                                  RFC 9112 7.1
/// ```
///
/// `None` if there is anything else than digits, also a sign or `0x`, and if the number does not fit into 64 bits.
///
/// ```
/// assert_eq!(mjpeg::http::hexadecimal("1F"), Some(31));
/// assert_eq!(mjpeg::http::hexadecimal("+1F"), None);
/// ```
pub fn hexadecimal(digits: &str) -> Option<u64> {
    if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        u64::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_digits_and_nothing_else() {
        assert_eq!((decimal::<u64>("007"), hexadecimal("0aF")), (Some(7), Some(0xaf)));
        for text in ["", "+5", "-5", " 5", "5 ", "5k", "0x5", "\u{ff15}", "99999999999999999999"] {
            assert_eq!(decimal::<u64>(text), None, "{text}");
        }
        for text in ["", "+5", "-5", " 5", "0x5", "g", "10000000000000000"] {
            assert_eq!(hexadecimal(text), None, "{text}");
        }
        assert_eq!(hexadecimal("ffffffffffffffff"), Some(u64::MAX));
    }
}
