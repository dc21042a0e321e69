//! A file that holds one JPEG.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::io::Errno;

use super::io_thread::Progress;
use super::picture::Picture;
use super::stamp::{Origin, Stamp};

/// The largest picture, in bytes.
pub const PICTURE_LIMIT: u64 = 64 << 20;
/// Bytes of a read that count as progress.
const STEP: u64 = 256 << 10;

/// What a look at a file found.
#[derive(Debug)]
pub enum Look {
    /// The file is in this state, in which it shall not be read.
    Unread(Stamp),
    /// The file changed while it was read.
    Changing(Stamp),
    /// The file was read: its state, and its picture or why it has none.
    Read(Stamp, Result<Picture, String>),
}

/// Looks at a file, and reads its picture if `shall_read` says so for the state of the file.
///
/// # Errors
///
/// If the file does not exist, or the system is short of something. Another error belongs to the state of the file.
pub fn look(
    path: &Path,
    origin: Origin,
    progress: &Progress,
    shall_read: impl Fn(&Stamp) -> bool,
) -> io::Result<Look> {
    // To open a device may have an effect, so it is not opened.
    let metadata = std::fs::metadata(path)?;
    let stamp = Stamp::of(&metadata);
    if !metadata.is_file() {
        return Ok(Look::Read(stamp, Err("it is not a regular file".into())));
    }
    // NFS asks its server when a file is opened; without that the metadata may be a minute old.
    if origin == Origin::Local && !shall_read(&stamp) {
        return Ok(Look::Unread(stamp));
    }
    open(path).and_then(|file| read(&file, path, progress, shall_read)).or_else(|error| {
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            None | Some(Errno::NOENT | Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::INTR) => {
                Err(error)
            }
            Some(_) => Ok(Look::Read(stamp, Err(format!("it cannot be read: {error}")))),
        }
    })
}

/// Reads the picture of an open file, the one at `path`, from its start, if `shall_read` says so for the state of the file.
///
/// # Errors
///
/// If the file cannot be read.
pub fn read(
    mut file: &File,
    path: &Path,
    progress: &Progress,
    shall_read: impl Fn(&Stamp) -> bool,
) -> io::Result<Look> {
    // Not the state that belongs to the name: another file may have it now.
    let metadata = file.metadata()?;
    let stamp = Stamp::of(&metadata);
    if !shall_read(&stamp) {
        return Ok(Look::Unread(stamp));
    }
    if !metadata.is_file() {
        return Ok(Look::Read(stamp, Err("it is not a regular file".into())));
    }
    let too_large = || Err(format!("it has more than {} MiB", PICTURE_LIMIT >> 20));
    if metadata.len() > PICTURE_LIMIT {
        return Ok(Look::Read(stamp, too_large()));
    }
    file.rewind()?;
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    while file.take(STEP).read_to_end(&mut bytes)? as u64 == STEP {
        if bytes.len() as u64 > PICTURE_LIMIT {
            return Ok(Look::Read(stamp, too_large()));
        }
        progress.step();
    }
    if !Stamp::of(&file.metadata()?).is_same_content(&stamp) {
        return Ok(Look::Changing(stamp));
    }
    Ok(Look::Read(stamp, Picture::of_file(bytes, path).map_err(|unsound| unsound.to_string())))
}

/// Opens a file without blocking, even if it is a pipe or a device.
///
/// # Errors
///
/// If the file cannot be opened.
pub fn open(path: &Path) -> io::Result<File> {
    // The flag does nothing to a regular file. The standard library adds CLOEXEC.
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    OpenOptions::new().read(true).custom_flags(flags as i32).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::picture::SMALLEST;

    #[test]
    fn only_a_regular_file_with_a_picture_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let (file, fifo) = (dir.path().join("1.jpg"), dir.path().join("2.jpg"));
        std::fs::write(&file, SMALLEST).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
            .unwrap();
        let look = |path: &Path, shall_read| look(path, Origin::Local, &Progress::default(), |_| shall_read);
        let found = look(&file, true).unwrap();
        assert!(matches!(found, Look::Read(_, Ok(picture)) if picture.jpeg() == SMALLEST));
        assert!(matches!(look(&file, false).unwrap(), Look::Unread(_)));
        for not_a_file in [&*fifo, dir.path(), Path::new("/dev/null")] {
            let found = look(not_a_file, true).unwrap();
            let says =
                matches!(&found, Look::Read(_, Err(why)) if why.as_str() == "it is not a regular file");
            assert!(says, "{found:?}");
        }
        let missing = look(&dir.path().join("3.jpg"), true).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_file_that_grows_while_it_is_read_has_no_picture() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("1.jpg");
        std::fs::write(&file, SMALLEST).unwrap();
        let append = |_: &Stamp| {
            use std::io::Write;
            OpenOptions::new().append(true).open(&file).unwrap().write_all(b"more").unwrap();
            true
        };
        let found = look(&file, Origin::Remote, &Progress::default(), append).unwrap();
        assert!(matches!(found, Look::Changing(_)), "{found:?}");
    }
}
