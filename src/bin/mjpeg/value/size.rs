//! Sizes in bytes.

use mjpeg::http::decimal;

/// Parses a size in bytes: `65536`, `64k`, `1M`, with k = 1024 and M = 1024 x 1024.
///
/// # Errors
///
/// When the text is not a whole number with a known unit, or the size does not fit into 64 bits.
pub fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    if digits.is_empty() {
        return Err("expected a number such as 65536, 64k or 1M".into());
    }
    let unit = match &text[digits.len()..] {
        "" => 1,
        "k" | "K" | "kB" | "KiB" => 1 << 10,
        "m" | "M" | "MB" | "MiB" => 1 << 20,
        "g" | "G" | "GB" | "GiB" => 1 << 30,
        other => return Err(format!("unknown unit `{other}`; use k, M or G")),
    };
    let number: u64 = decimal(digits).ok_or("expected a number such as 65536, 64k or 1M")?;
    number.checked_mul(unit).ok_or_else(|| "larger than 64 bits".to_string())
}

/// Parses a size of at least one byte.
///
/// # Errors
///
/// As for [`size`], and when the size is zero.
pub fn some_bytes(text: &str) -> Result<u64, String> {
    match size(text)? {
        0 => Err("expected at least one byte".into()),
        bytes => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_bytes_are_not_none() {
        assert_eq!(some_bytes("1"), Ok(1));
        assert!(some_bytes("0").is_err() && some_bytes("0k").is_err());
    }

    #[test]
    fn sizes_count_in_1024() {
        for (text, bytes) in
            [("0", 0), ("65536", 65_536), ("64k", 65_536), ("1M", 1 << 20), ("2GiB", 2 << 30)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in
            ["", "k", "-1", "+5", "+5k", "1.5k", "64q", "99999999999999999999", "18446744073709551615k"]
        {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
