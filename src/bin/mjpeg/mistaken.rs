//! What is meant by words of a command line that are not known: the names of other programs, and words at the wrong place.

use std::ffi::OsString;
use std::path::Path;

use clap::Command;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use mjpeg::check::nearest_word;

use crate::redacted::redacted;
use crate::words::{Typed, typed};

/// Options of other programs, and those of ours that do the same. The first one that the command has is named.
pub const OPTIONS: [(&str, &str); 25] = [
    ("--port", "--listen"),
    ("-p", "--listen"),
    ("--bind", "--listen"),
    ("--address", "--listen"),
    ("--host", "--listen"),
    ("--timeout", "--idle"),
    ("--timeout", "--silence"),
    ("--time", "--duration"),
    ("--seconds", "--duration"),
    ("-t", "--duration"),
    ("--count", "--frames"),
    ("--number", "--frames"),
    ("--limit", "--frames"),
    ("-n", "--frames"),
    ("--rate", "--fps"),
    ("--framerate", "--fps"),
    ("-r", "--fps"),
    ("--password", "--user"),
    ("--pass", "--user"),
    ("-u", "--user"),
    ("-H", "--header"),
    ("-k", "--insecure"),
    ("--json", "--format json"),
    ("--silent", "--quiet"),
    ("-s", "--quiet"),
];
/// Options for the place to write to, which is an argument of `record`.
const OUT: [&str; 4] = ["-o", "--out", "--output", "-O"];

/// Adds what may be meant to an error of clap, if that is known.
pub fn explain(error: &mut Error, root: &Command, words: &[OsString]) {
    let Typed { command, path, help } = typed(root, words);
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let Some(word) = text(ContextKind::InvalidArg) else { return };
            if let Some(option) = option(&word, command) {
                error.insert(ContextKind::Suggested, ContextValue::StyledStrs(Vec::new()));
                error.insert(ContextKind::SuggestedArg, ContextValue::String(option.into()));
            } else if let Some(tip) = of_argument(&word, &path) {
                error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
            }
        }
        ErrorKind::InvalidSubcommand => {
            let Some(word) = text(ContextKind::InvalidSubcommand) else { return };
            if help.is_some() {
                // Topics are hidden subcommands.
                let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
                if let Some(near) = nearest_word(&word, &names) {
                    error.insert(ContextKind::SuggestedSubcommand, ContextValue::String(near.into()));
                }
            } else if let Some(tip) = of_command(&word, &path) {
                error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
            }
        }
        _ => {}
    }
}

/// The option of this command that does what an option of another program does.
pub fn option(word: &str, command: &Command) -> Option<&'static str> {
    let has = |option: &str| {
        let long = option.trim_start_matches('-').split(' ').next();
        command.get_arguments().any(|argument| argument.get_long() == long)
    };
    let mut meant = OPTIONS.iter().filter(|(other, option)| *other == word && has(option));
    meant.next().map(|(_, option)| *option)
}

/// What may be meant by a further argument.
fn of_argument(word: &str, path: &[&str]) -> Option<String> {
    let tip = match path {
        ["record"] if OUT.contains(&word) => {
            "the place to write to is the second argument: mjpeg record TARGET OUT"
        }
        _ if word.starts_with('-') => return None,
        ["serve"] => {
            "SOURCE is one argument: for several pictures name their directory, for several streams use --stream"
        }
        ["inspect"] => "--diff OTHER compares two streams",
        _ => "quote a value that has blanks, such as '1h 30m'",
    };
    Some(tip.into())
}

/// What may be meant by a word where a command is expected.
fn of_command(word: &str, path: &[&str]) -> Option<String> {
    let is_target = word.contains(['/', ':', '.']) || Path::new(word).exists();
    match path {
        [] if word == "version" => Some("the version is printed by mjpeg --version".into()),
        [] if is_target => Some(format!("a command comes first, such as mjpeg check {}", redacted(word))),
        ["bench"] if is_target => {
            Some(format!("a measurement comes first, such as mjpeg bench clients {}", redacted(word)))
        }
        _ => None,
    }
}
