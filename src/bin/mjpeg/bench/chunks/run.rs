//! Measures the cells, many at once. Each has its own server, connection and two threads.

use std::net::TcpStream;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::cell::Cell;
use super::client;
use super::frame_timer::{FrameTimer, Halt};
use super::parts::{Parts, Sequence};
use super::progress_display::ProgressDisplay;
use super::schedule::Schedule;
use super::server::Server;
use super::source::Source;
use super::timeline::Timeline;
use crate::channel::{self, RecvTimeoutError};
use crate::clock::Clock;
use crate::problem::Problem;
use crate::signal::Stop;

/// The total estimated load of the cells that run at once, as a share of one core: low enough that no cell waits for
/// another.
const LOAD: f64 = 0.5;
/// The most bytes in the buffers of the cells that run at once, unless a single cell has more.
const BUFFERED: u64 = 256 << 20;
/// How often the display is updated.
const TICK: Duration = Duration::from_millis(100);

/// The data that all cells share.
#[derive(Debug)]
pub struct Bench {
    /// The parts to stream.
    pub parts: Parts,
    /// When each frame is due.
    pub schedule: Schedule,
    /// The clock.
    pub clock: Clock,
}

/// Splits `cells` into batches. The cells of a batch run at once: `jobs` of them, or as many as stay below the load
/// limit, but never more than the limit of memory allows.
pub fn batches<'a>(
    cells: &'a [Cell],
    jobs: Option<usize>,
    sequence: &Sequence,
    schedule: &Schedule,
) -> Vec<&'a [Cell]> {
    let (mut batches, mut start, mut load, mut buffered) = (Vec::new(), 0, 0.0, 0);
    for (at, cell) in cells.iter().enumerate() {
        let more = cell.load(sequence, schedule);
        let bytes = buffer_bytes(cell, sequence, schedule);
        let is_full =
            jobs.map_or(load + more > LOAD, |jobs| at - start == jobs) || buffered + bytes > BUFFERED;
        if at > start && is_full {
            batches.push(&cells[start..at]);
            (start, load, buffered) = (at, 0.0, 0);
        }
        load += more;
        buffered += bytes;
    }
    if start < cells.len() {
        batches.push(&cells[start..]);
    }
    batches
}

/// The bytes in the buffers of one cell: the chunk of its server, and a part of its client.
fn buffer_bytes(cell: &Cell, sequence: &Sequence, schedule: &Schedule) -> u64 {
    let chunk = cell.reads.map_or(0, |reads| {
        Source::longest_read(sequence, reads.rule, reads.chunk_bytes, schedule.frames_due())
    });
    chunk + sequence.max()
}

impl Bench {
    /// Measures one batch after the other. After a signal the current batch is dropped, and the results of the earlier ones
    /// are returned.
    ///
    /// # Errors
    ///
    /// If a cell cannot be measured: no port, no thread, or a failed connection.
    pub fn run(
        &self,
        batches: &[&[Cell]],
        stop: &Stop,
        display: &mut ProgressDisplay,
    ) -> Result<Vec<(Cell, Timeline)>, Problem> {
        let mut timelines = Vec::new();
        for batch in batches {
            let halt = Halt::new(stop);
            let batch = self.batch(batch, &halt, display)?;
            if stop.signal().is_some() {
                break;
            }
            timelines.extend(batch);
        }
        Ok(timelines)
    }

    fn batch(
        &self,
        cells: &[Cell],
        halt: &Halt,
        display: &mut ProgressDisplay,
    ) -> Result<Vec<(Cell, Timeline)>, Problem> {
        let mut timelines: Vec<Option<Timeline>> = vec![None; cells.len()];
        thread::scope(|scope| {
            let (sender, receiver) = channel::channel();
            let mut failure = None;
            for (index, &cell) in cells.iter().enumerate() {
                let sender = sender.clone();
                // All cells have the same interval. Their starts are spread over it, so that they do not send at once.
                let phase = self
                    .schedule
                    .interval()
                    .min(Duration::from_secs(1))
                    .mul_f64(index as f64 / cells.len() as f64);
                let spawned = thread::Builder::new().spawn_scoped(scope, move || {
                    self.clock.advance(phase);
                    let measured = self.measure(&cell, halt);
                    if measured.is_err() {
                        halt.fail();
                    }
                    // The receiver lives until all senders are dropped.
                    let _ = sender.send((index, measured));
                });
                if let Err(error) = spawned {
                    halt.fail();
                    failure = Some(
                        Problem::new(anyhow::Error::new(error).context("cannot start a thread"))
                            .hint("try --jobs 8"),
                    );
                    break;
                }
            }
            drop(sender);
            loop {
                match receiver.recv_timeout(TICK) {
                    Ok((index, Ok(timeline))) => {
                        timelines[index] = Some(timeline);
                        display.row_done();
                    }
                    Ok((index, Err(error))) => {
                        let context = format!("row {}", cells[index]);
                        failure.get_or_insert(Problem::new(error.context(context)));
                    }
                    Err(RecvTimeoutError::Timeout) => display.tick(),
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            failure.map_or(Ok(()), Err)
        })?;
        Ok(cells.iter().copied().zip(timelines.into_iter().flatten()).collect())
    }

    /// Measures one cell over a real connection.
    fn measure(&self, cell: &Cell, halt: &Halt) -> anyhow::Result<Timeline> {
        let server = Server::bind(cell).context("cannot listen on the loopback interface")?;
        let socket =
            TcpStream::connect(server.address()?).context("cannot connect to the loopback interface")?;
        let started = OnceLock::new();
        thread::scope(|scope| {
            let serving = thread::Builder::new()
                .spawn_scoped(scope, || {
                    let begin = || FrameTimer::start(&self.clock, self.schedule, halt);
                    server.serve(cell, &self.parts, &started, begin)
                })
                .context("cannot start a thread")?;
            let watched = client::watch(socket, cell, &self.parts, &self.clock, halt, &started);
            if watched.is_err() {
                halt.fail();
            }
            let served = serving.join().map_err(|_| anyhow!("the server's thread panicked"))?;
            let timeline = watched?;
            served.context("the server failed")?;
            Ok(timeline)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::cell::{Pump, ReadRule};
    use super::*;

    #[test]
    fn cells_that_run_at_once_have_bounded_buffers() {
        let chunks: Vec<u64> = (0..12).map(|n| (64 << 20) - n).collect();
        let cells = Cell::all(&[Pump::EndsOnShortRead, Pump::EndsOnEmptyRead], &[ReadRule::Fill], &chunks);
        let sequence = Sequence::new([60_000, 50_000]);
        let long = Schedule::new(30.0, Duration::from_secs(3600));
        for jobs in [None, Some(100)] {
            let batches = batches(&cells, jobs, &sequence, &long);
            assert_eq!(batches.iter().map(|batch| batch.len()).sum::<usize>(), 24);
            assert!(batches.iter().all(|batch| batch.len() <= 3), "{batches:?}");
        }
        // In 4 s no more than 7 MB become due, so no buffer is larger.
        let short = Schedule::new(30.0, Duration::from_secs(4));
        assert_eq!(batches(&cells, None, &sequence, &short).len(), 1);
        assert!(buffer_bytes(&cells[0], &sequence, &short) < 8 << 20);
    }
}
