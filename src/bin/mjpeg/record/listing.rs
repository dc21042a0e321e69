//! Files and their lines, kept in step.

use std::io;
use std::time::Duration;

use super::earlier::Earlier;
use super::folder::Folder;
use super::line::Line;
use super::manifest::Manifest;
use super::ring::{Entry, Expired, Limit, Ring};
use crate::durability::Durability;

/// The manifest with the files that it lists.
#[derive(Debug)]
pub struct Listing {
    manifest: Manifest,
    ring: Option<Ring>,
    /// The newest files: their lines are not in the manifest yet.
    unlisted: Vec<Unlisted>,
}

/// A file whose line is not in the manifest.
#[derive(Debug)]
pub struct Unlisted {
    /// Its name below OUT.
    pub name: String,
    /// Bytes of a good frame; `None` for a damaged one.
    pub good_bytes: Option<u64>,
}

impl Listing {
    /// A new manifest, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn create(folder: &Folder, durability: Durability, limit: Option<Limit>) -> io::Result<Self> {
        let manifest = Manifest::create(folder, durability)?;
        let ring = limit.map(Ring::new);
        Ok(Self { manifest, ring, unlisted: Vec::new() })
    }

    /// The manifest of an earlier recording, to add lines to it. `limit`: how much stays, and what time it is.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub fn resume(
        folder: &Folder,
        durability: Durability,
        limit: Option<(Limit, Duration)>,
        earlier: Earlier,
    ) -> io::Result<Self> {
        let manifest = Manifest::resume(folder, durability, earlier.manifest_bytes, earlier.last_line)?;
        let ring = limit.map(|(limit, now)| Ring::resume(limit, earlier.entries, now));
        Ok(Self { manifest, ring, unlisted: Vec::new() })
    }

    /// Says that a file has got its name. Its line follows.
    pub fn published(&mut self, name: String, good_bytes: Option<u64>) {
        self.unlisted.push(Unlisted { name, good_bytes });
    }

    /// Appends the line of the oldest file without one, or of a frame without a file. It is in the manifest after the
    /// next [`Listing::flush`].
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn note(&mut self, line: &Line, unix: Duration) -> io::Result<()> {
        let line_bytes = self.manifest.push(line)?;
        if let Some(ring) = &mut self.ring {
            ring.push(Entry {
                file: line.file.clone(),
                file_bytes: line.file_bytes,
                line_bytes,
                at: unix,
                is_good: line.seq.is_some(),
            });
        }
        Ok(())
    }

    /// Writes the lines that wait, and removes what is beyond the limit.
    ///
    /// # Errors
    ///
    /// When they cannot be written. The files of these lines are removed then: see [`Listing::take_unlisted`].
    pub fn flush(&mut self, folder: &Folder, unix: Duration) -> io::Result<()> {
        self.manifest.flush()?;
        self.unlisted.clear();
        let Expired { entries, kept } = self.ring.as_mut().map(|ring| ring.expire(unix)).unwrap_or_default();
        if !entries.is_empty() {
            // The lines go first: a line without its file would be wrong, a file without a line is only in the way.
            self.manifest.keep(folder, &kept)?;
            for file in entries.iter().filter_map(|entry| entry.file.as_ref()) {
                folder.remove_below(file)?;
            }
        }
        Ok(())
    }

    /// The files whose lines could not be written.
    pub fn take_unlisted(&mut self) -> Vec<Unlisted> {
        std::mem::take(&mut self.unlisted)
    }

    /// Closes the manifest.
    ///
    /// # Errors
    ///
    /// Those of the close.
    pub fn close(self) -> io::Result<()> {
        self.manifest.close()
    }
}
