//! Faults of the head of a part.

use super::super::edit::{
    instead, with_field, with_last_lines, with_line, with_lines, without_empty_line, without_field,
};
use super::super::entry::Entry;
use super::super::item::Tag;
use super::row::{wire, wire_at};

/// More fields than readers keep.
const MANY: usize = 80;
/// A head that is longer than readers allow.
const LONG: usize = 20_000;

pub const ENTRIES: &[Entry] = &[
    wire(
        "part-type-missing",
        |target| target.head(&|head| without_field(head, "Content-Type")),
        "part-type-missing",
        "the part has no Content-Type",
    ),
    wire(
        "part-type-wrong",
        |target| target.field("Content-Type", &|_| Some("image/jpg".into())),
        "part-type-not-jpeg",
        "the part is of type image/jpg",
    ),
    wire(
        "part-type-parameter",
        |target| {
            target.head(&|head| {
                with_field(head, "Content-Type", &|value| Some(format!("{value}; charset=utf-8")))
            })
        },
        "part-type-parameter",
        "a parameter after image/jpeg",
    ),
    wire(
        "part-head-unterminated",
        |target| target.head(&without_empty_line),
        "head-unterminated",
        "no empty line before the picture",
    ),
    wire(
        "field-without-colon",
        |target| target.head(&|head| with_lines(head, "a line without colon\r\n")),
        "field-malformed",
        "a line without a colon",
    ),
    wire(
        "field-folded",
        |target| target.head(&|head| with_lines(head, "X-Camera: one\r\n two\r\n")),
        "field-malformed",
        "a field on two lines",
    ),
    wire(
        "field-status-line",
        |target| target.head(&|head| with_lines(head, "HTTP/1.0 200 OK\r\n")),
        "field-malformed",
        "a status line in the head of the part",
    ),
    wire(
        "field-without-blank",
        |target| {
            target.head(&|head| with_line(head, "Content-Type", &|line| Some(line.replacen(": ", ":", 1))))
        },
        "field-without-blank",
        "no blank after Content-Type:",
    ),
    wire(
        "field-blank-before-colon",
        |target| {
            target.head(&|head| with_line(head, "Content-Length", &|line| Some(line.replacen(':', " :", 1))))
        },
        "field-blank-before-colon",
        "a blank before the colon of Content-Length",
    ),
    wire(
        "many-fields",
        |target| {
            let fields: String = (0..MANY).map(|n| format!("X-Field-{n}: {n}\r\n")).collect();
            target.head(&|head| with_last_lines(head, &fields))
        },
        "too-many-fields",
        "80 more fields",
    ),
    wire(
        "blank-line-before-head",
        |target| target.head(&|head| format!("\r\n{head}")),
        "blank-line-before-head",
        "an empty line between the delimiter and the fields",
    ),
    wire(
        "blank-line-after-head",
        |target| target.head(&|head| format!("{head}\r\n")),
        "blank-line-after-head",
        "two empty lines before the picture",
    ),
    wire_at(
        "part-head-too-long",
        "part-head-too-long@5",
        |target| target.head(&|head| with_lines(head, &format!("X-Long: {}\r\n", "x".repeat(LONG)))),
        "head-too-long",
        "a field of 20 000 bytes",
    ),
    wire(
        "part-head-missing",
        |target| target.is(Tag::Head).and_then(|()| instead("")),
        "head-missing",
        "the picture follows the delimiter",
    ),
];
