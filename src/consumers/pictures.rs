//! The pictures that are really in a body, whatever readers make of them.

use alloc::vec::Vec;
use core::ops::Range;
use core::time::Duration;

use memchr::{memchr, memchr2, memmem};

use super::stream::Body;
use crate::jpeg::{Appendix, Marker, Segments, Walk};
use crate::multipart::Extent;

pub(super) const SOI: &[u8] = b"\xff\xd8";
pub(super) const EOI: &[u8] = b"\xff\xd9";

/// Longest text of a delimiter line that is looked for inside a picture.
const DELIMITER_BYTES: usize = 200;

/// How far a scan is looked for behind bytes that belong to no segment.
const JUNK_BYTES: usize = 256 * 1024;

/// How often the bytes of a body may be read again to find pictures, on the average.
const REREADS: usize = 4;

/// One picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picture {
    pub start: usize,
    pub end: usize,
    /// When its sender could have sent all of it.
    pub at: Duration,
    /// It has an EOI.
    pub has_end: bool,
    /// It has no EOI, and much less bytes than the others.
    pub is_truncated: bool,
    /// The bytes between `start` and `end` are the picture's alone.
    pub is_contiguous: bool,
}

impl Picture {
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether a delimiter line follows it in the body.
    pub fn is_followed(&self, body: &[u8]) -> bool {
        // A reader that obeys the length of the response has less than the whole body.
        let behind = body.get(self.end..).unwrap_or_default();
        delimiters(behind, LineStart::Required).next().is_some_and(|(at, _)| at == 0)
    }
}

/// All pictures of a body.
pub(super) fn pictures(body: &Body<'_>) -> Vec<Picture> {
    let bytes = &body.bytes[..];
    let mut found: Vec<(usize, usize, bool)> = Vec::new();
    let mut at = 0;
    let mut rereads = REREADS * bytes.len();
    while let Some(start) = next_start(bytes, at) {
        let (end, is_whole) = match Walk::over(&bytes[start..]) {
            Extent::Complete { end } => (Some(start + end), true),
            extent => match headers(&bytes[start..], extent) {
                Headers::Whole { end } => (Some(start + end), true),
                Headers::Scan => (None, false),
                Headers::NoScan { read } => {
                    at = start + 2;
                    // Each SOI inside reads the rest again.
                    match rereads.checked_sub(read) {
                        Some(left) => rereads = left,
                        None => at += read,
                    }
                    continue;
                }
            },
        };
        let next = next_start(bytes, start + 2);
        // A walk can pass over a delimiter and the next picture: the length of a segment was cut off.
        let swallows = match (end, next) {
            (Some(end), Some(next)) => {
                next < end && part_start(&bytes[start..end], LineStart::Required).is_some()
            }
            _ => false,
        };
        let (end, is_whole) = match end {
            Some(end) if !swallows => (end, is_whole),
            _ => (cut_end(bytes, start, next), false),
        };
        found.push((start, end, is_whole));
        at = end.max(start + 2);
        if is_whole && announces_more(&bytes[start..end]) {
            at = announced_end(bytes, start, at);
        }
    }
    let mut lengths: Vec<usize> = found.iter().map(|&(start, end, _)| end - start).collect();
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    let picture = |(i, &(start, end, is_whole)): (usize, &(usize, usize, bool))| Picture {
        start,
        end,
        at: due(body, start, end, found.get(i + 1).map(|&(next, _, _)| next)),
        has_end: is_whole,
        is_truncated: !is_whole && (end - start) * 10 < median * 9,
        is_contiguous: true,
    };
    found.iter().enumerate().map(picture).collect()
}

/// The next SOI at or behind `from`: one before a marker, or the first bytes of a part.
fn next_start(bytes: &[u8], from: usize) -> Option<usize> {
    memmem::find_iter(bytes.get(from..)?, SOI).map(|at| from + at).find(|&start| {
        let head = &bytes[..start];
        match bytes.get(start + 2) {
            Some(0xff) => true,
            Some(_) => head.ends_with(b"\n\r\n") || head.ends_with(b"\n\n"),
            None => false,
        }
    })
}

/// What comes before the first scan of a picture.
enum Headers {
    /// The picture has other bytes between SOI and its first marker, and it is whole.
    Whole { end: usize },
    /// There is a scan.
    Scan,
    /// There is none in so many bytes that were read.
    NoScan { read: usize },
}

