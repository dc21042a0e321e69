//! The reader of multipart bodies: delimiter, head, body, and again.

use alloc::vec::Vec;

use super::body_end::{BodyEnd, LookAhead};
use super::cause::Cause;
use super::delimiter::Delimiters;
use super::length::{Length, Purpose};
use super::matcher::Matcher;
use super::part_head::{PartHead, Shape};
use super::part_type::{Kind, PartType};
use super::stop::{NEVER, Step, Stop, dies};
use super::stream::Body;

/// How a consumer reads a multipart body.
#[derive(Debug, Clone, Copy)]
pub struct Multipart {
    /// How it finds delimiters.
    pub delimiters: Delimiters,
    /// How it reads the head of a part.
    pub head: PartHead,
    /// Which parts it takes as pictures.
    pub part_type: PartType,
    /// Which length it believes.
    pub length: Length,
    /// How it finds the end of a body without length.
    pub body_end: BodyEnd,
    /// When it shows a picture.
    pub release: Release,
    /// Bytes that must have come behind the length.
    pub extra_bytes: usize,
    /// The look-ahead that must be full before a picture is shown.
    pub look_ahead: Option<LookAhead>,
    /// The search for the end of a body needs a second read; the size of the first one.
    pub second_read: Option<usize>,
    /// What becomes of the last body when the stream ends.
    pub at_close: AtClose,
    /// If the HTTP body is complete, the last body is shown in any case.
    pub complete_is_shown: bool,
    /// Errors in a row after which it goes on.
    pub retries: u32,
    /// It crashes if it saw no delimiter at all.
    pub needs_delimiter: bool,
    /// A body that starts with a picture is refused.
    pub starts_with_dashes: bool,
}

/// When a picture is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// When its end is known.
    BodyEnd,
    /// When the line end behind it was read, which must be CRLF if it has a length.
    LineEnd,
    /// When the next delimiter was seen.
    Delimiter,
    /// When the line of the next delimiter was read.
    DelimiterLine,
    /// When the head of the next part was read.
    NextHead,
}

/// What becomes of the last body when the stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtClose {
    /// It is dropped.
    Dropped,
    /// It is shown.
    Shown,
    /// It is shown if it has a length.
    ShownWithLength,
}

impl Multipart {
    /// Reads by required lengths; the other stages as tolerant as can be.
    pub const BY_LENGTH: Self = Self {
        delimiters: Delimiters::LINES,
        head: PartHead::LINES,
        part_type: PartType::ANY,
        length: Length::REQUIRED,
        body_end: BodyEnd::Delimiter,
        release: Release::BodyEnd,
        extra_bytes: 0,
        look_ahead: None,
        second_read: None,
        at_close: AtClose::Dropped,
        complete_is_shown: false,
        retries: 0,
        needs_delimiter: false,
        starts_with_dashes: false,
    };
}

/// Bytes that a reader took as one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delivery {
    pub start: usize,
    pub end: usize,
    /// Bytes that had to come.
    pub need: usize,
    pub kind: Kind,
}

/// What a reader delivered, and how it stopped.
#[derive(Debug)]
pub(super) struct Reading {
    pub deliveries: Vec<Delivery>,
    pub stop: Stop,
    /// Where it stopped.
    pub at: usize,
}

struct Reader<'a, 'b> {
    rules: &'a Multipart,
    body: &'a Body<'b>,
    bytes: &'a [u8],
    matcher: Matcher<'a>,
    deliveries: Vec<Delivery>,
    /// A body that is not shown yet.
    pending: Option<Delivery>,
    at: usize,
    is_first: bool,
    errors: u32,
    inherited_type: Option<&'a [u8]>,
    look_ahead: usize,
}

impl Multipart {
    /// Reads `body` up to `max_parts` parts.
    pub(super) fn read(&self, body: &Body<'_>, parameter: Option<&[u8]>, max_parts: usize) -> Reading {
        let mut reader = Reader {
            rules: self,
            body,
            bytes: &body.bytes,
            matcher: Matcher::new(self.delimiters, parameter),
            deliveries: Vec::new(),
            pending: None,
            at: 0,
            is_first: true,
            errors: 0,
            inherited_type: None,
            look_ahead: self.look_ahead.map_or(0, |look_ahead| look_ahead.first),
        };
        let mut stop = reader.run(max_parts);
        if let Stop::Ends { .. } = stop {
            reader.matcher.seen = true;
        }
        if self.needs_delimiter && !reader.matcher.seen && body.bytes.ends_with(b"\n") {
            stop = Stop::Crashes(Cause::Delimiter);
        }
        Reading { deliveries: reader.deliveries, stop, at: reader.at }
    }
}

