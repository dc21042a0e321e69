//! The command line. Each subcommand defines its arguments next to its code; this file collects the
//! subcommands.

use clap::error::ContextValue;
use clap::{Arg, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::bench;
use crate::color::Color;
use crate::exit::{Failure, Outcome};
use crate::generate::{Completions, Man};
use crate::inspect::Inspect;
use crate::mistaken;
use crate::monitor::Monitor;
use crate::output::printable;
use crate::record::Record;
use crate::redacted::redacted;
use crate::serve::Serve;
use crate::signal::Stop;
use crate::topic::{ExitCodes, Formats, Targets, Topic};
use crate::usage::{self, Usage};
use crate::verdict::Check;
use crate::words;

/// Produce, record, check and measure MJPEG streams.
#[derive(Debug, Parser)]
#[command(
    name = "mjpeg",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "\
Examples:
  mjpeg serve frames/                               # at http://127.0.0.1:8080/
  mjpeg check http://camera/stream                  # what is wrong with it
  mjpeg record http://camera/stream out/ --duration 1m
  mjpeg inspect http://camera/stream --frames 5     # a line for each part
  mjpeg monitor http://camera/stream --listen 9120  # for days, with metrics
  mjpeg bench clients http://127.0.0.1:8080/stream -n 1,10,100

More help: mjpeg help exit-codes, mjpeg help targets, mjpeg help formats"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Parses the command line. If it is wrong, the process exits with a message that shows no password of a URL.
    pub fn parse_or_exit() -> Self {
        let root = Self::root();
        let words = words::in_order(&root, std::env::args_os().collect());
        root.try_get_matches_from(&words)
            .and_then(|mut matches| Self::from_arg_matches_mut(&mut matches))
            .unwrap_or_else(|mut error| {
                mistaken::explain(&mut error, &Self::root(), &words);
                usage::end(&without_passwords(error))
            })
    }

    /// The whole command line. Its help and errors have colours if --color says so, even if the rest cannot be parsed.
    pub fn root() -> clap::Command {
        let words: Vec<_> = std::env::args_os().collect();
        // Commands that colour their results have this option themselves: clap gives them the value from wherever it stands.
        let color = Arg::new("color")
            .long("color")
            .global(true)
            .value_name("WHEN")
            .value_parser(clap::value_parser!(Color))
            .default_value("auto")
            .help("When to colour text, also help and errors of the command line");
        Self::command().arg(color).color(words::color(&words).of_clap())
    }
}

/// An error of clap, which repeats what was typed.
fn without_passwords(mut error: clap::Error) -> clap::Error {
    let shown: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(typed) => Some((kind, ContextValue::String(printable(&redacted(typed))))),
            ContextValue::Strings(typed) => {
                Some((kind, ContextValue::Strings(typed.iter().map(|it| printable(&redacted(it))).collect())))
            }
            _ => None,
        })
        .collect();
    for (kind, value) in shown {
        error.insert(kind, value);
    }
    error
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    Serve(Box<Serve>),
    Record(Box<Record>),
    Check(Box<Check>),
    Inspect(Box<Inspect>),
    Monitor(Box<Monitor>),
    /// Measure how streams arrive, compared with the theoretical prediction.
    Bench(bench::Args),
    Completions(Completions),
    Man(Man),
    #[command(hide = true)]
    ExitCodes(ExitCodes),
    #[command(hide = true)]
    Targets(Targets),
    #[command(hide = true)]
    Formats(Formats),
}

impl Command {
    /// The name as typed, for messages.
    pub fn name(&self) -> &'static str {
        self.path()[0]
    }

    /// The names of the subcommand and its own subcommands, as typed.
    pub fn path(&self) -> &'static [&'static str] {
        match self {
            Self::Record(_) => &["record"],
            Self::Check(_) => &["check"],
            Self::Inspect(_) => &["inspect"],
            Self::Monitor(_) => &["monitor"],
            Self::Serve(_) => &["serve"],
            Self::Bench(args) => args.path(),
            Self::Completions(_) => &["completions"],
            Self::Man(_) => &["man"],
            Self::ExitCodes(_) => &["exit-codes"],
            Self::Targets(_) => &["targets"],
            Self::Formats(_) => &["formats"],
        }
    }

    /// Checks what clap does not: conflicts between values. Opens nothing.
    ///
    /// # Errors
    ///
    /// When the command line is wrong.
    pub fn check(&self) -> Result<(), Usage> {
        match self {
            Self::Serve(serve) => serve.check(),
            Self::Bench(args) => args.check(),
            Self::Record(record) => record.check(),
            Self::Inspect(inspect) => inspect.check(),
            Self::Monitor(monitor) => monitor.check(),
            Self::Check(check) => check.check(),
            Self::Completions(_)
            | Self::Man(_)
            | Self::ExitCodes(_)
            | Self::Targets(_)
            | Self::Formats(_) => Ok(()),
        }
    }

    /// Runs the subcommand. `root` makes the complete command line, for completions and man pages.
    ///
    /// # Errors
    ///
    /// When the subcommand fails.
    pub fn run(self, root: fn() -> clap::Command, stop: &Stop) -> Result<Outcome, Failure> {
        match self {
            Self::Record(record) => record.run(stop),
            Self::Check(check) => check.run(stop),
            Self::Inspect(inspect) => inspect.run(stop),
            Self::Monitor(monitor) => monitor.run(stop),
            Self::Serve(serve) => serve.run(stop),
            Self::Bench(args) => bench::run(args, stop),
            Self::Completions(completions) => completions.run(root()),
            Self::Man(man) => man.run(root()),
            Self::ExitCodes(_) => Topic::ExitCodes.run(root()),
            Self::Targets(_) => Topic::Targets.run(root()),
            Self::Formats(_) => Topic::Formats.run(root()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::root().debug_assert();
    }

    #[test]
    fn every_option_that_may_be_meant_exists() {
        let root = Cli::root();
        let commands =
            root.get_subcommands().chain(root.get_subcommands().flat_map(clap::Command::get_subcommands));
        let commands: Vec<_> = commands.collect();
        for (other, meant) in mistaken::OPTIONS {
            let is_meant = |command: &&clap::Command| mistaken::option(other, command) == Some(meant);
            assert!(commands.iter().any(is_meant), "{other}: {meant}");
        }
    }

    #[test]
    fn a_usage_error_shows_no_password() {
        for words in [
            &["record", "http://cam/", "out", "http://u:hush@cam/"][..],
            &["record", "http://cam/", "out", "http://cam/?pwd=hush"],
            &["serve", "test:", "http://u:hush@cam/"],
            &["check", "http://cam/", "--frames", "http://u:hush@cam/"],
            &["check", "http://cam/", "--format", "http://u:hush@cam/"],
            &["http://u:hush@cam/"],
        ] {
            let words = [&["mjpeg"][..], words].concat();
            let mut error = Cli::try_parse_from(&words).unwrap_err();
            assert!(error.to_string().contains("hush"), "{error}");
            mistaken::explain(&mut error, &Cli::root(), &words.iter().map(Into::into).collect::<Vec<_>>());
            let shown = without_passwords(error).to_string();
            assert!(!shown.contains("hush") && shown.contains("redacted"), "{shown}");
        }
    }
}
