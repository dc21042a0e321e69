//! The commands in documents and in help.

use crate::kit;

use std::fs;

use kit::run::{mjpeg, run};

/// Programs that a line in a block of another language than `sh` may begin with, if it is a command.
const PROGRAMS: [&str; 23] = [
    "mjpeg",
    "curl",
    "ffmpeg",
    "ffplay",
    "ffprobe",
    "man",
    "jq",
    "kill",
    "nginx",
    "sbatch",
    "parallel",
    "cargo",
    "rustup",
    "python3",
    "pip",
    "npm",
    "git",
    "djpeg",
    "systemd-analyze",
    "systemctl",
    "docker",
    "kubectl",
    "haproxy",
];

/// A command, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    pub place: String,
    pub command: String,
}

/// All commands of documents that `tests/cli/readme.rs` does not run, and those of the help, which are those of the man pages too.
pub fn examples() -> Vec<Example> {
    let mut all = Vec::new();
    for document in kit::documents() {
        let text = fs::read_to_string(kit::repository(&document)).unwrap();
        let commands = in_blocks(&text).into_iter().chain(in_lines(&text));
        all.extend(commands.map(|command| Example { place: document.clone(), command }));
    }
    for words in std::iter::once(&[][..]).chain(kit::COMMANDS) {
        let help = run(mjpeg(words).arg("--help").env("COLUMNS", "1000")).expect(0).text();
        let (_, rest) = help.split_once("\nExamples:\n").unwrap();
        let examples = rest.split("\n\n").next().unwrap().replace("\\\n", "");
        let place = format!("mjpeg {}", words.join(" "));
        all.extend(examples.lines().map(|line| Example { place: place.clone(), command: command_of(line) }));
    }
    all
}

/// Lines of blocks that are not run as they are, and indented lines, if they are commands.
fn in_blocks(text: &str) -> Vec<String> {
    let mut block: Option<&str> = None;
    let mut all = Vec::new();
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            block = if block.is_none() { Some(language) } else { None };
            continue;
        }
        let is_shown = block.map_or(line.starts_with("    "), |language| language != "sh");
        let line = line.trim();
        let first = without_variables(line).split(' ').next().unwrap();
        let is_path = |start: &str| first.starts_with(start) && first.len() > start.len();
        if is_shown
            && (PROGRAMS.contains(&first)
                || ["benches/", ".ci/", "fuzz/", "target/", "$P"].iter().any(|it| is_path(it))
                || first == "$P")
        {
            all.push(command_of(line));
        } else if let Some(at) = line.find("mjpeg check ").filter(|_| is_shown && block.is_some()) {
            // In a file of another program, in quotes of it or not.
            let command = command_of(&line[at..]);
            let is_open = command.matches('\'').count() % 2 == 1;
            all.push(if is_open { command.trim_end_matches('\'').to_string() } else { command });
        }
    }
    all
}

/// Whole commands between backquotes in the text: those with a URL, and those of other programs.
fn in_lines(text: &str) -> Vec<String> {
    let prose = text.split("```").step_by(2).flat_map(str::lines).filter(|line| !line.starts_with("    "));
    // A command may go on in the next line.
    let prose: String = prose.collect::<Vec<_>>().join(" ");
    let spans = prose.split('`').skip(1).step_by(2);
    let is_command = |span: &&str| {
        let words: Vec<&str> = without_variables(span).split_whitespace().collect();
        let is_whole = match words[..] {
            ["mjpeg", _, ..] => span.contains("http://"),
            ["curl", _, _, ..] => span.contains(" URL"),
            [program, _, _, ..] => PROGRAMS.contains(&program),
            _ => false,
        };
        is_whole && !span.contains("-f mpjpeg -c copy") && !span.starts_with("ffmpeg -c copy")
    };
    spans.filter(is_command).map(String::from).collect()
}

/// A command without the variables that are set in front of it.
pub fn without_variables(command: &str) -> &str {
    let is_set = |word: &str| {
        word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        })
    };
    let mut rest = command;
    while let Some((word, behind)) = rest.split_once(' ')
        && is_set(word)
    {
        rest = behind;
    }
    rest
}

/// A line without what explains it, behind two spaces or a `#`.
fn command_of(line: &str) -> String {
    line.trim().split("  ").next().unwrap().split(" #").next().unwrap().to_string()
}

#[test]
fn a_command_ends_where_its_explanation_begins() {
    assert_eq!(command_of("    mjpeg serve a    what it is"), "mjpeg serve a");
    assert_eq!(command_of("mjpeg serve a # what it is"), "mjpeg serve a");
    assert_eq!(without_variables("A_B=1 C= cargo test"), "cargo test");
    let text = "```text\nmjpeg check a\nit\n```\nx `mjpeg check http://c/\n--deep`, `mjpeg check`\n\n    curl -i URL\n```sh\nmjpeg b\n```\n";
    assert_eq!(in_blocks(text), ["mjpeg check a", "curl -i URL"]);
    assert_eq!(in_lines(text), ["mjpeg check http://c/ --deep"]);
}
