//! Bytes as text of a dialect.

use std::fmt::Write as _;

/// Runs of so many NULs are written as a place.
const NULS: usize = 4;

/// Escapes text for a dialect.
pub fn escaped(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut rest = bytes;
    while let Some(&first) = rest.first() {
        let nuls = rest.iter().take_while(|byte| **byte == 0).count();
        let other = rest.iter().take_while(|byte| !is_text(**byte)).count();
        let taken = if nuls >= NULS {
            // Writing to a String cannot fail.
            let _ = write!(out, "{{nul:{nuls}}}");
            nuls
        } else if other > 0 {
            // A long run of NULs is a place of its own.
            let taken = (1..other).find(|&at| rest[at..].starts_with(&[0; NULS])).unwrap_or(other);
            let digits: String = rest[..taken].iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = write!(out, "{{hex:{digits}}}");
            taken
        } else {
            match first {
                b'{' => out.push_str("{{"),
                b'}' => out.push_str("}}"),
                byte => out.push(char::from(byte)),
            }
            1
        };
        rest = &rest[taken..];
    }
    out
}

/// Whether a byte is written as it is.
pub fn is_text(byte: u8) -> bool {
    byte.is_ascii_graphic() || b" \r\n\t".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_places() {
        assert_eq!(escaped(b"\xffa\0\0\0\0\0b{"), "{hex:ff}a{nul:5}b{{");
        assert_eq!(escaped(b"\x01\0\0\0\0"), "{hex:01}{nul:4}");
    }
}
