//! `--mkv FILE`: the frames with their times in one Matroska file.

use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mjpeg::jpeg::Summary;
use mjpeg::multipart::{Part, Timestamp};

use super::existing::Existing;
use super::out_file::OutFile;
use crate::durability::Durability;
use crate::matroska::{Film, Patch};
use crate::problem::Problem;

/// Between frames whose times are not known.
const NOMINAL_GAP: Duration = Duration::from_millis(40);

/// The file. It is created with the first good frame. It can be played at each moment, also after kill -9.
#[derive(Debug)]
pub struct Mkv {
    path: PathBuf,
    existing: Existing,
    open: Option<(OutFile, Film)>,
    times: Times,
    /// A buffer that is used again.
    text: Vec<u8>,
}

impl Mkv {
    /// A file that does not exist yet.
    pub fn new(path: &Path, existing: Existing) -> Self {
        Self { path: path.into(), existing, open: None, times: Times::default(), text: Vec::new() }
    }

    /// Appends a frame that came at `arrival`, since the first byte of the stream, and at `unix` since 1970-01-01 UTC.
    ///
    /// # Errors
    ///
    /// When it cannot be written. The file then ends behind the frame before.
    pub fn good(
        &mut self,
        jpeg: &[u8],
        part: &Part<'_>,
        arrival: Option<Duration>,
        unix: Duration,
    ) -> Result<(), Problem> {
        let time = self.times.of(part, arrival);
        self.text.clear();
        let (file, film) = match &mut self.open {
            Some(open) => open,
            None => {
                let file = OutFile::create(&self.path, self.existing, Durability::Closed)?;
                let summary = Summary::of(jpeg);
                let width = summary.frame.as_ref().map_or(0, |frame| frame.width);
                let zero = unix.saturating_sub(time);
                let film = Film::new(width, summary.height().unwrap_or(0), zero, &mut self.text);
                self.open.insert((file, film))
            }
        };
        // The head of the file is in the buffer if this is the first frame.
        let at = file.len() + self.text.len() as u64;
        let placed = film.frame(jpeg.len(), time, at, &mut self.text);
        file.write_slices(&mut [IoSlice::new(&self.text), IoSlice::new(jpeg)])?;
        if let Some(Patch { at, bytes }) = film.placed(&placed) {
            file.patch(at, &bytes)?;
        }
        file.replace()
    }

    /// Writes the cues and the duration, and closes the file.
    ///
    /// # Errors
    ///
    /// Those of the writes and the close. The file can be played without its cues.
    pub fn close(&mut self) -> Result<(), Problem> {
        let Some((mut file, mut film)) = self.open.take() else { return Ok(()) };
        self.text.clear();
        let patches = film.end(file.len(), &mut self.text);
        let write = |file: &mut OutFile| {
            file.write(&self.text)?;
            patches.iter().try_for_each(|Patch { at, bytes }| file.patch(*at, bytes))
        };
        let written = write(&mut file);
        written.and(file.close())
    }
}

/// The times of frames, from the best clock that there is.
#[derive(Debug, Default)]
struct Times {
    /// The X-Timestamp of the first frame.
    first: Option<Duration>,
    last: Option<Duration>,
}

impl Times {
    /// When a frame came; in a file, when the camera says that it was taken; else at a nominal rate.
    fn of(&mut self, part: &Part<'_>, arrival: Option<Duration>) -> Duration {
        let taken = || part.fields.first("x-timestamp").and_then(Timestamp::parse).map(|it| it.0);
        let time = arrival.or_else(|| {
            let taken = taken()?;
            // A clock that was set back would give times before the first one.
            taken.checked_sub(*self.first.get_or_insert(taken))
        });
        let time = time.unwrap_or_else(|| self.last.map_or(Duration::ZERO, |last| last + NOMINAL_GAP));
        self.last = Some(time);
        time
    }
}
