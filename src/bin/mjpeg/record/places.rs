//! Where a recording is written: the places of the command line, checked and prepared before there is a stream.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;

use super::Record;
use super::captures::Captures;
use super::concat::Concat;
use super::directory::{Directory, Style};
use super::existing::Existing;
use super::mkv::Mkv;
use super::out_path::{self, EXISTS_HINT};
use super::recorder::Recorder;
use super::run::Attempt;
use super::stdout::FrameOutput;
use crate::capture::timing_path;
use crate::clock::Clock;
use crate::durability::Durability;
use crate::flight::{CaptureNames, FlightRecorder, Limits, Settings};
use crate::output::Reporter;
use crate::problem::Problem;

/// The path of the first capture.
fn first_of(names: &CaptureNames) -> anyhow::Result<PathBuf> {
    let number = names.next().with_context(|| format!("cannot create {}", names.path(1).display()))?;
    Ok(names.path(number))
}

impl Record {
    /// Checks the places, and gives them to the recorder. Nothing is created yet.
    ///
    /// # Errors
    ///
    /// When a place cannot be written, or would destroy something.
    pub(super) fn prepare(
        &self,
        recorder: &mut Recorder,
        deadline: Option<Duration>,
        attempt: &Attempt,
    ) -> Result<(), Problem> {
        let Attempt { clock, stop, operations, triggers, .. } = attempt;
        let existing = match (self.force, self.resume) {
            (true, _) => Existing::Overwrite,
            (false, true) => Existing::Resume,
            (false, false) => Existing::Refuse,
        };
        let durability = if self.fsync { Durability::Synced } else { Durability::Closed };
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
        let first_capture = operations.run(|| names.as_ref().map(first_of).transpose())?;
        let files = self.picture_file().into_iter().map(|file| (file.clone(), existing));
        let files = files.chain(first_capture.map(|file| (file, Existing::Refuse)));
        // A second response has a second capture, and so on. A new folder has none of them.
        let later = raw.filter(|_| self.target.is_live());
        let later = operations.run(|| later.and_then(|raw| Captures::later(raw).ok()).unwrap_or_default());
        let of_raw = raw.into_iter().flat_map(|raw| [timing_path(raw), raw.clone()]).chain(later);
        let new_files = self.mkv.iter().cloned().chain(of_raw);
        for (file, existing) in files.chain(new_files.map(|file| (file, raw_existing))) {
            let may =
                operations.run(|| out_path::may_create(&file, existing, self.directory(), &self.target));
            may.map_err(|problem| self.hint_of_resume(problem))?;
        }
        let named = [self.picture_file(), self.mkv.as_ref()].into_iter().flatten().chain(raw).cloned();
        let named: Vec<PathBuf> = named.chain(raw.map(|raw| timing_path(raw))).collect();
        operations.run(|| out_path::are_distinct(&named))?;
        recorder.sink.concat = self.picture_file().map(|file| Concat::new(file, existing, durability));
        recorder.sink.mkv = self.mkv.as_ref().map(|file| Mkv::new(file, raw_existing, durability));
        recorder.sink.stdout =
            self.is_to_stdout().then(|| FrameOutput::new(clock, stop, deadline, self.idle));
        recorder.responses.captures =
            raw.map(|path| Captures::new(path, raw_existing, durability, clock, operations));
        recorder.responses.flight = names.and_then(|names| self.flight_recorder(names, durability, clock));
        recorder.responses.flight.iter().for_each(|flight| triggers.add(flight));
        Ok(())
    }

    /// A file that exists cannot be overwritten by a run that adds to another one.
    fn hint_of_resume(&self, problem: Problem) -> Problem {
        if self.resume && problem.hint.as_deref() == Some(EXISTS_HINT) {
            return problem
                .hint("choose another file: --resume adds only to OUT and to the file of --concat");
        }
        problem
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
}
