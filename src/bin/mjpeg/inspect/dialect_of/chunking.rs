//! The rule by which a server makes its chunks.

use super::between::Between;
use super::seen::{Before, Chunk, Seen};
use crate::dialect::{Chunks, Together};

/// Most pictures whose chunks are compared.
const MOST_PICTURES: usize = 12;

/// A rule that explains the chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The rule.
    pub chunks: Chunks,
    /// How many bytes behind a picture are sent with it.
    pub sent: usize,
}

/// Finds the simplest rule that gives the chunks that were seen. `starts`: where the heads of the parts start. `sent`: how
/// many bytes behind a picture are sent with it, if that is known.
pub fn find(seen: &Seen, between: &Between, starts: &[usize], sent: Option<usize>) -> Option<Found> {
    let chunks = seen.chunks.as_deref()?;
    // A part of another form in between changes the rule.
    let regular = seen.pictures.iter().skip(1).take_while(|seat| seat.before == Before::Picture).count() + 1;
    let pictures = &seen.pictures[..regular.min(seen.pictures.len()).min(MOST_PICTURES)];
    if pictures.len() < 2 {
        return None;
    }
    let is_upper = |chunk: &Chunk| chunk.size.bytes().any(|byte| byte.is_ascii_uppercase());
    let upper_case = chunks.iter().any(is_upper);
    // A buffer of fixed size is full most of the time.
    let longest = chunks.iter().map(|chunk| chunk.bytes.len()).max()?;
    let is_repeated = chunks.iter().filter(|chunk| chunk.bytes.len() == longest).count() > 1;
    let sizes = [None, is_repeated.then_some(longest)];
    let line_ends = between.rest.iter().take_while(|byte| b"\r\n".contains(byte)).count();
    let rest = |index: usize| starts[index + 1] - pictures[index].picture.end;
    let all = [line_ends, 0, between.rest.len(), between.rest.len() + 1];
    let sent = sent.map_or(all.to_vec(), |sent| vec![sent]);
    let mut rules = Vec::new();
    for flags in 0..16_u32 {
        for size in &sizes[..if is_repeated { 2 } else { 1 }] {
            let is_set = |bit: u32| flags & (1 << bit) != 0;
            rules.push(Chunks {
                cut_before_picture: is_set(0),
                cut_after_picture: is_set(1),
                cut_lines: is_set(2),
                cut_first_delimiter: is_set(3),
                size: *size,
                upper_case,
            });
        }
    }
    let cuts = |rule: &Chunks| {
        // A server that sends lines one by one does so with the line end behind a picture.
        let is_cut_after = rule.cut_after_picture != rule.cut_lines;
        let cuts = [rule.cut_before_picture, is_cut_after, rule.cut_lines, rule.cut_first_delimiter];
        cuts.iter().filter(|cut| **cut).count() + usize::from(rule.size.is_some())
    };
    // The fewest cuts first.
    for rule in (0..=5).flat_map(|count| rules.iter().filter(move |rule| cuts(rule) == count)) {
        for &sent in &sent {
            let reach = |index: usize| {
                let end = pictures[index].picture.end;
                if sent > between.rest.len() {
                    pictures[index + 1].picture.start
                } else {
                    // What a buffer is filled with comes before.
                    end + rest(index).saturating_sub(between.rest.len() - sent)
                }
            };
            if explains(rule, seen, &between.first, pictures.len(), reach, chunks) {
                return Some(Found { chunks: *rule, sent });
            }
        }
    }
    None
}

/// Whether a rule gives the chunks of these pictures. `reach`: how far the bytes that are sent with a picture go.
fn explains(
    rule: &Chunks,
    seen: &Seen,
    first: &[u8],
    pictures: usize,
    reach: impl Fn(usize) -> usize,
    chunks: &[Chunk],
) -> bool {
    let mut seen_chunks = chunks.iter().map(|chunk| chunk.bytes.clone());
    let mut start = 0;
    for index in 0..pictures - 1 {
        let (picture, end) = (&seen.pictures[index].picture, reach(index));
        let text = |range: std::ops::Range<usize>| {
            memchr::memchr_iter(b'\n', &seen.body[range.clone()]).map(move |at| range.start + at + 1 - start)
        };
        let from = picture.start.clamp(start, end);
        let line_ends = text(start..from).chain(text(picture.end.clamp(start, end)..end)).collect();
        let together = Together {
            len: end - start,
            picture: from - start..picture.end.clamp(start, end) - start,
            line_ends,
            first_delimiter: (index == 0).then_some(first.len()),
        };
        for chunk in rule.split(&together) {
            if seen_chunks.next() != Some(start + chunk.start..start + chunk.end) {
                return false;
            }
        }
        start = end;
    }
    true
}
