//! `mjpeg check`: what is wrong with a stream, and which programs it breaks.

mod baseline;

mod emit;
mod explain;
mod framer;
mod limits;
mod options;
mod reader;
mod recorded;
mod run;
mod sample;
mod snapshots;
mod tasks;
mod word;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use mjpeg::check::{self, Expectations, Rule, Selection, Selector, Severity};
use mjpeg::counted::Counted;

use crate::clock::Clock;
use crate::depth::Depth;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{self, Color};
use crate::paint::Paint;
use crate::problem::Problem;
use crate::progress::{Parts, Progress};
use crate::signal::Stop;
use crate::targets::{self, Entry};
use crate::transport::Target;
use crate::usage::Usage;
use crate::value::Rate;
use baseline::Baseline;
use emit::{Emitter, Json, Text};
use limits::Limits;
use options::Options;
use reader::Reader;
use run::Run;
use tasks::Task;
use word::Verdict;

/// Check a stream: boundaries, lengths, pictures, timing, and which players it breaks
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mjpeg check http://camera/stream
  mjpeg check http://camera/stream --frames 300 --duration 30s --min-fps 10 --max-gap 500ms
  mjpeg check http://camera/stream --format json | jq .verdict
  curl -i --raw --max-time 5 http://camera/stream | mjpeg check -
  mjpeg check --targets cameras.txt --jobs 16
  mjpeg check --explain M203

Exit status: 0 pass, 1 findings at or above --fail-on or no picture, 3 unreachable, 4 not a stream, 5 stalled or
reset, 6 our side. The highest one counts. A signal ends the check: the targets that are left have the verdict `interrupted`,
and the process dies by the signal.")]
pub struct Check {
    /// What to check: URLs, files with a saved response (curl -i, with or without --raw), directories of mjpeg record, `-`, `test:`
    #[arg(
        required_unless_present_any = ["explain", "list_rules", "list"],
        value_name = "TARGET",
        value_parser = Target::parser()
    )]
    targets: Vec<Target>,
    /// Check also the targets in FILE, a line each: NAME URL [options]. The options are those for URLs, --frames, --duration,
    /// --idle, --expect-live, --min-fps, --max-gap and --size; they replace those of the command line. `-`: standard input
    #[arg(long = "targets", value_name = "FILE", conflicts_with_all = ["explain", "list_rules"])]
    list: Option<PathBuf>,
    /// Check at most N targets at the same time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1000))]
    jobs: u16,
    #[command(flatten)]
    limits: Limits,
    /// Read the entropy-coded data of every picture, even if that falls behind a live stream. By default all pictures
    /// of a file are read, and as many of a live stream as its time allows
    #[arg(long, conflicts_with = "shallow")]
    deep: bool,
    /// Read the entropy-coded data of no picture: lost segments, mixed frames and flipped bits are not found
    #[arg(long)]
    shallow: bool,
    /// Apply only these rules: codes, names, or the start of a code
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = clap::value_parser!(Selector))]
    select: Vec<Selector>,
    /// Do not apply these rules: codes, names, or the start of a code
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = clap::value_parser!(Selector))]
    ignore: Vec<Selector>,
    /// Judge the findings for these consumers alone: what does not affect them is an info; also rtp_jpeg, fetch, webkit_fetch, snapshot
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    consumers: Vec<Reader>,
    /// Exit with 1 on findings of this severity or worse
    #[arg(long, value_enum, default_value_t = FailOn::Error)]
    fail_on: FailOn,
    /// Write what the check finds to FILE, for --baseline
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    save_baseline: Option<PathBuf>,
    /// Compare with what an earlier check wrote to FILE: exit with 1 on new or worse findings, a lower rate, longer gaps or
    /// larger pictures, beyond the spread of the earlier check; findings that it had too do not count
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// How to print the verdict
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print only the verdict and the findings
    #[arg(long, short)]
    quiet: bool,
    /// When to colour text
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
    /// Explain a rule: why it matters, what to change in the camera or server, which programs it breaks
    #[arg(long, value_name = "CODE", value_parser = known_rule, conflicts_with = "targets")]
    explain: Option<&'static Rule>,
    /// List all rules; with --format json one object for each, each on one line, schema mjpeg.check.rule/1
    #[arg(long, conflicts_with_all = ["targets", "explain"])]
    list_rules: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines to read
    Text,
    /// One JSON object for each target, each on one line, schema mjpeg.check/1
    Json,
}

