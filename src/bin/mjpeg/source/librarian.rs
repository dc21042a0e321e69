//! The thread that reads the files of a directory.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::files::{Files, Visit};
use super::listing::Name;
use super::picture::Picture;
use super::read_ahead::{Load, ReadAhead};
use super::wake::Wake;
use super::watch::Watch;
use crate::channel::{Receiver, Sender, TryRecvError};
use crate::clock::Clock;

/// How long reports are collected: a program that writes all the time must not keep this thread busy.
const COLLECT: Duration = Duration::from_millis(10);
/// The shortest pause before another look at a file.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
/// How long the first round waits for files that are being written.
const START_PATIENCE: Duration = Duration::from_secs(2);

/// A message to the thread.
#[derive(Debug)]
pub enum Message {
    /// The reader has taken these pictures.
    Taken(Load),
    /// Begin another round.
    Round,
    /// The reader takes no more pictures.
    End,
}

/// A message to the reader.
#[derive(Debug)]
pub enum Answer {
    /// The next picture.
    Picture {
        /// The picture.
        picture: Picture,
        /// Whether it stays in memory.
        is_kept: bool,
    },
    /// The round is over. The thread waits for [`Message::Round`] if the reader can repeat the round, or if it was
    /// empty; else it has begun another one.
    RoundEnd,
}

/// The ends of the thread's connections to the reader.
#[derive(Debug)]
pub struct Desk {
    /// Messages to the thread. The sender also writes a byte to `bell`.
    pub inbox: Receiver<Message>,
    /// Readable when there is a message, and when the reader was dropped.
    pub bell: UnixStream,
    /// Answers to the reader.
    pub answers: Sender<Answer>,
    /// Called for an answer if the reader waits for it.
    pub wake: Wake,
}

/// Reads the files of a directory ahead of a reader, round after round, and keeps pictures in memory.
#[derive(Debug)]
pub struct Librarian {
    files: Files,
    clock: Clock,
    desk: Desk,
    /// Whether a round is in progress.
    is_playing: bool,
    /// The last file of the round in progress.
    cursor: Option<Name>,
    /// Pictures in this round, and whether all of them are in memory.
    sent: usize,
    all_kept: bool,
    /// Until when to wait for files that are being written; `None` after the first round.
    patient_until: Option<Duration>,
    /// Whether a message has said that all files are being written.
    has_waited: bool,
    read_ahead: ReadAhead,
    /// Pictures that the reader has not taken yet, as far as this thread knows.
    ahead: Load,
}

impl Librarian {
    /// What the thread runs.
    pub fn new(files: Files, clock: Clock, read_ahead: ReadAhead, desk: Desk) -> Self {
        let patient_until = Some(clock.now() + START_PATIENCE);
        Self {
            files,
            clock,
            desk,
            is_playing: true,
            cursor: None,
            sent: 0,
            all_kept: true,
            patient_until,
            has_waited: false,
            read_ahead,
            ahead: Load::default(),
        }
    }

    /// Runs until the reader is dropped.
    pub fn run(mut self) {
        while self.take_messages() {
            self.files.take_reports(None);
            self.files.check();
            let pause = if self.is_playing { self.play() } else { self.refresh() };
            self.files.notices.flush();
            let now = self.clock.now();
            let check = self.files.check_at.saturating_sub(now);
            let notice = self.files.notices.due().map_or(check, |due| due.saturating_sub(now));
            let pause = pause.map_or(check, |pause| pause.min(check)).min(notice);
            if !pause.is_zero() && self.files.watch.wait(Some(self.desk.bell.as_fd()), pause) {
                Watch::default().wait(Some(self.desk.bell.as_fd()), COLLECT.min(pause));
            }
        }
    }

    /// Takes the messages of the reader. Returns `false` when it was dropped.
    fn take_messages(&mut self) -> bool {
        let mut bytes = [0; 64];
        while io::Read::read(&mut self.desk.bell, &mut bytes).is_ok_and(|n| n == bytes.len()) {}
        loop {
            match self.desk.inbox.try_recv() {
                Ok(Message::Taken(pictures)) => self.ahead.remove(pictures),
                Ok(Message::Round) => self.begin_round(),
                Ok(Message::End) => self.files.notices.finish(),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn begin_round(&mut self) {
        self.files.flags().is_changed.store(false, Ordering::Relaxed);
        self.is_playing = true;
        self.cursor = None;
        (self.sent, self.all_kept) = (0, true);
    }

    /// Reads the next pictures of the round. Returns how long to wait; without end if `None`.
    fn play(&mut self) -> Option<Duration> {
        while self.read_ahead.has_room(self.ahead) {
            let Some(name) = self.files.catalogue.after(self.cursor.as_ref()) else {
                return self.end_round();
            };
            let picture = match self.files.visit(&name, true) {
                Visit::Picture(picture) => Some(picture),
                Visit::None => None,
                Visit::Wait(pause) => {
                    let old = self.files.catalogue.old_picture(&name);
                    let is_patient = self.patient_until.is_some_and(|until| self.clock.now() < until);
                    if old.is_none() && is_patient {
                        return Some(pause.max(SHORTEST_PAUSE));
                    }
                    old
                }
            };
            let is_kept = self.files.catalogue.keeps(&name);
            self.cursor = Some(name);
            if let Some(picture) = picture {
                self.sent += 1;
                self.all_kept &= is_kept;
                self.ahead.add(picture.weight());
                self.answer(Answer::Picture { picture, is_kept });
            }
        }
        None
    }

    /// Ends the round.
    fn end_round(&mut self) -> Option<Duration> {
        let is_waiting = self.files.catalogue.changed().next().is_some();
        if self.sent == 0 && is_waiting && self.patient_until.is_some() {
            if !std::mem::replace(&mut self.has_waited, true) {
                self.files.say_waiting();
            }
            self.cursor = None;
            return Some(COLLECT);
        }
        self.patient_until = None;
        self.is_playing = self.sent > 0 && !self.all_kept;
        if self.is_playing {
            self.begin_round();
        }
        self.answer(Answer::RoundEnd);
        Some(Duration::ZERO)
    }

    /// Reads changed files between rounds. Returns how long to wait; without end if `None`.
    fn refresh(&mut self) -> Option<Duration> {
        let mut pause = None;
        for name in self.files.catalogue.changed().cloned().collect::<Vec<_>>() {
            if let Visit::Wait(longer) = self.files.visit(&name, false) {
                let longer = longer.max(SHORTEST_PAUSE);
                pause = Some(pause.map_or(longer, |pause: Duration| pause.min(longer)));
            }
        }
        pause
    }

    fn answer(&self, answer: Answer) {
        // An error means that the reader was dropped.
        let is_sent = self.desk.answers.send(answer).is_ok();
        if is_sent && self.files.flags().is_waiting.swap(false, Ordering::AcqRel) {
            self.desk.wake.wake();
        }
    }
}
