//! Whole responses: head, transfer coding and body in one reader.

use std::io::{self, Read};

use mjpeg::http::{ChunkErrorKind, HEAD_BYTES, HeadErrorKind, Version};
use mjpeg::multipart;
use mjpeg::response::{Error, Event, Expected, ReadError, ReadStream, Reader};

const TYPE: &str = "Content-Type: multipart/x-mixed-replace; boundary=b\r\n";
const JPEG: &[u8] = b"\xff\xd8\xff\xfe\x00\x04ab\xff\xd9";

/// What a reader returned: the status of each head, `p` for a part, `d` for a deviation, `e` for others.
fn read(
    input: &[u8],
    cuts: impl IntoIterator<Item = usize>,
    expected: Expected,
) -> (String, Option<Error>, Reader) {
    let mut reader = Reader::new(expected);
    let (mut log, mut from) = (String::new(), 0);
    for cut in cuts.into_iter().chain([input.len()]) {
        let mut piece = &input[from..cut];
        while !piece.is_empty() {
            let space = reader.space();
            let n = piece.len().min(space.len());
            space[..n].copy_from_slice(&piece[..n]);
            reader.filled(n);
            piece = &piece[n..];
            if let Some(error) = take(&mut reader, &mut log) {
                return (log, Some(error), reader);
            }
        }
        from = cut;
    }
    if !reader.is_over() {
        reader.finish();
    }
    let error = take(&mut reader, &mut log);
    (log, error, reader)
}

fn take(reader: &mut Reader, log: &mut String) -> Option<Error> {
    loop {
        match reader.next_event() {
            Ok(None) => return None,
            Err(error) => return Some(error),
            Ok(Some(Event::Head(head))) => log.push_str(&format!("{} ", head.status)),
            Ok(Some(Event::Body(multipart::Event::Part(part)))) => {
                assert_eq!(part.body, JPEG);
                log.push('p');
            }
            Ok(Some(Event::Body(multipart::Event::Deviation(_)))) => log.push('d'),
            Ok(Some(_)) => log.push('e'),
        }
    }
}

fn body(parts: usize) -> Vec<u8> {
    let part = [b"--b\r\n\r\n", JPEG, b"\r\n"].concat();
    [part.repeat(parts), b"--b--\r\n".to_vec()].concat()
}

fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in body.chunks(size) {
        out.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        out.extend([chunk, b"\r\n"].concat());
    }
    [out, b"0\r\n\r\n".to_vec()].concat()
}

fn response(fields: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\n{TYPE}{fields}\r\n").as_bytes(), body].concat()
}

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

#[test]
fn responses_are_read_alike_for_every_cut() {
    use Expected::{Response, Saved};
    let interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".to_vec();
    let moved = b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n".to_vec();
    let refused = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n".to_vec();
    for (what, input, expected, events) in [
        ("plain", response("", &body(2)), Response, "200 ppe"),
        (
            "LF, ICY, no reason phrase",
            [b"ICY 200\nContent-Type: x\n\n".to_vec(), body(2)].concat(),
            Response,
            "200 ppe",
        ),
        ("chunked", response(CHUNKED, &chunked(&body(2), 9)), Response, "200 ppe"),
        (
            "bytes behind the last chunk",
            [response(CHUNKED, &chunked(&body(1), 9)), body(1)].concat(),
            Response,
            "200 pe",
        ),
        ("interim heads", [interim.clone(), response("", &body(1))].concat(), Response, "200 pe"),
        ("no head", body(2), Response, "ppe"),
        (
            "a length that is too short for the stream",
            response("Content-Length: 3\r\n", &body(2)),
            Response,
            "200 ppe",
        ),
        ("a redirection", [moved.clone(), body(1)].concat(), Response, "302 pe"),
        ("saved heads", [moved.clone(), refused, response("", &body(1))].concat(), Saved, "200 pe"),
        ("a saved redirection alone", [moved.clone(), body(1)].concat(), Saved, "302 pe"),
        ("saved with chunks", response(CHUNKED, &chunked(&body(2), 30)), Saved, "200 ppe"),
        ("saved without its chunks", response(CHUNKED, &body(2)), Saved, "200 ppe"),
        ("chunks announced and not sent", response(CHUNKED, &body(2)), Response, "200 dppe"),
        (
            "a coding announced and not applied",
            response("Content-Encoding: gzip\r\n", &body(2)),
            Response,
            "200 dppe",
        ),
        ("the identity coding", response("Content-Encoding: identity\r\n", &body(1)), Response, "200 pe"),
        ("a saved coding", response("Content-Encoding: gzip\r\n", &body(1)), Saved, "200 pe"),
        (
            "a saved refusal with its page",
            [
                b"HTTP/1.1 401 No\r\nContent-Length: 15\r\n\r\n<h1>no way</h1>".to_vec(),
                response("", &body(1)),
            ]
            .concat(),
            Saved,
            "200 pe",
        ),
        (
            "a saved refusal with a page of unknown length",
            [b"HTTP/1.0 403 No\r\n\r\nHTTP/1.1 is required".to_vec(), response("", &body(1))].concat(),
            Saved,
            "200 pe",
        ),
        (
            "a saved tunnel",
            [b"HTTP/1.1 200 Connection established\r\n\r\n".to_vec(), response("", &body(1))].concat(),
            Saved,
            "200 pe",
        ),
        ("empty lines first", [b"\r\n\n".to_vec(), response("", &body(1))].concat(), Saved, "200 pe"),
        (
            "an empty line first, live",
            [b"\r\n".to_vec(), response("", &body(1))].concat(),
            Response,
            "200 pe",
        ),
        ("an empty line before the body", [b"\r\n".to_vec(), body(1)].concat(), Saved, "pe"),
        ("a saved body", body(2), Saved, "ppe"),
        ("saved JPEGs", JPEG.repeat(2), Saved, "dpp"),
    ] {
        let whole = read(&input, [], expected);
        assert_eq!((whole.0.as_str(), whole.1), (events, None), "{what}");
        for cut in 0..input.len() {
            let (log, error, reader) = read(&input, [cut], expected);
            assert_eq!((log.as_str(), error), (events, None), "{what}, cut at {cut}");
            assert_eq!(reader.received(), whole.2.received(), "{what}, cut at {cut}");
        }
        let (log, error, _) = read(&input, 1..input.len(), expected);
        assert_eq!((log.as_str(), error), (events, None), "{what}, byte by byte");
    }
}

