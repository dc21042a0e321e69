//! Line ends, of which RFC 2046 5.1.1 counts the one before a delimiter to the delimiter.

use super::answer::Answer;

/// Most bytes of empty lines between a body and what follows it, where that is not the delimiter in use.
const LINE_ENDS: usize = 64;

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

/// Where the line ends at `at` end, or the first [`LINE_ENDS`] bytes of them. `No`: they are the end of the input.
pub(super) fn behind_line_ends(data: &[u8], at: usize, eof: bool) -> Answer<usize> {
    let rest = data.get(at..).unwrap_or_default();
    let blank = line_ends(&rest[..rest.len().min(LINE_ENDS)]);
    if blank < rest.len() || blank == LINE_ENDS {
        Answer::Yes(at + blank)
    } else if eof {
        Answer::No
    } else {
        Answer::More
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_skipped_up_to_a_limit_and_their_end_is_waited_for() {
        let many = [b'\n'; LINE_ENDS + 1];
        let table: [(&[u8], Answer<usize>, Answer<usize>); 7] = [
            (b"", Answer::More, Answer::No),
            (b"\r", Answer::More, Answer::No),
            (b"\r\n\n", Answer::More, Answer::No),
            (b"-", Answer::Yes(0), Answer::Yes(0)),
            (b"\r\n\r\n\r\n-", Answer::Yes(6), Answer::Yes(6)),
            (&many[..LINE_ENDS], Answer::Yes(LINE_ENDS), Answer::Yes(LINE_ENDS)),
            (&many, Answer::Yes(LINE_ENDS), Answer::Yes(LINE_ENDS)),
        ];
        for (data, open, ended) in table {
            let at = |eof| behind_line_ends(data, 0, eof);
            assert_eq!((at(false), at(true)), (open, ended), "{data:x?}");
        }
    }
}
