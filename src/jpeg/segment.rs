//! The marker segments of a picture that is there as a whole, in order.

use core::ops::Range;

use super::marker::Marker;
use super::walk::{State, Walk};
use crate::multipart::Extent;

/// One marker segment, and the entropy-coded data behind it if it is a scan header.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Segment<'a> {
    /// What it is.
    pub marker: Marker,
    /// Offset of the `FF` before the marker's code.
    pub at: usize,
    /// Its parameters: the bytes behind the two bytes of length.
    pub parameters: &'a [u8],
    /// For SOS: the entropy-coded data with its restart markers, up to the next other marker (or its
    /// fill bytes), or to the end of the input. Empty for other segments.
    pub entropy_coded: Range<usize>,
}

impl Segment<'_> {
    /// Offset of the first byte behind the segment and its entropy-coded data.
    pub(super) fn end(&self) -> usize {
        self.entropy_coded.end
    }
}

/// Iterates over the marker segments of a picture, by the grammar of [`Walk`].
///
/// SOI, EOI and TEM have no segment and are not among them. A segment that the input cuts is not
/// either, but a scan is, with what there is of it. Ends at EOI, at the end of the input, or at the
/// first byte that is not allowed there; [`Segments::extent`] says which.
///
/// ```
/// use mjpeg::jpeg::{Marker, Segments};
/// use mjpeg::multipart::Extent;
///
/// let mut segments = Segments::of(b"\xff\xd8\xff\xfe\x00\x07Hello\xff\xda\x00\x02\x12\xff\x00\x34\xff\xd9");
/// let comment = segments.next().unwrap();
/// assert_eq!((comment.marker, comment.at, comment.parameters), (Marker::COM, 2, &b"Hello"[..]));
/// assert_eq!(segments.next().unwrap().entropy_coded, 15..19);
/// assert_eq!(segments.next(), None);
/// assert_eq!(segments.extent(), Extent::Complete { end: 21 });
/// ```
#[derive(Debug, Clone)]
pub struct Segments<'a> {
    jpeg: &'a [u8],
    walk: Walk,
    /// Offset of the last marker with a segment.
    marker_at: usize,
    /// Entropy-coded data that a walk has passed over already.
    coded: Range<usize>,
    /// A scan whose entropy-coded data has not ended yet.
    scan: Option<Segment<'a>>,
    extent: Extent,
    junk: Junk,
}

/// What to do about bytes between segments that belong to no segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Junk {
    /// The picture is broken there.
    Breaks,
    /// The next marker counts, as in decoders.
    IsSkipped(Skipped),
}

/// What was in the skipped bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// Offset of the first ones between two segments.
    pub(crate) junk: Option<usize>,
    /// Offset of the first reserved marker (02 to BF).
    pub(crate) reserved: Option<usize>,
}

impl<'a> Segments<'a> {
    /// The segments of `jpeg`, which begins with its SOI.
    pub fn of(jpeg: &'a [u8]) -> Self {
        Self {
            jpeg,
            walk: Walk::new(),
            marker_at: 0,
            coded: 0..0,
            scan: None,
            extent: Extent::Partial,
            junk: Junk::Breaks,
        }
    }

    /// The segments of `jpeg`, with the bytes before and between them skipped that belong to no segment. `coded` is what
    /// [`Walk::coded`] returned for the same picture: it is not read again. Empty if that is not known.
    pub(crate) fn past_junk(jpeg: &'a [u8], coded: Range<usize>) -> Self {
        Self { junk: Junk::IsSkipped(Skipped::default()), coded, ..Self::of(jpeg) }
    }

    /// The bytes that were skipped so far.
    pub(crate) fn skipped(&self) -> Skipped {
        if let Junk::IsSkipped(skipped) = self.junk { skipped } else { Skipped::default() }
    }

