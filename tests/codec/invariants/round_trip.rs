//! What the serialiser writes, the parser reads back without a deviation.

use std::time::Duration;

use mjpeg::http::ContentType;
use mjpeg::jpeg::Walk;
use mjpeg::multipart::{Boundary, Extent, Framing, Limits, PartHead, Serializer};

use super::cuts::Cuts;
use super::transcript::{Told, read};

/// `input`: a byte that chooses cuts, one that says how long the boundary is, the boundary, then
/// bodies: a byte that says what they are, two that say how long, and their bytes.
pub fn check(input: &[u8]) {
    let [seed, boundary_bytes, rest @ ..] = input else { return };
    let (text, mut rest) = rest.split_at(usize::from(*boundary_bytes % 70).min(rest.len()));
    let Some(boundary) = str::from_utf8(text).ok().and_then(|text| Boundary::new(text).ok()) else { return };
    let serializer = Serializer::new(boundary);
    let mut bodies = Vec::new();
    while let [kind, high, low, more @ ..] = rest {
        let (bytes, later) = more.split_at((usize::from(*high) << 8 | usize::from(*low)).min(more.len()));
        rest = later;
        let body = if kind & 1 == 0 { bytes.to_vec() } else { picture(bytes) };
        let is_whole = match Walk::over(&body) {
            Extent::Complete { end } => end == body.len(),
            Extent::Foreign => true,
            Extent::Partial | Extent::Broken { .. } => false,
        };
        // Empty lines before a picture are not taken for bytes of the part.
        let starts_blank = matches!(body.first(), Some(b'\r' | b'\n'));
        if is_whole && !starts_blank && serializer.can_carry(&body) {
            bodies.push(body);
        }
    }

    if bodies.is_empty() {
        return;
    }
    let stream = write(&serializer, &bodies);
    let content_type = serializer.content_type();
    let boundary = ContentType::parse(content_type.as_bytes()).boundary.expect("written by the serialiser");
    let told = read(&stream, Some(&boundary.value), Limits::default(), Cuts::new(*seed));
    let mut told = told.iter();
    for (number, body) in (1..).zip(&bodies) {
        let Some(Told::Part { number: is, framing, spans, lines, .. }) = told.next() else {
            panic!("part {number} is missing")
        };
        assert_eq!(
            (*is, *framing, lines.len()),
            (number, Framing::ContentLength, 2 + (number as usize + 1) % 2)
        );
        assert_eq!(&stream[spans.body.start as usize..spans.body.end() as usize], body);
    }
    assert!(matches!(told.next(), Some(Told::CloseDelimiter(_))));
    assert_eq!(told.next(), None);
}

fn write(serializer: &Serializer, bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    serializer.first_delimiter(&mut out);
    for (i, body) in bodies.iter().enumerate() {
        if i > 0 {
            serializer.delimiter(&mut out);
        }
        let head = PartHead::new(body.len() as u64);
        let head = if i % 2 == 1 { head.taken(Duration::from_micros(i as u64)) } else { head };
        serializer.head(&mut out, &head);
        out.extend_from_slice(body);
    }
    serializer.close_delimiter(&mut out);
    out
}

/// A picture with `bytes` in a comment.
fn picture(bytes: &[u8]) -> Vec<u8> {
    let comment = &bytes[..bytes.len().min(65533)];
    let length = (comment.len() as u16 + 2).to_be_bytes();
    [b"\xff\xd8\xff\xfe", &length[..], comment, b"\xff\xd9"].concat()
}
