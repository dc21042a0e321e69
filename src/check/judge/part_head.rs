//! Judges the fields of a part.

use alloc::format;
use alloc::string::String;

use super::findings::{Findings, Place};
use crate::check::rules::length::CONTENT_LENGTH_MISSING;
use crate::check::rules::part_head::*;
use crate::multipart::Part;

/// Judges the fields of `part`, which has a head.
pub fn judge(part: &Part<'_>, findings: &mut Findings) {
    let place = Place::in_part(part.number, part.spans.head.start);
    match part.fields.first("content-type") {
        None => findings.note(&PART_TYPE_MISSING, place, "the part has no Content-Type"),
        Some(value) if value.eq_ignore_ascii_case(b"image/jpeg") => {}
        Some(value) => {
            let kind = value.split(|&b| b == b';').next().unwrap_or_default().trim_ascii();
            let is_jpeg = kind.eq_ignore_ascii_case(b"image/jpeg");
            let rule = if is_jpeg { &PART_TYPE_PARAMETER } else { &PART_TYPE_NOT_JPEG };
            findings.note(rule, place, format!("Content-Type: {}", String::from_utf8_lossy(value)));
        }
    }
    let head = part.fields.head();
    let is_glued = part.fields.lines().iter().any(|line| {
        head[line.name.clone()].eq_ignore_ascii_case(b"content-type") && line.value.start == line.name.end + 1
    });
    if is_glued {
        findings.note(&FIELD_WITHOUT_BLANK, place, "no blank after `Content-Type:`");
    }
    if part.fields.first("content-length").is_none() {
        findings.note(&CONTENT_LENGTH_MISSING, place, "the part has no Content-Length");
    }
}
