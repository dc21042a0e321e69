//! The chunked transfer coding (RFC 9112 7.1), for captures that keep it and for servers that send
//! it where their clients do not expect it.

use core::fmt;

/// Longest line that may hold a chunk size with its extensions.
const LINE_BYTES: u32 = 4 * 1024;
/// Longest trailer section.
const TRAILER_BYTES: u32 = 64 * 1024;

/// Removes the chunk framing from a body in place, however the body is cut into reads.
///
/// ```text
/// chunked-body = *chunk last-chunk trailer-section CRLF
/// chunk        = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
/// chunk-size   = 1*HEXDIG
/// ```
///
/// Bare LF line ends and blanks around the size are read too.
///
/// ```
/// use mjpeg::http::Dechunker;
///
/// let mut bytes = *b"5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\n\r\n";
/// let mut dechunker = Dechunker::new();
/// let n = dechunker.decode(&mut bytes)?;
/// assert_eq!(&bytes[..n], b"hello, world");
/// assert!(dechunker.is_done());
/// # Ok::<(), mjpeg::http::ChunkError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dechunker {
    state: State,
    offset: u64,
    error: Option<ChunkError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In a chunk-size; `digits` seen so far, `line` bytes of this line.
    Size {
        size: u64,
        digits: u8,
        line: u32,
    },
    /// After the size, up to the end of the line.
    Extension {
        size: u64,
        line: u32,
    },
    /// In chunk-data, this many bytes to go.
    Data(u64),
    /// Before the line end after chunk-data, or after its CR.
    DataEnd {
        cr: bool,
    },
    /// In the trailer section; `line` bytes of this line, `total` of all.
    Trailer {
        line: u32,
        total: u32,
    },
    Done,
}

/// Where and why the chunk framing is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChunkError {
    /// Bytes from the start of the chunked body to the byte at fault.
    pub offset: u64,
    /// What is wrong there.
    pub kind: ChunkErrorKind,
}

/// What can be wrong with the chunk framing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChunkErrorKind {
    /// chunk-size: a byte that is not a hexadecimal digit.
    Size,
    /// chunk-size: more than 64 bits.
    TooLarge,
    /// A chunk-size line or a trailer section without an end.
    TooLong,
    /// No line end after chunk-data.
    DataEnd,
}

impl Dechunker {
    /// A decoder at the start of a body.
    pub fn new() -> Self {
        Self { state: State::Size { size: 0, digits: 0, line: 0 }, offset: 0, error: None }
    }

    /// Decodes the next bytes of the body in place and returns how many bytes of content now stand at
    /// the front of `bytes`. Bytes after the last chunk are dropped.
    ///
    /// # Errors
    ///
    /// When the framing is broken and this call decoded nothing before the fault. Otherwise the content is
    /// returned first, and the error by [`Dechunker::error`] and by the next call.
    pub fn decode(&mut self, bytes: &mut [u8]) -> Result<usize, ChunkError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let (mut read, mut written) = (0, 0);
        while read < bytes.len() {
            if let State::Data(left) = self.state {
                let n = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - read);
                bytes.copy_within(read..read + n, written);
                read += n;
                written += n;
                self.offset += n as u64;
                self.state = if left == n as u64 {
                    State::DataEnd { cr: false }
                } else {
                    State::Data(left - n as u64)
                };
            } else {
                match self.state.framing_byte(bytes[read]) {
                    Ok(state) => self.state = state,
                    Err(kind) => {
                        let error = ChunkError { offset: self.offset, kind };
                        self.error = Some(error);
                        return if written > 0 { Ok(written) } else { Err(error) };
                    }
                }
                read += 1;
                self.offset += 1;
            }
        }
        Ok(written)
    }

    /// Where and why the framing broke, if it has.
    pub fn error(&self) -> Option<ChunkError> {
        self.error
    }

    /// Whether the last chunk and its trailer section have been read.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether `bytes`, the start of a body, look like chunk framing that was kept: a line with a
    /// chunk-size and nothing else but extensions. `None` when there are too few bytes to say.
    ///
    /// A capture's head may say `chunked` although its body was decoded (`curl -i` without `--raw`).
    /// Multipart bodies start with `--` or a line end, pictures with 0xFF: none is a digit.
    pub fn is_kept_in(bytes: &[u8]) -> Option<bool> {
        let digits = bytes.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        if digits > 16 {
            return Some(false);
        }
        match bytes.get(digits) {
            None => None,
            Some(b'\r' | b'\n' | b';' | b' ' | b'\t') => Some(digits > 0),
            Some(_) => Some(false),
        }
    }
}

