//! The command line of `mjpeg check`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use mjpeg::check::{self, Rule, Severity};

use crate::color::Color;
use crate::criteria::{RuleChoice, unknown_rule};
use crate::depth::DepthOptions;
use crate::transport::Target;
use crate::usage::Usage;
use crate::value;
use crate::verdict::format::Format;
use crate::verdict::limits::Limits;
use crate::verdict::outputs::{Outputs, WRITE_EXPECT};
use crate::verdict::reader::Reader;
use crate::verdict::shard;

/// Check a stream: boundaries, lengths, pictures, timing, and which players it breaks
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mjpeg check http://camera/stream
  mjpeg check http://camera/stream --frames 300 --min-fps 10 --max-gap 500ms
  mjpeg check http://camera/stream --format json | jq .verdict
  curl -i --raw --max-time 5 http://camera/stream | mjpeg check -
  mjpeg check --targets cameras.txt --jobs 16 --report fleet.html
  mjpeg check http://camera/stream --format nagios --min-fps 5 --max-gap 2s
  mjpeg check --explain M203

Exit status: 0 pass, 1 findings at or above --fail-on or no picture, 3 unreachable, 4 not a stream, 5 stalled or \
reset, 6 our side. The highest one counts. A signal ends the check: the targets that are left have the verdict `interrupted`, \
and the process dies by the signal. With --format nagios: 0 OK, 1 warning, 2 critical, 3 unknown.")]
pub struct Check {
    /// What to check: URLs, files with a saved response (curl -i, with or without --raw), directories of mjpeg record, `-`, `test:`
    #[arg(
        required_unless_present_any = ["explain", "list_rules", "list", "merge"],
        value_name = "TARGET",
        value_parser = Target::parser()
    )]
    pub targets: Vec<Target>,
    /// Check also the targets in FILE, a line each: NAME URL [options]. The options are those for URLs, --frames, --duration,
    /// --idle, --expect-live, --min-fps, --max-gap and --size; they replace those of the command line. `-`: standard input
    #[arg(long = "targets", value_name = "FILE", conflicts_with_all = ["explain", "list_rules"])]
    pub list: Option<PathBuf>,
    /// Check at most N targets at the same time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = value::count::<u16>(1..=1000))]
    pub jobs: u16,
    #[command(flatten)]
    pub limits: Limits,
    #[command(flatten)]
    pub depth: DepthOptions,
    #[command(flatten)]
    pub choice: RuleChoice,
    /// Judge the findings for these consumers alone: what does not affect them is an info; also rtp_jpeg, fetch, webkit_fetch, snapshot
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub consumers: Vec<Reader>,
    /// Exit with 1 on findings of this severity or worse
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = FailOn::Error)]
    pub fail_on: FailOn,
    /// Write what the check finds to FILE, for --baseline. Without --frames and --duration, 500 parts or 60 s of a URL are read
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    pub save_baseline: Option<PathBuf>,
    /// Compare with what an earlier check wrote to FILE: exit with 1 on new or worse findings, a lower rate, longer gaps, later
    /// frames or larger pictures, beyond what chance explains; findings that it had too do not count. Longer checks find smaller
    /// changes. Without --frames and --duration, 500 parts or 60 s of a URL are read. Of a camera that is on time these show that
    /// every 50th frame is 20 ms late; 100 frames show a rate that is 5 percent lower, and more jitter. If a network delays frames by
    /// 10 ms in the mean, 400 frames show that it became 15 ms, and 1500 frames that 45 are 50 ms later than before
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Check only the targets of one of N shards, with K from 1. A target is in one shard, which depends on its name, or on the
    /// target as typed. auto/N takes K from SLURM_ARRAY_TASK_ID, or from JOB_COMPLETION_INDEX + 1
    #[arg(long, value_name = "K/N", conflicts_with_all = ["explain", "list_rules"])]
    pub shard: Option<shard::Typed>,
    /// Check nothing: read what other runs have printed with --format json, and print it as one run. A shard that is in no file has
    /// the verdict `error`, with exit status 6. `-`: standard input
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        conflicts_with_all = [
            "targets", "list", "shard", "explain", "list_rules", "save_baseline", "baseline", "fail_on", "select", "ignore",
            "consumers", "jobs", "deep", "shallow", "frames", "duration", "idle", "expect_live", "min_fps", "max_gap", "size", "expect"
        ]
    )]
    pub merge: Vec<PathBuf>,
    /// Write also a page to FILE, in HTML: findings with their cures, plots of gaps, arrivals and sizes, pictures, heads. It loads
    /// nothing and has no scripts
    #[arg(long, value_name = "FILE", conflicts_with_all = ["explain", "list_rules"])]
    pub report: Option<PathBuf>,
    /// Write a file for --expect, from a run of one target that passes: rates and gaps with room for their spread
    #[arg(long, value_name = "FILE", conflicts_with_all = ["explain", "list_rules", "merge"])]
    pub write_expect: Option<PathBuf>,
    /// With --write-expect: replace an earlier file
    #[arg(long, requires = "write_expect")]
    pub force: bool,
    /// How to print the verdict
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Print only the verdict and the findings
    #[arg(long, short)]
    pub quiet: bool,
    /// When to colour text, also help and errors of the command line
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Explain a rule: why it matters, what to change in the camera or server, which programs it breaks
    #[arg(long, value_name = "CODE", value_parser = known_rule, conflicts_with = "targets")]
    pub explain: Option<&'static Rule>,
    /// List all rules; with --format json one object for each, each on one line, schema mjpeg.check.rule/1
    #[arg(long, conflicts_with_all = ["targets", "explain"])]
    pub list_rules: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Error,
    Warning,
    Info,
}

impl Check {
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
        self.outputs().map_err(Usage::conflict)?;
        let files = self.list.iter().chain(&self.merge);
        let list = files.filter(|file| *file == Path::new("-")).count();
        match targets + list {
            0 | 1 => Ok(()),
            _ => Err(Usage::conflict("standard input can be read only once")),
        }
    }
}

impl Check {
    /// The files that are written.
    ///
    /// # Errors
    ///
    /// When one of them is given twice, or is one that the command line gives to read.
    pub fn outputs(&self) -> Result<Outputs, String> {
        let mut outputs = Outputs::default();
        outputs.add("--report", self.report.as_deref())?;
        outputs.add("--save-baseline", self.save_baseline.as_deref())?;
        outputs.add(WRITE_EXPECT, self.write_expect.as_deref())?;
        outputs.read_expectations(self.limits.expect.as_deref(), self.force)?;
        outputs.read("standard output", Path::new("/dev/stdout"))?;
        self.targets.iter().try_for_each(|target| outputs.read_target(target))?;
        outputs.read_transport(&self.limits.transport)?;
        let lists = self.list.iter().map(|path| ("--targets", path));
        let files = lists.chain(self.merge.iter().map(|path| ("--merge", path)));
        for (name, path) in files.chain(self.baseline.iter().map(|path| ("--baseline", path))) {
            let is_stdin = name != "--baseline" && path == Path::new("-");
            outputs.read(name, if is_stdin { Path::new("/dev/stdin") } else { path })?;
        }
        Ok(outputs)
    }
}

impl FailOn {
    /// The severity.
    pub fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
        }
    }
}

fn known_rule(text: &str) -> Result<&'static Rule, String> {
    check::find(text).ok_or_else(|| unknown_rule(text))
}
