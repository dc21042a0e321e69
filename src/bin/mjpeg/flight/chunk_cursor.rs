//! A place in a body that comes in chunks (RFC 9112 7.1): how many bytes of the response are before a byte of the body.

/// A place in the framing. It only moves forward.
///
/// ```text
/// chunk      = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
/// chunk-size = 1*HEXDIG
/// ```
#[derive(Debug, Clone)]
pub struct ChunkCursor {
    /// Bytes of the response before the cursor.
    pub raw: u64,
    /// Bytes of the decoded body before the cursor.
    pub decoded: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the digits of a size, or in the line end before them.
    Size(u64),
    /// Behind the digits, up to the end of the line.
    Extension(u64),
    /// This many bytes of the chunk follow.
    Data(u64),
    /// The last chunk was reached, or the framing is broken.
    Over,
}

impl ChunkCursor {
    /// A cursor at the start of a body, behind this many bytes of the response.
    pub fn new(raw: u64) -> Self {
        Self { raw, decoded: 0, state: State::Size(0) }
    }

    /// Moves over `bytes`, the next ones of the response, but no further than to the byte `to` of the body. If it gets there, it
    /// returns the bytes of the chunk from that byte on.
    pub fn advance(&mut self, mut bytes: &[u8], to: u64) -> Option<u64> {
        while let Some(&byte) = bytes.first() {
            let n = match self.state {
                State::Data(left) if self.decoded == to => return Some(left),
                State::Data(left) => {
                    let n = left.min(to.saturating_sub(self.decoded)).min(bytes.len() as u64);
                    if n == 0 {
                        // It is beyond that byte.
                        return None;
                    }
                    self.decoded += n;
                    self.state = if n == left { State::Size(0) } else { State::Data(left - n) };
                    n
                }
                State::Over => bytes.len() as u64,
                State::Size(_) | State::Extension(_) => {
                    self.state = self.state.framing_byte(byte);
                    1
                }
            };
            self.raw += n;
            // `n` is at most the length of `bytes`.
            bytes = &bytes[n as usize..];
        }
        None
    }
}

impl State {
    /// `decode` of the reader decides what is an error: here the framing only has to be followed.
    fn framing_byte(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Size(0), b'\r' | b'\n' | b' ' | b'\t') => self,
            // The last chunk has no bytes.
            (Self::Extension(0), b'\n') => Self::Over,
            (Self::Size(size) | Self::Extension(size), b'\n') => Self::Data(size),
            (Self::Size(size), _) => match char::from(byte).to_digit(16) {
                Some(digit) => match size.checked_mul(16).and_then(|size| size.checked_add(digit.into())) {
                    Some(size) => Self::Size(size),
                    None => Self::Over,
                },
                None if matches!(byte, b'\r' | b';' | b' ' | b'\t') => Self::Extension(size),
                None => Self::Over,
            },
            (Self::Extension(size), _) => Self::Extension(size),
            (state @ (Self::Data(_) | Self::Over), _) => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    #[test]
    fn each_byte_of_the_body_is_found_however_the_bytes_come() {
        let raw = b"5\r\nhello\r\n07 ;x=y\r\n, world\r\n1\n!\n0\r\n\r\n";
        let body = b"hello, world!";
        for step in 1..raw.len() {
            for (to, &expected) in body.iter().enumerate() {
                let mut cursor = ChunkCursor::new(100);
                let found = raw.chunks(step).find_map(|bytes| cursor.advance(bytes, to as u64));
                let at = cursor.raw as usize - 100;
                assert_eq!((cursor.decoded, raw[at]), (to as u64, expected), "{to} in steps of {step}");
                let chunk_end = [5, 12, 13].into_iter().find(|&end| end > to).unwrap();
                assert_eq!(found, Some((chunk_end - to) as u64));
            }
            let mut cursor = ChunkCursor::new(0);
            assert!(raw.chunks(step).all(|bytes| cursor.advance(bytes, 13).is_none()));
            assert_eq!((cursor.raw, cursor.decoded), (raw.len() as u64, 13));
        }
    }

    #[test]
    fn a_place_behind_the_cursor_and_broken_framing_are_not_found() {
        let mut cursor = ChunkCursor::new(0);
        assert_eq!(cursor.advance(b"5\r\nhello", 3), Some(2));
        assert_eq!(cursor.advance(b"lo", 2), None);
        for broken in [&b"xyz\r\nabc"[..], b"fffffffffffffffff\r\nabc", b"5\r\nhello!\r\n"] {
            assert_eq!(ChunkCursor::new(0).advance(broken, 7), None, "{broken:?}");
        }
    }

    proptest! {
        #[test]
        fn the_place_does_not_depend_on_how_any_bytes_come(raw in mutated::bytes(&[b"5\r\nhello\r\n07 ;x=y\r\n, world\r\n1\n!\n0\r\n\r\n", b"ffffffffffffffff\r\nabc"])) {
            let mut whole = ChunkCursor::new(7);
            whole.advance(&raw, u64::MAX);
            let mut in_steps = ChunkCursor::new(7);
            raw.chunks(1).for_each(|byte| {
                in_steps.advance(byte, u64::MAX);
            });
            prop_assert_eq!((whole.raw, whole.decoded), (in_steps.raw, in_steps.decoded));
            prop_assert!(whole.raw == 7 + raw.len() as u64 && whole.decoded <= raw.len() as u64);
        }
    }
}
