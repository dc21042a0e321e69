//! `mjpeg check`: what is wrong with a stream, and which programs it breaks.

mod baseline;
mod delivery;
mod depth;
mod emit;
mod evidence;
mod exempt;
mod expect;
mod explain;
mod finished;
mod format;
mod framer;
mod limits;
mod merge;
mod options;
mod reader;
mod reason;
mod recorded;
mod report;
mod run;
mod sample;
mod shard;
mod snapshots;
mod tasks;
mod word;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};
use mjpeg::check::{self, Expectations, Rule, Selection, Selector, Severity};
use mjpeg::counted::Counted;

use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome, Service};
use crate::output::{self, Color};
use crate::paint::Paint;
use crate::problem::Problem;
use crate::progress::{Parts, Progress};
use crate::replacement::Replacement;
use crate::signal::Stop;
use crate::targets::{self, Entry};
use crate::transport::Target;
use crate::usage::Usage;
use crate::value::Rate;
use baseline::Baseline;
use delivery::Delivery;
use depth::Depth;
use emit::Text;
use expect::Expected;
use finished::Finished;
use format::Format;
use limits::Limits;
use options::Options;
use reader::Reader;
use report::Page;
use run::Run;
use tasks::Task;

/// Bytes of parts that are kept for the page, of all targets that are read at one time.
const EVIDENCE_BYTES: usize = 64 << 20;

/// Check a stream: boundaries, lengths, pictures, timing, and which players it breaks
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mjpeg check http://camera/stream
  mjpeg check http://camera/stream --frames 300 --duration 30s --min-fps 10 --max-gap 500ms
  mjpeg check http://camera/stream --format json | jq .verdict
  curl -i --raw --max-time 5 http://camera/stream | mjpeg check -
  mjpeg check --targets cameras.txt --jobs 16 --report fleet.html
  mjpeg check http://camera/stream --format nagios --min-fps 5 --max-gap 2s
  mjpeg check --explain M203

