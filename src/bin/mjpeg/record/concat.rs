//! `--concat FILE`: the frames one after another in one file.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mjpeg::jpeg::{Piece, Splitter};
use mjpeg::multipart::Extent;

use super::existing::Existing;
use super::gathered::Gathered;
use super::out_file::OutFile;
use crate::durability::Durability;
use crate::problem::Problem;

/// The file. It is created with the first good frame.
#[derive(Debug)]
pub struct Concat {
    path: PathBuf,
    existing: Existing,
    durability: Durability,
    file: Option<OutFile>,
    waiting: Gathered,
    /// The bytes of the frames that could not be written although [`Concat::good`] took them.
    lost: Vec<u64>,
}

impl Concat {
    /// A file that does not exist yet.
    pub fn new(path: &Path, existing: Existing, durability: Durability) -> Self {
        Self {
            path: path.into(),
            existing,
            durability,
            file: None,
            waiting: Gathered::new(),
            lost: Vec::new(),
        }
    }

    /// Appends a frame. It is in the file after the next [`Concat::flush`].
    ///
    /// # Errors
    ///
    /// When this frame or an earlier one cannot be written. The file then ends behind the last one that could be.
    pub fn good(&mut self, jpeg: &[u8]) -> Result<(), Problem> {
        let Some(file) = &mut self.file else {
            let mut file = match self.existing {
                Existing::Resume => OutFile::append(&self.path, self.durability, whole_pictures)?,
                existing => OutFile::create(&self.path, existing, self.durability)?,
            };
            let written = file.write(jpeg).and_then(|()| file.replace());
            return match written {
                Ok(()) => {
                    self.file = Some(file);
                    Ok(())
                }
                // Without a frame there is no file.
                Err(problem) => {
                    let _ = file.close();
                    Err(problem)
                }
            };
        };
        if self.durability == Durability::Closed && Gathered::suits(jpeg) {
            if self.waiting.fits(jpeg) {
                self.waiting.push(jpeg, file.len());
                return Ok(());
            }
            self.flush()?;
            return self.good(jpeg);
        }
        self.flush()?;
        self.file.as_mut().map_or(Ok(()), |file| file.write(jpeg))
    }

    /// Writes the frames that wait.
    ///
    /// # Errors
    ///
    /// When not all can be written. The file then ends behind the last one that could be.
    pub fn flush(&mut self) -> Result<(), Problem> {
        let ends = self.waiting.ends();
        let Some(file) = self.file.as_mut().filter(|_| !ends.is_empty()) else { return Ok(()) };
        let written = file.write_pieces(self.waiting.bytes(), ends).map_err(|(problem, whole)| {
            let starts = [0].into_iter().chain(ends.iter().copied());
            let lengths = starts.zip(ends).map(|(start, end)| (end - start) as u64);
            self.lost.extend(lengths.skip(whole));
            problem
        });
        self.waiting.clear();
        written
    }

    /// The bytes of each frame that could not be written although [`Concat::good`] took it.
    pub fn lost(&self) -> &[u64] {
        &self.lost
    }

    /// Writes what waits, and closes the file.
    ///
    /// # Errors
    ///
    /// Those of the write and the close.
    pub fn close(&mut self) -> Result<(), Problem> {
        let flushed = self.flush();
        let closed = self.file.take().map_or(Ok(()), OutFile::close);
        flushed.and(closed)
    }
}

/// Bytes of an earlier file without the beginning of a picture at its end.
fn whole_pictures(input: &mut dyn Read) -> io::Result<u64> {
    let mut splitter = Splitter::new();
    let mut whole = 0;
    loop {
        let n = input.read(splitter.space())?;
        if n == 0 {
            splitter.finish();
        } else {
            splitter.filled(n);
        }
        while let Some(piece) = splitter.next_piece() {
            whole = match piece {
                Piece::Picture { span, extent: Extent::Partial, .. } => span.start,
                Piece::Picture { span, .. } | Piece::Junk(span) => span.end(),
            };
        }
        if n == 0 {
            return Ok(whole);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_resumed_file_goes_on_behind_its_last_whole_picture() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("all.mjpeg");
        let jpeg = &include_bytes!("../../../../fixtures/jpeg/420.jpg")[..];
        for (before, kept) in [
            (vec![], 0),
            (jpeg.to_vec(), jpeg.len()),
            ([jpeg, b"\r\n"].concat(), jpeg.len() + 2),
            ([jpeg, &jpeg[..1000]].concat(), jpeg.len()),
            (jpeg[..1000].to_vec(), 0),
        ] {
            fs::write(&path, &before).unwrap();
            let mut concat = Concat::new(&path, Existing::Resume, Durability::Synced);
            assert_eq!(fs::read(&path).unwrap(), before, "nothing is cut before there is a frame");
            concat.good(jpeg).unwrap();
            concat.good(jpeg).unwrap();
            concat.close().unwrap();
            assert!(fs::read(&path).unwrap() == [&before[..kept], jpeg, jpeg].concat());
        }
    }
}
