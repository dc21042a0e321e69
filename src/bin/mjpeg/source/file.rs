//! One file that another program rewrites again and again.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::condition::{Condition, Proof};
use super::guarded::Guarded;
use super::io_thread::{IoThread, Outcome, PATIENCE, Progress};
use super::live::Mailbox;
use super::notices::{More, Notices};
use super::picture_file::{self, Look};
use super::rewriting::Rewriting;
use super::stamp::{Origin, Stamp};
use super::watch::{Change, Report, Watch};
use crate::channel::{Receiver, TryRecvError};
use crate::clock::Clock;
use crate::output::Reporter;
use crate::redacted::shown_path;

/// How often the file is checked without a report: some writers never close it, and some file systems report
/// nothing.
const SLOW_CHECK: Duration = Duration::from_secs(1);
/// The shortest interval between two checks where the file system reports nothing.
const FASTEST_CHECK: Duration = Duration::from_millis(10);
/// How long reports about other files are collected.
const COLLECT: Duration = Duration::from_millis(1);

/// Publishes the picture in a file each time the file is completely rewritten.
///
/// A file is complete when its writer closed it or renamed it to this name. It must then hold a complete JPEG and
/// must not change while it is read. Without a report, a file counts as complete when it did not change for a time.
#[derive(Debug)]
pub struct WatchedFile {
    path: PathBuf,
    folder: PathBuf,
    name: OsString,
    mailbox: Mailbox,
    clock: Clock,
    notices: Notices,
    files: IoThread,
    watch: Watch,
    /// How often to check where the file system reports nothing.
    fast_check: Duration,
    check_at: Duration,
    /// Whether the path is a link. Its target may be in another directory, which is not watched.
    is_link: bool,
    rewriting: Rewriting,
    /// When the reports of the system were taken last.
    reported_at: Duration,
    /// The file, if its writer keeps the inode.
    guarded: Option<Guarded>,
    state: Reported,
    /// The look that hangs. The file is looked at again when it ends, or when a change is reported.
    hanging: Option<Receiver<Looked>>,
}

/// The state in the last message, so that each state is reported once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reported {
    Complete,
    Missing,
    Torn,
    Unreadable,
    Hanging,
    Starved,
}

/// Who has read the file since reports were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    Us,
    Other,
}

/// What a look at the file found.
#[derive(Debug)]
struct Looked {
    /// A new watch, if the old one reports nothing any more.
    watch: Option<Watch>,
    is_link: bool,
    guarded: Option<Guarded>,
    look: io::Result<(Look, Proof)>,
}

impl WatchedFile {
    /// Watches `path`, which need not exist yet. `fast_check` is the check interval where the file system reports
    /// nothing. It is clamped to 10 ms to 1 s.
    pub fn new(
        path: &Path,
        mailbox: Mailbox,
        fast_check: Duration,
        clock: &Clock,
        reporter: Reporter,
    ) -> Self {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let fast_check = fast_check.clamp(FASTEST_CHECK, SLOW_CHECK);
        Self {
            path: path.to_path_buf(),
            folder,
            name: path.file_name().unwrap_or_default().to_os_string(),
            mailbox,
            clock: clock.clone(),
            notices: Notices::new(clock.clone(), reporter),
            files: IoThread::new(PATIENCE),
            watch: Watch::default(),
            fast_check,
            reported_at: Duration::ZERO,
            check_at: Duration::ZERO,
            is_link: false,
            rewriting: Rewriting::new(fast_check),
            guarded: None,
            state: Reported::Complete,
            hanging: None,
        }
    }

    /// Watches without end.
    pub fn run(mut self) {
        // Watch the directory, not the file: after a rename, a watch of the file follows the old inode and
        // reports nothing.
        let folder = self.folder.clone();
        if let Outcome::Done(watch) = self.files.run(move |_| Watch::new(&folder)) {
            self.watch = watch;
        }
        loop {
            self.take_reports(Reader::Other);
            self.notices.flush();
            let now = self.clock.now();
            let due = self.rewriting.due().map_or(self.check_at, |due| due.min(self.check_at));
            if now >= due {
                self.look();
            } else {
                let notice = self.notices.due().map_or(due, |notice| notice.min(due));
                if self.watch.wait(None, notice.saturating_sub(now)) && !self.take_reports(Reader::Other) {
                    self.clock.advance(COLLECT);
                }
            }
        }
    }

    /// Takes the reports of the system. Returns whether one was about the file.
    fn take_reports(&mut self, reader: Reader) -> bool {
        let now = self.clock.now();
        self.reported_at = now;
        let (name, rewriting) = (&self.name, &mut self.rewriting);
        let mut is_reported = false;
        let mut all = false;
        self.watch.drain(|change| match change {
            // It says that we have closed the file. A writer may have opened it meanwhile.
            Change::File(_, Report::Closed) if reader == Reader::Us => {}
            Change::File(of, report) if of == name => {
                is_reported = true;
                rewriting.report(report, now);
            }
            Change::File(..) => {}
            Change::Everything => all = true,
        });
        if all {
            self.check_at = now;
        }
        is_reported || all
    }

