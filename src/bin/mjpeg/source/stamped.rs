//! A source whose pictures get a coded strip. A thread decodes, draws and encodes them.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::error::Error;
use super::notices::{More, Notices};
use super::paced::{Next, Paced};
use super::picture::Picture;
use super::wake::Wake;
use crate::channel::{Receiver, Sender, TryRecvError, channel};
use crate::clock::Clock;
use crate::output::Reporter;
use crate::pattern::{Stamper, Unstamped};
use crate::problem::Problem;
use crate::threads;

/// Pictures that are kept, since they may be requested again with another time: those of a queue, and one more.
const KEPT: usize = 4;
/// After so many pictures in a row without a strip, the source pauses.
const PATIENCE: u32 = 64;

/// Gives each picture of a source a strip with its number and its time.
pub struct Stamped {
    source: Box<dyn Paced>,
    jobs: Sender<Job>,
    answers: Receiver<Answer>,
    /// The request that the thread works for.
    pending: Option<u64>,
    requests: u64,
    /// The last pictures of the source, with their numbers.
    kept: VecDeque<(u64, Picture)>,
    /// Whether a picture got a strip.
    has_stamped: bool,
    unstamped: u32,
    error: Option<Error>,
    notices: Notices,
}

struct Job {
    request: u64,
    number: u64,
    time: Duration,
    picture: Picture,
}

struct Answer {
    request: u64,
    stamped: Result<Picture, Unstamped>,
}

impl Stamped {
    /// Starts the thread, which calls `wake` for each picture.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn new(
        source: Box<dyn Paced>,
        wake: Wake,
        clock: &Clock,
        reporter: Reporter,
    ) -> Result<Self, Problem> {
        let (jobs, inbox) = channel();
        let (answer, answers) = channel();
        threads::start("stamp", 2 << 20, move || work(&inbox, &answer, &wake))
            .context("cannot start a thread for the coded strips")?;
        Ok(Self {
            source,
            jobs,
            answers,
            pending: None,
            requests: 0,
            kept: VecDeque::with_capacity(KEPT),
            has_stamped: false,
            unstamped: 0,
            error: None,
            notices: Notices::new(clock.clone(), reporter),
        })
    }

    /// Has the thread draw the strip.
    fn order(&mut self, number: u64, time: Duration, picture: Picture) -> Next {
        self.requests += 1;
        self.pending = Some(self.requests);
        let job = Job { request: self.requests, number, time, picture };
        // The thread ends before this value only if it panicked.
        if self.jobs.send(job).is_ok() { Next::Later } else { Next::End }
    }

    /// A picture has no strip. Returns whether the next one is tried.
    fn refuse(&mut self, number: u64, why: &Unstamped) -> Option<Next> {
        let kept = self.kept.iter().find(|(kept, _)| *kept == number);
        let file = kept.and_then(|(_, picture)| picture.file()).map(|file| file.display().to_string());
        let picture = file.unwrap_or_else(|| format!("picture {number}"));
        self.kept.retain(|(kept, _)| *kept != number);
        if !self.has_stamped {
            let hint = "scale the pictures, or serve them without --stamp";
            self.error = Some(
                Problem::from(anyhow!("--stamp: {picture} cannot have a strip: {why}")).hint(hint).into(),
            );
            return Some(Next::End);
        }
        let more =
            More::new("more picture was left out by --stamp", "more pictures were left out by --stamp");
        self.notices.say("strip", &more, &format!("--stamp: {picture} was left out: {why}"));
        self.unstamped += 1;
        if self.unstamped < PATIENCE {
            return None;
        }
        self.unstamped = 0;
        Some(Next::Nothing)
    }
}

fn work(inbox: &Receiver<Job>, answer: &Sender<Answer>, wake: &Wake) {
    let stamper = Stamper::new();
    while let Ok(Job { request, number, time, picture }) = inbox.recv() {
        let stamped = stamper.stamp(picture.jpeg(), number, time).map(Picture::whole);
        if answer.send(Answer { request, stamped }).is_err() {
            return;
        }
        wake.wake();
    }
}

