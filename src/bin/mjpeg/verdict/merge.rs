//! `--merge FILE...`: what other runs printed with `--format json`.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use serde_json::Value;

use crate::option_file;
use crate::output;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::verdict::finished::{Finished, SCHEMA};
use crate::verdict::shards::Shards;

/// Longest file, in bytes: a line has 4 kB or so.
const LONGEST: usize = 1 << 30;

/// Reads the targets of all files, in their order; `-` is standard input. Behind them stand the shards that are in no file, without a
/// verdict.
///
/// # Errors
///
/// When a file cannot be read, a line of it is no verdict, or a shard is there twice. The message names the file and the line.
pub fn read(files: &[PathBuf], stop: &Stop) -> Result<Vec<Finished>, Problem> {
    let mut all = Vec::new();
    let mut shards = Shards::default();
    for file in files {
        let before = all.len();
        let is_stdin = file == Path::new("-");
        let shown = if is_stdin { "standard input".into() } else { file.display().to_string() };
        let bytes = if is_stdin {
            option_file::read_long(None, LONGEST, stop)
        } else {
            option_file::read_long(Some(file), LONGEST, stop)
        };
        let bytes = bytes.with_context(|| format!("cannot read the verdicts in {shown}"))?;
        // A run that ends has printed something: one without a target prints an empty line.
        if bytes.is_empty() {
            let problem = Problem::new(anyhow!("{shown} is empty: its run did not come to an end"));
            return Err(problem.hint("run that shard again"));
        }
        let lines = bytes.strip_suffix(b"\n").unwrap_or(&bytes).split(|&byte| byte == b'\n');
        for (number, line) in (1..).zip(lines) {
            if stop.signal().is_some() {
                return Err(anyhow!("interrupted by a signal").into());
            }
            if line.trim_ascii().is_empty() {
                shards.add_empty();
                continue;
            }
            let finished = parse(line).map_err(|why| {
                let problem = Problem::new(anyhow!("{shown}:{number}: {why}"));
                problem.hint("merge what `mjpeg check --format json` has printed")
            })?;
            shards.add(&finished, &shown).map_err(|why| {
                Problem::new(anyhow!("{why}: its targets would count twice")).hint("leave one of them out")
            })?;
            all.push(finished);
        }
        check_complete(&all[before..]).map_err(|why| {
            Problem::new(anyhow!("{shown} {why}")).hint("its run did not come to an end: run it again")
        })?;
    }
    shards.doubts().iter().for_each(|doubt| output::message("check", doubt));
    let missing = shards.missing();
    for shard in &missing {
        let why = "not in any file";
        output::message("check", &format!("{shard}: {why}"));
        all.push(Finished::absent(shard.clone(), why.into()));
    }
    if !missing.is_empty() {
        output::hint(
            "give --merge the files of all shards; that of a shard without a target has an empty line",
        );
    }
    Ok(all)
}

/// Whether a file has all targets of its runs, of which each line has the number. Several runs may be in one file.
fn check_complete(targets: &[Finished]) -> Result<(), String> {
    let all = |target: &Finished| target.run_targets.unwrap_or(1).max(1);
    let mut runs: Vec<_> = targets.iter().map(|target| (target.shard.as_deref(), all(target))).collect();
    runs.sort_unstable();
    let mut counted = runs.chunk_by(|one, other| one == other).map(|run| (run[0], run.len() as u64));
    let cut = counted.find(|((_, all), found)| found % all != 0);
    cut.map_or(Ok(()), |((shard, all), found)| {
        let of = shard.map_or(String::new(), |shard| format!(" of shard {shard}"));
        Err(format!("has {} of the {all} targets{of}", found % all))
    })
}

fn parse(line: &[u8]) -> Result<Finished, String> {
    let mut value: Value =
        serde_json::from_slice(line).map_err(|error| format!("the line is no JSON: {error}"))?;
    match value.get("schema").and_then(Value::as_str) {
        Some(SCHEMA) => {}
        Some(other) => return Err(format!("the line has the format {other:?}, not {SCHEMA}")),
        None => return Err(format!("the line has no `schema`; {SCHEMA} is needed")),
    }
    make_printable(&mut value, true);
    serde_json::from_value(value).map_err(|error| format!("the line is no {SCHEMA}: {error}"))
}

