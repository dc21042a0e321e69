//! Judges the response head.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use memchr::memmem;

use super::findings::{Findings, Place};
use crate::check::rules::http::*;
use crate::http::{ChunkError, ContentType, Head, Separator, Version};

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
        let rule = if length.trim() == "0" { &BODY_LENGTH_ZERO } else { &BODY_LENGTH };
        findings.note(rule, Place::STREAM, format!("Content-Length: {length}"));
    }
}

fn content_type(value: &[u8], findings: &mut Findings) {
    let content_type = ContentType::parse(value);
    let shown = || format!("Content-Type: {}", String::from_utf8_lossy(value));
    if !content_type.is_mixed_replace() {
        findings.note(&CONTENT_TYPE_NOT_MIXED_REPLACE, Place::STREAM, shown());
    }
    let Some(boundary) = &content_type.boundary else {
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
