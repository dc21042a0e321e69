//! `mjpeg check`: what is wrong with a stream, and whom it breaks.

mod explain;
mod json;
mod run;
mod text;

use std::ffi::OsString;
use std::time::Duration;

use clap::{Args, ValueEnum};
use mjpeg::check::{self, Expectations, Rule, Severity};

use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::signal::Stop;
use crate::transport::Target;
use crate::value::{self, Dimensions, Rate};
use run::{Run, Verdict};

/// Check a stream: boundaries, lengths, pictures, timing, and who can read it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mjpeg check http://camera/stream
  mjpeg check http://camera/stream --frames 300 --duration 30s --min-fps 10 --max-gap 500ms
  mjpeg check http://camera/stream --format json | jq .verdict
  curl -i --raw --max-time 5 http://camera/stream | mjpeg check -
  mjpeg check --explain M203

Exit status: 0 pass, 1 findings at or above --fail-on, 3 unreachable, 4 not a stream, 5 stalled or reset,
6 our side. The highest one counts.")]
pub struct Check {
    /// What to check: URLs, files with a saved response (curl -i, with or without --raw), `-`, `test:`
    #[arg(required_unless_present_any = ["explain", "list_rules"], value_name = "TARGET")]
    targets: Vec<OsString>,
    /// Read at most N parts [default: 100 of a URL, all of a file]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,
    /// Read for at most this long [default: 10s of a URL, no limit for a file]
    #[arg(long, value_name = "T", value_parser = value::duration)]
    duration: Option<Duration>,
    /// A stream that sends no byte, or no complete part, for this long is stalled
    #[arg(long, value_name = "T", default_value = "5s", value_parser = value::duration)]
    idle: Duration,
    /// Walk every picture's entropy-coded data: finds lost segments, torn frames and flipped bits
    #[arg(long)]
    deep: bool,
    /// Fail below this many frames a second
    #[arg(long, value_name = "F")]
    min_fps: Option<Rate>,
    /// Fail on a gap between two frames longer than this
    #[arg(long, value_name = "T", value_parser = value::duration)]
    max_gap: Option<Duration>,
    /// Fail on pictures of another size
    #[arg(long, value_name = "WxH")]
    size: Option<Dimensions>,
    /// Judge by these rules only: codes, names, or the start of a code
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = selector)]
    select: Vec<String>,
    /// Leave these rules out
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = selector)]
    ignore: Vec<String>,
    /// Exit with 1 on findings this bad
    #[arg(long, value_enum, default_value_t = FailOn::Error)]
    fail_on: FailOn,
    /// How to print the verdict
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print only the verdict and the findings
    #[arg(long, short)]
    quiet: bool,
    /// Say what a rule means, whom it breaks and what to do
    #[arg(long, value_name = "CODE", value_parser = known_rule, conflicts_with = "targets")]
    explain: Option<&'static Rule>,
    /// List all rules
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
    /// For people
    Text,
    /// One JSON object a target, a line each, schema mjpeg.check/1
    Json,
}

impl Check {
    /// Runs `mjpeg check`.
    pub fn run(self, stop: &Stop) -> Result<Outcome, Failure> {
        if let Some(rule) = self.explain {
            output::result(&explain::rule(rule))?;
            return Ok(Outcome::Exit(Exit::Done));
        }
        if self.list_rules {
            output::result(&explain::list())?;
            return Ok(Outcome::Exit(Exit::Done));
        }
        let clock = Clock::real();
        let mut worst = Exit::Done;
        for target in &self.targets {
            let target = Target::parse(target);
            let mut run = Run::of(&target, &self, &clock, stop);
            if let Some(report) = &mut run.report {
                report.retain(|rule| self.judges_by(rule));
            }
            let verdict = run.verdict(self.fail_on.severity());
            match self.format {
                Format::Text => output::result(&text::verdict(&target, &run, verdict, self.quiet))?,
                Format::Json => {
                    output::result(&json::verdict(&target, &run, verdict).map_err(Failure::local)?)?;
                }
            }
            if let Some(failure) = &run.failure {
                output::failure("check", failure);
            }
            worst = worst.max(verdict.exit());
            if let Some(signal) = stop.signal() {
                // What was seen is judged; nothing seen is no answer.
                let has_answer = run.report.as_ref().is_some_and(|report| report.parts > 0);
                return Ok(if has_answer { Outcome::Exit(worst) } else { Outcome::Signal(signal) });
            }
        }
        Ok(Outcome::Exit(worst))
    }

    fn expectations(&self) -> Expectations {
        Expectations {
            max_gap: self.max_gap,
            min_fps: self.min_fps.map(Rate::fps),
            size: self.size.map(|size| (size.width, size.height)),
            deep: self.deep,
        }
    }

    fn judges_by(&self, rule: &Rule) -> bool {
        let names = |selector: &String| {
            rule.name == *selector || rule.code.starts_with(&selector.to_ascii_uppercase())
        };
        (self.select.is_empty() || self.select.iter().any(names)) && !self.ignore.iter().any(names)
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

impl Verdict {
    fn exit(self) -> Exit {
        match self {
            Self::Pass => Exit::Done,
            Self::Fail => Exit::No,
            Self::Unreachable => Exit::Unreachable,
            Self::NotAStream => Exit::NotAStream,
            Self::Stalled => Exit::Stalled,
            Self::Error => Exit::Local,
        }
    }
}

fn known_rule(text: &str) -> Result<&'static Rule, String> {
    check::find(text).ok_or_else(|| {
        format!(
            "no rule has this code or name; `mjpeg check --list-rules` lists all ({} of them)",
            check::rules().count()
        )
    })
}

fn selector(text: &str) -> Result<String, String> {
    let is_known =
        check::rules().any(|rule| rule.name == text || rule.code.starts_with(&text.to_ascii_uppercase()));
    if is_known && !text.is_empty() { Ok(text.into()) } else { Err("no rule has this code or name".into()) }
}
