//! Where a picture starts that is not at the first byte of its body.

use memchr::memmem;

use super::marker::Marker;
use super::walk::Walk;
use crate::multipart::Extent;

/// What comes before the last SOI of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// Offset of the last SOI: the picture.
    pub(super) picture: usize,
    /// Offset of the first SOI.
    pub(super) first: usize,
}

/// Where the picture starts if other bytes, or SOI, come before its SOI. FFmpeg and VLC search for SOI.
///
/// Bytes other than NULs and blanks may be what is left of a picture, and the SOI behind them that of its thumbnail. So
/// the picture behind them must be the rest of the body.
pub(super) fn of(body: &[u8]) -> Option<Start> {
    behind_padding(body).or_else(|| behind_other_bytes(body))
}

/// Whether other bytes than those of a marker follow the SOI at the start of `jpeg`. Decoders search for the first marker.
pub(super) fn is_before_junk(jpeg: &[u8]) -> bool {
    matches!(jpeg, [0xff, 0xd8, byte, ..] if *byte != 0xff)
}

fn behind_other_bytes(body: &[u8]) -> Option<Start> {
    let first = memmem::find(body, b"\xff\xd8\xff").filter(|&first| first > 0)?;
    let picture = &body[first..];
    let Extent::Complete { end } = Walk::over(picture) else { return None };
    let is_rest = picture[end..].iter().all(|&byte| is_padding(byte));
    let start = behind_padding(picture).filter(|_| is_rest)?;
    Some(Start { picture: first + start.picture, first: first + start.first })
}

fn is_padding(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | b'\r' | b' ')
}

fn behind_padding(body: &[u8]) -> Option<Start> {
    let mut start = None;
    let mut at = 0;
    loop {
        match *body.get(at..)? {
            [0xff, code, ..] if code == Marker::SOI.code() => {
                let first = start.map_or(at, |start: Start| start.first);
                start = Some(Start { picture: at, first });
                at += 2;
            }
            [byte, ..] if is_padding(byte) => at += 1,
            // Padding behind the last SOI.
            _ => return start.filter(|start| start.picture + 2 == at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The start of a body, and the offsets of its picture and of its first SOI.
    type Case<'a> = (&'a [u8], Option<(usize, usize)>);

    #[test]
    fn other_bytes_are_passed_if_the_picture_behind_them_is_the_rest_of_the_body() {
        let jpeg = b"\xff\xd8\xff\xd9";
        let far = [&[b'x'; 9000][..], jpeg].concat();
        let table: [Case<'_>; 7] = [
            (b"sixteen bytes!!!\xff\xd8\xff\xd9", Some((16, 16))),
            (b"x\xff\xd8\xff\xd8\xff\xd9\0\0\r\n", Some((3, 1))),
            // The thumbnail of a picture whose start is missing.
            (b"x\xff\xd8\xff\xd9\xff\xdb", None),
            (b"x\xff\xd8\xff\xd9 rest", None),
            (b"x\xff\xd8\xff\xe0", None),
            (b"x\xff\xd8", None),
            (&far, Some((9000, 9000))),
        ];
        for (body, expected) in table {
            let shown = &body[..body.len().min(9)];
            assert_eq!(of(body).map(|start| (start.picture, start.first)), expected, "{shown:x?}");
        }
    }

    #[test]
    fn padding_and_repeated_starts_are_passed() {
        let long = [&[0; 9000][..], b"\xff\xd8\xff\xe0"].concat();
        let table: [Case<'_>; 13] = [
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
            (&long, Some((9000, 9000))),
        ];
        for (body, expected) in table {
            let shown = &body[..body.len().min(9)];
            assert_eq!(of(body).map(|start| (start.picture, start.first)), expected, "{shown:x?}");
        }
    }
}
