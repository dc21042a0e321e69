//! What a path is, and which source it makes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, anyhow};
use mjpeg::jpeg::Walk;
use mjpeg::multipart::Extent;

use super::io_thread::{IoThread, Outcome, PATIENCE, Progress};
use super::listing::is_jpeg_name;
use super::picture_file::PICTURE_LIMIT;
use crate::problem::Problem;
use crate::redacted::shown_path;
use crate::signal::Stop;

/// Bytes of a read that count as progress.
const STEP: u64 = 256 << 10;

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A named pipe.
    Pipe,
    /// A directory.
    Directory,
    /// A file with one picture, or none yet: watch it for changes.
    Picture,
    /// No file, but a name of a picture: it will be written later.
    Absent,
    /// A file with a capture or concatenated pictures: play them.
    Stream,
}

impl Kind {
    /// Looks at a path in a thread. A file named as a JPEG may be missing or empty: it will be written later.
    ///
    /// # Errors
    ///
    /// If the path cannot be read, contains nothing that can be served, does not answer, or if a signal arrives.
    pub fn of(path: &Path, stop: &Stop) -> Result<Self, Problem> {
        let of_thread = path.to_path_buf();
        let look = move |progress: &Progress| look(&of_thread, progress);
        match IoThread::new(PATIENCE).run_until(look, || stop.signal().is_some()) {
            Outcome::Done(kind) => kind,
            Outcome::Refused => Err(anyhow!("cannot start a thread to read {}", shown_path(path)).into()),
            Outcome::Hangs(_) => {
                let what = anyhow!("cannot read {}: no answer for {PATIENCE:?}", shown_path(path));
                Err(Problem::new(what)
                    .hint("is it a device, or on a file system whose server does not answer?"))
            }
        }
    }
}

fn look(path: &Path, progress: &Progress) -> Result<Kind, Problem> {
    use std::os::unix::fs::FileTypeExt;

    let named = path.file_name().is_some_and(is_jpeg_name);
    // A pipe is not opened: that would wait for its writer.
    if let Ok(metadata) = std::fs::metadata(path) {
        if metadata.is_dir() {
            return Ok(Kind::Directory);
        }
        if metadata.file_type().is_fifo() {
            return Ok(Kind::Pipe);
        }
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if named && error.kind() == std::io::ErrorKind::NotFound => return Ok(Kind::Absent),
        Err(error) => {
            return Err(anyhow::Error::new(error)
                .context(format!("cannot open {}", shown_path(path)))
                .into());
        }
    };
    let context = || format!("cannot read {}", shown_path(path));
    let mut bytes = Vec::new();
    (&file).take(5).read_to_end(&mut bytes).with_context(context)?;
    if bytes.starts_with(b"HTTP/") || bytes.starts_with(b"--") {
        return Ok(Kind::Stream);
    }
    if bytes.starts_with(&[0xff, 0xd8]) {
        // Two pictures in a row are a stream.
        while (&file).take(STEP).read_to_end(&mut bytes).with_context(context)? as u64 == STEP
            && (bytes.len() as u64) < PICTURE_LIMIT
        {
            progress.step();
        }
        return Ok(match Walk::over(&bytes) {
            Extent::Complete { end } if bytes[end..].starts_with(&[0xff, 0xd8]) => Kind::Stream,
            _ => Kind::Picture,
        });
    }
    if named {
        return Ok(Kind::Picture);
    }
    Err(Problem::new(anyhow!("{} contains neither JPEGs nor a stream", shown_path(path)))
        .hint("a directory of JPEG files, one JPEG file, a capture, a URL, - or test: can be served"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::picture::SMALLEST;

    #[test]
    fn the_first_bytes_and_the_name_decide() {
        let folder = tempfile::tempdir().unwrap();
        let two = SMALLEST.repeat(2);
        // Its second picture begins behind the first piece that is read.
        let long = [
            &[
                b"\xff\xd8",
                &b"\xff\xfe\xff\xff".iter().copied().chain([0; 65533]).collect::<Vec<_>>().repeat(5)[..],
            ]
            .concat(),
            &SMALLEST[2..],
            SMALLEST,
        ]
        .concat();
        for (name, bytes, expected) in [
            ("a.jpg", Some(SMALLEST), Some(Kind::Picture)),
            ("a", Some(SMALLEST), Some(Kind::Picture)),
            ("b.jpg", Some(&b""[..]), Some(Kind::Picture)),
            ("c.jpeg", None, Some(Kind::Absent)),
            ("d", None, None),
            ("e", Some(b"text"), None),
            ("f", Some(b"--boundary"), Some(Kind::Stream)),
            ("g.jpg", Some(b"HTTP/1.1 200 OK"), Some(Kind::Stream)),
            ("h.jpg", Some(&two), Some(Kind::Stream)),
            ("i", Some(&long), Some(Kind::Stream)),
        ] {
            let path = folder.path().join(name);
            if let Some(bytes) = bytes {
                std::fs::write(&path, bytes).unwrap();
            }
            assert_eq!(Kind::of(&path, &Stop::default()).ok(), expected, "{name}");
        }
        let fifo = folder.path().join("fifo.jpg");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
            .unwrap();
        assert_eq!(Kind::of(&fifo, &Stop::default()).ok(), Some(Kind::Pipe));
        assert_eq!(Kind::of(folder.path(), &Stop::default()).ok(), Some(Kind::Directory));
    }
}
