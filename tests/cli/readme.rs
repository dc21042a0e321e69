//! The blocks of the README, the cookbook, and the documents on reports and fleets run unchanged.

use crate::kit;

use std::fs;
use std::path::Path;
use std::process::Command;

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
    let all: Vec<String> = ["docs/cookbook.md", "docs/reports.md", "docs/fleets.md"]
        .into_iter()
        .flat_map(|it| blocks(it, "sh"))
        .collect();
    assert!(all.len() >= 11);
    run_all(all);
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
        let end = kit::run::run(
            Command::new("bash").args(["-c", &script]).current_dir(dir.path()).env("PATH", &path),
        );
        assert!(end.status.success(), "{}\n{block}\n{}\n{}", end.status, end.text(), end.err);
        assert!(!end.text().is_empty(), "it prints nothing:\n{block}");
    }
}

#[test]
fn the_readme_has_the_two_first_commands() {
    let commands: Vec<String> = blocks("README.md", "console")[0].lines().map(str::to_string).collect();
    assert!(commands[0].starts_with("cargo run --release -- serve fixtures/frames "), "{commands:?}");
    assert_eq!(commands[1], "cargo test");
}
