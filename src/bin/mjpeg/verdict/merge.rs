//! `--merge FILE...`: what other runs printed with `--format json`.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use crate::option_file;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::verdict::finished::{Finished, SCHEMA};

/// Longest file, in bytes: a line has 4 kB or so.
const LONGEST: usize = 1 << 30;

/// Reads the targets of all files, in their order; `-` is standard input.
///
/// # Errors
///
/// When a file cannot be read, or a line of it is no verdict. The message names the file and the line.
pub fn read(files: &[PathBuf], stop: &Stop) -> Result<Vec<Finished>, Problem> {
    let mut all = Vec::new();
    for file in files {
        let is_stdin = file == Path::new("-");
        let shown = if is_stdin { "standard input".into() } else { file.display().to_string() };
        let bytes = if is_stdin {
            option_file::read_long(None, LONGEST, stop)
        } else {
            option_file::read_long(Some(file), LONGEST, stop)
        };
        let bytes = bytes.with_context(|| format!("cannot read the verdicts in {shown}"))?;
        for (number, line) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let finished = parse(line).map_err(|why| {
                let problem = Problem::new(anyhow!("{shown}:{number}: {why}"));
                problem.hint("merge what `mjpeg check --format json` has printed")
            })?;
            all.push(finished);
        }
    }
    Ok(all)
}

fn parse(line: &[u8]) -> Result<Finished, String> {
    let value: serde_json::Value =
        serde_json::from_slice(line).map_err(|error| format!("the line is no JSON: {error}"))?;
    match value.get("schema").and_then(serde_json::Value::as_str) {
        Some(SCHEMA) => {}
        Some(other) => return Err(format!("the line has the format {other:?}, not {SCHEMA}")),
        None => return Err(format!("the line has no `schema`; {SCHEMA} is needed")),
    }
    serde_json::from_value(value).map_err(|error| format!("the line is no {SCHEMA}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_follow_each_other_and_a_wrong_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let line = |target: &str| {
            format!(
                r#"{{"schema":"mjpeg.check/1","target":"{target}","verdict":"pass","parts":1,"duration_s":1,"findings":[],"later":1}}"#
            )
        };
        let one = file("1", &format!("{}\n{}\n", line("a"), line("b")));
        let none = file("2", "\n");
        let last = file("3", &line("c"));
        let all = read(&[one.clone(), none, last], &Stop::default()).unwrap();
        assert_eq!(all.iter().map(|it| &it.target[..]).collect::<Vec<_>>(), ["a", "b", "c"]);
        let cut = &line("x")[..40];
        for (text, why) in [
            (cut, ":2: the line is no JSON"),
            ("{\"schema\":\"mjpeg.record/1\"}", "\"mjpeg.record/1\", not mjpeg.check/1"),
            ("{}", "no `schema`"),
            ("{\"schema\":\"mjpeg.check/1\"}", "missing field `target`"),
        ] {
            let wrong = file("4", &format!("{}\n{text}\n", line("a")));
            let problem = read(&[one.clone(), wrong], &Stop::default()).unwrap_err();
            assert!(problem.to_string().contains(why) && problem.hint.is_some(), "{problem}");
        }
        assert!(read(&[folder.path().join("5")], &Stop::default()).is_err());
    }
}
