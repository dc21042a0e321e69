//! Parts together with all their deviations.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::deviation::Deviation;
use super::event::Event;

/// Most deviations that are kept of one part. A sender that makes more of them must not fill the memory.
const MOST_DEVIATIONS: usize = 64;

/// Assigns each deviation to its part.
///
/// A part's event comes as soon as its last byte is in. Some of its deviations show only in the gap
/// behind it, so they come later. The collector keeps a note of type `T` for the part and returns it
/// with all deviations once the gap has been decided. Deviations of a part that was skipped, because it
/// exceeds a limit, are returned without a note.
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
/// while let Some(event) = parser.next_event()? {
///     collector.event(&event);
///     if let Event::Part(part) = event {
///         collector.open(part.number, part.body.len());
///     }
/// }
/// collector.finish();
/// let first = collector.next().unwrap();
/// assert_eq!((first.number, first.note), (1, Some(4)));
/// assert_eq!(first.deviations[0].kind, DeviationKind::BytesAfterBody { bytes: 5 });
/// assert!(collector.next().unwrap().deviations.is_empty());
/// # Ok::<(), mjpeg::multipart::Error>(())
/// ```
///
/// As an iterator it returns the parts that are complete. Take them after each call.
#[derive(Debug)]
pub struct Collector<T> {
    /// Parts in the order of their numbers.
    parts: VecDeque<Collected<T>>,
    /// Parts below this number are complete.
    next: u64,
}

/// A part's note with all deviations of the part.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collected<T> {
    /// The part, counted from 1.
    pub number: u64,
    /// What [`Collector::open`] was given; `None` for a part that was not opened.
    pub note: Option<T>,
    /// The part's deviations, in the order of their offsets; the first 64.
    pub deviations: Vec<Deviation>,
    /// Deviations beyond those.
    pub left_out: u64,
}

impl<T> Collector<T> {
    /// A collector at the start of a stream.
    pub fn new() -> Self {
        Self { parts: VecDeque::new(), next: 1 }
    }

    /// Takes the next event. Call it for every event.
    pub fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Deviation(deviation) => {
                let number = deviation.part.unwrap_or(self.next);
                self.complete_below(number);
                let part = self.part(number);
                if part.deviations.len() < MOST_DEVIATIONS {
                    part.deviations.push(*deviation);
                } else {
                    part.left_out += 1;
                }
            }
            Event::Part(part) => self.complete_below(part.number),
            // A part that follows the close-delimiter is a deviation of the part before it.
            Event::CloseDelimiter(_) | Event::Epilogue(_) | Event::Preamble { .. } => {}
        }
    }

    /// Keeps a note for the part whose event was just given to [`Collector::event`].
    pub fn open(&mut self, number: u64, note: T) {
        self.part(number).note = Some(note);
    }

    /// Says that the gaps behind the first `parts` parts have been decided
    /// ([`Parser::settled_parts`](super::Parser::settled_parts)). With this, a part is complete before the
    /// next one arrives.
    pub fn settled(&mut self, parts: u64) {
        self.complete_below(parts + 1);
    }

    /// Completes all parts: the stream ended, or is not read any further.
    pub fn finish(&mut self) {
        let last = self.parts.back().map_or(0, |part| part.number);
        self.complete_below(last + 1);
    }

    fn complete_below(&mut self, number: u64) {
        self.next = self.next.max(number);
    }

    /// The entry of a part. Numbers rarely go back, and never far: the search starts at the end.
    fn part(&mut self, number: u64) -> &mut Collected<T> {
        let behind = self.parts.iter().rev().take_while(|part| part.number > number).count();
        let at = self.parts.len() - behind;
        if at > 0 && self.parts[at - 1].number == number {
            return &mut self.parts[at - 1];
        }
        self.parts.insert(at, Collected { number, note: None, deviations: Vec::new(), left_out: 0 });
        &mut self.parts[at]
    }
}

impl<T> Iterator for Collector<T> {
    type Item = Collected<T>;

    fn next(&mut self) -> Option<Collected<T>> {
        let is_complete = self.parts.front().is_some_and(|part| part.number < self.next);
        if is_complete { self.parts.pop_front() } else { None }
    }
}

impl<T> Default for Collector<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jpeg::Walk;
    use crate::multipart::deviation::DeviationKind::{self, *};
    use crate::multipart::{Limits, Parser};

    /// The number of a part, 0 for one that was skipped, and its deviations.
    type Row = (u64, Vec<DeviationKind>);

    /// The parts of `input` with their deviations, read `step` bytes at a time; and how many were complete
    /// before the input had ended.
    fn collect(input: &[u8], step: usize, limits: Limits) -> (Vec<Row>, usize) {
        let mut parser = Parser::with_limits(Walk::new(), Some(b"b"), limits);
        let (mut collector, mut rows, mut at_end) = (Collector::new(), Vec::new(), 0);
        let mut pieces = input.chunks(step);
        loop {
            while let Some(event) = parser.next_event().unwrap() {
                collector.event(&event);
                if let Event::Part(part) = event {
                    collector.open(part.number, ());
                }
                rows.extend(&mut collector);
            }
            collector.settled(parser.settled_parts());
            rows.extend(&mut collector);
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
        collector.finish();
        rows.extend(&mut collector);
        let row = |row: Collected<()>| {
            let kinds = row.deviations.iter().map(|it| it.kind).collect();
            (if row.note.is_some() { row.number } else { 0 }, kinds)
        };
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
    fn pictures_without_multipart_and_parts_after_a_close_delimiter_keep_their_deviations() {
        let jpeg = b"\xff\xd8\xff\xd9";
        let part = b"--b\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xd9\r\n";
        let between = || [BytesBetween { bytes: 3 }].to_vec();
        for (input, expected) in [
            (
                [&jpeg[..], b"abc", jpeg, b"abc", jpeg].concat(),
                [[NoMultipart, BytesBetween { bytes: 3 }].to_vec(), between(), Vec::new()],
            ),
            (
                [&part[..], b"--b--\r\n", part, b"--b--\r\n", part, b"--b--\r\n"].concat(),
                [[CloseDelimiterFollowed].to_vec(), [CloseDelimiterFollowed].to_vec(), Vec::new()],
            ),
        ] {
            for step in 1..=input.len() {
                let rows: Vec<_> =
                    collect(&input, step, Limits::default()).0.into_iter().map(|it| it.1).collect();
                assert_eq!(rows, expected, "{step} bytes at a time");
            }
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
        let limits = Limits::default().body_bytes(1000);
        let skipped = [BodyTooLarge { limit: 1000 }].to_vec();
        assert_eq!(collect(&input, 4096, limits).0, [(1, Vec::new()), (0, skipped), (3, Vec::new())]);
    }

    #[test]
    fn a_part_keeps_a_bounded_number_of_deviations() {
        let head = b"no colon\r\n".repeat(MOST_DEVIATIONS + 5);
        let input = [b"--b\r\n", &head[..], b"\r\n\xff\xd8\xff\xd9\r\n--b--"].concat();
        let limits = Limits::default().head_fields(1000);
        let (rows, _) = collect(&input, 4096, limits);
        assert_eq!(rows[0].1.len(), MOST_DEVIATIONS);
    }
}
