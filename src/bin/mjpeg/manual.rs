//! Man pages, from the definitions of the command line: what clap_mangen makes of the options, with sections of ours.

mod tables;

use std::io;

use clap::{Arg, ArgAction, Command};
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use self::tables::{ENVIRONMENT, FILES};

/// A space that ends no line. Replaced in the finished page.
const FIXED_SPACE: &str = "\u{a0}";

const EXIT_STATUS: &str =
    "0 done, 2 the command line is wrong, 6 our side; see mjpeg-exit-codes(1) for those of all commands.";

/// Makes the man page of `command`, in the language of troff.
///
/// # Errors
///
/// None, unless clap_mangen fails to write into memory.
pub fn page(command: &Command) -> io::Result<String> {
    let pages = clap_mangen::Man::new(command.clone());
    let mut page = title(command).into_bytes();
    pages.render_name_section(&mut page)?;
    let shown = if is_topic(command) { command.get_before_help() } else { command.get_after_help() };
    let help = shown.map(ToString::to_string).unwrap_or_default();
    if is_topic(command) {
        let mut roff = Roff::new();
        roff.control("SH", ["DESCRIPTION"]);
        for paragraph in help.split("\n\n") {
            roff.control("PP", []);
            // What is in columns stays so.
            if paragraph.starts_with(' ') {
                verbatim(&mut roff, paragraph.lines());
            } else {
                roff.text([roman(paragraph)]);
            }
        }
        see_also(&mut roff, command);
        roff.to_writer(&mut page)?;
        return Ok(text(&page));
    }
    let help = Help::new(&help);
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    // No hyphens in names of options, no stretched lines.
    roff.control("nh", []);
    roff.control("ad", ["l"]);
    roff.text(synopsis(command));
    roff.control("ad", ["b"]);
    roff.control("hy", []);
    roff.to_writer(&mut page)?;
    pages.render_description_section(&mut page)?;
    let mut roff = Roff::new();
    for paragraph in &help.paragraphs {
        roff.control("PP", []);
        roff.text([roman(paragraph.as_str())]);
    }
    roff.to_writer(&mut page)?;
    pages.render_options_section(&mut page)?;
    let mut roff = Roff::new();
    commands(&mut roff, command);
    if !help.examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        verbatim(&mut roff, help.examples.iter().map(String::as_str));
    }
    roff.control("SH", ["EXIT STATUS"]);
    roff.text([roman(help.exit_status.as_deref().unwrap_or(EXIT_STATUS))]);
    let has = |id: &str| command.get_arguments().any(|arg| arg.get_id() == id);
    let environment = ENVIRONMENT.iter().filter(|(id, ..)| has(id));
    list(&mut roff, "ENVIRONMENT", environment.map(|&(_, names, what)| (names, what)));
    let files = FILES.iter().filter(|(name, ..)| *name == command.get_name());
    list(&mut roff, "FILES", files.map(|&(_, name, what)| (name, what)));
    see_also(&mut roff, command);
    roff.to_writer(&mut page)?;
    Ok(text(&page))
}

/// The first line, without a date, which would make the page differ from day to day. The roff crate would leave an empty
/// argument out.
fn title(command: &Command) -> String {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    concat!(".TH NAME 1 \"\" \"mjpeg ", env!("CARGO_PKG_VERSION"), "\" \"mjpeg manual\"\n")
        .replace("NAME", name)
}

/// The commands that have a page below `root`, with the words that select them: `bench`, `chunks`.
pub fn commands_with_pages(root: &Command) -> Vec<(Vec<String>, &Command)> {
    fn below<'a>(command: &'a Command, words: &[String], found: &mut Vec<(Vec<String>, &'a Command)>) {
        found.push((words.to_vec(), command));
        for sub in command.get_subcommands().filter(|sub| has_page(sub)) {
            let mut words = words.to_vec();
            words.push(sub.get_name().into());
            below(sub, &words, found);
        }
    }
    let mut found = Vec::new();
    below(root, &[], &mut found);
    found
}

fn has_page(command: &Command) -> bool {
    command.get_name() != "help"
}

/// Whether the command only prints a text.
fn is_topic(command: &Command) -> bool {
    command.is_hide_set()
}

fn text(page: &[u8]) -> String {
    String::from_utf8_lossy(page).replace(FIXED_SPACE, "\\~")
}

/// The text behind the options, by what it is.
#[derive(Debug, Default, PartialEq)]
struct Help {
    paragraphs: Vec<String>,
    examples: Vec<String>,
    exit_status: Option<String>,
}

impl Help {
    fn new(text: &str) -> Self {
        let mut help = Self::default();
        for paragraph in text.split("\n\n") {
            if let Some(examples) = paragraph.strip_prefix("Examples:\n") {
                help.examples = examples.lines().map(|line| line.trim_start().into()).collect();
                continue;
            }
            let line = paragraph.lines().collect::<Vec<_>>().join(" ");
            if let Some(status) = line.strip_prefix("Exit status: ") {
                help.exit_status = Some(status.into());
            } else if !line.is_empty() {
                help.paragraphs.push(line);
            }
        }
        help
    }
}

