//! Line ends, of which RFC 2046 5.1.1 counts the one before a delimiter to the delimiter.

/// The line end right before `at`, as the number of bytes it has: RFC 2046 5.1.1 counts it to the
/// delimiter.
pub(super) fn line_end_before(data: &[u8], from: usize, at: usize) -> usize {
    match &data[from..at] {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    }
}

/// Number of CR and LF bytes at the start of `data`.
pub(super) fn line_ends(data: &[u8]) -> usize {
    data.iter().take_while(|&&b| b == b'\r' || b == b'\n').count()
}

/// The length of the line end at `at`, if there is one.
pub(super) fn line_end_at(body: &[u8], at: usize) -> usize {
    match body.get(at..) {
        Some([b'\r', b'\n', ..]) => 2,
        Some([b'\n', ..]) => 1,
        // CR alone may be half of one.
        Some([b'\r']) => 1,
        _ => 0,
    }
}
