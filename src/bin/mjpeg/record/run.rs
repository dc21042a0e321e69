//! A run of `mjpeg record`, from the checks to the summary.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::counted::Counted;
use mjpeg::jpeg::Depth;

use super::board::{Board, Showing};
use super::goal::Goal;
use super::hang::{Operations, Watch, Watched};
use super::judge::Judge;
use super::outcome;
use super::progress::Progress;
use super::recorder::{Keep, Recorder};
use super::selection::{Repeats, Rules, Selection};
use super::stdout::Taken;
use super::summary::Summary;
use super::{Format, Record};
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::flight::Triggers;
use crate::lines::hanging;
use crate::output;
use crate::signal::{self, Stop};
use crate::transport::{Camera, CameraError, End, Manner, Options, Reconnect, Stamped};

/// What a recording in its thread shares with the thread that watches it.
pub(super) struct Attempt {
    pub(super) clock: Clock,
    pub(super) started: Duration,
    pub(super) stop: Stop,
    pub(super) operations: Operations,
    pub(super) triggers: Triggers,
    pub(super) showing: Showing,
}

impl Record {
    /// Runs `mjpeg record`.
    ///
    /// # Errors
    ///
    /// When the recording is not what was asked for.
    pub fn run(self, stop: &Stop) -> Result<Outcome, Failure> {
        // A full stderr pipe must not stop the recording.
        output::in_background();
        if let Some(list) = self.targets.clone() {
            return self.run_list(&list, stop);
        }
        let triggers = Triggers::default();
        if self.ring.is_some() {
            handle_user_signal(&triggers)?;
        }
        let board = Board::start(self.quiet);
        self.run_one(stop, &triggers, &board.showing())
    }

    /// Runs the recording of one target.
    pub(super) fn run_one(
        self,
        stop: &Stop,
        triggers: &Triggers,
        showing: &Showing,
    ) -> Result<Outcome, Failure> {
        let clock = Clock::real();
        let (started, unix) = (clock.now(), clock.unix());
        let name = self.listed.as_ref().map(ToString::to_string);
        let progress = showing.add(name, self.goal(), &clock, started);
        let shown = progress.figures();
        let operations = Operations::default();
        let watch = Watch { idle: self.idle, clock: clock.clone() };
        let of_thread = Attempt {
            clock: clock.clone(),
            started,
            stop: stop.clone(),
            operations: operations.clone(),
            triggers: triggers.clone(),
            showing: showing.clone(),
        };
        let this = Arc::new(self);
        let recording = Arc::clone(&this);
        let watched = watch.over(&operations, move || recording.run_attempt(progress, &of_thread));
        match watched.map_err(|error| Failure::local(anyhow::Error::new(error).context("cannot record")))? {
            Watched::Ended(result) => result,
            Watched::Hangs(waited) => {
                let mut summary = this.summary(unix);
                summary.set_figures(&shown.written());
                summary.duration_s = output::rounded((clock.now() - started).as_secs_f64());
                this.hung(waited, stop, summary)
            }
        }
    }

    /// The result of a recording whose files do not answer.
    fn hung(&self, waited: Duration, stop: &Stop, mut summary: Summary) -> Result<Outcome, Failure> {
        let waited = waited.as_secs_f64();
        let files = [self.picture_file(), self.mkv.as_ref(), self.raw.as_ref()];
        let files = files.map(|file| file.map(PathBuf::as_path));
        let places = [self.directory()].into_iter().chain(files).flatten();
        let mut places: Vec<_> = places.map(|path| path.display().to_string()).collect();
        if self.is_to_stdout() {
            places.push("to standard output".into());
        }
        let places = places.join(" or ");
        let failure = Failure::local(anyhow!(
            "cannot write {places}: no answer within {waited:.1} s; a mount that hangs?"
        ));
        summary.end = Some("local");
        summary.error = Some(failure.to_string());
        let printed = self.print(&summary, false);
        match stop.signal() {
            Some(signal) if self.goal().is_set() => {
                output::failure("record", &failure);
                Ok(Outcome::Signal(signal))
            }
            _ => printed.and(Err(failure)),
        }
    }

