//! Pictures in a row that have something in common.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::findings::Place;
use crate::multipart::Part;

/// Pictures in a row.
#[derive(Debug, Clone, Copy, Default)]
pub struct Run {
    /// How many.
    pub pictures: u64,
    /// The first one.
    pub place: Place,
    first: Option<Duration>,
    last: Option<Duration>,
}

impl Run {
    /// A run of one picture.
    pub fn start(part: &Part<'_>, arrival: Option<Duration>) -> Self {
        let place = Place::in_part(part.number, part.spans.body.start);
        Self { pictures: 1, place, first: arrival, last: arrival }
    }

    /// The next picture belongs to it too.
    pub fn extend(&mut self, arrival: Option<Duration>) {
        self.pictures += 1;
        self.last = arrival;
    }

    /// From the first to the last picture, if the times are known.
    pub fn duration(&self) -> Option<Duration> {
        self.first.zip(self.last).map(|(first, last)| last.saturating_sub(first))
    }

    /// `all 12 pictures` of a stream with so many, or `12 pictures in a row`.
    pub fn subject(&self, pictures: u64) -> String {
        let count = self.pictures;
        match count {
            1 => "a picture".into(),
            _ if count == pictures => format!("all {count} pictures"),
            _ => format!("{count} pictures in a row"),
        }
    }

    /// `2.0 s from 3.1 s on`, if the times are known.
    pub fn time(&self) -> Option<String> {
        let seconds = self.duration()?.as_secs_f64();
        Some(format!("{seconds:.1} s from {:.1} s on", self.first?.as_secs_f64()))
    }
}

/// The longest run so far, and how many there were.
#[derive(Debug, Clone, Copy, Default)]
pub struct Longest {
    run: Option<Run>,
    count: u64,
}

impl Longest {
    /// Takes a run that is long enough to count.
    pub fn take(&mut self, run: Run) {
        self.count += 1;
        if self.run.is_none_or(|longest| longest.pictures < run.pictures) {
            self.run = Some(run);
        }
    }

    /// The longest run, and the number of runs.
    pub fn get(&self) -> Option<(Run, u64)> {
        self.run.map(|run| (run, self.count))
    }
}
