//! Delimiter lines, and the heads and bodies behind them.

use core::ops::Range;

use memchr::memchr_iter;

use super::{Gap, GapKind, Parser, Queued, State};
use crate::http::{Fields, split_fields};
use crate::multipart::body::{BodyEnd, BodyScan};
use crate::multipart::deviation::DeviationKind;
use crate::multipart::event::{Framing, Span, Spans};
use crate::multipart::extent::{BodyWalk, Extent};
use crate::multipart::head::{Head, HeadEnd, HeadScan};
use crate::multipart::scan::{Answer, Likeness, Line, LineFlaw};
use crate::multipart::start::StartScan;

impl<W: BodyWalk> Parser<W> {
    /// Takes a delimiter line; everything up to its end is let go.
    pub(super) fn delimiter(&mut self, line: Line) {
        let next = self.parts + 1;
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
        self.walk.restart();
        self.state = State::Body { head: end, scan: BodyScan::new(declared), declared, delimiter };
    }

    /// Content-Length, if one of the part's fields says a number; the last one counts, as in FFmpeg.
    fn declared_length(&mut self, end: HeadEnd) -> Option<u64> {
        let fields = Fields::new(&self.buffer.data()[end.start..end.end], &self.lines);
        let (mut declared, mut invalid, mut repeated) = (None, false, false);
        for value in fields.all("content-length") {
            match decimal(value) {
                Some(length) => {
                    repeated |= declared.is_some_and(|declared| declared != length);
                    declared = Some(length);
                }
                None => invalid = true,
            }
        }
        if invalid {
            self.deviate(DeviationKind::LengthInvalid, self.parts + 1, 0);
        }
        if repeated {
            self.deviate(DeviationKind::LengthRepeated, self.parts + 1, 0);
        }
        declared
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
        let body = &self.buffer.data()[head.body..];
        let answer = scan.advance(body, &mut self.walk, &self.scan, self.limits.search_bytes, self.eof);
        self.state = State::Body { head, scan, declared, delimiter };
        match answer {
            Answer::Yes(end) if end.len <= self.limits.body_bytes => {
                self.body_ends(head, declared, delimiter, end);
            }
            Answer::More if body.len() <= self.limits.body_bytes => return false,
            _ => {
                self.parts += 1;
                let limit = self.limits.body_bytes as u64;
                self.deviate(DeviationKind::BodyTooLarge { limit }, self.parts, head.body);
                // From here on any delimiter counts: what stands behind it may be sound.
                self.buffer.consume(head.body);
                self.skip();
            }
        }
        true
    }

    fn skip(&mut self) {
        self.state = if self.scan.is_learnt() {
            State::Gap(Gap { kind: GapKind::Skipping, gone: 0, from: 0 })
        } else {
            // Without delimiters the next picture is the next thing to find; not this one again.
            self.buffer.consume(self.walk.signature().len().min(self.buffer.data().len()));
            State::Start(StartScan::default())
        };
    }

    fn body_ends(&mut self, head: HeadEnd, declared: Option<u64>, delimiter: Span, end: BodyEnd) {
        self.parts += 1;
        let body = head.body..head.body + end.len;
        if let Some(kind) =
            declared.and_then(|declared| length_deviation(self.buffer.data(), &body, declared, end))
        {
            self.deviate(kind, self.parts, head.body);
        }
        let offset = self.buffer.offset();
        let spans = Spans {
            delimiter,
            head: Span { start: offset, len: head.end as u64 },
            body: Span { start: offset + body.start as u64, len: end.len as u64 },
        };
        let (framing, extent) = (end.framing, end.extent);
        self.queue.push_back(Queued::Part { fields: head.start..head.end, body, framing, extent, spans });
        self.state = self.behind_body();
    }

    fn behind_body(&self) -> State {
        if self.scan.is_learnt() {
            State::Gap(Gap { kind: GapKind::AfterBody, gone: 0, from: 0 })
        } else {
            State::Start(StartScan::default())
        }
    }
}

/// How Content-Length and the body differ, where that can be told.
fn length_deviation(data: &[u8], body: &Range<usize>, declared: u64, end: BodyEnd) -> Option<DeviationKind> {
    let actual = end.len as u64;
    let is_complete = matches!(end.extent, Extent::Complete { .. });
    let at_end = end.framing == Framing::EndOfInput;
    if end.framing != Framing::Delimited && !(at_end && is_complete) || declared == actual {
        return None;
    }
    if declared < actual {
        return Some(DeviationKind::LengthShort { declared, actual });
    }
    let behind = &data[body.end..];
    let counts_line_end = match declared - actual {
        1 => behind.starts_with(b"\n"),
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

/// A decimal number with nothing else.
fn decimal(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0u64, |n, &b| {
        let digit = (b as char).to_digit(10)?;
        // More than 64 bits is a number all the same: it waits for nothing.
        Some(n.saturating_mul(10).saturating_add(u64::from(digit)))
    })
}
