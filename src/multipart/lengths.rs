//! The length that a part head declares.

use crate::http::FieldLine;

/// Names under which Content-Length is met where there is none.
const OTHER_LENGTHS: [&str; 2] = ["DataLen", "Content_Length"];

/// What the fields of a head say of the body's length, each with its place in the head.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lengths {
    /// The last number, in bytes: it counts, as in FFmpeg.
    pub(super) declared: Option<(u64, usize)>,
    /// A value that is no number.
    pub(super) invalid: Option<usize>,
    /// A number unlike the one before it.
    pub(super) repeated: Option<usize>,
    /// The number, or what should be one, comes from a field of another name.
    pub(super) other: Option<usize>,
}

impl Lengths {
    /// Of the fields `lines` of `head`: Content-Length, or, without any, those that say the same under other names.
    pub(super) fn of(head: &[u8], lines: &[FieldLine]) -> Self {
        let mut found = Self::default();
        for line in lines {
            found.read(head, line, "content-length");
        }
        if found == Self::default() {
            for line in lines {
                OTHER_LENGTHS.iter().for_each(|name| found.read(head, line, name));
            }
            found.other = found.declared.map(|(_, at)| at).or(found.invalid);
        }
        found
    }

    fn read(&mut self, head: &[u8], line: &FieldLine, name: &str) {
        if !head[line.name.clone()].eq_ignore_ascii_case(name.as_bytes()) {
            return;
        }
        let at = line.name.start;
        match decimal(head[line.value.clone()].trim_ascii()) {
            Some(length) => {
                if self.declared.is_some_and(|(declared, _)| declared != length) {
                    self.repeated = Some(at);
                }
                self.declared = Some((length, at));
            }
            None => self.invalid = Some(at),
        }
    }
}

/// A decimal number with nothing else.
fn decimal(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0u64, |n, &b| {
        let digit = (b as char).to_digit(10)?;
        // More than 64 bits is a number all the same: it waits for nothing.
        Some(n.saturating_mul(10).saturating_add(u64::from(digit)))
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::http::split_fields;

    #[test]
    fn the_last_number_counts_and_what_is_odd_has_its_place() {
        let none = Lengths::default();
        let table: [(&str, Lengths); 8] = [
            ("A: 1\r\n", Lengths { ..none }),
            ("Content-Length: 12\r\n", Lengths { declared: Some((12, 0)), ..none }),
            ("A: 1\r\ncontent-length:7\r\n", Lengths { declared: Some((7, 6)), ..none }),
            ("Content-Length: -1\r\n", Lengths { invalid: Some(0), ..none }),
            (
                "Content-Length: 1\r\nContent-Length: 2\r\n",
                Lengths { declared: Some((2, 19)), repeated: Some(19), ..none },
            ),
            ("DataLen: 5\r\n", Lengths { declared: Some((5, 0)), other: Some(0), ..none }),
            ("DataLen: -1\r\n", Lengths { invalid: Some(0), other: Some(0), ..none }),
            ("Content-Length: 18446744073709551616\r\n", Lengths { declared: Some((u64::MAX, 0)), ..none }),
        ];
        for (head, expected) in table {
            let mut lines = Vec::new();
            split_fields(head.as_bytes(), 9, &mut lines);
            assert_eq!(Lengths::of(head.as_bytes(), &lines), expected, "{head}");
        }
    }
}
