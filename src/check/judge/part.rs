//! The parts of the stream: heads and pictures.

use alloc::format;
use alloc::string::{String, ToString};
use core::time::Duration;

use super::Judge;
use super::SIZES;
use crate::check::body_damage::BodyDamage;
use crate::http::FieldFlaw;
use crate::jpeg::{FrameHeader, Note, Segments, Soundness};
use crate::multipart::{DeviationKind, Extent, Framing, Part};

impl Judge {
    pub(super) fn part(&mut self, part: &Part<'_>, arrival: Option<Duration>) {
        self.parts += 1;
        let has_length = part.fields.first("content-length").is_some();
        self.last_has_length = has_length;
        self.settle_bare_lf();
        let place = (Some(part.number), Some(part.spans.body.start));
        let damage = BodyDamage::of(part);
        if part.framing == Framing::EndOfInput && damage.is_some() {
            let message = format!("the input ends after {} bytes of the body", part.body.len());
            return self.note("M240", place.0, place.1, message);
        }
        if part.body.is_empty() {
            return self.note("M227", place.0, place.1, "the part has no body".into());
        }
        if BodyDamage::is_not_a_picture(part) {
            let kind =
                String::from_utf8_lossy(part.fields.first("content-type").unwrap_or_default()).into_owned();
            return self.note("M226", place.0, place.1, format!("a part of type {kind}"));
        }
        // A picture without a head is one finding, not three.
        if part.spans.head.len > 0 {
            self.part_fields(part, has_length);
        }
        match damage {
            Some(damage) => self.damaged(part, damage),
            None => self.picture(part, arrival),
        }
    }

    fn part_fields(&mut self, part: &Part<'_>, has_length: bool) {
        let place = (Some(part.number), Some(part.spans.head.start));
        match part.fields.first("content-type") {
            None => self.note("M223", place.0, place.1, "the part has no Content-Type".into()),
            Some(value) if value.eq_ignore_ascii_case(b"image/jpeg") => {}
            Some(value) => {
                let kind = value.split(|&b| b == b';').next().unwrap_or_default().trim_ascii();
                let code = if kind.eq_ignore_ascii_case(b"image/jpeg") { "M225" } else { "M224" };
                let message = format!("Content-Type: {}", String::from_utf8_lossy(value));
                self.note(code, place.0, place.1, message);
            }
        }
        let head = part.fields.head();
        let glued = part.fields.lines().iter().find(|line| {
            head[line.name.clone()].eq_ignore_ascii_case(b"content-type")
                && line.value.start == line.name.end + 1
        });
        if glued.is_some() {
            self.note("M233", place.0, place.1, "no blank behind `Content-Type:`".into());
        }
        if !has_length {
            self.note("M206", place.0, place.1, "the part has no Content-Length".into());
        }
    }

    fn damaged(&mut self, part: &Part<'_>, damage: BodyDamage) {
        let code = match damage {
            BodyDamage::Empty => "M227",
            BodyDamage::NoSoi => "J301",
            BodyDamage::NoFrame => "J308",
            BodyDamage::Broken { .. } => "J305",
            BodyDamage::NoEoi if self.lacks_only_eoi(part.body) => "J303",
            BodyDamage::NoEoi => "J302",
        };
        self.note(code, Some(part.number), Some(part.spans.body.start), damage.to_string());
    }

    fn lacks_only_eoi(&mut self, body: &[u8]) -> bool {
        self.scratch.clear();
        self.scratch.extend_from_slice(body);
        self.scratch.extend_from_slice(&[0xff, 0xd9]);
        matches!(self.checker.check(&self.scratch), Soundness::Sound(_))
    }

