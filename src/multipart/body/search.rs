//! The search for the delimiter behind a picture, or in what is none.

use super::{BodyScan, Search, Stage};
use crate::multipart::answer::Answer;
use crate::multipart::body_end::BodyEnd;
use crate::multipart::event::Framing;
use crate::multipart::extent::Extent;
use crate::multipart::head::{fields_and_picture_at, head_without_delimiter_at};
use crate::multipart::limits::{BEHIND_BYTES, Limits};
use crate::multipart::line_end::behind_line_ends;
use crate::multipart::response_head;
use crate::multipart::scan::{Found, Scan};

impl BodyScan {
    pub(super) fn search(
        &mut self,
        body: &[u8],
        search: Search,
        scan: &Scan,
        limits: &Limits,
        eof: bool,
    ) -> Answer<BodyEnd> {
        let Search { from, extent, split, announced } = search;
        let picture_end = if let Extent::Complete { end } = extent { Some(end) } else { None };
        // A delimiter unlike the ones before it counts only where one must be.
        if let Some(end) = picture_end.filter(|&end| from == end) {
            let at = behind_line_ends(body, end, eof);
            match at.and_then(|at| scan.line_at(body, at, eof)) {
                Answer::Yes(line) => return Answer::Yes(self.ends.before(body, line, extent)),
                Answer::More if !eof => return Answer::More,
                _ => {}
            }
            // So is the next part without one, or another response, unless Content-Length or the picture says that
            // the body goes on: a photo of several pictures has the next one here.
            if !announced {
                let next = if self.ends.declared.is_none_or(|declared| declared <= end as u64) {
                    match scan.picture_at(body, end, eof) {
                        Answer::No => {
                            at.and_then(|at| match head_without_delimiter_at(body, at, scan, eof) {
                                Answer::No => response_head::end_at(body, at, eof).map(|_| ()),
                                answer => answer,
                            })
                        }
                        answer => answer,
                    }
                } else {
                    // A whole head and a picture outweigh a length that is too large.
                    at.and_then(|at| match at {
                        _ if at == end => Answer::No,
                        _ => match fields_and_picture_at(body, at, scan, eof) {
                            Answer::No => response_head::end_at(body, at, eof).map(|_| ()),
                            answer => answer,
                        },
                    })
                };
                match next {
                    Answer::Yes(()) => return Answer::Yes(BodyEnd::scanned(end, extent)),
                    Answer::More if !eof => return Answer::More,
                    _ => {}
                }
            }
        }
        // If no delimiter follows a picture within that distance, there is none.
        let stop = picture_end.or(split).map_or(usize::MAX, |end| {
            let searched = end.saturating_add(limits.search_bytes);
            searched.max(self.evidence_end(announced, limits))
        });
        let window = &body[..body.len().min(stop)];
        let is_last = eof && window.len() == body.len();
        let found = scan.find(window, from, is_last);
        match self.ends.at_length(body, from, extent, found, scan, eof) {
            Answer::Yes(end) => return Answer::Yes(end),
            Answer::More if !eof => return Answer::More,
            _ => {}
        }
        let resume = match found {
            Found::Line(line) => {
                let end = self.ends.before(body, line, extent);
                return Answer::Yes(match split {
                    Some(at) if end.framing != Framing::ContentLength => BodyEnd::scanned(at, extent),
                    // Only at the end of the input does a search start with a walk that found no end.
                    _ if extent == Extent::Partial => BodyEnd { walked: body.len(), ..end },
                    _ => end,
                });
            }
            Found::Resume(resume) => resume,
        };
        if is_last {
            return Answer::Yes(
                split.map_or_else(|| self.ends.of_input(body, extent), |at| BodyEnd::scanned(at, extent)),
            );
        }
        if let Some(end) = picture_end.or(split).filter(|_| window.len() < body.len()) {
            return Answer::Yes(BodyEnd::scanned(end, extent));
        }
        self.stage = Stage::Search { from: resume.max(from), extent, split };
        Answer::More
    }

    /// How far to wait for a delimiter that Content-Length or the picture speaks of.
    fn evidence_end(&self, announced: bool, limits: &Limits) -> usize {
        let declared = self.ends.declared.filter(|&declared| declared <= limits.body_bytes as u64);
        let declared = declared.and_then(|declared| usize::try_from(declared).ok());
        let longest = announced.then_some(limits.body_bytes);
        declared.or(longest).map_or(0, |bytes| bytes.saturating_add(BEHIND_BYTES))
    }
}