fn headers(jpeg: &[u8], extent: Extent) -> Headers {
    let mut read = 2;
    if extent == Extent::Foreign {
        let body = delimiters(jpeg, LineStart::Required).next().map_or(jpeg, |(end, _)| &jpeg[..end]);
        let mut segments = Segments::past_junk(body, 0..0);
        let has_scan = segments.by_ref().fold(false, |has, segment| has | (segment.marker == Marker::SOS));
        return match segments.extent() {
            Extent::Complete { end } if has_scan => Headers::Whole { end },
            _ => Headers::NoScan { read: body.len() },
        };
    }
    for segment in Segments::of(jpeg) {
        if segment.marker == Marker::SOS {
            return Headers::Scan;
        }
        read = segment.at + 4 + segment.parameters.len();
    }
    // Decoders skip bytes that belong to no segment.
    let near = &jpeg[..jpeg.len().min(JUNK_BYTES)];
    let mut segments = Segments::past_junk(near, 0..0);
    if segments.any(|segment| segment.marker == Marker::SOS) {
        return Headers::Scan;
    }
    Headers::NoScan {
        read: if segments.skipped().junk.is_some() { near.len() } else { read.min(jpeg.len()) },
    }
}

/// Whether a picture says that something follows its EOI in the same body.
fn announces_more(jpeg: &[u8]) -> bool {
    Segments::of(jpeg)
        .take_while(|segment| segment.marker != Marker::SOS)
        .any(|segment| Appendix::announced_by(segment.marker, segment.parameters).is_some())
}

/// The picture from `start` to `end` announces what follows it in the same body. Returns where that body ends: before the next
/// delimiter. Without delimiters, the next picture is a frame of its own, so it returns `end`.
fn announced_end(bytes: &[u8], start: usize, end: usize) -> usize {
    if let Some((delimiter, _)) = delimiters(&bytes[end..], LineStart::Required).next() {
        return end + delimiter;
    }
    let is_multipart = delimiters(&bytes[..start], LineStart::Optional).next().is_some();
    if is_multipart { bytes.len() } else { end }
}

/// When a picture was due: when its last byte came. If that byte came only with the start of the `next`
/// picture, its sender held the end back, and the picture was due when the bytes before it came.
fn due(body: &Body<'_>, start: usize, end: usize, next: Option<usize>) -> Duration {
    let last = body.send_of(end);
    let came = |send: &Range<usize>| body.time_of(send.end);
    let is_held = |send: &Range<usize>| send.start > start && next.is_some_and(|next| next < send.end);
    let sent = last.as_ref().and_then(came).unwrap_or_default();
    last.filter(is_held).and_then(|send| body.time_of(send.start)).unwrap_or(sent)
}

/// Where a picture without an end ends: before the next delimiter, or the next picture.
fn cut_end(bytes: &[u8], start: usize, next: Option<usize>) -> usize {
    let stop = next.unwrap_or(bytes.len());
    let delimiter = match next {
        Some(_) => part_start(&bytes[start..stop], LineStart::Optional),
        None => delimiters(&bytes[start..stop], LineStart::Optional).next().map(|(at, _)| at),
    };
    match (delimiter, next) {
        (Some(at), _) => start + at,
        (None, Some(next)) => next,
        (None, None) => start + bytes[start..].trim_ascii_end().len(),
    }
}

/// Whether a delimiter must be at the start of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineStart {
    Required,
    Optional,
}

/// The start of a delimiter line that a field line follows, with the line end before it.
fn part_start(bytes: &[u8], line_start: LineStart) -> Option<usize> {
    let is_before_field = |&(_, after): &(usize, usize)| {
        let line = &bytes[after..];
        let name = line.iter().take_while(|b| b.is_ascii_alphabetic() || **b == b'-').count();
        let colon = if line.get(name) == Some(&b' ') { name + 1 } else { name };
        name > 0 && line.get(colon) == Some(&b':')
    };
    delimiters(bytes, line_start).find(is_before_field).map(|(at, _)| at)
}

/// Text behind two dashes: the start of the line end before each, and the end of its line.
fn delimiters(bytes: &[u8], line_start: LineStart) -> impl Iterator<Item = (usize, usize)> {
    memmem::find_iter(bytes, b"--").filter_map(move |dashes| {
        let text = dashes + 2;
        let line = &bytes[text..bytes.len().min(text + DELIMITER_BYTES + 1)];
        let len = memchr2(b'\r', b'\n', line).filter(|&len| len > 0)?;
        let rest = &bytes[text + len..];
        let line_end = if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
        let is_text = line[..len].iter().all(|b| b.is_ascii_graphic() || *b == b' ');
        let before = if bytes[..dashes].ends_with(b"\r\n") {
            2
        } else {
            usize::from(bytes[..dashes].ends_with(b"\n"))
        };
        let is_line = before > 0 || line_start == LineStart::Optional;
        (line_end > 0 && is_text && is_line).then_some((dashes - before, text + len + line_end))
    })
}

/// The first place of `needle` at or behind `from`.
pub(super) fn find(bytes: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    memmem::find(bytes.get(from..)?, needle).map(|at| from + at)
}

/// The first place of a byte at or behind `from`.
pub(super) fn find_byte(bytes: &[u8], byte: u8, from: usize) -> Option<usize> {
    memchr(byte, bytes.get(from..)?).map(|at| from + at)
}
