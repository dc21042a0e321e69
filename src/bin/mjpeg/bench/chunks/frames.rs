//! The frames of a measurement: what a directory holds, read once and kept.

use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;

use crate::exit::Failure;
use crate::output::Reporter;
use crate::source::directory::Directory;
use crate::source::paced::{Next, Paced};

/// More than this many bytes of pictures are refused: all of them stay in memory.
const MAX_BYTES: usize = 1 << 30;

/// The first `limit` pictures of `directory`, in natural order. At least one.
///
/// # Errors
///
/// When the directory cannot be read, when it holds no whole JPEG, or when the pictures together are
/// larger than 1 GiB.
pub fn load(directory: &Path, limit: u64) -> Result<Vec<Vec<u8>>, Failure> {
    let shown = directory.display();
    let mut source = Directory::open(directory, Some(1), Reporter::new("bench")).map_err(|problem| {
        match problem.hint {
            Some(_) => problem,
            None => problem.hint("give a directory of JPEGs; `mjpeg record URL DIR` makes one of a stream"),
        }
    })?;
    let mut frames = Vec::new();
    let mut bytes = 0;
    for number in 1..=limit {
        let Next::Picture(picture) = source.next(number, Duration::ZERO) else { break };
        bytes += picture.jpeg().len();
        if bytes > MAX_BYTES {
            let hint = "measure with fewer of them, or a shorter --duration: frames that never become due are not read";
            return Err(Failure::local(anyhow!("the pictures in {shown} take more than 1 GiB")).hint(hint));
        }
        frames.push(picture.jpeg().to_vec());
    }
    if frames.is_empty() {
        return Err(Failure::local(anyhow!("{shown} holds no whole JPEG")));
    }
    Ok(frames)
}
