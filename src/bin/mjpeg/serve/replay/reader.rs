//! The thread that reads a capture for all viewers of its replay.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use super::block::{Block, Ending, Playhead};
use super::speed::Speed;
use super::tape::Tape;
use crate::channel::{Receiver, RecvTimeoutError, Sender};
use crate::output::Reporter;
use crate::source::wake::Wake;

/// How often viewers that wait for the scan are looked at.
const RETRY: Duration = Duration::from_millis(5);

/// A viewer of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The number of its connection, which is used again.
    pub connection: usize,
    /// A number that is not used again.
    pub serial: u64,
}

/// What the event loop asks for.
#[derive(Debug)]
pub enum Order {
    /// A viewer has come.
    Start(Key),
    /// One more block for a viewer.
    More(Key),
    /// A viewer has left.
    Stop(Key),
}

/// Reads blocks for viewers.
pub struct Reader {
    /// What to play.
    pub tape: Tape,
    /// How often to play it; `None` is without end.
    pub rounds: Option<u32>,
    /// How fast.
    pub speed: Speed,
    /// Where messages go.
    pub reporter: Reporter,
    /// What the event loop asks for.
    pub orders: Receiver<Order>,
    /// What it gets.
    pub blocks: Sender<(Key, Block)>,
    /// Wakes the event loop.
    pub wake: Wake,
}

/// A viewer, and how many blocks it has ordered.
struct Viewer {
    playhead: io::Result<Box<dyn Playhead>>,
    ordered: usize,
}

/// What became of the orders of a viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Served {
    /// They were served, or wait for the scan.
    All,
    /// Its last block was sent.
    ToTheEnd,
    /// The event loop is gone.
    NoLoop,
}

impl Reader {
    /// Runs until the event loop is gone.
    pub fn run(self) {
        let mut viewers: BTreeMap<Key, Viewer> = BTreeMap::new();
        loop {
            let waits = viewers.values().any(|viewer| viewer.ordered > 0);
            let order = match (waits, self.orders.recv_timeout(if waits { RETRY } else { Duration::MAX })) {
                (_, Ok(order)) => Some(order),
                (_, Err(RecvTimeoutError::Timeout)) => None,
                (_, Err(RecvTimeoutError::Disconnected)) => return,
            };
            let mut served = Vec::new();
            match order {
                Some(Order::Start(key)) => {
                    let playhead = self.tape.playhead(self.rounds, self.speed);
                    viewers.insert(key, Viewer { playhead, ordered: 0 });
                }
                Some(Order::Stop(key)) => {
                    viewers.remove(&key);
                }
                Some(Order::More(key)) => {
                    if let Some(viewer) = viewers.get_mut(&key) {
                        viewer.ordered += 1;
                        served.push(key);
                    }
                }
                None => served.extend(viewers.keys()),
            }
            for key in served {
                let Some(viewer) = viewers.get_mut(&key) else { continue };
                match self.serve(key, viewer) {
                    Served::All => {}
                    Served::ToTheEnd => {
                        viewers.remove(&key);
                    }
                    Served::NoLoop => return,
                }
            }
        }
    }

    /// Sends the blocks that a viewer has ordered, as far as they are known.
    fn serve(&self, key: Key, viewer: &mut Viewer) -> Served {
        while viewer.ordered > 0 {
            let block = match &mut viewer.playhead {
                Ok(playhead) => playhead.next(),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            };
            let block = match block {
                Ok(Some(block)) => block,
                Ok(None) => return Served::All,
                Err(error) => {
                    let cause = format!("cannot read {} or its times: {error}", self.tape.name());
                    // If the replay ends by itself, this is the result of the run.
                    match self.rounds {
                        Some(_) => self.tape.scan().fail(cause),
                        None => self.reporter.event(&cause),
                    }
                    Block { ending: Some((Ending::Close, Duration::ZERO)), ..Block::default() }
                }
            };
            viewer.ordered -= 1;
            let is_last = block.ending.is_some();
            if self.blocks.send((key, block)).is_err() {
                return Served::NoLoop;
            }
            self.wake.wake();
            if is_last {
                return Served::ToTheEnd;
            }
        }
        Served::All
    }
}
