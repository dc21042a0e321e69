//! The frames of a measurement, read once from a directory.

use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;

use crate::output::Reporter;
use crate::problem::Problem;
use crate::source::directory::Directory;
use crate::source::paced::{Next, Paced};

/// The most bytes of pictures: all of them stay in memory.
const MAX_BYTES: usize = 1 << 30;

/// The first `limit` pictures of `directory`, in natural order. At least one.
///
/// # Errors
///
/// If the directory cannot be read, has no complete JPEG, or has more than 1 GiB of pictures.
pub fn load(directory: &Path, limit: u64) -> Result<Vec<Vec<u8>>, Problem> {
    let shown = directory.display();
    let mut source = Directory::open(directory, Some(1), Reporter::new("bench")).map_err(|problem| {
        match problem.hint {
            Some(_) => problem,
            None => problem.hint("give a directory of JPEGs; `mjpeg record URL DIR` makes one from a stream"),
        }
    })?;
    let mut frames = Vec::new();
    let mut bytes = 0;
    for number in 1..=limit {
        let Next::Picture(picture) = source.next(number, Duration::ZERO) else { break };
        bytes += picture.jpeg().len();
        if bytes > MAX_BYTES {
            let hint =
                "use fewer pictures or a shorter --duration: frames that never become due are not read";
            return Err(Problem::new(anyhow!("the pictures in {shown} take more than 1 GiB")).hint(hint));
        }
        frames.push(picture.jpeg().to_vec());
    }
    if frames.is_empty() {
        return Err(Problem::new(anyhow!("{shown} has no complete JPEG")));
    }
    Ok(frames)
}
