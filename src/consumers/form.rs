//! The form of a part: what distinguishes it from the other parts of its stream, for a sample.

use crate::multipart::{Extent, Part};

/// How much of the bytes behind a body belongs to its form.
const GAP_BYTES: usize = 64;

/// A hash of what distinguishes a part from others: FNV-1a.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Form(u64);

impl Form {
    /// The form of a part. `head`: its delimiter and its head.
    pub fn of(head: &[u8], part: &Part<'_>) -> Self {
        Self::of_head(head).add(length_class(part)).add(extent_class(part))
    }

    /// The same, with the bytes between its body and the next part.
    pub fn before_gap(self, gap: &[u8]) -> Self {
        let read = gap.len().min(GAP_BYTES);
        self.add(read as u64).bytes(&gap[..read])
    }

    /// The text of a delimiter and a head; numbers are alike.
    fn of_head(bytes: &[u8]) -> Self {
        let mut hash = Self(0xcbf2_9ce4_8422_2325);
        let mut was_digit = false;
        for &byte in bytes {
            let is_digit = byte.is_ascii_digit();
            if !(is_digit && was_digit) {
                hash = hash.bytes(&[if is_digit { b'0' } else { byte }]);
            }
            was_digit = is_digit;
        }
        hash
    }

    fn bytes(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |hash, &b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)))
    }

    fn add(self, class: u64) -> Self {
        self.bytes(&class.to_le_bytes())
    }
}

/// How the length of a part compares with its body.
fn length_class(part: &Part<'_>) -> u64 {
    let Some(value) = part.fields.first("content-length") else { return 0 };
    let number = core::str::from_utf8(value).ok().and_then(|text| text.trim().parse::<u64>().ok());
    match number {
        None => 1,
        Some(0) => 2,
        Some(length) if length == part.body.len() as u64 => 3,
        Some(length) if length == part.body.len() as u64 + 2 => 4,
        Some(length) if length < part.body.len() as u64 => 5,
        Some(length) if length < 1 << 31 => 6,
        Some(_) => 7,
    }
}

/// What the body of a part is.
fn extent_class(part: &Part<'_>) -> u64 {
    match part.extent {
        _ if part.body.is_empty() => 0,
        Extent::Complete { end } if end == part.body.len() => 1,
        Extent::Complete { .. } => 2,
        Extent::Partial => 3,
        Extent::Foreign => 4,
        Extent::Broken { .. } => 5,
    }
}
