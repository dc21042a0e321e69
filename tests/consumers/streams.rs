//! Streams with their arrival times, as they were served to the real programs.

use std::time::Duration;

use mjpeg::consumers::{HeadStart, ResponseHead, Stream, StreamEnd};
use mjpeg::http::Head;

use crate::recipe::Recipe;

/// From the head to the first part.
pub const FIRST_MS: u64 = 150;
/// From one send to the next.
pub const STEP_MS: u64 = 300;
/// The silence before the close.
pub const SILENCE_MS: u64 = 1200;

/// The stream of a recipe: one send for each flush.
pub fn of_recipe(recipe: &Recipe) -> Stream {
    let mut ends = recipe.flushes.clone();
    ends.push(recipe.stream.len());
    let mut start = 0;
    let mut sends = Vec::new();
    for end in ends.into_iter().filter(|&end| end > 0) {
        if end > start {
            sends.push(&recipe.stream[start..end]);
        }
        start = end;
    }
    of_sends(sends[0], &sends[1..])
}

/// The stream of a head and what is sent behind it, each at its time. Without a head it starts with the body.
pub fn of_sends(head: &[u8], sends: &[&[u8]]) -> Stream {
    if head.is_empty() {
        let none = Head::parse(b"HTTP/1.0 200 OK\r\n\r\n").expect("a head").expect("a whole head");
        return of_body(ResponseHead::of(&none).starting_with(HeadStart::Body), sends);
    }
    let head = Head::parse(head).expect("a head").expect("a whole head");
    of_body(ResponseHead::of(&head), sends)
}

fn of_body(facts: ResponseHead, sends: &[&[u8]]) -> Stream {
    let mut raw = Vec::new();
    let mut arrivals = Vec::new();
    for (i, send) in sends.iter().enumerate() {
        raw.extend_from_slice(send);
        arrivals.push((raw.len(), Duration::from_millis(FIRST_MS + STEP_MS * i as u64)));
    }
    let ended = arrivals.last().expect("a send").1 + Duration::from_millis(SILENCE_MS);
    let is_complete = facts.content_length.is_some_and(|length| length <= raw.len() as u64)
        || facts.is_chunked && raw.ends_with(b"0\r\n\r\n");
    let end = if is_complete { StreamEnd::Complete } else { StreamEnd::Closed };
    if !facts.is_chunked {
        return Stream::new(facts, raw, &arrivals, Vec::new(), end, ended);
    }
    let (mut body, mut chunks, mut chunk_arrivals, mut at) = (Vec::new(), Vec::new(), Vec::new(), 0);
    while at < raw.len() {
        let line = raw[at..].windows(2).position(|pair| pair == b"\r\n").expect("a chunk-size line");
        let size = std::str::from_utf8(&raw[at..at + line]).expect("text");
        let size = usize::from_str_radix(size, 16).expect("a chunk-size");
        if size == 0 {
            break;
        }
        let start = at + line + 2;
        body.extend_from_slice(&raw[start..start + size]);
        chunks.push(body.len());
        at = start + size + 2;
        let (_, arrived) = arrivals.iter().find(|&&(end, _)| end >= start + size).expect("it came");
        chunk_arrivals.push((body.len(), *arrived));
    }
    Stream::new(facts, body, &chunk_arrivals, chunks, end, ended)
}
