//! The steps of a capture, written to its files.

use std::path::PathBuf;
use std::time::Duration;

use mjpeg::counted::Counted;

use super::capture_file::CaptureFile;
use super::queue::Step;
use super::settings::Settings;
use super::track::Ended;
use crate::clock::Clock;
use crate::output;

/// Writes the files of one trigger: one for each response.
pub struct Writer<'a> {
    settings: &'a Settings,
    clock: &'a Clock,
    state: Writing,
    has_begun: bool,
    captured: Option<Captured>,
}

/// What is complete of a trigger.
struct Captured {
    responses: u64,
    bytes: u64,
    /// When the first byte came, and the last one.
    time: (Duration, Duration),
    first: PathBuf,
    last: PathBuf,
}

enum Writing {
    /// No response has begun.
    Nothing,
    /// The first read gets these bytes before it.
    Begun(Vec<u8>),
    File(CaptureFile),
}

impl<'a> Writer<'a> {
    /// A writer that has written nothing.
    pub fn new(settings: &'a Settings, clock: &'a Clock) -> Self {
        Self { settings, clock, state: Writing::Nothing, has_begun: false, captured: None }
    }

    /// Takes some steps. Returns how many captures they have completed.
    ///
    /// # Errors
    ///
    /// When a file cannot be created or written.
    pub fn take(&mut self, steps: Vec<Step>) -> anyhow::Result<u64> {
        let mut completed = 0;
        for step in steps {
            match step {
                Step::Begin(prefix) => self.state = Writing::Begun(prefix),
                Step::Read(read) => match &mut self.state {
                    Writing::File(file) => file.write(&read.bytes, read.at)?,
                    Writing::Begun(prefix) => {
                        prefix.extend_from_slice(&read.bytes);
                        let Settings { names, durability, .. } = self.settings;
                        let mut file = CaptureFile::create(names, *durability, self.clock)?;
                        file.write(prefix, read.at)?;
                        self.state = Writing::File(file);
                        self.has_begun = true;
                    }
                    Writing::Nothing => {}
                },
                Step::End(ended) => completed += self.end(ended)?,
            }
        }
        if let Writing::File(file) = &mut self.state {
            file.flush()?;
        }
        Ok(completed)
    }

    /// Whether there was something to write.
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Completes the capture that is being written, if there is one. Returns how many that are.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn end(&mut self, (word, at): Ended) -> anyhow::Result<u64> {
        let Writing::File(file) = std::mem::replace(&mut self.state, Writing::Nothing) else { return Ok(0) };
        let (path, bytes, (start, end)) = (file.path.clone(), file.len, file.time());
        file.close(word, at)?;
        let captured = self.captured.get_or_insert_with(|| Captured {
            responses: 0,
            bytes: 0,
            time: (start, end),
            first: path.clone(),
            last: path.clone(),
        });
        captured.responses += 1;
        captured.bytes += bytes;
        captured.time.1 = end;
        captured.last = path;
        Ok(1)
    }

    /// Says what was captured. A URL that is polled has many responses.
    pub fn report(&mut self) {
        let Some(Captured { responses, bytes, time: (start, end), first, last }) = self.captured.take()
        else {
            return;
        };
        let (seconds, bytes) = (end.saturating_sub(start).as_secs_f64(), output::bytes(bytes));
        let text = match responses {
            1 => format!("captured {seconds:.1} s, {bytes}, in {}", first.display()),
            _ => format!(
                "captured {seconds:.1} s, {}, {bytes}, in {} to {}",
                Counted(responses, "response"),
                first.display(),
                last.display()
            ),
        };
        self.settings.reporter.event(&text);
    }
}