Exit status: 0 pass, 1 findings at or above --fail-on or no picture, 3 unreachable, 4 not a stream, 5 stalled or
reset, 6 our side. The highest one counts. A signal ends the check: the targets that are left have the verdict `interrupted`,
and the process dies by the signal. With --format nagios: 0 OK, 1 warning, 2 critical, 3 unknown.")]
pub struct Check {
    /// What to check: URLs, files with a saved response (curl -i, with or without --raw), directories of mjpeg record, `-`, `test:`
    #[arg(
        required_unless_present_any = ["explain", "list_rules", "list", "merge"],
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
    /// Check only the targets of one of N shards, with K from 1. A target is in one shard, which depends on its name, or on the
    /// target as typed. auto/N takes K from SLURM_ARRAY_TASK_ID, or from JOB_COMPLETION_INDEX + 1
    #[arg(long, value_name = "K/N", conflicts_with_all = ["explain", "list_rules"])]
    shard: Option<shard::Typed>,
    /// Check nothing: read what other runs have printed with --format json, and print it as one run. `-`: standard input
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        conflicts_with_all = [
            "targets", "list", "shard", "explain", "list_rules", "save_baseline", "baseline", "fail_on", "select", "ignore",
            "consumers", "jobs", "deep", "shallow", "frames", "duration", "idle", "expect_live", "min_fps", "max_gap", "size", "expect"
        ]
    )]
    merge: Vec<PathBuf>,
    /// Write also a page to FILE, in HTML: findings with their cures, plots of gaps, arrivals and sizes, pictures, heads. It loads
    /// nothing and has no scripts
    #[arg(long, value_name = "FILE", conflicts_with_all = ["explain", "list_rules"])]
    report: Option<PathBuf>,
    /// Write a file for --expect, from a run of one target that passes: rates and gaps with room for their spread
    #[arg(long, value_name = "FILE", conflicts_with_all = ["explain", "list_rules", "merge"])]
    write_expect: Option<PathBuf>,
    /// With --write-expect: replace an earlier file
    #[arg(long, requires = "write_expect")]
    force: bool,
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
                output::result(&emit::unknown(&failure.to_string()))?;
                output::failure("check", &failure);
                Ok(Outcome::Service(Service::Unknown))
            }
            run => run,
        }
    }

    /// Prints what earlier runs found.
    fn merged(&self, stop: &Stop) -> Result<Outcome, Failure> {
        let all = merge::read(&self.merge, stop)?;
        let mut delivery = self.delivery()?;
        for finished in &all {
            delivery.take(finished, None, |print| print())?;
        }
        delivery.end(Clock::real().unix())?;
        Ok(delivery.outcome(stop))
    }

    /// Reads and judges the targets.
    fn measure(&self, stop: &Stop) -> Result<Outcome, Failure> {
        let clock = Clock::real();
        let parts = Parts::default();
        let tasks = self.tasks(&parts, &clock, stop)?;
        let fail_on = self.fail_on.severity();
        // Files that cannot be written are found before the cameras are read.
        let mut expectations =
            self.write_expect.as_deref().map(|file| self.begin_expect(file, &tasks)).transpose()?;
        let mut delivery = self.delivery()?;
        // Before a target is opened: a baseline of other settings shows nothing.
        let before = match self.before(&tasks, stop) {
            Ok(before) => before,
            Err(problem) => {
                if !matches!(self.format, Format::Text | Format::Nagios) {
                    for task in &tasks {
                        let run = Run::refused(&task.target, &task.options, &clock, &problem);
                        delivery.take(&Finished::of(task, &run, fail_on), None, |print| print())?;
                    }
                    delivery.end(clock.unix())?;
                }
                return Err(problem.into());
            }
        };
        let mut saved = Vec::new();
        let progress = Progress::start(tasks.len(), &parts, self.quiet, &clock);
        let printed = tasks::run(&tasks, self.jobs.into(), &clock, stop, |number, mut run| {
            let task = &tasks[number];
            run.compare(before[number].as_ref());
            if self.save_baseline.is_some() {
                saved.extend(run.entry(task.shown(), task.settings()));
            }
            let finished = Finished::of(task, &run, fail_on);
            if let Some(file) = expectations.take() {
                finish_expect(file, self.write_expect.as_deref(), &finished)?;
            }
            delivery.take(&finished, run.evidence.as_ref(), |print| {
                progress.done(|| {
                    let printed = print();
                    if let Some(failure) = &run.failure {
                        output::failure("check", failure);
                    }
                    printed
                })
            })
        });
        progress.end();
        printed?;
        delivery.end(clock.unix())?;
        if let Some(file) = &self.save_baseline {
            // One of some targets would hide that the others failed.
            let missing = Counted((tasks.len() - saved.len()) as u64, "target");
            let why = match missing.0 {
                _ if delivery.is_interrupted() => Some("the check was interrupted".into()),
                0 => None,
                _ => Some(format!("{missing} gave no stream")),
            };
            if let Some(why) = why {
                output::message("check", &format!("{} was not written: {why}", file.display()));
            } else {
                Baseline::new(saved).write(file)?;
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
        if file.exists() && !self.force {
            return Err(Problem::new(anyhow!("{shown} exists")).hint("replace it with --force"));
        }
        Ok(Replacement::begin(file).with_context(|| format!("cannot write the expectations {shown}"))?)
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
        if let Some(shard) = self.shard {
            shard.resolve()?;
        }
        if !matches!(self.format, Format::Text | Format::Json) && (self.explain.is_some() || self.list_rules)
        {
            return Err(Usage::conflict("rules are printed with --format text or --format json"));
        }
        let files = self.list.iter().chain(&self.merge);
        let list = files.filter(|file| *file == Path::new("-")).count();
        match targets + list {
            0 | 1 => Ok(()),
            _ => Err(Usage::conflict("standard input can be read only once")),
        }
    }

    /// The targets of the command line, then those of the list.
    fn tasks(&self, parts: &Parts, clock: &Clock, stop: &Stop) -> Result<Vec<Task>, Problem> {
        let named: Vec<Entry<Limits>> = match &self.list {
            Some(list) => targets::read(list, &self.limits, |_| Ok(()), stop)?,
            None => Vec::new(),
        };
        let now = jiff::Timestamp::from_second(i64::try_from(clock.unix().as_secs())?)?;
        let today = now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        let mut files: HashMap<PathBuf, Expected> = HashMap::new();
        let mut expected = |limits: &Limits| -> Result<Expected, Problem> {
            let Some(path) = &limits.expect else { return Ok(Expected::default()) };
            if let Some(known) = files.get(path) {
                return Ok(known.clone());
            }
            let read = Expected::read(path, today, stop)?;
            Ok(files.entry(path.clone()).or_insert(read).clone())
        };
        let mut all = Vec::new();
        for target in &self.targets {
            let options = self.options(&self.limits, expected(&self.limits)?, parts);
            all.push(Task { name: None, target: target.clone(), options });
        }
        for entry in named {
            let options = self.options(&entry.options, expected(&entry.options)?, parts);
            all.push(Task { name: Some(entry.name), target: entry.target, options });
        }
        let Some(shard) = self.shard.and_then(|shard| shard.resolve().ok()) else { return Ok(all) };
        Ok(all.into_iter().filter(|task| shard.contains(&task.key())).collect())
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

    fn options(&self, limits: &Limits, expected: Expected, parts: &Parts) -> Options {
        let mut expectations = Expectations::default();
        // The codes are those of rules, so each is a selector.
        let exempt = expected.exempt.iter().filter(|it| !it.expired).filter_map(|it| it.code.parse().ok());
        expectations.rules = Selection::all()
            .only(self.select.iter().cloned())
            .without(self.ignore.iter().cloned().chain(exempt));
        expectations.max_gap = limits.max_gap.or(expected.max_gap);
        expectations.min_fps = limits.min_fps.or(expected.min_fps).map(Rate::fps);
        expectations.size = limits.size.or(expected.size).map(|size| (size.width, size.height));
        expectations.live = limits.expect_live || expected.expect_live;
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
            exempt: expected.exempt,
            evidence_bytes: self
                .report
                .is_some()
                .then(|| (EVIDENCE_BYTES / usize::from(self.jobs)).max(1 << 20)),
            parts: Parts::clone(parts),
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
