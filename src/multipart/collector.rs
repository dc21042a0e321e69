//! Parts together with all their deviations.

use alloc::vec::Vec;

use super::deviation::Deviation;
use super::event::Event;

/// Most deviations that are kept of one part. A sender that makes more of them must not fill the memory.
const MOST_DEVIATIONS: usize = 64;

/// Assigns each deviation to its part.
///
/// A part's event comes as soon as its last byte is in. Some of its deviations show only in the gap
/// behind it, so they come later. The collector keeps a note of type `T` for the part and returns it
/// with all deviations once the gap has been decided.
///
/// ```
/// use mjpeg::jpeg::Walk;
/// use mjpeg::multipart::{Collector, DeviationKind, Event, Parser};
///
/// let input = b"--b\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xd9stale\r\n\
///     --b\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xd9\r\n--b--";
/// let mut parser = Parser::new(Walk::new(), Some(b"b"));
/// parser.space()[..input.len()].copy_from_slice(input);
/// parser.filled(input.len());
/// parser.finish();
///
/// let mut collector = Collector::new();
/// let mut complete = Vec::new();
/// while let Some(event) = parser.next_event()? {
///     complete.extend(collector.event(&event));
///     if let Event::Part(part) = event {
///         collector.open(part.number, part.body.len());
///     }
/// }
/// complete.extend(collector.finish());
/// assert_eq!((complete[0].number, complete[0].note), (1, 4));
/// assert_eq!(complete[0].deviations[0].kind, DeviationKind::BytesAfterBody { bytes: 5 });
/// assert!(complete[1].deviations.is_empty());
/// # Ok::<(), mjpeg::multipart::Error>(())
/// ```
#[derive(Debug)]
pub struct Collector<T> {
    open: Option<Collected<T>>,
    /// Deviations that came before the part they concern.
    early: Vec<Deviation>,
    early_left_out: u64,
}

/// A part's note with all deviations of the part.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collected<T> {
    /// The part, counted from 1.
    pub number: u64,
    /// What [`Collector::open`] was given.
    pub note: T,
    /// The part's deviations, in the order of their offsets; the first 64.
    pub deviations: Vec<Deviation>,
    /// Deviations beyond those.
    pub left_out: u64,
}

impl<T> Collector<T> {
    /// A collector at the start of a stream.
    pub fn new() -> Self {
        Self { open: None, early: Vec::new(), early_left_out: 0 }
    }

    /// Takes the next event and returns the open part if the event shows that it is complete. Call it
    /// for every event, and [`Collector::open`] afterwards for the parts of interest.
    pub fn event(&mut self, event: &Event<'_>) -> Option<Collected<T>> {
        match event {
            Event::Deviation(deviation) => self.deviation(*deviation),
            Event::Part(_) | Event::CloseDelimiter(_) | Event::Epilogue(_) => self.finish(),
            Event::Preamble { .. } => None,
        }
    }

    /// Opens the part of the event that was just given to [`Collector::event`]. Its deviations so far
    /// are those before it.
    pub fn open(&mut self, number: u64, note: T) {
        let mut deviations = core::mem::take(&mut self.early);
        // A part above a limit is skipped and has no event. Its deviations belong to no other part.
        deviations.retain(|deviation| deviation.part.is_none_or(|part| part == number));
        let left_out = core::mem::take(&mut self.early_left_out);
        self.open = Some(Collected { number, note, deviations, left_out });
    }

    /// Says that the gaps behind the first `parts` parts have been decided
    /// ([`Parser::settled_parts`](super::Parser::settled_parts)), and returns the open part if it is
    /// among them. With this, a part is complete before the next one arrives.
    pub fn settled(&mut self, parts: u64) -> Option<Collected<T>> {
        self.open.take_if(|open| open.number <= parts)
    }

    /// Returns the open part as it is: the stream ended, or is not read any further.
    pub fn finish(&mut self) -> Option<Collected<T>> {
        self.open.take()
    }

    fn deviation(&mut self, deviation: Deviation) -> Option<Collected<T>> {
        let open = self.open.as_mut().filter(|open| deviation.part.is_none_or(|part| part <= open.number));
        let Some(open) = open else {
            let complete = self.open.take();
            push(&mut self.early, &mut self.early_left_out, deviation);
            return complete;
        };
        push(&mut open.deviations, &mut open.left_out, deviation);
        None
    }
}

