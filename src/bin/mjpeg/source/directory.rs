//! A directory of JPEG files, played in natural order.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::catalogue::Catalogue;
use super::files::{Files, Flags};
use super::io_thread::{IoThread, Outcome, PATIENCE};
use super::librarian::{Answer, Desk, Librarian, Message};
use super::listing::{self, Detail};
use super::notices::Notices;
use super::paced::{Next, Paced};
use super::picture::Picture;
use super::wake::Wake;
use super::watch::Watch;
use crate::clock::Clock;
use crate::output::Reporter;
use crate::problem::Problem;

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
    /// Opens a directory and plays it `rounds` times, or without end if `None`. `wake` is called when a picture is ready.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read, or has no file with the name of a JPEG, or if no thread can be started.
    pub fn open(
        path: &Path,
        rounds: Option<u32>,
        wake: Wake,
        clock: &Clock,
        reporter: Reporter,
    ) -> Result<Self, Problem> {
        let mut io = IoThread::new(PATIENCE);
        let folder = path.to_path_buf();
        // The watch starts before the listing, so that no change is lost between them.
        let begin = io.run(move |progress| {
            let watch = Watch::new(&folder);
            (watch, listing::list(&folder, Detail::Names, progress))
        });
        let Outcome::Done((watch, files)) = begin else {
            return Err(anyhow!("cannot read {}: its file system does not answer", path.display()).into());
        };
        if let Some(problem) = listing::check(path, &files) {
            return Err(problem);
        }
        let begin = (watch, files.unwrap_or_default());
        let notices = Notices::new(clock.clone(), reporter);
        let files = Files::new(path.into(), begin, Catalogue::new(KEPT), io, notices, clock.clone());
        Self::start(files, clock, rounds, wake)
    }

    /// Starts the thread.
    fn start(files: Files, clock: &Clock, rounds: Option<u32>, wake: Wake) -> Result<Self, Problem> {
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
        let librarian = Librarian::new(files, clock.clone(), desk);
        let thread = std::thread::Builder::new().name("source".into()).stack_size(512 * 1024);
        thread.spawn(|| librarian.run()).context("cannot start a thread for the source")?;
        let rounds = rounds.map(|rounds| rounds.saturating_sub(1));
        let (round, state) = (Vec::new(), State::Reading(0));
        Ok(Self { messages, bell, answers, flags, round, all_kept: true, state, rounds })
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

    fn send(&self, message: Message) {
        // The thread ends before this value only if it panicked: then its answers end too.
        let _ = self.messages.send(message);
        // Writing fails only if the socket is full, and then a byte is there.
        let _ = (&self.bell).write(&[1]);
    }
}

impl Paced for Directory {
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
                        self.send(Message::Taken(picture.weight()));
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
                    Err(TryRecvError::Empty) => return Next::Later,
                    Err(TryRecvError::Disconnected) => return Next::End,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::picture::SMALLEST;
    use std::fs;

    fn jpeg(text: &str) -> Vec<u8> {
        let length = (text.len() + 2) as u16;
        [b"\xff\xd8\xff\xfe", &length.to_be_bytes()[..], text.as_bytes(), &SMALLEST[2..]].concat()
    }

    fn write(dir: &tempfile::TempDir, name: &str, text: &str) {
        fs::write(dir.path().join(name), jpeg(text)).unwrap();
    }

    /// A directory that keeps `limit` bytes, and the poll that it wakes.
    fn open(dir: &tempfile::TempDir, rounds: Option<u32>, limit: usize) -> (Directory, mio::Poll) {
        let (wake, poll) = Wake::for_test();
        let clock = Clock::real();
        let begin =
            (Watch::new(dir.path()), listing::list(dir.path(), Detail::Names, &Default::default()).unwrap());
        let notices = Notices::new(clock.clone(), Reporter::new("test"));
        let io = IoThread::new(PATIENCE);
        let files = Files::new(dir.path().into(), begin, Catalogue::new(limit), io, notices, clock.clone());
        (Directory::start(files, &clock, rounds, wake).unwrap(), poll)
    }