    fn run_attempt(&self, progress: Progress, attempt: &Attempt) -> Result<Outcome, Failure> {
        let Attempt { clock, started, stop, .. } = attempt;
        let mut recorder = self.recorder(progress, attempt);
        let run = self.record(&mut recorder, attempt);
        let finished = recorder.finish();
        let run = run.and_then(|end| Ok(finished.map(|()| end)?));
        let mut summary = recorder.summary;
        summary.duration_s = output::rounded((clock.now() - *started).as_secs_f64());
        summary.set_captures(recorder.responses.tally);
        if let Some(timing) = recorder.times.timing(None) {
            summary.set_timing(&timing);
        }
        let outcome = match (run, stop.signal()) {
            // A signal before there was a stream. A first frame that was cut is a failure, as any other.
            (Err(_), Some(signal)) if summary.frames_good() == 0 && !recorder.sink.is_cut() => {
                self.outcome(&End::Signal(signal), &mut summary)
            }
            (Err(failure), _) => {
                summary.end = (failure.exit == Exit::Local).then_some("local");
                Err(failure)
            }
            (Ok(_), _) if recorder.not_taken == Some(Taken::ReaderGone) => self.reader_gone(&mut summary),
            (Ok(_), Some(signal)) if recorder.not_taken == Some(Taken::Late) => {
                self.outcome(&End::Signal(signal), &mut summary)
            }
            (Ok(_), None) if recorder.not_taken == Some(Taken::Late) => {
                self.outcome(&End::TimeUp, &mut summary)
            }
            (Ok(end), _) => self.outcome(&end, &mut summary),
        };
        let outcome = match (outcome, recorder.responses.tally) {
            (Ok(Outcome::Exit(_)), Some(tally)) if tally.failed > 0 => {
                let failed = Counted(tally.failed, "capture");
                Err(Failure::local(anyhow!("{failed} could not be written whole")))
            }
            (outcome, _) => outcome,
        };
        summary.error =
            outcome.as_ref().err().filter(|failure| failure.cause.is_some()).map(ToString::to_string);
        let is_silent = outcome.as_ref().is_err_and(|failure| failure.cause.is_none());
        let pause = attempt.showing.pause();
        let printed = self.print(&summary, is_silent);
        drop(pause);
        // What went wrong with the stream matters more than a summary that cannot be printed.
        outcome.and_then(|outcome| match printed {
            Err(failure) if failure.cause.is_some() => Err(failure),
            _ => Ok(outcome),
        })
    }

    fn goal(&self) -> Goal {
        Goal { frames: self.frames, duration: self.duration, bytes: self.bytes }
    }

    fn depth(&self) -> Depth {
        if self.deep { Depth::Entropy } else { Depth::Markers }
    }

    /// The summary of a run that begins at `started`, since 1970-01-01 UTC.
    fn summary(&self, started: Duration) -> Summary {
        let mut summary = Summary::new(self.target.to_string(), self.depth(), started);
        summary.name = self.listed.as_ref().map(ToString::to_string);
        summary
    }

    fn recorder(&self, progress: Progress, attempt: &Attempt) -> Recorder {
        let repeats = if self.on_change { Repeats::Count } else { Repeats::Write };
        Recorder::new(
            Keep { trim: self.trim, hash: self.hash },
            Judge::new(self.depth()),
            Selection::new(Rules { skip: self.skip, every: self.every, rate: self.fps, repeats }),
            self.goal(),
            progress,
            self.summary(attempt.clock.unix()),
            &attempt.operations,
            &attempt.clock,
            attempt.started,
        )
    }