impl Reader<'_, '_> {
    fn run(&mut self, max_parts: usize) -> Stop {
        loop {
            let stop = match self.part() {
                Ok(()) if self.deliveries.len() >= max_parts => return Stop::Waits(Cause::NextPart),
                Ok(()) => continue,
                Err(stop) => stop,
            };
            match stop {
                Stop::Dies { read, .. } if self.errors < self.rules.retries && read < self.bytes.len() => {
                    self.errors += 1;
                    self.at = read.max(self.at);
                    self.is_first = false;
                    continue;
                }
                Stop::Waits(_) if self.rules.at_close == AtClose::Shown => self.emit(NEVER),
                Stop::Ends { read } if self.waits_for_more() => {
                    self.emit(if read == 0 { NEVER } else { read });
                }
                _ => {}
            }
            return stop;
        }
    }

    fn waits_for_more(&self) -> bool {
        matches!(self.rules.release, Release::Delimiter | Release::DelimiterLine | Release::NextHead)
    }

    /// Shows the pending body, for which `need` bytes had to come.
    fn emit(&mut self, need: usize) {
        if let Some(pending) = self.pending.take() {
            self.deliveries.push(Delivery { need: need.max(pending.need), ..pending });
        }
    }

    fn part(&mut self) -> Step<()> {
        let release = self.rules.release;
        let delimiter = self.matcher.next(self.bytes, self.at, self.is_first)?;
        match release {
            Release::Delimiter if !self.is_first => self.emit(delimiter.text),
            Release::DelimiterLine => self.emit(delimiter.end),
            _ => {}
        }
        self.matcher.seen |= delimiter.start != delimiter.text;
        self.at = delimiter.end;
        let is_implicit = core::mem::take(&mut self.matcher.was_implicit);
        let fields = self.rules.head.read(self.bytes, delimiter.end, is_implicit)?;
        self.at = fields.body;
        if release == Release::NextHead {
            self.emit(fields.body);
        }
        self.is_first = false;
        let is_first_part = self.deliveries.is_empty() && self.pending.is_none();
        let reads_fields = self.rules.head.shape != Shape::Skipped;
        let kind =
            self.rules.part_type.kind(&fields, &mut self.inherited_type, is_first_part, reads_fields)?;
        match self.rules.length.believed(&fields)? {
            Some(length) if self.rules.length.purpose == Purpose::Trusted => self.by_length(length, kind),
            length => self.by_delimiter(length, kind),
        }
    }

    fn by_length(&mut self, length: usize, kind: Kind) -> Step<()> {
        let start = self.at;
        let len = self.bytes.len();
        let end = start.saturating_add(length);
        if end > len {
            if self.rules.at_close != AtClose::Dropped && start < len {
                self.deliveries.push(Delivery { start, end: len, need: NEVER, kind });
            }
            return Err(Stop::Waits(Cause::LengthWrong));
        }
        let mut need = end + self.rules.extra_bytes;
        self.at = end;
        if self.rules.release == Release::LineEnd {
            let (_, next) = self.rules.delimiters.lines.line(self.bytes, end)?;
            if &self.bytes[end..next] != b"\r\n" {
                return dies(Cause::LengthWrong, next);
            }
            need = next;
            self.at = next;
        } else if need > len {
            return Err(Stop::Waits(Cause::NextPart));
        }
        self.deliveries.push(Delivery { start, end, need, kind });
        self.errors = 0;
        Ok(())
    }

    fn by_delimiter(&mut self, length: Option<usize>, kind: Kind) -> Step<()> {
        let start = self.at;
        let len = self.bytes.len();
        let form = self.matcher.forms[0].len();
        let mut from = start;
        if let Some(length) =
            length.filter(|&length| length > form && self.rules.length.purpose == Purpose::Skips)
        {
            from = start.saturating_add(length - form);
        }
        if from > len {
            return Err(Stop::Waits(Cause::LengthWrong));
        }
        let cut = length.filter(|_| self.rules.length.purpose == Purpose::Cuts);
        let cut = cut.map_or(len, |length| start.saturating_add(length).min(len));
        let Some(found) = self.rules.body_end.search(self.bytes, from, &self.matcher) else {
            if self.rules.at_close == AtClose::Shown && start < len {
                self.deliveries.push(Delivery { start, end: cut, need: NEVER, kind });
            }
            return Err(Stop::Waits(Cause::NextPart));
        };
        self.at = found.next;
        let mut need = found.need;
        if let Some(look_ahead) = self.rules.look_ahead {
            need = look_ahead.need(from, need, &mut self.look_ahead, len);
        }
        if let Some(read_bytes) = self.rules.second_read {
            let first = self.body.send_end_after(start).min(start + read_bytes);
            need = need.max(first + form + 2);
        }
        let delivery = Delivery { start, end: found.end.min(cut), need, kind };
        if self.waits_for_more() {
            let need = if self.rules.look_ahead.is_some() { need } else { 0 };
            self.pending = Some(Delivery { need, ..delivery });
        } else {
            self.deliveries.push(delivery);
        }
        self.errors = 0;
        Ok(())
    }
}
