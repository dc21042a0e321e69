//! A run of `mjpeg record`, from the checks to the summary.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::counted::Counted;
use mjpeg::jpeg::Depth;

use super::captures::Captures;
use super::concat::Concat;
use super::directory::{Directory, Style};
use super::durability::Durability;
use super::existing::Existing;
use super::goal::Goal;
use super::hang::{Operations, Watch, Watched};
use super::judge::Judge;
use super::mkv::Mkv;
use super::out_file::OutFile;
use super::outcome;
use super::progress::Progress;
use super::recorder::{Keep, Recorder};
use super::selection::{Repeats, Rules, Selection};
use super::stdout::{FrameOutput, Taken};
use super::summary::Summary;
use super::{Format, Record};
use crate::capture::timing_path;
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::signal::Stop;
use crate::transport::{Camera, CameraError, End, Manner, Reconnect};

/// What a recording in its thread shares with the thread that watches it.
struct Attempt {
    clock: Clock,
    started: Duration,
    stop: Stop,
    operations: Operations,
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
        let clock = Clock::real();
        let started = clock.now();
        let goal = self.goal();
        let progress = Progress::start(goal, self.quiet, &clock, started);
        let shown = progress.figures();
        let operations = Operations::default();
        let watch = Watch { idle: self.idle, clock: clock.clone() };
        let of_thread =
            Attempt { clock: clock.clone(), started, stop: stop.clone(), operations: operations.clone() };
        let this = Arc::new(self);
        let recording = Arc::clone(&this);
        let watched = watch.over(&operations, move || recording.run_attempt(progress, &of_thread));
        match watched.map_err(|error| Failure::local(anyhow::Error::new(error).context("cannot record")))? {
            Watched::Ended(result) => result,
            Watched::Hangs(waited) => {
                let mut summary = this.summary();
                summary.set_figures(&shown.written());
                summary.duration_s = output::rounded((clock.now() - started).as_secs_f64());
                this.hung(waited, stop, summary)
            }
        }
    }

    /// The result of a recording whose files do not answer.
    fn hung(&self, waited: Duration, stop: &Stop, mut summary: Summary) -> Result<Outcome, Failure> {
        let waited = waited.as_secs_f64();
        let files = [&self.concat, &self.mkv, &self.raw].map(Option::as_deref);
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
        if let Some(timing) = recorder.times.timing(None) {
            summary.set_timing(&timing);
        }
        let outcome = match (run, stop.signal()) {
            // A signal before there was a stream.
            (Err(_), Some(signal)) if summary.frames_good() == 0 => {
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
        summary.error =
            outcome.as_ref().err().filter(|failure| failure.cause.is_some()).map(ToString::to_string);
        let is_silent = outcome.as_ref().is_err_and(|failure| failure.cause.is_none());
        let printed = self.print(&summary, is_silent);
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

    fn summary(&self) -> Summary {
        Summary::new(self.target.to_string(), self.depth())
    }

    fn recorder(&self, progress: Progress, attempt: &Attempt) -> Recorder {
        let repeats = if self.on_change { Repeats::Count } else { Repeats::Write };
        Recorder::new(
            Keep { trim: self.trim, hash: self.hash },
            Judge::new(self.depth()),
            Selection::new(Rules { skip: self.skip, every: self.every, rate: self.fps, repeats }),
            self.goal(),
            progress,
            self.summary(),
            &attempt.operations,
            &attempt.clock,
            attempt.started,
        )
    }

    fn record(&self, recorder: &mut Recorder, attempt: &Attempt) -> Result<End, Failure> {
        let Attempt { clock, started, stop, operations } = attempt;
        let existing = match (self.force, self.resume) {
            (true, _) => Existing::Overwrite,
            (false, true) => Existing::Resume,
            (false, false) => Existing::Refuse,
        };
        let durability = if self.fsync { Durability::Synced } else { Durability::Closed };
        let deadline = self.duration.map(|duration| *started + duration);
        // Nothing is touched before there is something to record: what OUT holds may be all there is.
        if let Some(out) = self.directory() {
            let style = Style { existing, names: self.name.clone(), limit: self.keep, durability };
            recorder.sink.directory = Some(operations.run(|| Directory::look(out, style))?);
        }
        let raw_existing = if existing == Existing::Resume { Existing::Refuse } else { existing };
        let files = self.concat.iter().map(|file| (file.clone(), existing));
        let new_files = self.mkv.iter().cloned().chain(self.raw.iter().flat_map(|raw| {
            // A second response has a second capture.
            let responses = if self.target.is_live() { 1..=2 } else { 1..=1 };
            responses.map(|number| Captures::path_of(raw, number)).flat_map(|it| [timing_path(&it), it])
        }));
        for (file, existing) in files.chain(new_files.map(|file| (file, raw_existing))) {
            operations.run(|| OutFile::may_create(&file, existing, self.directory(), &self.target))?;
        }
        recorder.sink.concat = self.concat.as_ref().map(|file| Concat::new(file, existing, durability));
        recorder.sink.mkv = self.mkv.as_ref().map(|file| Mkv::new(file, raw_existing));
        recorder.sink.stdout =
            self.is_to_stdout().then(|| FrameOutput::new(clock, stop, deadline, self.idle));
        recorder.captures =
            self.raw.as_ref().map(|path| Captures::new(path, raw_existing, clock, operations));
        let manner = Manner {
            idle: self.idle,
            wait: self.transport.wait,
            reconnect: self.reconnect(),
            poll: self.target.is_live().then(|| self.transport.poll_interval()),
        };
        let mut camera = Camera::new(&self.target, &self.transport, manner, clock, stop);
        let end = match camera.run(recorder, deadline) {
            // The time was up before there was a stream.
            Ok(End::TimeUp) => camera.unopened().map_or(Ok(End::TimeUp), Err)?,
            Ok(end) => end,
            Err(CameraError::Unopened(error)) => return Err(error.into()),
            Err(CameraError::Problem(problem)) => return Err(problem.into()),
        };
        if let Some((captures, word)) = recorder.captures.as_mut().zip(end.word("goal")) {
            captures.ended(word)?;
        }
        Ok(end)
    }

    fn reconnect(&self) -> Reconnect {
        Reconnect { tries: self.reconnect.unwrap_or(Reconnect::NEVER.tries), delay: self.reconnect_delay }
    }

    fn outcome(&self, end: &End, summary: &mut Summary) -> Result<Outcome, Failure> {
        outcome::of(end, &self.target, self.goal(), summary)
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
            Format::Json => serde_json::to_string(summary).map_err(Failure::local)?,
            Format::Text if summary.end.is_some() && !is_silent => summary.text(),
            // Nothing was recorded, and the message says why; or its reader wants no more.
            Format::Text => return Ok(()),
        };
        if self.is_to_stdout() {
            output::line(&output::printable(&text));
            Ok(())
        } else {
            output::result(&text)
        }
    }
}
