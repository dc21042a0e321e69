//! A line that can only be a field of a part.

use memchr::memchr;

use super::answer::Answer;
use crate::http::is_field_like;

/// Whether a line starts at `at` that can only be a field of a part.
pub(super) fn field_of_a_part_at(data: &[u8], at: usize, eof: bool) -> Answer<()> {
    const START: &[u8] = b"content-";
    /// A longer line is not taken for one.
    const LINE_BYTES: usize = 512;
    let rest = data.get(at..).unwrap_or_default();
    let rest = &rest[..rest.len().min(LINE_BYTES)];
    let n = rest.len().min(START.len());
    if !rest[..n].eq_ignore_ascii_case(&START[..n]) {
        return Answer::No;
    }
    match memchr(b'\n', rest) {
        Some(end) if is_field_like(&rest[..end]) => Answer::Yes(()),
        None if !eof && rest.len() < LINE_BYTES => Answer::More,
        _ => Answer::No,
    }
}
