//! Measures the cells: many at once, each with its own server, connection and two threads.

use std::net::TcpStream;
use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::cell::Cell;
use super::client;
use super::course::Course;
use super::pace::{Halt, Pace};
use super::parts::{Parts, Sequence};
use super::progress::Progress;
use super::schedule::Schedule;
use super::server::Server;
use crate::clock::Clock;
use crate::exit::Failure;
use crate::signal::Stop;

/// How much of one core the cells that run at once may keep busy by their own estimate, so that no
/// cell waits for another: half of one.
const LOAD: f64 = 0.5;
/// How often progress is shown.
const TICK: Duration = Duration::from_millis(100);

/// What all cells share.
#[derive(Debug)]
pub struct Bench {
    /// What is streamed.
    pub parts: Parts,
    /// When.
    pub schedule: Schedule,
    /// By which clock.
    pub clock: Clock,
}

/// Splits `cells` into batches that run at once: `jobs` at a time, or as many as the machine carries
/// with ease.
pub fn batches<'a>(
    cells: &'a [Cell],
    jobs: Option<usize>,
    sequence: &Sequence,
    schedule: &Schedule,
) -> Vec<&'a [Cell]> {
    let (mut batches, mut start, mut load) = (Vec::new(), 0, 0.0);
    for (at, cell) in cells.iter().enumerate() {
        let more = cell.load(sequence, schedule);
        let full = jobs.map_or(load + more > LOAD, |jobs| at - start == jobs);
        if at > start && full {
            batches.push(&cells[start..at]);
            (start, load) = (at, 0.0);
        }
        load += more;
    }
    if start < cells.len() {
        batches.push(&cells[start..]);
    }
    batches
}

impl Bench {
    /// Measures the cells of `batches` one batch after the other. When a signal asks for the end, the
    /// batch at hand is dropped and what came before it is returned.
    ///
    /// # Errors
    ///
    /// When a cell cannot be measured: no port, no thread, a connection that fails.
    pub fn run(
        &self,
        batches: &[&[Cell]],
        stop: &Stop,
        progress: &mut Progress,
    ) -> Result<Vec<(Cell, Course)>, Failure> {
        let mut courses = Vec::new();
        for batch in batches {
            let halt = Halt::new(stop);
            let batch = self.batch(batch, &halt, progress)?;
            if stop.signal().is_some() {
                break;
            }
            courses.extend(batch);
        }
        Ok(courses)
    }

    fn batch(
        &self,
        cells: &[Cell],
        halt: &Halt,
        progress: &mut Progress,
    ) -> Result<Vec<(Cell, Course)>, Failure> {
        let mut courses: Vec<Option<Course>> = vec![None; cells.len()];
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            let mut failure = None;
            for (index, &cell) in cells.iter().enumerate() {
                let sender = sender.clone();
                // All cells have the same interval: spread over it, they do not all send at once.
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
                    // The receiver lives until every sender is gone.
                    let _ = sender.send((index, measured));
                });
                if let Err(error) = spawned {
                    halt.fail();
                    failure = Some(
                        Failure::local(anyhow::Error::new(error).context("cannot start a thread"))
                            .hint("try --jobs 8"),
                    );
                    break;
                }
            }
            drop(sender);
            loop {
                match receiver.recv_timeout(TICK) {
                    Ok((index, Ok(course))) => {
                        courses[index] = Some(course);
                        progress.row_done();
                    }
                    Ok((index, Err(error))) => {
                        let context = format!("row {}", cells[index]);
                        failure.get_or_insert(Failure::local(error.context(context)));
                    }
                    Err(RecvTimeoutError::Timeout) => progress.tick(),
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            failure.map_or(Ok(()), Err)
        })?;
        Ok(cells.iter().copied().zip(courses.into_iter().flatten()).collect())
    }

    /// Measures one cell over a real connection.
    fn measure(&self, cell: &Cell, halt: &Halt) -> anyhow::Result<Course> {
        let server = Server::bind(cell).context("cannot listen on the loopback interface")?;
        let socket =
            TcpStream::connect(server.address()?).context("cannot connect to the loopback interface")?;
        let started = OnceLock::new();
        thread::scope(|scope| {
            let serving = thread::Builder::new()
                .spawn_scoped(scope, || {
                    let begin = || Pace::start(&self.clock, self.schedule, halt);
                    server.serve(cell, &self.parts, &started, begin)
                })
                .context("cannot start a thread")?;
            let watched = client::watch(socket, cell, &self.parts, &self.clock, halt, &started);
            if watched.is_err() {
                halt.fail();
            }
            let served = serving.join().map_err(|_| anyhow!("the server's thread panicked"))?;
            let course = watched?;
            served.context("the server failed")?;
            Ok(course)
        })
    }
}