    /// Goes on behind junk that starts at `at`, as `next_marker` of libjpeg does: the next `FF` counts
    /// that a marker code follows. `false` when there is none, or it starts another picture.
    ///
    /// FFmpeg passes over reserved markers, and libjpeg stops at the first one: they are junk too, and are noted.
    fn skip_junk(&mut self, at: usize, from: State) -> bool {
        let Junk::IsSkipped(skipped) = &mut self.junk else { return false };
        let rest = self.jpeg.get(at..).unwrap_or_default();
        let mut reserved = None;
        let marker = rest.windows(2).enumerate().position(|(n, pair)| {
            let marker = Marker(pair[1]);
            if pair[0] == 0xff && matches!(marker.code(), 0x02..=0xbf) {
                reserved = reserved.or(Some(at + n));
            }
            pair[0] == 0xff && (marker.has_segment() || matches!(marker, Marker::EOI | Marker::SOI))
        });
        let Some(n) = marker.filter(|n| rest[n + 1] != Marker::SOI.code()) else { return false };
        // What follows SOI is between no segments.
        if from != State::Start {
            skipped.junk = skipped.junk.or(Some(at));
        }
        skipped.reserved = skipped.reserved.or(reserved);
        self.walk.resume(at + n);
        true
    }

    /// How the picture ends, once the iterator has returned `None`: [`Extent::Partial`] when the input
    /// ends before its EOI.
    pub fn extent(&self) -> Extent {
        self.extent
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        loop {
            if self.walk.state == State::Scan && self.walk.at == self.coded.start {
                self.walk.at = self.coded.end;
            }
            let (from, at) = (self.walk.state, self.walk.at);
            let Some(to) = self.walk.step(self.jpeg) else {
                if let State::Done(extent) = from {
                    self.extent = extent;
                }
                let cut = matches!(from, State::Scan | State::ScanCode);
                return self.scan.take().filter(|_| cut).map(|scan| Segment {
                    entropy_coded: scan.entropy_coded.start..self.jpeg.len(),
                    ..scan
                });
            };
            self.walk.state = to;
            let junk = match (from, to) {
                (State::Marker | State::Code, State::Done(Extent::Broken { at })) => Some(at),
                // SOI is there, and no marker behind it.
                (State::Start, State::Done(Extent::Foreign)) if at == 2 => Some(at),
                _ => None,
            };
            if junk.is_some_and(|at| self.skip_junk(at, from)) {
                continue;
            }
            if let State::Length(_) = to {
                self.marker_at = self.walk.at - 2;
            }
            if from == State::ScanCode && to != State::Scan {
                let scan = self.scan.take();
                if let Some(scan) = scan {
                    return Some(Segment {
                        entropy_coded: scan.entropy_coded.start..self.walk.ff_at,
                        ..scan
                    });
                }
            }
            let State::Length(marker) = from else { continue };
            let behind = self.walk.segment_end;
            if let Some(parameters) = self.jpeg.get(at + 2..behind) {
                let segment =
                    Segment { marker, at: self.marker_at, parameters, entropy_coded: behind..behind };
                if marker != Marker::SOS {
                    return Some(segment);
                }
                self.scan = Some(segment);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn scans_bring_their_entropy_coded_data() {
        let jpeg = b"\xff\xd8\xff\xff\xdd\x00\x04\x00\x01\xff\xda\x00\x03sa\xff\x00b\xff\xd0c\xff\xff\xda\x00\x02d\xff\xd9.";
        let mut segments = Segments::of(jpeg);
        let found: Vec<_> = segments.by_ref().map(|s| (s.marker, s.at, s.entropy_coded)).collect();
        assert_eq!(found, [(Marker::DRI, 3, 9..9), (Marker::SOS, 9, 14..21), (Marker::SOS, 22, 26..27)]);
        assert_eq!(segments.extent(), Extent::Complete { end: 29 });
    }

    #[test]
    fn a_cut_scan_is_there_and_a_cut_segment_is_not() {
        let mut scan = Segments::of(b"\xff\xd8\xff\xda\x00\x02abc\xff");
        assert_eq!(scan.next().map(|s| s.entropy_coded), Some(6..10));
        assert_eq!((scan.next(), scan.extent()), (None, Extent::Partial));
        let mut header = Segments::of(b"\xff\xd8\xff\xda\x00\x05\xff\xd8\xff\xd9");
        assert_eq!((header.next(), header.extent()), (None, Extent::Broken { at: 6 }));
        let mut comment = Segments::of(b"\xff\xd8\xff\xfe\x00\x05ab");
        assert_eq!((comment.next(), comment.extent()), (None, Extent::Partial));
    }

    #[test]
    fn a_new_picture_ends_a_scan() {
        let mut segments = Segments::of(b"\xff\xd8\xff\xda\x00\x02abc\xff\xd8\xff\xd9");
        assert_eq!(segments.next().map(|s| s.entropy_coded), Some(6..9));
        assert_eq!((segments.next(), segments.extent()), (None, Extent::Broken { at: 9 }));
    }
}
