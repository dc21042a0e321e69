//! The simulated consumers: each has a fate for every stream, which depends on the stream alone.

use std::time::Duration;

use mjpeg::consumers::{Predictor, ResponseHead, Stream, StreamEnd, consumers};
use mjpeg::http::Head;

use super::cuts::Cuts;

/// `input`: one byte that chooses the end of the stream, one that chooses its reads, then a response.
pub fn check(input: &[u8]) {
    let [choice, cut, response @ ..] = input else { return };
    let Ok(Some(head)) = Head::parse(response) else { return };
    let body = &response[head.len..];
    let end = match (choice & 1, choice & 4) {
        (0, _) => StreamEnd::Open,
        (_, 0) => StreamEnd::Closed,
        _ => StreamEnd::Reset,
    };
    let head = ResponseHead::of(&head);

    let mut arrivals = Vec::new();
    let (mut at, mut time) = (0_usize, Duration::ZERO);
    for n in Cuts::new(*cut) {
        at = body.len().min(at.saturating_add(n));
        time += Duration::from_millis(u64::from(*choice));
        arrivals.push((at, time));
        if at == body.len() {
            break;
        }
    }
    let ends: Vec<_> = arrivals.iter().map(|&(end, _)| end).collect();
    let chunks = if choice & 2 == 0 { Vec::new() } else { ends.clone() };
    let timed = Stream::new(head.clone(), body.to_vec(), &arrivals, chunks.clone(), end, time);
    let untimed = Stream::without_times(head, body.to_vec(), &ends, chunks, end);
    for stream in [timed, untimed] {
        let predictor = Predictor::new(&stream);
        for consumer in consumers() {
            let first = format!("{:?}", predictor.predict(consumer));
            let again = format!("{:?}", Predictor::new(&stream).predict(consumer));
            assert_eq!(first, again, "{}", consumer.name);
        }
    }
}
