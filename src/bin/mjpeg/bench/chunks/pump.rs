//! What moves frames to a socket: the loops that are measured.

use std::io::{self, Write};

use super::cell::Reads;
use super::pace::{Pace, Wait};
use super::parts::Parts;
use super::source::Source;
use crate::bench::page::PageBuffer;

/// Room for the line with the chunk's size; a whole page, so that the chunk itself starts on one.
const SIZE_LINE: usize = 4096;

/// When a pump takes its source to be at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At a read shorter than asked for.
    ShortRead,
    /// At a read of nothing.
    EmptyRead,
}

/// Reads chunks from an endless source and sends each as one HTTP chunk, in one send; returns when
/// it takes the source to be at its end, behind the last chunk, or when the measurement is over.
///
/// # Errors
///
/// When the socket fails.
pub fn chunks(reads: Reads, end: End, parts: &Parts, pace: Pace, socket: &mut impl Write) -> io::Result<()> {
    let wanted = usize::try_from(reads.chunk_bytes).map_err(io::Error::other)?;
    let mut source = Source::new(parts, pace, reads.rule);
    let mut buffer = PageBuffer::zeroed(SIZE_LINE + Source::longest_read(parts, reads.rule, wanted) + 2);
    while let Some(len) = source.read(wanted, &mut buffer[SIZE_LINE..]) {
        if len > 0 {
            socket.write_all(chunk(&mut buffer, len))?;
        }
        let at_end = match end {
            End::ShortRead => len < wanted,
            End::EmptyRead => len == 0,
        };
        if at_end {
            // last-chunk and an empty trailer section, RFC 9112 7.1.
            return socket.write_all(b"0\r\n\r\n");
        }
    }
    Ok(())
}

/// Frames the `len` bytes at [`SIZE_LINE`] as a chunk.
///
/// ```text
/// chunk := chunk-size CRLF chunk-data CRLF                          RFC 9112 7.1
/// ```
fn chunk(buffer: &mut [u8], len: usize) -> &[u8] {
    let size_line = format!("{len:x}\r\n");
    let start = SIZE_LINE - size_line.len();
    buffer[start..SIZE_LINE].copy_from_slice(size_line.as_bytes());
    buffer[SIZE_LINE + len..SIZE_LINE + len + 2].copy_from_slice(b"\r\n");
    &buffer[start..SIZE_LINE + len + 2]
}

/// Sends each part when it is due, in one send.
///
/// # Errors
///
/// When the socket fails.
pub fn direct(parts: &Parts, pace: &Pace, socket: &mut impl Write) -> io::Result<()> {
    let mut number = 0;
    while pace.wait(number) == Wait::Due {
        socket.write_all(parts.bytes(number))?;
        number += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mjpeg::http::Dechunker;

    use super::super::cell::ReadRule;
    use super::super::pace::Halt;
    use super::super::schedule::Schedule;
    use super::*;
    use crate::clock::Clock;
    use crate::signal::Stop;

    fn pace(frames: u32) -> Pace {
        let schedule = Schedule::new(1.0, Duration::from_secs(frames.into()));
        Pace::start(&Clock::simulated(), schedule, &Halt::new(&Stop::default()))
    }

    #[test]
    fn a_pump_that_ends_on_a_short_read_sends_it_and_then_the_last_chunk() {
        let parts = Parts::new(&[vec![1; 900], vec![2; 500], vec![3; 900]]).unwrap();
        let chunk_bytes = parts.bytes(0).len() as u64;
        let mut wire = Vec::new();
        let reads = Reads { rule: ReadRule::Part, chunk_bytes };
        chunks(reads, End::ShortRead, &parts, pace(9), &mut wire).unwrap();
        let mut dechunker = Dechunker::new();
        let len = dechunker.decode(&mut wire).unwrap();
        assert!(dechunker.is_done());
        assert_eq!(wire[..len], [parts.bytes(0), parts.bytes(1)].concat());
    }

    #[test]
    fn a_pump_that_ends_on_an_empty_read_goes_on_to_the_end() {
        let parts = Parts::new(&[vec![1; 900], vec![2; 500]]).unwrap();
        for rule in [ReadRule::Part, ReadRule::Short] {
            let mut wire = Vec::new();
            let reads = Reads { rule, chunk_bytes: 700 };
            chunks(reads, End::EmptyRead, &parts, pace(4), &mut wire).unwrap();
            let mut dechunker = Dechunker::new();
            let len = dechunker.decode(&mut wire).unwrap();
            assert!(!dechunker.is_done());
            assert_eq!(wire[..len], [parts.bytes(0), parts.bytes(1)].concat().repeat(2));
        }
    }
}
