//! Where a picture ends, by its markers alone.

use core::ops::Range;

use memchr::memchr;

use super::appendix::Appendix;
use super::entropy_coded;
use super::marker::Marker;
use crate::multipart::{BodyWalk, Extent};

/// How every JPEG starts: SOI and the first byte of the marker behind it.
const START: &[u8] = b"\xff\xd8\xff";
/// How far the last SOI may be behind the first one, in bytes. A reader may begin a walk at each SOI of a body: without a
/// limit, a megabyte of SOI would take hours.
const MOST_STARTS: usize = 32;

/// Walks a JPEG that grows at its end from marker to marker, up to its EOI.
///
/// ```text
/// picture  := 1*SOI *( [padding] marker segment | scan ) [padding] EOI          T.81 B.2, simplified
/// scan     := marker SOS-segment *( %x00-FE | %xFF %x00 | 1*%xFF RSTn )         T.81 B.1.1.5
/// segment  := length *OCTET         ; length counts itself, so it is 2 or more  T.81 B.1.1.4
/// marker   := 1*%xFF code                                                       T.81 B.1.1.2
/// padding  := *%x00                                                             not in T.81
/// ```
///
/// The content of a segment is skipped by its length: a whole thumbnail with SOI and EOI in an
/// EXIF segment and boundary text in a comment are data. Inside the tables and headers that T.81
/// defines, the start of a picture shows that the segment was cut, unless a marker follows the segment
/// where its length says: a quantisation table may hold `FF D8 FF`. The order of segments does not matter: several
/// scans (progressive), DNL behind the first scan, tables between scans, `AVI1` frames without Huffman tables and tables-only streams all end at their EOI.
/// So do pictures whose entropy-coded data is damaged: [`super::Checker`] finds that.
///
/// SOI may be repeated at the start: FFmpeg and VLC show such a picture, as one that was cut behind its SOI and
/// the one after it.
///
/// NULs before a marker are skipped: writers that align their segments leave them, and every decoder skips
/// them. Any other byte where a marker must be is [`Extent::Broken`]: decoders would
/// search the next marker behind it, but in a stream that byte is most often the first one of a
/// delimiter or of the next picture, and a search would skip a sound picture after a cut one.
///
/// ```
/// use mjpeg::jpeg::Walk;
/// use mjpeg::multipart::{BodyWalk, Extent};
///
/// let mut walk = Walk::new();
/// assert_eq!(walk.advance(b"\xff\xd8\xff\xfe\x00\x06\xff\xd9"), Extent::Partial);
/// assert_eq!(walk.advance(b"\xff\xd8\xff\xfe\x00\x06\xff\xd9:-\xff\xd9\r\n"), Extent::Complete { end: 12 });
/// assert_eq!(Walk::over(b"<html>"), Extent::Foreign);
/// assert_eq!(Walk::over(b"\xff\xd8\xff\xda\x00\x02scan\xff\xd8\xff"), Extent::Broken { at: 10 });
/// ```
///
/// Speed: scan data is skipped in blocks, at about 20 GB/s, and never again in a later call.
#[derive(Debug, Clone)]
pub struct Walk {
    pub(super) state: State,
    /// Offset of the last SOI.
    start: usize,
    /// First byte that was not read yet; inside a segment that is skipped, the first byte behind it, which
    /// may not have come yet.
    pub(super) at: usize,
    /// First byte behind the last segment.
    pub(super) segment_end: usize,
    /// Where `FF D8 FF` is in the last segment, until what follows the segment shows whether it is a
    /// part of it.
    suspect: Option<usize>,
    appendix: Option<Appendix>,
    /// Where the last `FF` is that may end entropy-coded data.
    pub(super) ff_at: usize,
    /// The entropy-coded data of the first scan, once its end is known.
    coded: Option<(usize, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Inside `START`.
    Start,
    /// At a marker.
    Marker,
    /// Behind the `FF` of a marker.
    Code,
    /// Before the length of this marker's segment.
    Length(Marker),
    /// Inside this application segment, which may announce more behind the picture.
    Application(Marker),
    /// Inside this marker's segment, which T.81 defines: no thumbnail there.
    Segment(Marker),
    /// Behind an `FF` inside such a segment.
    SegmentFf(Marker),
    /// Behind `FF D8` inside such a segment.
    SegmentStart(Marker),
    /// Inside entropy-coded data.
    Scan,
    /// Behind an `FF` inside entropy-coded data.
    ScanCode,
    /// Nothing more to find out.
    Done(Extent),
}

impl Walk {
    /// A walk before the first byte of a picture.
    pub fn new() -> Self {
        Self {
            state: State::Start,
            start: 0,
            at: 0,
            segment_end: 0,
            suspect: None,
            appendix: None,
            ff_at: 0,
            coded: None,
        }
    }

    /// Walks a whole slice at once.
    pub fn over(body: &[u8]) -> Extent {
        Self::new().advance(body)
    }

    /// Goes on at a marker that starts at `at`, behind the place where the walk was broken.
    pub(super) fn resume(&mut self, at: usize) {
        self.state = State::Marker;
        self.at = at;
        self.suspect = None;
    }

