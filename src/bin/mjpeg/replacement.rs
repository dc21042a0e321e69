//! A file in the place of an earlier one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Replaces a file, or what a link leads to, at once. It keeps its permissions.
///
/// # Errors
///
/// If it is not a regular file, or cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let path = &target;
    let earlier = fs::metadata(path).ok();
    if earlier.as_ref().is_some_and(|earlier| !earlier.is_file()) {
        return Err(io::Error::other("it is not a regular file"));
    }
    let name = path.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.part", std::process::id()));
    let hidden = path.with_file_name(hidden);
    let mut file = File::create(&hidden)?;
    let written = earlier
        .map_or(Ok(()), |earlier| file.set_permissions(earlier.permissions()))
        .and_then(|()| file.write_all(bytes))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&hidden, path));
    written.inspect_err(|_| drop(fs::remove_file(&hidden)))
}
