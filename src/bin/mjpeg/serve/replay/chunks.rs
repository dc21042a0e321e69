//! Where the bytes of a body are in a capture that keeps its chunks (RFC 9112 7.1).

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use mjpeg::http::hexadecimal;

/// The longest line with the size of a chunk.
const LINE_BYTES: usize = 4096;

/// An offset of the capture, and the chunk that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Bytes of the capture before it.
    pub offset: u64,
    /// Its chunk, in a chunked body.
    pub chunk: Option<Chunk>,
}

/// A chunk in a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Where its size begins.
    pub start: u64,
    /// The offsets of its bytes.
    pub bytes: Range<u64>,
}

/// Finds places of a chunked body, in rising order, without reading its bytes.
#[derive(Debug)]
pub struct Chunks<'a> {
    file: &'a File,
    chunk: Chunk,
    /// Bytes of the body before the chunk.
    before: u64,
}

impl<'a> Chunks<'a> {
    /// The chunks of a body that begins at this offset of the capture.
    ///
    /// # Errors
    ///
    /// When there is no chunk, or it cannot be read.
    pub fn new(file: &'a File, body_start: u64) -> io::Result<Self> {
        Ok(Self { file, chunk: chunk(file, body_start)?, before: 0 })
    }

    /// The place of the byte with this offset of the body, which is not smaller than that of the call before.
    ///
    /// # Errors
    ///
    /// When the framing ends before it or cannot be read.
    pub fn place(&mut self, offset: u64) -> io::Result<Place> {
        loop {
            let len = self.chunk.bytes.end - self.chunk.bytes.start;
            let inside = offset.checked_sub(self.before).ok_or(io::ErrorKind::InvalidInput)?;
            // The last chunk has no bytes, and the end of the body is in it.
            if inside < len || (inside == 0 && len == 0) {
                let offset = self.chunk.bytes.start + inside;
                return Ok(Place { offset, chunk: Some(self.chunk.clone()) });
            }
            if len == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let next = self.chunk.bytes.end;
            match chunk(self.file, next) {
                Ok(chunk) => self.chunk = chunk,
                // A capture may be cut: the end of its last chunk is a place too.
                Err(_) if inside == len => {
                    return Ok(Place { offset: next, chunk: Some(self.chunk.clone()) });
                }
                Err(error) => return Err(error),
            }
            self.before += len;
        }
    }
}

/// The chunk whose size begins at `at`, or behind the line end there.
fn chunk(file: &File, at: u64) -> io::Result<Chunk> {
    let mut line = [0; LINE_BYTES];
    let mut n = 0;
    while n < line.len() && !line[..n].iter().skip(2).any(|&byte| byte == b'\n') {
        match file.read_at(&mut line[n..], at + n as u64)? {
            0 => break,
            more => n += more,
        }
    }
    let line = &line[..n];
    let start = line.iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let end = line[start..].iter().position(|&byte| byte == b'\n').ok_or(io::ErrorKind::InvalidData)?;
    let text = std::str::from_utf8(&line[start..start + end]).map_err(|_| io::ErrorKind::InvalidData)?;
    let digits = text.trim().split([';', ' ', '\t']).next().unwrap_or_default();
    let size = hexadecimal(digits).ok_or(io::ErrorKind::InvalidData)?;
    let first = at + (start + end + 1) as u64;
    let last = first.checked_add(size).ok_or(io::ErrorKind::InvalidData)?;
    Ok(Chunk { start: at + start as u64, bytes: first..last })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn places_are_found_in_chunks_of_any_size() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"HEAD5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\n\r\n").unwrap();
        let mut chunks = Chunks::new(&file, 4).unwrap();
        for (offset, at, start) in [(0, 7, 4), (4, 11, 4), (5, 21, 14), (11, 27, 14), (12, 33, 30)] {
            let place = chunks.place(offset).unwrap();
            assert_eq!((place.offset, place.chunk.unwrap().start), (at, start), "{offset}");
        }
        assert!(chunks.place(13).is_err() && chunks.place(3).is_err());
    }

    #[test]
    fn broken_framing_is_an_error() {
        for text in [
            &b""[..],
            b"xyz\r\nabc",
            b"+5\r\nhello\r\n6\r\n, you!\r\n0\r\n\r\n",
            b"5\r\nhel",
            b"ffffffffffffffff\r\n",
            b"\xff\r\n",
        ] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(text).unwrap();
            let place = Chunks::new(&file, 0).and_then(|mut chunks| chunks.place(9));
            assert!(place.is_err(), "{text:?}");
        }
    }
}
