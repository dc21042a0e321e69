//! A naive parser of a few lines agrees on streams that are sound.

use proptest::prelude::*;

use mjpeg::multipart::Limits;

use super::invariants::cuts::Cuts;
use super::invariants::transcript::{Told, read};
use super::recipe::small;

#[derive(Debug, Clone)]
struct Part {
    fields: Vec<(String, String)>,
    with_length: bool,
    body: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Stream {
    boundary: String,
    line_end: &'static str,
    preamble: String,
    parts: Vec<Part>,
    is_closed: bool,
}

impl Stream {
    fn bytes(&self) -> Vec<u8> {
        let Self { boundary, line_end, .. } = self;
        let mut out = self.preamble.clone().into_bytes();
        for part in &self.parts {
            out.extend_from_slice(format!("{line_end}--{boundary}{line_end}").as_bytes());
            for (name, value) in &part.fields {
                out.extend_from_slice(format!("X-{name}: {value}{line_end}").as_bytes());
            }
            if part.with_length {
                out.extend_from_slice(format!("Content-Length: {}{line_end}", part.body.len()).as_bytes());
            }
            out.extend_from_slice(line_end.as_bytes());
            out.extend_from_slice(&part.body);
        }
        let close = if self.is_closed { "--" } else { "" };
        out.extend_from_slice(format!("{line_end}--{boundary}{close}{line_end}").as_bytes());
        out
    }
}

/// The head and the body of each part of a sound stream.
fn naive(stream: &[u8], boundary: &str, line_end: &str) -> Vec<(String, Vec<u8>)> {
    let delimiter = format!("{line_end}--{boundary}");
    let empty_line = format!("{line_end}{line_end}");
    let mut parts = Vec::new();
    let mut rest = split_at(stream, delimiter.as_bytes()).expect("a first delimiter").1;
    while let Some((part, behind)) = split_at(rest, delimiter.as_bytes()) {
        rest = behind;
        // The line end of the delimiter line is half of the empty line where there are no fields.
        let (head, body) = split_at(part, empty_line.as_bytes()).expect("an empty line");
        let head = String::from_utf8(head.to_vec()).expect("text");
        parts.push((head.trim().to_string(), body.to_vec()));
    }
    parts
}

fn split_at<'a>(bytes: &'a [u8], needle: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(needle.len()).position(|window| window == needle)?;
    Some((&bytes[..at], &bytes[at + needle.len()..]))
}

fn picture() -> impl Strategy<Value = Vec<u8>> {
    (0..100usize, proptest::collection::vec(any::<u8>(), 0..200)).prop_map(|(number, comment)| {
        // Never the dashes of a delimiter: the naive parser knows no pictures.
        let comment: Vec<u8> = comment.into_iter().filter(|&b| b != b'-').collect();
        let mut picture = b"\xff\xd8\xff\xfe".to_vec();
        picture.extend_from_slice(&(comment.len() as u16 + 2).to_be_bytes());
        picture.extend_from_slice(&comment);
        picture.extend_from_slice(&small(number)[2..]);
        picture
    })
}

fn part() -> impl Strategy<Value = Part> {
    let text = "([a-z][a-z ]{0,30}(\r?\n[a-z ]{1,20}){0,3})?".prop_map(String::into_bytes);
    let fields = proptest::collection::vec(("[A-Za-z]{1,8}", "([!-~]([ -~]{0,20}[!-~])?)?"), 0..4);
    (fields, any::<bool>(), prop_oneof![3 => picture(), 1 => text])
        .prop_map(|(fields, with_length, body)| Part { fields, with_length, body })
}

fn stream() -> impl Strategy<Value = Stream> {
    let line_end = prop_oneof![3 => Just("\r\n"), 1 => Just("\n")];
    let preamble = prop_oneof![Just(String::new()), "[a-z ]{1,40}"];
    let boundary = "[A-Za-z0-9'()+_,./:=?-]{0,30}[A-Za-z0-9]";
    let parts = proptest::collection::vec(part(), 1..6);
    (boundary, line_end, preamble, parts, any::<bool>()).prop_map(
        |(boundary, line_end, preamble, parts, is_closed)| Stream {
            boundary,
            line_end,
            preamble,
            parts,
            is_closed,
        },
    )
}

/// How many times as many random cases as usual: `MJPEG_ROUNDS`, 1 by default.
fn rounds() -> u32 {
    std::env::var("MJPEG_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000 * rounds(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_naive_parser_agrees_on_sound_streams(stream in stream(), is_announced: bool, seed in 0..9u8) {
        let bytes = stream.bytes();
        let expected = naive(&bytes, &stream.boundary, stream.line_end);
        // Text may hold what looks like the end of a head or a delimiter by chance.
        prop_assume!(expected.len() == stream.parts.len());

        let announced = is_announced.then_some(stream.boundary.as_bytes());
        // Without fields nothing but the announcement tells a delimiter.
        prop_assume!(is_announced || stream.parts[0].with_length || !stream.parts[0].fields.is_empty());
        let told = read(&bytes, announced, Limits::default(), Cuts::new(seed));
        let parts: Vec<_> = told
            .iter()
            .filter_map(|told| match told {
                Told::Part { head, spans, .. } => {
                    let body = &bytes[spans.body.start as usize..spans.body.end() as usize];
                    Some((String::from_utf8_lossy(head).trim().to_string(), body.to_vec()))
                }
                _ => None,
            })
            .collect();
        prop_assert_eq!(parts, expected);
        prop_assert_eq!(told.iter().any(|told| matches!(told, Told::CloseDelimiter(_))), stream.is_closed);
    }
}
