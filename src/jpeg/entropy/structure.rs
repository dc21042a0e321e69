//! From segment to segment of a picture.

use core::ops::Range;

use super::damage::{Damage, DamageKind, Unchecked};
use super::picture::Picture;
use super::plan::ScanPlan;
use crate::jpeg::marker::Marker;
use crate::jpeg::note::{Note, Notes};
use crate::jpeg::scan::ScanHeader;
use crate::jpeg::segment::{Segment, Segments};
use crate::jpeg::start;
use crate::multipart::Extent;

/// What makes libjpeg refuse a picture, and is no damage. FFmpeg refuses [`Note::JpegLsMarker`] too, wherever it is.
const REFUSED_BY_LIBJPEG: [Note; 3] = [Note::ReservedMarker, Note::JpgMarker, Note::Conditioning];

/// What reading a picture found out.
#[derive(Debug, Clone, Copy)]
pub(in crate::jpeg) struct Answer {
    pub(in crate::jpeg) damage: Option<Damage>,
    /// Up to the damage.
    pub(in crate::jpeg) notes: Notes,
    pub(in crate::jpeg) unchecked: Option<Unchecked>,
    /// The offset behind EOI, unless the picture is damaged or has no EOI.
    pub(in crate::jpeg) end: Option<usize>,
}

impl Answer {
    /// Reads the segments of a picture, and not its entropy-coded data.
    ///
    /// A cut, and bytes behind a scan header that belong to no segment, are damage then: whether the data
    /// before them is complete is not known. `coded`: see [`Segments::past_junk`].
    pub(in crate::jpeg) fn of_segments(jpeg: &[u8], coded: Range<usize>) -> Self {
        Self::read(jpeg, coded, &mut Picture::new(), |picture, _, _| {
            picture.is_skimmed = true;
            Ok(())
        })
    }

