//! The JPEG files of a directory, by their names.

use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::natural;

/// Whether a file has the name of a JPEG.
pub fn is_jpeg_name(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|extension| {
        ["jpg", "jpeg", "jpe", "jfif"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// The natural order of two names.
pub fn order(a: &OsStr, b: &OsStr) -> Ordering {
    natural::compare(a.as_bytes(), b.as_bytes())
}

/// The names of a directory's JPEG files in natural order, without hidden files: programs that write pictures use hidden
/// names for temporary files.
pub fn names(path: &Path) -> io::Result<Vec<OsString>> {
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
