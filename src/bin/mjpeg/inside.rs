//! Files that a manifest names. It may come from anywhere, with its directory: neither a name nor a link leads out of it.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path};

/// Whether a name cannot lead out of a directory without links.
pub fn is_plain(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Opens a regular file below `folder`, and returns the number of its bytes.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidInput`] when its name or a link leads out of the directory, or it is no regular file: opening a
/// named pipe would wait for its writer. Those of the system otherwise.
pub fn open(folder: &Path, name: &str) -> io::Result<(File, u64)> {
    let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, why);
    if !is_plain(name) {
        return Err(refused("its name leads out of the directory"));
    }
    let path = folder.join(name).canonicalize()?;
    if !path.starts_with(folder.canonicalize()?) {
        return Err(refused("a link leads out of the directory"));
    }
    let metadata = fs::metadata(&path)?;
    if !metadata.is_file() {
        return Err(refused("it is not a regular file"));
    }
    Ok((File::open(path)?, metadata.len()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn names_and_links_stay_inside() {
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join("recording");
        fs::create_dir_all(folder.join("damaged")).unwrap();
        fs::write(around.path().join("secret"), "x").unwrap();
        fs::write(folder.join("damaged/a"), "abc").unwrap();
        symlink("damaged/a", folder.join("within")).unwrap();
        symlink("../secret", folder.join("out")).unwrap();
        symlink("..", folder.join("up")).unwrap();
        symlink("/dev/zero", folder.join("device")).unwrap();
        // The directory itself may be a link.
        let link = around.path().join("link");
        symlink(&folder, &link).unwrap();
        for folder in [&folder, &link] {
            assert_eq!(open(folder, "damaged/a").unwrap().1, 3);
            assert_eq!(open(folder, "within").unwrap().1, 3);
            for name in ["", "../secret", "/etc/passwd", "a/../../x", "out", "up/secret", "device", "damaged"]
            {
                assert_eq!(open(folder, name).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{name}");
            }
            assert_eq!(open(folder, "none").unwrap_err().kind(), io::ErrorKind::NotFound);
        }
    }
}