impl Paced for Stamped {
    fn next(&mut self, number: u64, time: Duration) -> Next {
        if self.error.is_some() {
            return Next::End;
        }
        while let Some(pending) = self.pending {
            match self.answers.try_recv() {
                Ok(answer) if answer.request == pending => {
                    self.pending = None;
                    match answer.stamped {
                        Ok(picture) => {
                            (self.has_stamped, self.unstamped) = (true, 0);
                            return Next::Picture(picture);
                        }
                        Err(why) => {
                            if let Some(next) = self.refuse(number, &why) {
                                return next;
                            }
                        }
                    }
                }
                // The answer to a forgotten request.
                Ok(_) => {}
                Err(TryRecvError::Empty) => return Next::Later,
                Err(TryRecvError::Disconnected) => return Next::End,
            }
        }
        if let Some((_, picture)) = self.kept.iter().find(|(kept, _)| *kept == number) {
            let picture = picture.clone();
            return self.order(number, time, picture);
        }
        match self.source.next(number, time) {
            Next::Picture(picture) => {
                if self.kept.len() == KEPT {
                    self.kept.pop_front();
                }
                self.kept.push_back((number, picture.clone()));
                self.order(number, time, picture)
            }
            other => other,
        }
    }

    fn take_error(&mut self) -> Option<Error> {
        self.error.take().or_else(|| self.source.take_error())
    }

    fn forget(&mut self) {
        // The picture stays among those that are kept, and a source that prepares one goes on.
        self.pending = None;
    }

    fn shows_time(&self) -> bool {
        true
    }
}

impl std::fmt::Debug for Stamped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stamped").field("pending", &self.pending).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use mjpeg::strip::{Identity, Reader};

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    /// Pictures of these widths and 64 lines, one after another. Each is asked for twice before it comes.
    struct Wide(VecDeque<u32>, bool);

    impl Paced for Wide {
        fn next(&mut self, _: u64, _: Duration) -> Next {
            self.1 = !self.1;
            if self.1 {
                return Next::Later;
            }
            let Some(width) = self.0.pop_front() else { return Next::End };
            let mut jpeg = std::io::Cursor::new(Vec::new());
            image::DynamicImage::new_luma8(width, 64).write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
            Next::Picture(Picture::whole(jpeg.into_inner()))
        }
    }

    fn stamped(widths: &[u32]) -> Stamped {
        let (wake, _poll) = Wake::for_test();
        let source = Box::new(Wide(widths.iter().copied().collect(), false));
        Stamped::new(source, wake, &Clock::real(), Reporter::new("test")).unwrap()
    }

    fn next(source: &mut Stamped, number: u64, time: Duration) -> Next {
        let end = std::time::Instant::now() + LONG;
        loop {
            match source.next(number, time) {
                Next::Later if std::time::Instant::now() < end => std::thread::yield_now(),
                next => return next,
            }
        }
    }

    fn identity(next: &Next) -> Option<Identity> {
        let Next::Picture(picture) = next else { panic!("{next:?}") };
        Reader::new().read(picture.jpeg())
    }

    #[test]
    fn each_picture_has_its_number_and_time_also_if_it_is_requested_again() {
        let mut source = stamped(&[288, 296, 304]);
        let second = Duration::from_secs(1);
        for number in 1..=2 {
            let found = identity(&next(&mut source, number, second)).unwrap();
            assert_eq!((found.number, found.time_us), (number as u32, 1_000_000));
        }
        // A viewer came: the same pictures at another time.
        source.next(3, second);
        source.forget();
        for number in 1..=3 {
            let found = identity(&next(&mut source, number, second * 9)).unwrap();
            assert_eq!((found.number, found.time_us), (number as u32, 9_000_000));
        }
        assert!(matches!(next(&mut source, 4, second), Next::End));
        assert!(source.take_error().is_none());
    }

    #[test]
    fn a_first_picture_that_is_too_small_is_an_error_and_a_later_one_is_left_out() {
        let mut source = stamped(&[100, 288]);
        assert!(matches!(next(&mut source, 1, LONG), Next::End));
        let error = source.take_error().unwrap().to_string();
        assert!(error.contains("picture 1 cannot have a strip: 100x64 is too small"), "{error}");

        let mut source = stamped(&[288, 100, 296]);
        for number in 1..=2 {
            assert_eq!(identity(&next(&mut source, number, LONG)).map(|it| it.number), Some(number as u32));
        }
    }
}
