//! Where a picture starts that is not at the first byte of its body.

use super::marker::Marker;

/// How far a picture may start behind the first byte.
const MOST_BEFORE: usize = 4096;

/// What comes before the last SOI of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// Offset of the last SOI: the picture.
    pub(super) picture: usize,
    /// Offset of the first SOI.
    pub(super) first: usize,
}

/// Where the picture starts if NUL bytes, blanks and SOI come before its SOI. FFmpeg and VLC search for SOI.
///
/// Other bytes may be what is left of a picture, and the SOI behind them that of its thumbnail: `None`.
pub(super) fn of(body: &[u8]) -> Option<Start> {
    let mut start = None;
    let mut at = 0;
    while at <= MOST_BEFORE + 2 {
        match *body.get(at..)? {
            [0xff, code, ..] if code == Marker::SOI.code() => {
                let first = start.map_or(at, |start: Start| start.first);
                start = Some(Start { picture: at, first });
                at += 2;
            }
            [0 | b'\t' | b'\n' | b'\r' | b' ', ..] => at += 1,
            // Padding behind the last SOI.
            _ => return start.filter(|start| start.picture + 2 == at),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The start of a body, and the offsets of its picture and of its first SOI.
    type Case<'a> = (&'a [u8], Option<(usize, usize)>);

    #[test]
    fn padding_and_repeated_starts_are_passed_and_other_bytes_are_not() {
        let long = [&[0; MOST_BEFORE][..], b"\xff\xd8\xff\xe0"].concat();
        let longer = [&[0; MOST_BEFORE + 1][..], b"\xff\xd8\xff\xe0"].concat();
        let table: [Case<'_>; 14] = [
            (b"", None),
            (b"\xff\xd8", Some((0, 0))),
            (b"\xff\xd8\xff", Some((0, 0))),
            (b"\xff\xd8\xff\xe0", Some((0, 0))),
            (b"\xff\xd8\xff\xd8\xff\xe0", Some((2, 0))),
            (b"\r\n\xff\xd8\xff\xe0", Some((2, 2))),
            (b"\0\xff\xd8\xff\xd8\xff\xd8\xff\xe0", Some((5, 1))),
            (b"\xff\xd8\0\t \xff\xd8\xff\xe0", Some((5, 0))),
            (b"\xff\xd8\0\xff\xe0", None),
            (b"\0\0\0\0", None),
            (b"--\xff\xd8\xff\xe0", None),
            (b"\0x\xff\xd8\xff\xe0", None),
            (&long, Some((MOST_BEFORE, MOST_BEFORE))),
            (&longer, None),
        ];
        for (body, expected) in table {
            let shown = &body[..body.len().min(9)];
            assert_eq!(of(body).map(|start| (start.picture, start.first)), expected, "{shown:x?}");
        }
    }
}
