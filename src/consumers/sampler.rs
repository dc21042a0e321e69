//! The sample of a stream that the readers read.
//!
//! A stream can be long, and most of its parts are alike. The sample has its first six parts, its last three,
//! and each part that is new in its form, with the one before and the one behind it. The rest is left out by
//! whole parts, and the times behind a gap move by its length. With the first six parts alone, no measured
//! cell changes; deviations that come later are new in their form.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use super::chunks::Chunks;
use super::form::Form;
use super::head::ResponseHead;
use super::pictures::find;
use super::stream::{Stream, StreamEnd};
use crate::multipart::{Extent, Framing, Part};

/// Parts at the start that are kept.
const FIRST_PARTS: u64 = 6;
/// Parts at the end that are kept.
const LAST_PARTS: usize = 3;
/// The most forms that are told apart.
const FORMS: usize = 24;
/// Above this size only the parts at the end are kept.
const KEPT_BYTES: usize = 8 << 20;
/// The largest sample.
const MAX_BYTES: usize = 64 << 20;

/// Why a sample has no more bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleEnd {
    /// The sender closed the stream.
    Closed,
    /// The connection was reset.
    Reset,
    /// The input ended. The stream may go on: a file can be cut anywhere.
    Input,
    /// A limit was reached. What came behind the last part does not count.
    Limit,
}

/// Collects the sample: give it the bytes of the response body as they come, and each part.
#[derive(Debug)]
pub struct Sampler {
    head: ResponseHead,
    chunked: Option<Chunks>,
    body: Vec<u8>,
    chunks: Vec<usize>,
    arrivals: Vec<(usize, Duration)>,
    /// Where the kept parts start.
    starts: Vec<usize>,
    /// Bytes of the body that were left out.
    left_out: u64,
    /// How many of them lie before the end that the length of the response announces.
    left_out_of_length: u64,
    /// How much later the bytes came than the sample says.
    shift: Duration,
    /// The part that is not over, because the next one has not been seen.
    current: Option<Current>,
    /// Where the body of the last part starts, if the input ends inside it.
    cut: Option<u64>,
    /// Parts that may still be left out.
    undecided: VecDeque<Region>,
    forms: BTreeSet<Form>,
    parts: u64,
    has_times: bool,
    keeps_next: bool,
    is_full: bool,
}

#[derive(Debug, Clone, Copy)]
struct Region {
    start: u64,
    end: u64,
    is_kept: bool,
}

/// The last part, whose end is not known.
#[derive(Debug, Clone, Copy)]
struct Current {
    start: u64,
    body_end: u64,
    form: Form,
}

impl Sampler {
    /// A sampler for a body behind `head`. `is_chunked`: the bytes have chunk framing.
    pub fn new(head: ResponseHead, is_chunked: bool) -> Self {
        Self {
            head,
            chunked: is_chunked.then(Chunks::default),
            body: Vec::new(),
            chunks: Vec::new(),
            arrivals: Vec::new(),
            starts: Vec::new(),
            left_out: 0,
            left_out_of_length: 0,
            shift: Duration::ZERO,
            current: None,
            cut: None,
            undecided: VecDeque::new(),
            forms: BTreeSet::new(),
            parts: 0,
            has_times: false,
            keeps_next: false,
            is_full: false,
        }
    }

    /// The next bytes of the body as received. `at`: when they came, if that means something.
    pub fn bytes(&mut self, bytes: &[u8], at: Option<Duration>) {
        if self.is_full || bytes.len() > MAX_BYTES - self.body.len() {
            self.is_full = true;
            return;
        }
        match &mut self.chunked {
            Some(chunks) => chunks.read(bytes, &mut self.body, &mut self.chunks),
            None => self.body.extend_from_slice(bytes),
        }
        if let Some(at) = at {
            self.has_times = true;
            let at = at.saturating_sub(self.shift);
            match self.arrivals.last_mut() {
                Some(last) if last.0 == self.body.len() => {}
                Some(last) if last.1 == at => last.0 = self.body.len(),
                _ => self.arrivals.push((self.body.len(), at)),
            }
        }
    }

    /// A part that the parser returned. Its bytes must have come.
    pub fn part(&mut self, part: &Part<'_>) {
        if self.is_full {
            return;
        }
        let spans = part.spans;
        let is_whole = matches!(part.extent, Extent::Complete { .. });
        self.cut = (part.framing == Framing::EndOfInput && !is_whole).then_some(spans.body.start);
        let start = spans.delimiter.start.min(spans.body.start);
        self.end_current(start);
        let form = Form::of(self.slice(start, spans.body.start), part);
        self.current = Some(Current { start, body_end: spans.body.end(), form });
    }

