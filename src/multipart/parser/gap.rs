//! What stands between a body and the next delimiter, and behind the close-delimiter.

use memchr::memmem;

use super::{Gap, GapKind, Parser, Queued, State};
use crate::multipart::deviation::DeviationKind;
use crate::multipart::event::Span;
use crate::multipart::extent::BodyWalk;
use crate::multipart::head::HeadScan;
use crate::multipart::scan::{Answer, Found, Line, line_end_before, line_ends};

impl<W: BodyWalk> Parser<W> {
    pub(super) fn gap(&mut self, mut gap: Gap) -> bool {
        let data = self.buffer.data();
        if gap.gone == 0 && gap.from == 0 {
            match self.at_gap_start(data, gap.kind) {
                Answer::Yes(AtGap::Delimiter(line)) => {
                    self.gap_ends(gap, line);
                    return true;
                }
                Answer::Yes(AtGap::Head) => {
                    self.deviate(DeviationKind::CloseDelimiterFollowed, self.parts + 1, 0);
                    self.state = State::Head { scan: HeadScan::default(), delimiter: self.empty_span() };
                    return true;
                }
                Answer::Yes(AtGap::Picture) => {
                    self.bare_picture();
                    return true;
                }
                Answer::More if !self.eof => return false,
                _ => {}
            }
        }
        match self.scan.find(data, gap.from, self.eof) {
            Found::Line(line) => self.gap_ends(gap, line),
            Found::Resume(_) if self.eof => self.gap_at_end(gap),
            Found::Resume(resume) if data.len() <= self.limits.search_bytes => {
                gap.from = resume.max(1);
                self.state = State::Gap(gap);
                return false;
            }
            Found::Resume(resume) => self.gap_too_long(gap, resume),
        }
        true
    }

    /// What may stand right behind a body or a close-delimiter, other than the delimiter in use.
    fn at_gap_start(&self, data: &[u8], kind: GapKind) -> Answer<AtGap> {
        let at = match data {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            [] | [b'\r'] => return Answer::More,
            _ => 0,
        };
        if kind == GapKind::Epilogue {
            match self.scan.head_follows(data, 0, b"", self.eof) {
                Answer::No => {}
                answer => return answer.map(|()| AtGap::Head),
            }
        }
        match self.scan.line_at(data, at, self.eof) {
            Answer::No if kind == GapKind::AfterBody => {
                self.scan.picture_at(data, 0, self.eof).map(|()| AtGap::Picture)
            }
            answer => answer.map(AtGap::Delimiter),
        }
    }

    fn gap_ends(&mut self, gap: Gap, line: Line) {
        let before = &self.buffer.data()[..line.start];
        let line_end = line_end_before(before, 0, before.len());
        let bytes = gap.gone + (before.len() - line_end) as u64;
        let only_line_ends = gap.gone == 0 && line_ends(before) == before.len();
        let kind = match gap.kind {
            GapKind::Skipping => None,
            GapKind::Epilogue => Some(DeviationKind::CloseDelimiterFollowed),
            GapKind::AfterBody if only_line_ends && bytes > 0 => Some(DeviationKind::BlankLines { bytes }),
            GapKind::AfterBody if bytes > 0 => Some(DeviationKind::BytesAfterBody { bytes }),
            GapKind::AfterBody => match line_end {
                0 => Some(DeviationKind::LineEndMissing),
                1 => Some(DeviationKind::BareLf),
                _ => None,
            },
        };
        if let Some(kind) = kind {
            self.deviate(kind, self.parts, 0);
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
            GapKind::AfterBody if !blank && !cut_delimiter => {
                self.deviate(DeviationKind::BytesAfterBody { bytes: junk }, self.parts, 0);
            }
            _ => {}
        }
        let len = self.buffer.data().len();
        self.buffer.consume(len);
        self.state = State::Finished;
    }

    /// No delimiter for a long time: pictures are taken without one, and the rest is let go.
    fn gap_too_long(&mut self, mut gap: Gap, resume: usize) {
        let data = self.buffer.data();
        let signature = self.walk.signature();
        let picture = if gap.kind == GapKind::AfterBody { memmem::find(data, signature) } else { None };
        if let Some(at) = picture {
            self.deviate(DeviationKind::BytesAfterBody { bytes: gap.gone + at as u64 }, self.parts, 0);
            self.buffer.consume(at);
            self.bare_picture();
        } else {
            let gone = resume.min(data.len() - signature.len());
            self.buffer.consume(gone);
            gap.gone += gone as u64;
            gap.from = 0;
            self.state = State::Gap(gap);
        }
    }
}

enum AtGap {
    Delimiter(Line),
    Head,
    Picture,
}
