//! Delimiter lines, and the heads and bodies behind them.

use core::ops::Range;

use memchr::memchr_iter;

use super::{Gap, GapKind, Parser, Queued, State};
use crate::http::split_fields;
use crate::multipart::answer::Answer;
use crate::multipart::body::BodyScan;
use crate::multipart::body_end::BodyEnd;
use crate::multipart::delimiter_line::{Line, LineFlaw};
use crate::multipart::deviation::DeviationKind;
use crate::multipart::event::{Framing, Span, Spans};
use crate::multipart::extent::{BodyWalk, Extent};
use crate::multipart::head::{Head, HeadEnd, HeadScan};
use crate::multipart::lengths::Lengths;
use crate::multipart::line_end::line_ends;
use crate::multipart::scan::Likeness;
use crate::multipart::start::StartScan;

impl<W: BodyWalk> Parser<W> {
    /// Takes a delimiter line and consumes everything up to its end.
    pub(super) fn delimiter(&mut self, line: Line) {
        // A close-delimiter belongs to the part before it.
        let next = if line.close { self.parts.max(1) } else { self.parts + 1 };
        let was_learnt = self.scan.is_learnt();
        let text = &self.buffer.data()[line.start..line.text_end];
        let changed = !self.scan.is(text);
        if changed {
            let likeness = self.scan.learn(&self.buffer.data()[line.start..line.text_end]);
            let kind = match likeness {
                _ if was_learnt => Some(DeviationKind::DelimiterChanged),
                Likeness::AsAnnounced | Likeness::Unannounced => None,
                Likeness::DashesNotAdded => Some(DeviationKind::DashesNotAdded),
                Likeness::DashesMissing => Some(DeviationKind::DashesMissing),
                Likeness::Mismatch => Some(DeviationKind::BoundaryMismatch),
            };
            if let Some(kind) = kind {
                self.deviate(kind, next, line.start);
            }
        }
        let flaw = match line.flaw {
            Some(LineFlaw::Padding) => Some(DeviationKind::Padding),
            Some(LineFlaw::Glued) => Some(DeviationKind::DelimiterGlued),
            Some(LineFlaw::BareLf) => Some(DeviationKind::BareLf),
            None => None,
        };
        if let Some(flaw) = flaw {
            self.deviate(flaw, next, line.text_end);
        }
        let start = self.buffer.offset() + line.start as u64;
        let delimiter = Span { start, len: (line.end - line.start) as u64 };
        self.buffer.consume(line.end);
        self.state = if line.close {
            self.queue.push_back(Queued::CloseDelimiter(delimiter));
            State::Gap(Gap { kind: GapKind::Epilogue, gone: 0, from: 0 })
        } else {
            State::Head { scan: HeadScan::default(), delimiter }
        };
    }

    pub(super) fn head(&mut self, mut scan: HeadScan, delimiter: Span) -> bool {
        let answer = scan.advance(self.buffer.data(), &self.scan, &self.limits, self.eof);
        self.state = State::Head { scan, delimiter };
        match answer {
            Answer::Yes(Head::Ends(end)) => self.head_ends(end, delimiter),
            Answer::Yes(Head::Doubled(line)) => {
                self.deviate(DeviationKind::DelimiterDoubled, self.parts + 1, 0);
                self.delimiter(line);
            }
            Answer::Yes(Head::Closed(line)) => self.delimiter(line),
            Answer::Yes(Head::TooLong) => {
                self.parts += 1;
                self.deviate(DeviationKind::HeadTooLong, self.parts, 0);
                // The lines before the last one are known to be no delimiters.
                self.buffer.consume(scan.line_start());
                self.state = State::Gap(Gap { kind: GapKind::Skipping, gone: 0, from: 0 });
            }
            Answer::More | Answer::No if self.eof => self.ends_in_head(),
            Answer::More | Answer::No => return false,
        }
        true
    }

