//! The dialect of a stream, made of what was seen of it.

use std::time::Duration;

use mjpeg::counted::Counted;

use super::between::Between;
use super::chunking;
use super::escape::escaped;
use super::flush::{self, Evidence};
use super::found::Found;
use super::head::Head;
use super::places;
use super::seen::{Before, Seen};
use crate::dialect::{Chunks, SentTogether, Values};

/// The dialect of a stream. Texts have places.
#[derive(Debug, Default)]
pub struct Derived {
    /// The head of the response.
    pub head: Head,
    /// What is before the first part.
    pub first_delimiter: String,
    /// What is before each part.
    pub delimiter: String,
    /// The head of a part.
    pub part: String,
    /// What follows a picture and is sent with it.
    pub after: String,
    /// How far a frame is sent.
    pub sent_together: SentTogether,
    /// How that is known.
    pub evidence: Evidence,
    /// What is sent at the end; absent if the end was not seen.
    pub closing: Option<String>,
    /// The chunks.
    pub chunks: Option<Chunks>,
    /// A part without a picture: behind which picture, and its bytes.
    pub other_part: Option<(u64, String)>,
    /// What the dialect does not reproduce.
    pub notes: Vec<String>,
    /// The values of the first picture.
    pub values: Values,
}

/// What is between a picture and the head of the next part.
#[derive(Debug)]
struct Gap<'a> {
    /// What comes before the line ends and the delimiter.
    filler: &'a [u8],
    rest: &'a [u8],
    /// The bytes that a buffer has left behind the picture.
    room: usize,
}

impl<'a> Gap<'a> {
    /// `delimiter`: where the delimiter line is in the bytes.
    fn of(bytes: &'a [u8], delimiter: usize, values: &Values) -> Self {
        let line_ends = bytes[..delimiter].iter().rev().take_while(|byte| b"\r\n".contains(byte)).count();
        let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
        // Text belongs to the delimiter: some servers write it twice.
        let filler = delimiter - line_ends;
        let filler = if bytes[..filler].iter().all(is_text) { 0 } else { filler };
        let (filler, rest) = bytes.split_at(filler);
        Self { filler, rest, room: values.capacity() - values.length }
    }
}

impl Derived {
    /// The dialect of a stream with at least one picture. `now`: since 1970-01-01 UTC.
    pub fn of(seen: &Seen, now: Duration) -> Self {
        let values: Vec<_> = (1..)
            .zip(&seen.pictures)
            .map(|(number, seat)| Values {
                length: seat.picture.len(),
                size: seat.size,
                number,
                taken: now,
                now,
            })
            .collect();
        let mut derived = Self {
            head: Head::of(&seen.head),
            values: values.first().copied().unwrap_or_default(),
            ..Self::default()
        };
        let new = seen.replaced.iter().filter(|name| !derived.head.replaced.contains(name));
        let new: Vec<_> = new.cloned().collect();
        derived.head.replaced.extend(new);
        let starts = part_starts(seen);
        let heads: Vec<_> = (seen.pictures.iter().zip(&starts))
            .map(|(seat, start)| &seen.body[*start..seat.picture.start])
            .zip(values.iter().copied())
            .collect();
        let Found { text, unknown } = places::find(&heads);
        let constant = text.split_inclusive('\n').filter(|line| !line.contains('{'));
        constant.for_each(|line| derived.head.keep(line.as_bytes()));
        derived.part = text;
        derived.notes.extend(unknown);

        let mut between = derived.between(seen, &starts, &values);
        derived.preamble(&mut between, seen.chunks.is_some());
        derived.other_part(seen, &starts, &between);
        derived.flush(seen, &starts, &between);
        derived.first_delimiter = derived.text(&between.first, "the first delimiter");
        derived
    }

