//! A stream that is read up to a limit: the limit does not decide what becomes of the stream.

use std::fs;
use std::time::Duration;

use mjpeg::consumers::{
    Fate, Prediction, Predictor, ResponseHead, SampleEnd, Sampler, Stream, StreamEnd, consumers,
};
use mjpeg::http::Head;
use mjpeg::multipart::{self, Extent, Framing, Part};
use mjpeg::response::{Event, Expected, Reader};

use crate::fixtures;

const HEAD: &[u8] = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=foo\r\n\r\n";
/// From one frame to the next.
const STEP: Duration = Duration::from_millis(100);

/// What becomes of the first `limit` parts of a saved response that is read in pieces of `read_bytes`; and how many parts
/// were read.
fn predicted(file: &[u8], read_bytes: usize, limit: usize) -> (Vec<Prediction>, usize) {
    let Some((head, is_chunked, mut head_bytes)) = opened(file) else { return (Vec::new(), 0) };
    let mut sampler = Sampler::new(head, is_chunked);
    let mut reader = Reader::new(Expected::Saved);
    let mut parts = 0;
    for piece in file.chunks(read_bytes) {
        let of_head = head_bytes.min(piece.len());
        head_bytes -= of_head;
        sampler.bytes(&piece[of_head..], None);
        feed(&mut reader, piece, |event| {
            if let Event::Body(multipart::Event::Part(part)) = event
                && parts < limit
            {
                sampler.part(&part);
                parts += 1;
            }
        });
        if parts == limit {
            break;
        }
    }
    if parts < limit {
        reader.finish();
        feed(&mut reader, &[], |event| {
            if let Event::Body(multipart::Event::Part(part)) = event {
                sampler.part(&part);
                parts += usize::from(part.framing != Framing::EndOfInput || is_whole(&part));
            }
        });
    }
    let end = if parts == limit { SampleEnd::Limit } else { SampleEnd::Input };
    let stream = sampler.finish(Duration::ZERO, end);
    let predictor = Predictor::new(&stream);
    (consumers().map(|consumer| predictor.predict(consumer)).collect(), parts)
}

/// The head of a response, whether its body is in chunks, and where the body starts; `None` without a head.
fn opened(file: &[u8]) -> Option<(ResponseHead, bool, usize)> {
    let mut reader = Reader::new(Expected::Saved);
    feed(&mut reader, file, |_| {});
    Some((ResponseHead::of(reader.head()?), reader.is_in_chunks(), reader.body_start()))
}

fn is_whole(part: &Part<'_>) -> bool {
    matches!(part.extent, Extent::Complete { .. })
}

