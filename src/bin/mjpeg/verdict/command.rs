//! A run of `mjpeg check`.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use mjpeg::counted::Counted;

use crate::asked::Asked;
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome, Service};
use crate::output;
use crate::paint::Paint;
use crate::problem::Problem;
use crate::progress::{Parts, Progress};
use crate::replacement::Replacement;
use crate::signal::Stop;
use crate::verdict::arguments::Check;
use crate::verdict::baseline::{self, Baseline};
use crate::verdict::delivery::Delivery;
use crate::verdict::emit::{self, Text};
use crate::verdict::finished::Finished;
use crate::verdict::format::Format;
use crate::verdict::report::Page;
use crate::verdict::run::Run;
use crate::verdict::tasks::{self, Task};
use crate::verdict::{expect, explain, merge};

impl Check {
    /// Runs `mjpeg check`.
    pub fn run(self, stop: &Stop) -> Result<Outcome, Failure> {
        if self.explain.is_some() || self.list_rules {
            output::result(&self.explanation()?)?;
            return Ok(Outcome::Exit(Exit::Done));
        }
        let run = if self.merge.is_empty() { self.measure(stop) } else { self.merged(stop) };
        match run {
            // The programs that want this format read standard output.
            Err(failure) if self.format == Format::Nagios && failure.cause.is_some() => {
                // If standard output is what has failed, the status and the message are left.
                let _ = output::result(&emit::unknown(&failure.to_string()));
                output::failure("check", &failure);
                Ok(Outcome::Service(Service::Unknown))
            }
            run => run,
        }
    }

    /// Prints what earlier runs found.
    fn merged(&self, stop: &Stop) -> Result<Outcome, Failure> {
        let read = merge::read(&self.merge, stop);
        if let (Err(_), Some(signal)) = (&read, stop.signal()) {
            return Ok(Outcome::Signal(signal));
        }
        let all = read?;
        let mut delivery = self.delivery()?;
        let count = all.len();
        for finished in all {
            delivery.take(&finished.in_run(None, count), None, |print| print())?;
        }
        delivery.end(Clock::real().unix())?;
        self.mark_end(count)?;
        Ok(delivery.outcome(stop))
    }

    /// Prints an empty line as the JSON of no targets: a run that was killed prints nothing, and --merge must not take it for one.
    fn mark_end(&self, targets: usize) -> Result<(), Failure> {
        if self.format == Format::Json && targets == 0 { output::result("") } else { Ok(()) }
    }

    /// Reads and judges the targets.
    fn measure(&self, stop: &Stop) -> Result<Outcome, Failure> {
        let clock = Clock::real();
        let parts = Parts::default();
        let tasks = self.tasks(&parts, &clock, stop)?;
        let fail_on = self.fail_on.severity();
        let shard = self.shard.and_then(|shard| shard.resolve().ok()).map(|shard| shard.to_string());
        let finished_of =
            |task: &Task, run: &Run| Finished::of(task, run, fail_on).in_run(shard.clone(), tasks.len());
        // Files that cannot be written are found before the cameras are read.
        let mut expectations =
            self.write_expect.as_deref().map(|file| self.begin_expect(file, &tasks)).transpose()?;
        let baseline = self.save_baseline.as_deref().map(baseline::begin).transpose()?;
        let mut delivery = self.delivery()?;
        // Before a target is opened: a baseline of other settings shows nothing.
        let before = match self.before(&tasks, stop) {
            Ok(before) => before,
            Err(problem) => {
                if !matches!(self.format, Format::Text | Format::Nagios) {
                    for task in &tasks {
                        let run = Run::refused(&task.target, &task.options, &clock, &problem);
                        delivery.take(&finished_of(task, &run), None, |print| print())?;
                    }
                    delivery.end(clock.unix())?;
                }
                return Err(problem.into());
            }
        };
        let mut saved = Vec::new();
        let most =
            tasks.iter().try_fold(0_u64, |sum, task| Some(sum.saturating_add(task.options.asked.frames?)));
        if let Some(says) = self.longer_than_usual(&tasks).filter(|_| !self.quiet) {
            output::message("check", &says);
        }
        let progress = Progress::start(tasks.len(), most, &parts, self.quiet, &clock);
        let printed = tasks::run(&tasks, self.jobs.into(), &clock, stop, |number, mut run| {
            let task = &tasks[number];
            run.compare(before[number].as_ref());
            if self.save_baseline.is_some() {
                saved.extend(run.entry(task.shown(), task.settings()));
            }
            let finished = finished_of(task, &run);
            if let Some(file) = expectations.take() {
                finish_expect(file, self.write_expect.as_deref(), &finished)?;
            }
            delivery.take(&finished, run.evidence.as_ref(), |print| {
                progress.done(|| {
                    let printed = print();
                    if let Some(failure) = &run.failure {
                        output::failure("check", failure);
                    }
                    if let Some(message) = run.not_judged(&task.options) {
                        output::message("check", &format!("{}: {message}", task.shown()));
                    }
                    printed
                })
            })
        });
        progress.end();
        printed?;
        delivery.end(clock.unix())?;
        self.mark_end(tasks.len())?;
        if let Some((file, path)) = baseline.zip(self.save_baseline.as_deref()) {
            // One of some targets would hide that the others failed.
            let missing = Counted((tasks.len() - saved.len()) as u64, "target");
            let why = match missing.0 {
                _ if delivery.is_interrupted() => Some("the check was interrupted".into()),
                0 => None,
                _ => Some(format!("{missing} gave no stream")),
            };
            if let Some(why) = why {
                output::message("check", &format!("{} was not written: {why}", path.display()));
            } else {
                Baseline::new(saved).finish(file, path)?;
            }
        }
        Ok(delivery.outcome(stop))
    }

