//! A run of `mjpeg record`, from the checks to the summary.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::counted::Counted;
use mjpeg::jpeg::Depth;

use super::board::{Board, Showing};
use super::concat::Concat;
use super::directory::{Directory, Style};
use super::existing::Existing;
use super::goal::Goal;
use super::hang::{Operations, Watch, Watched};
use super::judge::Judge;
use super::mkv::Mkv;
use super::out_file::OutFile;
use super::outcome;
use super::progress::Progress;
use super::raw::{RawFile, Times};
use super::recorder::{Keep, Recorder};
use super::selection::{Repeats, Rules, Selection};
use super::stdout::{FrameOutput, Taken};
use super::summary::Summary;
use super::{Format, Record};
use crate::capture::timing_path;
use crate::clock::Clock;
use crate::durability::Durability;
use crate::exit::{Exit, Failure, Outcome};
use crate::flight::{CaptureNames, FlightRecorder, Limits, Settings, Triggers};
use crate::output::{self, Reporter};
use crate::problem::Problem;
use crate::signal::{self, Stop};
use crate::transport::{self, End, Session};

/// What a recording in its thread shares with the thread that watches it.
struct Attempt {
    clock: Clock,
    started: Duration,
    stop: Stop,
    operations: Operations,
    triggers: Triggers,
    showing: Showing,
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
        let started = clock.now();
        let name = self.listed.as_ref().map(ToString::to_string);
        let progress = showing.add(name, self.goal(), &clock, started);
        let shown = progress.figures();
        let operations = Operations::default();
        let watch = Watch {
            idle: self.idle,
            deadline: self.duration.map(|duration| started + duration),
            clock: clock.clone(),
            stop: stop.clone(),
        };
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
                let mut summary = this.summary();
                summary.set_figures(shown.now());
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
        summary.set_captures(recorder.captures);
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
        let outcome = match (outcome, recorder.captures) {
            (Ok(Outcome::Exit(_)), Some(captures)) if captures.failed > 0 => {
                let failed = Counted(captures.failed, "capture");
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

    fn summary(&self) -> Summary {
        let mut summary = Summary::new(self.target.to_string(), self.depth());
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
            self.summary(),
            &attempt.operations,
            &attempt.clock,
            attempt.started,
        )
    }

    fn record(&self, recorder: &mut Recorder, attempt: &Attempt) -> Result<End, Failure> {
        let Attempt { clock, started, stop, operations, triggers, .. } = attempt;
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
        let (raw, names) = match &self.raw {
            Some(path) if self.ring.is_some() => (None, Some(CaptureNames::new(path))),
            raw => (raw.as_ref(), None),
        };
        let raw_timing = raw.map(|path| timing_path(path));
        let first_capture =
            operations.run(|| names.as_ref().and_then(|names| Some(names.path(names.next().ok()?))));
        for (file, existing) in [
            (self.concat.as_ref(), existing),
            (self.mkv.as_ref(), raw_existing),
            (raw, raw_existing),
            (raw_timing.as_ref(), raw_existing),
            (first_capture.as_ref(), Existing::Refuse),
        ] {
            if let Some(file) = file {
                operations.run(|| OutFile::may_create(file, existing, self.directory(), &self.target))?;
            }
        }
        recorder.sink.concat = self.concat.as_ref().map(|file| Concat::new(file, existing, durability));
        recorder.sink.mkv = self.mkv.as_ref().map(|file| Mkv::new(file, raw_existing));
        recorder.sink.stdout =
            self.is_to_stdout().then(|| FrameOutput::new(clock, stop, deadline, self.idle));
        let patience = self.duration.map_or(self.idle, |duration| duration.min(self.idle));
        let mut stream = transport::open(&self.target, &self.transport, patience, clock, stop)?;
        recorder.sink.open()?;
        if let Some(path) = raw {
            let times = if stream.is_live() { Times::Written } else { Times::None };
            let raw = operations.run(|| RawFile::create(path, raw_existing, times, clock, operations))?;
            recorder.raw = Some(raw.clone());
            stream.set_tap(Box::new(raw))?;
        }
        let mut session = Session::new(stream, clock, self.idle, *started);
        if let Some(flight) = names.and_then(|names| self.flight_recorder(names, durability, clock)) {
            session.set_tap(flight.response(session.body_start(), session.is_in_chunks()))?;
            triggers.add(&flight);
            recorder.flight = Some(flight);
        }
        let ran = session.run(recorder, deadline);
        recorder.response_ended(end_word(&ran, recorder.not_taken, stop))?;
        Ok(ran?)
    }

    fn flight_recorder(
        &self,
        names: CaptureNames,
        durability: Durability,
        clock: &Clock,
    ) -> Option<FlightRecorder> {
        let bytes = usize::try_from(self.ring_bytes).unwrap_or(usize::MAX);
        let settings = Settings {
            names,
            limits: Limits { time: self.ring?, bytes },
            after: self.ring_after,
            durability,
            reporter: Reporter::new("record"),
        };
        Some(FlightRecorder::new(settings, clock))
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

/// The word of a timing file for the end of a response.
fn end_word(ran: &Result<End, Problem>, not_taken: Option<Taken>, stop: &Stop) -> &'static str {
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
    let wanted = move || {
        if triggers.pull() == 0 {
            output::message("record", "nothing is captured: there is no stream yet");
        }
    };
    signal::on_user_signal(wanted)
        .map_err(|error| Failure::local(anyhow::Error::new(error).context("cannot handle SIGUSR1")))
}
