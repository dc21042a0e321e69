//! The memory of the parser, measured by a counting allocator.

use std::hint::black_box;

use allocation_counter::measure;
use mjpeg::http::Dechunker;
use mjpeg::jpeg::Walk;
use mjpeg::multipart::{Boundary, Event, Limits, Parser, PartHead, Serializer};
use mjpeg::response::{Expected, Reader};

/// A picture of `bytes` bytes.
fn picture(bytes: usize) -> Vec<u8> {
    let mut picture = b"\xff\xd8\xff\xda\x00\x02".to_vec();
    picture.extend((0..bytes - 8).map(|i| (i * 7 % 251) as u8));
    picture.extend_from_slice(b"\xff\xd9");
    picture
}

fn stream(pictures: &[Vec<u8>], with_length: bool) -> Vec<u8> {
    let serializer = Serializer::new(Boundary::new("frame").expect("legal"));
    let mut out = Vec::new();
    for picture in pictures {
        serializer.delimiter(&mut out);
        if with_length {
            serializer.head(&mut out, &PartHead::new(picture.len() as u64));
        } else {
            out.extend_from_slice(b"Content-Type: image/jpeg\r\n\r\n");
        }
        out.extend_from_slice(picture);
    }
    out
}

/// Reads a response of `beginning` and then `piece` again and again, 8 MiB in all, up to its end or an error.
fn read_endless_response(beginning: &[u8], piece: &[u8], limits: Limits) {
    let mut reader = Reader::with_limits(Expected::Response, limits);
    let mut input = beginning.iter().chain(piece.iter().cycle().take(8 << 20));
    while !reader.is_over() {
        loop {
            match reader.next_event() {
                Ok(Some(event)) => {
                    let _ = black_box(event);
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
        let mut n = 0;
        for (place, &byte) in reader.space().iter_mut().zip(&mut input) {
            *place = byte;
            n += 1;
        }
        if n == 0 {
            return;
        }
        reader.filled(n);
    }
}

/// Reads all of `input` in reads of at most `read_bytes`, and returns the number of parts.
fn read(parser: &mut Parser<Walk>, mut input: &[u8], read_bytes: usize) -> u64 {
    let mut parts = 0;
    loop {
        while let Ok(Some(event)) = parser.next_event() {
            if let Event::Part(part) = black_box(event) {
                parts += u64::from(!part.body.is_empty());
            }
        }
        if input.is_empty() {
            return parts;
        }
        let space = parser.space();
        let n = space.len().min(input.len()).min(read_bytes);
        space[..n].copy_from_slice(&input[..n]);
        parser.filled(n);
        input = &input[n..];
    }
}

#[test]
fn frames_cause_no_allocation_after_the_buffer_has_grown() {
    // Sizes of frames from real cameras, in an order that puts frames at many places in the buffer.
    let sizes = [12_000, 48_000, 280_000, 130_000, 47_777, 12_345, 279_000];
    let pictures: Vec<_> = sizes.iter().cycle().take(70).map(|&bytes| picture(bytes)).collect();
    for with_length in [true, false] {
        for read_bytes in [1460, 65536, usize::MAX] {
            let stream = stream(&pictures, with_length);
            let mut parser = Parser::new(Walk::new(), Some(b"frame"));
            // How much the buffer grows depends on the place of each frame, so three rounds come first.
            (0..3).for_each(|_| assert!(read(&mut parser, &stream, read_bytes) >= 69));
            let mut parts = 0;
            let cost = measure(|| parts = read(&mut parser, &stream, read_bytes));
            assert_eq!(parts, 70);
            assert_eq!(cost.count_total, 0, "with length {with_length}, reads of {read_bytes}: {cost:?}");
        }
    }
}

#[test]
fn chunks_cause_no_allocation() {
    let mut chunked = b"1000\r\n".to_vec();
    chunked.resize(chunked.len() + 4096, b'x');
    chunked.extend_from_slice(b"\r\n");
    let mut dechunker = Dechunker::new();
    let cost = measure(|| assert_eq!(dechunker.decode(&mut chunked), Ok(4096)));
    assert_eq!(cost.count_total, 0);
}

#[test]
fn memory_stays_within_the_limits_for_endless_input() {
    let limits = Limits::default()
        .head_bytes(16 << 10)
        .head_fields(64)
        .body_bytes(1 << 20)
        .search_bytes(1 << 18)
        .read_bytes(64 << 10);
    let endless: [(&str, &[u8], &[u8]); 8] = [
        ("a body", b"--b\r\nContent-Length: 9223372036854775808\r\n\r\n", b"junk"),
        ("a picture", b"--b\r\n\r\n\xff\xd8\xff\xda\x00\x02", b"scan"),
        ("a picture without multipart", b"\xff\xd8\xff\xda\x00\x02", b"scan"),
        ("a head", b"--b\r\n", b"A: b\r\n"),
        ("a header line", b"--b\r\nA: ", b"b"),
        ("a gap", b"--b\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xd9", b"junk"),
        ("an epilogue", b"--b\r\n\r\n\xff\xd8\xff\xd9\r\n--b--\r\n", b"bye "),
        ("deviations", b"", b"--b \nA : b\n\nx\n\n"),
    ];
    for (name, beginning, piece) in endless {
        let mut input = beginning.to_vec();
        input.extend(piece.iter().cycle().take(8 << 20));
        for read_bytes in [1000, usize::MAX] {
            let cost = measure(|| {
                let mut parser = Parser::with_limits(Walk::new(), Some(b"b"), limits);
                black_box(read(&mut parser, &input, read_bytes));
            });
            // Body, head and read; twice, because both buffers exist while the smaller one is copied to the larger one.
            let most = 2 * (limits.body_bytes + limits.head_bytes + limits.read_bytes) as u64 + (64 << 10);
            assert!(cost.bytes_max <= most, "{name}, reads of {read_bytes}: {cost:?}");
        }
    }
    const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let responses: [(&str, &[u8], &[u8]); 8] = [
        ("interim heads", b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ("empty lines", b"", b"\r\n"),
        ("field lines", b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
        ("a field line", b"HTTP/1.1 200 OK\r\nA: ", b"b"),
        ("a preamble", b"HTTP/1.1 200 OK\r\n\r\n", b"preamble\r\n"),
        ("an extension of a chunk", &[CHUNKED, b"1;"].concat(), b"x"),
        ("a trailer", &[CHUNKED, b"0\r\n"].concat(), b"A: b\r\n"),
        ("small chunks of a preamble", CHUNKED, b"1\r\na\r\n"),
    ];
    // The head is kept beside its bytes, and the parser's room beside both.
    let most = 4 * (64 << 10) + 4 * (limits.search_bytes + limits.read_bytes) as u64;
    for (name, beginning, piece) in responses {
        let cost = measure(|| read_endless_response(beginning, piece, limits));
        assert!(cost.bytes_max <= most, "{name}: {cost:?}");
    }
}