impl Default for Dechunker {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn framing_byte(self, byte: u8) -> Result<Self, ChunkErrorKind> {
        match self {
            Self::Size { size, digits, line } => match (byte as char).to_digit(16) {
                Some(digit) => {
                    let size = size.checked_mul(16).ok_or(ChunkErrorKind::TooLarge)? | u64::from(digit);
                    longer(line).map(|line| Self::Size { size, digits: 1, line })
                }
                None if digits == 0 && matches!(byte, b' ' | b'\t') => {
                    longer(line).map(|line| Self::Size { size, digits, line })
                }
                None if digits > 0 && matches!(byte, b'\n' | b'\r' | b';' | b' ' | b'\t') => {
                    Self::Extension { size, line }.framing_byte(byte)
                }
                None => Err(ChunkErrorKind::Size),
            },
            Self::Extension { size: 0, line: _ } if byte == b'\n' => Ok(Self::Trailer { line: 0, total: 0 }),
            Self::Extension { size, line: _ } if byte == b'\n' => Ok(Self::Data(size)),
            Self::Extension { size, line } => longer(line).map(|line| Self::Extension { size, line }),
            Self::DataEnd { cr } => match byte {
                b'\r' if !cr => Ok(Self::DataEnd { cr: true }),
                b'\n' => Ok(Self::Size { size: 0, digits: 0, line: 0 }),
                _ => Err(ChunkErrorKind::DataEnd),
            },
            Self::Trailer { line: 0, .. } if byte == b'\n' => Ok(Self::Done),
            Self::Trailer { total, .. } if total >= TRAILER_BYTES => Err(ChunkErrorKind::TooLong),
            Self::Trailer { total, .. } if byte == b'\n' => Ok(Self::Trailer { line: 0, total: total + 1 }),
            Self::Trailer { line, total } if byte == b'\r' => Ok(Self::Trailer { line, total: total + 1 }),
            Self::Trailer { line, total } => Ok(Self::Trailer { line: line + 1, total: total + 1 }),
            Self::Data(_) | Self::Done => Ok(self),
        }
    }
}

fn longer(line: u32) -> Result<u32, ChunkErrorKind> {
    if line < LINE_BYTES { Ok(line + 1) } else { Err(ChunkErrorKind::TooLong) }
}

impl fmt::Display for ChunkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ChunkErrorKind::Size => "chunk-size is not a hexadecimal number",
            ChunkErrorKind::TooLarge => "chunk-size has more than 64 bits",
            ChunkErrorKind::TooLong => "a line of the chunk framing does not end",
            ChunkErrorKind::DataEnd => "no line end after chunk-data",
        };
        write!(f, "chunked body: byte {}: {what}", self.offset)
    }
}

impl core::error::Error for ChunkError {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn decode(input: &[u8], cuts: &[usize]) -> Result<(Vec<u8>, bool), ChunkError> {
        let (mut dechunker, mut out, mut from) = (Dechunker::new(), Vec::new(), 0);
        for &cut in cuts.iter().chain([&input.len()]) {
            let mut piece = input[from..cut].to_vec();
            let n = dechunker.decode(&mut piece)?;
            out.extend_from_slice(&piece[..n]);
            from = cut;
        }
        Ok((out, dechunker.is_done()))
    }

    #[test]
    fn every_split_decodes_to_the_same_bytes() {
        let input =
            b"4;name=\"v\"\r\nWiki\r\n06\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: x\r\n\r\n";
        let whole = decode(input, &[]).unwrap();
        assert_eq!(whole, (b"Wikipedia in \r\n\r\nchunks.".to_vec(), true));
        for a in 0..=input.len() {
            for b in a..=input.len() {
                assert_eq!(decode(input, &[a, b]).unwrap(), whole, "cut at {a} and {b}");
            }
        }
    }

    #[test]
    fn bare_line_feeds_are_read() {
        assert_eq!(decode(b"3\nabc\n0\n\n", &[]).unwrap(), (b"abc".to_vec(), true));
    }

    #[test]
    fn an_error_names_its_place() {
        use ChunkErrorKind::*;
        let table: [(&[u8], u64, ChunkErrorKind); 6] = [
            (b"--frame\r\n", 0, Size),
            (b"3\r\nabcd", 6, DataEnd),
            (b"1\r\na\r\r\n", 5, DataEnd),
            (b"11111111111111111\r\n", 16, TooLarge),
            (b"2\r\nab\r\nxyz", 7, Size),
            (b"-1\r\n", 0, Size),
        ];
        for (input, offset, kind) in table {
            let cuts: Vec<usize> = (1..input.len()).collect();
            assert_eq!(decode(input, &cuts), Err(ChunkError { offset, kind }));
        }
        assert_eq!(decode(&[b" ".repeat(5000), b"3\r\n".to_vec()].concat(), &[]).unwrap_err().kind, TooLong);
    }

    #[test]
    fn what_came_before_the_fault_is_not_lost() {
        let mut bytes = *b"3\r\nabc\r\nzz\r\n";
        let mut dechunker = Dechunker::new();
        assert_eq!(dechunker.decode(&mut bytes), Ok(3));
        let error = ChunkError { offset: 8, kind: ChunkErrorKind::Size };
        assert_eq!(dechunker.error(), Some(error));
        assert_eq!(dechunker.decode(&mut bytes), Err(error));
    }

    #[test]
    fn kept_framing_is_told_from_decoded_bodies() {
        for (bytes, kept) in [
            (&b"8000\r\n"[..], Some(true)),
            (b"A;x\r\n", Some(true)),
            (b"--frame\r\n", Some(false)),
            (b"\r\n--frame", Some(false)),
            (b"\xff\xd8\xff", Some(false)),
            (b"", None),
            (b"12", None),
        ] {
            assert_eq!(Dechunker::is_kept_in(bytes), kept, "{bytes:?}");
        }
    }
}
