//! Judges the response head.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use memchr::memmem;

use super::body_length::rule_of_length;
use super::findings::{Findings, Place};
use crate::check::rules::carrier::{CROSS_ORIGIN_REFUSED, FETCH_IN_WEBKIT};
use crate::check::rules::http::*;
use crate::consumers::{HeadStart, LengthFlaw, ResponseHead};
use crate::http::{ChunkError, ContentType, Head, Separator, Version};
use crate::multipart::Part;

/// Judges the response head.
pub fn head(head: &Head, findings: &mut Findings) {
    match head.version {
        Version::Http10 if head.is_chunked() => {
            findings.note(&CHUNKED_UNDER_HTTP10, Place::STREAM, "HTTP/1.0 with Transfer-Encoding: chunked");
        }
        Version::Icy | Version::Other => {
            findings.note(&STATUS_LINE, Place::STREAM, format!("status {} {}", head.status, head.reason));
        }
        _ => {}
    }
    if head.bare_lf {
        findings.note(&HEAD_BARE_LF, Place::STREAM, "a line of the response head ends in a bare LF");
    }
    for line in head.fields().lines() {
        if let Some(flaw) = line.flaw {
            findings.note(&HEAD_FIELD, Place::STREAM, format!("response head: {flaw}"));
        }
    }
    match head.fields().first("content-type") {
        None => findings.note(&CONTENT_TYPE_MISSING, Place::STREAM, "no Content-Type"),
        Some(value) => content_type(value, findings),
    }
    if let Some(length) = head.text("content-length") {
        let shown = format!("Content-Length: {length}");
        match ResponseHead::of(head).length_flaw {
            // HTTP/1.0 has no chunks: the length counts.
            Some(LengthFlaw::WithChunks) if head.version == Version::Http10 => {
                findings.note(rule_of_length(length.trim() == "0"), Place::STREAM, shown);
            }
            Some(flaw) => findings.note(&BODY_LENGTH_INVALID, Place::STREAM, format!("{shown}: {flaw}")),
            None => findings.note(rule_of_length(length.trim() == "0"), Place::STREAM, shown),
        }
    }
}

/// Notes what keeps a response from viewers that use `fetch`.
pub fn carried(head: &Head, obstacles: &mut Findings) {
    let mut origins = head.fields().all("access-control-allow-origin").map(<[u8]>::trim_ascii);
    let message = match (origins.next(), origins.next()) {
        (None, _) => Some("no Access-Control-Allow-Origin".into()),
        (Some(_), Some(_)) => Some("several Access-Control-Allow-Origin fields".into()),
        // A browser compares the whole value with the origin of the page.
        (Some(origin), None) if origin.is_empty() || origin.contains(&b',') || origin.contains(&b' ') => {
            Some(format!("Access-Control-Allow-Origin: {}", String::from_utf8_lossy(origin)))
        }
        (Some(_), None) => None,
    };
    if let Some(message) = message {
        obstacles.note(&CROSS_ORIGIN_REFUSED, Place::STREAM, message);
    }
    let content_type = head.fields().first("content-type").map(ContentType::parse);
    if content_type.is_some_and(|content_type| content_type.is_mixed_replace()) {
        obstacles.note(&FETCH_IN_WEBKIT, Place::STREAM, "the response is multipart/x-mixed-replace");
    }
}

/// Notes what the response has instead of a status line.
pub fn start(start: HeadStart, findings: &mut Findings) {
    match start {
        HeadStart::StatusLine => {}
        HeadStart::BlankLine => {
            findings.note(&EMPTY_LINE_BEFORE_STATUS, Place::STREAM, "an empty line before the status line");
        }
        HeadStart::Body => {
            findings.note(
                &RESPONSE_HEAD_MISSING,
                Place::STREAM,
                "the response has no head: the body comes at once",
            );
        }
    }
}

/// Judges where a part ends, if the response has a Content-Length.
pub fn part_end(part: &Part<'_>, length: Option<u64>, findings: &mut Findings) {
    let end = part.spans.body.end();
    if let Some(length) = length.filter(|&length| length < end) {
        let message = format!("Content-Length of the response: {length}, a part ends at byte {end}");
        findings.note(&BODY_LENGTH_SHORT, Place::in_part(part.number, part.spans.body.start), message);
    }
}

fn content_type(value: &[u8], findings: &mut Findings) {
    let content_type = ContentType::parse(value);
    let shown = || format!("Content-Type: {}", String::from_utf8_lossy(value));
    if !content_type.is_mixed_replace() {
        findings.note(&CONTENT_TYPE_NOT_MIXED_REPLACE, Place::STREAM, shown());
    }
    // A boundary has one character at least (RFC 2046 5.1.1).
    let Some(boundary) = content_type.boundary.as_ref().filter(|it| !it.value.is_empty()) else {
        if content_type.is_mixed_replace() {
            findings.note(&BOUNDARY_MISSING, Place::STREAM, shown());
        }
        return;
    };
    let broken = [
        (&BOUNDARY_NAME_CASE, boundary.name != b"boundary"),
        (&BOUNDARY_BLANK_AT_EQUALS, boundary.blank_at_equals),
        (&BOUNDARY_NOT_FIRST, boundary.separator == Separator::Parameter),
        (&BOUNDARY_NOT_LAST, boundary.followed),
        (&BOUNDARY_SEPARATOR, boundary.separator == Separator::Other),
        (&BOUNDARY_QUOTED, boundary.quoted),
        (&BOUNDARY_TOO_LONG, boundary.value.len() > 70),
    ];
    for (rule, _) in broken.into_iter().filter(|&(_, is_broken)| is_broken) {
        findings.note(rule, Place::STREAM, shown());
    }
}

/// A finder of the dash-boundary that the head announces, to search pictures for it.
pub fn dash_boundary(head: &Head) -> Option<memmem::Finder<'static>> {
    let boundary = ContentType::parse(head.fields().first("content-type")?).boundary?;
    if boundary.value.is_empty() {
        return None;
    }
    let mut needle = if boundary.value.starts_with(b"--") { Vec::new() } else { b"--".to_vec() };
    needle.extend_from_slice(&boundary.value);
    Some(memmem::Finder::new(&needle).into_owned())
}

/// Notes the place where the chunk framing is broken.
pub fn chunk_error(error: &ChunkError, findings: &mut Findings) {
    findings.note(&CHUNK_FRAMING, Place::STREAM, error.to_string());
}
