//! The points between which a capture is played again, and the pieces of a round.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use super::chunks::Place;

/// Where a round begins and ends, and how its times follow those of the round before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Points {
    /// The first delimiter.
    pub start: Place,
    /// Behind the last complete part: the delimiter that follows it, if there is one.
    pub cut: Place,
    /// The line end that the delimiter of the next round needs, where the capture has none.
    pub line_end: &'static str,
    /// What is added to the times of the reads in each round.
    pub shift: Duration,
}

/// A piece of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of the capture, with their times.
    File(Range<u64>),
    /// Chunk framing, or a line end, with the time of the bytes before it.
    Text(String),
}

/// Where the pieces of a round begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// In the first round, at this offset of the capture.
    Offset(u64),
    /// In a later round, at its start.
    Start,
}

/// Whether another round follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// Another round.
    Round,
    /// Nothing: everything that was recorded is sent, to its end.
    Nothing,
}

impl Points {
    /// The pieces of a round. A chunk that does not begin or end at the points is sent as a smaller one.
    pub fn pieces(&self, from: From, follows: Follows) -> VecDeque<Piece> {
        let mut pieces = VecDeque::new();
        let begin = match from {
            From::Offset(offset) => offset,
            From::Start => self.start.offset,
        };
        let size = |bytes: u64| Piece::Text(format!("{bytes:x}\r\n"));
        let is_in_one_chunk = self.start.chunk.is_some() && self.start.chunk == self.cut.chunk;
        if let (From::Start, Some(chunk)) = (from, &self.start.chunk) {
            let ends = follows == Follows::Round && is_in_one_chunk;
            let end = if ends { self.cut.offset } else { chunk.bytes.end };
            pieces.push_back(size(end - self.start.offset));
            if ends {
                pieces.push_back(Piece::File(begin..end));
                pieces.push_back(Piece::Text("\r\n".into()));
                return self.with_line_end(pieces);
            }
        }
        if follows == Follows::Nothing {
            pieces.push_back(Piece::File(begin..u64::MAX));
            return pieces;
        }
        match &self.cut.chunk {
            Some(chunk) if self.cut.offset > chunk.bytes.start => {
                pieces.push_back(Piece::File(begin..chunk.start));
                pieces.push_back(size(self.cut.offset - chunk.bytes.start));
                pieces.push_back(Piece::File(chunk.bytes.start..self.cut.offset));
                pieces.push_back(Piece::Text("\r\n".into()));
            }
            Some(chunk) => pieces.push_back(Piece::File(begin..chunk.start)),
            None => pieces.push_back(Piece::File(begin..self.cut.offset)),
        }
        self.with_line_end(pieces)
    }

    fn with_line_end(&self, mut pieces: VecDeque<Piece>) -> VecDeque<Piece> {
        if !self.line_end.is_empty() {
            let line_end = match self.cut.chunk {
                Some(_) => format!("{:x}\r\n{}\r\n", self.line_end.len(), self.line_end),
                None => self.line_end.into(),
            };
            pieces.push_back(Piece::Text(line_end));
        }
        pieces
    }
}
