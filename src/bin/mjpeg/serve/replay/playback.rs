//! A playback: the replay of one viewer, in the event loop.

use std::collections::VecDeque;
use std::time::Duration;

use crate::channel::Sender;

use super::block::{Block, Ending};
use super::reader::{Key, Order};

/// Blocks that are here or ordered.
const BLOCKS: usize = 3;
/// Bytes that are due this soon are sent with those that are due.
const EARLY: Duration = Duration::from_micros(100);
/// If a viewer takes its bytes later than this, the bytes behind them move; else it catches up.
const LATE: Duration = Duration::from_secs(1);

/// What is due. It does no I/O: the thread of the reader fetches the blocks.
#[derive(Debug)]
pub struct Playback {
    key: Key,
    orders: Sender<Order>,
    blocks: VecDeque<Block>,
    /// Blocks that are ordered and not here.
    ordered: usize,
    /// In the first block: bytes that were sent, and the indexes of the time of the next one and of the frame that ends next.
    sent: usize,
    time: usize,
    frame: usize,
    /// When the replay began, by the clock.
    start: Option<Duration>,
    /// The last block is here.
    is_complete: bool,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<'a> {
    /// Send these bytes, which are at least one.
    Send(&'a [u8]),
    /// Call again at this time.
    Wait(Duration),
    /// Call again when a block has come.
    Starved,
    /// Everything was sent.
    End(Ending),
}

impl Playback {
    /// A playback that orders its first blocks.
    pub(super) fn new(key: Key, orders: Sender<Order>) -> Self {
        let blocks = VecDeque::with_capacity(BLOCKS);
        let (ordered, sent, time, frame) = (0, 0, 0, 0);
        let mut playback =
            Self { key, orders, blocks, ordered, sent, time, frame, start: None, is_complete: false };
        playback.send(Order::Start(key));
        playback.order();
        playback
    }

    /// Takes a block that came for `key`. Returns whether it was for this playback.
    pub fn take(&mut self, key: Key, block: Block) -> bool {
        if key != self.key {
            return false;
        }
        self.ordered = self.ordered.saturating_sub(1);
        self.is_complete |= block.ending.is_some();
        self.blocks.push_back(block);
        true
    }

    /// What to do at `now`.
    pub fn next(&mut self, now: Duration) -> Next<'_> {
        while let Some(block) = self.blocks.front()
            && self.sent >= block.bytes.len()
            && block.ending.is_none()
        {
            self.blocks.pop_front();
            (self.sent, self.time, self.frame) = (0, 0, 0);
            self.order();
        }
        let Some(block) = self.blocks.front() else { return Next::Starved };
        let start = self.start.get_or_insert(now);
        if let Some((ending, at)) = block.ending.filter(|_| self.sent >= block.bytes.len()) {
            let until = start.saturating_add(at);
            return if now < until { Next::Wait(until) } else { Next::End(ending) };
        }
        let due = |start: Duration, time: usize| {
            block.due.get(time).map_or(Duration::ZERO, |(_, at)| start.saturating_add(*at))
        };
        let late = now.saturating_sub(due(*start, self.time));
        if late > LATE {
            *start += late;
        }
        if now + EARLY < due(*start, self.time) {
            return Next::Wait(due(*start, self.time));
        }
        let mut end = self.sent;
        for &(reached, at) in &block.due[self.time..] {
            if now + EARLY < start.saturating_add(at) {
                break;
            }
            end = reached;
        }
        Next::Send(&block.bytes[self.sent..end])
    }

    /// Records that `n` bytes were sent. Returns how many frames end in them.
    pub fn advance(&mut self, n: usize) -> u64 {
        self.sent += n;
        let Some(block) = self.blocks.front() else { return 0 };
        while block.due.get(self.time).is_some_and(|(reached, _)| *reached <= self.sent) {
            self.time += 1;
        }
        let before = self.frame;
        while block.frames.get(self.frame).is_some_and(|end| *end <= self.sent) {
            self.frame += 1;
        }
        (self.frame - before) as u64
    }

    /// Bytes that are here and were not sent.
    pub fn backlog(&self) -> usize {
        self.blocks.iter().map(|block| block.bytes.len()).sum::<usize>() - self.sent
    }

    /// Bytes of memory.
    pub fn kept_bytes(&self) -> usize {
        self.blocks.iter().map(Block::kept_bytes).sum()
    }

    fn order(&mut self) {
        while !self.is_complete && self.blocks.len() + self.ordered < BLOCKS {
            self.ordered += 1;
            self.send(Order::More(self.key));
        }
    }

    fn send(&self, order: Order) {
        // The thread ends before the last playback only if it panicked: then no block comes.
        let _ = self.orders.send(order);
    }
}

