//! The replays of one stream.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use anyhow::Context;

use super::block::Block;
use super::playback::Playback;
use super::reader::{Key, Order, Reader};
use super::recording::Recording;
use super::scan::{Rounds, Scan};
use super::speed::Speed;
use crate::clock::Clock;
use crate::output::Reporter;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::source::wake::Wake;

/// Starts replays, and receives the blocks of all of them.
#[derive(Debug)]
pub struct Replays {
    head: Rc<[u8]>,
    orders: Sender<Order>,
    blocks: Receiver<(Key, Block)>,
    serial: u64,
    scan: Arc<Scan>,
    /// How often each viewer gets the capture.
    rounds: Option<u32>,
}

impl Replays {
    /// Starts the threads that read a recording. It is played `rounds` times to each viewer, or without end if `None`.
    ///
    /// # Errors
    ///
    /// When there is no thread.
    pub fn start(
        recording: Recording,
        rounds: Option<u32>,
        speed: Speed,
        wake: Wake,
        clock: &Clock,
        reporter: Reporter,
        stop: &Stop,
    ) -> Result<Self, Problem> {
        let head = recording.head.clone().into();
        let played = if rounds == Some(1) { Rounds::One } else { Rounds::More };
        let scan = Scan::start(&recording, played, clock, stop)?;
        let (orders, inbox) = channel();
        let (outbox, blocks) = channel();
        let (recording, of_reader) = (Arc::new(recording), Arc::clone(&scan));
        let reader = Reader {
            recording,
            scan: of_reader,
            rounds,
            speed,
            reporter,
            orders: inbox,
            blocks: outbox,
            wake,
        };
        let thread = std::thread::Builder::new().name("replay".into()).stack_size(512 * 1024);
        thread.spawn(|| reader.run()).context("cannot start a thread for the source")?;
        Ok(Self { head, orders, blocks, serial: 0, scan, rounds })
    }

    /// The recorded head of the response; empty if there is none.
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
