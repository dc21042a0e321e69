//! The head of another response in the middle of a stream: the server starts over on the same connection.

use alloc::vec::Vec;

use memchr::memmem;

use super::answer::Answer;
use crate::http::{ContentType, Head};

/// How each head starts.
const START: &[u8] = b"HTTP/";
/// Longest head that is read here, in bytes.
const HEAD_BYTES: usize = 8 << 10;

/// The first byte behind the response head that starts at `at`, if one does.
pub(super) fn end_at(data: &[u8], at: usize, eof: bool) -> Answer<usize> {
    let rest = data.get(at..).unwrap_or_default();
    let n = rest.len().min(START.len());
    if rest[..n] != START[..n] {
        return Answer::No;
    }
    let window = &rest[..rest.len().min(HEAD_BYTES)];
    let parsed = Head::parse(window);
    let len = match &parsed {
        Ok(Some(head)) => head.len,
        _ => window.len(),
    };
    // Without an empty line it ends at a delimiter.
    if let Some(end) = memmem::find(&window[..len], b"\n--") {
        let head = [&window[..end + 1], b"\r\n"].concat();
        return if matches!(Head::parse(&head), Ok(Some(_))) {
            Answer::Yes(at + end + 1)
        } else {
            Answer::No
        };
    }
    match parsed {
        Ok(Some(head)) => Answer::Yes(at + head.len),
        Ok(None) if !eof && window.len() < HEAD_BYTES => Answer::More,
        Ok(None) | Err(_) => Answer::No,
    }
}

/// Where the head of another stream starts that a picture met, which can therefore not continue at `at`. It starts
/// before that byte: in entropy-coded data the walk runs on to the start of the next picture, and a segment that was
/// cut reaches over the head by its length.
pub(super) fn before(data: &[u8], at: usize, eof: bool) -> Answer<usize> {
    /// Longest segment, and the heads of a response and of a part.
    const DISTANCE: usize = (64 << 10) + 3 * HEAD_BYTES;
    /// Further bytes that look like a head are not tried.
    const TRIES: usize = 8;
    let from = at.saturating_sub(DISTANCE);
    let window = &data[from..data.len().min(at + START.len())];
    for start in memmem::find_iter(window, START).map(|start| from + start).take(TRIES) {
        match end_at(data, start, eof) {
            Answer::Yes(end) if boundary(&data[start..end]).is_some() => return Answer::Yes(start),
            Answer::More => return Answer::More,
            Answer::Yes(_) | Answer::No => {}
        }
    }
    // The first bytes of a head may be all that came.
    let may_go_on = |start: usize| data.get(start..).is_some_and(|rest| START.starts_with(rest));
    let is_cut = !eof && (at.saturating_sub(START.len() - 1)..=at).any(may_go_on);
    if is_cut { Answer::More } else { Answer::No }
}

/// Whether the head says that a picture follows: it is that of a part, behind a status line.
pub(super) fn is_of_picture(head: &[u8]) -> bool {
    let Ok(Some(head)) = Head::parse(head) else { return false };
    let kind = head.fields().first("content-type").unwrap_or_default();
    kind.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"image/"))
}

/// The boundary that the head announces.
pub(super) fn boundary(head: &[u8]) -> Option<Vec<u8>> {
    let head = Head::parse(head).ok()??;
    let boundary = ContentType::parse(head.fields().first("content-type")?).boundary?;
    Some(boundary.value.into_owned())
}
