//! A directory of JPEG files, played in natural order.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::listing;
use super::paced::{Next, Paced};
use super::picture::Picture;
use super::picture_file::{self, Stamp};
use super::watch::Watch;
use crate::output::Reporter;
use crate::problem::Problem;

/// Bytes of pictures that stay in memory from round to round; all others are read again in each round.
const KEPT: usize = 64 << 20;

/// Plays the files of a directory, one round after another.
///
/// Each round lists the directory again if it may have changed: new files are played, removed files are not. A
/// file that is not a complete JPEG is skipped. One message names it for each state of the file.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    watch: Watch,
    reporter: Reporter,
    /// Whether this round checks each file for changes, even if its picture is in memory.
    recheck: bool,
    entries: Vec<Entry>,
    /// Index of the next entry.
    at: usize,
    /// Rounds after this one; `None` is without end.
    rounds: Option<u32>,
    kept: usize,
    /// Whether a message has said that the directory cannot be read.
    reported: bool,
}

#[derive(Debug)]
struct Entry {
    name: OsString,
    /// The state of the file at the last read.
    seen: Option<Stamp>,
    /// Whether a message has said that the file's metadata cannot be read.
    reported: bool,
    /// Whether the file was not a complete JPEG at the last read.
    broken: bool,
    picture: Option<Picture>,
}

impl Directory {
    /// Opens a directory and plays it `rounds` times, or without end if `None`.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read, or has no file with the name of a JPEG.
    pub fn open(path: &Path, rounds: Option<u32>, reporter: Reporter) -> Result<Self, Problem> {
        let cannot_read =
            |error| anyhow::Error::new(error).context(format!("cannot read directory {}", path.display()));
        // The watch starts before the listing, so that no change is lost between them.
        let watch = Watch::new(path);
        let names = listing::names(path).map_err(cannot_read)?;
        if names.is_empty() {
            return Err(Problem::new(anyhow::anyhow!("{} holds no JPEG files", path.display()))
                .hint("files named *.jpg, *.jpeg, *.jpe or *.jfif are played"));
        }
        let entries = names.into_iter().map(Entry::new).collect();
        let rounds = rounds.map(|rounds| rounds.saturating_sub(1));
        Ok(Self {
            path: path.into(),
            watch,
            reporter,
            recheck: false,
            entries,
            at: 0,
            rounds,
            kept: 0,
            reported: false,
        })
    }

    /// Whether all pictures fit into memory, and the system reports all changes in the directory.
    pub fn is_kept(&self) -> bool {
        let mut room = KEPT as u64;
        self.watch.reports_changes()
            && self.entries.iter().all(|entry| {
                let length = fs::metadata(self.path.join(&entry.name)).map_or(0, |metadata| metadata.len());
                room.checked_sub(length).map(|left| room = left).is_some()
            })
    }

    /// Starts the next round; `false` after the last one.
    fn another_round(&mut self) -> bool {
        match &mut self.rounds {
            Some(0) => return false,
            Some(rounds) => *rounds -= 1,
            None => {}
        }
        self.at = 0;
        self.recheck = self.watch.changed() || self.reported;
        if !self.recheck {
            return true;
        }
        match listing::names(&self.path) {
            Ok(names) => {
                self.reported = false;
                self.update(names);
            }
            Err(error) => {
                if !self.reported {
                    self.reporter.message(&format!("cannot read {}: {error}", self.path.display()));
                }
                self.reported = true;
            }
        }
        true
    }

    /// Updates the entries from a new listing. Both lists are sorted.
    fn update(&mut self, names: Vec<OsString>) {
        let same = names.len() == self.entries.len()
            && names.iter().zip(&self.entries).all(|(name, entry)| *name == entry.name);
        if same {
            return;
        }
        let mut old = std::mem::take(&mut self.entries).into_iter().peekable();
        for name in names {
            while let Some(removed) = old.next_if(|entry| listing::order(&entry.name, &name).is_lt()) {
                self.kept -= removed.picture.map_or(0, |picture| picture.weight());
            }
            let known = old.next_if(|entry| entry.name == name);
            self.entries.push(known.unwrap_or_else(|| Entry::new(name)));
        }
        for removed in old {
            self.kept -= removed.picture.map_or(0, |picture| picture.weight());
        }
    }

    /// The picture of the entry at this index, if it is a complete JPEG.
    fn picture(&mut self, index: usize) -> Option<Picture> {
        let entry = &mut self.entries[index];
        if !self.recheck
            && let Some(kept) = &entry.picture
        {
            return Some(kept.clone());
        }
        let path = self.path.join(&entry.name);
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => {
                entry.reported = false;
                metadata
            }
            Err(error) => {
                // A file may be removed while the directory is played: no message.
                if error.kind() != io::ErrorKind::NotFound && !entry.reported {
                    entry.reported = true;
                    self.reporter.message(&format!("{} is skipped: {error}", path.display()));
                }
                return None;
            }
        };
        let stamp = Stamp::of(&metadata);
        if entry.seen == Some(stamp) {
            if entry.picture.is_some() || entry.broken {
                return entry.picture.clone();
            }
        } else {
            entry.seen = None;
        }
        self.kept -= entry.picture.take().map_or(0, |picture| picture.weight());
        match picture_file::read(&path, &metadata) {
            Ok(picture) => {
                (entry.seen, entry.broken) = (Some(stamp), false);
                if self.kept + picture.weight() <= KEPT {
                    self.kept += picture.weight();
                    entry.picture = Some(picture.clone());
                }
                Some(picture)
            }
            Err(why) => {
                // One message, and another read when the file changes: it may be complete then.
                entry.broken = true;
                if entry.seen != Some(stamp) {
                    self.reporter.message(&format!("{} is skipped: {why}", path.display()));
                }
                entry.seen = Some(stamp);
                None
            }
        }
    }
}

