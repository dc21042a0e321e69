//! The codec at memory speed: streams of frames as cameras send them, read from memory.
//!
//! `cargo bench --bench codec --no-default-features --features std`. Results and their conditions are
//! in `benches/README.md`.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use memchr::memmem;
use mjpeg::jpeg::Walk;
use mjpeg::multipart::{BodyWalk, Boundary, Event, Extent, Limits, Parser, PartHead, Serializer};

fn main() {
    divan::main();
}

/// Frame sizes of real cameras in bytes: 320x240, 640x480, 1280x720, 1920x1080.
const FRAMES: [usize; 4] = [12_000, 48_000, 130_000, 280_000];
/// Bytes of the stream, which is read again and again: it fits into the L2 cache of a core.
const STREAM: usize = 600_000;

/// A picture with about one stuffed byte in 200 bytes of its scan, as real pictures have.
fn picture(bytes: usize) -> Vec<u8> {
    let mut picture = b"\xff\xd8\xff\xda\x00\x02".to_vec();
    let mut state = 1u32;
    while picture.len() < bytes - 3 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match (state >> 16) as u8 {
            0xff => picture.extend_from_slice(b"\xff\x00"),
            byte => picture.push(byte),
        }
    }
    picture.truncate(bytes - 3);
    picture.extend_from_slice(b"\x01\xff\xd9");
    picture
}

#[derive(Clone, Copy)]
enum Length {
    Declared,
    Missing,
}

fn stream(frame_bytes: usize, length: Length) -> Vec<u8> {
    let serializer = Serializer::new(Boundary::new("the_answer_is_42").expect("legal"));
    let picture = picture(frame_bytes);
    let mut out = Vec::new();
    while out.len() + frame_bytes < STREAM.max(2 * frame_bytes) {
        serializer.delimiter(&mut out);
        match length {
            Length::Declared => {
                let content_length = picture.len() as u64;
                serializer.head(&mut out, &PartHead::new(content_length));
            }
            Length::Missing => out.extend_from_slice(b"Content-Type: image/jpeg\r\n\r\n"),
        }
        out.extend_from_slice(&picture);
    }
    out
}

/// Reads `stream` once and counts its parts. The copy is the one that each reader needs.
fn read(parser: &mut Parser<impl BodyWalk>, mut stream: &[u8]) -> usize {
    let mut parts = 0;
    while !stream.is_empty() {
        let space = parser.space();
        let n = space.len().min(stream.len()).min(64 << 10);
        space[..n].copy_from_slice(&stream[..n]);
        parser.filled(n);
        stream = &stream[n..];
        while let Some(event) = parser.next_event().expect("a stream") {
            if let Event::Part(part) = event {
                parts += usize::from(!black_box(part.body).is_empty());
            }
        }
    }
    parts
}

fn parse(bencher: Bencher<'_, '_>, frame_bytes: usize, length: Length, walk: impl BodyWalk) {
    let stream = stream(frame_bytes, length);
    let mut parser = Parser::with_limits(walk, Some(b"the_answer_is_42"), Limits::default());
    let bencher = bencher.counter(BytesCount::of_slice(&stream));
    bencher.bench_local(|| read(&mut parser, black_box(&stream)));
}

/// Content-Length is correct; each picture is walked to its end.
#[divan::bench(args = FRAMES)]
fn content_length(bencher: Bencher<'_, '_>, frame_bytes: usize) {
    parse(bencher, frame_bytes, Length::Declared, Walk::new());
}

/// No Content-Length: each picture is walked to its end, and the delimiter follows.
#[divan::bench(args = FRAMES)]
fn no_length(bencher: Bencher<'_, '_>, frame_bytes: usize) {
    parse(bencher, frame_bytes, Length::Missing, Walk::new());
}

/// No Content-Length, and bodies that are not pictures: the delimiter is searched in every byte.
#[divan::bench(args = FRAMES)]
fn delimiter_search(bencher: Bencher<'_, '_>, frame_bytes: usize) {
    parse(bencher, frame_bytes, Length::Missing, Unknown);
}

/// Content-Length is trusted; bodies are not read.
#[divan::bench(args = FRAMES)]
fn length_alone(bencher: Bencher<'_, '_>, frame_bytes: usize) {
    parse(bencher, frame_bytes, Length::Declared, Opaque);
}

/// Only the marker walk over one picture.
#[divan::bench(args = FRAMES)]
fn walk(bencher: Bencher<'_, '_>, frame_bytes: usize) {
    let picture = picture(frame_bytes);
    let bencher = bencher.counter(BytesCount::of_slice(&picture));
    bencher
        .bench_local(|| assert_eq!(Walk::over(black_box(&picture)), Extent::Complete { end: frame_bytes }));
}

/// Only the search of the parser: `memmem` for the delimiter in one picture.
#[divan::bench(args = FRAMES)]
fn memmem(bencher: Bencher<'_, '_>, frame_bytes: usize) {
    let (picture, finder) = (picture(frame_bytes), memmem::Finder::new(b"--the_answer_is_42"));
    let bencher = bencher.counter(BytesCount::of_slice(&picture));
    bencher.bench_local(|| finder.find(black_box(&picture)));
}

/// Only the copy that all benchmarks above include.
#[divan::bench(args = FRAMES)]
fn memcpy(bencher: Bencher<'_, '_>, frame_bytes: usize) {
    let stream = stream(frame_bytes, Length::Declared);
    // Page-aligned by over-allocation, like the buffer of the parser.
    let mut room = vec![0u8; (64 << 10) + 4096];
    let origin = room.as_ptr().align_offset(4096);
    let room = &mut room[origin..];
    let bencher = bencher.counter(BytesCount::of_slice(&stream));
    bencher.bench_local(|| {
        for piece in black_box(&stream).chunks(64 << 10) {
            room[..piece.len()].copy_from_slice(piece);
            black_box(&room);
        }
    });
}

/// A walk that takes no body for a picture.
struct Unknown;

impl BodyWalk for Unknown {
    fn restart(&mut self) {}

    fn advance(&mut self, body: &[u8]) -> Extent {
        if body.is_empty() { Extent::Partial } else { Extent::Foreign }
    }

    fn signature(&self) -> &'static [u8] {
        b"\xff\xd8\xff"
    }
}

/// A walk that never finds the end of a body.
struct Opaque;

impl BodyWalk for Opaque {
    fn restart(&mut self) {}

    fn advance(&mut self, _: &[u8]) -> Extent {
        Extent::Partial
    }

    fn signature(&self) -> &'static [u8] {
        b"\xff\xd8\xff"
    }
}