#[test]
fn a_saved_http2_head_has_no_fault_but_a_live_one_has() {
    let input = [b"HTTP/2 200 \r\nContent-Type: x\r\n\r\n".to_vec(), body(1)].concat();
    let version = |expected| read(&input, [], expected).2.head().unwrap().version;
    assert_eq!(version(Expected::Saved), Version::Http11);
    assert_eq!(version(Expected::Response), Version::Other);
}

#[test]
fn the_head_that_counts_is_kept_as_received() {
    let head = format!("HTTP/1.0 200 OK\r\n{TYPE}X : y\n\r\n");
    let input = [b"HTTP/1.1 100 Continue\r\n\r\n", head.as_bytes(), &body(1)].concat();
    let (_, _, reader) = read(&input, [], Expected::Response);
    assert_eq!(reader.head().unwrap().bytes(), head.as_bytes());
}

#[test]
fn parts_before_a_broken_chunk_are_returned_and_then_the_fault() {
    let good = chunked(&body(2), 1000);
    let input = response(CHUNKED, &[&good[..good.len() - 5], b"zz\r\n"].concat());
    for cuts in [Vec::new(), (1..input.len()).collect()] {
        let (log, error, reader) = read(&input, cuts, Expected::Response);
        let Some(Error::Chunked(error)) = error else { panic!("{error:?}") };
        assert_eq!(
            (log.as_str(), error.kind, error.offset),
            ("200 ppe", ChunkErrorKind::Size, good.len() as u64 - 5)
        );
        assert!(reader.is_over());
    }
}

#[test]
fn a_compressed_body_is_named_as_one_at_every_cut() {
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03--foo";
    let head = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=foo\r\nContent-Encoding: gzip\r\n";
    let plain = [head.as_bytes(), b"\r\n", &gzip[..]].concat();
    let chunked =
        [head.as_bytes(), b"Transfer-Encoding: chunked\r\n\r\nf\r\n", &gzip[..], b"\r\n0\r\n\r\n"].concat();
    for input in [plain, chunked] {
        for cut in 0..input.len() {
            let (_, error, _) = read(&input, [cut], Expected::Response);
            assert_eq!(error, Some(Error::Compressed), "{cut}");
        }
    }
}

#[test]
fn what_is_not_a_response_is_named_with_its_place() {
    let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"A: b\r\n".repeat(HEAD_BYTES / 6 + 1)].concat();
    for (input, offset, kind) in [
        (&b""[..], 0, HeadErrorKind::Cut),
        (b"HTTP/1.1 200 OK\r\nA: b\r\n", 23, HeadErrorKind::Cut),
        (b"HTTP/1.1 abc\r\n\r\n", 9, HeadErrorKind::Status),
    ] {
        let (log, error, _) = read(input, [], Expected::Response);
        let Some(Error::Head(error)) = error else { panic!("{error:?}") };
        assert_eq!((log.as_str(), error.offset, error.kind), ("", offset, kind));
    }
    // Nothing that starts like a body either.
    for input in [&b"<html>"[..], &endless] {
        let (_, error, _) = read(input, [], Expected::Response);
        assert!(matches!(error, Some(Error::Multipart(_))), "{error:?}");
    }
}

#[test]
fn a_finite_answer_ends_at_its_length() {
    let page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>more";
    let (_, error, reader) = read(page, [], Expected::Response);
    assert!(
        matches!(error, Some(Error::Multipart(multipart::Error::NotAStream { offset: 6, .. }))),
        "{error:?}"
    );
    assert!(reader.is_over() && reader.may_end());
    let input = response(&format!("Content-Length: {}\r\n", body(1).len()), &body(1));
    let (_, _, reader) = read(&input, [], Expected::Response);
    assert!(reader.may_be_over() && !reader.is_over());
    let (_, _, reader) = read(&response(CHUNKED, b"5\r\n--b\r\n\r\n"), [], Expected::Response);
    assert!(!reader.may_end(), "the last chunk is missing");
}

/// Gives one byte a call, and an interruption before each.
struct Drip<'a>(&'a [u8], bool);

impl Read for Drip<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let n = self.0.len().min(1).min(room.len());
        self.0.read(&mut room[..n])
    }
}

#[test]
fn a_stream_over_a_reader_gives_the_events_and_then_the_end() {
    for (input, frames) in [
        (response("", &body(3)), 3),
        ([response(CHUNKED, &chunked(&body(3), 5)), b"never read".to_vec()].concat(), 3),
    ] {
        let mut stream = ReadStream::new(Drip(&input, false), Expected::Response);
        let mut parts = 0;
        while let Some(event) = stream.next_event().unwrap() {
            parts += u64::from(matches!(event, Event::Body(multipart::Event::Part(_))));
        }
        assert_eq!((parts, stream.head().unwrap().status), (frames, 200));
        assert!(stream.next_event().unwrap().is_none());
    }
    let mut cut = ReadStream::new(&b"HTTP/1.1 200"[..], Expected::Response);
    assert!(matches!(cut.next_event(), Err(ReadError::Response(Error::Head(_)))));
}