impl Check {
    /// Runs `mjpeg check`.
    pub fn run(self, stop: &Stop) -> Result<Outcome, Failure> {
        if self.explain.is_some() || self.list_rules {
            output::result(&self.explanation()?)?;
            return Ok(Outcome::Exit(Exit::Done));
        }
        let clock = Clock::real();
        let parts = Parts::default();
        let tasks = self.tasks(&parts, stop)?;
        let paint = Paint::from(self.color.on_stdout());
        let mut emitter = self.format.emitter(Text::new(self.quiet, paint, output::stdout_width()));
        let mut out = output::Results::default();
        // Before a target is opened: a baseline of other settings shows nothing.
        let before = match self.before(&tasks, stop) {
            Ok(before) => before,
            Err(problem) => {
                if self.format == Format::Json {
                    for task in &tasks {
                        let run = Run::refused(&task.target, &task.options, &clock, &problem);
                        out.print(&emitter.target(task, &run, Verdict::Error)?)?;
                    }
                }
                return Err(problem.into());
            }
        };
        let mut saved = Vec::new();
        let mut worst = Exit::Done;
        let mut is_interrupted = false;
        let progress = Progress::start(tasks.len(), &parts, self.quiet, &clock);
        let printed = tasks::run(&tasks, self.jobs.into(), &clock, stop, |number, mut run| {
            let task = &tasks[number];
            run.compare(before[number].as_ref());
            if self.save_baseline.is_some() {
                saved.extend(run.entry(task.shown(), task.settings()));
            }
            let verdict = run.verdict(self.fail_on.severity());
            worst = worst.max(verdict.exit());
            is_interrupted |= verdict == Verdict::Interrupted;
            let text = emitter.target(task, &run, verdict)?;
            progress.done(|| {
                let printed = out.print(&text);
                if let Some(failure) = &run.failure {
                    output::failure("check", failure);
                }
                printed
            })
        });
        progress.end();
        printed?;
        out.print(&emitter.end()?)?;
        if let Some(file) = &self.save_baseline {
            // One of some targets would hide that the others failed.
            let missing = Counted((tasks.len() - saved.len()) as u64, "target");
            let why = match missing.0 {
                _ if is_interrupted => Some("the check was interrupted".into()),
                0 => None,
                _ => Some(format!("{missing} gave no stream")),
            };
            if let Some(why) = why {
                output::message("check", &format!("{} was not written: {why}", file.display()));
            } else {
                Baseline::new(saved).write(file)?;
            }
        }
        Ok(match stop.signal() {
            Some(signal) if is_interrupted => Outcome::Signal(signal),
            _ => Outcome::Exit(worst),
        })
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

    /// Checks what clap does not.
    ///
    /// # Errors
    ///
    /// When the command line is wrong.
    pub fn check(&self) -> Result<(), Usage> {
        let targets = self.targets.iter().filter(|target| **target == Target::Stdin).count();
        if let Some(option) = self.limits.transport.given()
            && self.list.is_none()
            && !self.targets.iter().any(|target| matches!(target, Target::Url(_)))
        {
            return Err(Usage::conflict(format!("{option} is for targets that are URLs, and there is none")));
        }
        let list = self.list.iter().filter(|list| *list == Path::new("-")).count();
        match targets + list {
            0 | 1 => Ok(()),
            _ => Err(Usage::conflict("standard input can be read only once")),
        }
    }

    /// The targets of the command line, then those of the list.
    fn tasks(&self, parts: &Parts, stop: &Stop) -> Result<Vec<Task>, Problem> {
        let named: Vec<Entry<Limits>> = match &self.list {
            Some(list) => targets::read(list, &self.limits, |_| Ok(()), stop)?,
            None => Vec::new(),
        };
        let typed = self.targets.iter().map(|target| Task {
            name: None,
            target: target.clone(),
            options: self.options(&self.limits, parts),
        });
        let listed = named.into_iter().map(|entry| Task {
            name: Some(entry.name),
            target: entry.target,
            options: self.options(&entry.options, parts),
        });
        Ok(typed.chain(listed).collect())
    }

    /// The text of `--explain` and `--list-rules`.
    fn explanation(&self) -> Result<String, Problem> {
        let paint = Paint::from(self.color.on_stdout());
        let width = output::stdout_width();
        match (self.explain, self.format) {
            (Some(rule), Format::Text) => Ok(explain::rule(rule, width, paint)),
            (Some(rule), Format::Json) => explain::json(rule),
            (None, Format::Text) => Ok(explain::list(width, paint)),
            (None, Format::Json) => explain::list_json(),
        }
    }

    fn options(&self, limits: &Limits, parts: &Parts) -> Options {
        let mut expectations = Expectations::default();
        expectations.rules =
            Selection::all().only(self.select.iter().cloned()).without(self.ignore.iter().cloned());
        expectations.max_gap = limits.max_gap;
        expectations.min_fps = limits.min_fps.map(Rate::fps);
        expectations.size = limits.size.map(|size| (size.width, size.height));
        expectations.live = limits.expect_live;
        let depth = match (self.deep, self.shallow) {
            (true, _) => Depth::Deep,
            (_, true) => Depth::Shallow,
            _ => Depth::Auto,
        };
        Options {
            frames: limits.frames,
            duration: limits.duration,
            idle: limits.idle,
            expectations,
            transport: limits.transport.clone(),
            depth,
            consumers: self.consumers.iter().filter_map(|reader| reader.consumer()).collect(),
            carriers: self.consumers.iter().filter_map(|reader| reader.carrier()).collect(),
            parts: Parts::clone(parts),
        }
    }
}

impl Format {
    fn emitter(self, text: Text) -> Box<dyn Emitter> {
        match self {
            Self::Text => Box::new(text),
            Self::Json => Box::new(Json),
        }
    }
}

impl FailOn {
    fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
        }
    }
}

fn known_rule(text: &str) -> Result<&'static Rule, String> {
    check::find(text).ok_or_else(|| match check::nearest(text) {
        Some(rule) => format!("no rule has this code or name; did you mean {} ({})?", rule.name, rule.code),
        None => format!(
            "no rule has this code or name; `mjpeg check --list-rules` lists all ({} of them)",
            check::rules().count()
        ),
    })
}