    /// What is between the pictures.
    fn between(&mut self, seen: &Seen, starts: &[usize], values: &[Values]) -> Between {
        let first = seen.body[..starts.first().copied().unwrap_or_default()].to_vec();
        let gaps: Vec<Gap<'_>> = (1..seen.pictures.len())
            .filter(|&index| seen.pictures[index].before == Before::Picture)
            .map(|index| {
                let bytes = &seen.body[seen.pictures[index - 1].picture.end..starts[index]];
                let delimiter = seen.pictures[index].delimiter.unwrap_or(starts[index]);
                let delimiter = (starts[index] - delimiter.min(starts[index])).min(bytes.len());
                Gap::of(bytes, bytes.len() - delimiter, &values[index - 1])
            })
            .collect();
        let Some(one) = gaps.first() else {
            if seen.pictures.len() < 2 {
                self.notes.push("one picture only: what is between pictures is not known".into());
            }
            // The least that a delimiter needs.
            let rest = if first.starts_with(b"--") { [b"\r\n", &first[..]].concat() } else { first.clone() };
            return Between { first, rest, filler: None, filler_bytes: Some(0) };
        };
        let alike = |gap: &Gap<'_>| gaps.iter().filter(|other| other.rest == gap.rest).count();
        let most = gaps.iter().rev().max_by_key(|gap| alike(gap)).unwrap_or(one);
        if alike(most) < gaps.len() {
            let different = gaps.len() - alike(most);
            let are = Counted(different as u64, "gap").verb();
            self.notes.push(format!("{different} of {} gaps between pictures {are} different", gaps.len()));
        }
        let rest = most.rest.to_vec();
        if gaps.iter().all(|gap| gap.filler.is_empty()) {
            return Between { first, rest, filler: None, filler_bytes: Some(0) };
        }
        let filler = one.filler;
        let is_same = gaps.iter().all(|gap| gap.filler == filler);
        let is_text = filler.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
        let are_nuls = gaps.iter().all(|gap| gap.filler.iter().all(|byte| *byte == 0));
        let is_buffer = gaps.iter().all(|gap| gap.filler.len() == gap.room);
        let is_fixed = gaps.iter().all(|gap| gap.filler.len() == filler.len());
        let bytes = filler.len();
        let filler = match (is_buffer, is_fixed) {
            (true, _) => "{nul:capacity}".into(),
            _ if is_same && (is_text || are_nuls) => escaped(filler),
            (_, true) => format!("{{nul:{}}}", filler.len()),
            _ => String::new(),
        };
        if !(are_nuls || is_same && is_text) {
            let written = if filler.is_empty() { "left out" } else { "written as NULs" };
            self.notes.push(format!("the bytes behind the pictures are no text, and are {written}"));
        }
        Between { first, rest, filler: Some(filler), filler_bytes: (!is_buffer).then_some(bytes) }
    }

    /// Moves what comes before the first delimiter, and before no other one, into the head.
    fn preamble(&mut self, between: &mut Between, is_in_chunks: bool) {
        if between.rest.ends_with(&between.first) {
            return;
        }
        let start = memchr::memmem::find(&between.first, b"--").unwrap_or(between.first.len());
        let start = if between.rest.ends_with(&between.first[start..]) { start } else { between.first.len() };
        let delimiter = between.first.split_off(start);
        if is_in_chunks {
            let bytes = Counted(between.first.len() as u64, "byte");
            self.notes.push(format!("{bytes} before the first delimiter {} not reproduced", bytes.verb()));
        } else {
            self.head.lines.push(escaped(&between.first));
        }
        between.first = delimiter;
    }

    /// Finds the parts without pictures.
    fn other_part(&mut self, seen: &Seen, starts: &[usize], between: &Between) {
        let others: Vec<_> = (1..seen.pictures.len())
            .filter(|&index| seen.pictures[index].before == Before::OtherPart)
            .map(|index| (index as u64, &seen.body[seen.pictures[index - 1].picture.end..starts[index]]))
            .collect();
        let Some(&(every, gap)) = others.first() else { return };
        // The line end behind the picture comes first, then the other part with its delimiter.
        let ends = between.rest.len() - between.first.len();
        let own =
            gap.strip_prefix(&between.rest[..ends]).and_then(|gap| gap.strip_suffix(&between.first[..]));
        let is_regular = others.iter().all(|(number, _)| number % every == 0);
        match own.map(|own| String::from_utf8(own.to_vec())) {
            Some(Ok(bytes)) if is_regular => self.other_part = Some((every, bytes)),
            _ => {
                let parts = Counted(others.len() as u64, "part");
                self.notes.push(format!("{parts} without a picture {} not reproduced", parts.verb()));
            }
        }
    }

