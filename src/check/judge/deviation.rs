//! The rules that deviations of the parser break.

use alloc::format;
use alloc::string::{String, ToString};

use super::findings::{Findings, Place};
use crate::check::rule::{Rule, Severity};
use crate::check::rules::http::{CHUNK_FRAMING, CONTENT_CODING_MISSING};
use crate::check::rules::{delimiter::*, length::*, line_end::*, part_body::*, part_head::*};
use crate::counted::Counted;
use crate::http::FieldFlaw;
use crate::multipart::{Deviation, DeviationKind, Part};

/// Most digits of a Content-Length that are kept.
const DIGITS: usize = 80;

/// The Content-Length of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Length {
    /// The part has none.
    None,
    /// The part has no head at all.
    Headless,
    /// It is below 2^64, or no number.
    Number,
    /// These digits are a number of 2^64 or more, which the parser takes as 2^64 - 1.
    Huge(String),
}

impl Length {
    /// Of a part.
    pub fn of_part(part: &Part<'_>) -> Self {
        if part.spans.head.len > 0 { Self::of(part.fields.first("content-length")) } else { Self::Headless }
    }

    /// Of the value of the field.
    fn of(field: Option<&[u8]>) -> Self {
        let Some(value) = field.map(<[u8]>::trim_ascii) else { return Self::None };
        let is_huge = value.len() >= 20
            && value.iter().all(u8::is_ascii_digit)
            && core::str::from_utf8(value).is_ok_and(|digits| digits.parse::<u64>().is_err());
        match core::str::from_utf8(&value[..value.len().min(DIGITS)]) {
            Ok(digits) if is_huge => {
                Self::Huge(if value.len() > DIGITS { format!("{digits}...") } else { digits.into() })
            }
            _ => Self::Number,
        }
    }

    /// What is wrong with it, with the number on the wire.
    fn message(&self, kind: DeviationKind) -> String {
        match (self, kind) {
            (Self::Huge(digits), DeviationKind::LengthLong { actual, .. }) => {
                format!("Content-Length is {digits}, the body has {}", Counted(actual, "byte"))
            }
            _ => kind.to_string(),
        }
    }
}

/// Judges all deviations of one part that has this Content-Length.
pub fn judge(deviations: &[Deviation], length: &Length, findings: &mut Findings) {
    let has_length = *length != Length::None;
    // What follows the last part is not known, but the parts before it were alike.
    let has_line_end = deviations.iter().all(|deviation| deviation.kind != DeviationKind::LineEndMissing)
        && !findings.has(&LINE_END_MISSING)
        && !findings.has(&LINE_END_MISSING_WITHOUT_LENGTH);
    let mut has_bare_lf = false;
    for deviation in deviations {
        // A part whose lines end in LF is one fault, not one for each line.
        let is_bare_lf = deviation.kind == DeviationKind::BareLf;
        if is_bare_lf && has_bare_lf {
            continue;
        }
        has_bare_lf |= is_bare_lf;
        let place = Place { part: deviation.part, offset: Some(deviation.offset) };
        if let DeviationKind::LengthLong { declared, actual } = deviation.kind
            && declared - actual == 2
            && !has_line_end
        {
            // It counts a line end that is missing: a reader takes two bytes of the delimiter.
            let body = Counted(actual, "byte");
            let message = format!(
                "Content-Length {declared} counts a line end after the {body} of the body; there is none"
            );
            findings.note(&CONTENT_LENGTH_COUNTS_LINE_END, place, message);
            findings.set_severity(&CONTENT_LENGTH_COUNTS_LINE_END, Severity::Error);
        } else if *length == Length::Headless
            && let DeviationKind::BareLf | DeviationKind::LineEndMissing = deviation.kind
        {
            // That the head is missing says more than that the length in it is.
            let rule = if is_bare_lf { &BARE_LF } else { &LINE_END_MISSING };
            findings.note_explained(1, rule, place, deviation.kind.to_string());
        } else if let Some(rule) = rule(deviation.kind, has_length) {
            findings.note(rule, place, length.message(deviation.kind));
        }
    }
}

