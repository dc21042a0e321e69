//! The chunk framing of a body, with the end of each chunk.

use alloc::vec::Vec;

use crate::http::hexadecimal;

/// Longest chunk-size line.
const LINE_BYTES: usize = 4 * 1024;

/// Removes chunk framing as it comes. [`crate::http::Dechunker`] judges the framing; this one finds where the
/// chunks end, because some readers see that.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    state: State,
    line: Vec<u8>,
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
    /// In a chunk-size line.
    #[default]
    Size,
    /// So many bytes of chunk-data are missing.
    Data(usize),
    /// Behind chunk-data.
    DataEnd,
    /// Behind the last chunk, or behind a fault.
    Over,
}

impl Chunks {
    /// Appends the content of `bytes` to `body`, and the end of each chunk to `ends`.
    pub fn read(&mut self, mut bytes: &[u8], body: &mut Vec<u8>, ends: &mut Vec<usize>) {
        while let Some((&first, rest)) = bytes.split_first() {
            match self.state {
                State::Over => return,
                State::Data(left) => {
                    let (data, behind) = bytes.split_at(left.min(bytes.len()));
                    body.extend_from_slice(data);
                    bytes = behind;
                    self.state = State::Data(left - data.len());
                    if data.len() == left {
                        ends.push(body.len());
                        self.state = State::DataEnd;
                    }
                    continue;
                }
                State::DataEnd if first == b'\n' => self.state = State::Size,
                State::DataEnd => {}
                State::Size if first == b'\n' => {
                    self.state = match size(&self.line) {
                        Some(size) if size > 0 => State::Data(size),
                        _ => State::Over,
                    };
                    self.line.clear();
                }
                State::Size if self.line.len() < LINE_BYTES => self.line.push(first),
                State::Size => self.state = State::Over,
            }
            bytes = rest;
        }
    }

    /// Whether the last chunk has come.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }
}

fn size(line: &[u8]) -> Option<usize> {
    let digits = line.split(|&b| b == b';').next().unwrap_or_default().trim_ascii();
    usize::try_from(hexadecimal(core::str::from_utf8(digits).ok()?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_with_a_sign_is_a_fault() {
        for (framed, body, ends, is_over) in [
            (&b"3\r\nabc\r\n2;x\r\nde\r\n"[..], &b"abcde"[..], &[3, 5][..], false),
            (b"3\r\nabc\r\n0\r\n\r\n", b"abc", &[3], true),
            (b"3\r\nabc\r\n+2\r\nde\r\n", b"abc", &[3], true),
        ] {
            let (mut chunks, mut read, mut found) = (Chunks::default(), Vec::new(), Vec::new());
            chunks.read(framed, &mut read, &mut found);
            assert_eq!((&*read, &*found, chunks.is_over()), (body, ends, is_over), "{framed:?}");
        }
    }
}
