//! Observations in, findings out.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use memchr::memmem;

use super::body_damage::BodyDamage;
use super::consumer::Effects;
use super::report::{Finding, Frames, Report};

use super::rules::find;
use crate::http::{ChunkError, ContentType, FieldFlaw, Head, Separator, Version};
use crate::jpeg::{Checker, FrameHeader, Segments, Soundness};
use crate::multipart::{Deviation, DeviationKind, Event, Extent, Framing, Part};
use crate::stats::FrameTimes;

/// Most bodies whose sizes are kept for the median.
const SIZES: usize = 1 << 16;
/// So many equal pictures in a row, and no other, are called frozen.
const FROZEN: u64 = 10;

/// What a stream must fulfil beyond the rules that hold for all.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Expectations {
    /// No gap longer than this.
    pub max_gap: Option<Duration>,
    /// At least so many frames a second.
    pub min_fps: Option<f64>,
    /// All pictures of this width and height.
    pub size: Option<(u16, u16)>,
    /// Whether every picture's entropy-coded data is walked.
    pub deep: bool,
}

/// Judges one stream. Tell it the response head, then each event; then ask for the report.
///
/// ```
/// use mjpeg::check::{Expectations, Judge};
/// use mjpeg::http::Head;
///
/// let mut judge = Judge::new(Expectations::default());
/// judge.head(&Head::parse(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n")?.unwrap());
/// let report = judge.finish();
/// assert_eq!(report.findings[0].rule.code, "H102");
/// # Ok::<(), mjpeg::http::HeadError>(())
/// ```
#[derive(Debug)]
pub struct Judge {
    expectations: Expectations,
    findings: BTreeMap<&'static str, Finding>,
    /// The announced boundary with its dashes, to look for in pictures.
    dash_boundary: Option<memmem::Finder<'static>>,
    parts: u64,
    pictures: u64,
    times: FrameTimes,
    sizes: Vec<u64>,
    size: Option<(u16, u16)>,
    last_picture: Vec<u8>,
    identical: u64,
    /// A bare LF before the part that comes next: whether it has a length decides what it does.
    bare_lf: Option<Deviation>,
    last_has_length: bool,
    checker: Checker,
    scratch: Vec<u8>,
}

impl Judge {
    /// A judge who has seen nothing.
    pub fn new(expectations: Expectations) -> Self {
        Self {
            expectations,
            findings: BTreeMap::new(),
            dash_boundary: None,
            parts: 0,
            pictures: 0,
            times: FrameTimes::default(),
            sizes: Vec::new(),
            size: None,
            last_picture: Vec::new(),
            identical: 0,
            bare_lf: None,
            last_has_length: true,
            checker: Checker::new(),
            scratch: Vec::new(),
        }
    }

    /// The response head.
    pub fn head(&mut self, head: &Head) {
        match head.version {
            Version::Http10 if head.is_chunked() => {
                self.of_head("H113", "HTTP/1.0 with Transfer-Encoding: chunked".into())
            }
            Version::Icy | Version::Other => {
                self.of_head("H115", format!("status {} {}", head.status, head.reason));
            }
            _ => {}
        }
        if head.bare_lf {
            self.of_head("H116", "a line of the response head ends in a bare LF".into());
        }
        for line in head.fields().lines() {
            if let Some(flaw) = line.flaw {
                self.of_head("H117", format!("response head: {flaw}"));
            }
        }
        match head.fields().first("content-type") {
            None => self.of_head("H101", "no Content-Type".into()),
            Some(value) => self.content_type(value),
        }
        if let Some(length) = head.text("content-length") {
            let code = if length.trim() == "0" { "H111" } else { "H112" };
            self.of_head(code, format!("Content-Length: {length}"));
        }
    }

    fn content_type(&mut self, value: &[u8]) {
        let content_type = ContentType::parse(value);
        let shown = || format!("Content-Type: {}", String::from_utf8_lossy(value));
        if !content_type.is_mixed_replace() {
            self.of_head("H102", shown());
        }
        let Some(boundary) = &content_type.boundary else {
            if content_type.is_mixed_replace() {
                self.of_head("H103", shown());
            }
            return;
        };
        let broken = [
            ("H104", boundary.name != b"boundary"),
            ("H105", boundary.blank_at_equals),
            ("H106", boundary.separator == Separator::Parameter),
            ("H107", boundary.followed),
            ("H108", boundary.separator == Separator::Other),
            ("H109", boundary.quoted),
            ("H110", boundary.value.len() > 70),
        ];
        for (code, _) in broken.iter().filter(|(_, is_broken)| *is_broken) {
            self.of_head(code, shown());
        }
        if !boundary.value.is_empty() {
            let mut needle = if boundary.value.starts_with(b"--") { Vec::new() } else { b"--".to_vec() };
            needle.extend_from_slice(&boundary.value);
            self.dash_boundary = Some(memmem::Finder::new(&needle).into_owned());
        }
    }

    /// The chunk framing broke here.
    pub fn chunk_error(&mut self, error: &ChunkError) {
        self.of_head("H114", error.to_string());
    }

