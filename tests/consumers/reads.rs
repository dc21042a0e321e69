//! Programs that look at what one read returns, and streams whose pieces come within milliseconds.

use std::time::Duration;

use mjpeg::consumers::{Fate, Predictor, ResponseHead, Stream, StreamEnd, consumer};
use mjpeg::http::Head;

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=foo\r\n\r\n";

/// Six parts, one each 100 ms; the head of each comes so many milliseconds before its body.
fn stream(before: Option<u64>) -> Stream {
    let jpeg = include_bytes!("../../fixtures/jpeg/420.jpg");
    let head = ResponseHead::of(&Head::parse(HEAD).unwrap().unwrap());
    let (mut body, mut arrivals) = (Vec::new(), Vec::new());
    for n in 0..6 {
        let at = Duration::from_millis(100 * n);
        let length = jpeg.len();
        body.extend(
            format!("--foo\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n").as_bytes(),
        );
        if let Some(before) = before {
            arrivals.push((body.len(), at.saturating_sub(Duration::from_millis(before))));
        }
        body.extend(jpeg);
        body.extend(b"\r\n");
        arrivals.push((body.len(), at));
    }
    Stream::new(head, body, &arrivals, Vec::new(), StreamEnd::Open, Duration::from_millis(700))
}

fn fate(stream: &Stream, name: &str) -> Fate {
    Predictor::new(stream).predict(consumer(name).unwrap()).fate
}

#[test]
fn what_may_come_in_one_read_or_two_is_unknown_for_a_program_that_needs_one() {
    // mjpeg-consumer needs SOI in the read of Content-Length.
    for (before, expected) in [(None, Fate::OnTime), (Some(2), Fate::Unknown), (Some(50), Fate::Nothing)] {
        let stream = stream(before);
        assert_eq!(fate(&stream, "mjpeg_consumer"), expected, "{before:?}");
        // A program that keeps what it has read does not depend on it.
        assert_eq!(fate(&stream, "pipe2jpeg"), Fate::OnTime, "{before:?}");
        assert_eq!(fate(&stream, "ffmpeg"), Fate::OnTime, "{before:?}");
    }
}
