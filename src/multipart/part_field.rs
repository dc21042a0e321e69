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

/// Whether such a line starts at `at`, or behind one or two other lines of text: a line without a colon, a folded one.
pub(super) fn field_behind_odd_lines_at(data: &[u8], at: usize, eof: bool) -> Answer<()> {
    /// More of them are no head.
    const LINES: usize = 2;
    /// A longer line is none of a head.
    const LINE_BYTES: usize = 512;
    let mut line = at;
    for _ in 0..LINES {
        match field_of_a_part_at(data, line, eof) {
            Answer::No => {}
            answer => return answer,
        }
        let rest = data.get(line..).unwrap_or_default();
        let rest = &rest[..rest.len().min(LINE_BYTES)];
        let end = memchr(b'\n', rest);
        let text = rest[..end.unwrap_or(rest.len())].trim_ascii_end();
        let is_text = text.iter().all(|&byte| byte == b'\t' || (b' '..=b'~').contains(&byte));
        if !is_text || text.starts_with(b"--") || end.is_some() && text.is_empty() {
            return Answer::No;
        }
        let Some(end) = end else {
            return if eof || rest.len() == LINE_BYTES { Answer::No } else { Answer::More };
        };
        line += end + 1;
    }
    field_of_a_part_at(data, line, eof)
}
