//! Where the body of a part ends.
//!
//! At the first byte where one of these holds:
//!
//! * a. as many bytes as Content-Length says are there, and the picture ends exactly there;
//! * b. a delimiter, or the head of another part or response, is where Content-Length says;
//! * c. a delimiter is elsewhere, and the picture is complete before it, or is not a picture, or cannot go
//!   on (a cut picture: the start of the next one contradicts it). Text before it is not of the body, if it is behind a
//!   Content-Length or a complete picture;
//! * d. the head of another response is inside a picture that is cut there: the server starts over;
//! * e. the input, or the longest body there may be, ends.
//!
//! So a picture is returned the moment its last byte is in, boundary text inside it is data, and nothing
//! waits for a length of 2^63.

mod search;

use super::answer::Answer;
use super::body_end::{BodyEnd, Ends};
use super::event::Framing;
use super::extent::{BodyWalk, Extent};
use super::limits::Limits;
use super::response_head;
use super::scan::{Found, Scan};

/// How far a body has been read. Positions count from its first byte.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyScan {
    ends: Ends,
    stage: Stage,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    /// Walking a picture that has neither delimiter nor head: its own end is all there is.
    Bare,
    /// Walking the picture up to Content-Length.
    WalkToLength,
    /// Content-Length bytes have come and the picture continues: does a delimiter follow them?
    AtLength(usize),
    /// Content-Length is wrong or missing: walking on.
    WalkOn,
    /// The picture cannot continue at this byte: was a delimiter before it taken for data?
    Broken(usize),
    /// Searching a delimiter: the picture has ended, is broken, or is not a picture. Where another picture starts before
    /// it, at `split`, the delimiter between the two was lost.
    Search { from: usize, extent: Extent, split: Option<usize> },
    /// Searching a delimiter before walking at all.
    DelimiterFirst { from: usize },
}

impl BodyScan {
    pub(super) fn new(declared: Option<u64>) -> Self {
        let stage = if declared.is_some() { Stage::WalkToLength } else { Stage::WalkOn };
        Self { ends: Ends { declared }, stage }
    }

    /// For a sender whose bodies repeatedly ended far before the place that the walk had reached: the first
    /// delimiter counts, so that no byte is walked more than once.
    pub(super) fn delimiter_first(declared: Option<u64>) -> Self {
        Self { ends: Ends { declared }, stage: Stage::DelimiterFirst { from: 0 } }
    }

    /// For a picture without a part head.
    pub(super) fn bare() -> Self {
        Self { ends: Ends { declared: None }, stage: Stage::Bare }
    }

    /// Goes on reading. `body` starts at the body's first byte. `limits` bound the search for a delimiter
    /// behind a complete picture: `body_bytes` where Content-Length or the picture says that the body goes
    /// on, else `search_bytes`.
    pub(super) fn advance(
        &mut self,
        body: &[u8],
        walk: &mut impl BodyWalk,
        scan: &Scan,
        limits: &Limits,
        eof: bool,
    ) -> Answer<BodyEnd> {
        loop {
            let step = match self.stage {
                Stage::Bare => self.walk_bare(body, walk, eof),
                Stage::WalkToLength => self.walk_to_length(body, walk),
                Stage::AtLength(at) => self.at_length(body, at, scan, eof),
                Stage::WalkOn => self.walk_on(body, walk),
                Stage::Broken(at) => self.broken(body, at, scan, eof),
                Stage::Search { from, extent, split } => {
                    let search = Search { from, extent, split, announced: walk.announces_more() };
                    return self.search(body, search, scan, limits, eof);
                }
                Stage::DelimiterFirst { from } => {
                    return self.delimiter_before_picture(body, from, walk, scan, eof);
                }
            };
            match step {
                Step::Go(stage) => self.stage = stage,
                Step::End(end) => return Answer::Yes(end),
                // Perhaps a delimiter was passed over as data of a picture that never ended.
                Step::More if eof => {
                    self.stage = Stage::Search { from: 0, extent: walk.advance(body), split: None };
                }
                Step::More => return Answer::More,
            }
        }
    }

    /// The end of a body that is as long as bodies may be, if a picture ends in it: its delimiter is
    /// farther off than the limit.
    pub(super) fn at_limit(&self) -> Option<BodyEnd> {
        let Stage::Search { extent, split, .. } = self.stage else { return None };
        let end = if let Extent::Complete { end } = extent { Some(end) } else { split };
        end.map(|end| BodyEnd::scanned(end, extent))
    }

