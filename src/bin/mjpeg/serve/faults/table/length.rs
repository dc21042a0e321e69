//! Faults of the Content-Length of a part.

use super::super::edit::{Edit, with_line, without_field};
use super::super::entry::{Entry, Takes};
use super::row::wire;

const fn sized(name: &'static str, bytes: u64, edit: Edit, rule: &'static str, help: &'static str) -> Entry {
    Entry { takes: Takes::Size(Some(bytes)), ..wire(name, edit, rule, help) }
}

pub const ENTRIES: &[Entry] = &[
    wire(
        "content-length-renamed",
        |target| {
            target.head(&|head| {
                with_line(head, "Content-Length", &|line| {
                    Some(format!("DataLen:{}", line.split_once(':')?.1))
                })
            })
        },
        "length-field-unknown",
        "the length is in a field DataLen",
    ),
    sized(
        "content-length-short",
        10,
        |target| {
            let shorter = |length: u64| length.saturating_sub(target.argument).max(1);
            // That of an empty part cannot be too small.
            target.length(&|length| (length > 1).then(|| shorter(length).to_string()))
        },
        "content-length-short",
        "the length is too small, by SIZE (10)",
    ),
    sized(
        "content-length-long",
        10,
        |target| target.length(&|length| Some(length.saturating_add(target.argument).to_string())),
        "content-length-long",
        "the length is too large, by SIZE (10)",
    ),
    wire(
        "content-length-of-another",
        |target| {
            let largest = target.largest as u64;
            target.length(&|length| (largest > length).then(|| largest.to_string()))
        },
        "content-length-long",
        "the length is that of the largest picture so far",
    ),
    wire(
        "content-length-counts-line-end",
        |target| {
            // Another fault may have made it an LF.
            let line_end = if target.bytes.ends_with(b"\r\n") { 2 } else { 1 };
            target.length(&|length| Some(length.saturating_add(line_end).to_string()))
        },
        "content-length-counts-line-end",
        "the length counts the line end before the delimiter",
    ),
    wire(
        "content-length-missing",
        |target| target.head(&|head| without_field(head, "Content-Length")),
        "content-length-missing",
        "no part has a length",
    ),
    wire(
        "content-length-zero",
        |target| target.length(&|_| Some("0".into())),
        "content-length-invalid",
        "the length is 0",
    ),
    wire(
        "content-length-negative",
        |target| target.length(&|_| Some("-1".into())),
        "content-length-invalid",
        "the length is -1",
    ),
    wire(
        "content-length-text",
        |target| target.length(&|_| Some("unknown".into())),
        "content-length-invalid",
        "the length is a word",
    ),
    wire(
        "content-length-huge",
        |target| target.length(&|_| Some("18446744073709551615".into())),
        "content-length-invalid",
        "the length is 2^64 - 1",
    ),
    wire(
        "content-length-twice",
        |target| {
            target.head(&|head| {
                with_line(head, "Content-Length", &|line| {
                    let length: u64 = line.split_once(':')?.1.trim().parse().ok()?;
                    Some(format!("Content-Length: {}\r\n{line}", length.saturating_add(2)))
                })
            })
        },
        "content-length-repeated",
        "two lengths that differ",
    ),
];
