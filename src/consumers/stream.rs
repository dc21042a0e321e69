//! The stream that all readers read.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;
use core::time::Duration;

use super::head::ResponseHead;

/// Reads that follow each other within this time are one: the network cut what was sent together.
const ONE_SEND: Duration = Duration::from_millis(5);
/// Largest read of an event-driven reader, in bytes.
const READ_BYTES: usize = 64 * 1024;

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// The sender closed it, and the HTTP body is complete: its last chunk or all of its length came.
    Complete,
    /// The sender closed the connection.
    Closed,
    /// The connection was reset.
    Reset,
    /// It was not read further.
    Open,
}

/// A response: its head, its body with the chunked coding removed, and when each byte came.
#[derive(Debug, Clone)]
pub struct Stream {
    pub(super) head: ResponseHead,
    pub(super) body: Vec<u8>,
    /// The end of each send in the body, and when it came.
    pub(super) sends: Vec<(usize, Duration)>,
    /// The end of each read in the body.
    reads: Vec<usize>,
    /// The end of each chunk in the body.
    pub(super) chunks: Vec<usize>,
    pub(super) end: StreamEnd,
    /// When it ended.
    pub(super) ended: Duration,
    pub(super) has_times: bool,
}

impl Stream {
    /// A stream. `arrivals`: the end of each read in the body, in order, and when it came. `chunks`: the
    /// end of each chunk of a chunked body. `ended`: when the stream ended.
    pub fn new(
        head: ResponseHead,
        body: Vec<u8>,
        arrivals: &[(usize, Duration)],
        chunks: Vec<usize>,
        end: StreamEnd,
        ended: Duration,
    ) -> Self {
        let mut sends: Vec<(usize, Duration)> = Vec::new();
        let mut last_read = Duration::ZERO;
        for &(end, at) in arrivals {
            match sends.last_mut() {
                Some(send) if at.saturating_sub(last_read) <= ONE_SEND => *send = (end, send.1),
                _ => sends.push((end, at)),
            }
            last_read = at;
        }
        let mut reads: Vec<usize> = arrivals.iter().map(|&(end, _)| end).collect();
        if sends.last().is_none_or(|&(end, _)| end < body.len()) {
            sends.push((body.len(), ended));
            reads.push(body.len());
        }
        Self { head, body, sends, reads, chunks, end, ended, has_times: true }
    }

    /// A stream without arrival times. `sends`: the ends of what its sender presumably sent together.
    pub fn without_times(
        head: ResponseHead,
        body: Vec<u8>,
        sends: &[usize],
        chunks: Vec<usize>,
        end: StreamEnd,
    ) -> Self {
        let step = Duration::from_millis(100);
        let mut at = Duration::ZERO;
        let arrivals: Vec<_> = sends
            .iter()
            .map(|&end| {
                at += step;
                (end, at)
            })
            .collect();
        Self { has_times: false, ..Self::new(head, body, &arrivals, chunks, end, at + step) }
    }

    /// Bytes of the body.
    pub fn len(&self) -> usize {
        self.body.len()
    }

    /// Whether the body is empty.
    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    /// The body as most readers see it.
    pub(super) fn decoded(&self) -> Body<'_> {
        let (bytes, sends) = (Cow::Borrowed(&self.body[..]), Cow::Borrowed(&self.sends[..]));
        Body { bytes, sends, reads: None, chunks: &self.chunks }
    }

    /// The same body for an event-driven reader to which nothing came together that we read in two reads; `None` if there
    /// is no difference.
    pub(super) fn divided<'a>(&'a self, body: &Body<'a>) -> Option<Body<'a>> {
        let is_divided = self.has_times && self.reads.len() > self.sends.len();
        is_divided.then(|| Body { reads: Some(&self.reads), ..body.clone() })
    }

    /// The body with its chunk framing, as a reader sees it that does not expect chunks.
    pub(super) fn framed(&self) -> Body<'_> {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        let mut start = 0;
        for &end in &self.chunks {
            let data = self.body.get(start..end).unwrap_or_default();
            bytes.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
            ends.push((end, bytes.len() + data.len()));
            bytes.extend_from_slice(data);
            bytes.extend_from_slice(b"\r\n");
            start = end;
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        let place = |end: usize| {
            let i = ends.partition_point(|&(chunk, _)| chunk < end);
            ends.get(i).map_or(bytes.len(), |&(chunk, place)| place - (chunk - end))
        };
        let sends = self.sends.iter().map(|&(end, at)| (place(end), at)).collect();
        Body { bytes: Cow::Owned(bytes), sends: Cow::Owned(sends), reads: None, chunks: &[] }
    }
}

/// The bytes of a body as one reader sees them.
#[derive(Debug, Clone)]
pub(super) struct Body<'a> {
    pub bytes: Cow<'a, [u8]>,
    sends: Cow<'a, [(usize, Duration)]>,
    /// The ends of our reads, if an event-driven reader reads as we do.
    reads: Option<&'a [usize]>,
    chunks: &'a [usize],
}

impl Body<'_> {
    /// Ends the body after `len` bytes.
    pub fn cut(&mut self, len: usize) {
        match &mut self.bytes {
            Cow::Borrowed(bytes) => *bytes = &bytes[..len.min(bytes.len())],
            Cow::Owned(bytes) => bytes.truncate(len),
        }
    }

    /// When the first `need` bytes had come; `None` if they never did.
    pub fn time_of(&self, need: usize) -> Option<Duration> {
        if need > self.bytes.len() {
            return None;
        }
        let i = self.sends.partition_point(|&(end, _)| end < need);
        self.sends.get(i).map(|&(_, at)| at)
    }

    /// The bytes of the send that the last of the first `need` bytes came with.
    pub fn send_of(&self, need: usize) -> Option<Range<usize>> {
        let i = self.sends.partition_point(|&(end, _)| end < need);
        let &(end, _) = self.sends.get(i).filter(|_| need <= self.bytes.len())?;
        let start = i.checked_sub(1).map_or(0, |before| self.sends[before].0);
        Some(start..end.min(self.bytes.len()))
    }

    /// The first end of a send behind `at`.
    pub fn send_end_after(&self, at: usize) -> usize {
        let i = self.sends.partition_point(|&(end, _)| end <= at);
        self.sends.get(i).map_or(self.bytes.len(), |&(end, _)| end.min(self.bytes.len()))
    }

    /// The ends of the reads of an event-driven reader: each send and each chunk, in pieces of at most 64 KiB.
    pub fn events(&self) -> Vec<usize> {
        let len = self.bytes.len();
        let mut ends: Vec<usize> = match self.reads {
            Some(reads) => reads.iter().map(|&end| end.min(len)).collect(),
            None => self.sends.iter().map(|&(end, _)| end.min(len)).collect(),
        };
        ends.extend(self.chunks.iter().map(|&end| end.min(len)));
        ends.sort_unstable();
        ends.dedup();
        let mut start = 0;
        let mut reads = Vec::with_capacity(ends.len());
        for end in ends {
            reads.extend((start + READ_BYTES..end).step_by(READ_BYTES));
            reads.push(end);
            start = end;
        }
        reads.retain(|&end| end > 0);
        reads
    }
}