    fn walk_bare(&self, body: &[u8], walk: &mut impl BodyWalk, eof: bool) -> Step {
        match walk.advance(body) {
            extent @ Extent::Complete { end } => Step::End(BodyEnd::scanned(end, extent)),
            // The next picture is searched from there on, and may start there (a doubled SOI). At least one
            // byte goes, whatever the walk says.
            extent @ Extent::Broken { at } => Step::End(BodyEnd::scanned(at.max(1), extent)),
            extent @ (Extent::Partial | Extent::Foreign) if eof => {
                Step::End(BodyEnd::new(body.len(), Framing::EndOfInput, extent))
            }
            Extent::Partial | Extent::Foreign => Step::More,
        }
    }

    fn walk_to_length(&self, body: &[u8], walk: &mut impl BodyWalk) -> Step {
        let declared = usize::try_from(self.ends.declared.unwrap_or_default()).unwrap_or(usize::MAX);
        let window = &body[..body.len().min(declared)];
        match walk.advance(window) {
            Extent::Partial if window.len() == declared => Step::Go(Stage::AtLength(declared)),
            Extent::Partial => Step::More,
            extent @ Extent::Complete { end } if end == declared => {
                Step::End(BodyEnd::new(end, Framing::ContentLength, extent))
            }
            extent => Step::Go(Stage::behind(extent)),
        }
    }

    /// A cut picture whose length is right, or a body that is not a picture.
    fn at_length(&self, body: &[u8], at: usize, scan: &Scan, eof: bool) -> Step {
        let end = match self.ends.delimited(body, at, Extent::Partial, scan, eof) {
            // A delimiter before that place outweighs what is no delimiter.
            Answer::No => match self.ends.confirmed(body, at, Extent::Partial, scan, eof) {
                Answer::Yes(_) if matches!(scan.find(&body[..at], 0, true), Found::Line(_)) => Answer::No,
                answer => answer,
            },
            answer => answer,
        };
        match end {
            Answer::Yes(end) => Step::End(end),
            Answer::More if !eof => Step::More,
            _ => Step::Go(Stage::WalkOn),
        }
    }

    fn walk_on(&self, body: &[u8], walk: &mut impl BodyWalk) -> Step {
        match walk.advance(body) {
            Extent::Partial => Step::More,
            extent => Step::Go(Stage::behind(extent)),
        }
    }

    /// A cut picture ends before the head of another response, or the delimiter, that the walk took for data. Without one, it ends where
    /// the next picture starts, unless Content-Length says that the body goes on.
    fn broken(&self, body: &[u8], at: usize, scan: &Scan, eof: bool) -> Step {
        let extent = Extent::Broken { at };
        match response_head::before(body, at, eof) {
            Answer::More => return Step::More,
            Answer::Yes(head) => return Step::End(BodyEnd::scanned(head, extent)),
            Answer::No => {}
        }
        match scan.picture_at(body, at, eof) {
            Answer::More => return Step::More,
            Answer::No => return Step::Go(Stage::Search { from: 0, extent, split: None }),
            Answer::Yes(()) => {}
        }
        match scan.find(&body[..at], 0, true) {
            Found::Line(line) => Step::End(self.ends.before(body, line, extent)),
            Found::Resume(_) if self.ends.declared.is_none_or(|declared| declared <= at as u64) => {
                Step::End(BodyEnd::scanned(at, extent))
            }
            Found::Resume(_) => Step::Go(Stage::Search { from: at, extent, split: Some(at) }),
        }
    }

    fn delimiter_before_picture(
        &mut self,
        body: &[u8],
        from: usize,
        walk: &mut impl BodyWalk,
        scan: &Scan,
        eof: bool,
    ) -> Answer<BodyEnd> {
        let found =
            if scan.is_learnt() { scan.find_any(body, from, eof) } else { scan.find(body, from, eof) };
        match found {
            Found::Line(line) => {
                let extent = walk.advance(&body[..line.start]);
                Answer::Yes(self.ends.before(body, line, extent))
            }
            Found::Resume(_) if eof => Answer::Yes(self.ends.of_input(body, walk.advance(body))),
            Found::Resume(resume) => {
                self.stage = Stage::DelimiterFirst { from: resume.max(from) };
                Answer::More
            }
        }
    }
}

enum Step {
    Go(Stage),
    End(BodyEnd),
    More,
}

/// The state of [`Stage::Search`].
#[derive(Clone, Copy)]
struct Search {
    from: usize,
    extent: Extent,
    split: Option<usize>,
    /// The picture says that more follows it.
    announced: bool,
}

impl Stage {
    /// A complete picture cannot hold a delimiter; in anything else the first one counts.
    fn behind(extent: Extent) -> Self {
        match extent {
            Extent::Broken { at } => Self::Broken(at),
            Extent::Complete { end } => Self::Search { from: end, extent, split: None },
            _ => Self::Search { from: 0, extent, split: None },
        }
    }
}
