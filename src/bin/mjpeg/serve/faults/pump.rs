//! Faults of time: they change when the bytes of a part are sent.

use std::time::Duration;

use super::entry::{Pace, time};
use super::held::{Held, length};
use super::item::{About, Item, Mark, Piece, Tag};
use super::random::Random;

/// The pause between two blocks of [`Pace::Drip`]. Those of [`Pace::Rate`] are as far apart where the rate allows it.
const DRIP_INTERVAL: Duration = Duration::from_millis(10);

/// Most blocks of one part: a plan has bounded memory.
const BLOCKS: usize = 1 << 16;

/// A larger part is not slowed down: no picture is that large, and it would take minutes.
const LARGEST: usize = 64 << 20;

/// A part of which the times change.
#[derive(Debug)]
pub struct Moved {
    /// How.
    pub pace: Pace,
    /// The argument of the fault.
    pub argument: u64,
    /// The name of the fault, for the log.
    pub name: &'static str,
    /// Random numbers.
    pub random: Random,
    /// Whether the stream ends with this part: then a server sends what it holds.
    pub is_last: bool,
}

impl Moved {
    /// Changes the times of the items of a part.
    pub fn apply(mut self, held: &mut Held, mut items: Vec<Item>) -> Vec<Item> {
        let size = usize::try_from(self.argument).unwrap_or(usize::MAX);
        // Another fault may close the connection here.
        self.is_last |= items.iter().any(|item| matches!(item, Item::Close));
        let mark = |about| Item::Mark(Mark { name: self.name, about });
        if self.pace == Pace::StallInside {
            return split_body(items, [mark(About::Begun), Item::Wait(time(self.argument))]);
        }
        items.insert(0, mark(About::Next));
        match self.pace {
            Pace::Stall => items.insert(1, Item::Wait(time(self.argument))),
            Pace::Jitter => {
                let fraction = self.random.fraction().powi(3);
                items.insert(1, Item::Wait(time(self.argument).mul_f64(fraction)));
            }
            Pace::Drip => return drip(items, size, |_| DRIP_INTERVAL),
            Pace::Rate => return drip(items, (size / 100).max(1), |block| time_at_rate(block, size)),
            Pace::Fill | Pace::HoldTail | Pace::Burst if self.is_last => {
                return held.pass(items, |held| held);
            }
            Pace::Fill => return held.pass(items, |held| held - held % size),
            Pace::HoldTail => return held.pass(items, |held| held.saturating_sub(size)),
            Pace::Burst => {
                held.parts = (held.parts + 1) % self.argument;
                let is_full = held.parts == 0;
                return held.pass(items, |held| if is_full { held } else { 0 });
            }
            Pace::StallInside => {}
        }
        // What an earlier part left.
        held.pass(items, |held| held)
    }
}

/// Inserts items into the middle of the picture.
pub fn split_body<const N: usize>(items: Vec<Item>, insert: [Item; N]) -> Vec<Item> {
    let mut out = Vec::new();
    let mut insert = Some(insert);
    for item in items {
        match item {
            Item::Piece(piece) if piece.tag == Tag::Body && insert.is_some() => {
                let middle = piece.len() / 2;
                let [first, second] = piece.split(middle);
                out.push(Item::Piece(first));
                out.extend(insert.take().into_iter().flatten());
                out.push(Item::Piece(second));
            }
            item => out.push(item),
        }
    }
    out
}

/// How long so many bytes take at a rate of `size` bytes a second.
fn time_at_rate(bytes: usize, size: usize) -> Duration {
    let nanos = bytes as u128 * 1_000_000_000 / size.max(1) as u128;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Splits the bytes into blocks. Behind each is the pause for its length.
fn drip(items: Vec<Item>, bytes: usize, pause: impl Fn(usize) -> Duration) -> Vec<Item> {
    let all = items.iter().map(length).sum::<usize>();
    if all > LARGEST {
        return items;
    }
    let bytes = bytes.max(all.div_ceil(BLOCKS));
    let mut out = Vec::new();
    let mut left = bytes;
    for item in items {
        let Item::Piece(mut piece) = item else {
            out.push(item);
            continue;
        };
        while piece.len() >= left {
            let [block, rest]: [Piece; 2] = piece.split(left);
            out.extend([Item::Piece(block), Item::Wait(pause(bytes))]);
            (piece, left) = (rest, bytes);
        }
        left -= piece.len();
        out.push(Item::Piece(piece));
    }
    if left < bytes {
        out.push(Item::Wait(pause(bytes - left)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The blocks, and the pauses together.
    fn at_rate(size: u64, bytes: usize) -> (usize, Duration) {
        let moved =
            Moved { pace: Pace::Rate, argument: size, name: "rate", random: Random::of(&[]), is_last: false };
        let items = vec![Item::Piece(Piece::own(1, Tag::Body, vec![0; bytes]))];
        let items = moved.apply(&mut Held::default(), items);
        let waits = items.iter().map(|item| if let Item::Wait(time) = item { *time } else { Duration::ZERO });
        (items.iter().filter(|item| length(item) > 0).count(), waits.sum())
    }

    #[test]
    fn a_part_takes_as_long_as_its_rate_says() {
        for (size, bytes, blocks, seconds) in [
            (1, 30, 30, 30.0),
            (50, 1000, 1000, 20.0),
            (99, 990, 990, 10.0),
            (150, 300, 300, 2.0),
            (1000, 1005, 101, 1.005),
            (250_000, 20_000, 8, 0.08),
            // More blocks than a plan may have.
            (100, 1 << 20, 1 << 16, 10_485.76),
        ] {
            let (found, time) = at_rate(size, bytes);
            assert_eq!(found, blocks, "{size} {bytes}");
            assert!((time.as_secs_f64() - seconds).abs() < 0.000_1, "{size} {bytes}: {time:?}");
        }
    }
}
