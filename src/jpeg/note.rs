//! What is unusual about a picture that decoders read.

use core::fmt;

/// One unusual thing. The picture is whole; a decoder may warn of it or refuse it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Note {
    /// Other bytes come before SOI: NULs or blanks, or anything if the picture is the rest of its body.
    BytesBeforeStart,
    /// Other bytes come between SOI and the first marker. Decoders search for that marker.
    BytesAfterStart,
    /// SOI comes more than once at the start. The last one counts.
    RepeatedStart,
    /// Huffman tables are missing, and the picture is sound with those of T.81 K.3: webcams and `AVI1`
    /// frames.
    StandardTables,
    /// The last byte of an entropy-coded segment is filled with zeros. T.81 F.1.2.3 asks for ones.
    ZeroPadding,
    /// The last byte of an entropy-coded segment is filled with zeros and ones.
    MixedPadding,
    /// One to seven whole bytes of ones follow the last MCU of an entropy-coded segment. UVC webcams write
    /// `FF 00` before some restart markers.
    ExtraPadding,
    /// One to seven other bytes, or more bytes of ones, follow the last MCU of an entropy-coded
    /// segment.
    ExtraBytes,
    /// A restart marker follows bits that are neither all ones nor zeros up to the next byte and then ones.
    /// libjpeg finds the marker. FFmpeg does not, and loses its restart interval.
    HiddenRestart,
    /// A restart marker follows the last MCU of a scan, where T.81 E.1.4 has none.
    TrailingRestart,
    /// The scan header of a sequential frame has other values than 0, 63, 0 and 0 for its band and
    /// approximation (T.81 B.2.3).
    ScanParameters,
    /// The components of a scan come in another order than in the frame header (T.81 B.2.3), and libjpeg
    /// does not find them.
    ScanOrder,
    /// The components of a scan come in another order than in the frame header (T.81 B.2.3), in a way
    /// that libjpeg accepts.
    ToleratedScanOrder,
    /// A marker that T.81 Table B.1 keeps for later or for extensions (02 to BF, JPG0 to JPG6, JPG9 to JPG13), or EXP
    /// outside a hierarchical picture. libjpeg refuses the picture.
    ReservedMarker,
    /// As [`Self::ReservedMarker`], for JPG7 and JPG8. They are SOF55 and LSE of JPEG-LS (T.87), which FFmpeg reads.
    JpegLsMarker,
    /// As [`Self::ReservedMarker`], for JPG.
    JpgMarker,
    /// A DAC segment has a conditioning that libjpeg refuses (T.81 B.2.4.3).
    Conditioning,
    /// As [`Self::ReservedMarker`], [`Self::JpgMarker`] or [`Self::Conditioning`], behind the last scan.
    LateMarker,
    /// Two components of the frame have the same identifier (T.81 B.2.2).
    RepeatedComponent,
    /// NUL bytes between two segments.
    NulBytes,
    /// Other bytes between two segments. Decoders search for the next marker.
    JunkBytes,
    /// A COM or APPn segment has a length of 0 or 1. The length counts itself, so 2 is the smallest
    /// (T.81 B.1.1.4).
    ShortSegment,
    /// All MCUs are there, but no EOI.
    NoEnd,
    /// Samples have 12 bits: most decoders are built for 8.
    TwelveBits,
    /// The frame header has a height of 0, and a DNL segment has the number of lines (T.81 B.2.5).
    NumberOfLines,
    /// The frame has two components, for which there is no colour space.
    TwoComponents,
    /// The picture is wider or higher than 65 500, the limit of libjpeg.
    LongSide,
    /// The picture has more pixels than FFmpeg takes, about 268 million.
    LargeArea,
}