/// What the parser reports once in a response, or once for each change, although it holds for all parts behind it.
pub static LASTING: [&Rule; 10] = [
    &PREAMBLE,
    &PREAMBLE_BLANK,
    &FIRST_DELIMITER_MISSING,
    &DELIMITER_MISMATCH,
    &DELIMITER_DASHES,
    &DELIMITER_WITHOUT_DASHES,
    &DELIMITER_CHANGED,
    &NO_MULTIPART,
    &CHUNK_FRAMING,
    &CONTENT_CODING_MISSING,
];

/// The rule that a preamble breaks.
pub fn preamble(is_blank: bool) -> &'static Rule {
    if is_blank { &PREAMBLE_BLANK } else { &PREAMBLE }
}

/// The rule that a deviation breaks in a part with or without Content-Length; `None` for what is no fault.
fn rule(kind: DeviationKind, has_length: bool) -> Option<&'static Rule> {
    use DeviationKind as D;
    Some(match kind {
        D::InputEndsInHead => return None,
        // Bytes after EOI are judged with the picture.
        D::PictureBegins { .. } => return None,
        D::ContentCodingMissing => &CONTENT_CODING_MISSING,
        D::ChunksMissing => &CHUNK_FRAMING,
        D::BareLf if has_length => &BARE_LF,
        D::BareLf => &BARE_LF_WITHOUT_LENGTH,
        D::DashesNotAdded => &DELIMITER_DASHES,
        D::DashesMissing => &DELIMITER_WITHOUT_DASHES,
        D::BoundaryMismatch => &DELIMITER_MISMATCH,
        D::FirstDelimiterMissing => &FIRST_DELIMITER_MISSING,
        D::DelimiterLost => &DELIMITER_LOST,
        D::DelimiterChanged => &DELIMITER_CHANGED,
        D::LineEndMissing if has_length => &LINE_END_MISSING,
        D::LineEndMissing => &LINE_END_MISSING_WITHOUT_LENGTH,
        D::BlankLines { .. } => &BLANK_LINES,
        D::Padding => &DELIMITER_PADDED,
        D::DelimiterGlued => &DELIMITER_GLUED,
        D::DelimiterDoubled => &DELIMITER_DOUBLED,
        D::CloseDelimiterFollowed => &CLOSE_DELIMITER_FOLLOWED,
        D::Field(FieldFlaw::BlankBeforeColon) => &FIELD_BLANK_BEFORE_COLON,
        D::Field(_) => &FIELD_MALFORMED,
        D::HeadMissing => &HEAD_MISSING,
        D::BlankLineBeforeHead => &BLANK_LINE_BEFORE_HEAD,
        D::BlankLineAfterHead { .. } => &BLANK_LINE_AFTER_HEAD,
        D::HeadUnterminated => &HEAD_UNTERMINATED,
        D::HeadTooLong => &HEAD_TOO_LONG,
        D::TooManyFields { .. } => &TOO_MANY_FIELDS,
        D::LengthInvalid | D::LengthShort { declared: 0, .. } => &CONTENT_LENGTH_INVALID,
        // 2^32 - 1 and above mean "unknown".
        D::LengthLong { declared, .. } if declared >= u64::from(u32::MAX) => &CONTENT_LENGTH_INVALID,
        D::LengthRepeated => &CONTENT_LENGTH_REPEATED,
        D::LengthElsewhere => &LENGTH_FIELD_UNKNOWN,
        D::LengthShort { .. } => &CONTENT_LENGTH_SHORT,
        D::LengthLong { .. } => &CONTENT_LENGTH_LONG,
        D::LengthCountsLineEnd { .. } => &CONTENT_LENGTH_COUNTS_LINE_END,
        D::BytesAfterBody { .. } | D::ResponseHead { .. } => &BYTES_AFTER_BODY,
        D::BodyTooLarge { .. } => &BODY_TOO_LARGE,
        D::NoMultipart => &NO_MULTIPART,
        D::BytesBetween { .. } => &BYTES_BETWEEN,
    })
}
