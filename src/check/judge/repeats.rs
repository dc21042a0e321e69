//! Pictures that repeat: a source that is frozen while the server continues.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::findings::{Findings, Place};
use crate::check::rules::content::{FROZEN, TOO_SHORT_TO_JUDGE};
use crate::jpeg::{Marker, Segments};
use crate::multipart::Part;

/// This many equal pictures in a row are a frozen source.
const FROZEN_PICTURES: u64 = 10;

/// The last picture, and the run of equal pictures that it ends.
#[derive(Debug, Default)]
pub struct Repeats {
    last: Vec<u8>,
    /// Where the first scan of the last picture starts.
    scan: usize,
    identical: u64,
    run: Run,
    /// Runs of [`FROZEN_PICTURES`] or more.
    frozen: u64,
    first_frozen: Option<Run>,
}

/// Equal pictures in a row.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    pictures: u64,
    part: u64,
    offset: u64,
    first: Option<Duration>,
    last: Option<Duration>,
    /// Whether all bytes are equal, not only the scans.
    is_exact: bool,
}

impl Repeats {
    /// Takes the next picture.
    pub fn picture(&mut self, part: &Part<'_>, arrival: Option<Duration>) {
        let scan = scan_start(part.body);
        let is_exact = self.last == part.body;
        // Some cameras write the time into the header of each picture: the scans decide.
        if is_exact || self.run.pictures > 0 && self.last[self.scan..] == part.body[scan..] {
            self.identical += 1;
            self.run.pictures += 1;
            self.run.last = arrival;
            self.run.is_exact &= is_exact;
        } else {
            self.end_run();
            let (number, offset) = (part.number, part.spans.body.start);
            self.run =
                Run { pictures: 1, part: number, offset, first: arrival, last: arrival, is_exact: true };
        }
        if !is_exact {
            self.last.clear();
            self.last.extend_from_slice(part.body);
            self.scan = scan;
        }
    }

    /// Pictures so far that show the same as the one before.
    pub fn identical(&self) -> u64 {
        self.identical
    }

    fn end_run(&mut self) {
        if self.run.pictures >= FROZEN_PICTURES {
            self.frozen += 1;
            // The longest one counts most.
            if self.first_frozen.is_none_or(|first| first.pictures < self.run.pictures) {
                self.first_frozen = Some(self.run);
            }
        }
    }

    /// Judges the runs of a stream of `pictures` pictures. Returns the number of pictures that show the same
    /// as the one before.
    pub fn finish(mut self, pictures: u64, findings: &mut Findings) -> u64 {
        self.end_run();
        if let Some(run) = self.first_frozen {
            let place = Place::in_part(run.part, run.offset);
            findings.note_times(self.frozen, &FROZEN, place, run.message(pictures));
        } else if pictures > 1 && self.identical + 1 == pictures {
            let message = format!(
                "all {pictures} pictures are the same; {FROZEN_PICTURES} in a row are needed to call the source frozen"
            );
            findings.note(&TOO_SHORT_TO_JUDGE, Place::STREAM, message);
        }
        self.identical
    }
}

impl Run {
    fn message(&self, pictures: u64) -> String {
        let all = if self.pictures == pictures { "all " } else { "" };
        let mut message = format!("{all}{} pictures in a row are the same", self.pictures);
        if !self.is_exact {
            message += " except for their headers";
        }
        if let Some((first, last)) = self.first.zip(self.last) {
            let seconds = last.saturating_sub(first).as_secs_f64();
            message += &format!(", no new picture for {seconds:.1} s from {:.1} s on", first.as_secs_f64());
        }
        message
    }
}

/// Where the first scan of a picture starts; its end if there is none.
fn scan_start(jpeg: &[u8]) -> usize {
    let mut segments = Segments::of(jpeg);
    segments.find(|segment| segment.marker == Marker::SOS).map_or(jpeg.len(), |segment| segment.at)
}