impl Note {
    const ALL: [Self; 28] = [
        Self::BytesBeforeStart,
        Self::BytesAfterStart,
        Self::RepeatedStart,
        Self::StandardTables,
        Self::ZeroPadding,
        Self::MixedPadding,
        Self::ExtraPadding,
        Self::ExtraBytes,
        Self::HiddenRestart,
        Self::TrailingRestart,
        Self::ScanParameters,
        Self::ScanOrder,
        Self::ToleratedScanOrder,
        Self::ReservedMarker,
        Self::JpegLsMarker,
        Self::JpgMarker,
        Self::Conditioning,
        Self::LateMarker,
        Self::RepeatedComponent,
        Self::NulBytes,
        Self::JunkBytes,
        Self::ShortSegment,
        Self::NoEnd,
        Self::TwelveBits,
        Self::NumberOfLines,
        Self::TwoComponents,
        Self::LongSide,
        Self::LargeArea,
    ];
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BytesBeforeStart => "bytes before SOI",
            Self::BytesAfterStart => "bytes between SOI and the first marker",
            Self::RepeatedStart => "SOI repeated",
            Self::StandardTables => "no Huffman tables: the standard ones are meant",
            Self::ZeroPadding => "entropy-coded data is padded with zeros instead of ones",
            Self::MixedPadding => "entropy-coded data is padded with mixed bits instead of ones",
            Self::ExtraPadding => "whole bytes of padding after the last MCU",
            Self::ExtraBytes => "bytes after the last MCU",
            Self::HiddenRestart => "a restart marker after bits that are no padding",
            Self::TrailingRestart => "a restart marker after the last MCU",
            Self::ScanParameters => "the scan header is not that of a sequential frame",
            Self::ScanOrder => "the scan has its components in another order than the frame",
            Self::ToleratedScanOrder => "the scan has its components in an unusual order",
            Self::ReservedMarker => "a reserved marker",
            Self::JpegLsMarker => "a marker of JPEG-LS",
            Self::JpgMarker => "the marker JPG",
            Self::Conditioning => "a wrong conditioning of the arithmetic coder",
            Self::LateMarker => "a marker behind the last scan that libjpeg refuses",
            Self::RepeatedComponent => "two components have the same identifier",
            Self::NulBytes => "NUL bytes between segments",
            Self::JunkBytes => "bytes between segments that belong to no segment",
            Self::ShortSegment => "a segment length below 2",
            Self::NoEnd => "no EOI",
            Self::TwelveBits => "12 bits per sample",
            Self::NumberOfLines => "the height is in a DNL segment",
            Self::TwoComponents => "two components",
            Self::LongSide => "wider or higher than 65500",
            Self::LargeArea => "more than 268 million pixels",
        })
    }
}

/// The notes on one picture, each with the place where it showed first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Notes {
    places: [Option<usize>; Note::ALL.len()],
}

impl Notes {
    /// No notes.
    pub const NONE: Self = Self { places: [None; Note::ALL.len()] };

    /// Adds a note. The first place stays.
    pub(super) fn add(&mut self, note: Note, at: usize) {
        self.places[note as usize].get_or_insert(at);
    }

    /// Adds a note that may have a later place already.
    pub(super) fn add_first(&mut self, note: Note, at: usize) {
        let place = &mut self.places[note as usize];
        *place = Some(place.map_or(at, |other| other.min(at)));
    }

    /// Renames notes of these kinds whose first place is behind `at`.
    pub(super) fn rename_behind(&mut self, at: usize, from: &[Note], to: Note) {
        for &note in from {
            if let Some(place) = self.places[note as usize].take_if(|place| *place > at) {
                self.add_first(to, place);
            }
        }
    }

    /// The notes on a picture that starts `start` bytes later than these say.
    pub(super) fn moved(mut self, start: usize) -> Self {
        self.places.iter_mut().flatten().for_each(|place| *place += start);
        self
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }

    /// Bytes from the start of the picture to the first place of `note`, if the picture has it.
    pub fn place(&self, note: Note) -> Option<usize> {
        self.places[note as usize]
    }

    /// Whether the picture has `note`.
    pub fn contains(&self, note: Note) -> bool {
        self.place(note).is_some()
    }

    /// All notes with their first places, in the order of [`Note`].
    pub fn iter(&self) -> impl Iterator<Item = (Note, usize)> + '_ {
        Note::ALL.into_iter().filter_map(|note| Some((note, self.place(note)?)))
    }
}

impl Default for Notes {
    fn default() -> Self {
        Self::NONE
    }
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn each_note_has_its_own_slot() {
        for (slot, note) in Note::ALL.into_iter().enumerate() {
            assert_eq!(note as usize, slot);
        }
    }

    #[test]
    fn the_first_place_stays() {
        let mut notes = Notes::NONE;
        notes.add(Note::NoEnd, 7);
        notes.add(Note::NulBytes, 5);
        notes.add(Note::NulBytes, 6);
        assert_eq!(notes.iter().collect::<Vec<_>>(), [(Note::NulBytes, 5), (Note::NoEnd, 7)]);
        assert!(!notes.is_empty() && !notes.contains(Note::ZeroPadding));
        assert_eq!(notes.moved(3).iter().collect::<Vec<_>>(), [(Note::NulBytes, 8), (Note::NoEnd, 10)]);
    }
}
