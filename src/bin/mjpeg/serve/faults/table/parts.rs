//! Faults of parts as a whole.

use super::super::edit::{Out, Target, instead};
use super::super::entry::{Act, Entry, Order, Takes};
use super::super::item::Tag;
use super::row::{picture, row, wire, wire_at};

/// Above the limit of readers: the default of this program is 64 MiB.
const LARGE: usize = 66 << 20;

/// Another part before this one.
fn part_before(target: &Target<'_>, kind: &str, body: &str) -> Option<Vec<Out>> {
    target.is(Tag::Delimiter)?;
    let length = body.len();
    let head = format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
    Some(vec![
        Out::New(Tag::Delimiter, target.bytes.into()),
        Out::New(Tag::Head, head.into()),
        Out::New(Tag::OtherBody, body.into()),
        Out::New(Tag::LineEnd, b"\r\n".into()),
        Out::Same,
    ])
}

pub const ENTRIES: &[Entry] = &[
    wire_at(
        "part-text",
        "part-text@5",
        |target| part_before(target, "text/plain", "camera busy\n"),
        "part-not-picture",
        "a part of text before the part",
    ),
    wire_at(
        "part-xml",
        "part-xml@5",
        |target| part_before(target, "application/xml", "<EventNotificationAlert/>\n"),
        "part-not-picture",
        "a part of XML before the part",
    ),
    wire_at(
        "part-empty",
        "part-empty@5",
        |target| part_before(target, "image/jpeg", ""),
        "part-empty",
        "a part without a body before the part",
    ),
    wire(
        "no-multipart",
        |target| match target.tag {
            Tag::LineEnd | Tag::Delimiter | Tag::Head | Tag::Close => instead(""),
            // Other faults have put it behind the picture.
            Tag::Rest => instead(""),
            Tag::Body | Tag::OtherBody => None,
        },
        "no-multipart",
        "the pictures without delimiters and heads",
    ),
    picture(
        "body-too-large",
        "body-too-large@5",
        |scene| {
            // Without an end of the picture, which would end the body.
            let mut body = scene.jpeg[..scene.jpeg.len() / 2].to_vec();
            body.resize(LARGE, 0);
            Some(body)
        },
        "body-too-large",
        "a body of 66 MiB",
    ),
    Entry {
        example: "reordered@5",
        ..row("reordered", Act::Order(Order::Later), "capture-time-back", "the part comes after the next one")
    },
    Entry {
        takes: Takes::Parts(Some(1)),
        example: "skipped=30@5",
        ..row("skipped", Act::Order(Order::Skip), "stall", "PARTS parts are left out (1)")
    },
];