impl<T> Default for Collector<T> {
    fn default() -> Self {
        Self::new()
    }
}

fn push(deviations: &mut Vec<Deviation>, left_out: &mut u64, deviation: Deviation) {
    if deviations.len() < MOST_DEVIATIONS {
        deviations.push(deviation);
    } else {
        *left_out += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jpeg::Walk;
    use crate::multipart::deviation::DeviationKind::{self, *};
    use crate::multipart::{Limits, Parser};

    type Row = (u64, Vec<DeviationKind>);

    /// The parts of `input` with their deviations, read `step` bytes at a time; and how many were complete
    /// before the input had ended.
    fn collect(input: &[u8], step: usize, limits: Limits) -> (Vec<Row>, usize) {
        let mut parser = Parser::with_limits(Walk::new(), Some(b"b"), limits);
        let (mut collector, mut rows, mut at_end) = (Collector::new(), Vec::new(), 0);
        let mut pieces = input.chunks(step);
        loop {
            while let Some(event) = parser.next_event().unwrap() {
                rows.extend(collector.event(&event));
                if let Event::Part(part) = event {
                    collector.open(part.number, ());
                }
            }
            rows.extend(collector.settled(parser.settled_parts()));
            if parser.is_finished() {
                break;
            }
            match pieces.next() {
                Some(piece) => {
                    parser.space()[..piece.len()].copy_from_slice(piece);
                    parser.filled(piece.len());
                }
                None => {
                    at_end = rows.len();
                    parser.finish();
                }
            }
        }
        rows.extend(collector.finish());
        let row = |row: Collected<()>| (row.number, row.deviations.iter().map(|it| it.kind).collect());
        (rows.into_iter().map(row).collect(), at_end)
    }

    #[test]
    fn each_deviation_goes_to_its_part_for_every_read_size() {
        let input = b"--b\r\nContent-Length: 4\n\r\n\xff\xd8\xff\xd9stale\r\n\
            --b \r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xd9\r\n\r\n\r\n\
            --b\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xd9xx\r\n--b--\r\n";
        let expected = [
            (1, [BareLf, BytesAfterBody { bytes: 5 }].to_vec()),
            (2, [Padding, BlankLines { bytes: 4 }].to_vec()),
            (3, [BytesAfterBody { bytes: 2 }].to_vec()),
        ];
        for step in 1..=input.len() {
            assert_eq!(collect(input, step, Limits::default()).0, expected, "{step} bytes at a time");
        }
    }

    #[test]
    fn a_part_is_complete_once_the_delimiter_behind_it_is_in() {
        let input = b"--b\r\n\r\n\xff\xd8\xff\xd9\r\n--b\r\n";
        assert_eq!(collect(input, 1, Limits::default()).1, 1);
        assert_eq!(collect(&input[..input.len() - 3], 1, Limits::default()).1, 0);
    }

    #[test]
    fn the_deviations_of_a_skipped_part_belong_to_no_other_part() {
        let large = [&b"\xff\xd8\xff\xfe\xff\xff"[..], &[b' '; 0xffff]].concat();
        let input = [
            b"--b\r\n\r\n\xff\xd8\xff\xd9\r\n--b\r\n\r\n",
            &large[..],
            b"\r\n--b\r\n\r\n\xff\xd8\xff\xd9\r\n--b--",
        ]
        .concat();
        let limits = Limits { body_bytes: 1000, ..Limits::default() };
        assert_eq!(collect(&input, 4096, limits).0, [(1, Vec::new()), (3, Vec::new())]);
    }

    #[test]
    fn a_part_keeps_a_bounded_number_of_deviations() {
        let head = b"no colon\r\n".repeat(MOST_DEVIATIONS + 5);
        let input = [b"--b\r\n", &head[..], b"\r\n\xff\xd8\xff\xd9\r\n--b--"].concat();
        let limits = Limits { head_fields: 1000, ..Limits::default() };
        let (rows, _) = collect(&input, 4096, limits);
        assert_eq!(rows[0].1.len(), MOST_DEVIATIONS);
    }
}
