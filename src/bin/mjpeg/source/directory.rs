//! A directory of JPEG files, played in natural order.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::catalogue::Catalogue;
use super::files::{Files, Flags};
use super::io_thread::{IoThread, Outcome, PATIENCE, Progress};
use super::librarian::{Answer, Desk, Librarian, Message};
use super::listing::{self, Detail};
use super::notices::Notices;
use super::paced::{Next, Paced};
use super::picture::Picture;
use super::read_ahead::{Load, ReadAhead};
use super::wake::Wake;
use super::watch::Watch;
use crate::channel::{Receiver, Sender, TryRecvError, channel};
use crate::clock::Clock;
use crate::output::Reporter;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::threads;
use crate::value::Rate;

/// Bytes of pictures that stay in memory from round to round; all others are read again in each round.
const KEPT: usize = 64 << 20;

/// Plays the files of a directory, one round after another.
///
/// A thread reads the files. When all pictures of a round stay in memory, the next rounds repeat them without that thread,
/// until it reports a change.
#[derive(Debug)]
pub struct Directory {
    messages: Sender<Message>,
    bell: UnixStream,
    answers: Receiver<Answer>,
    flags: Arc<Flags>,
    /// The pictures of this round so far, while all of them stay in memory.
    round: Vec<Picture>,
    all_kept: bool,
    read_ahead: ReadAhead,
    /// Pictures that were taken; the thread does not know it yet.
    taken: Load,
    state: State,
    /// Rounds after this one; `None` is without end.
    rounds: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// The thread plays a round; so many of its pictures came.
    Reading(usize),
    /// The round is repeated: the index of the next picture.
    Repeating(usize),
}

impl Directory {
    /// Opens a directory and plays it `rounds` times, or without end if `None`. `wake` is called when a picture is ready. At a
    /// high `rate` more pictures are read ahead.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read, or has no file with the name of a JPEG, if no thread can be started, or if a signal
    /// arrives.
    pub fn open(
        path: &Path,
        rounds: Option<u32>,
        rate: Rate,
        wake: Wake,
        clock: &Clock,
        reporter: Reporter,
        stop: &Stop,
    ) -> Result<Self, Problem> {
        let mut io = IoThread::new(PATIENCE);
        let folder = path.to_path_buf();
        // The watch starts before the listing, so that no change is lost between them.
        let list = move |progress: &Progress| {
            let watch = Watch::new(&folder);
            (watch, listing::list(&folder, Detail::Names, progress))
        };
        let begin = io.run_until(list, || stop.signal().is_some());
        let Outcome::Done((watch, files)) = begin else {
            return Err(anyhow!("cannot read {}: its file system does not answer", path.display()).into());
        };
        if let Some(problem) = listing::check(path, &files) {
            return Err(problem);
        }
        let begin = (watch, files.unwrap_or_default());
        let notices = Notices::new(clock.clone(), reporter);
        let files = Files::new(path.into(), begin, Catalogue::new(KEPT), io, notices, clock.clone());
        Self::start(files, clock, rounds, ReadAhead::new(rate), wake)
    }

    /// Starts the thread.
    fn start(
        files: Files,
        clock: &Clock,
        rounds: Option<u32>,
        read_ahead: ReadAhead,
        wake: Wake,
    ) -> Result<Self, Problem> {
        let (messages, inbox) = channel();
        let (answer, answers) = channel();
        let flags = Arc::clone(files.flags());
        let bells = UnixStream::pair().and_then(|(ours, its)| {
            ours.set_nonblocking(true)?;
            its.set_nonblocking(true)?;
            Ok((ours, its))
        });
        let (bell, its_bell) = bells.context("cannot start the source")?;
        let desk = Desk { inbox, bell: its_bell, answers: answer, wake };
        let librarian = Librarian::new(files, clock.clone(), read_ahead, desk);
        threads::start("source", 512 * 1024, || librarian.run())
            .context("cannot start a thread for the source")?;
        let rounds = rounds.map(|rounds| rounds.saturating_sub(1));
        let (round, state) = (Vec::new(), State::Reading(0));
        let taken = Load::default();
        Ok(Self { messages, bell, answers, flags, round, all_kept: true, read_ahead, taken, state, rounds })
    }

    /// Starts the next round; `false` after the last one.
    fn another_round(&mut self) -> bool {
        match &mut self.rounds {
            Some(0) => {
                self.send(Message::End);
                return false;
            }
            Some(rounds) => *rounds -= 1,
            None => {}
        }
        self.flags.is_played.store(true, Ordering::Relaxed);
        if matches!(self.state, State::Repeating(_)) {
            if !self.flags.is_changed.load(Ordering::Relaxed) {
                self.state = State::Repeating(0);
                return true;
            }
            self.send(Message::Round);
        }
        self.state = State::Reading(0);
        self.round.clear();
        self.all_kept = true;
        true
    }

    /// Reports the pictures that were taken, so that the thread reads more.
    fn report_taken(&mut self) {
        let taken = std::mem::take(&mut self.taken);
        if !taken.is_empty() {
            self.send(Message::Taken(taken));
        }
    }

    fn send(&self, message: Message) {
        // The thread ends before this value only if it panicked: then its answers end too.
        let _ = self.messages.send(message);
        // Writing fails only if the socket is full, and then a byte is there.
        let _ = (&self.bell).write(&[1]);
    }
}

impl Paced for Directory {
    fn group(&self) -> usize {
        match self.state {
            State::Reading(_) => 1,
            State::Repeating(_) => self.read_ahead.pictures(),
        }
    }

    fn next(&mut self, _: u64, _: Duration) -> Next {
        loop {
            match self.state {
                State::Repeating(at) if at < self.round.len() => {
                    self.state = State::Repeating(at + 1);
                    return Next::Picture(self.round[at].clone());
                }
                State::Repeating(_) => {
                    if !self.another_round() {
                        return Next::End;
                    }
                    if matches!(self.state, State::Repeating(_)) && self.round.is_empty() {
                        return Next::Nothing;
                    }
                }
                State::Reading(count) => match self.answers.try_recv() {
                    Ok(Answer::Picture { picture, is_kept }) => {
                        self.taken.add(picture.weight());
                        if self.read_ahead.is_due(self.taken) {
                            self.report_taken();
                        }
                        self.state = State::Reading(count + 1);
                        self.all_kept &= is_kept;
                        if self.all_kept {
                            self.round.push(picture.clone());
                        } else {
                            self.round = Vec::new();
                        }
                        return Next::Picture(picture);
                    }
                    Ok(Answer::RoundEnd) if self.all_kept => self.state = State::Repeating(count),
                    Ok(Answer::RoundEnd) => {
                        if !self.another_round() {
                            return Next::End;
                        }
                    }
                    Err(TryRecvError::Empty) => {
                        self.report_taken();
                        // An answer that came before the thread saw the flag causes no wake-up: look again.
                        if self.flags.is_waiting.swap(true, Ordering::AcqRel) {
                            return Next::Later;
                        }
                    }
                    Err(TryRecvError::Disconnected) => return Next::End,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests;
