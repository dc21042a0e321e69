//! Bytes that no camera sends: no reader panics, and none takes more than linear time.

use std::time::{Duration, Instant};

use mjpeg::consumers::{Predictor, ResponseHead, Stream, StreamEnd, consumers};
use mjpeg::http::Head;

use crate::combinations::Combination;
use crate::fixtures;

fn predict(head: &[u8], body: Vec<u8>, chunks: Vec<usize>) {
    let head = Head::parse(head).expect("a head").expect("a whole head");
    let arrivals: Vec<_> =
        (1..=body.len() / 1000).map(|i| (i * 1000, Duration::from_millis(i as u64 * 40))).collect();
    let ended = Duration::from_secs(1000);
    let stream = Stream::new(ResponseHead::of(&head), body, &arrivals, chunks, StreamEnd::Closed, ended);
    let predictor = Predictor::new(&stream);
    for consumer in consumers() {
        let started = Instant::now();
        let _ = predictor.predict(consumer);
        let took = started.elapsed();
        assert!(took < Duration::from_secs(5), "{}: {took:?} for {} bytes", consumer.name, stream.len());
    }
}

#[test]
fn no_damage_makes_a_reader_panic() {
    let frames = fixtures::frames();
    for seed in 0..300 {
        let combination = Combination::of(seed, &frames);
        let mut body = combination.sends.concat();
        let mut state = seed * 2 + 1;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % below.max(1)
        };
        for _ in 0..8 {
            let at = random(body.len());
            match random(5) {
                0 => body.truncate(at),
                1 => body[at..].iter_mut().take(1).for_each(|byte| *byte ^= 1 << (seed % 8)),
                2 => drop(body.drain(at..(at + 40).min(body.len()))),
                3 => drop(body.splice(at..at, *b"\r\n--foo\r\n")),
                _ => drop(
                    body.splice(at..at, *b"\r\nContent-Length: 18446744073709551615\r\n\r\n\xff\xd8\xff"),
                ),
            }
        }
        let chunks = (1..=body.len() / 300).map(|i| i * 300).collect();
        predict(&combination.head, body, chunks);
    }
}

#[test]
fn repeated_bytes_take_linear_time() {
    let head = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=foo\r\n\r\n";
    let patterns: [&[u8]; 15] = [
        b"-",
        b"\n",
        b"\r\n",
        b"\0",
        b"\xff\xd8",
        b"\xff\xd8\xff",
        b"\xff\xd9",
        b"\xff\xd8\xff\xda\0\x02a",
        b"--foo\r\n",
        b"--foo\r\n\r\n",
        b"--foo\r\nContent-Length: 0\r\n\r\n\xff\xd8\xff",
        b"\r\n--",
        b"Content-Length: 5:\xff\xd8",
        b"\n--a\nb:",
        b"\xff\xd8\xff\xff\xfe\0\x05",
    ];
    for pattern in patterns {
        let body = pattern.repeat((1 << 20) / pattern.len());
        predict(head, body.clone(), Vec::new());
        predict(head, [b"--foo\r\nContent-Type: image/jpeg\r\n\r\n", &body[..]].concat(), Vec::new());
    }
}