    /// The sample. `ended`: when the stream ended. `end`: why nothing more was read.
    pub fn finish(mut self, ended: Duration, end: SampleEnd) -> Stream {
        match (end, self.cut) {
            // Alone it is all that there is.
            (SampleEnd::Input | SampleEnd::Limit, Some(cut)) if self.parts > 0 => self.end_before(cut),
            (SampleEnd::Limit, _) if !self.has_times => self.leave_out_uncounted(),
            _ => {}
        }
        if let Some(current) = self.current {
            self.starts.extend(self.undecided.iter().map(|region| (region.start - self.left_out) as usize));
            self.starts.push((current.start - self.left_out) as usize);
        }
        let length = self.head.content_length;
        let is_complete = match &self.chunked {
            Some(chunks) => chunks.is_over(),
            None => length.is_some_and(|length| length <= self.body.len() as u64 + self.left_out),
        };
        let end = match end {
            _ if self.is_full => StreamEnd::Open,
            SampleEnd::Closed | SampleEnd::Reset if is_complete => StreamEnd::Complete,
            SampleEnd::Closed => StreamEnd::Closed,
            SampleEnd::Reset => StreamEnd::Reset,
            SampleEnd::Input | SampleEnd::Limit => StreamEnd::Open,
        };
        // What is left out does not count: the length of the response is met or missed as before.
        self.head.content_length = length.map(|length| length - self.left_out_of_length);
        let ended = ended.saturating_sub(self.shift);
        if self.has_times {
            return Stream::new(self.head, self.body, &self.arrivals, self.chunks, end, ended);
        }
        self.starts.retain(|&start| start > 0);
        Stream::without_times(self.head, self.body, &self.starts, self.chunks, end)
    }

    /// Ends the body before the picture behind the last part. A read of a file goes beyond the last part that counts, by
    /// as many pictures as happen to be in it. Without times they would be one send with that part.
    fn leave_out_uncounted(&mut self) {
        let Some(current) = self.current else { return };
        let behind = (current.body_end - self.left_out) as usize;
        let Some(next) = find(&self.body, b"\xff\xd8\xff", behind) else { return };
        self.end_before(next as u64 + self.left_out);
    }

    /// Ends the body at this offset of the whole body.
    fn end_before(&mut self, offset: u64) {
        let Ok(next) = usize::try_from(offset - self.left_out) else { return };
        if next >= self.body.len() {
            return;
        }
        self.body.truncate(next);
        let whole = self.arrivals.partition_point(|&(reached, _)| reached < next);
        self.arrivals.truncate(whole + 1);
        if let Some((reached, _)) = self.arrivals.get_mut(whole) {
            *reached = next;
        }
        let whole = self.chunks.partition_point(|&chunk| chunk < next);
        if whole < self.chunks.len() {
            // What is left of the chunk that is cut is a chunk.
            self.chunks.truncate(whole);
            self.chunks.push(next);
        }
    }

    fn slice(&self, start: u64, end: u64) -> &[u8] {
        let local = |at: u64| usize::try_from(at.saturating_sub(self.left_out)).unwrap_or(usize::MAX);
        let end = local(end).min(self.body.len());
        &self.body[local(start).min(end)..end]
    }

    /// The current part ends where the next one starts.
    fn end_current(&mut self, next: u64) {
        let Some(current) = self.current.take() else { return };
        let gap = self.slice(current.body_end, next);
        let form = current.form.before_gap(gap);
        self.parts += 1;
        let may_grow = self.forms.len() < FORMS && self.body.len() < KEPT_BYTES;
        let is_new = may_grow && self.forms.insert(form);
        if is_new && let Some(before) = self.undecided.back_mut() {
            before.is_kept = true;
        }
        let is_kept = self.parts <= FIRST_PARTS || is_new || self.keeps_next;
        self.keeps_next = is_new;
        self.undecided.push_back(Region { start: current.start, end: next, is_kept });
        if self.undecided.len() > LAST_PARTS {
            self.decide();
        }
    }

    fn decide(&mut self) {
        let Some(region) = self.undecided.pop_front() else { return };
        let start = (region.start - self.left_out) as usize;
        if region.is_kept {
            self.starts.push(start);
        } else {
            self.leave_out(start, (region.end - self.left_out) as usize);
            // The regions behind keep their offsets in the whole body.
            self.left_out += region.end - region.start;
            let length = self.head.content_length.unwrap_or_default();
            self.left_out_of_length += region.end.min(length).saturating_sub(region.start);
        }
    }

    /// Removes the bytes from `start` to `end`, and the time that they took.
    fn leave_out(&mut self, start: usize, end: usize) {
        let time_of = |at: usize| {
            let i = self.arrivals.partition_point(|&(reached, _)| reached <= at);
            self.arrivals.get(i).map(|&(_, at)| at)
        };
        let took = match (time_of(start), time_of(end)) {
            (Some(start), Some(end)) => end.saturating_sub(start),
            _ => Duration::ZERO,
        };
        let len = end - start;
        self.body.drain(start..end);
        self.chunks.retain(|&chunk| chunk <= start || chunk > end);
        for chunk in self.chunks.iter_mut().rev().take_while(|chunk| **chunk > end) {
            *chunk -= len;
        }
        self.arrivals.retain(|&(reached, _)| reached <= start || reached > end);
        for (reached, at) in self.arrivals.iter_mut().rev().take_while(|(reached, _)| *reached > end) {
            *reached -= len;
            *at = at.saturating_sub(took);
        }
        self.shift += took;
    }
}
