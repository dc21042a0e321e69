//! The end of a window, or of the stream: the report.

use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use super::parts::Finished;
use super::watch::Watch;
use super::{Judge, deviation};
use crate::check::report::Report;
use crate::check::rule::Severity;
use crate::check::rules::delimiter::NO_MULTIPART;
use crate::check::rules::jpeg::REPEATED_SOI;
use crate::check::rules::line_end::{BARE_LF, BARE_LF_WITHOUT_LENGTH, LINE_END_MISSING_WITHOUT_LENGTH};

impl Judge {
    /// The report of what came since the last call, or since the start. The judge goes on.
    ///
    /// What crosses the border of two windows is found all the same: runs of equal, still or black pictures go on, the first
    /// gap begins at the last picture before the border, and a deviation counts in the window in which it shows. Findings of
    /// the head are in each report, and so is what concerns the whole response from a place on, such as another delimiter than
    /// the announced one. What is kept for the next window does not grow with the number of windows.
    ///
    /// `watched`: as in [`Judge::finish`], up to now.
    ///
    /// ```
    /// use mjpeg::check::{Expectations, Judge};
    /// use mjpeg::http::Head;
    ///
    /// let mut judge = Judge::new(Expectations::default());
    /// judge.head(&Head::parse(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n")?.unwrap());
    /// assert_eq!(judge.window(None).findings, judge.window(None).findings);
    /// # Ok::<(), mjpeg::http::HeadError>(())
    /// ```
    pub fn window(&mut self, watched: Option<Duration>) -> Report {
        let mut findings = self.of_head.0.clone();
        findings.carry(&self.findings, &deviation::LASTING);
        let next = Self {
            expectations: self.expectations.clone(),
            findings,
            earlier: self.earlier + self.parts.count,
            obstacles: self.of_head.1.clone(),
            of_head: self.of_head.clone(),
            parts: self.parts.continued(&self.findings),
            watch: Watch { waited: Duration::ZERO, since: watched.unwrap_or(self.watch.since), ..self.watch },
            candidate: self.candidate.clone(),
            // The gap behind the last part is not decided yet.
            deviations: mem::take(&mut self.deviations),
            ..*self
        };
        mem::replace(self, next).finish(watched)
    }

    /// The report. `watched`: the time from the first byte to the end, if arrival times mean something.
    /// Silence at the end counts as a gap and lowers the rate.
    pub fn finish(mut self, watched: Option<Duration>) -> Report {
        self.deviations.finish();
        self.judge_deviations();
        if self.findings.has(&LINE_END_MISSING_WITHOUT_LENGTH) {
            // Which says already that there is no length, and that FFmpeg finds no frame.
            self.findings.rename_explained(&BARE_LF_WITHOUT_LENGTH, &BARE_LF);
        }
        let Self { expectations, mut findings, mut obstacles, parts, watch, candidate, is_bare, .. } = self;
        let (count, cut, pictures) = (parts.count, parts.cut, parts.pictures.count);
        let watch = Watch { watched, ..watch };
        let Finished { timing, gaps, lateness, frames, strips } =
            parts.finish(&watch, &expectations, &mut findings);
        let is_snapshot =
            candidate.finish(pictures > 0, watch.began, &expectations, &mut findings, &mut obstacles);
        if is_bare && findings.has(&NO_MULTIPART) {
            // A file of pictures one after another is as good as one with multipart framing. Only players read it,
            // and they search for SOI.
            findings.set_severity(&NO_MULTIPART, Severity::Info);
            findings.set_severity(&REPEATED_SOI, Severity::Warning);
        }
        let flaws = findings.flaws();
        let findings = findings.finish(&expectations.rules);
        let obstacles = obstacles.finish(&expectations.rules);
        Report {
            findings,
            obstacles,
            is_snapshot,
            parts: count,
            cut,
            pictures,
            timing,
            gaps,
            lateness,
            frames,
            strips,
            forecasts: Vec::new(),
            flaws,
        }
    }
}
