//! The thread that reads the files of a directory.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::time::Duration;

use super::catalogue::{Catalogue, Condition, Plan};
use super::io_thread::{IoThread, Outcome};
use super::listing::{self, Detail, Listed, Name};
use super::notices::Notices;
use super::picture::Picture;
use super::picture_file::{self, Look};
use super::stamp::{Origin, Stamp};
use super::wake::Wake;
use super::watch::{Change, Report, Watch};
use crate::clock::Clock;

/// How often to look for changes that the system does not report.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How long reports are collected: a program that writes all the time must not keep this thread busy.
const COLLECT: Duration = Duration::from_millis(10);
/// The shortest pause before another look at a file.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
/// How long the first round waits for files that are being written.
const START_PATIENCE: Duration = Duration::from_secs(2);
/// Pictures read ahead of the reader, and their bytes; one picture may be larger.
const AHEAD: usize = 4;
const AHEAD_BYTES: usize = 16 << 20;

/// A message to the thread.
#[derive(Debug)]
pub enum Message {
    /// The reader has taken a picture of this weight.
    Taken(usize),
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

/// What both threads see.
#[derive(Debug, Default)]
pub struct Flags {
    /// Another round would be different.
    pub is_changed: AtomicBool,
    /// Pictures were played since the last check.
    pub is_played: AtomicBool,
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
    /// Called for each answer.
    pub wake: Wake,
    /// What both threads see.
    pub flags: Arc<Flags>,
}

/// Reads the files of a directory ahead of a reader, round after round, and keeps pictures in memory.
#[derive(Debug)]
pub struct Librarian {
    folder: PathBuf,
    clock: Clock,
    files: IoThread,
    watch: Watch,
    catalogue: Catalogue,
    notices: Notices,
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
    /// Pictures that the reader has not taken yet, and their bytes.
    ahead: usize,
    ahead_bytes: usize,
    check_at: Duration,
    /// Whether the next check lists the directory even if the system reports changes.
    must_list: bool,
    hanging_reads: Vec<(Name, Receiver<Visited>)>,
    hanging_check: Option<Receiver<Checked>>,
}

/// The result of a look at a file, and whether it is a symbolic link.
type Visited = (io::Result<Look>, bool);

/// The result of a check.
#[derive(Debug)]
struct Checked {
    watch: Option<Watch>,
    files: Option<io::Result<Vec<Listed>>>,
    links: Vec<(Name, Stamp)>,
}

/// The result of a visit to a file.
#[derive(Debug)]
enum Visit {
    Picture(Picture),
    None,
    Wait(Duration),
}

impl Librarian {
    /// A thread's content for the directory with these files. It keeps `limit` bytes of pictures in memory.
    pub fn new(
        folder: PathBuf,
        (watch, files): (Watch, Vec<Listed>),
        limit: usize,
        io: IoThread,
        notices: Notices,
        clock: Clock,
        desk: Desk,
    ) -> Self {
        let now = clock.now();
        let mut catalogue = Catalogue::new(limit);
        catalogue.list(files, now);
        Self {
            folder,
            clock,
            files: io,
            watch,
            catalogue,
            notices,
            desk,
            is_playing: true,
            cursor: None,
            sent: 0,
            all_kept: true,
            patient_until: Some(now + START_PATIENCE),
            has_waited: false,
            ahead: 0,
            ahead_bytes: 0,
            check_at: now + CHECK_INTERVAL,
            must_list: false,
            hanging_reads: Vec::new(),
            hanging_check: None,
        }
    }

