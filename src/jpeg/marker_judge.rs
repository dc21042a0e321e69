//! Judges the pictures of a stream by their markers.

use alloc::vec::Vec;
use core::ops::Range;

use super::judgement::{Basis, Judgement};
use crate::multipart::{Extent, Part};

/// Longest remembered start of a picture, in bytes. Cameras repeat a few hundred bytes of tables and headers.
const MOST_REMEMBERED: usize = 16 << 10;

/// Judges parts as [`Judgement::of_markers`] does, without reading what is known already.
///
/// The walk of the multipart parser has passed over the entropy-coded data of the first scan, so it is not read
/// again. A camera repeats the segments before it from picture to picture: a picture that starts with the same bytes
/// as the last sound one, and ends behind its first scan as that one did, has the same judgement.
#[derive(Debug, Default)]
pub struct MarkerJudge {
    /// The bytes of a picture before its entropy-coded data.
    start: Vec<u8>,
    /// The judgement of each picture that starts with these bytes and ends behind its first scan.
    known: Option<Judgement>,
}

impl MarkerJudge {
    /// A judge that has seen no picture.
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges the body of a part.
    pub fn judge(&mut self, part: &Part<'_>) -> Judgement {
        let position = |at: u64| usize::try_from(at - part.spans.body.start).unwrap_or_default();
        let coded = part.spans.coded;
        let coded = if coded.len > 0 { position(coded.start)..position(coded.end()) } else { 0..0 };
        self.judge_walked(part.body, part.extent, coded)
    }

    /// Judges a body whose walk answered `extent`, and passed over `coded`.
    fn judge_walked(&mut self, body: &[u8], extent: Extent, coded: Range<usize>) -> Judgement {
        // An EOI is right behind the data.
        let end = coded.end + 2;
        let is_plain = !coded.is_empty() && extent == (Extent::Complete { end });
        if is_plain
            && let Some(known) = self.known
            && coded.start == self.start.len()
            && body.starts_with(&self.start)
        {
            return known.ending_at(end);
        }
        let (judgement, basis) = Judgement::of_walked(body, extent, coded.clone());
        let is_same_for_all = is_plain
            && basis == Basis::Segments
            && judgement.start() == 0
            && judgement.end() == Some(end)
            && coded.start <= MOST_REMEMBERED;
        if is_same_for_all {
            self.start.clear();
            self.start.extend_from_slice(&body[..coded.start]);
            self.known = Some(judgement);
        }
        judgement
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jpeg::Walk;
    use crate::multipart::BodyWalk;

    fn walked(body: &[u8]) -> (Extent, Range<usize>) {
        let mut walk = Walk::new();
        let extent = walk.advance(body);
        (extent, walk.coded())
    }

    /// Where the entropy-coded data of the last scan is, found without the walk.
    fn last_scan(jpeg: &[u8]) -> Range<usize> {
        let sos = jpeg.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
        let start = sos + 2 + usize::from(u16::from_be_bytes([jpeg[sos + 2], jpeg[sos + 3]]));
        start..jpeg.len() - 2
    }

    #[test]
    fn what_is_remembered_changes_no_judgement() {
        let jpegs: [&[u8]; 3] = [
            include_bytes!("../../fixtures/jpeg/420.jpg"),
            include_bytes!("../../fixtures/jpeg/progressive.jpg"),
            include_bytes!("../../fixtures/jpeg/422-restart.jpg"),
        ];
        let mut bodies = Vec::new();
        for jpeg in jpegs {
            let scan = last_scan(jpeg);
            bodies.push(jpeg.to_vec());
            bodies.push([jpeg, b"behind"].concat());
            bodies.push([&jpeg[..2], jpeg].concat());
            bodies.push([b"\0\0", jpeg].concat());
            bodies.push(jpeg[..scan.start].to_vec());
            bodies.push(jpeg[..scan.start + 9].to_vec());
            bodies.push(jpeg[..scan.end].to_vec());
            // The same start, and then something else than data and EOI.
            bodies.push([&jpeg[..scan.start], b"\xff\xd9"].concat());
            bodies.push([&jpeg[..scan.start], b"data\xff\xd9"].concat());
            bodies.push([&jpeg[..scan.start], b"data\xff\xff\xd9"].concat());
            bodies.push([&jpeg[..scan.start], b"data\xff\xd8\xff"].concat());
            bodies.push([&jpeg[..scan.end], b"\xff\xfe\x00\x04\0\0\xff\xd9"].concat());
            bodies.push([&jpeg[..scan.end], b"\xff\xfe\x00\x04ab\0\0\xff\xd9"].concat());
            bodies.push([&jpeg[..scan.start], &jpeg[scan.start - 9..]].concat());
            // Bytes between two segments before the scan: the entropy-coded data decides.
            bodies.push([&jpeg[..2], b"\xff\xfe\0\x02junk", &jpeg[2..]].concat());
            bodies.push([&jpeg[..2], b"\xff\xfe\0\x02junk", &jpeg[2..scan.start], b"data\xff\xd9"].concat());
            bodies.push([&jpeg[..2], b"\xff\xfe\0\x02\0\0", &jpeg[2..]].concat());
        }
        let mut judge = MarkerJudge::new();
        for before in &bodies {
            for body in [before, &bodies[0], before].into_iter().chain(&bodies) {
                let (extent, coded) = walked(body);
                let judgement = judge.judge_walked(body, extent, coded);
                assert_eq!(judgement, Judgement::of_markers(body, extent));
            }
        }
    }

    #[test]
    fn the_walk_says_where_the_data_of_the_first_scan_is() {
        let jpeg = include_bytes!("../../fixtures/jpeg/420.jpg");
        assert_eq!(walked(jpeg).1, last_scan(jpeg));
        assert_eq!(walked(&jpeg[..jpeg.len() - 1]).1, 0..0, "whether a marker is there is not known");
        for piece in [1, 7, 1000] {
            let mut walk = Walk::new();
            for end in (piece..=jpeg.len()).step_by(piece).chain([jpeg.len()]) {
                walk.advance(&jpeg[..end]);
            }
            assert_eq!(walk.coded(), last_scan(jpeg));
        }
    }

    #[test]
    fn a_long_start_is_not_remembered() {
        let jpeg = include_bytes!("../../fixtures/jpeg/420.jpg");
        let comment = [b"\xff\xd8\xff\xfe\xff\xff", &[b'.'; 65_533][..], &jpeg[2..]].concat();
        let mut judge = MarkerJudge::new();
        let (extent, coded) = walked(&comment);
        assert_eq!(judge.judge_walked(&comment, extent, coded), Judgement::of_markers(&comment, extent));
        assert!(judge.start.is_empty() && judge.known.is_none());
    }
}
