//! The commands of all documents. Blocks of `sh` run unchanged. `examples.rs` runs those of other blocks and of the help. Commands
//! in the text name commands and options that exist. Commands of developers run for minutes, and need programs that are not
//! everywhere, so they are not run: they name files, tests and options that exist.

use crate::kit;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use kit::run::{mjpeg, run};

/// The fenced code blocks of a document in this language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let readme = fs::read_to_string(kit::repository(document)).unwrap();
    let fence = format!("```{language}\n");
    readme.split(&fence[..]).skip(1).map(|rest| rest.split("```").next().unwrap().to_string()).collect()
}

#[test]
fn every_shell_block_of_the_readme_runs() {
    let blocks = blocks("README.md", "sh");
    for subcommand in ["serve", "record", "check", "monitor", "bench"] {
        assert!(blocks.iter().any(|block| block.contains(&format!("mjpeg {subcommand}"))), "{subcommand}");
    }
    run_all(blocks);
}

#[test]
fn every_shell_block_of_the_documents_runs() {
    let all: Vec<String> = documents().iter().flat_map(|it| blocks(it, "sh")).collect();
    assert!(all.len() >= 14, "{}", all.len());
    run_all(all);
}

/// All documents but the README.
fn documents() -> Vec<String> {
    kit::documents().into_iter().filter(|name| name != "README.md").collect()
}

/// What is between backquotes in the lines of a document.
fn spans(document: &str) -> Vec<String> {
    let text = fs::read_to_string(kit::repository(document)).unwrap();
    let mut spans = Vec::new();
    for (n, block) in text.split("```").enumerate() {
        let lines = block.lines().filter(|_| n % 2 == 0);
        spans.extend(lines.flat_map(|line| line.split('`').skip(1).step_by(2).map(String::from)));
    }
    spans
}