    fn head_ends(&mut self, end: HeadEnd, delimiter: Span) {
        if self.eof && end.body == self.buffer.data().len() {
            // Heads sent ahead of their picture end like this.
            return self.ends_in_head();
        }
        let data = self.buffer.data();
        let mut lines = core::mem::take(&mut self.lines);
        split_fields(&data[end.start..end.end], self.limits.head_fields, &mut lines);
        let head = &data[..end.end];
        let too_many = end.lines > self.limits.head_fields;
        let bare_lf = memchr_iter(b'\n', head).any(|at| at == 0 || head[at - 1] != b'\r');
        let next = self.parts + 1;
        let queued = self.queue.len();
        if end.start > 0 {
            self.deviate(DeviationKind::BlankLineBeforeHead, next, 0);
        }
        if lines.is_empty() && !end.terminated {
            self.deviate(DeviationKind::HeadMissing, next, 0);
        } else if !end.terminated {
            self.deviate(DeviationKind::HeadUnterminated, next, end.end);
        }
        if too_many {
            self.deviate(DeviationKind::TooManyFields { lines: end.lines as u64 }, next, 0);
        }
        if bare_lf {
            self.deviate(DeviationKind::BareLf, next, 0);
        }
        for line in &lines {
            if let Some(flaw) = line.flaw {
                self.deviate(
                    DeviationKind::Field(flaw),
                    next,
                    end.start + line.name.start.min(line.value.start),
                );
            }
        }
        if end.body > end.end {
            let bytes = (end.body - end.end) as u64;
            self.deviate(DeviationKind::BlankLineAfterHead { bytes }, next, end.end);
        }
        self.lines = lines;
        let declared = self.declared_length(end);
        self.queue.make_contiguous()[queued..].sort_by_key(Queued::offset);
        self.walk.restart();
        let scan = if self.debt > self.limits.search_bytes as u64 {
            BodyScan::delimiter_first(declared)
        } else {
            BodyScan::new(declared)
        };
        self.state = State::Body { head: end, scan, declared, delimiter };
    }

    /// What the fields say of the body's length; reports what is odd about it.
    fn declared_length(&mut self, end: HeadEnd) -> Option<u64> {
        let lengths = Lengths::of(&self.buffer.data()[end.start..end.end], &self.lines);
        for (kind, at) in [
            (DeviationKind::LengthInvalid, lengths.invalid),
            (DeviationKind::LengthRepeated, lengths.repeated),
            (DeviationKind::LengthElsewhere, lengths.other),
        ] {
            if let Some(at) = at {
                self.deviate(kind, self.parts + 1, end.start + at);
            }
        }
        lengths.declared.map(|(declared, _)| declared)
    }

    fn ends_in_head(&mut self) {
        let len = self.buffer.data().len();
        // A delimiter alone, as it is sent right behind each picture, is no head.
        if len > 0 {
            self.deviate(DeviationKind::InputEndsInHead, self.parts + 1, 0);
        }
        self.buffer.consume(len);
        self.state = State::Finished;
    }

    pub(super) fn body(
        &mut self,
        head: HeadEnd,
        mut scan: BodyScan,
        declared: Option<u64>,
        delimiter: Span,
    ) -> bool {
        let body_bytes = self.limits.body_bytes;
        // Not by `self.window`, which borrows all of the parser.
        let most = self.limits.body_window();
        let body = &self.buffer.data()[head.body..];
        let is_full = body.len() > most;
        let body = &body[..body.len().min(most)];
        let eof = self.eof && !is_full;
        let mut answer = scan.advance(body, &mut self.walk, &self.scan, &self.limits, eof);
        if is_full && answer == Answer::More {
            answer = scan.at_limit().map_or(Answer::No, Answer::Yes);
        }
        self.state = State::Body { head, scan, declared, delimiter };
        match answer {
            Answer::Yes(end) if end.len <= body_bytes => {
                self.body_ends(head, declared, delimiter, end);
            }
            Answer::More => return false,
            Answer::Yes(end) => self.body_too_large(head, end.len),
            Answer::No => self.body_too_large(head, most),
        }
        true
    }

