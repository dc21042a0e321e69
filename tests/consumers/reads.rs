//! Programs that look at what one read returns, and streams whose parts come within milliseconds.

use std::time::Duration;

use mjpeg::consumers::{Cause, Fate, Predictor, ResponseHead, Stream, StreamEnd, consumer};
use mjpeg::http::Head;

use crate::streams;

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=foo\r\n\r\n";

/// Six parts in pairs, one pair each 200 ms; the second one of a pair comes so many milliseconds behind the first.
fn stream(behind: u64) -> Stream {
    let jpeg = include_bytes!("../../fixtures/jpeg/420.jpg");
    let head = ResponseHead::of(&Head::parse(HEAD).unwrap().unwrap());
    let (mut body, mut arrivals) = (Vec::new(), Vec::new());
    for n in 0..6 {
        let length = jpeg.len();
        let head = format!("--foo\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n");
        body.extend([head.as_bytes(), jpeg, b"\r\n"].concat());
        if n % 2 == 1 || behind > 0 {
            arrivals.push((body.len(), Duration::from_millis(200 * (n / 2) + behind * (n % 2))));
        }
    }
    Stream::new(head, body, &arrivals, Vec::new(), StreamEnd::Open, Duration::from_millis(700))
}

fn fate(stream: &Stream, name: &str) -> Fate {
    Predictor::new(stream).predict(consumer(name).unwrap()).fate
}

#[test]
fn what_may_come_in_one_read_or_two_is_unknown_for_a_program_that_takes_one_picture_of_each() {
    for (behind, expected) in [(100, Fate::OnTime), (2, Fate::Unknown), (0, Fate::Loses)] {
        let stream = stream(behind);
        assert_eq!(fate(&stream, "mjpeg_consumer"), expected, "{behind} ms");
        if behind == 0 {
            let cause = Predictor::new(&stream).predict(consumer("mainsail").unwrap()).cause;
            assert_eq!(cause, Some(Cause::Burst));
        }
        // A program that keeps what it has read does not depend on it.
        assert_eq!(fate(&stream, "ffmpeg"), Fate::OnTime, "{behind} ms");
    }
}

#[test]
fn a_head_that_comes_before_its_body_is_enough_for_mjpeg_consumer() {
    // As the MultipartWriter of aiohttp writes them.
    let jpeg = include_bytes!("../../fixtures/jpeg/420.jpg");
    let head = ResponseHead::of(&Head::parse(HEAD).unwrap().unwrap());
    let (mut body, mut arrivals) = (Vec::new(), Vec::new());
    for n in 0..6 {
        let length = jpeg.len();
        let part = format!("Content-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n");
        for (i, piece) in [&b"--foo\r\n"[..], part.as_bytes(), jpeg, b"\r\n"].into_iter().enumerate() {
            body.extend(piece);
            arrivals.push((body.len(), Duration::from_millis(100 * n + 10 * i as u64)));
        }
    }
    let ended = Duration::from_millis(700);
    let stream = Stream::new(head, body, &arrivals, Vec::new(), StreamEnd::Open, ended);
    assert_eq!(fate(&stream, "mjpeg_consumer"), Fate::OnTime);
}

#[test]
fn a_picture_that_is_announced_behind_another_one_is_not_to_be_shown() {
    // A multi-picture photo with its length: FFmpeg 5.1, GStreamer 1.22 and VLC 3.0 give as many frames of such a stream
    // as of one with its first picture alone.
    let jpeg = include_bytes!("../../fixtures/jpeg/420.jpg");
    let index = b"\xff\xe2\x00\x0eMPF\0II*\0\x08\0\0\0";
    let of = |photo: &[&[u8]]| {
        let photo = photo.concat();
        let head = format!("--foo\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", photo.len());
        let part = [head.as_bytes(), &photo, b"\r\n"].concat();
        streams::of_sends(HEAD, &[&part[..]; 6])
    };
    let one = of(&[jpeg]);
    let two = of(&[&jpeg[..2], index, &jpeg[2..], jpeg]);
    for name in ["ffmpeg", "gstreamer", "vlc", "chromium", "firefox"] {
        assert_eq!(fate(&two, name), fate(&one, name), "{name}");
    }
    // Without the index the second picture is a frame that was meant to be shown.
    assert_eq!(fate(&of(&[jpeg, jpeg]), "chromium"), Fate::Loses);
}

#[test]
fn bytes_between_the_segments_of_a_picture_do_not_hide_it() {
    // Decoders skip them: measured with `mjpeg serve --fault junk-bytes`.
    let jpeg = include_bytes!("../../fixtures/jpeg/420.jpg");
    let junk = [&jpeg[..2], b"\xff\xfe\0\x04##\x11\x22\x33", &jpeg[2..]].concat();
    let head = format!("--foo\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", junk.len());
    let part = [head.as_bytes(), &junk, b"\r\n"].concat();
    let stream = streams::of_sends(HEAD, &[&part[..]; 6]);
    for name in ["ffmpeg", "gstreamer", "firefox", "aiohttp"] {
        assert!(fate(&stream, name) <= Fate::Late, "{name}: {}", fate(&stream, name));
    }
}

#[test]
fn bytes_between_soi_and_the_first_marker_do_not_hide_a_picture() {
    let jpeg = include_bytes!("../../fixtures/jpeg/420.jpg");
    for junk in [&b"\0"[..], b"junk"] {
        let body = [&jpeg[..2], junk, &jpeg[2..]].concat();
        for length in [format!("Content-Length: {}\r\n", body.len()), String::new()] {
            let head = format!("--foo\r\nContent-Type: image/jpeg\r\n{length}\r\n");
            let part = [head.as_bytes(), &body, b"\r\n"].concat();
            let stream = streams::of_sends(HEAD, &[&part[..]; 6]);
            for name in ["ffmpeg", "gstreamer", "vlc", "firefox", "aiohttp"] {
                assert!(fate(&stream, name) <= Fate::Late, "{name}: {}", fate(&stream, name));
            }
        }
    }
}

#[test]
fn a_body_without_the_announced_chunks_shows_nothing() {
    let jpeg = include_bytes!("../../fixtures/jpeg/420.jpg");
    let head = format!("--foo\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", jpeg.len());
    let part = [head.as_bytes(), jpeg, b"\r\n"].concat();
    let text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: multipart/x-mixed-replace; boundary=foo\r\n\r\n";
    let facts = ResponseHead::of(&Head::parse(text).unwrap().unwrap());
    for (is_in_chunks, expected) in [(true, Fate::OnTime), (false, Fate::Nothing)] {
        let facts = facts.clone().before_chunks(is_in_chunks);
        let body = part.repeat(6);
        let arrivals: Vec<_> =
            (1..=6).map(|n| (part.len() * n, Duration::from_millis(100 * n as u64))).collect();
        let ends = arrivals.iter().map(|&(end, _)| end).collect();
        let ended = Duration::from_millis(700);
        let stream = Stream::new(facts, body, &arrivals, ends, StreamEnd::Closed, ended);
        for name in ["ffmpeg", "gstreamer", "opencv", "aiohttp"] {
            let prediction = Predictor::new(&stream).predict(consumer(name).unwrap());
            assert_eq!(prediction.fate, expected, "{name}");
            assert_eq!(prediction.cause == Some(Cause::ChunksMissing), !is_in_chunks, "{name}");
        }
    }
}
