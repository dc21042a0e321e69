//! Judges the pictures of a stream by their markers.

use alloc::vec::Vec;
use core::ops::Range;

use super::judgement::{Basis, Judgement};
use super::marker::Marker;
use crate::multipart::{Extent, Part};

/// Longest remembered tables and headers of a picture, in bytes. Most cameras have about 600.
const MOST_REMEMBERED: usize = 16 << 10;

/// Judges parts as [`Judgement::of_markers`] does, without reading what is known already.
///
/// The walk of the multipart parser has passed over the entropy-coded data of the first scan, so it is not read
/// again. A camera repeats its tables and headers from picture to picture: a picture with the same ones as the last
/// picture, and with nothing but EOI behind its first scan, has the same judgement. Comments and application segments
/// in front of them may differ: some cameras write the time there.
#[derive(Debug, Default)]
pub struct MarkerJudge {
    /// The bytes from behind the first comments and application segments to the entropy-coded data.
    tables: Vec<u8>,
    known: Option<Known>,
}

/// The judgement of each picture that has the remembered tables and ends behind its first scan.
#[derive(Debug)]
struct Known {
    judgement: Judgement,
    /// Where the tables start.
    at: usize,
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
        let at = behind_comments(body);
        let tables = body.get(at..coded.start).filter(|_| is_plain).unwrap_or_default();
        if !tables.is_empty()
            && tables == self.tables
            && let Some(known) = self.known.as_ref().filter(|known| known.holds_for(at))
        {
            return known.judgement.ending_at(end);
        }
        let (judgement, basis) = Judgement::of_walked(body, extent, coded);
        if (1..=MOST_REMEMBERED).contains(&tables.len())
            && basis == Basis::Segments
            && judgement.start() == 0
            && judgement.end() == Some(end)
        {
            self.tables.clear();
            self.tables.extend_from_slice(tables);
            self.known = Some(Known { judgement, at });
        }
        judgement
    }
}

impl Known {
    /// Whether it holds for a picture whose tables start at `at`: notes have places.
    fn holds_for(&self, at: usize) -> bool {
        self.at == at || self.judgement.notes().is_empty()
    }
}

/// Offset of the first byte behind SOI and the comments and application segments that follow it.
fn behind_comments(jpeg: &[u8]) -> usize {
    let mut at = 2;
    while let Some(&[0xff, code, high, low]) = jpeg.get(at..at + 4)
        && (Marker(code) == Marker::COM || Marker(code).application().is_some())
        // Shorter ones are noted.
        && let length @ 2.. = usize::from(u16::from_be_bytes([high, low]))
    {
        at += 2 + length;
    }
    at
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
            bodies.push([&jpeg[..2], b"\xff\xfe\0\x05abc", &jpeg[2..]].concat());
            bodies.push([&jpeg[..2], b"\xff\xfe\0\x01", &jpeg[2..]].concat());
            bodies.push([&jpeg[..2], b"\xff\xfe\xff\xff", &jpeg[2..]].concat());
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
    fn a_picture_with_other_tables_is_judged_anew() {
        let jpeg = include_bytes!("../../fixtures/jpeg/420.jpg");
        let judged = |judge: &mut MarkerJudge, body: &[u8]| {
            let (extent, coded) = walked(body);
            judge.judge_walked(body, extent, coded)
        };
        let mut judge = MarkerJudge::new();
        let good = judged(&mut judge, jpeg);
        assert_eq!(good.refusal(), None);
        // The same with another comment: what is remembered stays.
        let tables = judge.tables.as_ptr();
        let commented = [&jpeg[..2], b"\xff\xfe\0\x05abc", &jpeg[2..]].concat();
        assert_eq!(judged(&mut judge, &commented), good.ending_at(commented.len()));
        assert_eq!(
            (judge.tables.as_ptr(), judge.known.as_ref().unwrap().at),
            (tables, behind_comments(jpeg))
        );
        // A height of 0 in the frame header.
        let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        let mut flat = jpeg.to_vec();
        flat[frame + 5..frame + 7].fill(0);
        assert!(judged(&mut judge, &flat).refusal().is_some());
        assert_eq!(judged(&mut judge, jpeg), good);
    }

    #[test]
    fn long_tables_are_not_remembered() {
        let jpeg = include_bytes!("../../fixtures/jpeg/420.jpg");
        let at = behind_comments(jpeg);
        // A segment that T.81 reserves.
        let long = [&jpeg[..at], b"\xff\xf0\xff\xff", &[b'.'; 65_533][..], &jpeg[at..]].concat();
        let mut judge = MarkerJudge::new();
        let (extent, coded) = walked(&long);
        assert_eq!(judge.judge_walked(&long, extent, coded), Judgement::of_markers(&long, extent));
        assert!(judge.tables.is_empty() && judge.known.is_none());
    }
}
