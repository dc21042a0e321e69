//! What a server sends together with a picture.

use std::time::Duration;

use super::seen::{Before, Seat};

/// How it is known what is sent together with a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Evidence {
    /// Not at all.
    #[default]
    None,
    /// From the times at which the bytes came.
    Times,
    /// From the borders of the chunks.
    Chunks,
    /// From the end of the stream.
    End,
}

impl Evidence {
    /// For people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::None => "is assumed: the bytes have no times, no chunks and no end",
            Self::Times => "is known from the times of the bytes",
            Self::Chunks => "is known from the chunks",
            Self::End => "is known from the end of the stream",
        }
    }

    /// For programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "assumed",
            Self::Times => "times",
            Self::Chunks => "chunks",
            Self::End => "end",
        }
    }
}

/// How many bytes are behind a picture: before the next head, and in the head.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Up to the head.
    pub rest: usize,
    /// The head.
    pub head: usize,
}

/// A pause shorter than this may be one of the network.
const SHORTEST_PAUSE: Duration = Duration::from_millis(4);

/// How many bytes behind a picture come before the pause, if most pauses are at the same place. `ends`: where the pictures
/// end, with the filler behind them.
pub fn by_times(
    reads: &[(usize, Duration)],
    pictures: &[Seat],
    ends: &[usize],
    sizes: Sizes,
) -> Option<usize> {
    let mut sent: Vec<usize> = Vec::new();
    let mut from = 0;
    for (seat, &end) in pictures.iter().skip(1).zip(ends).filter(|(seat, _)| seat.before == Before::Picture) {
        let next = seat.picture.start;
        from += reads.get(from..)?.iter().take_while(|(reached, _)| *reached < end).count();
        let near = &reads[from..];
        // The longest pause before the next picture begins.
        let pauses = near.windows(2).take_while(|pair| pair[0].0 <= next);
        let longest = pauses.map(|pair| (pair[1].1.saturating_sub(pair[0].1), pair[0].0)).max();
        if let Some((_, reached)) = longest.filter(|(pause, _)| *pause >= SHORTEST_PAUSE) {
            sent.push(reached - end);
        }
    }
    let count = |one: usize| sent.iter().filter(|other| **other == one).count();
    let most = sent.iter().copied().max_by_key(|one| count(*one))?;
    let is_sure = count(most) * 2 > sent.len() && most <= sizes.rest + sizes.head;
    is_sure.then_some(most)
}

/// How many bytes behind a picture are sent with it, by the end of a stream that its server has closed, and whether
/// more follow. `part`: the head of a part, with places.
pub fn by_tail(tail: &[u8], rest: &[u8], part: &str) -> (Option<usize>, bool) {
    let equal = tail.iter().zip(rest).take_while(|(a, b)| a == b).count();
    if equal == tail.len() {
        return (Some(equal), false);
    }
    if equal < rest.len() {
        // A close-delimiter begins like a delimiter: it is not known what was sent before it.
        return (None, true);
    }
    let beginning: Vec<u8> = part.bytes().take_while(|byte| *byte != b'{').take(8).collect();
    let is_head = !beginning.is_empty() && tail[rest.len()..].starts_with(&beginning);
    (Some(if is_head { rest.len() + 1 } else { rest.len() }), !is_head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(ends: &[(usize, usize)]) -> Vec<Seat> {
        let seat = |(start, end): &(usize, usize)| Seat {
            picture: *start..*end,
            delimiter: None,
            head: None,
            before: Before::Picture,
            size: (1, 1),
        };
        ends.iter().map(seat).collect()
    }

    #[test]
    fn the_pause_shows_what_is_sent_with_a_picture() {
        let ms = Duration::from_millis;
        let pictures = seats(&[(10, 100), (120, 200), (220, 300), (320, 400)]);
        let ends: Vec<_> = pictures.iter().map(|seat| seat.picture.end).collect();
        let sizes = Sizes { rest: 8, head: 12 };
        for behind in [0, 2, 8, 20] {
            let mut reads = vec![(10, ms(0))];
            for (n, seat) in (0..).zip(&pictures) {
                reads.push((seat.picture.end - 30, ms(50 * n + 1)));
                reads.push((seat.picture.end + behind, ms(50 * n + 2)));
            }
            assert_eq!(by_times(&reads, &pictures, &ends, sizes), Some(behind));
        }
        assert_eq!(by_times(&[], &pictures, &ends, sizes), None);
        assert_eq!(by_times(&[(400, ms(1)), (500, ms(100))], &pictures, &ends, sizes), None);
    }

    #[test]
    fn the_end_shows_it_too() {
        let rest = b"\r\n--b\r\n";
        for (tail, expected) in [
            (&b""[..], (Some(0), false)),
            (b"\r\n", (Some(2), false)),
            (b"\r\n--b\r\n", (Some(7), false)),
            (b"\r\n--b\r\nContent-Type: image/jpeg", (Some(8), false)),
            (b"\r\n--b\r\nbye", (Some(7), true)),
            (b"\r\n--b--\r\n", (None, true)),
        ] {
            assert_eq!(by_tail(tail, rest, "Content-Type: image/jpeg\r\n"), expected);
        }
    }
}