    /// The text of the next picture; `nothing` if there is none, `end` at the end.
    fn next(directory: &mut Directory) -> String {
        let start = std::time::Instant::now();
        loop {
            assert!(start.elapsed() < Duration::from_secs(20), "no answer");
            match directory.next(0, Duration::ZERO) {
                Next::Picture(picture) => {
                    let jpeg = picture.jpeg();
                    return String::from_utf8(jpeg[6..jpeg.len() + 2 - SMALLEST.len()].to_vec()).unwrap();
                }
                Next::Nothing => return "nothing".into(),
                Next::End => return "end".into(),
                Next::Later => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    fn play(directory: &mut Directory, n: usize) -> Vec<String> {
        (0..n).map(|_| next(directory)).collect()
    }

    /// Plays until the last pictures are `expected`.
    fn until(directory: &mut Directory, expected: &[&str]) {
        let start = std::time::Instant::now();
        let mut last = std::collections::VecDeque::new();
        while last != expected {
            assert!(start.elapsed() < Duration::from_secs(20), "{last:?} instead of {expected:?}");
            last.push_back(next(directory));
            if last.len() > expected.len() {
                last.pop_front();
            }
            // The pace of a stream.
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn files_are_played_in_natural_order_round_after_round() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["f10.jpg", "f9.JPEG", "f1.jpg", ".f0.jpg", "notes.txt"] {
            write(&dir, name, name);
        }
        let order = ["f1.jpg", "f9.JPEG", "f10.jpg"];
        for limit in [0, KEPT] {
            let (mut once, _poll) = open(&dir, Some(1), limit);
            assert_eq!(play(&mut once, 4), [&order[..], &["end"]].concat());
            let (mut twice, _poll) = open(&dir, Some(2), limit);
            assert_eq!(play(&mut twice, 7), [&order[..], &order, &["end"]].concat());
            let (mut endless, _poll) = open(&dir, None, limit);
            assert_eq!(play(&mut endless, 99), order.repeat(33));
        }
    }

    #[test]
    fn each_round_plays_the_files_that_exist_now() {
        for limit in [0, KEPT] {
            let dir = tempfile::tempdir().unwrap();
            write(&dir, "b.jpg", "b");
            write(&dir, "d.jpg", "d");
            let (mut directory, _poll) = open(&dir, None, limit);
            assert_eq!(play(&mut directory, 4), ["b", "d", "b", "d"]);
            write(&dir, "a.jpg", "a");
            write(&dir, "c.jpg", "c");
            fs::remove_file(dir.path().join("b.jpg")).unwrap();
            write(&dir, "d.jpg", "longer d");
            until(&mut directory, &["a", "c", "longer d", "a", "c"]);
            fs::write(dir.path().join("a.jpg"), &jpeg("cut")[..6]).unwrap();
            until(&mut directory, &["longer d", "c", "longer d"]);
            for name in ["a.jpg", "c.jpg", "d.jpg"] {
                fs::remove_file(dir.path().join(name)).unwrap();
            }
            until(&mut directory, &["nothing", "nothing"]);
            write(&dir, "d.jpg", "back");
            until(&mut directory, &["back", "back"]);
        }
    }

    #[test]
    fn while_nothing_changes_the_thread_is_not_asked() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir, "1.jpg", "good");
        fs::write(dir.path().join("2.jpg"), b"").unwrap();
        let (mut directory, _poll) = open(&dir, None, KEPT);
        assert_eq!(play(&mut directory, 3), ["good", "good", "good"]);
        let (closed, _) = channel();
        directory.messages = closed;
        assert_eq!(play(&mut directory, 1000), ["good"; 1000]);
    }

    #[test]
    fn a_directory_without_pictures_cannot_be_opened() {
        let dir = tempfile::tempdir().unwrap();
        let open = |path: &Path| {
            Directory::open(path, None, Wake::for_test().0, &Clock::real(), Reporter::new("test"))
                .unwrap_err()
        };
        assert!(open(dir.path()).to_string().contains("holds no JPEG files"));
        assert!(open(&dir.path().join("missing")).to_string().contains("cannot read directory"));
    }
}
