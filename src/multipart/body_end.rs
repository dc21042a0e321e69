//! Which byte of a body is its last one, once it is known what ends it.

use super::answer::Answer;
use super::delimiter_line::Line;
use super::event::Framing;
use super::extent::Extent;
use super::head::head_without_delimiter_at;
use super::line_end::{behind_line_ends, line_end_before, line_ends};
use super::response_head;
use super::scan::{Found, Scan};

/// The end of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BodyEnd {
    pub(super) len: usize,
    pub(super) framing: Framing,
    pub(super) extent: Extent,
    /// How far the walk ran, where it ran beyond the end.
    pub(super) walked: usize,
}

impl BodyEnd {
    pub(super) fn new(len: usize, framing: Framing, extent: Extent) -> Self {
        let walked = if let Extent::Broken { at } = extent { at } else { len };
        Self { len, framing, extent, walked: walked.max(len) }
    }

    /// A body that ends where its picture ends.
    pub(super) fn scanned(len: usize, extent: Extent) -> Self {
        Self::new(len, Framing::Scanned, extent)
    }
}

/// Whether `at` is inside of a line end behind the picture: then a length is wrong by one, and no LF is bare.
fn splits_line_end(body: &[u8], picture_end: usize, at: usize) -> bool {
    0 < picture_end && picture_end < at && body[..at].ends_with(b"\r") && body[at..].starts_with(b"\n")
}

/// Whether these bytes are text, which data of a picture is not: some bytes of it are above 0x7E.
fn is_text(bytes: &[u8]) -> bool {
    /// Fewer bytes may be so by chance.
    const FEWEST: usize = 4;
    let is_of_text = |byte: u8| (b' '..=b'~').contains(&byte) || b"\t\r\n".contains(&byte);
    bytes.len() >= FEWEST
        && bytes.iter().all(|&byte| is_of_text(byte))
        && bytes.iter().any(u8::is_ascii_alphanumeric)
}

/// The ends that a body may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    /// Content-Length.
    pub(super) declared: Option<u64>,
}

impl Ends {
    /// The end of a body before the delimiter `line`: at Content-Length or at the picture's end where
    /// only line ends are between, otherwise before the one line end that belongs to the delimiter.
    pub(super) fn before(&self, body: &[u8], line: Line, extent: Extent) -> BodyEnd {
        let only_line_ends =
            |at: usize| at <= line.start && line_ends(&body[at..line.start]) == line.start - at;
        let declared = self.declared.and_then(|declared| usize::try_from(declared).ok());
        let picture_end = if let Extent::Complete { end } = extent { end } else { 0 };
        if let Some(len) = declared.filter(|&declared| declared >= picture_end && only_line_ends(declared)) {
            // A length that reaches right up to the dashes counts the line end that belongs to them. One
            // that leaves a line end means what it says, even if the body ends in another (VLC).
            let counts_line_end = len == line.start && line_end_before(body, picture_end, len) > 0;
            if !counts_line_end && !splits_line_end(body, picture_end, len) {
                return BodyEnd::new(len, Framing::ContentLength, extent);
            }
        }
        let len = if picture_end > 0 && only_line_ends(picture_end) {
            picture_end
        } else {
            line.start - line_end_before(body, picture_end.min(line.start), line.start)
        };
        match declared.filter(|&declared| declared < len && picture_end <= declared) {
            // A length that ends before text is right: no byte of a picture is behind it.
            Some(declared) if is_text(&body[declared..len]) && !is_text(&body[..declared]) => {
                BodyEnd::new(declared, Framing::ContentLength, extent)
            }
            // The picture ends before text, and the length inside of it.
            Some(_) if picture_end > 0 && is_text(&body[picture_end..len]) => {
                BodyEnd::scanned(picture_end, extent)
            }
            _ => BodyEnd::new(len, Framing::Delimited, extent),
        }
    }

    /// The end of the body at Content-Length, if something follows there that can only be behind a body. `found`: the
    /// search for the delimiter in use from `from` on; one that comes earlier counts.
    pub(super) fn at_length(
        &self,
        body: &[u8],
        from: usize,
        extent: Extent,
        found: Found,
        scan: &Scan,
        eof: bool,
    ) -> Answer<BodyEnd> {
        let declared = self.declared.and_then(|declared| usize::try_from(declared).ok());
        let Some(at) = declared.filter(|&at| from <= at && at < body.len()) else { return Answer::No };
        let (Found::Line(Line { start: seen, .. }) | Found::Resume(seen)) = found;
        match self.confirmed(body, at, extent, scan, eof) {
            Answer::No => Answer::No,
            _ if matches!(found, Found::Line(_)) && seen <= at => Answer::No,
            // What begins before it is not decided yet.
            Answer::Yes(_) if seen < at && !eof => Answer::More,
            answer => answer,
        }
    }

    /// The end of the body at `at`, where Content-Length says, if a delimiter is there, also one unlike those before.
    pub(super) fn delimited(
        &self,
        body: &[u8],
        at: usize,
        extent: Extent,
        scan: &Scan,
        eof: bool,
    ) -> Answer<BodyEnd> {
        let next = behind_line_ends(body, at, eof);
        next.and_then(|next| scan.line_at(body, next, eof)).map(|line| self.before(body, line, extent))
    }

    /// The same, or if behind line ends is the head of a part that lacks its delimiter, or the head of another response.
    pub(super) fn confirmed(
        &self,
        body: &[u8],
        at: usize,
        extent: Extent,
        scan: &Scan,
        eof: bool,
    ) -> Answer<BodyEnd> {
        match self.delimited(body, at, extent, scan, eof) {
            Answer::No => {}
            answer => return answer,
        }
        let follows = behind_line_ends(body, at, eof).and_then(|next| match next {
            _ if next == at => Answer::No,
            _ => match head_without_delimiter_at(body, next, scan, eof) {
                Answer::No => response_head::end_at(body, next, eof).map(|_| ()),
                answer => answer,
            },
        });
        follows.map(|()| BodyEnd::new(at, Framing::ContentLength, extent))
    }

    /// The end of the last body: without the line ends of a delimiter that did not come.
    pub(super) fn of_input(&self, body: &[u8], extent: Extent) -> BodyEnd {
        let only_line_ends = |at: usize| at <= body.len() && line_ends(&body[at..]) == body.len() - at;
        let picture_end = if let Extent::Complete { end } = extent { end } else { 0 };
        let ends_in_picture = picture_end > 0 && only_line_ends(picture_end);
        let declared = self.declared.and_then(|declared| usize::try_from(declared).ok());
        let counts_line_end = declared == Some(body.len()) && picture_end < body.len() && ends_in_picture;
        if let Some(len) = declared.filter(|&declared| declared >= picture_end && only_line_ends(declared))
            && !counts_line_end
            && !splits_line_end(body, picture_end, len)
        {
            return BodyEnd::new(len, Framing::ContentLength, extent);
        }
        let len = if ends_in_picture { picture_end } else { body.len() };
        BodyEnd::new(len, Framing::EndOfInput, extent)
    }
}
