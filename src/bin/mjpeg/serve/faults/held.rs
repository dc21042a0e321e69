//! What a fault of time holds back.

use std::collections::VecDeque;

use super::item::{Item, Piece};

/// Most bytes that a fault holds back for one viewer. Above it everything is sent, as by a server whose buffer is full.
pub const MOST_HELD: usize = 64 << 20;
/// Most parts of a burst.
pub const MOST_PARTS: u64 = 10_000;

/// What a fault holds back, in its order.
#[derive(Debug, Default)]
pub struct Held {
    items: VecDeque<Item>,
    /// How many parts began in them.
    pub parts: u64,
}

impl Held {
    /// Passes the items through; `release` says how many of all held bytes may go.
    pub fn pass(&mut self, items: Vec<Item>, release: impl Fn(usize) -> usize) -> Vec<Item> {
        let (mut out, mut end) = (Vec::new(), None);
        for item in items {
            match item {
                // What came before a pause goes before it.
                Item::Wait(_) => {
                    self.release(&release, &mut out);
                    out.push(item);
                }
                Item::Piece(_) | Item::Mark(_) => self.items.push_back(item),
                Item::Close | Item::Reset => end = Some(item),
            }
        }
        self.release(&release, &mut out);
        out.extend(end);
        out
    }

    /// Moves what may go into `out`.
    fn release(&mut self, release: impl Fn(usize) -> usize, out: &mut Vec<Item>) {
        let held = self.items.iter().map(length).sum();
        let mut left = if held > MOST_HELD { held } else { release(held) };
        while let Some(item) = self.items.pop_front() {
            match item {
                Item::Piece(piece) if piece.len() > left => {
                    let [first, second] = piece.split(left);
                    if left > 0 {
                        out.push(Item::Piece(first));
                    }
                    self.items.push_front(Item::Piece(second));
                    break;
                }
                item => {
                    left -= length(&item);
                    out.push(item);
                }
            }
        }
    }

    /// The bytes that it holds back.
    pub fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.items.iter().filter_map(Item::piece)
    }
}

/// The bytes of an item.
pub fn length(item: &Item) -> usize {
    item.piece().map_or(0, Piece::len)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::item::{About, Mark, Tag};
    use super::*;

    fn piece(bytes: usize) -> Item {
        Item::Piece(Piece::own(1, Tag::Body, vec![0; bytes]))
    }

    /// Bytes as their number, pauses as `w`, marks as `m`.
    fn text(items: &[Item]) -> String {
        let word = |item: &Item| match item {
            Item::Wait(_) => "w".into(),
            Item::Mark(_) => "m".into(),
            item => length(item).to_string(),
        };
        items.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn pauses_and_marks_keep_their_places_among_the_bytes() {
        let wait = || Item::Wait(Duration::from_secs(1));
        let mark = || Item::Mark(Mark { name: "stall", about: About::Next });
        let items = || vec![mark(), wait(), piece(10), wait(), piece(5)];
        for (release, expected) in [
            (Box::new(|held| held) as Box<dyn Fn(usize) -> usize>, "m w 10 w 5"),
            (Box::new(|held| held - held % 4), "m w 8 w 2 2"),
            (Box::new(|_| 0), "m w w"),
        ] {
            let mut held = Held::default();
            assert_eq!(text(&held.pass(items(), release)), expected);
        }
    }

    #[test]
    fn what_is_held_has_a_bound() {
        let mut held = Held::default();
        let part = || vec![piece(MOST_HELD / 4)];
        for _ in 0..4 {
            assert_eq!(text(&held.pass(part(), |_| 0)), "");
        }
        assert_eq!(held.pieces().map(Piece::len).sum::<usize>(), MOST_HELD);
        let released = held.pass(part(), |_| 0);
        assert_eq!(released.iter().map(length).sum::<usize>(), MOST_HELD / 4 * 5);
        assert_eq!(held.pieces().count(), 0);
    }
}
