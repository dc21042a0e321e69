//! How a stream ends: it was not read further, the server closed it, or the connection was reset.

use std::time::Duration;

use mjpeg::consumers::{Fate, Predictor, ResponseHead, Stream, StreamEnd, consumer};
use mjpeg::http::Head;

use crate::fixtures;

/// From one part to the next.
const STEP: Duration = Duration::from_millis(100);

/// Five parts, of which the last one has so many bytes of its picture, and what follows it. If something does, the
/// Content-Length is that of what was sent.
fn stream(last: usize, behind: &str) -> Stream {
    let head = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=foo\r\n\r\n";
    let head = Head::parse(head).expect("a head").expect("a whole head");
    let (mut body, mut arrivals) = (Vec::new(), Vec::new());
    let frames = fixtures::frames();
    for (i, jpeg) in (1..).zip(&frames[..5]) {
        let (sent, behind) = if i == 5 { (&jpeg[..last], behind) } else { (&jpeg[..], "\r\n") };
        let length = if behind.is_empty() { jpeg.len() } else { sent.len() };
        let head = format!("--foo\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n");
        body.extend([head.as_bytes(), sent, behind.as_bytes()].concat());
        arrivals.push((body.len(), STEP * i));
    }
    Stream::new(ResponseHead::of(&head), body, &arrivals, Vec::new(), StreamEnd::Open, STEP * 6)
}

fn fate(stream: &Stream, name: &str) -> Fate {
    Predictor::new(stream).predict(consumer(name).expect("a consumer")).fate
}

#[test]
fn a_last_picture_that_is_cut_counts_once_a_delimiter_follows_it() {
    let half = fixtures::frames()[4].len() / 2;
    // Programs that decode what they get, and programs that pass it on.
    for (names, loses) in [
        (&["ffmpeg", "opencv", "gstreamer", "firefox"][..], true),
        (&["go2rtc", "aiohttp", "soi_eoi_scanner"], false),
    ] {
        for name in names {
            // The rest of it may be what comes next.
            assert!(!fate(&stream(half, ""), name).loses_frames(), "{name}");
            for behind in
                ["\r\n--foo\r\n", "\r\n--foo\r\nContent-Type: image/jpeg\r\n\r\n", "\r\n--foo--\r\n"]
            {
                assert_eq!(fate(&stream(half, behind), name).loses_frames(), loses, "{name} {behind:?}");
            }
        }
    }
}

/// Frames of which the first `sound` ones are whole, and the others have bytes before SOI. `before`: what comes before the
/// first delimiter.
fn undecodable(before: &str, sound: usize, end: StreamEnd) -> Stream {
    let head = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=foo\r\n\r\n";
    let head = Head::parse(head).expect("a head").expect("a whole head");
    let (mut body, mut arrivals) = (before.as_bytes().to_vec(), Vec::new());
    for (i, jpeg) in (1..).zip(&fixtures::frames()[..6]) {
        let junk = if i as usize > sound { "\0\0" } else { "" };
        let length = junk.len() + jpeg.len();
        let head = format!("--foo\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n{junk}");
        body.extend([head.as_bytes(), jpeg, b"\r\n"].concat());
        arrivals.push((body.len(), STEP * i));
    }
    Stream::new(ResponseHead::of(&head), body, &arrivals, Vec::new(), end, STEP * 7)
}

/// Measured: `benches/consumers/tab.py`.
#[test]
fn the_tab_of_chromium_crashes_when_the_server_ends_the_stream_and_not_when_the_connection_is_reset() {
    for (before, sound, reset) in
        [("", 3, Fate::Dies), ("", 0, Fate::Nothing), ("\r\n\r\n", 6, Fate::Nothing)]
    {
        for (end, expected) in [
            (StreamEnd::Complete, Fate::Crashes),
            (StreamEnd::Closed, Fate::Crashes),
            // What becomes of it when the server ends it.
            (StreamEnd::Open, Fate::Crashes),
            (StreamEnd::Reset, reset),
        ] {
            let stream = undecodable(before, sound, end);
            assert_eq!(fate(&stream, "chromium"), expected, "{before:?} {sound} {end:?}");
        }
    }
}