    /// Runs until the reader is dropped.
    pub fn run(mut self) {
        while self.take_messages() {
            self.take_reports(None);
            self.check();
            let pause = if self.is_playing { self.play() } else { self.refresh() };
            self.notices.flush();
            let now = self.clock.now();
            let check = self.check_at.saturating_sub(now);
            let notice = self.notices.due().map_or(check, |due| due.saturating_sub(now));
            let pause = pause.map_or(check, |pause| pause.min(check)).min(notice);
            if !pause.is_zero() && self.watch.wait(Some(self.desk.bell.as_fd()), pause) {
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
                Ok(Message::Taken(weight)) => {
                    self.ahead -= 1;
                    self.ahead_bytes -= weight;
                }
                Ok(Message::Round) => self.begin_round(),
                Ok(Message::End) => self.notices.finish(),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn begin_round(&mut self) {
        self.desk.flags.is_changed.store(false, Ordering::Relaxed);
        self.is_playing = true;
        self.cursor = None;
        (self.sent, self.all_kept) = (0, true);
    }

    /// Takes the reports of the system, also those that our read of a file has caused.
    fn take_reports(&mut self, our_read: Option<&Name>) {
        let now = self.clock.now();
        let (catalogue, mut is_different, mut all) = (&mut self.catalogue, false, false);
        self.watch.drain(|change| match change {
            // It says that we have closed the file. A writer may have opened it meanwhile.
            Change::File(name, Report::Closed) if our_read.is_some_and(|ours| ours.0 == name) => {}
            Change::File(name, report) => is_different |= catalogue.report(name, report, now),
            Change::Everything => all = true,
        });
        if all {
            self.must_list = true;
            self.check_at = now;
        }
        if is_different {
            self.changed();
        }
    }

    /// Another round would be different.
    fn changed(&self) {
        self.desk.flags.is_changed.store(true, Ordering::Relaxed);
    }

    /// Looks for changes that the system does not report.
    fn check(&mut self) {
        let now = self.clock.now();
        if now < self.check_at {
            return;
        }
        self.check_at = now + CHECK_INTERVAL;
        let catalogue = &mut self.catalogue;
        self.hanging_reads.retain(|(name, result)| {
            let hangs = matches!(result.try_recv(), Err(TryRecvError::Empty));
            if !hangs {
                catalogue.hangs_no_more(name);
            }
            hangs
        });
        if let Some(result) = &self.hanging_check {
            match result.try_recv() {
                Ok(checked) => self.checked(checked),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {}
            }
            self.hanging_check = None;
        }
        let reports_changes = self.watch.reports_changes();
        // A directory that is not played is not listed each second.
        let is_played = self.desk.flags.is_played.swap(false, Ordering::Relaxed) || self.is_playing;
        let (folder, place) = (self.folder.clone(), self.watch.place());
        let links = if is_played { self.catalogue.links() } else { Vec::new() };
        let must_list = self.must_list || (!reports_changes && is_played);
        let check = self.files.run(move |progress| {
            let watch = Watch::renewed(&folder, place);
            let shall_list = watch.is_some() || must_list;
            let files = shall_list.then(|| listing::list(&folder, Detail::Stamps, progress));
            let stamp = |name: &Name| {
                progress.step();
                std::fs::metadata(folder.join(&name.0)).ok().map(|metadata| Stamp::of(&metadata))
            };
            let links = links.into_iter().filter_map(|name| stamp(&name).map(|stamp| (name, stamp)));
            Checked { watch, files, links: links.collect() }
        });
        match check {
            Outcome::Done(checked) => self.checked(checked),
            Outcome::Hangs(result) => {
                let folder = self.folder.display();
                let text = format!("cannot read {folder}: its file system does not answer");
                self.notices.say("hangs", &format!("more times {folder} did not answer"), &text);
                self.hanging_check = Some(result);
            }
            Outcome::Refused => {}
        }
    }

    fn checked(&mut self, checked: Checked) {
        let now = self.clock.now();
        if let Some(watch) = checked.watch {
            self.watch = watch;
        }
        match checked.files {
            Some(Ok(files)) => {
                self.must_list = false;
                if self.catalogue.list(files, now) {
                    self.changed();
                }
            }
            Some(Err(error)) => {
                self.must_list = true;
                let folder = self.folder.display();
                let more = format!("more times {folder} could not be read");
                self.notices.say("directory", &more, &format!("cannot read {folder}: {error}"));
            }
            None => {}
        }
        for (name, stamp) in checked.links {
            self.catalogue.see(&name, stamp, now);
        }
    }

    /// Reads the next pictures of the round. Returns how long to wait; without end if `None`.
    fn play(&mut self) -> Option<Duration> {
        while self.ahead == 0 || (self.ahead < AHEAD && self.ahead_bytes < AHEAD_BYTES) {
            let Some(name) = self.catalogue.after(self.cursor.as_ref()) else { return self.end_round() };
            let picture = match self.visit(&name) {
                Visit::Picture(picture) => Some(picture),
                Visit::None => None,
                Visit::Wait(pause) => {
                    let old = self.catalogue.old_picture(&name);
                    let is_patient = self.patient_until.is_some_and(|until| self.clock.now() < until);
                    if old.is_none() && is_patient {
                        return Some(pause.max(SHORTEST_PAUSE));
                    }
                    old
                }
            };
            let is_kept = self.catalogue.keeps(&name);
            self.cursor = Some(name);
            if let Some(picture) = picture {
                self.sent += 1;
                self.all_kept &= is_kept;
                self.ahead += 1;
                self.ahead_bytes += picture.weight();
                self.answer(Answer::Picture { picture, is_kept });
            }
        }
        None
    }

    /// Ends the round.
    fn end_round(&mut self) -> Option<Duration> {
        let is_waiting = self.catalogue.changed().next().is_some();
        if self.sent == 0 && is_waiting && self.patient_until.is_some() {
            if !std::mem::replace(&mut self.has_waited, true) {
                let folder = self.folder.display();
                let text = format!("the files in {folder} are being written; waiting for a complete picture");
                self.notices.say("waiting", "", &text);
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
        for name in self.catalogue.changed().cloned().collect::<Vec<_>>() {
            if let Visit::Wait(longer) = self.visit(&name) {
                let longer = longer.max(SHORTEST_PAUSE);
                pause = Some(pause.map_or(longer, |pause: Duration| pause.min(longer)));
            }
        }
        pause
    }

    fn answer(&self, answer: Answer) {
        if self.desk.answers.send(answer).is_ok() {
            self.desk.wake.wake();
        }
    }

    /// The picture of a file. The file is read if it has changed, or if its picture is not in memory.
    fn visit(&mut self, name: &Name) -> Visit {
        let origin = if self.watch.reports_changes() { Origin::Local } else { Origin::Remote };
        let condition = match self.catalogue.plan(name, origin, self.clock.now()) {
            Plan::Play(picture) => return Visit::Picture(picture),
            Plan::Skip => return Visit::None,
            Plan::Wait(pause) => return Visit::Wait(pause),
            Plan::Read(condition) => condition,
        };
        let (path, clock) = (self.folder.join(&name.0), self.clock.clone());
        let look = self.files.run(move |progress| {
            let look = picture_file::look(&path, origin, progress, |stamp| condition.allows(stamp, &clock));
            (look, path.is_symlink())
        });
        match look {
            Outcome::Done((look, is_link)) => {
                self.catalogue.is_link(name, is_link);
                self.visited(name, &condition, origin, look)
            }
            Outcome::Hangs(result) => {
                self.hanging_reads.push((name.clone(), result));
                self.catalogue.hangs(name);
                let why = format!("{} is skipped: a read of it hangs", self.folder.join(&name.0).display());
                let more = format!("more files in {} hang", self.folder.display());
                self.notices.say("hanging files", &more, &why);
                self.catalogue.old_picture(name).map_or(Visit::None, Visit::Picture)
            }
            // Until a read that hangs returns.
            Outcome::Refused => {
                self.catalogue.delay(name, self.clock.now() + CHECK_INTERVAL);
                Visit::Wait(CHECK_INTERVAL)
            }
        }
    }

    fn visited(
        &mut self,
        name: &Name,
        condition: &Condition,
        origin: Origin,
        look: io::Result<Look>,
    ) -> Visit {
        // Reports of changes during the read.
        self.take_reports(Some(name));
        let (stamp, result) = match look {
            Ok(Look::Read(stamp, result)) if !self.catalogue.has_changed_since(name, condition) => {
                (stamp, result)
            }
            Ok(Look::Unread(stamp)) => {
                return match self.catalogue.unread(name, stamp, origin, &self.clock) {
                    Some(pause) => Visit::Wait(pause),
                    None => self.catalogue.old_picture(name).map_or(Visit::None, Visit::Picture),
                };
            }
            Ok(Look::Read(stamp, _) | Look::Changing(stamp)) => {
                let pause = self.catalogue.unread(name, stamp, origin, &self.clock);
                return Visit::Wait(pause.unwrap_or_default().max(COLLECT));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // A file may be removed while the directory is played: no message.
                if self.catalogue.missing(name) {
                    self.changed();
                }
                return Visit::None;
            }
            Err(error) => {
                self.skipped(name, &error.to_string());
                self.catalogue.delay(name, self.clock.now() + CHECK_INTERVAL);
                return self.catalogue.old_picture(name).map_or(Visit::None, Visit::Picture);
            }
        };
        if let Err(why) = &result {
            self.skipped(name, why);
        }
        let picture = result.ok();
        if self.catalogue.read(name, stamp, picture.as_ref()) {
            self.changed();
        }
        picture.map_or(Visit::None, Visit::Picture)
    }

    fn skipped(&mut self, name: &Name, why: &str) {
        let path = self.folder.join(&name.0);
        let more = format!("more files in {} were skipped", self.folder.display());
        self.notices.say("skipped", &more, &format!("{} is skipped: {why}", path.display()));
    }
}