    /// Finds what is sent together with a picture, how the stream ends, and the chunks.
    fn flush(&mut self, seen: &Seen, starts: &[usize], between: &Between) {
        let rest = &between.rest;
        let next_head = seen.pictures.get(1).map(|seat| seat.picture.start - starts[1]);
        let sizes = flush::Sizes { rest: rest.len(), head: next_head.unwrap_or_default() };
        let ends: Vec<_> = seen.pictures.iter().map(|seat| between.end(seat)).collect();
        let tail = ends.last().filter(|_| seen.is_complete).and_then(|end| seen.body.get(*end..));
        let of_times = flush::by_times(&seen.reads, &seen.pictures, &ends, sizes);
        let of_chunks = chunking::find(seen, between, starts, of_times);
        if seen.chunks.is_some() && of_chunks.is_none() {
            self.notes.push("the borders of the chunks follow no known rule".into());
        }
        let of_end = tail.map(|tail| flush::by_tail(tail, rest, &self.part));
        let line_ends = rest.iter().take_while(|byte| b"\r\n".contains(byte)).count();
        let (sent, evidence) = match (of_times, &of_chunks, &of_end) {
            (Some(sent), _, _) => (sent, Evidence::Times),
            (_, Some(found), _) => (found.sent, Evidence::Chunks),
            (None, _, Some((Some(sent), _))) => (*sent, Evidence::End),
            _ => (line_ends, Evidence::None),
        };
        self.evidence = evidence;
        self.chunks = seen.chunks.as_ref().map(|_| of_chunks.map(|found| found.chunks).unwrap_or_default());
        let is_filled = between.filler.is_some();
        let (together, sent) = match sent {
            0 if !is_filled => (SentTogether::Jpeg, 0),
            sent if sent < rest.len() => (SentTogether::After, sent),
            sent if sent == rest.len() && !rest.is_empty() => (SentTogether::Delimiter, sent),
            _ if rest.is_empty() && next_head.is_none_or(|head| head == 0) => (SentTogether::Jpeg, 0),
            sent if sent > rest.len() => (SentTogether::Head, rest.len()),
            _ => (SentTogether::Jpeg, 0),
        };
        self.sent_together = together;
        // A first delimiter must be the end of the delimiter.
        let split =
            if together == SentTogether::After { sent.min(rest.len() - between.first.len()) } else { 0 };
        let (after, delimiter) = rest.split_at(split);
        self.after = format!("{}{}", between.filler.as_deref().unwrap_or_default(), escaped(after));
        self.delimiter = self.text(delimiter, "the delimiter");
        let sent_at_end = match together {
            SentTogether::Jpeg => 0,
            SentTogether::After => split,
            SentTogether::Delimiter | SentTogether::Head => rest.len(),
        };
        self.closing = tail.map(|tail| {
            let is_sent = tail.get(..sent_at_end) == Some(&rest[..sent_at_end]);
            let closing = tail.get(if is_sent { sent_at_end } else { tail.len() }..).unwrap_or_default();
            // A head that announces a picture which never comes.
            if together == SentTogether::Head { String::new() } else { self.text(closing, "the end") }
        });
    }

    /// A text that cannot have places.
    fn text(&mut self, bytes: &[u8], what: &str) -> String {
        String::from_utf8(bytes.to_vec()).unwrap_or_else(|error| {
            self.notes.push(format!("{what} has bytes that are no text"));
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        })
    }
}

/// Where the heads of the parts start, behind their delimiters.
fn part_starts(seen: &Seen) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut end = 0;
    let first = seen.pictures.first().map_or(0, |seat| seat.picture.start);
    for seat in &seen.pictures {
        // Without a delimiter all parts start as the first one does.
        let start = seat.head.unwrap_or_else(|| seat.picture.start.saturating_sub(first));
        starts.push(start.clamp(end, seat.picture.start));
        end = seat.picture.end;
    }
    starts
}