impl Paced for Directory {
    fn next(&mut self, _: u64, _: Duration) -> Next {
        // Each file is tried once at most, so a directory without a complete JPEG does not loop without end.
        for _ in 0..=self.entries.len() {
            if self.at == self.entries.len() {
                if !self.another_round() {
                    return Next::End;
                }
                if self.entries.is_empty() {
                    return Next::Nothing;
                }
            }
            let index = self.at;
            self.at += 1;
            if let Some(picture) = self.picture(index) {
                return Next::Picture(picture);
            }
        }
        Next::Nothing
    }
}

impl Entry {
    fn new(name: OsString) -> Self {
        Self { name, seen: None, broken: false, reported: false, picture: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::picture::SMALLEST;

    const REPORTER: Reporter = Reporter::new("test");

    fn jpeg(text: &str) -> Vec<u8> {
        let length = (text.len() + 2) as u16;
        [b"\xff\xd8\xff\xfe", &length.to_be_bytes()[..], text.as_bytes(), &SMALLEST[2..]].concat()
    }

    fn write(dir: &tempfile::TempDir, name: &str, text: &str) {
        fs::write(dir.path().join(name), jpeg(text)).unwrap();
    }

    /// The texts of the next pictures, up to `n`.
    fn play(directory: &mut Directory, n: usize) -> Vec<String> {
        let mut texts = Vec::new();
        while texts.len() < n {
            match directory.next(0, Duration::ZERO) {
                Next::Picture(picture) => {
                    let jpeg = picture.jpeg();
                    texts.push(String::from_utf8(jpeg[6..jpeg.len() + 2 - SMALLEST.len()].to_vec()).unwrap());
                }
                Next::Nothing | Next::Later => texts.push("nothing".into()),
                Next::End => break,
            }
        }
        texts
    }

    #[test]
    fn files_are_played_in_natural_order_round_after_round() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["f10.jpg", "f9.JPEG", "f1.jpg", ".f0.jpg", "notes.txt"] {
            write(&dir, name, name);
        }
        let mut once = Directory::open(dir.path(), Some(1), REPORTER).unwrap();
        assert_eq!(play(&mut once, 99), ["f1.jpg", "f9.JPEG", "f10.jpg"]);
        let mut twice = Directory::open(dir.path(), Some(2), REPORTER).unwrap();
        assert_eq!(play(&mut twice, 99).len(), 6);
        let mut endless = Directory::open(dir.path(), None, REPORTER).unwrap();
        assert_eq!(play(&mut endless, 100).len(), 100);
    }

    #[test]
    fn each_round_plays_the_files_that_exist_now() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir, "b.jpg", "b");
        write(&dir, "d.jpg", "d");
        let mut directory = Directory::open(dir.path(), None, REPORTER).unwrap();
        assert_eq!(play(&mut directory, 4), ["b", "d", "b", "d"]);
        write(&dir, "a.jpg", "a");
        write(&dir, "c.jpg", "c");
        fs::remove_file(dir.path().join("b.jpg")).unwrap();
        write(&dir, "d.jpg", "longer d");
        assert_eq!(play(&mut directory, 5), ["a", "c", "longer d", "a", "c"]);
        fs::write(dir.path().join("a.jpg"), &jpeg("cut")[..6]).unwrap();
        assert_eq!(play(&mut directory, 3), ["longer d", "c", "longer d"]);
        for name in ["a.jpg", "c.jpg", "d.jpg"] {
            fs::remove_file(dir.path().join(name)).unwrap();
        }
        assert_eq!(play(&mut directory, 2), ["nothing", "nothing"]);
        assert_eq!(directory.kept, 0);
        write(&dir, "d.jpg", "back");
        assert_eq!(play(&mut directory, 2), ["back", "back"]);
    }

    #[test]
    fn incomplete_files_are_skipped() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir, "2.jpg", "good");
        fs::write(dir.path().join("1.jpg"), b"").unwrap();
        fs::write(dir.path().join("3.jpg"), &jpeg("cut")[..7]).unwrap();
        fs::create_dir(dir.path().join("4.jpg")).unwrap();
        let mut directory = Directory::open(dir.path(), None, REPORTER).unwrap();
        assert_eq!(play(&mut directory, 3), ["good", "good", "good"]);
    }

    #[test]
    fn a_directory_without_pictures_cannot_be_opened() {
        let dir = tempfile::tempdir().unwrap();
        let problem = Directory::open(dir.path(), None, REPORTER).unwrap_err();
        assert!(problem.to_string().contains("holds no JPEG files"), "{problem}");
        let problem = Directory::open(&dir.path().join("missing"), None, REPORTER).unwrap_err();
        assert!(problem.to_string().contains("cannot read directory"), "{problem}");
    }
}