#[test]
fn commands_in_the_text_of_documents_have_options_that_exist() {
    let mut helps: BTreeMap<String, String> = BTreeMap::new();
    let mut seen = 0;
    for document in documents().iter().map(String::as_str).chain(["README.md"]) {
        for span in spans(document) {
            let Some(words) = span.strip_prefix("mjpeg ") else { continue };
            // A command behind the options of serve has its own.
            let words: Vec<&str> = words.split_whitespace().take_while(|word| *word != "--").collect();
            let is_name = |word: &&&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            let deep = if words[0] == "bench" { 2 } else { 1 };
            let command: Vec<&str> = words.iter().take_while(is_name).take(deep).copied().collect();
            if command.is_empty() || command[0].starts_with('-') || command[0] == "help" {
                continue;
            }
            let help = helps.entry(command.join(" ")).or_insert_with(|| {
                run(mjpeg(command.iter().copied().filter(|it| !it.starts_with("--"))).arg("--help"))
                    .expect(0)
                    .text()
            });
            for option in words.iter().filter(|word| word.starts_with("--")) {
                let option = option.split('=').next().unwrap();
                assert!(help.contains(option), "{document}: `{span}`: there is no {option}");
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "{seen} options");
}

/// `cargo`, and scripts of this repository.
#[test]
fn commands_of_developers_name_files_tests_and_options_that_exist() {
    let mut seen = 0;
    for document in kit::documents() {
        let text = fs::read_to_string(kit::repository(&document)).unwrap();
        let indented = text.lines().filter(|line| line.starts_with("    ")).map(String::from);
        for command in spans(&document).into_iter().chain(indented) {
            let command = command.split("  #").next().unwrap();
            let words: Vec<&str> = command.split_whitespace().collect();
            let script = words
                .iter()
                .find(|word| ["benches/", ".ci/", "fuzz/"].iter().any(|it| word.starts_with(it)))
                .filter(|word| kit::repository(word).is_file())
                .map(|word| fs::read_to_string(kit::repository(word)).unwrap_or_default());
            let is_ours = words.contains(&"cargo") || script.is_some();
            if !is_ours {
                continue;
            }
            for (n, word) in words.iter().enumerate() {
                let is_path =
                    ["benches/", "fixtures/", "src/", "docs/", ".ci/"].iter().any(|it| word.starts_with(it));
                let is_pattern = word.contains(|c: char| c.is_ascii_uppercase() || "*<$".contains(c))
                    && !word.ends_with(".md");
                if is_path && !is_pattern {
                    let path = word.trim_end_matches(['.', ',', ';', ':']);
                    assert!(kit::repository(path).exists(), "{document}: {command}: {path}");
                    seen += 1;
                }
                let option = word.trim_start_matches('[').split(['=', ']', '|']).next().unwrap();
                if option.starts_with("--")
                    && option.len() > 2
                    && words[0] != "cargo"
                    && let Some(script) = &script
                {
                    assert!(script.contains(option), "{document}: {command}: {option}");
                    seen += 1;
                }
                let Some(next) = words.get(n + 1).filter(|_| words.contains(&"cargo")) else { continue };
                match *word {
                    "--test" => {
                        let test = kit::repository(&format!("tests/{next}"));
                        assert!(
                            test.is_dir() || test.with_extension("rs").is_file(),
                            "{document}: {command}"
                        );
                    }
                    "--bench" => {
                        let bench = kit::repository(&format!("benches/{next}"));
                        assert!(
                            bench.is_dir() || bench.with_extension("rs").is_file(),
                            "{document}: {command}"
                        );
                    }
                    _ => continue,
                }
                seen += 1;
            }
            if let Some(module) = words.iter().find_map(|word| word.strip_suffix("::")) {
                let is_there = ["tests/cli", "src/bin/mjpeg"].iter().any(|folder| {
                    let path = format!("{folder}/{}", module.split("::").next().unwrap());
                    kit::repository(&format!("{path}.rs")).is_file() || kit::repository(&path).is_dir()
                });
                assert!(is_there, "{document}: {command}: there is no {module}");
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "{seen} names");
}

/// With the variables that the units set, and those of the examples in their comments.
#[test]
fn the_commands_of_systemd_units_are_accepted_and_end_by_sigterm() {
    for unit in ["mjpeg-serve", "mjpeg-monitor"] {
        let text =
            fs::read_to_string(kit::repository(&format!("docs/deploy/systemd/{unit}.service"))).unwrap();
        let line = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)).unwrap();
        let (command, variable) = line("ExecStart=/usr/bin/mjpeg ").split_once(" $").unwrap();
        let set = format!("{variable}=\"");
        let values: Vec<&str> = text
            .match_indices(&set)
            .map(|(at, _)| text[at + set.len()..].split('"').next().unwrap())
            .collect();
        let set = line("Environment=\"").trim_end_matches('"');
        let value = set.strip_prefix(&format!("{variable}=")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let of = |value: &str| {
            // The ports of the units may be taken here.
            let mut words: Vec<&str> = value.split(' ').collect();
            match words.iter().position(|word| *word == "--listen") {
                Some(at) => words[at + 1] = "127.0.0.1:0",
                None => words.extend(["--listen", "127.0.0.1:0"]),
            }
            let mut limited = Command::new("timeout");
            limited.args(["--preserve-status", "-s", "TERM", "1", env!("CARGO_BIN_EXE_mjpeg"), command]);
            run(limited.args(words).current_dir(folder.path()))
        };
        let end = of(value);
        assert_eq!(end.code(), Some(0), "{unit}: {}", end.err);
        assert!(!values.is_empty(), "{unit}: no example");
        for value in values {
            let end = of(value);
            assert!(end.code() != Some(2), "{unit}: {value}: {}", end.err);
        }
    }
}

fn run_all(blocks: Vec<String>) {
    let bin = Path::new(env!("CARGO_BIN_EXE_mjpeg")).parent().unwrap().to_path_buf();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    for block in blocks {
        if ["curl", "parallel"].iter().any(|it| block.contains(it) && kit::peer::find(it).is_none()) {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(kit::repository("fixtures"), dir.path().join("fixtures")).unwrap();
        // The block ends the processes it started. If it fails earlier, the trap ends them.
        let script = format!("set -e\ntrap 'kill $! 2>/dev/null || true' EXIT\n{block}");
        let end = run(Command::new("bash").args(["-c", &script]).current_dir(dir.path()).env("PATH", &path));
        assert!(end.status.success(), "{}\n{block}\n{}\n{}", end.status, end.text(), end.err);
        assert!(!end.text().is_empty(), "it prints nothing:\n{block}");
    }
}

#[test]
fn the_readme_has_the_two_first_commands() {
    let commands: Vec<String> = blocks("README.md", "console")[0].lines().map(str::to_string).collect();
    assert!(commands[0].starts_with("cargo run -- serve fixtures/frames "), "{commands:?}");
    assert_eq!(commands[1], "cargo test");
}
