//! A directory of JPEG files, played in natural order.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::natural;
use super::paced::{Next, Paced};
use super::picture::{Picture, ROOM};
use super::watch::Watch;
use crate::output::Reporter;
use crate::problem::Problem;

/// Bytes of pictures that are kept from round to round; what is beyond is read again each time.
const KEPT: usize = 64 << 20;
/// Most bytes of one picture.
pub const PICTURE_LIMIT: u64 = 64 << 20;

/// Plays the files of a directory, one round after another.
///
/// Each round looks at the directory anew: files that were added are played, and those that have gone
/// are not. A file that is no whole JPEG is told by its name, once for each state it is seen in, and
/// left out.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    watch: Watch,
    reporter: Reporter,
    /// Whether files are to be looked at again in this round, even if their pictures are kept.
    look: bool,
    entries: Vec<Entry>,
    /// Index of the entry that is next.
    at: usize,
    /// Rounds still to begin, this one not counted; `None` goes round for ever.
    rounds: Option<u32>,
    kept: usize,
    /// Marks given to pictures so far.
    marks: usize,
    /// Whether it has been told that the directory cannot be read.
    told: bool,
}

#[derive(Debug)]
struct Entry {
    name: OsString,
    /// The state of the file when it was read last.
    seen: Option<Stamp>,
    /// Whether it has been told that its state is not to be had.
    told: bool,
    /// Whether it was no whole JPEG then.
    broken: bool,
    /// The mark of the picture that was read last: no two readings have the same.
    mark: usize,
    picture: Option<Picture>,
}

/// What changes when a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// Which file it is.
    pub fn inode(self) -> u64 {
        self.inode
    }

    /// The stamp in a file's metadata.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

impl Directory {
    /// Opens a directory to be played `rounds` times, or for ever.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or holds no file whose name says JPEG.
    pub fn open(path: &Path, rounds: Option<u32>, reporter: Reporter) -> Result<Self, Problem> {
        let cannot_read =
            |error| anyhow::Error::new(error).context(format!("cannot read directory {}", path.display()));
        // Watched before it is read, so that no change falls in between.
        let watch = Watch::new(path);
        let names = names(path).map_err(cannot_read)?;
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
            look: false,
            entries,
            at: 0,
            rounds,
            kept: 0,
            marks: 0,
            told: false,
        })
    }

    /// Whether all pictures can be kept in memory, and the directory lies on this machine.
    pub fn is_kept(&self) -> bool {
        let mut room = KEPT as u64;
        self.watch.tells_changes()
            && self.entries.iter().all(|entry| {
                let length = fs::metadata(self.path.join(&entry.name)).map_or(0, |metadata| metadata.len());
                room.checked_sub(length + 2 * ROOM as u64).map(|left| room = left).is_some()
            })
    }

    /// Starts another round; `false` when there is none.
    fn another_round(&mut self) -> bool {
        match &mut self.rounds {
            Some(0) => return false,
            Some(rounds) => *rounds -= 1,
            None => {}
        }
        self.at = 0;
        self.look = self.watch.changed() || self.told;
        if !self.look {
            return true;
        }
        match names(&self.path) {
            Ok(names) => {
                self.told = false;
                self.update(names);
            }
            Err(error) => {
                if !self.told {
                    self.reporter.message(&format!("cannot read {}: {error}", self.path.display()));
                }
                self.told = true;
            }
        }
        true
    }

    /// Takes over the names of a new look at the directory; both lists are sorted.
    fn update(&mut self, names: Vec<OsString>) {
        let same = names.len() == self.entries.len()
            && names.iter().zip(&self.entries).all(|(name, entry)| *name == entry.name);
        if same {
            return;
        }
        let mut old = std::mem::take(&mut self.entries).into_iter().peekable();
        for name in names {
            while let Some(gone) = old.next_if(|entry| order(&entry.name, &name).is_lt()) {
                self.kept -= gone.picture.map_or(0, |picture| picture.weight());
            }
            let known = old.next_if(|entry| entry.name == name);
            self.entries.push(known.unwrap_or_else(|| Entry::new(name)));
        }
        for gone in old {
            self.kept -= gone.picture.map_or(0, |picture| picture.weight());
        }
    }

    /// The picture of the entry at this index, if it has one.
    fn picture(&mut self, index: usize) -> Option<Picture> {
        let entry = &mut self.entries[index];
        if !self.look
            && let Some(kept) = entry.picture.take()
        {
            self.kept -= kept.weight();
            return Some(kept);
        }
        let path = self.path.join(&entry.name);
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => {
                entry.told = false;
                metadata
            }
            Err(error) => {
                // A file that goes while the directory is played is no fault: it is simply not there.
                if error.kind() != io::ErrorKind::NotFound && !entry.told {
                    entry.told = true;
                    self.reporter.message(&format!("{} is left out: {error}", path.display()));
                }
                return None;
            }
        };
        let kept = entry.picture.take();
        self.kept -= kept.as_ref().map_or(0, Picture::weight);
        let stamp = Stamp::of(&metadata);
        if entry.seen == Some(stamp) {
            if kept.is_some() || entry.broken {
                return kept;
            }
        } else {
            entry.seen = None;
        }
        self.marks += 1;
        entry.mark = self.marks;
        match read(&path, &metadata, self.marks) {
            Ok(picture) => {
                (entry.seen, entry.broken) = (Some(stamp), false);
                Some(picture)
            }
            Err(why) => {
                // Told once, and read again when it has changed: it may be mended.
                entry.broken = true;
                if entry.seen != Some(stamp) {
                    self.reporter.message(&format!("{} is left out: {why}", path.display()));
                }
                entry.seen = Some(stamp);
                None
            }
        }
    }
}