    /// Skips a body whose end, or the end of the window on it, is at `end`.
    fn body_too_large(&mut self, head: HeadEnd, end: usize) {
        self.parts += 1;
        let limit = self.limits.body_bytes as u64;
        self.deviate(DeviationKind::BodyTooLarge { limit }, self.parts, head.body);
        self.buffer.consume(head.body);
        self.state = if self.scan.is_learnt() {
            // From here on any delimiter counts: the part after it may be sound.
            self.debt += end as u64;
            State::Gap(Gap { kind: GapKind::Skipping, gone: 0, from: 0 })
        } else {
            // A picture cannot start inside another without contradicting it, so none is lost.
            self.buffer.consume(end);
            State::Start(StartScan::default())
        };
    }

    fn body_ends(&mut self, head: HeadEnd, declared: Option<u64>, delimiter: Span, end: BodyEnd) {
        self.parts += 1;
        let repaid = REPAID_PER_BYTE * (head.body + end.len) as u64;
        self.debt = (self.debt + (end.walked - end.len) as u64).saturating_sub(repaid);
        let body = head.body..head.body + end.len;
        if let Some(kind) =
            declared.and_then(|declared| length_deviation(self.buffer.data(), &body, declared, end))
        {
            self.deviate(kind, self.parts, head.body);
        }
        if let Extent::Complete { end: picture_end } = end.extent
            && !self.walk.announces_more()
            && self.buffer.data()[body.clone()]
                .get(picture_end..)
                .is_some_and(|rest| rest[line_ends(rest)..].starts_with(self.walk.signature()))
        {
            let bytes = (end.len - picture_end) as u64;
            self.deviate(DeviationKind::PictureBegins { bytes }, self.parts, head.body);
        }
        let offset = self.buffer.offset();
        let start = offset + body.start as u64;
        // The walk may have run beyond the end of the body.
        let coded = Some(self.walk.coded()).filter(|coded| coded.end <= end.len).unwrap_or_default();
        let spans = Spans {
            delimiter,
            head: Span { start: offset, len: head.end as u64 },
            body: Span { start, len: end.len as u64 },
            coded: Span { start: start + coded.start as u64, len: coded.len() as u64 },
        };
        let (framing, extent) = (end.framing, end.extent);
        self.queue.push_back(Queued::Part { fields: head.start..head.end, body, framing, extent, spans });
        self.state = match framing {
            _ if !self.scan.is_learnt() => State::Start(StartScan::default()),
            Framing::Scanned => State::Gap(Gap { kind: GapKind::AfterBare, gone: 0, from: 0 }),
            _ => State::Gap(Gap { kind: GapKind::AfterBody, gone: 0, from: 0 }),
        };
    }
}

/// Bytes of debt that each byte of a body repays.
///
/// Where a picture proves broken, its body ends at a delimiter that the walk had passed over, and what
/// follows is walked again. A sender could hide the starts of pictures in the segments of other
/// pictures and have all of them walked to the same far end. So the bytes walked for nothing are
/// counted, and above [`Limits::search_bytes`] of them bodies end at the first delimiter.
const REPAID_PER_BYTE: u64 = 4;

/// How Content-Length and the body differ, where that can be told.
fn length_deviation(data: &[u8], body: &Range<usize>, declared: u64, end: BodyEnd) -> Option<DeviationKind> {
    let actual = end.len as u64;
    let is_complete = matches!(end.extent, Extent::Complete { .. });
    let at_end = end.framing == Framing::EndOfInput;
    if end.framing != Framing::Delimited && !(at_end && is_complete) || declared == actual {
        return None;
    }
    if declared < actual {
        // The length is right, and the body starts too early.
        let bytes = actual - declared;
        let is_blank = line_ends(&data[body.clone()]) as u64 == bytes;
        return Some(if is_blank {
            DeviationKind::BlankLineAfterHead { bytes }
        } else {
            DeviationKind::LengthShort { declared, actual }
        });
    }
    let behind = &data[body.end..];
    let counts_line_end = match declared - actual {
        // Or the first byte of it.
        1 => behind.starts_with(b"\n") || behind.starts_with(b"\r\n"),
        2 => behind.starts_with(b"\r\n"),
        _ => false,
    };
    if counts_line_end {
        Some(DeviationKind::LengthCountsLineEnd { declared, actual })
    } else {
        // An input that ends early says nothing about a length it did not reach.
        (!at_end).then_some(DeviationKind::LengthLong { declared, actual })
    }
}
