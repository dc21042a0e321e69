//! Where frames go: files in a directory, one file of JPEGs, standard output, or several of these.

use super::concat::Concat;
use super::directory::Directory;
use super::hang::Operations;
use super::line::Line;
use super::mkv::Mkv;
use super::moment::Moment;
use super::stdout::{FrameOutput, Taken};
use crate::problem::Problem;

/// The places of the command line. Without any, frames are judged and counted only.
#[derive(Default)]
pub struct Sink {
    /// OUT.
    pub directory: Option<Directory>,
    /// `--concat`.
    pub concat: Option<Concat>,
    /// `--mkv`.
    pub mkv: Option<Mkv>,
    /// `-`.
    pub stdout: Option<FrameOutput>,
    /// The operations on files.
    pub operations: Operations,
}

/// Where a good frame went.
#[derive(Debug)]
pub enum Written {
    /// To all places. In a directory it has this number and name.
    Everywhere(Option<(u64, String)>),
    /// Not to standard output.
    NotToStdout(Taken),
}

impl Sink {
    /// Makes the places ready, now that there is a stream.
    ///
    /// # Errors
    ///
    /// When OUT cannot be created or written to.
    pub fn open(&mut self, at: Moment) -> Result<(), Problem> {
        self.operations.run(|| self.directory.as_mut().map_or(Ok(()), |directory| directory.open(at)))
    }

    /// Whether frames go to the video only.
    pub fn is_mkv_alone(&self) -> bool {
        self.mkv.is_some() && self.directory.is_none() && self.concat.is_none() && self.stdout.is_none()
    }

    /// Writes a good frame that came `at` this moment.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn good(&mut self, jpeg: &[u8], at: Moment) -> Result<Written, Problem> {
        if let Some(stdout) = &mut self.stdout {
            let taken = if stdout.is_file() {
                self.operations.run(|| stdout.write(jpeg))?
            } else {
                stdout.write(jpeg)?
            };
            match taken {
                Taken::Whole => {}
                taken => return Ok(Written::NotToStdout(taken)),
            }
        }
        self.operations.run(|| {
            if let Some(concat) = &mut self.concat {
                concat.good(jpeg)?;
            }
            let directory = self.directory.as_mut();
            Ok(Written::Everywhere(directory.map(|directory| directory.good(jpeg, at)).transpose()?))
        })
    }

    /// Writes a damaged frame, and returns its name in OUT. Only directories take damaged frames.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn damaged(&mut self, bytes: &[u8], at: Moment) -> Result<Option<String>, Problem> {
        let Some(directory) = &mut self.directory else { return Ok(None) };
        self.operations.run(|| directory.damaged(bytes, at))
    }

    /// Appends a line to the manifest, if there is one. It is in the file after the next [`Sink::flush`].
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn note(&mut self, line: Line, at: Moment) -> Result<(), Problem> {
        let Some(directory) = &mut self.directory else { return Ok(()) };
        self.operations.run(|| directory.note(line, at))
    }

    /// Writes the frames and the lines of the manifest that wait. All that came is then in the files.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn flush(&mut self, at: Moment) -> Result<(), Problem> {
        self.operations.run(|| {
            let directory = self.directory.as_mut().map_or(Ok(()), |directory| directory.flush(at));
            let concat = self.concat.as_mut().map_or(Ok(()), Concat::flush);
            directory.and(concat)
        })
    }

    /// Whether standard output ends inside a frame.
    pub fn is_cut(&self) -> bool {
        self.stdout.as_ref().is_some_and(FrameOutput::is_cut)
    }

    /// The bytes of the good frames that are not written after all: in OUT they were removed again, because their lines
    /// could not be written; a file of frames ends before them. With OUT, its frames count.
    pub fn removed(&self) -> Vec<u64> {
        match (&self.directory, &self.concat) {
            (Some(directory), _) => directory.removed().collect(),
            (None, Some(concat)) if self.stdout.is_none() => concat.lost().to_vec(),
            (None, _) => Vec::new(),
        }
    }

    /// Writes what waits, and closes all files.
    ///
    /// # Errors
    ///
    /// The first error. Everything is closed.
    pub fn close(&mut self, at: Moment) -> Result<(), Problem> {
        self.operations.run(|| {
            let directory = self.directory.as_mut().map_or(Ok(()), |directory| directory.close(at));
            let concat = self.concat.as_mut().map_or(Ok(()), Concat::close);
            let mkv = self.mkv.as_mut().map_or(Ok(()), Mkv::close);
            directory.and(concat).and(mkv)
        })
    }
}