impl Paced for Directory {
    fn next(&mut self, _: u64, _: Duration) -> Next {
        // One look at each file, and one round's end: a directory without a sound file is no endless loop.
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

    fn give_back(&mut self, picture: Picture) {
        let weight = picture.weight();
        if self.kept + weight > KEPT {
            return;
        }
        // Its file may have gone, or have been read again since.
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.mark == picture.mark()) {
            self.kept += weight;
            entry.picture = Some(picture);
        }
    }
}

impl Entry {
    fn new(name: OsString) -> Self {
        Self { name, seen: None, broken: false, told: false, mark: 0, picture: None }
    }
}

/// Reads a picture from a file.
///
/// # Errors
///
/// When the file cannot be read or is no whole JPEG, in words.
pub fn read(path: &Path, metadata: &Metadata, mark: usize) -> Result<Picture, String> {
    if !metadata.is_file() {
        return Err("it is no regular file".into());
    }
    if metadata.len() > PICTURE_LIMIT {
        return Err(format!("it has more than {} MiB", PICTURE_LIMIT >> 20));
    }
    let mut bytes = Picture::buffer(metadata.len() as usize);
    File::open(path)
        .and_then(|file| file.take(PICTURE_LIMIT).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    Picture::new(bytes, mark).map_err(|unsound| unsound.to_string())
}

/// Whether a name says that the file is a JPEG.
pub fn is_jpeg_name(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|extension| {
        ["jpg", "jpeg", "jpe", "jfif"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    })
}

fn order(a: &OsStr, b: &OsStr) -> std::cmp::Ordering {
    natural::compare(a.as_bytes(), b.as_bytes())
}

/// The names of a directory's JPEG files in natural order. Hidden ones are writers' temporary files.
fn names(path: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        if is_jpeg_name(&name) && !name.as_bytes().starts_with(b".") {
            names.push(name);
        }
    }
    names.sort_by(|a, b| order(a, b));
    Ok(names)
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

    /// The texts of the next pictures, up to `n`; each is given back when two more have come.
    fn play(directory: &mut Directory, n: usize) -> Vec<String> {
        let mut texts = Vec::new();
        let mut out = std::collections::VecDeque::new();
        while texts.len() < n {
            match directory.next(0, Duration::ZERO) {
                Next::Picture(picture) => {
                    let jpeg = picture.jpeg();
                    texts.push(String::from_utf8(jpeg[6..jpeg.len() + 2 - SMALLEST.len()].to_vec()).unwrap());
                    out.push_back(picture);
                }
                Next::Nothing | Next::Later => texts.push("nothing".into()),
                Next::End => break,
            }
            if out.len() > 2 {
                directory.give_back(out.pop_front().unwrap());
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
    fn each_round_plays_what_is_there() {
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
    fn broken_files_are_left_out() {
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