    /// The next state, or `None` when it takes more bytes or everything is known.
    #[inline(always)]
    pub(super) fn step(&mut self, body: &[u8]) -> Option<State> {
        match self.state {
            State::Start => {
                let byte = *body.get(self.at)?;
                if byte != START[self.at] {
                    return Some(State::Done(Extent::Foreign));
                }
                self.at += 1;
                Some(if self.at < START.len() { State::Start } else { State::Code })
            }
            State::Marker => {
                let byte = *body.get(self.at)?;
                self.at += 1;
                Some(match byte {
                    0xff => State::Code,
                    0x00 => State::Marker,
                    _ => self.broken(1),
                })
            }
            State::Code => {
                let marker = self.code(body)?;
                let state = match marker {
                    marker if marker.restart().is_some() => self.broken(2),
                    Marker::SOI if self.at == self.start + 4 && self.start < MOST_STARTS => {
                        self.start += 2;
                        State::Marker
                    }
                    marker => self.behind(marker),
                };
                self.suspect = None;
                Some(state)
            }
            State::Length(marker) => {
                let bytes = body.get(self.at..self.at.checked_add(2)?)?;
                let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
                // Comments of length 0 exist, and every decoder reads them as empty ones.
                if length < 2 && !may_be_short(marker) {
                    return Some(self.broken(0));
                }
                self.segment_end = self.at.saturating_add(length.max(2));
                if Appendix::may_be_announced_by(marker) {
                    self.at += 2;
                    return Some(State::Application(marker));
                }
                if may_hold_anything(marker) {
                    self.at = self.segment_end;
                    return Some(State::Marker);
                }
                self.at += 2;
                Some(State::Segment(marker))
            }
            State::Application(marker) => {
                let parameters = body.get(self.at..self.segment_end)?;
                self.appendix = self.appendix.or(Appendix::announced_by(marker, parameters));
                self.at = self.segment_end;
                Some(State::Marker)
            }
            State::Segment(marker) => {
                let rest = &body[self.at.min(body.len())..self.segment_end.min(body.len())];
                if let Some(n) = memchr(0xff, rest) {
                    self.at += n + 1;
                    return Some(State::SegmentFf(marker));
                }
                self.at += rest.len();
                self.behind_segment(marker)
            }
            State::SegmentFf(marker) | State::SegmentStart(marker) => {
                if let Some(state) = self.behind_segment(marker) {
                    return Some(state);
                }
                let byte = *body.get(self.at)?;
                self.at += 1;
                Some(match (self.state, byte) {
                    (State::SegmentFf(_), 0xd8) => State::SegmentStart(marker),
                    (State::SegmentFf(_), 0xff) => State::SegmentFf(marker),
                    (State::SegmentStart(_), 0xff) if marker == Marker::SOS => self.broken(3),
                    (State::SegmentStart(_), 0xff) => {
                        self.suspect = Some(self.at - 3);
                        self.at = self.segment_end;
                        State::Marker
                    }
                    _ => State::Segment(marker),
                })
            }
            State::Scan => {
                let (at, stopped) = entropy_coded::pass(body, self.at);
                self.at = at;
                self.ff_at = at.saturating_sub(1);
                stopped.then_some(State::ScanCode)
            }
            State::ScanCode => {
                let marker = self.code(body)?;
                Some(match marker {
                    Marker(0x00) => State::Scan,
                    marker if marker.restart().is_some() => State::Scan,
                    marker => {
                        self.coded.get_or_insert((self.segment_end, self.ff_at));
                        self.behind(marker)
                    }
                })
            }
            State::Done(_) => None,
        }
    }

    /// The code of a marker, behind its `FF` and fill bytes.
    fn code(&mut self, body: &[u8]) -> Option<Marker> {
        let rest = body.get(self.at..)?;
        let fill = rest.iter().position(|&b| b != 0xff).unwrap_or(rest.len());
        self.at += fill;
        let code = *rest.get(fill)?;
        self.at += 1;
        Some(Marker(code))
    }

    /// What follows a segment, if this is its end.
    fn behind_segment(&self, marker: Marker) -> Option<State> {
        let state = if marker == Marker::SOS { State::Scan } else { State::Marker };
        (self.at == self.segment_end).then_some(state)
    }

    /// What follows a marker whose code has just been read.
    fn behind(&self, marker: Marker) -> State {
        if marker == Marker::EOI {
            State::Done(Extent::Complete { end: self.at })
        } else if marker.has_segment() {
            State::Length(marker)
        } else if marker == Marker::TEM {
            State::Marker
        } else {
            self.broken(2)
        }
    }

    /// The contradiction is `back` bytes before the next one.
    fn broken(&self, back: usize) -> State {
        State::Done(Extent::Broken { at: self.suspect.unwrap_or(self.at - back) })
    }
}

impl Default for Walk {
    fn default() -> Self {
        Self::new()
    }
}

impl BodyWalk for Walk {
    fn restart(&mut self) {
        *self = Self::new();
    }

    fn advance(&mut self, body: &[u8]) -> Extent {
        while let Some(state) = self.step(body) {
            self.state = state;
        }
        match self.state {
            State::Done(extent) => extent,
            _ => Extent::Partial,
        }
    }

    fn signature(&self) -> &'static [u8] {
        START
    }

    fn coded(&self) -> Range<usize> {
        self.coded.map_or(0..0, |(start, end)| start..end)
    }

    fn announces_more(&self) -> bool {
        self.appendix.is_some()
    }
}

/// Whether a segment of this kind is read where its length is 0 or 1: libjpeg skips such a segment.
fn may_be_short(marker: Marker) -> bool {
    marker == Marker::COM || marker.application().is_some()
}

/// Whether T.81 leaves the contents of a segment to applications. It may hold a thumbnail.
fn may_hold_anything(marker: Marker) -> bool {
    marker.application().is_some() || marker.code() >= 0xf0
}

#[cfg(test)]
mod tests;
