//! The names of numbered captures: `site-0001.http` for `site.http`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::capture::timing_path;

/// Digits of a number at least.
const DIGITS: usize = 4;

/// Names with rising numbers beside a path, which itself is not used.
#[derive(Debug, Clone)]
pub struct CaptureNames {
    folder: PathBuf,
    stem: OsString,
    /// With its dot.
    extension: OsString,
}

impl CaptureNames {
    /// The names for the path of the command line.
    pub fn new(path: &Path) -> Self {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut extension = OsString::new();
        if let Some(text) = path.extension() {
            extension.push(".");
            extension.push(text);
        }
        Self {
            folder: folder.unwrap_or(Path::new(".")).into(),
            stem: path.file_stem().unwrap_or_default().into(),
            extension,
        }
    }

    /// The path with a number.
    pub fn path(&self, number: u64) -> PathBuf {
        let mut name = self.stem.clone();
        name.push(format!("-{number:0DIGITS$}"));
        name.push(&self.extension);
        if self.folder == Path::new(".") { name.into() } else { self.folder.join(name) }
    }

    /// The number behind the highest one that a capture or a timing file in the folder has.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn next(&self) -> io::Result<u64> {
        let mut highest = 0;
        for entry in fs::read_dir(&self.folder)? {
            highest = self.number(&entry?.file_name()).unwrap_or(0).max(highest);
        }
        Ok(highest.saturating_add(1))
    }

    /// The number in the name of a file, if it is one of these names.
    fn number(&self, name: &OsStr) -> Option<u64> {
        let rest = name.as_encoded_bytes().strip_prefix(self.stem.as_encoded_bytes())?.strip_prefix(b"-")?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
        let path = self.path(number);
        let is_named = |path: &Path| path.file_name() == Some(name);
        (is_named(&path) || is_named(&timing_path(&path))).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_from_the_highest_one_of_a_capture_or_its_times() {
        let folder = tempfile::tempdir().unwrap();
        let names = CaptureNames::new(&folder.path().join("site.http"));
        assert_eq!(names.next().unwrap(), 1);
        assert_eq!(names.path(1), folder.path().join("site-0001.http"));
        for (name, next) in [
            ("site-0003.http", 4),
            ("site-0002.http", 4),
            ("site.http", 4),
            ("site-0009.txt", 4),
            ("other-0009.http", 4),
            ("site-9.http", 4),
            ("site-0x.http", 4),
            ("site-0009.http.part", 4),
            ("site-0005.http.timing", 6),
            ("site-12345.http", 12_346),
        ] {
            fs::write(folder.path().join(name), "").unwrap();
            assert_eq!(names.next().unwrap(), next, "{name}");
        }
    }

    #[test]
    fn a_name_has_its_number_before_its_extension() {
        for (path, first) in [
            ("site.http", "site-0001.http"),
            ("./a.b/site", "./a.b/site-0001"),
            ("/x/a.b.http", "/x/a.b-0001.http"),
            ("x/.hidden", "x/.hidden-0001"),
        ] {
            assert_eq!(CaptureNames::new(Path::new(path)).path(1), Path::new(first));
        }
        assert_eq!(CaptureNames::new(Path::new("x")).path(12_345), Path::new("x-12345"));
        assert!(CaptureNames::new(Path::new("/missing/x")).next().is_err());
    }
}
