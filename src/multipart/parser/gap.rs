//! The bytes between a body and the next delimiter, and behind the close-delimiter.

use memchr::memmem;

use super::{Gap, GapKind, Parser, Queued, State, Window};
use crate::multipart::answer::Answer;
use crate::multipart::delimiter_line::Line;
use crate::multipart::deviation::{Deviation, DeviationKind};
use crate::multipart::event::Span;
use crate::multipart::extent::BodyWalk;
use crate::multipart::head::{HeadScan, head_without_delimiter_at};
use crate::multipart::line_end::{behind_line_ends, line_end_before, line_ends};
use crate::multipart::response_head;
use crate::multipart::scan::{Found, Scan};
use crate::multipart::start::StartScan;

impl<W: BodyWalk> Parser<W> {
    pub(super) fn gap(&mut self, mut gap: Gap) -> bool {
        let Window { data, is_full, eof } = self.window(0, self.limits.search_bytes);
        if gap.gone == 0 && gap.from == 0 {
            match self.at_gap_start(data, gap.kind, eof) {
                Answer::Yes(AtGap::Delimiter(line)) => {
                    self.gap_ends(gap, line);
                    return true;
                }
                Answer::Yes(AtGap::Head) => {
                    self.deviate(DeviationKind::CloseDelimiterFollowed, self.parts + 1, 0);
                    self.state = State::Head { scan: HeadScan::default(), delimiter: self.empty_span() };
                    return true;
                }
                Answer::Yes(AtGap::LostDelimiter(at)) => {
                    self.deviate(DeviationKind::DelimiterLost, self.parts + 1, at);
                    self.buffer.consume(at);
                    self.state = State::Head { scan: HeadScan::default(), delimiter: self.empty_span() };
                    return true;
                }
                Answer::Yes(AtGap::Response { start, end }) => {
                    self.response_starts_over(start, end);
                    return true;
                }
                Answer::Yes(AtGap::Picture) => {
                    self.deviate(DeviationKind::DelimiterLost, self.parts + 1, 0);
                    self.bare_picture();
                    return true;
                }
                Answer::More if !eof => return false,
                _ => {}
            }
        }
        let picture = match gap.kind {
            GapKind::AfterBare => find_from(data, gap.from, self.walk.signature()),
            _ => None,
        };
        let found = match gap.kind {
            GapKind::Skipping => self.scan.find_any(data, gap.from, eof),
            _ => {
                let data = &data[..picture.unwrap_or(data.len())];
                self.scan.find(data, gap.from, eof || picture.is_some())
            }
        };
        match found {
            Found::Line(line) => self.gap_ends(gap, line),
            Found::Resume(resume) => match picture {
                Some(at) => self.gap_before_picture(gap, at),
                None if eof => self.gap_at_end(gap),
                None if is_full => self.gap_too_long(gap, resume),
                None => {
                    let resume = if gap.kind == GapKind::AfterBare {
                        resume.min((data.len() + 1).saturating_sub(self.walk.signature().len()))
                    } else {
                        resume
                    };
                    gap.from = resume.max(1);
                    self.state = State::Gap(gap);
                    return false;
                }
            },
        }
        true
    }

    /// What may come right behind a body or a close-delimiter, other than the delimiter in use.
    fn at_gap_start(&self, data: &[u8], kind: GapKind, eof: bool) -> Answer<AtGap> {
        if kind == GapKind::Epilogue {
            match self.scan.head_follows(data, 0, b"", eof) {
                Answer::No => {}
                answer => return answer.map(|()| AtGap::Head),
            }
        }
        let at = match behind_line_ends(data, 0, eof) {
            Answer::Yes(at) => at,
            Answer::No => return Answer::No,
            Answer::More => return Answer::More,
        };
        match self.scan.line_at(data, at, eof) {
            Answer::No if matches!(kind, GapKind::AfterBody | GapKind::AfterBare) => {
                match self.scan.picture_at(data, 0, eof) {
                    Answer::No => match response_head::end_at(data, at, eof) {
                        Answer::No => head_without_delimiter_at(data, at, &self.scan, eof)
                            .map(|()| AtGap::LostDelimiter(at)),
                        answer => answer.map(|end| {
                            // That of a part may have a status line too.
                            let is_of_part = response_head::is_of_picture(&data[at..end]);
                            if is_of_part {
                                AtGap::LostDelimiter(at)
                            } else {
                                AtGap::Response { start: at, end }
                            }
                        }),
                    },
                    answer => answer.map(|()| AtGap::Picture),
                }
            }
            answer => answer.map(AtGap::Delimiter),
        }
    }

