//! The words of a command line, as far as they are looked at before clap reads them, or because it cannot.

use std::ffi::OsString;

use clap::{Command, ValueEnum};

use crate::color::Color;

/// The option that every command has.
const COLOR: &str = "--color";
const COLOR_WITH_VALUE: &str = "--color=";

/// The commands at the start of a command line.
pub struct Typed<'a> {
    /// The innermost command.
    pub command: &'a Command,
    /// The names on the way to it.
    pub path: Vec<&'a str>,
    /// Where the word `help` stands, if the commands are those that it explains.
    pub help: Option<usize>,
}

/// Finds the commands in the words of a command line, the first of which is the program.
pub fn typed<'a>(root: &'a Command, words: &[OsString]) -> Typed<'a> {
    let mut typed = Typed { command: root, path: Vec::new(), help: None };
    let mut words = words.iter().enumerate().skip(1);
    while let Some((at, word)) = words.next() {
        let Some(word) = word.to_str() else { break };
        if word == COLOR {
            words.next();
        } else if let Some(next) = typed.command.find_subcommand(word) {
            typed.path.push(next.get_name());
            typed.command = next;
        } else if word == "help" && typed.help.is_none() && typed.command.has_subcommands() {
            typed.help = Some(at);
        } else if !word.starts_with('-') {
            break;
        }
    }
    typed
}

/// The words in the order in which clap takes them: it knows no option behind `help`, so --color and its value go before it. `help`
/// itself is left out if the value is missing or wrong: clap would print the help, and say nothing about the value.
pub fn in_order(root: &Command, words: Vec<OsString>) -> Vec<OsString> {
    let Some(help) = typed(root, &words).help else { return words };
    let (before, from_help) = words.split_at(help);
    let (mut options, mut names) = (before.to_vec(), Vec::new());
    let mut rest = from_help.iter().cloned();
    while let Some(word) = rest.next() {
        if word == COLOR {
            options.push(word);
            match rest.next() {
                Some(value) => options.push(value),
                None => return options,
            }
        } else if word.to_str().is_some_and(|word| word.starts_with(COLOR_WITH_VALUE)) {
            options.push(word);
        } else {
            names.push(word);
        }
    }
    if colors(&options).all(|color| color.is_some()) {
        options.extend(names);
    }
    options
}

/// The last --color of a command line that cannot be read, perhaps.
pub fn color(words: &[OsString]) -> Color {
    colors(words).flatten().last().unwrap_or(Color::Auto)
}

/// The values of --color, those that follow it last; `None` for a value that it does not have.
fn colors(words: &[OsString]) -> impl Iterator<Item = Option<Color>> {
    let words: Vec<&str> =
        words.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--").collect();
    let joined = words.iter().map(|word| word.strip_prefix(COLOR_WITH_VALUE));
    let apart = words.windows(2).map(|pair| (pair[0] == COLOR).then_some(pair[1]));
    let values: Vec<&str> = joined.chain(apart).flatten().collect();
    values.into_iter().map(|value| Color::from_str(value, false).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> Command {
        let bench = Command::new("bench").subcommand(Command::new("clients"));
        Command::new("mjpeg").subcommand(Command::new("check")).subcommand(bench)
    }

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn commands_are_found_behind_options_and_behind_help() {
        for (line, path, help) in [
            ("mjpeg", &[][..], None),
            ("mjpeg check x help", &["check"], None),
            ("mjpeg check help", &["check"], None),
            ("mjpeg --color always bench --color=never clients x", &["bench", "clients"], None),
            ("mjpeg --color help check", &["check"], None),
            ("mjpeg chekc bench", &[], None),
            ("mjpeg help", &[], Some(1)),
            ("mjpeg --color never help bench clients", &["bench", "clients"], Some(3)),
            ("mjpeg bench help clients", &["bench", "clients"], Some(2)),
            ("mjpeg help help", &[], Some(1)),
        ] {
            let root = root();
            let typed = typed(&root, &words(line));
            assert_eq!((&typed.path[..], typed.help), (path, help), "{line}");
        }
    }

    #[test]
    fn the_option_for_colours_goes_before_help() {
        for (line, expected) in [
            ("mjpeg help check --color always", "mjpeg --color always help check"),
            ("mjpeg help --color=never bench clients", "mjpeg --color=never help bench clients"),
            ("mjpeg bench help --color always clients", "mjpeg bench --color always help clients"),
            ("mjpeg help check --color", "mjpeg --color"),
            ("mjpeg help check --color blue", "mjpeg --color blue"),
            ("mjpeg --color=blue help", "mjpeg --color=blue"),
            ("mjpeg help check --colour always", "mjpeg help check --colour always"),
            ("mjpeg check help --color always", "mjpeg check help --color always"),
        ] {
            assert_eq!(in_order(&root(), words(line)), words(expected), "{line}");
        }
    }
}
