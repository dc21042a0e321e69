//! The commands of all documents. Blocks of `sh` run unchanged. All other blocks have places of the reader in them, such as
//! `http://camera/`: each of their lines that is a command of ours is started, and must not be refused as a wrong one.

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
    let all: Vec<String> = documents().iter().flat_map(|it| blocks(it, "sh")).collect();
    assert!(all.len() >= 14, "{}", all.len());
    run_all(all);
}

/// The documents in `docs`.
fn documents() -> Vec<String> {
    let names = fs::read_dir(kit::repository("docs")).unwrap().map(|it| it.unwrap().file_name());
    let mut names: Vec<String> = names
        .map(|name| format!("docs/{}", name.to_str().unwrap()))
        .filter(|name| name.ends_with(".md"))
        .collect();
    names.sort();
    names
}

/// The lines of a document that are commands of ours with places of the reader: of other blocks than `sh`, and of indented ones.
/// What follows behind two spaces explains the command.
fn lines_with_places(document: &str) -> Vec<String> {
    let text = fs::read_to_string(kit::repository(document)).unwrap();
    let mut block: Option<&str> = None;
    let mut all = Vec::new();
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            block = if block.is_none() { Some(language) } else { None };
            continue;
        }
        let is_shown =
            block.is_some_and(|language| language != "sh") || (block.is_none() && line.starts_with("    "));
        let line = line.trim();
        if !is_shown || !(line.starts_with("mjpeg ") || line.contains(" mjpeg check ")) {
            continue;
        }
        let from = line.find("mjpeg ").unwrap();
        let command = line[from..].split("  ").next().unwrap();
        let ends = [" | ", " > ", " &", " #", " || "];
        let command = ends.iter().fold(command, |command, end| command.split(end).next().unwrap());
        // Closing quotes of a surrounding command.
        let quotes = command.matches('\'').count();
        let command = if quotes % 2 == 1 { command.trim_end_matches('\'') } else { command };
        all.push(command.trim_end_matches('\\').to_string());
    }
    all
}

#[test]
fn every_other_command_of_the_documents_is_one_that_this_version_accepts() {
    let all: Vec<(String, String)> = documents()
        .into_iter()
        .chain(["README.md".to_string()])
        .flat_map(|it| lines_with_places(&it).into_iter().map(move |line| (it.clone(), line)))
        .collect();
    assert!(all.len() > 50, "{all:#?}");
    let bin = Path::new(env!("CARGO_BIN_EXE_mjpeg")).parent().unwrap().to_path_buf();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let try_one = |(document, line): &(String, String)| {
        let folder = tempfile::tempdir().unwrap();
        // Fixed ports are those of the reader, and there is no server whose process could be named.
        let mut line = line
            .replace("$(pidof SERVER)", "$$")
            .replace("[options]", "")
            .replace("\"$ARG1$\"", "http://camera/");
        line = line
            .replace("$ARG2$", "5")
            .replace("$CAMERA_URL", "http://camera/")
            .replace(" URL", " http://camera/");
        line = line.replace("$SERVE", "").replace("TARGET...", "http://camera/");
        if let Some((before, behind)) = line.clone().split_once("--listen ") {
            let behind = behind.split_once(' ').map_or("", |(_, behind)| behind);
            line = format!("{before}--listen 127.0.0.1:0 {behind}");
        }
        let script = format!("exec timeout -k 1 1 {line}");
        let end = kit::run::run(
            Command::new("bash")
                .args(["-c", &script])
                .current_dir(folder.path())
                .env("PATH", &path)
                .env("SLURM_ARRAY_TASK_ID", "1"),
        );
        (end.code() == Some(2)).then(|| format!("{document}: {line}: {}", end.err))
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = all
            .chunks(8)
            .map(|some| scope.spawn(|| some.iter().filter_map(&try_one).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
