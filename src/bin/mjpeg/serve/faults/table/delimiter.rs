//! Faults of delimiters and line ends.

use super::super::edit::{
    Edit, Out, Target, instead, with_each_line, with_last_line, with_line_ends_before, without_field,
};
use super::super::entry::{Act, Entry};
use super::super::item::Tag;
use super::row::{row, wire, wire_at};

/// What a reader finds behind the picture of the part before.
const fn behind(name: &'static str, edit: Edit, rule: &'static str, help: &'static str) -> Entry {
    row(name, Act::Behind(edit), rule, help)
}

/// Text with LF in the place of CRLF.
fn lf(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

/// Other line ends between a picture and the delimiter. A dialect may begin each delimiter with them, also the first one.
fn line_end(target: &Target<'_>, other: &str) -> Option<Vec<Out>> {
    match target.tag {
        Tag::LineEnd => instead(other),
        Tag::Delimiter if target.part > 1 => {
            let delimiter = with_line_ends_before(&String::from_utf8_lossy(target.bytes), other)?;
            instead(delimiter)
        }
        _ => None,
    }
}

pub const ENTRIES: &[Entry] = &[
    wire(
        "first-delimiter-missing",
        |target| if target.part == 1 && target.tag == Tag::Delimiter { instead("") } else { None },
        "first-delimiter-missing",
        "the stream starts with the head of the first part",
    ),
    wire(
        "delimiter-doubled",
        |target| {
            target.is(Tag::Delimiter)?;
            Some(vec![Out::Same, Out::New(Tag::Delimiter, target.bytes.into())])
        },
        "delimiter-doubled",
        "the delimiter twice",
    ),
    wire(
        "delimiter-glued",
        |target| target.delimiter(&|text| text.trim_end().into()),
        "delimiter-glued",
        "no line end after the delimiter",
    ),
    wire(
        "delimiter-without-dashes",
        |target| target.delimiter(&|text| text.replacen("--", "", 1)),
        "delimiter-without-dashes",
        "the delimiter without its dashes",
    ),
    Entry {
        example: "close-delimiter-followed@5",
        ..behind(
            "close-delimiter-followed",
            |target| {
                target.delimiter(&|text| {
                    let close = with_last_line(text, "--");
                    if close == text { close } else { close + text }
                })
            },
            "close-delimiter-followed",
            "a close-delimiter, and then more parts",
        )
    },
    wire(
        "delimiter-padded",
        |target| target.delimiter(&|text| with_each_line(text, " ")),
        "delimiter-padded",
        "a blank after the delimiter",
    ),
    wire_at(
        "delimiter-changed",
        "delimiter-changed@5",
        |target| target.delimiter(&|text| with_last_line(text, "2")),
        "delimiter-changed",
        "another delimiter than before",
    ),
    wire_at(
        "delimiter-empty-line",
        "delimiter-empty-line@5",
        |target| target.is(Tag::Delimiter).and_then(|()| instead("\r\n")),
        "delimiter-lost",
        "an empty line in the place of the delimiter",
    ),
    wire_at(
        "delimiter-missing",
        "delimiter-missing@5",
        |target| match target.tag {
            Tag::Delimiter => instead(""),
            _ => None,
        },
        "delimiter-lost",
        "a part without its delimiter",
    ),
    behind(
        "blank-lines",
        |target| line_end(target, "\r\n\r\n\r\n"),
        "blank-lines",
        "empty lines before the delimiter",
    ),
    wire_at(
        "response-head-again",
        "response-head-again@5",
        |target| {
            target.is(Tag::Body)?;
            let again = [b"\r\n", target.response].concat();
            let again = again.strip_suffix(b"\r\n").unwrap_or(&again).to_vec();
            Some(vec![Out::Same, Out::New(Tag::Rest, again)])
        },
        "bytes-after-body",
        "a second response head in the middle of the stream",
    ),
    wire(
        "bytes-after-body",
        |target| {
            target.is(Tag::Body)?;
            Some(vec![Out::Same, Out::New(Tag::Rest, b"stale bytes".into())])
        },
        "bytes-after-body",
        "other bytes between the picture and the delimiter",
    ),
    wire(
        "lines-lf",
        |target| match target.tag {
            Tag::LineEnd | Tag::Delimiter | Tag::Head | Tag::Close => instead(lf(target.bytes)),
            Tag::Body | Tag::OtherBody | Tag::Rest => None,
        },
        "bare-lf",
        "lines end in LF",
    ),
    wire(
        "lines-mixed",
        |target| target.head(&|head| head.replacen("\r\n", "\n", 1)),
        "bare-lf",
        "one line of a head ends in LF, the others in CRLF",
    ),
    wire(
        "lines-lf-without-length",
        |target| match target.tag {
            Tag::LineEnd | Tag::Delimiter | Tag::Close => instead(lf(target.bytes)),
            Tag::Head => instead(without_field(&lf(target.bytes), "Content-Length")),
            Tag::Body | Tag::OtherBody | Tag::Rest => None,
        },
        "bare-lf-without-length",
        "lines end in LF, and no part has a length",
    ),
    behind(
        "line-end-missing",
        |target| line_end(target, ""),
        "line-end-missing",
        "no line end before the delimiter",
    ),
    behind(
        "line-end-missing-without-length",
        |target| match target.tag {
            Tag::LineEnd | Tag::Delimiter => line_end(target, ""),
            Tag::Head => target.head(&|head| without_field(head, "Content-Length")),
            _ => None,
        },
        "line-end-missing-without-length",
        "no line end before the delimiter, and no part has a length",
    ),
];