impl Drop for Playback {
    fn drop(&mut self) {
        self.send(Order::Stop(self.key));
    }
}

#[cfg(test)]
mod tests {
    use crate::channel::{Receiver, channel};

    use super::*;

    const KEY: Key = Key { connection: 3, serial: 9 };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn playback() -> (Playback, Receiver<Order>) {
        let (orders, inbox) = channel();
        (Playback::new(KEY, orders), inbox)
    }

    fn block(bytes: &[u8], due: &[(usize, u64)]) -> Block {
        let due = due.iter().map(|&(end, at)| (end, ms(at))).collect();
        Block { bytes: bytes.to_vec(), due, ..Block::default() }
    }

    fn sends(playback: &mut Playback, now: u64) -> String {
        let mut all = String::new();
        loop {
            let sent = match playback.next(ms(now)) {
                Next::Send(bytes) => {
                    all += std::str::from_utf8(&bytes[..1]).unwrap();
                    1
                }
                other => return format!("{all} {other:?}"),
            };
            playback.advance(sent);
        }
    }

    #[test]
    fn its_blocks_count_as_memory() {
        let (orders, _inbox) = channel();
        let key = Key { connection: 1, serial: 1 };
        let mut playback = Playback::new(key, orders);
        assert_eq!(playback.kept_bytes(), 0);
        let due = (1..=4096).map(|end| (end, Duration::ZERO)).collect();
        playback.take(key, Block { bytes: vec![0; 64 << 10], due, ..Block::default() });
        assert!(playback.kept_bytes() >= (64 << 10) + 4096 * 24, "{}", playback.kept_bytes());
    }

    #[test]
    fn bytes_are_sent_when_they_are_due_since_the_first_block_came() {
        let (mut playback, orders) = playback();
        assert_eq!(playback.next(ms(1_000)), Next::Starved);
        assert!(!playback.take(Key { serial: 8, ..KEY }, Block::default()), "of an earlier viewer");
        assert!(playback.take(KEY, block(b"abcdef", &[(2, 0), (3, 40), (6, 80)])));
        let end = Block { ending: Some((Ending::Reset, ms(300))), ..block(b"gh", &[(2, 80)]) };
        assert!(playback.take(KEY, end));
        assert_eq!(sends(&mut playback, 5_000), "ab Wait(5.04s)");
        assert_eq!(sends(&mut playback, 5_039), " Wait(5.04s)");
        // A wake-up that is late by less than a second moves nothing.
        assert_eq!(sends(&mut playback, 5_070), "c Wait(5.08s)");
        assert_eq!(sends(&mut playback, 5_080), "defgh Wait(5.3s)");
        assert_eq!(sends(&mut playback, 5_301), " End(Reset)");
        drop(playback);
        let orders: Vec<Order> = std::iter::from_fn(|| orders.try_recv().ok()).collect();
        assert!(matches!(orders[..4], [Order::Start(_), Order::More(_), Order::More(_), Order::More(_)]));
        assert!(matches!(orders.last(), Some(Order::Stop(_))));
    }

    #[test]
    fn a_viewer_that_takes_nothing_for_seconds_gets_no_burst() {
        let (mut playback, _orders) = playback();
        playback.take(KEY, block(b"abc", &[(1, 0), (2, 40), (3, 80)]));
        assert_eq!(sends(&mut playback, 0), "a Wait(40ms)");
        assert_eq!(sends(&mut playback, 9_040), "b Wait(9.08s)");
    }

    #[test]
    fn frames_count_when_their_last_byte_was_sent() {
        let (mut playback, _orders) = playback();
        playback.take(KEY, Block { frames: vec![2, 3], ..block(b"abc", &[(3, 0)]) });
        playback.take(KEY, Block { frames: vec![0, 3], ..block(b"def", &[(3, 0)]) });
        let mut count = |n| {
            assert!(matches!(playback.next(ms(0)), Next::Send(_)));
            playback.advance(n)
        };
        assert_eq!([count(1), count(2), count(1), count(1), count(1)], [0, 2, 1, 0, 1]);
    }

    #[test]
    fn at_most_three_blocks_are_here_or_ordered() {
        let (mut playback, orders) = playback();
        let mut here = 0;
        for now in 0..100 {
            let ordered = std::iter::from_fn(|| orders.try_recv().ok())
                .filter(|order| matches!(order, Order::More(_)))
                .count();
            for _ in 0..ordered {
                playback.take(KEY, block(b"x", &[(1, 0)]));
                here += 1;
            }
            assert!(playback.blocks.len() <= BLOCKS);
            sends(&mut playback, now);
        }
        assert!(here > 100, "{here}");
    }
}
