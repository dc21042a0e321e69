//! The replays of one stream.

use std::rc::Rc;
use std::sync::Arc;

use anyhow::Context;

use super::block::Block;
use super::playback::Playback;
use super::reader::{Key, Order, Reader};
use super::scan::Scan;
use super::speed::Speed;
use super::tape::Tape;
use crate::channel::{Receiver, Sender, channel};
use crate::output::Reporter;
use crate::problem::Problem;
use crate::source::wake::Wake;
use crate::threads;

/// Starts replays, and receives the blocks of all of them.
#[derive(Debug)]
pub struct Replays {
    head: Rc<[u8]>,
    orders: Sender<Order>,
    blocks: Receiver<(Key, Block)>,
    serial: u64,
    scan: Arc<Scan>,
    /// How often each viewer gets the recording.
    rounds: Option<u32>,
}

impl Replays {
    /// Starts the thread that reads a tape. It is played `rounds` times to each viewer, or without end if `None`.
    ///
    /// # Errors
    ///
    /// When there is no thread.
    pub fn start(
        tape: Tape,
        rounds: Option<u32>,
        speed: Speed,
        wake: Wake,
        reporter: Reporter,
    ) -> Result<Self, Problem> {
        let (head, scan) = (tape.head().into(), Arc::clone(tape.scan()));
        let (orders, inbox) = channel();
        let (outbox, blocks) = channel();
        let reader = Reader { tape, rounds, speed, reporter, orders: inbox, blocks: outbox, wake };
        threads::start("replay", 512 * 1024, || reader.run())
            .context("cannot start a thread for the source")?;
        Ok(Self { head, orders, blocks, serial: 0, scan, rounds })
    }

    /// The head of the response; empty if there is none.
    pub fn head(&self) -> Rc<[u8]> {
        Rc::clone(&self.head)
    }

    /// What the scan has found.
    pub fn scan(&self) -> &Arc<Scan> {
        &self.scan
    }

    /// Whether a replay ends by itself.
    pub fn end(&self) -> bool {
        self.rounds.is_some()
    }

    /// Starts a replay for the connection with this number.
    pub fn play(&mut self, connection: usize) -> Playback {
        self.serial += 1;
        Playback::new(Key { connection, serial: self.serial }, self.orders.clone())
    }

    /// The next block that has come, with its viewer.
    pub fn take(&self) -> Option<(Key, Block)> {
        self.blocks.try_recv().ok()
    }
}