    /// Reads the segments of a picture, and has the entropy-coded data of scans read whose headers make
    /// sense. `picture` is new or cleared.
    pub(super) fn read(
        jpeg: &[u8],
        coded: Range<usize>,
        picture: &mut Picture,
        read_scan: impl FnMut(&mut Picture, &Segment<'_>, &ScanPlan) -> Result<(), Damage>,
    ) -> Self {
        let end = read(jpeg, coded, picture, read_scan);
        Self {
            damage: end.err(),
            notes: picture.notes,
            unchecked: picture.unchecked.filter(|_| end.is_ok()),
            end: end.ok().flatten(),
        }
    }
}

fn read(
    jpeg: &[u8],
    coded: Range<usize>,
    picture: &mut Picture,
    mut read_scan: impl FnMut(&mut Picture, &Segment<'_>, &ScanPlan) -> Result<(), Damage>,
) -> Result<Option<usize>, Damage> {
    let mut segments = Segments::past_junk(jpeg, coded);
    if jpeg.starts_with(b"\xff\xd8\xff\xd8") {
        picture.notes.add(Note::RepeatedStart, 0);
    }
    // Behind SOI.
    let mut at = 2;
    let is_behind_junk = start::is_before_junk(jpeg);
    if is_behind_junk {
        picture.notes.add(Note::BytesAfterStart, at);
    }
    let (mut first_scan, mut last_scan) = (None, None);
    for segment in segments.by_ref() {
        if at > 2 || !is_behind_junk {
            picture.look_between(jpeg, at..segment.at);
        }
        at = segment.end();
        if segment.marker != Marker::SOS {
            read_segment(jpeg, picture, &segment)?;
            continue;
        }
        first_scan.get_or_insert(segment.at);
        last_scan = Some(segment.at);
        picture.scans = picture.scans.saturating_add(1);
        if picture.unchecked.is_some() {
            ScanHeader::parse(segment.parameters).ok_or(picture.contradiction(&segment))?;
            picture.is_skimmed = true;
            continue;
        }
        let scan = Some(picture.scans);
        let plan = ScanPlan::new(jpeg, picture, &segment).map_err(|kind| Damage {
            kind,
            at: segment.at,
            scan,
            mcu: None,
        })?;
        read_scan(picture, &segment, &plan)?;
    }
    let damage = |kind, at| Err(Damage { kind, at, scan: None, mcu: None });
    // Whether all entropy-coded data was read, up to the last bit of the last coefficient.
    let is_complete = picture.is_complete() && !picture.is_skimmed;
    let skipped = segments.skipped();
    if let Some(at) = skipped.reserved {
        picture.notes.add_first(Note::ReservedMarker, at);
    }
    if let Some(at) = last_scan.filter(|_| picture.is_complete()) {
        picture.notes.rename_behind(at, &REFUSED_BY_LIBJPEG, Note::LateMarker);
    }
    if let Some(at) = skipped.junk {
        picture.notes.add(Note::JunkBytes, at);
        // Perhaps it is what a scan was overwritten with.
        let is_before_scans = first_scan.is_some_and(|scan| at < scan);
        let is_harmless = is_before_scans && (picture.unchecked.is_some() || picture.is_complete());
        if !is_harmless && !is_complete {
            return damage(DamageKind::Misplaced, at);
        }
    }
    match segments.extent() {
        Extent::Foreign => damage(DamageKind::NoStart, 0),
        Extent::Partial if jpeg.is_empty() => damage(DamageKind::Empty, 0),
        Extent::Partial if jpeg.len() < 2 => damage(DamageKind::NoStart, 0),
        Extent::Partial if is_complete => {
            picture.notes.add(Note::NoEnd, jpeg.len());
            Ok(None)
        }
        Extent::Partial => damage(DamageKind::Cut, jpeg.len()),
        Extent::Broken { at } if jpeg.get(at + 1) == Some(&Marker::SOI.code()) => {
            damage(DamageKind::NewPicture, at)
        }
        Extent::Broken { at } => damage(DamageKind::Misplaced, at),
        Extent::Complete { end } => {
            picture.look_between(jpeg, at..end);
            if picture.scans == 0 || picture.frame.is_none() && picture.unchecked.is_none() {
                return damage(DamageKind::NoFrame, end - 2);
            }
            if picture.unchecked.is_some() {
                return Ok(Some(end));
            }
            match picture.missing_component() {
                Some(id) => damage(DamageKind::MissingScan(id), end - 2),
                None => Ok(Some(end)),
            }
        }
    }
}

fn read_segment(jpeg: &[u8], picture: &mut Picture, segment: &Segment<'_>) -> Result<(), Damage> {
    match segment.marker {
        Marker::DQT if !picture.quantisation.define(segment.parameters) => {
            Err(picture.contradiction(segment))
        }
        Marker::DHT => picture.huffman.define(segment.parameters).ok_or(picture.contradiction(segment)),
        Marker::DRI => match *segment.parameters {
            [high, low] => {
                picture.restart_interval = u16::from_be_bytes([high, low]);
                Ok(())
            }
            _ => Err(picture.contradiction(segment)),
        },
        Marker::DHP => {
            picture.unchecked = Some(Unchecked::Hierarchical);
            Ok(())
        }
        Marker::EXP if picture.unchecked == Some(Unchecked::Hierarchical) => Ok(()),
        Marker::DAC => {
            if !is_conditioning(segment.parameters) {
                picture.notes.add(Note::Conditioning, segment.at);
            }
            Ok(())
        }
        Marker::EXP | Marker::JPG | Marker(0xf0..=0xfd) => {
            picture.notes.add(note_of_extension(segment.marker), segment.at);
            Ok(())
        }
        marker if marker.is_frame_header() => picture.start_frame(segment),
        _ => {
            // Only COM and APPn segments get this far with such a length.
            if let Some(&[0, 0 | 1]) = jpeg.get(segment.at + 2..segment.at + 4) {
                picture.notes.add(Note::ShortSegment, segment.at);
            }
            Ok(())
        }
    }
}

/// FFmpeg reads JPG7 and JPG8, and Firefox refuses JPG.
fn note_of_extension(marker: Marker) -> Note {
    match marker.code() {
        0xf7 | 0xf8 => Note::JpegLsMarker,
        0xc8 => Note::JpgMarker,
        _ => Note::ReservedMarker,
    }
}

/// Whether libjpeg takes these parameters of a DAC segment (`get_dac`).
///
/// ```text
/// parameters := *( class-and-table value )      class 0 (DC) or 1 (AC), table 0 to 3   T.81 B.2.4.3
/// value      := high-and-low                    DC: low is not above high
/// ```
fn is_conditioning(parameters: &[u8]) -> bool {
    let (pairs, rest) = parameters.as_chunks::<2>();
    let is_right = |&[table, value]: &[u8; 2]| match table {
        0x00..=0x0f => value & 15 <= value >> 4,
        0x10..=0x1f => true,
        _ => false,
    };
    rest.is_empty() && pairs.iter().all(is_right)
}