    fn picture(&mut self, part: &Part<'_>, arrival: Option<Duration>) {
        let (number, start) = (Some(part.number), part.spans.body.start);
        self.pictures += 1;
        if let Some(arrival) = arrival {
            self.times.push(arrival);
        }
        if self.sizes.len() < SIZES {
            self.sizes.push(part.body.len() as u64);
        }
        if let Extent::Complete { end } = part.extent {
            let behind = part.body.len() - end;
            if behind > 0 {
                self.note("J304", number, Some(start + end as u64), format!("{behind} bytes behind EOI"));
            }
        }
        if let Some(at) = self.dash_boundary.as_ref().and_then(|finder| finder.find(part.body)) {
            self.note("M239", number, Some(start + at as u64), "the boundary stands in the picture".into());
        }
        if self.last_picture == part.body {
            self.identical += 1;
        } else {
            self.last_picture.clear();
            self.last_picture.extend_from_slice(part.body);
        }
        self.picture_size(part);
        if self.expectations.deep {
            self.entropy(part);
        }
    }

    fn picture_size(&mut self, part: &Part<'_>) {
        let header = Segments::of(part.body)
            .find_map(|segment| FrameHeader::parse(segment.marker, segment.parameters));
        // A height of 0 stands in a DNL segment behind the scan.
        let Some(header) = header.filter(|header| header.height > 0) else { return };
        let size = (header.width, header.height);
        let place = (Some(part.number), Some(part.spans.body.start));
        match self.size {
            None => self.size = Some(size),
            Some(first) if first != size => {
                let message = format!("{}x{} after {}x{}", size.0, size.1, first.0, first.1);
                self.note("C502", place.0, place.1, message);
            }
            Some(_) => {}
        }
        if let Some(asked) = self.expectations.size.filter(|&asked| asked != size) {
            let message = format!("{}x{} instead of {}x{}", size.0, size.1, asked.0, asked.1);
            self.note("C501", place.0, place.1, message);
        }
    }

    fn entropy(&mut self, part: &Part<'_>) {
        let place = (Some(part.number), part.spans.body.start);
        match self.checker.check(part.body) {
            Soundness::Damaged(damage) => {
                self.note("J306", place.0, Some(place.1 + damage.at as u64), damage.to_string());
            }
            Soundness::Sound(notes) if notes.contains(Note::StandardTables) => {
                self.note("J307", place.0, Some(place.1), "the JPEG has no Huffman tables".into());
            }
            _ => {}
        }
    }
}

/// The rule that a deviation breaks; `None` for a bare LF, which waits for its part, and for what is
/// no fault.
pub(super) fn code_of(kind: DeviationKind, has_length: bool) -> Option<&'static str> {
    use DeviationKind::*;
    Some(match kind {
        BareLf | InputEndsInHead => return None,
        DashesNotAdded => "M214",
        DashesMissing => "M215",
        BoundaryMismatch => "M213",
        FirstDelimiterMissing => "M202",
        DelimiterLost => "M244",
        DelimiterChanged => "M216",
        LineEndMissing if has_length => "M211",
        LineEndMissing => "M212",
        BlankLines { .. } => "M221",
        Padding => "M217",
        DelimiterGlued => "M218",
        DelimiterDoubled => "M219",
        CloseDelimiterFollowed => "M220",
        Field(FieldFlaw::BlankBeforeColon) => "M242",
        Field(_) => "M232",
        HeadMissing => "M228",
        BlankLineBeforeHead => "M230",
        BlankLineAfterHead { .. } => "M231",
        HeadUnterminated => "M229",
        HeadTooLong => "M234",
        TooManyFields { .. } => "M235",
        LengthInvalid | LengthShort { declared: 0, .. } => "M207",
        // 2^32 - 1 and above stand for "unknown".
        LengthLong { declared, .. } if declared >= u64::from(u32::MAX) => "M207",
        LengthRepeated => "M208",
        LengthElsewhere => "M243",
        LengthShort { .. } => "M203",
        LengthLong { .. } => "M204",
        LengthCountsLineEnd { .. } => "M205",
        BytesAfterBody { .. } => "M222",
        BodyTooLarge { .. } => "M236",
        NoMultipart => "M237",
        BytesBetween { .. } => "M238",
    })
}
