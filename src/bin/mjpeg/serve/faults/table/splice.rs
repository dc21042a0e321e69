//! Changes of the bytes of a JPEG.

use std::ops::Range;

use mjpeg::jpeg::{Marker, Segment, Segments};

use super::super::random::Random;

/// The segment of this kind, from its marker to its last parameter.
pub fn segment(jpeg: &[u8], marker: Marker) -> Option<Range<usize>> {
    let found = Segments::of(jpeg).find(|segment| segment.marker == marker)?;
    Some(found.at..found.at + 4 + found.parameters.len())
}

/// The frame header, whatever its coding.
pub fn frame_header(jpeg: &[u8]) -> Option<Range<usize>> {
    [Marker::SOF0, Marker::SOF1, Marker::SOF2].into_iter().find_map(|marker| segment(jpeg, marker))
}

/// The entropy-coded data of the first scan.
pub fn scan(jpeg: &[u8]) -> Option<Range<usize>> {
    Some(Segments::of(jpeg).find(|segment| segment.marker == Marker::SOS)?.entropy_coded)
}

/// An offset in the middle of the scan: a restart marker, or the one so many behind it, if there are some.
pub fn half(jpeg: &[u8], behind: usize) -> Option<usize> {
    let scan = scan(jpeg)?;
    let is_restart = |two: &[u8]| two[0] == 0xff && (0xd0..=0xd7).contains(&two[1]);
    let restarts = jpeg[scan.clone()].windows(2).enumerate().filter(|(_, two)| is_restart(two));
    let restarts: Vec<usize> = restarts.map(|(at, _)| scan.start + at).collect();
    match restarts.get(restarts.len() / 2 + behind) {
        Some(at) => Some(*at),
        None => (scan.start + scan.len() / 2..scan.end).find(|at| jpeg[*at] != 0 && jpeg[at - 1] != 0xff),
    }
}

/// Where the segments begin: behind the last SOI at the start.
pub fn behind_soi(jpeg: &[u8]) -> usize {
    let first = jpeg.windows(2).position(|two| two == b"\xff\xd8").unwrap_or_default();
    let soi = jpeg[first..].chunks_exact(2).take_while(|two| *two == b"\xff\xd8").count();
    first + soi * 2
}

/// With bytes before this offset.
pub fn inserted(jpeg: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let at = at.min(jpeg.len());
    [&jpeg[..at], bytes, &jpeg[at..]].concat()
}

/// Without these bytes.
pub fn without(jpeg: &[u8], range: Range<usize>) -> Vec<u8> {
    [&jpeg[..range.start], &jpeg[range.end..]].concat()
}

/// With these bytes at an offset.
pub fn with(jpeg: &[u8], at: usize, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut jpeg = jpeg.to_vec();
    jpeg.get_mut(at..at + bytes.len())?.copy_from_slice(bytes);
    Some(jpeg)
}

/// With the quantisation tables before the frame header: some encoders write them behind it.
pub fn with_tables_first(jpeg: &[u8]) -> Vec<u8> {
    let is_table = |segment: &Segment<'_>| segment.marker == Marker::DQT;
    let range = |segment: Segment<'_>| segment.at..segment.at + 4 + segment.parameters.len();
    let tables: Vec<Range<usize>> = Segments::of(jpeg).filter(is_table).map(range).collect();
    let Some(header) = frame_header(jpeg) else { return jpeg.to_vec() };
    let moved: Vec<&Range<usize>> = tables.iter().filter(|table| table.start > header.start).collect();
    let bytes: Vec<u8> = moved.iter().flat_map(|table| jpeg[(*table).clone()].iter().copied()).collect();
    let mut out = jpeg.to_vec();
    moved.iter().rev().for_each(|table| drop(out.drain((*table).clone())));
    inserted(&out, header.start, &bytes)
}

/// A segment with a marker and its length.
pub fn new_segment(marker: u8, parameters: &[u8]) -> Vec<u8> {
    let length = u16::try_from(parameters.len() + 2).unwrap_or(u16::MAX);
    [&[0xff, marker], &length.to_be_bytes()[..], parameters].concat()
}

/// A range of `length` bytes in the scan from a random place in its first half on, whose edges do not touch a byte FF: else
/// the change would make or break a marker.
pub fn inside_scan(jpeg: &[u8], length: usize, random: &mut Random) -> Option<Range<usize>> {
    inside(jpeg, &scan(jpeg)?, length, random)
}

/// The same in a scan that was found before.
pub fn inside(jpeg: &[u8], scan: &Range<usize>, length: usize, random: &mut Random) -> Option<Range<usize>> {
    let length = length.min(scan.len() / 3);
    let from = scan.start + scan.len() / 6;
    let start = from + random.below(scan.len() / 3);
    let is_plain = |at: usize| jpeg.get(at).is_some_and(|byte| *byte != 0xff);
    let is_free = |at: &usize| is_plain(at - 1) && is_plain(*at);
    let start = (start..scan.end).find(is_free)?;
    let end = (start + length.max(1)..scan.end).find(is_free)?;
    Some(start..end)
}