    /// The server sends its response once more, perhaps with another boundary (a proxy that connected again).
    fn response_starts_over(&mut self, start: usize, end: usize) {
        let head = &self.buffer.data()[start..end];
        let boundary = response_head::boundary(head);
        let bytes = head.len() as u64;
        if boundary.is_some() {
            self.scan = Scan::new(boundary.as_deref(), self.walk.signature());
        }
        self.deviate(DeviationKind::ResponseHead { bytes }, self.parts, start);
        self.buffer.consume(end);
        self.state = State::Start(StartScan::default());
    }

    fn gap_ends(&mut self, gap: Gap, line: Line) {
        let before = &self.buffer.data()[..line.start];
        // The dashes of a delimiter that had none before.
        let before = match before {
            [rest @ .., b'\n', b'-', b'-'] if self.scan.starts_without_dash() => &before[..rest.len() + 1],
            _ => before,
        };
        let line_end = line_end_before(before, 0, before.len());
        let bytes = gap.gone + (before.len() - line_end) as u64;
        let only_line_ends = gap.gone == 0 && line_ends(before) == before.len();
        let text = before.get(line_ends(before)..before.len() - line_end).unwrap_or_default();
        let kind = match gap.kind {
            GapKind::Skipping => None,
            GapKind::Epilogue => Some(DeviationKind::CloseDelimiterFollowed),
            _ if only_line_ends && bytes > 0 => Some(DeviationKind::BlankLines { bytes }),
            // A picture among them: they are a part behind something that is not the delimiter.
            _ if find_from(text, 0, self.walk.signature()).is_some() => {
                Some(if self.scan.has_line_like(text) {
                    DeviationKind::DelimiterChanged
                } else {
                    DeviationKind::DelimiterLost
                })
            }
            // A line that begins as the delimiter does, and then the delimiter.
            _ if self.scan.is_like_line(text) => Some(DeviationKind::DelimiterChanged),
            _ if bytes > 0 => Some(DeviationKind::BytesAfterBody { bytes }),
            GapKind::AfterBody | GapKind::AfterBare => match line_end {
                0 => Some(DeviationKind::LineEndMissing),
                1 => Some(DeviationKind::BareLf),
                _ => None,
            },
        };
        if let Some(kind) = kind {
            self.deviate_in_gap(kind, &gap);
        }
        self.delimiter(line);
    }

    fn gap_at_end(&mut self, gap: Gap) {
        let data = self.buffer.data();
        let bytes = gap.gone + data.len() as u64;
        let junk = bytes - line_end_before(data, 0, data.len()) as u64;
        let blank = gap.gone == 0 && line_ends(data) == data.len();
        // The input may be cut anywhere, so a piece of the delimiter is no junk.
        let cut_delimiter = gap.gone == 0 && self.scan.is_cut_delimiter(&data[line_ends(data)..]);
        let start = self.buffer.offset() - gap.gone;
        match gap.kind {
            GapKind::Epilogue if bytes > 0 => {
                self.queue.push_back(Queued::Epilogue(Span { start, len: bytes }));
            }
            GapKind::AfterBody | GapKind::AfterBare if !blank && !cut_delimiter => {
                self.deviate_in_gap(DeviationKind::BytesAfterBody { bytes: junk }, &gap);
            }
            _ => {}
        }
        let len = self.buffer.data().len();
        self.buffer.consume(len);
        self.state = State::Finished;
    }

    /// No delimiter within the limit: from now on pictures need none, and other bytes are dropped.
    fn gap_too_long(&mut self, mut gap: Gap, resume: usize) {
        if gap.kind == GapKind::AfterBody {
            gap.kind = GapKind::AfterBare;
            gap.from = 0;
        } else {
            let keep = self.walk.signature().len();
            let gone = resume.min(self.limits.search_bytes - keep);
            self.buffer.consume(gone);
            gap.gone += gone as u64;
            gap.from = 0;
        }
        self.state = State::Gap(gap);
    }

    /// Queues a deviation of the part before the gap; its offset is the start of the gap.
    fn deviate_in_gap(&mut self, kind: DeviationKind, gap: &Gap) {
        let offset = self.buffer.offset() - gap.gone;
        self.queue.push_back(Queued::Deviation(Deviation { kind, part: Some(self.parts), offset }));
    }

    fn gap_before_picture(&mut self, gap: Gap, at: usize) {
        self.deviate_in_gap(DeviationKind::BytesAfterBody { bytes: gap.gone + at as u64 }, &gap);
        self.buffer.consume(at);
        self.bare_picture();
    }
}

fn find_from(data: &[u8], from: usize, needle: &[u8]) -> Option<usize> {
    memmem::find(data.get(from..).unwrap_or_default(), needle).map(|at| from + at)
}

enum AtGap {
    Delimiter(Line),
    Head,
    /// The head of a part with no delimiter before it.
    LostDelimiter(usize),
    /// The head of another response.
    Response {
        start: usize,
        end: usize,
    },
    Picture,
}
