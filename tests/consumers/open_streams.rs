//! Streams that were not read to their end.

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
