//! Pictures that repeat: a source that is frozen while the server continues.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::findings::{Findings, Place};
use super::run::Run;
use crate::check::fingerprint::Fingerprint;
use crate::check::rules::content::{FROZEN, TOO_SHORT_TO_JUDGE};
use crate::jpeg::{Marker, Segments};
use crate::multipart::Part;

/// This many equal pictures in a row are a frozen source.
pub const FROZEN_PICTURES: u64 = 10;

/// The last picture, and the run of equal pictures that it ends.
#[derive(Debug, Default)]
pub struct Repeats {
    last: Option<Picture>,
    identical: u64,
    /// Whether the first picture of this window was compared with one before it.
    is_continued: bool,
    run: Option<EqualRun>,
    /// Runs of [`FROZEN_PICTURES`] or more.
    frozen: u64,
    longest: Option<EqualRun>,
}

/// What is kept of a picture. A monitor has many judges, so it is not the picture itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Picture {
    /// All before the first scan.
    head: Fingerprint,
    scans: Fingerprint,
}

/// Equal pictures in a row.
#[derive(Debug, Clone, Copy)]
struct EqualRun {
    run: Run,
    /// Whether all bytes are equal, not only the scans.
    is_exact: bool,
}

impl Repeats {
    /// Takes the next picture, and says whether it shows the same as the one before.
    pub fn picture(&mut self, part: &Part<'_>, arrival: Option<Duration>) -> bool {
        let (head, scans) = part.body.split_at(scan_start(part.body));
        let picture = Picture { head: Fingerprint::of(head), scans: Fingerprint::of(scans) };
        let last = self.last.replace(picture);
        let is_exact = last == Some(picture);
        // Some cameras write the time into the header of each picture: the scans decide, if they are found.
        let is_repeat = is_exact || last.is_some_and(|last| !scans.is_empty() && last.scans == picture.scans);
        match self.run.as_mut().filter(|_| is_repeat) {
            Some(equal) => {
                self.identical += 1;
                equal.run.extend(arrival);
                equal.is_exact &= is_exact;
            }
            None => {
                self.end_run();
                self.run = Some(EqualRun { run: Run::start(part, arrival), is_exact: true });
            }
        }
        self.run.is_some_and(|equal| equal.run.pictures > 1)
    }

    /// Pictures so far that show the same as the one before.
    pub fn identical(&self) -> u64 {
        self.identical
    }

    /// The repeats of the next window: the run goes on.
    pub fn continued(&self) -> Self {
        Self { last: self.last, is_continued: self.last.is_some(), run: self.run, ..Self::default() }
    }

    fn end_run(&mut self) {
        if let Some(ended) = self.run.take_if(|equal| equal.run.pictures >= FROZEN_PICTURES) {
            self.frozen += 1;
            // The longest one counts most.
            if self.longest.is_none_or(|longest| longest.run.pictures < ended.run.pictures) {
                self.longest = Some(ended);
            }
        }
    }

    /// Judges the runs of a stream of `pictures` pictures. Returns the number of pictures that show the same
    /// as the one before.
    pub fn finish(mut self, pictures: u64, findings: &mut Findings) -> u64 {
        self.end_run();
        if let Some(longest) = self.longest {
            findings.note_times(self.frozen, &FROZEN, longest.run.place, longest.message(pictures));
        } else if pictures > 1 && self.identical + u64::from(!self.is_continued) == pictures {
            let message = format!(
                "all {pictures} pictures are the same; {FROZEN_PICTURES} in a row are needed to call the source frozen"
            );
            findings.note(&TOO_SHORT_TO_JUDGE, Place::STREAM, message);
        }
        self.identical
    }
}

impl EqualRun {
    fn message(&self, pictures: u64) -> String {
        let all = if self.run.pictures == pictures { "all " } else { "" };
        let mut message = format!("{all}{} pictures in a row are the same", self.run.pictures);
        if !self.is_exact {
            message += " except for their headers";
        }
        if let Some(time) = self.run.time() {
            message += &format!(", no new picture for {time}");
        }
        message
    }
}

/// Whether two pictures are equal, or have equal scans behind other headers.
pub fn is_same(a: &[u8], b: &[u8]) -> bool {
    let (a_scans, b_scans) = (&a[scan_start(a)..], &b[scan_start(b)..]);
    a == b || (!a_scans.is_empty() && a_scans == b_scans)
}

/// Where the first scan of a picture starts; its end if there is none.
fn scan_start(jpeg: &[u8]) -> usize {
    let mut segments = Segments::of(jpeg);
    segments.find(|segment| segment.marker == Marker::SOS).map_or(jpeg.len(), |segment| segment.at)
}
