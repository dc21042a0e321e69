//! Tests of the receiver: every dialect is counted like the library's reader does, at any split.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::super::proof::Lengths;
use super::*;
use crate::mutated;

const JPEG: &[u8] = &[
    0xff, 0xd8, 0xff, 0xfe, 0x00, 0x04, b'h', b'i', 0xff, 0xda, 0x00, 0x08, 1, 1, 0, 0, 63, 0, 0x12, 0x34,
    0xff, 0xd9,
];
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n";

/// The number of frames, and how the response ended, with reads of `step` bytes.
fn receive(trust: &Rc<Trust>, input: &[u8], step: usize) -> (u64, Option<Found>) {
    let mut receiver = Receiver::new(trust, 1 << 20);
    let mut frames = 0;
    for piece in input.chunks(step) {
        if let Err(found) = receiver.take(&mut piece.to_vec(), &mut |_| frames += 1) {
            return (frames, Some(found));
        }
    }
    receiver.finish(&mut |_| frames += 1);
    (frames, None)
}

/// The number of complete pictures that the library finds.
fn by_library(input: &[u8]) -> u64 {
    let mut reader = Reader::with_limits(Expected::Response, Limits::default());
    let mut frames = 0;
    let mut too_large = 0;
    let _ = read(&mut reader, input, &mut too_large, &mut |_| frames += 1);
    reader.finish();
    let _ = read(&mut reader, &[], &mut too_large, &mut |_| frames += 1);
    frames
}

fn part(length: Option<usize>) -> Vec<u8> {
    let length = length.map(|n| format!("Content-Length: {n}\r\n")).unwrap_or_default();
    [format!("--b\r\nContent-Type: image/jpeg\r\n{length}\r\n").as_bytes(), JPEG, b"\r\n"].concat()
}

#[test]
fn the_streams_of_all_devices_have_the_frames_that_the_library_finds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/streams");
    let mut streams = 0;
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let Ok(input) = fs::read(entry.path().join("stream.http")) else { continue };
        let expected = by_library(&input);
        for step in [997, 16_384, input.len()] {
            for _ in 0..2 {
                let trust = Rc::new(Trust::default());
                // The second viewer reads with what the first one has found out.
                let first = receive(&trust, &input, step).0;
                let second = receive(&trust, &input, step).0;
                assert_eq!(
                    (first, second),
                    (expected, expected),
                    "{:?}, {step} at a time",
                    entry.file_name()
                );
            }
        }
        streams += 1;
    }
    assert!(streams > 40, "{streams} streams");
}

#[test]
fn lengths_are_trusted_after_three_frames_and_never_if_they_are_wrong() {
    for (length, is_right) in
        [(Some(JPEG.len()), true), (None, false), (Some(JPEG.len() + 2), false), (Some(9), false)]
    {
        let input = [format!("{HEAD}\r\n").as_bytes(), &part(length).repeat(9), b"--b--\r\n"].concat();
        for step in [1, 7, 64, 10_000] {
            let trust = Rc::new(Trust::default());
            assert_eq!(receive(&trust, &input, step).0, 9, "{length:?} {step}");
            let expected = if is_right { Lengths::Right } else { Lengths::Wrong };
            // With one read for all, the end of the stream comes with the proof.
            if step < 10_000 {
                assert_eq!(trust.lengths.get(), expected, "{length:?} {step}");
            }
            assert_eq!(trust.proving.get(), 0);
        }
    }
}

#[test]
fn a_length_that_becomes_wrong_costs_no_frame_that_follows() {
    let trust = Rc::new(Trust::default());
    let wrong = [b"--b\r\nContent-Length: 9\r\n\r\n", JPEG, b"\r\n"].concat();
    let input = [
        format!("{HEAD}\r\n").as_bytes(),
        &part(Some(JPEG.len())).repeat(5),
        &wrong,
        &part(Some(JPEG.len())).repeat(5),
        b"--b--\r\n",
    ]
    .concat();
    for step in [1, 7, 64] {
        let (frames, _) = receive(&trust, &input, step);
        assert!((10..=11).contains(&frames), "{frames}");
    }
}

#[test]
fn chunks_are_removed_where_they_are() {
    let body = part(Some(JPEG.len())).repeat(6);
    let mut chunked = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    for chunk in body.chunks(29) {
        chunked.extend([format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let claimed = [format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n").as_bytes(), &body].concat();
    for step in 1..80 {
        let trust = Rc::new(Trust::default());
        assert_eq!(receive(&trust, &chunked, step), (6, Some(Found::End)), "{step}");
        assert_eq!(receive(&trust, &claimed, step).0, 6, "{step}");
    }
}

#[test]
fn what_is_no_stream_is_named_and_takes_no_memory() {
    let trust = Rc::new(Trust::default());
    let (_, found) = receive(&trust, b"HTTP/1.1 404 Not Found\r\n\r\n", 5);
    assert!(matches!(found, Some(Found::Refusal(head)) if head.status == 404));
    let endless = format!("HTTP/1.1 200 OK\r\n{}", "X: y\r\n".repeat(20_000));
    let (_, found) = receive(&trust, endless.as_bytes(), 1000);
    assert!(matches!(found, Some(Found::NotAStream(_))), "{found:?}");
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(10_000);
    assert_eq!(receive(&trust, interim.as_bytes(), 100_000), (0, None));
    let page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p>x";
    assert_eq!(receive(&trust, page, 9).0, 0);
}

proptest! {
    #[test]
    fn frames_of_any_bytes_do_not_depend_on_the_reads(input in mutated::bytes(&[
        b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n--b\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xd9\r\n--b\r\nContent-Length: 4\r\nX-Timestamp: 7.5\r\n\r\n\xff\xd8\xff\xd9\r\n--b--\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n2d\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xd9\r\n--b\r\n\r\n\r\n0\r\n\r\n",
    ]), step in 1..40_usize) {
        // Each run has a trust of its own, since it learns from what it reads.
        let [whole, in_steps] =
            [input.len().max(1), step].map(|step| receive(&Rc::new(Trust::default()), &input, step));
        prop_assert_eq!(whole.0, in_steps.0);
        // The skimmer stops at the close-delimiter, and the library's reader reads on. Which of them reads there depends on when the
        // lengths were proved, so only one of the two may have found an end.
        if let (Some(whole), Some(in_steps)) = (whole.1, in_steps.1) {
            prop_assert_eq!(whole, in_steps);
        }
    }
}
