//! The paths of the files of `--concat`, `--mkv` and `--raw`, before they are created.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::existing::Existing;
use super::lock::is_in_use;
use crate::problem::Problem;
use crate::transport::Target;

/// What to do about a file that exists.
pub const EXISTS_HINT: &str = "choose another file, or overwrite it with --force";

/// Whether a file may be created at this path, as far as can be told without touching it: it is a new or a regular file, it
/// is outside of OUT, it is not the file that is read, and no other process writes to it.
///
/// # Errors
///
/// Why it may not.
pub fn may_create(
    path: &Path,
    existing: Existing,
    out: Option<&Path>,
    target: &Target,
) -> Result<(), Problem> {
    let context = || format!("cannot create {}", path.display());
    let parent = parent(path);
    if out.is_some_and(|out| path == out || parent == out || is_same(parent, out) || is_same(path, out)) {
        let cause = anyhow!("{} is in the directory of the recording", path.display());
        return Err(Problem::new(cause).hint("choose a file outside of it"));
    }
    let parent = match fs::metadata(parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let hint = format!("the directory {} does not exist", parent.display());
            return Err(Problem::new(anyhow::Error::new(error).context(context())).hint(hint));
        }
        found => found.with_context(context)?,
    };
    if !parent.is_dir() {
        let cause = io::Error::from(io::ErrorKind::NotADirectory);
        return Err(anyhow::Error::new(cause).context(context()).into());
    }
    match fs::metadata(path) {
        Err(_) => Ok(()),
        Ok(metadata) if !metadata.is_file() => {
            let cause = anyhow!("cannot create {}: it is not a regular file", path.display());
            Err(Problem::new(cause)
                .hint("for a pipe or a device, write the frames to standard output: `-` as OUT"))
        }
        Ok(_) if existing == Existing::Refuse => {
            Err(Problem::new(anyhow!("{} exists", path.display())).hint(EXISTS_HINT))
        }
        Ok(_) => match target {
            Target::File(read) if is_same(path, read) => {
                Err(anyhow!("{} is the file that is read", path.display()).into())
            }
            _ if is_in_use(path).with_context(|| format!("cannot write {}", path.display()))? => {
                Err(anyhow!("another process records to {}", path.display()).into())
            }
            _ => Ok(()),
        },
    }
}

/// Whether no two of these paths lead to the same file, also through links.
///
/// # Errors
///
/// Which two do.
pub fn are_distinct(paths: &[PathBuf]) -> Result<(), Problem> {
    for (n, path) in paths.iter().enumerate() {
        if let Some(other) = paths[..n].iter().find(|other| is_same_place(path, other)) {
            let cause = anyhow!("{} and {} are the same file", other.display(), path.display());
            return Err(Problem::new(cause).hint("--concat, --mkv and --raw need a file each"));
        }
    }
    Ok(())
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether both names lead to the same file, which may not exist yet.
fn is_same_place(a: &Path, b: &Path) -> bool {
    let node = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    let place = |path: &Path| fs::canonicalize(parent(path)).ok().zip(path.file_name().map(OsString::from));
    node(a).is_some_and(|a| node(b) == Some(a)) || place(a).is_some_and(|a| place(b) == Some(a))
}

/// Whether both names lead to the same file.
fn is_same(a: &Path, b: &Path) -> bool {
    fs::canonicalize(a).is_ok_and(|a| fs::canonicalize(b).is_ok_and(|b| a == b))
}