    fn origin(&self) -> Origin {
        if self.watch.reports_changes() && !self.is_link { Origin::Local } else { Origin::Remote }
    }

    fn look(&mut self) {
        let now = self.clock.now();
        let is_reported = self.rewriting.due().is_some_and(|due| now >= due);
        let interval = if self.origin() == Origin::Local { SLOW_CHECK } else { self.fast_check };
        self.check_at = now + interval;
        if let Some(hanging) = &self.hanging
            && matches!(hanging.try_recv(), Err(TryRecvError::Empty))
            && !is_reported
        {
            self.check_at = now + SLOW_CHECK;
            return;
        }
        self.hanging = None;
        let origin = self.origin();
        let condition = self.rewriting.condition(origin, now, self.reported_at);
        let (path, folder, place) = (self.path.clone(), self.folder.clone(), self.watch.place());
        let clock = self.clock.clone();
        let mut guarded = self.guarded.take();
        let look = self.files.run(move |progress| {
            let watch = Watch::renewed(&folder, place);
            let look = look(&path, &mut guarded, &condition, &clock, progress);
            Looked { watch, is_link: path.is_symlink(), guarded, look }
        });
        let Looked { watch, is_link, guarded, look } = match look {
            Outcome::Done(looked) => looked,
            Outcome::Hangs(result) => {
                self.hanging = Some(result);
                self.rewriting.pause();
                return self.report(Reported::Hanging, "is not read: its file system does not answer");
            }
            Outcome::Refused => {
                self.check_at = self.clock.now() + SLOW_CHECK;
                return self.rewriting.pause();
            }
        };
        self.is_link = is_link;
        self.guarded = guarded;
        if let Some(watch) = watch {
            self.watch = watch;
        }
        // Reports of changes during the read.
        self.take_reports(Reader::Us);
        match look {
            Ok((Look::Unread(stamp) | Look::Changing(stamp), _)) => {
                self.rewriting.unread(&condition, stamp, &self.clock);
            }
            Ok((Look::Read(stamp, picture), proof)) => {
                let is_complete = picture.is_ok();
                if self.rewriting.read(&condition, (stamp, proof), is_complete, &self.clock) {
                    self.publish(stamp, picture);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.rewriting.missing();
                self.report(Reported::Missing, "does not exist; waiting for it");
            }
            Err(error) => {
                self.rewriting.missing();
                self.report(Reported::Unreadable, &format!("cannot be read: {error}"));
            }
        }
        if self.rewriting.is_starved(self.clock.now()) {
            let why = "is rewritten without a pause in which it can be read; its writer can write to another name and \
                       rename that file";
            self.report(Reported::Starved, why);
        }
    }

    fn publish(&mut self, stamp: Stamp, picture: Result<super::picture::Picture, String>) {
        match picture {
            Ok(picture) => {
                self.state = Reported::Complete;
                self.mailbox.publish(picture, stamp.modified());
            }
            Err(why) => {
                self.mailbox.count_torn();
                self.report(Reported::Torn, &format!("is not sent: {why}"));
            }
        }
    }

    fn report(&mut self, state: Reported, what: &str) {
        if self.state != state {
            let path = shown_path(&self.path);
            let (kind, more) = match state {
                Reported::Missing => ("missing", "did not exist"),
                Reported::Torn => ("torn", "was not sent"),
                Reported::Unreadable => ("unreadable", "could not be read"),
                Reported::Starved => ("starved", "was rewritten without a pause"),
                Reported::Complete | Reported::Hanging => ("hanging", "could not be read"),
            };
            self.notices.say(kind, &More::times(format_args!(" {path} {more}")), &format!("{path} {what}"));
        }
        self.state = state;
    }
}

/// Looks at the file, which `guarded` has open if it is still the same file. `guarded` is opened if the file is being
/// written: then its writer most likely rewrites it in place.
fn look(
    path: &Path,
    guarded: &mut Option<Guarded>,
    condition: &Condition,
    clock: &Clock,
    progress: &Progress,
) -> io::Result<(Look, Proof)> {
    if let Some(open) = guarded {
        let stamp = std::fs::metadata(path).map(|metadata| Stamp::of(&metadata)).ok();
        if !stamp.is_some_and(|stamp| open.is_file(&stamp)) {
            *guarded = None;
        } else if !stamp.is_some_and(|stamp| condition.is_done(&stamp))
            && let Ok(Some(look)) = open.read(progress)
        {
            return Ok((look, Proof::Alone));
        }
    }
    let look =
        picture_file::look(path, condition.origin(), progress, |stamp| condition.allows(stamp, clock))?;
    if guarded.is_none()
        && condition.origin() == Origin::Local
        && let Look::Unread(stamp) | Look::Changing(stamp) = &look
        && !condition.is_done(stamp)
    {
        *guarded = Guarded::open(path);
    }
    Ok((look, Proof::States))
}
