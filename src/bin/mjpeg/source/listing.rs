//! The JPEG files of a directory, by their names.

use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::io_thread::Progress;
use super::natural;
use super::stamp::Stamp;
use crate::problem::Problem;
use crate::redacted::shown_path;

/// Whether a file has the name of a JPEG.
pub fn is_jpeg_name(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|extension| {
        ["jpg", "jpeg", "jpe", "jfif"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// Whether a file of this name in a directory is played. Hidden files are not: programs that write pictures use hidden names
/// for temporary files.
pub fn is_played(name: &OsStr) -> bool {
    is_jpeg_name(name) && !name.as_bytes().starts_with(b".")
}

/// The name of a file. Names are in natural order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(pub OsString);

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        natural::compare(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A file in a listing.
#[derive(Debug)]
pub struct Listed {
    /// Its name.
    pub name: Name,
    /// Whether it is a symbolic link.
    pub is_link: bool,
    /// Its state, if the listing is [`Detail::Stamps`] and it could be read.
    pub stamp: Option<Stamp>,
}

/// What a listing has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The names.
    Names,
    /// The names, and the state of each file.
    Stamps,
}

/// The files of a directory that are played, in any order.
///
/// # Errors
///
/// If the directory cannot be read.
pub fn list(path: &Path, detail: Detail, progress: &Progress) -> io::Result<Vec<Listed>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        progress.step();
        let entry = entry?;
        let name = entry.file_name();
        if !is_played(&name) {
            continue;
        }
        // The kernel knows the type of most entries without another call.
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        let stamp = (detail == Detail::Stamps)
            .then(|| fs::metadata(entry.path()).ok().map(|metadata| Stamp::of(&metadata)))
            .flatten();
        files.push(Listed { name: Name(name), is_link, stamp });
    }
    Ok(files)
}

/// The error of a directory that cannot be played.
pub fn check(path: &Path, files: &io::Result<Vec<Listed>>) -> Option<Problem> {
    match files {
        Ok(files) if files.is_empty() => Some(
            Problem::new(anyhow::anyhow!("{} holds no JPEG files", shown_path(path)))
                .hint("files named *.jpg, *.jpeg, *.jpe or *.jfif are played"),
        ),
        Ok(_) => None,
        Err(error) => Some(anyhow::anyhow!("cannot read directory {}: {error}", shown_path(path)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_has_the_names_of_jpegs_that_are_not_hidden() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["f10.jpg", "f9.JPEG", "f1.jpg", ".f0.jpg", "notes.txt"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        std::os::unix::fs::symlink("missing", dir.path().join("f11.jpg")).unwrap();
        let mut files = list(dir.path(), Detail::Stamps, &Progress::default()).unwrap();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let names: Vec<&OsStr> = files.iter().map(|file| file.name.0.as_os_str()).collect();
        assert_eq!(names, ["f1.jpg", "f9.JPEG", "f10.jpg", "f11.jpg"]);
        assert!(files.iter().all(|file| file.is_link == file.stamp.is_none()));
    }
}