    fn delivery(&self) -> Result<Delivery, Problem> {
        let paint = Paint::from(self.color.on_stdout());
        let page = self.report.as_deref().map(Page::begin).transpose()?;
        Ok(Delivery::new(self.format, Text::new(self.quiet, paint, output::stdout_width()), page))
    }

    /// Starts the file of `--write-expect`.
    fn begin_expect(&self, file: &Path, tasks: &[Task]) -> Result<Replacement, Problem> {
        let shown = file.display();
        if tasks.len() != 1 {
            let count = Counted(tasks.len() as u64, "target");
            return Err(anyhow!("{shown} is for one camera, and there are {count}").into());
        }
        // Also a link that leads to nothing.
        if file.symlink_metadata().is_ok() && !self.force {
            return Err(Problem::new(anyhow!("{shown} exists")).hint("replace it with --force"));
        }
        Ok(Replacement::begin(file).with_context(|| format!("cannot write the expectations {shown}"))?)
    }

    /// Why a check without limits takes longer than usual, if it does.
    fn longer_than_usual(&self, tasks: &[Task]) -> Option<String> {
        let default = self.default_asked();
        let has_default = |task: &Task| task.options.asked == default && default != Asked::LOOK;
        let is_default = self.limits.frames.is_none() && self.limits.duration.is_none();
        let says = || format!("a baseline needs {default}, unless --frames or --duration says otherwise");
        (is_default && tasks.iter().any(has_default)).then(says)
    }

    /// What the baseline has of each task.
    fn before(&self, tasks: &[Task], stop: &Stop) -> Result<Vec<Option<baseline::Entry>>, Problem> {
        let baseline = self.baseline.as_ref().map(|file| Baseline::read(file, stop)).transpose()?;
        let entry = |task: &Task| -> Result<Option<baseline::Entry>, Problem> {
            let entry = baseline.as_ref().map(|it| it.entry(&task.shown(), &task.settings()));
            Ok(entry.transpose()?.cloned())
        };
        tasks.iter().map(entry).collect()
    }

    /// The text of `--explain` and `--list-rules`.
    fn explanation(&self) -> Result<String, Problem> {
        let paint = Paint::from(self.color.on_stdout());
        let width = output::stdout_width();
        match (self.explain, self.format) {
            (Some(rule), Format::Json) => explain::json(rule),
            (None, Format::Json) => explain::list_json(),
            (Some(rule), _) => Ok(explain::rule(rule, width, paint)),
            (None, _) => Ok(explain::list(width, paint)),
        }
    }
}

/// Writes the file of `--write-expect`, or says why it does not.
fn finish_expect(file: Replacement, path: Option<&Path>, finished: &Finished) -> Result<(), Problem> {
    let shown = path.unwrap_or(Path::new("")).display();
    if let Some(why) = expect::refusal(finished) {
        output::message("check", &format!("{shown} was not written: {why}"));
        return Ok(());
    }
    let text = expect::text(finished);
    Ok(file.finish(text.as_bytes()).with_context(|| format!("cannot write the expectations {shown}"))?)
}