fn synopsis(command: &Command) -> Vec<Inline> {
    let mut line = vec![bold(command.get_bin_name().unwrap_or_else(|| command.get_name()))];
    let shown = |arg: &&Arg| !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version");
    for arg in command.get_opts().chain(flags(command)).filter(shown) {
        let optional = !arg.is_required_set();
        line.push(roman(if optional { " [" } else { " " }));
        line.push(bold(match (arg.get_long(), arg.get_short()) {
            (Some(long), _) => format!("--{long}"),
            (None, short) => format!("-{}", short.unwrap_or_default()),
        }));
        if arg.get_action().takes_values() {
            // A value that may be missing is joined to the name.
            let may_be_missing = arg.get_num_args().is_some_and(|range| range.min_values() == 0);
            line.push(roman(if may_be_missing { "[=" } else { FIXED_SPACE }));
            line.push(italic(values(arg)));
            line.push(roman(if may_be_missing { "]" } else { "" }));
        }
        line.push(roman(if optional { "]" } else { "" }));
        if matches!(arg.get_action(), ArgAction::Append | ArgAction::Count) {
            line.push(roman("..."));
        }
    }
    for arg in command.get_positionals().filter(shown) {
        let many = if arg.get_num_args().is_some_and(|range| range.max_values() > 1) { "..." } else { "" };
        let dashes = if arg.is_last_set() { format!("--{FIXED_SPACE}") } else { String::new() };
        let name = values(arg);
        let (open, close) = if arg.is_required_set() { ("", "") } else { ("[", "]") };
        line.push(roman(format!(" {open}{dashes}")));
        line.push(italic(name));
        line.push(roman(format!("{many}{close}")));
    }
    if command.get_subcommands().any(has_page) {
        let name = if command.is_subcommand_required_set() { " COMMAND" } else { " [COMMAND]" };
        line.push(italic(name));
    }
    line
}

/// The options without a value. `get_opts` returns those with one only.
fn flags(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| !arg.is_positional() && !arg.get_action().takes_values())
}

/// What an option or an argument takes: the possible values, or the name of the value.
fn values(arg: &Arg) -> String {
    let possible = arg.get_possible_values();
    let few =
        possible.iter().filter(|value| !value.is_hide_set()).map(clap::builder::PossibleValue::get_name);
    let few: Vec<&str> = few.collect();
    if !few.is_empty() && few.len() <= 8 {
        return few.join("|");
    }
    match arg.get_value_names() {
        // As it is typed: a name with a space needs quotes in a shell.
        Some(names) => {
            let quoted = |name: &str| match name.contains(' ') {
                true => format!("'{}'", name.replace(' ', FIXED_SPACE)),
                false => name.to_string(),
            };
            names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(FIXED_SPACE)
        }
        None => arg.get_id().as_str().to_uppercase(),
    }
}

fn commands(roff: &mut Roff, command: &Command) {
    let page = |sub: &Command| format!("{}(1)", sub.get_display_name().unwrap_or_else(|| sub.get_name()));
    let subcommands = command.get_subcommands().filter(|sub| has_page(sub));
    let (topics, subcommands): (Vec<&Command>, Vec<_>) = subcommands.partition(|sub| is_topic(sub));
    for (title, subcommands) in [("COMMANDS", subcommands), ("TOPICS", topics)] {
        let about = |sub: &Command| sub.get_about().map(ToString::to_string).unwrap_or_default();
        let entries: Vec<_> = subcommands.iter().map(|sub| (page(sub), about(sub))).collect();
        list(roff, title, entries.iter().map(|(name, about)| (&**name, &**about)));
    }
}

fn see_also(roff: &mut Roff, command: &Command) {
    let pages = ["mjpeg", "mjpeg-exit-codes", "mjpeg-targets", "mjpeg-formats"];
    let own = command.get_display_name().unwrap_or_else(|| command.get_name());
    let others: Vec<String> =
        pages.iter().filter(|page| **page != own).map(|page| format!("{page}(1)")).collect();
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(others.join(", "))]);
}

/// A section with a list of names and what they are. None if there is nothing to list.
fn list<'a>(roff: &mut Roff, title: &str, entries: impl Iterator<Item = (&'a str, &'a str)>) {
    let mut entries = entries.peekable();
    if entries.peek().is_some() {
        roff.control("SH", [title]);
    }
    for (name, what) in entries {
        roff.control("TP", []);
        roff.text([bold(name)]);
        roff.text([roman(what)]);
    }
}

/// Lines as they are, which no reader of man pages fills.
fn verbatim<'a>(roff: &mut Roff, lines: impl Iterator<Item = &'a str>) {
    roff.control("nf", []);
    for line in lines {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_divided_into_sections() {
        let help = Help::new("Examples:\n  a b\n  c\n\nA thing\nis so.\n\nExit status: 0 done,\n1 not.");
        let expected = Help {
            paragraphs: vec!["A thing is so.".into()],
            examples: vec!["a b".into(), "c".into()],
            exit_status: Some("0 done, 1 not.".into()),
        };
        assert_eq!(help, expected);
    }

    #[test]
    fn a_synopsis_shows_values_repetition_and_what_is_required() {
        let mut command = Command::new("x")
            .arg(Arg::new("frames").long("frames").value_name("N").required(true))
            .arg(Arg::new("format").long("format").value_parser(["text", "json"]))
            .arg(Arg::new("header").long("header").action(ArgAction::Append).value_name("NAME: VALUE"))
            .arg(Arg::new("fail").long("fail").value_name("PERCENT").num_args(0..=1).require_equals(true))
            .arg(Arg::new("quiet").short('q').action(ArgAction::SetTrue))
            .arg(Arg::new("target").value_name("TARGET").num_args(0..))
            .arg(Arg::new("command").value_name("COMMAND").num_args(1..).last(true));
        command.build();
        let mut roff = Roff::new();
        roff.text(synopsis(&command));
        let line = text(roff.to_roff().as_bytes());
        let plain = line.replace("\\fB", "").replace("\\fI", "").replace("\\fR", "").replace("\\-", "-");
        let expected = "x --frames\\~N [--format\\~text|json] [--header\\~'NAME:\\~VALUE']... [--fail[=PERCENT]] [-q] [TARGET...] [--\\~COMMAND...]";
        assert_eq!(plain.trim_end(), expected);
    }
}
