//! The response around the stream.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use memchr::memmem;

use super::Judge;
use crate::http::{ChunkError, ContentType, Head, Separator, Version};

impl Judge {
    /// The response head.
    pub fn head(&mut self, head: &Head) {
        match head.version {
            Version::Http10 if head.is_chunked() => {
                self.of_head("H113", "HTTP/1.0 with Transfer-Encoding: chunked".into());
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
}