fn feed(reader: &mut Reader, mut bytes: &[u8], mut take: impl FnMut(Event<'_>)) {
    loop {
        let n = bytes.len().min(reader.space().len());
        reader.space()[..n].copy_from_slice(&bytes[..n]);
        reader.filled(n);
        bytes = &bytes[n..];
        while let Ok(Some(event)) = reader.next_event() {
            take(event);
        }
        if n == 0 || bytes.is_empty() {
            return;
        }
    }
}

fn files() -> Vec<(String, Vec<u8>)> {
    let devices = fixtures::devices().into_iter().map(|(name, folder)| (name, folder.join("stream.http")));
    let files = fixtures::captures().into_iter().chain(devices);
    files.map(|(name, path)| (name, fs::read(path).expect("readable"))).collect()
}

/// The consumers that play the whole stream, and not what was read of it.
fn misses(name: &str, found: &[Prediction], whole: &[Prediction]) -> Vec<String> {
    let pairs = consumers().zip(found.iter().zip(whole));
    let is_miss =
        |(found, whole): (&Prediction, &Prediction)| found.fate.loses_frames() && !whole.fate.loses_frames();
    pairs
        .filter(|(_, pair)| is_miss(*pair))
        .map(|(consumer, (found, whole))| {
            format!("{name}, {}: {:?}, in the end {:?}", consumer.name, found, whole.fate)
        })
        .collect()
}

#[test]
fn the_limit_of_a_check_does_not_decide_what_becomes_of_a_steady_stream() {
    let mut missed = Vec::new();
    let mut compared = 0;
    for (name, file) in files() {
        for read_bytes in [1000, 64 << 10, 1 << 20] {
            let (whole, parts) = predicted(&file, read_bytes, usize::MAX);
            for limit in 1..=parts.min(5) {
                let (limited, _) = predicted(&file, read_bytes, limit);
                let name = format!("{name}, reads of {read_bytes}, {limit} of {parts} parts");
                missed.extend(misses(&name, &limited, &whole));
                compared += 1;
            }
        }
    }
    assert!(compared > 900, "{compared}");
    assert!(missed.is_empty(), "{} misses:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn the_place_where_a_file_is_cut_does_not_decide_what_becomes_of_the_stream() {
    const CUTS: usize = 40;
    let mut missed = Vec::new();
    let mut compared = 0;
    for (name, file) in files() {
        let (whole, _) = predicted(&file, 64 << 10, usize::MAX);
        for cut in 1..CUTS {
            let at = file.len() * cut / CUTS;
            let (cut, parts) = predicted(&file[..at], 64 << 10, usize::MAX);
            if parts > 0 {
                missed.extend(misses(&format!("{name}, cut at {at}, {parts} parts"), &cut, &whole));
                compared += 1;
            }
        }
    }
    assert!(compared > 1500, "{compared}");
    assert!(missed.is_empty(), "{} misses:\n{}", missed.len(), missed.join("\n"));
}

/// What becomes of the first `count` parts of a live stream of 10 fps. `sent_with`: what is sent together with a picture, after
/// the end of its line.
fn live(count: usize, sent_with: &str) -> Vec<Prediction> {
    let head = Head::parse(HEAD).expect("a head").expect("a whole head");
    let (mut body, mut arrivals) = (Vec::new(), Vec::new());
    let frames = fixtures::frames();
    let part = |n: usize| {
        let length = frames[n % frames.len()].len();
        format!("\r\n--foo\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n")
    };
    let mut left = part(0)[2..].to_string();
    for n in 0..count {
        let next = part(n + 1);
        let (with, rest) = next.split_at(next.find(sent_with).expect("a piece of it") + sent_with.len());
        body.extend([left.as_bytes(), &frames[n % frames.len()], with.as_bytes()].concat());
        arrivals.push((body.len(), STEP * n as u32));
        left = rest.to_string();
    }
    let ended = STEP * (count as u32 - 1) + Duration::from_millis(1);
    let stream = Stream::new(ResponseHead::of(&head), body, &arrivals, Vec::new(), StreamEnd::Open, ended);
    let predictor = Predictor::new(&stream);
    consumers().map(|consumer| predictor.predict(consumer)).collect()
}

#[test]
fn a_live_stream_of_few_frames_is_not_said_to_be_lost() {
    let mut missed = Vec::new();
    for (layout, sent_with) in [("leading", ""), ("trailing", "--foo\r\n"), ("early", "\r\n\r\n")] {
        let whole = live(20, sent_with);
        for count in 1..=5 {
            missed.extend(misses(&format!("{layout}, {count} frames"), &live(count, sent_with), &whole));
        }
        // A frame that is shown with the next one is not on time because the reading stops.
        let one = live(1, sent_with);
        for ((consumer, one), whole) in consumers().zip(&one).zip(&whole) {
            if consumer.name == "vlc" || consumer.name == "firefox" || consumer.name == "chromium" {
                assert!(one.fate != Fate::OnTime || whole.fate == Fate::OnTime, "{layout} {}", consumer.name);
            }
        }
    }
    assert!(missed.is_empty(), "{} misses:\n{}", missed.len(), missed.join("\n"));
}