/// Fields that hold text of cameras and people. All formats escape them.
const TEXTS: [&str; 7] = ["target", "url", "error", "message", "what", "reason", "file"];

/// Makes words of ours, such as codes of rules and names of consumers, what they are in our output: the formats print them as they
/// are, and a file may have been changed. `is_target`: the value is a target, whose name is a text.
fn make_printable(value: &mut Value, is_target: bool) {
    match value {
        Value::String(word) => *word = plain(word),
        Value::Array(values) => values.iter_mut().for_each(|it| make_printable(it, false)),
        Value::Object(fields) => {
            let all = std::mem::take(fields).into_iter().map(|(key, mut value)| {
                let is_text = TEXTS.contains(&&key[..]) || (is_target && key == "name");
                if !(is_text && value.is_string()) {
                    make_printable(&mut value, false);
                }
                (plain(&key), value)
            });
            *fields = all.collect();
        }
        _ => {}
    }
}

fn plain(word: &str) -> String {
    let is_plain = |c: char| c == ' ' || (c.is_ascii_graphic() && !"|`<>&\"'$\\[]*".contains(c));
    word.chars().map(|c| if is_plain(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

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
        let problem = read(&[one, file("6", "")], &Stop::default()).unwrap_err();
        assert!(problem.to_string().contains("6 is empty"), "{problem}");
        assert!(read(&[folder.path().join("5")], &Stop::default()).is_err());
    }

    #[test]
    fn a_file_that_was_cut_between_lines_is_noticed() {
        let of = |shard: Option<&str>, all: u64| {
            let line = r#"{"schema":"mjpeg.check/1","target":"a","verdict":"pass","parts":1,"duration_s":1,"findings":[]}"#;
            Finished {
                shard: shard.map(String::from),
                run_targets: Some(all),
                ..parse(line.as_bytes()).unwrap()
            }
        };
        let whole = [of(Some("1/2"), 2), of(None, 3), of(Some("1/2"), 2), of(None, 3), of(None, 3)];
        assert_eq!(check_complete(&whole), Ok(()));
        assert_eq!(check_complete(&whole[..3]), Err("has 1 of the 3 targets".into()));
        assert_eq!(check_complete(&whole[..1]), Err("has 1 of the 2 targets of shard 1/2".into()));
        let zero = Finished { run_targets: Some(0), ..of(None, 1) };
        assert_eq!(check_complete(&[zero]), Ok(()));
    }

    #[test]
    fn words_of_a_file_are_printable_and_texts_stay() {
        let line = r#"{"schema":"mjpeg.check/1","target":"a\u001b","name":"n\u001b","verdict":"fail","parts":1,"duration_s":1,
            "end":"x\u202e","consumers":{"v\u001b|":"on_time"},"consumers_decided_by":{"v":"M2\u001b"},
            "findings":[{"code":"M\u001b203","name":"x\u202ey","severity":"error","count":1,"message":"m\u001b"}]}"#;
        let it = parse(line.replace('\n', "").as_bytes()).unwrap();
        assert_eq!(
            (&it.target[..], it.name.as_deref(), it.end.as_deref()),
            ("a\u{1b}", Some("n\u{1b}"), Some("x?"))
        );
        let finding = &it.findings[0];
        assert_eq!((&finding.code[..], &finding.name[..], &finding.message[..]), ("M?203", "x?y", "m\u{1b}"));
        assert_eq!(it.fates().first().map(|(name, _)| *name), Some("v??"));
        assert_eq!(it.decided_by("v"), Some("M2?"));
    }

    proptest! {
        #[test]
        fn any_line_is_a_result_or_a_mistake(line in mutated::bytes(&[
                br#"{"schema":"mjpeg.check/1","target":"a\u001b[31m","verdict":"pass","parts":1,"duration_s":1,"findings":[{"code":"M203","name":"x","severity":"error","count":18446744073709551615,"message":"m","part":1,"offset":2}]}"#,
                br#"{"schema":"mjpeg.check/1","target":"a","verdict":"error","reason":"r","parts":0,"duration_s":1e308,"findings":[],"shard":"1/2","run_targets":0}"#,
            ])) {
            if let Ok(finished) = parse(&line) {
                let _ = check_complete(&[finished]);
            }
        }
    }
}
