//! Reads a recording in a thread of its own, with a limit for each answer of the disk.

use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;

use super::answer;
use super::line::Line;
use super::manifest::Manifest;
use crate::channel::{Sender, channel};
use crate::problem::Problem;
use crate::signal::Stop;
use crate::threads;

/// The shortest limit: a disk may have to start to spin. That of reads of captures.
const LEAST: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce(&mut Manifest) + Send>;

/// The lines and the files of a recording.
#[derive(Debug)]
pub struct Recording {
    jobs: Sender<Job>,
    /// The directory in messages.
    shown: String,
    /// The longest time for each answer.
    longest: Duration,
    stop: Stop,
}

/// Whether `path` is a directory. A mount that hangs does not answer: then it is none after `longest`, or at a signal.
pub fn is_directory(path: &Path, longest: Duration, stop: &Stop) -> bool {
    let (answer, answers) = channel();
    let path = path.to_path_buf();
    let ask = move || {
        // The receiver is gone if the answer comes too late.
        let _ = answer.send(path.is_dir());
    };
    threads::start("directory", 64 * 1024, ask).is_ok()
        && answer::within(&answers, longest, stop).unwrap_or(false)
}

impl Recording {
    /// Opens the recording in `directory`. Each answer of the disk may take `patience`, and 10 s at least.
    ///
    /// # Errors
    ///
    /// When it has no manifest that can be read, or the disk does not answer.
    pub fn open(directory: &Path, patience: Duration, stop: &Stop) -> Result<Self, Problem> {
        let (jobs, waiting) = channel::<Job>();
        let (answer, answers) = channel();
        let path = directory.to_path_buf();
        let work = move || {
            let opened = Manifest::open(&path);
            let (opened, mut manifest) = match opened {
                Ok(manifest) => (Ok(()), Some(manifest)),
                Err(problem) => (Err(problem), None),
            };
            // The receiver is gone if the answer comes too late.
            let _ = answer.send(opened);
            for job in waiting {
                if let Some(manifest) = &mut manifest {
                    job(manifest);
                }
            }
        };
        threads::start("recording", threads::STACK_BYTES, work)
            .map_err(|error| anyhow::Error::new(error).context("cannot start a thread for the recording"))?;
        let recording = Self {
            jobs,
            shown: directory.display().to_string(),
            longest: patience.max(LEAST),
            stop: stop.clone(),
        };
        match answer::within(&answers, recording.longest, stop) {
            Some(opened) => opened.map(|()| recording),
            None => Err(recording.unanswered()),
        }
    }

    /// The next line; `None` behind the last whole one.
    ///
    /// # Errors
    ///
    /// When the disk does not answer. The inner error: when it cannot be read, or is no line of a manifest.
    pub fn next_line(&mut self) -> Result<Result<Option<Line>, Problem>, Problem> {
        self.ask(Manifest::next_line)
    }

    /// The number of the last line, if the end of the manifest cuts it; known behind the last whole one.
    ///
    /// # Errors
    ///
    /// When the disk does not answer.
    pub fn cut_line(&self) -> Result<Option<u64>, Problem> {
        self.ask(|manifest| manifest.cut_line())
    }

    /// The contents of the file of a line; `None`: a recorder with `--keep` has removed it meanwhile.
    ///
    /// # Errors
    ///
    /// When the disk does not answer. The inner error: when it cannot be read, is too large, or is outside the directory.
    pub fn contents(&self, file: &str) -> Result<io::Result<Option<Vec<u8>>>, Problem> {
        let file = file.to_string();
        self.ask(move |manifest| manifest.contents(&file))
    }

    /// What the thread answers to `question`.
    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Manifest) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, answers) = channel();
        let job = move |manifest: &mut Manifest| {
            // The receiver is gone if the answer comes too late.
            let _ = answer.send(question(manifest));
        };
        let is_asked = self.jobs.send(Box::new(job)).is_ok();
        is_asked
            .then(|| answer::within(&answers, self.longest, &self.stop))
            .flatten()
            .ok_or_else(|| self.unanswered())
    }

    fn unanswered(&self) -> Problem {
        let waited = self.longest.as_secs_f64();
        let shown = &self.shown;
        anyhow!("cannot read {shown}: it did not answer within {waited:.1} s; a mount that hangs?").into()
    }
}
