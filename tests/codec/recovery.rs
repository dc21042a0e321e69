//! Parts behind something that is no sound delimiter or head: they are found, and the deviation has one name.

use mjpeg::jpeg::Walk;
use mjpeg::multipart::{DeviationKind, Event, Limits, Parser};

/// The smallest picture that the walk takes: SOI, SOS, two bytes of data, EOI.
const JPEG: &[u8] = b"\xff\xd8\xff\xda\x00\x02\x11\x91\xff\xd9";
const HEAD: &[u8] = b"Content-Type: image/jpeg\r\nContent-Length: 10\r\n\r\n";

/// The bodies, and the deviations with the numbers of their parts.
fn read(stream: &[u8], boundary: Option<&[u8]>, limits: Limits) -> (Vec<Vec<u8>>, Vec<(DeviationKind, u64)>) {
    let mut parser = Parser::with_limits(Walk::new(), boundary, limits);
    let (mut bodies, mut deviations) = (Vec::new(), Vec::new());
    let mut rest = stream;
    loop {
        while let Some(event) = parser.next_event().expect("a stream") {
            match event {
                Event::Part(part) => bodies.push(part.body.to_vec()),
                Event::Deviation(it) => deviations.push((it.kind, it.part.unwrap_or_default())),
                _ => {}
            }
        }
        if parser.is_finished() {
            return (bodies, deviations);
        }
        let space = parser.space();
        let n = space.len().min(rest.len());
        space[..n].copy_from_slice(&rest[..n]);
        parser.filled(n);
        rest = &rest[n..];
        if n == 0 {
            parser.finish();
        }
    }
}

/// A part behind this delimiter line, with these lines before its fields.
fn part(delimiter: &[u8], lines: &[u8]) -> Vec<u8> {
    [delimiter, lines, HEAD, JPEG, b"\r\n"].concat()
}

#[test]
fn a_delimiter_that_changes_at_a_part_above_the_limit_is_found() {
    let limits = Limits::default().body_bytes(1000).search_bytes(4096);
    for large in [1500, 20_000] {
        let large = [
            b"--other\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xda\x00\x02",
            &vec![0x11; large][..],
            b"\r\n",
        ]
        .concat();
        let stream =
            [part(b"--b\r\n", b""), large, part(b"--other\r\n", b""), part(b"--other\r\n", b"")].concat();
        let (bodies, deviations) = read(&stream, Some(b"b"), limits);
        assert_eq!(bodies, vec![JPEG; 3], "{deviations:?}");
        assert_eq!(
            deviations,
            [(DeviationKind::DelimiterChanged, 2), (DeviationKind::BodyTooLarge { limit: 1000 }, 2)]
        );
        // It may change behind that part too.
        let stream = [&stream[..], &part(b"--third\r\n", b"")].concat();
        assert_eq!(read(&stream, Some(b"b"), limits).0.len(), 4);
    }
}

#[test]
fn a_delimiter_behind_a_part_above_the_limit_may_be_another_one() {
    let limits = Limits::default().body_bytes(1000).search_bytes(4096);
    let large =
        [b"--b\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xda\x00\x02", &[0x11; 9000][..], b"\r\n"]
            .concat();
    let stream = [part(b"--b\r\n", b""), large, part(b"--c\r\n", b""), part(b"--c\r\n", b"")].concat();
    let (bodies, deviations) = read(&stream, Some(b"b"), limits);
    assert_eq!(bodies, vec![JPEG; 3], "{deviations:?}");
    assert!(deviations.contains(&(DeviationKind::DelimiterChanged, 3)), "{deviations:?}");
}

#[test]
fn text_behind_the_length_is_no_part_of_a_damaged_picture() {
    let cut = &JPEG[..8];
    let head = b"Content-Type: image/jpeg\r\nContent-Length: 8\r\n\r\n";
    let stream =
        [b"--b\r\n", &head[..], cut, b"stale bytes\r\n--b\r\n", HEAD, JPEG, b"\r\n--b--\r\n"].concat();
    let (bodies, deviations) = read(&stream, Some(b"b"), Limits::default());
    assert_eq!(bodies, [cut, JPEG]);
    assert_eq!(deviations, [(DeviationKind::BytesAfterBody { bytes: 11 }, 1)]);
}

#[test]
fn a_lost_delimiter_is_found_by_the_head_behind_it_although_the_length_is_too_large() {
    let head = b"Content-Type: image/jpeg\r\nContent-Length: 20\r\n\r\n";
    let stream = [b"--b\r\n", &head[..], JPEG, b"\r\n", HEAD, JPEG, b"\r\n--b--\r\n"].concat();
    let (bodies, deviations) = read(&stream, Some(b"b"), Limits::default());
    assert_eq!(bodies, [JPEG, JPEG]);
    assert_eq!(deviations, [(DeviationKind::DelimiterLost, 2)]);
}

#[test]
fn a_first_delimiter_without_dashes_needs_no_announcement() {
    let stream = [part(b"b\r\n", b""), part(b"b\r\n", b"")].concat();
    for boundary in [None, Some(&b"b"[..]), Some(b"--b")] {
        let (bodies, deviations) = read(&stream, boundary, Limits::default());
        assert_eq!(
            (bodies.len(), &deviations[..]),
            (2, &[(DeviationKind::DashesMissing, 1)][..]),
            "{boundary:?}"
        );
    }
}

#[test]
fn a_field_that_is_glued_to_the_first_delimiter_is_no_part_of_the_boundary() {
    let stream = [part(b"--b", b""), part(b"--b", b"")].concat();
    for boundary in [None, Some(&b"b"[..]), Some(b"other")] {
        let (bodies, deviations) = read(&stream, boundary, Limits::default());
        let glued = deviations.iter().filter(|(kind, _)| *kind == DeviationKind::DelimiterGlued).count();
        assert_eq!((bodies.len(), glued), (2, 2), "{deviations:?}");
    }
}

#[test]
fn what_follows_a_lost_delimiter_decides_no_other_name() {
    let before = part(b"--b\r\n", b"");
    for (lines, kind) in [
        (&b"a line without colon\r\n"[..], DeviationKind::DelimiterLost),
        (b"X: one\r\n two\r\n", DeviationKind::DelimiterLost),
        (b"HTTP/1.0 200 OK\r\n", DeviationKind::DelimiterLost),
        (b"--b2\r\nX a\r\nY b\r\n", DeviationKind::DelimiterChanged),
    ] {
        let stream = [&before[..], &part(b"", lines), &before].concat();
        let kinds: Vec<_> = read(&stream, Some(b"b"), Limits::default()).1;
        assert!(kinds.iter().any(|(it, _)| *it == kind), "{kinds:?}");
        assert!(!kinds.iter().any(|(it, _)| matches!(it, DeviationKind::BytesAfterBody { .. })), "{kinds:?}");
    }
}

#[test]
fn a_head_ends_where_its_line_cannot_be_text() {
    let odd = b"\0\0\xff\xd8\xff\xda\x00\x02\x11\x91\xff\xd9";
    let stream =
        [b"--b\r\n", &odd[..], b"\r\n--b\r\nContent-Type: image/jpeg\r\n", odd, b"\r\n--b--\r\n"].concat();
    let (bodies, deviations) = read(&stream, Some(b"b"), Limits::default());
    assert_eq!(bodies, [odd, odd]);
    assert_eq!(deviations, [(DeviationKind::HeadMissing, 1), (DeviationKind::HeadUnterminated, 2)]);
}
