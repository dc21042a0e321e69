//! `--targets FILE`: a recording for each target of a list, at the same time.

use std::path::{Path, PathBuf};
use std::thread::{self, ScopedJoinHandle};

use anyhow::anyhow;

use super::Record;
use super::board::{Board, Showing};
use super::run::handle_user_signal;
use crate::exit::{Exit, Failure, Outcome};
use crate::file_limit;
use crate::flight::Triggers;
use crate::output;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::targets::{self, Entry, LineOptions};
use crate::transport::Target;
use crate::usage::Usage;

/// The options that are for the whole run.
const OF_RUN: [&str; 7] = ["target", "out", "targets", "force", "resume", "format", "quiet"];
/// The most targets: each has two threads.
const MOST_TARGETS: usize = 1000;
/// The stack of the thread that watches a recording.
const STACK_BYTES: usize = 256 * 1024;

impl LineOptions for Record {
    fn is_of_lines(field: &str) -> bool {
        !OF_RUN.contains(&field)
    }

    fn yield_to(&mut self, is_typed: &dyn Fn(&str) -> bool) {
        self.transport.yield_to(is_typed);
    }
}

impl Record {
    /// Checks the command line of `--targets`, without the list. Opens nothing.
    pub(super) fn check_list(&self) -> Result<(), Usage> {
        if self.is_without_target() {
            return Err(Usage::missing("with --targets, name a directory as OUT"));
        }
        if self.out.is_some() || self.directory_of_list().is_none() {
            return Err(Usage::value("with --targets, the only argument is OUT, a directory"));
        }
        if self.concat.is_some() || self.mkv.is_some() || self.raw.is_some() {
            let why = "--concat, --mkv and --raw name the file of one target: write them into its line of --targets";
            return Err(Usage::conflict(why));
        }
        Ok(())
    }

    /// OUT. With `--targets` it is where the target is otherwise.
    fn directory_of_list(&self) -> Option<&Path> {
        match &self.target {
            Target::File(path) => Some(path),
            _ => None,
        }
    }

    /// The recording of an entry.
    fn of_entry(&self, entry: &Entry<Self>) -> Self {
        let out = self.directory_of_list().map(|out| out.join(&entry.name));
        let (target, listed) = (entry.target.clone(), Some(entry.name.clone()));
        Self { target, out, targets: None, listed, ..entry.options.clone() }
    }

    /// Records all targets of a list.
    pub(super) fn run_list(self, list: &Path, stop: &Stop) -> Result<Outcome, Failure> {
        let check = |entry: &Entry<Self>| self.of_entry(entry).check().map_err(|usage| usage.to_string());
        let entries = targets::read(list, &self, check, stop)?;
        let recordings: Vec<Self> = entries.iter().map(|entry| self.of_entry(entry)).collect();
        check_together(&recordings)?;
        file_limit::raise();
        let triggers = Triggers::default();
        if recordings.iter().any(|recording| recording.ring.is_some()) {
            handle_user_signal(&triggers)?;
        }
        let board = Board::start(self.quiet);
        let outcomes: Vec<Outcome> = thread::scope(|scope| {
            let start = |recording: Self| {
                let name = recording.listed.clone();
                let (triggers, showing) = (&triggers, board.showing());
                let record = move || recording.run_listed(stop, triggers, &showing);
                let thread = thread::Builder::new().name("camera".into()).stack_size(STACK_BYTES);
                thread.spawn_scoped(scope, record).map_err(|error| {
                    let name = name.map(|name| name.to_string()).unwrap_or_default();
                    let failure = Failure::local(anyhow!("{name}: cannot start a thread: {error}"));
                    output::failure("record", &failure);
                    Outcome::Exit(failure.exit)
                })
            };
            let started: Vec<_> = recordings.into_iter().map(start).collect();
            started.into_iter().map(|thread| thread.map_or_else(|outcome| outcome, joined)).collect()
        });
        Ok(together(&outcomes))
    }

    /// Records one target of a list, and says why it failed.
    fn run_listed(self, stop: &Stop, triggers: &Triggers, showing: &Showing) -> Outcome {
        let name = self.listed.clone();
        self.run_one(stop, triggers, showing).unwrap_or_else(|mut failure| {
            failure.cause = failure.cause.map(|cause| match &name {
                Some(name) => anyhow!("{name}: {cause:#}"),
                None => cause,
            });
            let pause = showing.pause();
            output::failure("record", &failure);
            drop(pause);
            Outcome::Exit(failure.exit)
        })
    }
}

/// Refuses what no recording alone can see.
fn check_together(recordings: &[Record]) -> Result<(), Problem> {
    if recordings.len() > MOST_TARGETS {
        let problem = Problem::new(anyhow!("{} targets are more than {MOST_TARGETS}", recordings.len()));
        return Err(problem.hint("split the list, and start a run for each part"));
    }
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for recording in recordings {
        let name = recording.listed.as_ref().map(ToString::to_string).unwrap_or_default();
        files.extend(recording.files().into_iter().map(|file| (file, name.clone())));
    }
    files.sort_unstable();
    match files.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some([(file, one), (_, other)]) => {
            let problem = Problem::new(anyhow!("{one} and {other} would both write {}", file.display()));
            Err(problem.hint("each target needs its own"))
        }
        _ => Ok(()),
    }
}

fn joined(thread: ScopedJoinHandle<'_, Outcome>) -> Outcome {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The outcome of a run with several ones: a signal that left a goal unfinished, or the highest status.
fn together(outcomes: &[Outcome]) -> Outcome {
    let signal = outcomes.iter().find(|outcome| matches!(outcome, Outcome::Signal(_)));
    let status = outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Exit(exit) => Some(*exit),
        Outcome::Signal(_) | Outcome::Service(_) | Outcome::Foreign(_) => None,
    });
    signal.copied().unwrap_or_else(|| Outcome::Exit(status.max().unwrap_or(Exit::Done)))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        record: Record,
    }

    #[test]
    fn each_refusal_of_a_list_has_its_own_cure() {
        let of = |count: usize, file: &str| {
            let line = Line::parse_from(["x", "test:", "--mkv", file]).record;
            check_together(&vec![line; count]).unwrap_err().hint.unwrap()
        };
        assert!(of(1001, "a").contains("split the list"));
        assert!(of(2, "a").contains("its own"));
    }

    #[test]
    fn the_highest_status_wins_and_a_signal_over_all() {
        use Outcome::{Exit as Ended, Signal};
        for (outcomes, expected) in [
            (&[Ended(Exit::Done), Ended(Exit::Done)][..], Ended(Exit::Done)),
            (&[Ended(Exit::Stalled), Ended(Exit::Done), Ended(Exit::Unreachable)], Ended(Exit::Stalled)),
            (&[Ended(Exit::Local), Signal(2), Ended(Exit::Done)], Signal(2)),
        ] {
            assert_eq!(together(outcomes), expected);
        }
    }
}
