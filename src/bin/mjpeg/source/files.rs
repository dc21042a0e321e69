//! The files of a directory: which of them changed, and their pictures.

mod check;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::catalogue::Catalogue;
use super::io_thread::{IoThread, Outcome};
use super::listing::{Listed, Name};
use super::notices::{More, Notices};
use super::picture::Picture;
use super::picture_file::{self, Look};
use super::plan::{Condition, Plan};
use super::stamp::{Origin, Stamp};
use super::watch::{Change, Report, Watch};
use crate::channel::Receiver;
use crate::clock::Clock;

/// How often to look for changes that the system does not report.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// The shortest pause before another look at a file that changed while it was read.
const PAUSE: Duration = Duration::from_millis(10);

/// What the thread of a directory and its reader see.
#[derive(Debug, Default)]
pub struct Flags {
    /// Another round would be different.
    pub is_changed: AtomicBool,
    /// Pictures were played since the last check.
    pub is_played: AtomicBool,
    /// The reader waits for a picture.
    pub is_waiting: AtomicBool,
}

/// The files of a directory. Those that changed are read when they are complete.
#[derive(Debug)]
pub struct Files {
    folder: PathBuf,
    clock: Clock,
    io: IoThread,
    /// The reports of the system.
    pub watch: Watch,
    /// What is known about the files.
    pub catalogue: Catalogue,
    /// Messages about the files.
    pub notices: Notices,
    flags: Arc<Flags>,
    /// When its reports were taken last.
    reported_at: Duration,
    /// When to look for changes that the system does not report.
    pub check_at: Duration,
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
pub enum Visit {
    /// The picture of the file.
    Picture(Picture),
    /// The file has none.
    None,
    /// The file is read after this time.
    Wait(Duration),
}

impl Files {
    /// The files in this listing, whose reports come from `watch`.
    pub fn new(
        folder: PathBuf,
        (watch, files): (Watch, Vec<Listed>),
        mut catalogue: Catalogue,
        io: IoThread,
        notices: Notices,
        clock: Clock,
    ) -> Self {
        let now = clock.now();
        catalogue.list(files, now);
        Self {
            folder,
            clock,
            io,
            watch,
            catalogue,
            notices,
            flags: Arc::default(),
            reported_at: now,
            check_at: now + CHECK_INTERVAL,
            must_list: false,
            hanging_reads: Vec::new(),
            hanging_check: None,
        }
    }

    /// What the thread of the directory and its reader see.
    pub fn flags(&self) -> &Arc<Flags> {
        &self.flags
    }

    /// Writes that no file is complete yet.
    pub fn say_waiting(&mut self) {
        let folder = self.folder.display();
        let text = format!("the files in {folder} are being written; waiting for a complete picture");
        self.notices.say("waiting", &More::times(format_args!(": {text}")), &text);
    }

    /// Takes the reports of the system, also those that our read of a file has caused.
    pub fn take_reports(&mut self, our_read: Option<&Name>) {
        let now = self.clock.now();
        self.reported_at = now;
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

    /// The picture of a file. The file is read if it has changed, or if its picture is not in memory. A new picture makes
    /// another round different, unless it is for the round in progress.
    pub fn visit(&mut self, name: &Name, is_for_round: bool) -> Visit {
        let origin = if self.watch.reports_changes() { Origin::Local } else { Origin::Remote };
        let condition = match self.catalogue.plan(name, origin, self.reported_at) {
            Plan::Play(picture) => return Visit::Picture(picture),
            Plan::Skip => return Visit::None,
            Plan::Wait(pause) => return Visit::Wait(pause),
            Plan::Read(condition) => condition,
        };
        let (path, clock) = (self.folder.join(&name.0), self.clock.clone());
        let look = self.io.run(move |progress| {
            let look = picture_file::look(&path, origin, progress, |stamp| condition.allows(stamp, &clock));
            (look, path.is_symlink())
        });
        match look {
            Outcome::Done((look, is_link)) => {
                self.catalogue.is_link(name, is_link);
                self.visited(name, &condition, origin, look, is_for_round)
            }
            Outcome::Hangs(result) => {
                self.hanging_reads.push((name.clone(), result));
                self.catalogue.hangs(name);
                let why = format!("{} is skipped: a read of it hangs", self.folder.join(&name.0).display());
                let folder = self.folder.display();
                let more = More::new(
                    format_args!("more file in {folder} hangs"),
                    format_args!("more files in {folder} hang"),
                );
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
        is_for_round: bool,
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
                return Visit::Wait(pause.unwrap_or_default().max(PAUSE));
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
        if self.catalogue.read(name, stamp, picture.as_ref()) && !is_for_round {
            self.changed();
        }
        picture.map_or(Visit::None, Visit::Picture)
    }

    fn skipped(&mut self, name: &Name, why: &str) {
        let path = self.folder.join(&name.0);
        let more = More::skipped_files(self.folder.display());
        self.notices.say("skipped", &more, &format!("{} is skipped: {why}", path.display()));
    }

    /// Another round would be different.
    fn changed(&self) {
        self.flags.is_changed.store(true, Ordering::Relaxed);
    }
}
