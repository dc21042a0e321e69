//! The properties by which dialects are compared.

use std::time::Duration;

use super::super::diff::stable;
use crate::dialect::{Description, SentTogether, Values};

/// A property and its value in words.
pub type Property = (&'static str, String);

/// Fields whose values belong to one response.
const CHANGING: [&str; 6] = ["date", "expires", "last-modified", "set-cookie", "content-length", "etag"];
/// The fields that have a property of their own.
const NAMED: [&str; 2] = ["server", "content-type"];

/// Most characters of a value.
const MOST: usize = 300;

/// The properties of a dialect, written for a picture with these values.
pub fn of(dialect: &Description, values: &Values) -> Vec<Property> {
    // All times are the same.
    let values = Values { taken: Duration::ZERO, now: Duration::ZERO, number: 1, ..*values };
    let text = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        write(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let head = text(&|out| dialect.head.write(&values, out));
    let part = text(&|out| dialect.part.write(&values, out));
    let after = text(&|out| dialect.after.write(&values, out));
    let behind = format!("{after}{}", dialect.delimiter);
    let sent = match dialect.sent_together {
        SentTogether::Jpeg => "nothing".into(),
        SentTogether::After if after.is_empty() => "nothing".into(),
        SentTogether::After => shown(&after),
        SentTogether::Delimiter => format!("{} (the delimiter)", shown(&behind)),
        SentTogether::Head => "the delimiter and the next head".into(),
    };
    let chunks = dialect.chunks.map_or("none".into(), |chunks| {
        let cuts = [
            (chunks.cut_first_delimiter, "the first delimiter alone"),
            (chunks.cut_lines, "each line"),
            (chunks.cut_before_picture, "cut before the picture"),
            (chunks.cut_after_picture, "cut behind the picture"),
        ];
        let mut words: Vec<_> =
            cuts.iter().filter(|(is_cut, _)| *is_cut).map(|(_, word)| word.to_string()).collect();
        words.extend(chunks.size.map(|size| format!("at most {size} bytes")));
        if words.is_empty() { "what is sent together".into() } else { words.join(", ") }
    });
    let other = dialect.other_part.as_ref();
    // A head without an empty line goes on in the first delimiter.
    let start = format!("{head}{}", dialect.first_delimiter());
    let end = start.find("\r\n\r\n").map(|at| at + 4).or_else(|| start.find("\n\n").map(|at| at + 2));
    let first = &start[end.unwrap_or(head.len()).min(start.len())..];
    vec![
        ("status line", head.lines().next().unwrap_or("none").into()),
        ("response fields", names(&head)),
        ("server", value(&head, "server")),
        ("content type", stable(&value(&head, "content-type"))),
        ("response values", values_of(&head)),
        ("response line ends", line_ends(&head).into()),
        ("first delimiter", shown(&stable_lines(first))),
        ("between pictures", shown(&stable_lines(&behind))),
        ("part fields", names_of_part(&part)),
        ("part head", shown(&part)),
        ("sent with a picture", stable_lines(&sent)),
        ("end of the stream", shown(&stable_lines(&dialect.closing))),
        ("chunks", chunks),
        ("other parts", other.map_or("none".into(), |other| format!("one every {} pictures", other.every))),
    ]
}

/// Text with its line ends visible.
fn shown(text: &str) -> String {
    let shown: String = text.chars().take(MOST).collect();
    match shown.len() {
        0 => "nothing".into(),
        len if len < text.len() => format!("{}...", shown.escape_default()),
        _ => shown.escape_default().to_string(),
    }
}

fn stable_lines(text: &str) -> String {
    text.split_inclusive('\n').map(stable).collect()
}

/// Names and values of the fields of a head.
fn fields(head: &str) -> impl Iterator<Item = (&str, &str)> {
    head.lines().skip(1).filter_map(|line| line.split_once(':')).map(|(name, value)| (name, value.trim()))
}

fn names(head: &str) -> String {
    let names: Vec<_> = fields(head).map(|(name, _)| name).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

fn names_of_part(part: &str) -> String {
    let names: Vec<_> = part.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

fn value(head: &str, wanted: &str) -> String {
    let mut values =
        fields(head).filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value);
    values.next().unwrap_or("none").into()
}

/// The values of the other fields, as far as they do not change.
fn values_of(head: &str) -> String {
    let kept = fields(head).filter(|(name, _)| {
        let name = name.to_ascii_lowercase();
        !CHANGING.contains(&&*name) && !NAMED.contains(&&*name)
    });
    let kept: Vec<_> = kept.map(|(name, value)| format!("{name}: {value}")).collect();
    if kept.is_empty() { "none".into() } else { kept.join("; ") }
}

fn line_ends(head: &str) -> &'static str {
    match (head.contains('\n'), head.matches("\r\n").count() == head.matches('\n').count()) {
        (false, _) => "none",
        (true, true) => "CRLF",
        (true, false) => "LF",
    }
}
