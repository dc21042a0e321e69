//! What the prediction of all consumers costs, beside the entropy walk of the same pictures.
//!
//! `cargo bench --bench consumers --no-default-features --features std -- FILE...`; see `benches/README.md`.

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use mjpeg::consumers::{Predictor, ResponseHead, Stream, StreamEnd, consumers};
use mjpeg::http::Head;
use mjpeg::jpeg::Checker;

/// Pictures of the stream.
const PICTURES: usize = 9;
/// Runs; the fastest counts.
const RUNS: usize = 101;

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn main() {
    // cargo bench passes flags of its own.
    for path in std::env::args().skip(1).filter(|argument| !argument.starts_with("--")) {
        let jpeg = fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let streams = [("with length", stream(&jpeg, true)), ("without length", stream(&jpeg, false))];
        let mut checker = Checker::new();
        let walk = fastest(|| {
            for _ in 0..PICTURES {
                black_box(checker.check(black_box(&jpeg)));
            }
        });
        println!("{path}: {PICTURES} pictures of {} bytes, entropy walk {} us", jpeg.len(), walk.as_micros());
        for (name, stream) in &streams {
            let all = fastest(|| {
                let predictor = Predictor::new(black_box(stream));
                for consumer in consumers() {
                    black_box(predictor.predict(consumer));
                }
            });
            println!("  {name}: all {} consumers {} us", consumers().count(), all.as_micros());
            for consumer in consumers() {
                let predictor = Predictor::new(stream);
                let one = fastest(|| {
                    black_box(predictor.predict(black_box(consumer)));
                });
                println!("    {:20} {:>6} us", consumer.name, one.as_micros());
            }
        }
    }
}

fn fastest(mut run: impl FnMut()) -> Duration {
    let time = |_| {
        let started = Instant::now();
        run();
        started.elapsed()
    };
    (0..RUNS).map(time).min().unwrap_or_default()
}

fn stream(jpeg: &[u8], has_length: bool) -> Stream {
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=foo\r\n\r\n";
    let head = Head::parse(head).expect("a head").expect("a whole head");
    let length = if has_length { format!("Content-Length: {}\r\n", jpeg.len()) } else { String::new() };
    let (mut body, mut arrivals) = (Vec::new(), Vec::new());
    for i in 1..=PICTURES as u64 {
        body.extend_from_slice(format!("--foo\r\nContent-Type: image/jpeg\r\n{length}\r\n").as_bytes());
        body.extend_from_slice(jpeg);
        body.extend_from_slice(b"\r\n");
        arrivals.push((body.len(), Duration::from_millis(40 * i)));
    }
    let ended = Duration::from_secs(1);
    Stream::new(ResponseHead::of(&head), body, &arrivals, Vec::new(), StreamEnd::Open, ended)
}
