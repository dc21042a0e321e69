//! Long streams: the sample tells what the whole stream tells.

use std::time::Duration;

use mjpeg::consumers::{Predictor, ResponseHead, SampleEnd, Sampler, Stream, StreamEnd, consumers};
use mjpeg::multipart;
use mjpeg::response::{Event, Expected, Reader};

use crate::fixtures;

const PARTS: usize = 80;
const STEP_MS: u64 = 100;

/// The head of the part, its picture, and what stands behind it.
type Part = Vec<u8>;

fn part(jpeg: &[u8], length: usize, behind: &str) -> Part {
    let head = format!("--foo\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), jpeg, behind.as_bytes()].concat()
}

/// The sample of a stream with one send for each part.
fn sample(head: &[u8], sends: &[Part]) -> (Stream, Stream) {
    let mut reader = Reader::new(Expected::Response);
    let feed = |reader: &mut Reader, mut bytes: &[u8], sampler: &mut Option<Sampler>| {
        while !bytes.is_empty() {
            let n = bytes.len().min(reader.space().len());
            reader.space()[..n].copy_from_slice(&bytes[..n]);
            reader.filled(n);
            bytes = &bytes[n..];
            while let Ok(Some(event)) = reader.next_event() {
                if let (Event::Body(multipart::Event::Part(part)), Some(sampler)) = (event, sampler.as_mut())
                {
                    sampler.part(&part);
                }
            }
        }
    };
    feed(&mut reader, head, &mut None);
    let facts = ResponseHead::of(reader.head().expect("a head"));
    let mut sampler = Some(Sampler::new(facts.clone(), false));
    let (mut body, mut arrivals) = (Vec::new(), Vec::new());
    for (i, send) in sends.iter().enumerate() {
        let at = Duration::from_millis(STEP_MS * (i as u64 + 1));
        body.extend_from_slice(send);
        arrivals.push((body.len(), at));
        sampler.as_mut().expect("set above").bytes(send, Some(at));
        feed(&mut reader, send, &mut sampler);
    }
    let ended = Duration::from_millis(STEP_MS * (sends.len() as u64 + 4));
    let sample = sampler.expect("set above").finish(ended, SampleEnd::Closed);
    (sample, Stream::new(facts, body, &arrivals, Vec::new(), StreamEnd::Closed, ended))
}

#[test]
fn a_sample_tells_what_the_whole_stream_tells() {
    let head = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=foo\r\n\r\n";
    let frames = fixtures::frames();
    let plain: Vec<Part> = (0..PARTS).map(|i| &frames[i % 6]).map(|it| part(it, it.len(), "\r\n")).collect();
    let with = |at: usize, odd: Part| {
        let mut parts = plain.clone();
        parts[at] = odd;
        parts
    };
    let frame = &frames[2];
    let whole: usize = plain.iter().map(Vec::len).sum();
    for length in [plain[0].len() * 3, whole / 2, whole - 100] {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\
             Content-Type: multipart/x-mixed-replace; boundary=foo\r\n\r\n"
        );
        agrees(&format!("Content-Length {length} of {whole}"), head.as_bytes(), &plain);
    }
    for (name, parts) in [
        ("plain", plain.clone()),
        ("a short length", with(50, part(frame, frame.len() - 10, "\r\n"))),
        ("a long length", with(50, part(frame, frame.len() + 10, "\r\n"))),
        ("stale bytes", with(40, part(frame, frame.len(), "stale\r\n"))),
        ("an empty part", with(60, part(b"", 0, "\r\n"))),
        ("no line end", with(30, part(frame, frame.len(), ""))),
        ("a close-delimiter", with(70, part(frame, frame.len(), "\r\n--foo--\r\n"))),
    ] {
        agrees(name, head, &parts);
    }
}

/// Fails unless the sample of these parts and all of them have the same predictions.
fn agrees(name: &str, head: &[u8], parts: &[Part]) {
    let (sample, whole) = sample(head, parts);
    assert!(sample.len() * 4 < whole.len(), "{name}: {} of {} bytes", sample.len(), whole.len());
    let (sampled, all) = (Predictor::new(&sample), Predictor::new(&whole));
    for consumer in consumers() {
        let (sampled, all) = (sampled.predict(consumer), all.predict(consumer));
        assert_eq!((sampled.fate, sampled.cause), (all.fate, all.cause), "{name}: {}", consumer.name);
    }
}
