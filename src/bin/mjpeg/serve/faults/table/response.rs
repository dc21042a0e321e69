//! Faults of the head of the response.

use super::super::edit::{Out, add_fields, content_type, response, with_each_line, without_field};
use super::super::entry::{Act, Coding, Entry};
use super::super::item::Tag;
use super::boundary::{Boundary, boundary};
use super::row::row;

/// Characters that make a boundary too long: RFC 2046 5.1.1 allows 70.
const LONG: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

const fn entry(name: &'static str, act: fn(&mut Vec<u8>), rule: &'static str, help: &'static str) -> Entry {
    row(name, Act::Head(act), rule, help)
}

/// Sets the Content-Length of a response: that of another fault is replaced.
fn length(head: &mut Vec<u8>, lines: &str) {
    response(head, &|head| without_field(head, "Content-Length"));
    add_fields(head, lines);
}

pub const ENTRIES: &[Entry] = &[
    entry(
        "content-type-missing",
        |head| response(head, &|head| without_field(head, "Content-Type")),
        "content-type-missing",
        "the response has no Content-Type",
    ),
    entry(
        "content-type-wrong",
        |head| content_type(head, &|value| value.replace("x-mixed-replace", "mixed")),
        "content-type-not-mixed-replace",
        "the media type is multipart/mixed",
    ),
    entry(
        "boundary-missing",
        |head| content_type(head, &|value| Boundary::of(value).map_or(value.into(), |it| it.without())),
        "boundary-missing",
        "the Content-Type has no boundary",
    ),
    entry(
        "boundary-wrong",
        |head| boundary(head, &|it| it.value = "other".into()),
        "delimiter-mismatch",
        "the Content-Type announces another boundary",
    ),
    entry(
        "boundary-with-dashes",
        |head| boundary(head, &|it| it.value.insert_str(0, "--")),
        "delimiter-dashes",
        "the announced boundary has the two dashes of the delimiter",
    ),
    entry(
        "boundary-upper-case",
        |head| boundary(head, &|it| it.name = "Boundary".into()),
        "boundary-name-case",
        "the parameter is named Boundary",
    ),
    entry(
        "boundary-blanks",
        |head| boundary(head, &|it| it.equals = " = ".into()),
        "boundary-blank-at-equals",
        "blanks around the = of the boundary",
    ),
    entry(
        "boundary-not-first",
        |head| boundary(head, &|it| it.before += "charset=utf-8; "),
        "boundary-not-first",
        "another parameter before the boundary",
    ),
    entry(
        "boundary-not-last",
        |head| boundary(head, &|it| it.behind.push(';')),
        "boundary-not-last",
        "a semicolon after the boundary",
    ),
    entry(
        "boundary-comma",
        |head| boundary(head, &|it| it.before = it.before.replacen(';', ",", 1)),
        "boundary-separator",
        "a comma before the boundary",
    ),
    entry(
        "boundary-quoted",
        |head| boundary(head, &|it| it.quote = "\""),
        "boundary-quoted",
        "the boundary is quoted",
    ),
    row(
        "boundary-too-long",
        Act::Both(
            |head| boundary(head, &|it| it.value += LONG),
            |target| match target.tag {
                Tag::Delimiter => target.delimiter(&|text| with_each_line(text, LONG)),
                Tag::Close => {
                    let text = String::from_utf8_lossy(target.bytes);
                    let name = text.trim_end().strip_suffix("--")?;
                    let rest = &text[name.len()..];
                    Some(vec![Out::As(format!("{name}{LONG}{rest}").into_bytes())])
                }
                _ => None,
            },
        ),
        "boundary-too-long",
        "a boundary of more than 200 characters",
    ),
    entry(
        "response-length-zero",
        |head| length(head, "Content-Length: 0\r\n"),
        "body-length-zero",
        "the response says Content-Length: 0",
    ),
    entry(
        "response-length",
        |head| length(head, "Content-Length: 999999999999\r\n"),
        "body-length",
        "the response has a Content-Length that it never reaches",
    ),
    entry(
        "response-length-short",
        |head| length(head, "Content-Length: 20000\r\n"),
        "body-length-short",
        "the response goes on after its Content-Length",
    ),
    entry(
        "response-length-negative",
        |head| length(head, "Content-Length: -1\r\n"),
        "body-length-invalid",
        "the response says Content-Length: -1",
    ),
    entry(
        "response-length-twice",
        |head| length(head, "Content-Length: 999999999999\r\nContent-Length: 99999999\r\n"),
        "body-length-invalid",
        "the response has two different Content-Length fields",
    ),
    row(
        "chunks-missing",
        Act::Coding(
            |head| {
                response(head, &|head| without_field(head, "Transfer-Encoding"));
                add_fields(head, "Transfer-Encoding: chunked\r\n");
            },
            Coding::Identity,
        ),
        "chunk-framing",
        "the response announces chunks, but has none",
    ),
    row(
        "chunks-under-http10",
        Act::Coding(
            |head| {
                response(head, &|head| {
                    without_field(head, "Transfer-Encoding").replacen("HTTP/1.1", "HTTP/1.0", 1)
                });
                add_fields(head, "Transfer-Encoding: chunked\r\n");
            },
            Coding::Chunked,
        ),
        "chunked-under-http10",
        "chunks in a response of HTTP/1.0",
    ),
    entry(
        "gzip-missing",
        |head| add_fields(head, "Content-Encoding: gzip\r\n"),
        "content-coding-missing",
        "the response announces gzip, but is not compressed",
    ),
    entry(
        "response-blank-line",
        |head| response(head, &|head| format!("\r\n{head}")),
        "empty-line-before-status",
        "an empty line before the status line",
    ),
    entry(
        "status-line",
        // Without a head there is no status line.
        |head| {
            if !head.is_empty() {
                response(head, &|head| format!("ICY{}", head.trim_start_matches(|c| c != ' ')));
            }
        },
        "status-line",
        "the status line is ICY 200 OK",
    ),
    entry(
        "response-lf",
        |head| response(head, &|head| head.replace("\r\n", "\n")),
        "head-bare-lf",
        "the lines of the response head end in LF",
    ),
    entry(
        "response-field",
        |head| add_fields(head, "Camera without colon\r\n"),
        "head-field",
        "a line of the response head has no colon",
    ),
    entry("response-head-missing", Vec::clear, "response-head-missing", "the body comes without a head"),
    entry(
        "preamble",
        |head| head.extend_from_slice(b"this is a preamble\r\n"),
        "preamble",
        "text before the first delimiter",
    ),
    entry(
        "preamble-blank",
        |head| head.extend_from_slice(b"\r\n\r\n"),
        "preamble-blank",
        "empty lines before the first delimiter",
    ),
];
