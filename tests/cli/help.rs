//! How help looks on terminals of several widths.

use std::collections::BTreeSet;

use crate::kit;
use crate::kit::run::{mjpeg, run};

/// Pages that are no help of a command.
const TOPICS: [&[&str]; 3] = [&["help", "exit-codes"], &["help", "targets"], &["help", "formats"]];

/// All pages: that of the program, those of its commands, and the topics.
fn pages() -> impl Iterator<Item = &'static [&'static str]> {
    std::iter::once(&[][..]).chain(kit::COMMANDS).chain(TOPICS)
}

/// The help of a command on a terminal with so many columns.
fn help(command: &[&str], columns: usize) -> String {
    let words =
        if command.first() == Some(&"help") { command.to_vec() } else { [command, &["--help"]].concat() };
    run(mjpeg(words).env("COLUMNS", columns.to_string())).expect(0).text()
}

/// The lines of a help that stand in columns, such as examples: those that are indented and have no option above them.
fn columns(help: &str) -> Vec<&str> {
    let start =
        help.find("\nExamples:").unwrap_or_else(|| if help.contains("\nOptions:") { help.len() } else { 0 });
    help[start..].lines().filter(|line| line.starts_with(' ')).collect()
}

#[test]
fn examples_and_tables_fit_a_terminal_of_80_columns() {
    for command in pages() {
        let (narrow, wide) = (help(command, 80), help(command, 1000));
        assert_eq!(columns(&narrow), columns(&wide), "{command:?}");
        assert!(!columns(&wide).is_empty(), "{command:?}");
        for line in narrow.lines() {
            assert!(line.chars().count() <= 80, "{command:?}: {line}");
        }
    }
}

/// A paragraph that was wrapped by hand has lines that end early on other terminals.
#[test]
fn paragraphs_fill_their_lines_on_every_terminal() {
    for command in pages() {
        for width in [60, 80, 100, 132] {
            let help = help(command, width);
            let lines: Vec<&str> = help.lines().collect();
            for pair in lines.windows(2) {
                let is_prose =
                    pair.iter().all(|line| line.starts_with(|c: char| c.is_alphanumeric() || c == '`'));
                if !is_prose || pair.iter().any(|line| line.ends_with(':')) {
                    continue;
                }
                let word = pair[1].split(' ').next().unwrap();
                let would_be = pair[0].chars().count() + 1 + word.chars().count();
                assert!(would_be > width, "{command:?}, {width} columns: {}\n{}", pair[0], pair[1]);
            }
        }
    }
}

#[test]
fn every_command_that_is_documented_is_in_the_help() {
    let help = help(&[], 80);
    let (_, list) = help.split_once("\nCommands:\n").unwrap();
    let names: BTreeSet<&str> = list
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    let expected = ["bench", "check", "completions", "help", "inspect", "man", "monitor", "record", "serve"];
    assert_eq!(names, BTreeSet::from(expected));
}

/// The title of some options is not that of all behind them.
#[test]
fn options_stand_below_their_own_title() {
    let mut titled = 0;
    for command in std::iter::once(&[][..]).chain(kit::COMMANDS) {
        let help = help(command, 1000);
        let mut title = "";
        for line in help.lines() {
            if let Some(name) = line.strip_suffix(':').filter(|name| !name.starts_with(' ')) {
                title = name;
            }
            let Some(option) = line.trim_start().split([' ', '=', '[']).find(|word| word.starts_with("--"))
            else {
                continue;
            };
            let is_right = match title {
                "Options for URLs" => [
                    "--header",
                    "--user",
                    "--password-file",
                    "--netrc-file",
                    "--insecure",
                    "--cacert",
                    "--proxy",
                    "--unix-socket",
                    "--connect-timeout",
                    "--wait",
                    "--poll",
                ]
                .contains(&option),
                "Thresholds (exit code 1)" => option.starts_with("--max-") || option.starts_with("--min-"),
                _ => continue,
            };
            if line.starts_with("  ") && !line.starts_with("          ") {
                assert!(is_right, "{command:?}: {option} is below `{title}`");
                titled += 1;
            }
        }
    }
    assert!(titled > 60, "{titled}");
}

#[test]
fn a_threshold_of_a_measurement_speaks_of_no_other_one() {
    for (command, other, says) in [
        ("clients", "slow", "The largest gap between two frames of a viewer"),
        ("slow", "clients", "The largest gap between two frames of B while A is slow"),
    ] {
        let help = help(&["bench", command], 1000);
        assert!(help.contains(says), "{help}");
        assert!(!help.contains(&format!("bench {other}")), "{help}");
    }
}