    fn record(&self, recorder: &mut Recorder, attempt: &Attempt) -> Result<End, Failure> {
        let Attempt { clock, started, stop, .. } = attempt;
        let deadline = self.duration.map(|duration| *started + duration);
        self.prepare(recorder, deadline, attempt)?;
        let manner = Manner {
            idle: self.idle,
            wait: self.transport.wait,
            reconnect: self.reconnect(),
            poll: self.target.is_live().then(|| self.transport.poll_interval()),
        };
        // A pattern without an end would fill the disk as fast as it can be drawn.
        let is_pattern_paced = !self.goal().is_set();
        // The times are part of these files.
        let has_times = self.raw.is_some() || self.mkv.is_some();
        let stamped = if has_times { Stamped::All } else { Stamped::Nothing };
        let options = Options { is_pattern_paced, stamped, ..self.transport.clone() };
        let mut camera = Camera::new(&self.target, &options, manner, clock, stop);
        let ran = camera.run(recorder, deadline);
        let word = end_word(&ran, recorder.not_taken, stop);
        let noted = recorder.responses.ended(word);
        if let Ok(end) = &ran {
            recorder.ended(end);
        }
        let end = match ran {
            // The time was up before there was a stream.
            Ok(End::TimeUp) => camera.unopened().map_or(Ok(End::TimeUp), Err)?,
            Ok(end) => end,
            Err(CameraError::Unopened(error)) => return Err(error.into()),
            Err(CameraError::Problem(problem)) => return Err(problem.into()),
        };
        noted?;
        Ok(end)
    }

    fn reconnect(&self) -> Reconnect {
        Reconnect { tries: self.reconnect.unwrap_or(Reconnect::NEVER.tries), delay: self.reconnect_delay }
    }

    fn outcome(&self, end: &End, summary: &mut Summary) -> Result<Outcome, Failure> {
        outcome::of(end, &self.target, self.goal(), self.idle, summary)
    }

    fn reader_gone(&self, summary: &mut Summary) -> Result<Outcome, Failure> {
        summary.end = Some("local");
        if !self.goal().is_set() {
            return Err(Failure::pipe_closed());
        }
        let frames = Counted(summary.frames_written, "good frame");
        let cause = anyhow!("after {frames}, before the goal: standard output was closed");
        Err(Failure::new(Exit::No, cause))
    }

    fn print(&self, summary: &Summary, is_silent: bool) -> Result<(), Failure> {
        let text = match self.format {
            Format::Json => output::json(summary).map_err(Failure::local)?,
            Format::Text if summary.end.is_some() && !is_silent && summary.says_more_than_its_error() => {
                summary.text()
            }
            // Nothing was recorded, and the message says why; or its reader wants no more.
            Format::Text => return Ok(()),
        };
        let width = |width: Option<usize>| width.filter(|_| self.format == Format::Text);
        if self.is_to_stdout() {
            output::line(&hanging(&output::printable(&text), width(output::stderr_width()), 2));
            Ok(())
        } else {
            output::result(&hanging(&text, width(output::stdout_width()), 2))
        }
    }
}

/// The word of a timing file for the end of a response.
fn end_word(ran: &Result<End, CameraError>, not_taken: Option<Taken>, stop: &Stop) -> &'static str {
    match (ran, not_taken) {
        (Err(_), _) | (Ok(_), Some(Taken::ReaderGone)) => "local",
        (Ok(_), Some(Taken::Late)) if stop.signal().is_some() => "signal",
        // A body that is no stream ended by itself.
        (Ok(end), _) => end.word("goal").unwrap_or("closed"),
    }
}

/// SIGUSR1 starts captures from now on.
pub(super) fn handle_user_signal(triggers: &Triggers) -> Result<(), Failure> {
    let triggers = triggers.clone();
    signal::on_user_signal(move || triggers.pull())
        .map_err(|error| Failure::local(anyhow::Error::new(error).context("cannot handle SIGUSR1")))
}
