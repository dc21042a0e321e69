//! The frames of a measurement, read once from a directory.

use std::path::Path;

use anyhow::anyhow;

use crate::clock::Clock;
use crate::output::Reporter;
use crate::problem::Problem;
use crate::source::io_thread::Progress;
use crate::source::listing::{self, Detail, Name};
use crate::source::notices::{More, Notices};
use crate::source::picture_file::{self, Look};
use crate::source::stamp::Origin;
use crate::transport::scheme_hint;

/// The most bytes of pictures: all of them stay in memory.
const MAX_BYTES: usize = 1 << 30;

/// The first `limit` pictures of `directory`, in natural order. At least one.
///
/// # Errors
///
/// If the directory cannot be read, has no complete JPEG, or has more than 1 GiB of pictures.
pub fn load(directory: &Path, limit: u64) -> Result<Vec<Vec<u8>>, Problem> {
    let shown = directory.display();
    let (files, progress) =
        (listing::list(directory, Detail::Names, &Progress::default()), Progress::default());
    if let Some(problem) = listing::check(directory, &files) {
        return Err(match problem.hint {
            Some(_) => problem,
            None => {
                let directories = "give a directory of JPEGs; `mjpeg record URL DIR` makes one from a stream";
                problem.hint(scheme_hint(directory).unwrap_or_else(|| directories.into()))
            }
        });
    }
    let mut names: Vec<Name> = files.unwrap_or_default().into_iter().map(|file| file.name).collect();
    names.sort_unstable();
    let mut notices = Notices::new(Clock::real(), Reporter::new("bench"));
    let mut frames = Vec::new();
    let mut bytes = 0;
    for Name(name) in names {
        if frames.len() as u64 == limit {
            break;
        }
        let path = directory.join(name);
        let found =
            picture_file::look(&path, Origin::Local, &progress, |_| true).map_err(|error| error.to_string());
        let picture = match found {
            Ok(Look::Read(_, picture)) => picture,
            Ok(Look::Unread(_) | Look::Changing(_)) => Err("it changed while it was read".into()),
            Err(error) => Err(error),
        };
        let picture = match picture {
            Ok(picture) => picture,
            Err(why) => {
                let more = More::skipped_files(&shown);
                notices.say("skipped", &more, &format!("{} is skipped: {why}", path.display()));
                continue;
            }
        };
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
