//! Judges the format of the pictures: size, sampling, quality.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::expectations::Expectations;
use super::findings::{Findings, Place};
use crate::check::content::Colour;
use crate::check::rules::content::*;
use crate::jpeg::{FrameComponent, FrameHeader, Marker, Quality, QuantisationTables, Segments};
use crate::multipart::Part;

/// Smaller differences of the quality come from rate control.
const QUALITY_PERCENT: u8 = 10;

/// The format of the pictures so far.
#[derive(Debug, Clone, Default)]
pub struct Format {
    /// Width and height of the first picture.
    pub size: Option<(u16, u16)>,
    sampling: Option<FrameHeader>,
    /// The quality of the first picture.
    quality: Option<u8>,
    /// The last luminance table, and its quality.
    table: Option<([u16; 64], u8)>,
}

impl Format {
    /// Takes the picture of the next part, and says what its components mean.
    pub fn picture(
        &mut self,
        part: &Part<'_>,
        picture: &[u8],
        expectations: &Expectations,
        findings: &mut Findings,
    ) -> Colour {
        let mut tables = QuantisationTables::default();
        let (mut app14, mut header) = (None, None);
        for segment in Segments::of(picture) {
            match segment.marker {
                Marker::DQT => {
                    // A contradiction is damage, and has a finding.
                    let _ = tables.define(segment.parameters);
                }
                Colour::APP14 => app14 = Some(segment.parameters),
                Marker::SOS => break,
                _ => header = header.or_else(|| FrameHeader::parse(segment.marker, segment.parameters)),
            }
            // The iterator returns a scan header when it has passed through the scan, which may be long.
            let rest = picture.get(segment.at + 4 + segment.parameters.len()..).unwrap_or_default();
            if header.is_some() && rest.starts_with(&[0xff, Marker::SOS.code()]) {
                break;
            }
        }
        let Some(header) = header else { return Colour::Other };
        let place = Place::in_part(part.number, part.spans.body.start);
        self.size(&header, place, expectations, findings);
        self.sampling(&header, place, findings);
        let luminance = header.components().first().and_then(|it| tables.table(it.quantisation_table));
        if let Some(table) = luminance {
            self.quality(table, place, findings);
        }
        Colour::of(&header, app14)
    }

    fn size(
        &mut self,
        header: &FrameHeader,
        place: Place,
        expectations: &Expectations,
        findings: &mut Findings,
    ) {
        // T.81 B.2.5: with a height of 0, a DNL segment after the first scan has the height.
        if header.height == 0 {
            return;
        }
        let size = (header.width, header.height);
        let first = *self.size.get_or_insert(size);
        if first != size {
            let message = format!("{}x{} after {}x{}", size.0, size.1, first.0, first.1);
            findings.note(&SIZE_CHANGE, place, message);
        }
        if let Some(asked) = expectations.size.filter(|&asked| asked != size) {
            let message = format!("{}x{} instead of {}x{}", size.0, size.1, asked.0, asked.1);
            findings.note(&SIZE_MISMATCH, place, message);
        }
    }

    fn sampling(&mut self, header: &FrameHeader, place: Place, findings: &mut Findings) {
        let first = self.sampling.get_or_insert(*header);
        let factors = |component: &FrameComponent| (component.horizontal, component.vertical);
        if !first.components().iter().map(factors).eq(header.components().iter().map(factors)) {
            let message = format!("{} after {}", name_of(header), name_of(first));
            findings.note(&SAMPLING_CHANGE, place, message);
        }
    }

    fn quality(&mut self, table: &[u16; 64], place: Place, findings: &mut Findings) {
        let percent = match &self.table {
            Some((last, percent)) if last == table => *percent,
            _ => Quality::of(table).percent,
        };
        self.table = Some((*table, percent));
        let first = *self.quality.get_or_insert(percent);
        if first.abs_diff(percent) >= QUALITY_PERCENT {
            findings.note(&QUALITY_CHANGE, place, format!("quality {percent} after {first}"));
        }
    }
}

/// `4:2:0`, or the factors of each component.
fn name_of(header: &FrameHeader) -> String {
    let factors = |component: &FrameComponent| format!("{}x{}", component.horizontal, component.vertical);
    let all = || header.components().iter().map(factors).collect::<Vec<String>>().join(" ");
    header.sampling().map_or_else(all, String::from)
}
