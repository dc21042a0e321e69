//! The head of another response in the middle of a stream: the server starts over on the same connection.

use alloc::vec::Vec;

use super::scan::Answer;
use crate::http::{ContentType, Head};

/// Longest head that is read here, in bytes.
const HEAD_BYTES: usize = 8 << 10;

/// The first byte behind the response head that starts at `at`, if one does.
pub(super) fn end_at(data: &[u8], at: usize, eof: bool) -> Answer<usize> {
    const START: &[u8] = b"HTTP/";
    let rest = data.get(at..).unwrap_or_default();
    let n = rest.len().min(START.len());
    if rest[..n] != START[..n] {
        return Answer::No;
    }
    let window = &rest[..rest.len().min(HEAD_BYTES)];
    match Head::parse(window) {
        Ok(Some(head)) => Answer::Yes(at + head.len),
        Ok(None) if !eof && window.len() < HEAD_BYTES => Answer::More,
        Ok(None) | Err(_) => Answer::No,
    }
}

/// The boundary that the head announces.
pub(super) fn boundary(head: &[u8]) -> Option<Vec<u8>> {
    let head = Head::parse(head).ok()??;
    let boundary = ContentType::parse(head.fields().first("content-type")?).boundary?;
    Some(boundary.value.into_owned())
}
