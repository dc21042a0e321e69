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
    durability: Durability,
    recorded: Recorded,
    open: Option<(OutFile, Film)>,
    times: Times,
    /// A buffer that is used again.
    text: Vec<u8>,
}

impl Mkv {
    /// A file that does not exist yet.
    pub fn new(path: &Path, existing: Existing, durability: Durability) -> Self {
        Self {
            path: path.into(),
            existing,
            durability,
            recorded: Recorded::Unknown,
            open: None,
            times: Times::default(),
            text: Vec::new(),
        }
    }

    /// Sets when the first byte of the stream came.
    pub fn set_recorded(&mut self, recorded: Recorded) {
        self.recorded = recorded;
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
                let file = OutFile::create(&self.path, self.existing, self.durability)?;
                let summary = Summary::of(jpeg);
                let width = summary.frame.as_ref().map_or(0, |frame| frame.width);
                let zero = match self.recorded {
                    Recorded::Now => Some(unix.saturating_sub(time)),
                    Recorded::At(start) if arrival.is_some() => Some(start),
                    Recorded::At(_) | Recorded::Unknown => {
                        taken(part).filter(|taken| *taken > PLAUSIBLE).map(|taken| taken.saturating_sub(time))
                    }
                };
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
        file.settle()?;
        file.replace()
    }

    /// Writes the cues and the duration, and closes the file.
    ///
    /// # Errors
    ///
    /// Those of the writes and the close. The file can be played without its cues.
    pub fn close(&mut self) -> Result<(), Problem> {
        let Some((mut file, mut film)) = self.open.take() else { return Ok(()) };
        if file.len() == 0 {
            // Not even the first frame could be written.
            return file.close();
        }
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

/// When the first byte of a stream came, since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// The stream is live: as long ago as its time says.
    Now,
    /// Its timing file says so.
    At(Duration),
    /// Only the camera may know.
    Unknown,
}

/// An X-Timestamp before this time is that of a clock that was never set.
const PLAUSIBLE: Duration = Duration::from_secs(1_000_000_000);

/// When the camera says that a frame was taken.
fn taken(part: &Part<'_>) -> Option<Duration> {
    part.fields.first("x-timestamp").and_then(Timestamp::parse).map(|it| it.0)
}

/// The times of frames, from the best clock that there is.
#[derive(Debug, Default)]
struct Times {
    /// The X-Timestamp of the last frame.
    taken: Option<Duration>,
    last: Option<Duration>,
}

impl Times {
    /// When a frame came; in a file, when the camera says that it was taken; else at a nominal rate. A clock that was set back
    /// counts as a gap at the nominal rate.
    fn of(&mut self, part: &Part<'_>, arrival: Option<Duration>) -> Duration {
        self.after(arrival, taken(part))
    }

    fn after(&mut self, arrival: Option<Duration>, taken: Option<Duration>) -> Duration {
        let earlier = std::mem::replace(&mut self.taken, taken);
        let time = arrival.unwrap_or_else(|| {
            let Some(last) = self.last else { return Duration::ZERO };
            let gap = taken.zip(earlier).and_then(|(taken, earlier)| taken.checked_sub(earlier));
            last.saturating_add(gap.unwrap_or(NOMINAL_GAP))
        });
        self.last = Some(time);
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_on_behind_a_clock_that_was_set_back() {
        let ms = Duration::from_millis;
        let mut times = Times::default();
        let taken =
            [Some(5_000), Some(5_040), Some(5_080), Some(5_020), Some(5_060), None, Some(9_000), Some(9_100)];
        let expected = [0, 40, 80, 120, 160, 200, 240, 340];
        for (taken, expected) in taken.into_iter().zip(expected) {
            assert_eq!(times.after(None, taken.map(ms)), ms(expected), "{taken:?}");
        }
        assert_eq!(times.after(Some(ms(7)), Some(ms(1))), ms(7));
    }
}
