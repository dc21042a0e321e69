//! The pumps: the loops that move frames to a socket, which are measured.

use std::io::{self, Write};

use super::cell::Reads;
use super::frame_timer::{FrameTimer, Wait};
use super::parts::Parts;
use super::source::Source;
use crate::bench::page::PageBuffer;

/// Space for the line with the chunk's size: one page, so that the chunk starts at a page boundary.
const SIZE_LINE: usize = 4096;

/// Which read a pump takes for the end of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndOn {
    /// A read shorter than requested.
    ShortRead,
    /// An empty read.
    EmptyRead,
}

/// Reads chunks from an endless source and sends each as one HTTP chunk, with one call. Returns after the last chunk when
/// it takes a read for the end of the source, or when the measurement ends.
///
/// # Errors
///
/// If the socket fails.
pub fn chunks(
    reads: Reads,
    end: EndOn,
    parts: &Parts,
    timer: FrameTimer,
    socket: &mut impl Write,
) -> io::Result<()> {
    let wanted = usize::try_from(reads.chunk_bytes).map_err(io::Error::other)?;
    let longest = Source::longest_read(parts.sequence(), reads.rule, reads.chunk_bytes, timer.frames_due());
    let longest = usize::try_from(longest).map_err(io::Error::other)?;
    let mut source = Source::new(parts, timer, reads.rule);
    let mut buffer = PageBuffer::zeroed(SIZE_LINE + longest + 2);
    while let Some(len) = source.read(wanted, &mut buffer[SIZE_LINE..]) {
        if len > 0 {
            socket.write_all(chunk(&mut buffer, len))?;
        }
        let at_end = match end {
            EndOn::ShortRead => len < wanted,
            EndOn::EmptyRead => len == 0,
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

/// Sends each part when it is due, with one call.
///
/// # Errors
///
/// If the socket fails.
pub fn direct(parts: &Parts, timer: &FrameTimer, socket: &mut impl Write) -> io::Result<()> {
    let mut number = 0;
    while timer.wait(number) == Wait::Due {
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
    use super::super::frame_timer::Halt;
    use super::super::schedule::Schedule;
    use super::*;
    use crate::clock::Clock;
    use crate::signal::Stop;

    fn timer(frames: u32) -> FrameTimer {
        let schedule = Schedule::new(1.0, Duration::from_secs(frames.into()));
        FrameTimer::start(&Clock::simulated(), schedule, &Halt::new(&Stop::default()))
    }

    #[test]
    fn a_pump_that_ends_on_a_short_read_sends_that_read_and_then_the_last_chunk() {
        let parts = Parts::new(&[vec![1; 900], vec![2; 500], vec![3; 900]]).unwrap();
        let chunk_bytes = parts.bytes(0).len() as u64;
        let mut wire = Vec::new();
        let reads = Reads { rule: ReadRule::Part, chunk_bytes };
        chunks(reads, EndOn::ShortRead, &parts, timer(9), &mut wire).unwrap();
        let mut dechunker = Dechunker::new();
        let len = dechunker.decode(&mut wire).unwrap();
        assert!(dechunker.is_done());
        assert_eq!(wire[..len], [parts.bytes(0), parts.bytes(1)].concat());
    }

    #[test]
    fn a_pump_that_ends_on_an_empty_read_sends_until_the_measurement_ends() {
        let parts = Parts::new(&[vec![1; 900], vec![2; 500]]).unwrap();
        for rule in [ReadRule::Part, ReadRule::Short] {
            let mut wire = Vec::new();
            let reads = Reads { rule, chunk_bytes: 700 };
            chunks(reads, EndOn::EmptyRead, &parts, timer(4), &mut wire).unwrap();
            let mut dechunker = Dechunker::new();
            let len = dechunker.decode(&mut wire).unwrap();
            assert!(!dechunker.is_done());
            assert_eq!(wire[..len], [parts.bytes(0), parts.bytes(1)].concat().repeat(2));
        }
    }
}
