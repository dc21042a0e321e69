//! The files that a run writes. None of them may be one that it reads: the input would be lost.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::transport::{self, Target};

/// The option with the file of new expectations.
pub const WRITE_EXPECT: &str = "--write-expect";

/// The files that a run writes, each with the name of its option.
#[derive(Debug, Default)]
pub struct Outputs {
    all: Vec<(&'static str, Identity)>,
}

/// What makes two paths the same file.
#[derive(Debug, PartialEq, Eq)]
enum Identity {
    /// The device and the inode of a file.
    File(u64, u64),
    /// Where a file would be.
    Place(PathBuf),
    /// A terminal, a device, a pipe: writing there destroys nothing.
    Other,
}

impl Outputs {
    /// Adds a file that is written.
    ///
    /// # Errors
    ///
    /// When it is another one of them.
    pub fn add(&mut self, name: &'static str, path: Option<&Path>) -> Result<(), String> {
        let Some(path) = path else { return Ok(()) };
        self.read(name, path)?;
        self.all.push((name, Identity::of(path)));
        Ok(())
    }

    /// Takes note of a file that is read.
    ///
    /// # Errors
    ///
    /// When it is written too.
    pub fn read(&self, name: &str, path: &Path) -> Result<(), String> {
        match self.same(path) {
            Some(output) => Err(format!("{name} and {output} are the same file")),
            None => Ok(()),
        }
    }

    /// Takes note of a file of expectations. With `force`, new ones may take its place: they keep its exemptions.
    ///
    /// # Errors
    ///
    /// When it is written too.
    pub fn read_expectations(&self, path: Option<&Path>, force: bool) -> Result<(), String> {
        let Some(path) = path else { return Ok(()) };
        if force && self.same(path) == Some(WRITE_EXPECT) { Ok(()) } else { self.read("--expect", path) }
    }

    /// The name of the output that is this file.
    fn same(&self, path: &Path) -> Option<&'static str> {
        if self.all.is_empty() {
            return None;
        }
        let identity = Identity::of(path);
        let same = self.all.iter().find(|(_, other)| identity != Identity::Other && identity == *other);
        same.map(|(output, _)| *output)
    }

    /// Takes note of the files of a target. Of a recording it is the manifest.
    ///
    /// # Errors
    ///
    /// When one of them is written too.
    pub fn read_target(&self, target: &Target) -> Result<(), String> {
        let name = "the target";
        match target {
            Target::Url(_) | Target::Test(_) => Ok(()),
            Target::Stdin => self.read("standard input", Path::new("/dev/stdin")),
            Target::File(path) => {
                self.read(name, path)?;
                self.read("the manifest of the target", &path.join("manifest.jsonl"))
            }
        }
    }

    /// Takes note of the files that tell how a URL is reached.
    ///
    /// # Errors
    ///
    /// When one of them is written too.
    pub fn read_transport(&self, options: &transport::Options) -> Result<(), String> {
        let files = [
            ("--password-file", &options.request.password_file),
            ("--netrc-file", &options.request.netrc_file),
            ("--cacert", &options.cacert),
        ];
        let mut given = files.into_iter().filter_map(|(name, path)| Some((name, path.as_deref()?)));
        given.try_for_each(|(name, path)| self.read(name, path))
    }
}

impl Identity {
    fn of(path: &Path) -> Self {
        if let Ok(found) = fs::metadata(path) {
            return if found.is_file() { Self::File(found.dev(), found.ino()) } else { Self::Other };
        }
        let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match (fs::canonicalize(parent), path.file_name()) {
            (Ok(parent), Some(name)) => Self::Place(parent.join(name)),
            // Opening it says what is wrong.
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_under_all_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "x").unwrap();
        fs::create_dir(path("recording")).unwrap();
        fs::write(path("recording/manifest.jsonl"), "x").unwrap();
        std::os::unix::fs::symlink("a", path("link")).unwrap();
        let outputs = |name: &str| {
            let mut outputs = Outputs::default();
            outputs.add("--report", Some(&path(name))).unwrap();
            outputs
        };
        for (output, input, is_same) in [
            ("a", "a", true),
            ("link", "a", true),
            ("a", "link", true),
            ("a", "recording/../a", true),
            ("a", "b", false),
            ("b", "b", true),
            ("b", "recording/../b", true),
            ("missing/b", "missing/b", false),
            ("recording", "recording", false),
        ] {
            let found = outputs(output).read("--targets", &path(input));
            let expected =
                if is_same { Err("--targets and --report are the same file".into()) } else { Ok(()) };
            assert_eq!(found, expected, "{output} {input}");
        }
        let manifest = outputs("recording/manifest.jsonl");
        assert!(manifest.read_target(&Target::File(path("recording"))).is_err());
        assert!(outputs("recording/page.html").read_target(&Target::File(path("recording"))).is_ok());
        assert!(outputs("a").add("--save-baseline", Some(&path("a"))).is_err());
        let mut expect = Outputs::default();
        expect.add(WRITE_EXPECT, Some(&path("a"))).unwrap();
        assert!(expect.read_expectations(Some(&path("a")), false).is_err());
        assert!(
            expect.read_expectations(Some(&path("a")), true).is_ok() && expect.read("x", &path("a")).is_err()
        );
        let null = Path::new("/dev/null");
        let mut device = Outputs::default();
        device.add("--report", Some(null)).unwrap();
        assert!(device.read("--targets", null).is_ok());
    }
}
