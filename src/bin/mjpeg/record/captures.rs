//! The captures of `--raw FILE`: one for each response. That of the first is FILE, then come FILE.2, FILE.3 and so on, each
//! with its own timing file, so that each can be replayed byte for byte.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mjpeg::http::decimal;

use super::existing::Existing;
use super::hang::Operations;
use super::raw::{RawFile, Times};
use crate::capture::timing_path;
use crate::clock::Clock;
use crate::durability::Durability;
use crate::problem::Problem;
use crate::transport::Tap;

/// The captures of a run. One is open at a time.
#[derive(Debug)]
pub struct Captures {
    path: PathBuf,
    existing: Existing,
    durability: Durability,
    clock: Clock,
    operations: Operations,
    /// The number of the open one, or of the last one.
    number: u64,
    open: Option<RawFile>,
    /// Whether the captures of an earlier run have been replaced by those of this one.
    is_in_place: bool,
}

impl Captures {
    /// Creates nothing yet. Earlier captures are replaced if `existing` says so.
    pub fn new(
        path: &Path,
        existing: Existing,
        durability: Durability,
        clock: &Clock,
        operations: &Operations,
    ) -> Self {
        Self {
            path: path.into(),
            existing,
            durability,
            clock: clock.clone(),
            operations: operations.clone(),
            number: 0,
            open: None,
            is_in_place: false,
        }
    }

    /// The path of the capture of a response, by its number from 1.
    pub fn path_of(path: &Path, number: u64) -> PathBuf {
        if number < 2 {
            return path.into();
        }
        let mut name = OsString::from(path);
        name.push(format!(".{number}"));
        name.into()
    }

    /// Files that have the name of the capture of a later response, or of its times. They would be in its way.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn later(path: &Path) -> io::Result<Vec<PathBuf>> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let Some(name) = path.file_name() else { return Ok(Vec::new()) };
        let mut later = Vec::new();
        for entry in fs::read_dir(folder.unwrap_or(Path::new(".")))? {
            let found = entry?.file_name();
            let rest = found.as_encoded_bytes().strip_prefix(name.as_encoded_bytes());
            let number = rest.and_then(|rest| rest.strip_prefix(b"."));
            let number = number.map(|number| number.strip_suffix(b".timing").unwrap_or(number));
            let number = number.and_then(|number| decimal::<u64>(std::str::from_utf8(number).ok()?));
            let is_named = |number: u64| {
                let path = Self::path_of(path, number);
                [timing_path(&path), path].iter().any(|path| path.file_name() == Some(found.as_os_str()))
            };
            if number.is_some_and(|number| number > 1 && is_named(number)) {
                later.push(path.with_file_name(found));
            }
        }
        later.sort_unstable();
        Ok(later)
    }

    /// Starts the capture of the next response.
    ///
    /// # Errors
    ///
    /// When its files cannot be created.
    pub fn next(&mut self, times: Times) -> Result<Box<dyn Tap>, Problem> {
        self.ended("closed")?;
        self.number += 1;
        let path = Self::path_of(&self.path, self.number);
        let (durability, clock, operations) = (self.durability, &self.clock, &self.operations);
        let create = || RawFile::create(&path, self.existing, times, durability, clock, operations);
        let file = operations.run(create)?;
        self.open = Some(file.clone());
        Ok(Box::new(file))
    }

    /// A good frame is in hand: this capture replaces an earlier one, and later ones of the earlier run are removed, which
    /// belong to other responses.
    ///
    /// # Errors
    ///
    /// When they cannot be replaced.
    pub fn replace(&mut self) -> Result<(), Problem> {
        let Some(file) = &self.open else { return Ok(()) };
        file.replace()?;
        if !std::mem::replace(&mut self.is_in_place, true) && self.existing == Existing::Overwrite {
            self.operations.run(|| self.remove_later());
        }
        Ok(())
    }

    /// The response has ended, in this way.
    ///
    /// # Errors
    ///
    /// When that cannot be written, or the files cannot be closed.
    pub fn ended(&mut self, word: &str) -> Result<(), Problem> {
        let Some(file) = self.open.take() else { return Ok(()) };
        let ended = file.ended(word);
        file.close().and(ended)
    }

    /// Closes the open capture, whose end is not known.
    ///
    /// # Errors
    ///
    /// Those of the close.
    pub fn close(&mut self) -> Result<(), Problem> {
        self.open.take().map_or(Ok(()), |file| file.close())
    }

    /// One that stays is only in the way when its number comes.
    fn remove_later(&self) {
        for number in self.number.max(1) + 1.. {
            let path = Self::path_of(&self.path, number);
            // The times first: a capture never has those of another one beside it.
            let timing = fs::remove_file(timing_path(&path));
            if fs::remove_file(&path).is_err() && timing.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_response_has_its_files_and_those_of_an_earlier_run_are_removed_with_the_first_frame() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.http");
        let clock = Clock::simulated();
        let names = || {
            let mut names: Vec<_> =
                fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
            names.sort();
            names.into_iter().map(|name| name.into_string().unwrap()).collect::<Vec<_>>()
        };
        for (existing, responses) in [(Existing::Refuse, 3), (Existing::Overwrite, 2)] {
            let mut captures =
                Captures::new(&path, existing, Durability::Synced, &clock, &Operations::default());
            for number in 1..=responses {
                let mut tap = captures.next(Times::Written).unwrap();
                tap.bytes(format!("{existing:?} {number}").as_bytes(), Duration::ZERO).unwrap();
                captures.replace().unwrap();
            }
            captures.close().unwrap();
            for number in 1..=responses {
                let path = Captures::path_of(&path, number);
                assert_eq!(fs::read_to_string(&path).unwrap(), format!("{existing:?} {number}"));
            }
            assert_eq!(names().len(), 2 * responses as usize, "{:?}", names());
        }
        assert_eq!(names(), ["x.http", "x.http.2", "x.http.2.timing", "x.http.timing"]);
        for name in
            ["x.http.17.timing", "x.http.3", "x.http.03", "x.http.1", "x.http.3x", "y.http.3", "x.http.3.jpg"]
        {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let later = ["x.http.17.timing", "x.http.2", "x.http.2.timing", "x.http.3"];
        assert_eq!(Captures::later(&path).unwrap(), later.map(|name| dir.path().join(name)));
        let timing = fs::read_to_string(dir.path().join("x.http.timing")).unwrap();
        assert!(timing.contains("# end closed"), "{timing}");
    }
}
