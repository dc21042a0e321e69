//! The sizes of the chunks of a body, from its bytes as they were sent.

/// Follows the framing. A broken one stops it: the reader of the response reports that.
///
/// ```text
/// chunk := chunk-size [ chunk-ext ] CRLF chunk-data CRLF              RFC 9112 7.1
/// ```
#[derive(Debug, Default)]
pub struct ChunkSizes {
    state: State,
    sizes: Vec<u64>,
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
    /// In a chunk-size, before its first digit.
    #[default]
    Start,
    Size(u64),
    Extension(u64),
    /// Bytes of chunk-data and of its line end.
    Data {
        size: u64,
        left: u64,
    },
    Over,
}

/// The most sizes that are kept.
const SIZES: usize = 1_000_000;

impl ChunkSizes {
    /// The sizes of the chunks that are complete.
    pub fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// Takes the next bytes.
    pub fn take(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() && self.sizes.len() < SIZES {
            let byte = bytes[at];
            self.state = match self.state {
                State::Data { size, left } => {
                    let n = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - at);
                    at += n;
                    match left - n as u64 {
                        0 => {
                            self.sizes.push(size);
                            State::Start
                        }
                        left => State::Data { size, left },
                    }
                }
                state => {
                    at += 1;
                    state.next(byte)
                }
            };
        }
    }
}

impl State {
    fn next(self, byte: u8) -> Self {
        let digit = (byte as char).to_digit(16).map(u64::from);
        match (self, digit) {
            (Self::Start, Some(digit)) => Self::Size(digit),
            (Self::Start, None) if byte.is_ascii_whitespace() => Self::Start,
            (Self::Size(size), Some(digit)) => {
                size.checked_mul(16).map_or(Self::Over, |size| Self::Size(size | digit))
            }
            (Self::Size(0) | Self::Extension(0), None) if byte == b'\n' => Self::Over,
            (Self::Size(size) | Self::Extension(size), None) if byte == b'\n' => {
                // The line end behind the data counts with it: CRLF, as all servers send it.
                Self::Data { size, left: size.saturating_add(2) }
            }
            (Self::Size(size) | Self::Extension(size), _) => Self::Extension(size),
            (Self::Start | Self::Data { .. } | Self::Over, _) => Self::Over,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_the_same_at_every_split() {
        let wire = b"5\r\nhello\r\nA;x=1f\r\n0123456789\r\n0\r\n\r\n";
        for step in 1..=wire.len() {
            let mut sizes = ChunkSizes::default();
            wire.chunks(step).for_each(|piece| sizes.take(piece));
            assert_eq!(sizes.sizes(), [5, 10], "{step}");
        }
        for broken in [&b"zz\r\n"[..], b"fffffffffffffffff\r\nx", b"\xff\xd8"] {
            let mut sizes = ChunkSizes::default();
            sizes.take(broken);
            assert!(sizes.sizes().is_empty());
        }
    }
}
