//! Judges what the pictures show, by the means of their blocks.

use alloc::format;
use alloc::string::ToString;
use core::mem;
use core::time::Duration;

use super::findings::{Findings, Place};
use super::run::{Longest, Run};
use crate::check::content::{Colour, Look, Stillness};
use crate::check::rule::Rule;
use crate::check::rules::look::*;
use crate::jpeg::Checker;
use crate::multipart::Part;

/// So many pictures in a row count, as they do for a frozen source.
const PICTURES: u64 = 10;
/// A shorter run counts if it takes so long: FFmpeg's `blackdetect` and `freezedetect` have the same.
const SHORTEST: Duration = Duration::from_secs(2);

/// The pictures so far of which the entropy-coded data was read.
#[derive(Debug, Default)]
pub struct Content {
    looked: u64,
    black: Runs,
    overexposed: Runs,
    flat: Runs,
    stillness: Stillness,
    still: Option<StillRun>,
    nearly_frozen: Longest,
}

/// The runs of pictures that show one thing.
#[derive(Debug, Default)]
struct Runs {
    run: Option<Run>,
    longest: Longest,
}

/// Pictures in a row that are nearly the same.
#[derive(Debug, Clone, Copy)]
struct StillRun {
    run: Run,
    /// Equal pictures that the last one ends.
    equal: u64,
    /// A frozen source has a rule of its own.
    is_frozen: bool,
}

impl Content {
    /// Takes the picture that `checker` has read last. `is_repeat`: it shows the same as the one before.
    pub fn picture(
        &mut self,
        checker: &Checker,
        colour: Colour,
        part: &Part<'_>,
        arrival: Option<Duration>,
        is_repeat: bool,
        findings: &mut Findings,
    ) {
        let Some(means) = checker.means() else { return };
        let look = Look::of(means, colour);
        self.looked += 1;
        self.black.picture(part, arrival, look.is_black);
        self.overexposed.picture(part, arrival, look.is_overexposed);
        self.flat.picture(part, arrival, look.is_flat);
        if let Some(concealment) = look.concealment {
            let place = Place::in_part(part.number, part.spans.body.start);
            findings.note(&CONCEALED, place, concealment.to_string());
        }
        let is_still = self.stillness.picture(checker) == Some(true);
        // Nothing moves in a picture that shows nothing.
        let shows_nothing = look.is_black || look.is_overexposed || look.is_flat;
        match &mut self.still {
            Some(still) if is_still && !shows_nothing => still.extend(arrival, is_repeat),
            _ => {
                self.end_still_run();
                let run = Run::start(part, arrival);
                self.still = (!shows_nothing).then_some(StillRun { run, equal: 1, is_frozen: false });
            }
        }
    }

    /// The pictures of the next window: runs go on.
    pub fn continued(&mut self) -> Self {
        let next = |runs: &Runs| Runs { run: runs.run, longest: Longest::default() };
        Self {
            looked: 0,
            black: next(&self.black),
            overexposed: next(&self.overexposed),
            flat: next(&self.flat),
            stillness: mem::take(&mut self.stillness),
            still: self.still,
            nearly_frozen: Longest::default(),
        }
    }

    fn end_still_run(&mut self) {
        let still = self.still.take().filter(|still| !still.is_frozen && still.run.pictures >= PICTURES);
        if let Some(StillRun { run, .. }) = still.filter(|still| is_long(still.run.duration())) {
            self.nearly_frozen.take(run);
        }
    }

    /// Judges the runs of a stream of `pictures` pictures.
    pub fn finish(mut self, pictures: u64, findings: &mut Findings) {
        self.end_still_run();
        let looked = self.looked;
        let mut note = |rule: &'static Rule, runs: Longest, what: &str| {
            let Some((run, count)) = runs.get() else { return };
            let mut message = format!("{} {what}", run.subject(pictures));
            if let Some(time) = run.time().filter(|_| run.pictures > 1) {
                message += &format!(", for {time}");
            }
            findings.note_times(count, rule, run.place, message);
        };
        note(&BLACK, self.black.finish(looked), "are black");
        note(&FLAT, self.flat.finish(looked), "have one brightness and no detail");
        note(&OVER_EXPOSED, self.overexposed.finish(looked), "are white for the most part");
        note(&NEARLY_FROZEN, self.nearly_frozen, "are nearly the same");
    }
}

impl Runs {
    fn picture(&mut self, part: &Part<'_>, arrival: Option<Duration>, belongs: bool) {
        match &mut self.run {
            Some(run) if belongs => run.extend(arrival),
            None if belongs => self.run = Some(Run::start(part, arrival)),
            _ => self.end(),
        }
    }

    fn end(&mut self) {
        let is_counted =
            |run: &Run| run.pictures >= PICTURES || run.duration().is_some_and(|it| it >= SHORTEST);
        if let Some(run) = self.run.take().filter(is_counted) {
            self.longest.take(run);
        }
    }

    /// Of a stream of which so many pictures were looked at. If all of them belong to one run, it counts however
    /// short it is.
    fn finish(mut self, looked: u64) -> Longest {
        match self.run.take_if(|run| run.pictures == looked) {
            Some(run) => self.longest.take(run),
            None => self.end(),
        }
        self.longest
    }
}

impl StillRun {
    fn extend(&mut self, arrival: Option<Duration>, is_repeat: bool) {
        self.run.extend(arrival);
        self.equal = if is_repeat { self.equal + 1 } else { 1 };
        self.is_frozen |= self.equal >= PICTURES;
    }
}

/// Whether pictures that are nearly the same stay so for long enough. Without times, their number decides.
fn is_long(duration: Option<Duration>) -> bool {
    duration.is_none_or(|duration| duration >= SHORTEST)
}
