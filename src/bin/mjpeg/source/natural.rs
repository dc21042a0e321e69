//! Natural order: `frame-2` before `frame-10`.
//!
//! Why not a crate: file names are bytes, and `compare` must accept all of them. `alphanumeric-sort` 1.5 compares a
//! name that is not UTF-8 in plain byte order: its comparison is then not transitive, and its sort puts the whole list
//! into plain order because of one such name. `natord` 1.0 could compare bytes (`compare_iter`), but it compares numbers
//! with leading zeros like decimal places: `frame-0100` before `frame-99`.

use std::cmp::Ordering;

/// Compares names in natural order: runs of digits by their value, everything else byte by byte. Names that
/// differ only in leading zeros are in byte order.
pub fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (Some(&first), Some(&second)) = (left.first(), right.first()) else {
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        };
        if first.is_ascii_digit() && second.is_ascii_digit() {
            let (number, other) = (digits(left), digits(right));
            let (value, other_value) = (without_zeros(number), without_zeros(other));
            match value.len().cmp(&other_value.len()).then_with(|| value.cmp(other_value)) {
                Ordering::Equal => (left, right) = (&left[number.len()..], &right[other.len()..]),
                unequal => return unequal,
            }
        } else if first == second {
            (left, right) = (&left[1..], &right[1..]);
        } else {
            return first.cmp(&second);
        }
    }
}

fn digits(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    &bytes[..end]
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    let start = digits.iter().position(|&digit| digit != b'0').unwrap_or(digits.len());
    &digits[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_compared_by_value() {
        let sorted = [
            "1.jpg",
            "2.jpg",
            "10.jpg",
            "a",
            "a1b2",
            "a1b10",
            "a2b1",
            "frame-0099",
            "frame-100",
            "x18446744073709551616",
            "x18446744073709551617",
        ];
        for (n, a) in sorted.iter().enumerate() {
            for (m, b) in sorted.iter().enumerate() {
                assert_eq!(compare(a.as_bytes(), b.as_bytes()), n.cmp(&m), "{a} and {b}");
            }
        }
        assert_eq!(compare(b"a01", b"a1"), Ordering::Less);
        assert_eq!(compare(b"a01", b"a01"), Ordering::Equal);
    }
}
