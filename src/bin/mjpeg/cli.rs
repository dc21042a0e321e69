//! The command line: which subcommand, with which arguments. Each subcommand keeps its own
//! arguments beside its code; this file only gathers them.

use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::bench;
use crate::exit::{Failure, Outcome};
use crate::generate::{Completions, Man};
use crate::record::Record;
use crate::serve::Serve;
use crate::signal::Stop;
use crate::verdict::Check;

/// Produce, record, check and measure MJPEG streams.
#[derive(Debug, Parser)]
#[command(name = "mjpeg", version, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    Serve(Serve),
    Record(Record),
    Check(Check),
    /// Measure how streams travel, next to what theory predicts.
    Bench(bench::Args),
    Completions(Completions),
    #[command(hide = true)]
    Man(Man),
}

impl Command {
    /// The name as typed, for messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Record(_) => "record",
            Self::Check(_) => "check",
            Self::Serve(_) => "serve",
            Self::Bench(_) => "bench",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }

    /// Runs the subcommand to its end.
    pub fn run(self, stop: &Stop) -> Result<Outcome, Failure> {
        match self {
            Self::Record(record) => record.run(stop),
            Self::Check(check) => check.run(stop),
            Self::Serve(serve) => serve.run(stop),
            Self::Bench(args) => bench::run(args, stop),
            Self::Completions(completions) => completions.run(),
            Self::Man(man) => man.run(),
        }
    }
}

/// Reads a duration as people write it: `500ms`, `10s`, `2m`, `1h 30m`; a bare number is refused.
pub fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write a number with its unit, such as 500ms, 10s or 2m"))?;
    // A deadline is now + duration: past this, adding would overflow the clock.
    if duration > Duration::from_secs(10 * 365 * 86_400) {
        Err("longer than ten years".into())
    } else {
        Ok(duration)
    }
}

/// Reads a time limit: a duration that leaves time for something.
pub fn limit(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        limit if limit < Duration::from_millis(1) => Err("shorter than a millisecond".into()),
        limit => Ok(limit),
    }
}

/// Reads an interval: a duration that can be kept, or none at all.
pub fn interval(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Ok(Duration::ZERO),
        _ => limit(text),
    }
}

/// Reads a size in bytes: `65536`, `64k`, `1M`, with k = 1024 and M = 1024 x 1024.
pub fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "" => 1,
        "k" | "K" | "kB" | "KiB" => 1 << 10,
        "m" | "M" | "MB" | "MiB" => 1 << 20,
        "g" | "G" | "GB" | "GiB" => 1 << 30,
        other => return Err(format!("unknown unit `{other}`; use k, M or G")),
    };
    let number: u64 = digits.parse().map_err(|_| "expected a number such as 65536, 64k or 1M".to_string())?;
    number.checked_mul(unit).ok_or_else(|| "larger than any file".to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_count_in_1024() {
        for (text, bytes) in
            [("0", 0), ("65536", 65_536), ("64k", 65_536), ("1M", 1 << 20), ("2GiB", 2 << 30)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "k", "-1", "1.5k", "64q", "99999999999999999999", "18446744073709551615k"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_need_their_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for text in ["10", "", "-1s", "1000000y", "s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_waited_for_takes_a_millisecond_at_least() {
        assert_eq!(limit("1ms"), Ok(Duration::from_millis(1)));
        assert_eq!(interval("0s"), Ok(Duration::ZERO));
        for text in ["0s", "999us", "1ns", "10"] {
            assert!(limit(text).is_err(), "{text}");
            assert!(text == "0s" || interval(text).is_err(), "{text}");
        }
    }
}
