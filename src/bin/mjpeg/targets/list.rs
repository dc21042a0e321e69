//! The list: a file, or standard input.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, anyhow};

use super::line::Line;
use super::line_options::{self, LineOptions};
use super::name::Name;
use crate::option_file;
use crate::problem::Problem;
use crate::redacted::shown_path;
use crate::signal::Stop;
use crate::transport::Target;

/// A target of the list.
#[derive(Debug, Clone)]
pub struct Entry<O> {
    /// Its name, which no other entry has.
    pub name: Name,
    /// What is read.
    pub target: Target,
    /// The options of its line over those of the command line.
    pub options: O,
}

/// Reads the list in `file`; `-` is standard input. `common`: the options of the command line. `check`: says why the
/// options of an entry do not suit its target.
///
/// # Errors
///
/// When the file cannot be read, has no target, or a line is wrong: the message names the file and the line.
pub fn read<O: LineOptions>(
    file: &Path,
    common: &O,
    check: impl Fn(&Entry<O>) -> Result<(), String>,
    stop: &Stop,
) -> Result<Vec<Entry<O>>, Problem> {
    let is_stdin = file == Path::new("-");
    // A URL may have been meant as a target.
    let shown = if is_stdin { "standard input".into() } else { shown_path(file) };
    let bytes = if is_stdin { option_file::read_stdin(stop) } else { option_file::read(file, stop) };
    let bytes = bytes.with_context(|| format!("cannot read the targets in {shown}"))?;
    let entries = parse(&bytes, common, check).map_err(|(line, why)| anyhow!("{shown}:{line}: {why}"))?;
    if entries.is_empty() {
        return Err(Problem::new(anyhow!("{shown} has no target")).hint("a line is `NAME URL [options]`"));
    }
    Ok(entries)
}

/// The entries of a list, or the number of a wrong line and what is wrong with it.
fn parse<O: LineOptions>(
    bytes: &[u8],
    common: &O,
    check: impl Fn(&Entry<O>) -> Result<(), String>,
) -> Result<Vec<Entry<O>>, (usize, String)> {
    let mut entries = Vec::new();
    let mut lines_of_names = HashMap::new();
    // Some editors put a byte order mark before the first line.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    for (number, line) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        let entry = entry(line, common).map_err(|why| (number, why))?;
        let Some(entry) = entry else { continue };
        if let Some(earlier) = lines_of_names.insert(entry.name.clone(), number) {
            return Err((number, format!("line {earlier} has the name {} too", entry.name)));
        }
        check(&entry).map_err(|why| (number, why))?;
        entries.push(entry);
    }
    Ok(entries)
}

fn entry<O: LineOptions>(line: &[u8], common: &O) -> Result<Option<Entry<O>>, String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    let Some(Line { name, target, options }) = Line::parse(text.trim_end_matches('\r'))? else {
        return Ok(None);
    };
    let options = line_options::parse(&options, common)?;
    Ok(Some(Entry { name, target, options }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Options;

    impl LineOptions for Options {
        fn is_of_lines(_: &str) -> bool {
            true
        }

        fn yield_to(&mut self, is_typed: &dyn Fn(&str) -> bool) {
            Options::yield_to(self, is_typed);
        }
    }

    fn check(entry: &Entry<Options>) -> Result<(), String> {
        if entry.options.insecure && !entry.target.is_live() {
            return Err("a file has no certificate".into());
        }
        Ok(())
    }

    #[test]
    fn a_list_has_comments_blank_lines_and_line_ends_of_all_systems() {
        let text = "\u{feff}# cameras\n\nfront http://a/ --insecure\r\n  back test: # inside\n\n";
        let entries = parse(text.as_bytes(), &Options::default(), check).unwrap();
        let seen: Vec<_> = entries
            .iter()
            .map(|it| (it.name.to_string(), it.target.to_string(), it.options.insecure))
            .collect();
        let expected = [("front", "http://a/", true), ("back", "test:", false)];
        assert_eq!(seen, expected.map(|(name, target, it)| (name.into(), target.into(), it)));
    }

    #[test]
    fn a_wrong_line_is_named_by_its_number() {
        for (text, line, why) in [
            (&b"a http://a/\n\nb http://b/\na http://c/\n"[..], 4, "line 1 has the name a too"),
            (b"# x\nfront\n", 2, "no URL"),
            (b"a http://a/\nb\xff http://b/", 2, "UTF-8"),
            (b"a http://a/ --fast", 1, "--fast"),
            (b"a http://a/\nb test: --insecure", 2, "certificate"),
        ] {
            let (at, error) = parse(text, &Options::default(), check).unwrap_err();
            assert!(at == line && error.contains(why), "{at}: {error}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cameras.txt");
        let read = || read(&file, &Options::default(), check, &Stop::default());
        let said = |problem: Problem| (problem.to_string(), problem.hint);
        assert!(said(read().unwrap_err()).0.contains("cannot read the targets in "));
        std::fs::write(&file, "# none\n").unwrap();
        let (cause, hint) = said(read().unwrap_err());
        assert!(cause.ends_with("cameras.txt has no target") && hint.is_some(), "{cause}");
        std::fs::write(&file, "# none\n\nfront\n").unwrap();
        assert!(said(read().unwrap_err()).0.contains("cameras.txt:3: no URL"));
        std::fs::write(&file, "front http://a/\n").unwrap();
        assert_eq!(read().unwrap().len(), 1);
    }
}
