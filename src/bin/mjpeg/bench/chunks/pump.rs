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

    use super::super::cell::{Cell, Http, Pump, ReadRule};
    use super::super::frame_counter::FrameCounter;
    use super::super::frame_timer::Halt;
    use super::super::model;
    use super::super::schedule::Schedule;
    use super::super::timeline::Timeline;
    use super::*;
    use crate::bench::verdict::Verdict;
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

    /// A client that reads each byte when it is sent.
    struct Client<'a> {
        counter: FrameCounter<'a>,
        clock: Clock,
        timeline: Timeline,
    }

    impl Write for Client<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let space = self.counter.space();
            let n = space.len().min(bytes.len());
            space[..n].copy_from_slice(&bytes[..n]);
            let frames = self.counter.filled(n).unwrap();
            self.timeline.arrivals.extend(std::iter::repeat_n(self.clock.now(), frames));
            if self.counter.is_over() {
                self.timeline.over = Some(self.clock.now());
            }
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_article_is_reproduced_exactly() {
        // 30 parts of 28 970 to 64 543 bytes: the 15th is the first below 30 000, the 30th the smallest.
        let mut lengths: Vec<usize> = (0..30).map(|n| 31_000 + n * 1_100).collect();
        (lengths[3], lengths[14], lengths[29]) = (64_543, 29_500, 28_970);
        let around = Parts::new(&[vec![1; 64_000]]).unwrap().bytes(0).len() - 64_000;
        let pictures: Vec<Vec<u8>> = lengths
            .iter()
            .map(|len| {
                let start = b"\xff\xd8\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00";
                [&start[..], &vec![1; len - around - start.len() - 2], b"\xff\xd9"].concat()
            })
            .collect();
        let parts = Parts::new(&pictures).unwrap();
        assert_eq!((parts.sequence().min(), parts.sequence().max()), (28_970, 64_543));
        let schedule = Schedule::new(30.0, Duration::from_secs(2));
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
            parts.content_type()
        );
        for (rule, chunk_bytes, verdict, frames) in [
            (ReadRule::Part, 28_970, Verdict::Streams, 60),
            (ReadRule::Part, 28_971, Verdict::Ends, 30),
            (ReadRule::Part, 30_000, Verdict::Ends, 15),
            (ReadRule::Part, 65_536, Verdict::Ends, 1),
            (ReadRule::Short, 28_970, Verdict::Ends, 1),
            (ReadRule::Short, 65_536, Verdict::Ends, 1),
            (ReadRule::Fill, 28_970, Verdict::Late, 59),
            (ReadRule::Fill, 65_536, Verdict::Late, 59),
        ] {
            let reads = Reads { rule, chunk_bytes };
            let clock = Clock::simulated();
            let timer = FrameTimer::start(&clock, schedule, &Halt::new(&Stop::default()));
            let (counter, timeline) = (FrameCounter::new(&parts), Timeline::default());
            let mut client = Client { counter, clock, timeline };
            client.write_all(head.as_bytes()).unwrap();
            chunks(reads, EndOn::ShortRead, &parts, timer, &mut client).unwrap();
            let figures = client.timeline.figures(&schedule);
            assert_eq!((figures.verdict, figures.frames), (verdict, frames), "{reads:?}");
            let cell = Cell { pump: Pump::EndsOnShortRead, reads: Some(reads), http: Http::V11 };
            assert_eq!(client.timeline, model::timeline(&cell, parts.sequence(), &schedule), "{reads:?}");
        }
    }
}