    /// The next event of the parser. `arrival`: when its last byte came, if that is known.
    pub fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) {
        match event {
            Event::Preamble { span, bytes } if bytes.iter().all(|b| b"\r\n".contains(b)) => {
                let message = format!("{} bytes of line ends before the first delimiter", span.len);
                self.note("M241", None, Some(span.start), message);
            }
            Event::Preamble { span, .. } => {
                let message = format!("{} bytes before the first delimiter", span.len);
                self.note("M201", None, Some(span.start), message);
            }
            Event::Deviation(deviation) => self.deviation(deviation),
            Event::Part(part) => self.part(part, arrival),
            Event::CloseDelimiter(_) | Event::Epilogue(_) => {}
        }
    }

    fn deviation(&mut self, deviation: &Deviation) {
        let Some(code) = code_of(deviation.kind, self.last_has_length) else {
            if deviation.kind == DeviationKind::BareLf {
                self.bare_lf.get_or_insert(*deviation);
            }
            return;
        };
        self.note(code, deviation.part, Some(deviation.offset), deviation.kind.to_string());
    }

    fn part(&mut self, part: &Part<'_>, arrival: Option<Duration>) {
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
            Soundness::Sound(leniencies) if leniencies.standard_tables => {
                self.note("J307", place.0, Some(place.1), "the JPEG has no Huffman tables".into());
            }
            _ => {}
        }
    }

    fn settle_bare_lf(&mut self) {
        if let Some(deviation) = self.bare_lf.take() {
            let code = if self.last_has_length { "M209" } else { "M210" };
            self.note(code, deviation.part, Some(deviation.offset), deviation.kind.to_string());
        }
    }

    fn of_head(&mut self, code: &'static str, message: String) {
        self.note(code, None, None, message);
    }

    fn note(&mut self, code: &'static str, part: Option<u64>, offset: Option<u64>, message: String) {
        if let Some(finding) = self.findings.get_mut(code) {
            finding.count += 1;
        } else if let Some(rule) = find(code) {
            self.findings.insert(code, Finding { rule, count: 1, part, offset, message });
        }
    }

    /// The report.
    pub fn finish(mut self) -> Report {
        self.settle_bare_lf();
        if self.findings.contains_key("M237") {
            // What stands before the first unframed picture is its record, no preamble.
            self.findings.remove("M201");
        }
        let timing = self.times.timing(self.expectations.max_gap);
        if let Some(timing) = &timing {
            let gap = timing.gap_max.as_millis();
            if timing.stalls > 0 {
                let limit = timing.max_gap.as_millis();
                let code = if self.expectations.max_gap.is_some() { "T402" } else { "T401" };
                let message = format!("a gap of {gap} ms, the limit is {limit} ms");
                self.note(code, None, None, message);
                self.set_count(code, timing.stalls);
            }
            if let Some(min) = self.expectations.min_fps.filter(|&min| timing.fps < min) {
                self.note("T403", None, None, format!("{:.2} frames a second, asked for {min}", timing.fps));
            }
        }
        if self.identical + 1 >= FROZEN && self.identical + 1 == self.pictures {
            self.note("C503", None, None, format!("all {} pictures are the same", self.pictures));
        }
        self.report(timing)
    }

    fn set_count(&mut self, code: &str, count: u64) {
        if let Some(finding) = self.findings.get_mut(code) {
            finding.count = count;
        }
    }

    fn report(mut self, timing: Option<crate::stats::Timing>) -> Report {
        self.sizes.sort_unstable();
        let bytes_p50 = self.sizes.get((self.sizes.len().max(1) - 1) / 2).copied();
        let mut findings: Vec<Finding> = self.findings.into_values().collect();
        findings.sort_by_key(|finding| core::cmp::Reverse(finding.severity()));
        let effects =
            findings.iter().fold(Effects::NONE, |effects, finding| effects.and(finding.rule.effects));
        Report {
            findings,
            parts: self.parts,
            pictures: self.pictures,
            timing,
            effects,
            frames: Frames { size: self.size, bytes_p50, identical: self.identical },
        }
    }
}

/// The rule that a deviation breaks; `None` for a bare LF, which waits for its part, and for what is
/// no fault.
fn code_of(kind: DeviationKind, has_length: bool) -> Option<&'static str> {
    use DeviationKind::*;
    Some(match kind {
        BareLf | InputEndsInHead => return None,
        DashesNotAdded => "M214",
        DashesMissing => "M215",
        BoundaryMismatch => "M213",
        FirstDelimiterMissing => "M202",
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
        LengthElsewhere { .. } => "M243",
        LengthShort { .. } => "M203",
        LengthLong { .. } => "M204",
        LengthCountsLineEnd { .. } => "M205",
        BytesAfterBody { .. } => "M222",
        BodyTooLarge { .. } => "M236",
        NoMultipart => "M237",
        BytesBetween { .. } => "M238",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::rule::Severity;
    use crate::check::rules::rules;

    #[test]
    fn every_code_that_is_used_is_in_the_table() {
        let source = include_str!("judge.rs");
        let quoted = source.split('"').skip(1).step_by(2);
        let codes: Vec<&str> = quoted
            .filter(|text| {
                text.len() == 4 && "HMJTC".contains(&text[..1]) && text[1..].parse::<u16>().is_ok()
            })
            .collect();
        assert!(codes.len() > 60, "{}", codes.len());
        for code in &codes {
            assert!(find(code).is_some(), "{code}");
        }
        for rule in rules() {
            assert!(codes.contains(&rule.code), "nothing finds {}", rule.code);
        }
    }

    #[test]
    fn findings_come_worst_first() {
        let mut judge = Judge::new(Expectations::default());
        judge.head(&Head::parse(b"HTTP/1.1 200 OK\nContent-Type: x/y\n\n").unwrap().unwrap());
        let report = judge.finish();
        let severities: Vec<Severity> = report.findings.iter().map(Finding::severity).collect();
        assert_eq!(severities, [Severity::Error, Severity::Warning]);
        assert_eq!(report.worst(), Some(Severity::Error));
    }
}
