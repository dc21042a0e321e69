//! One target, read and judged.

use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::check::{Expectations, Report, Severity};
use mjpeg::consumers::HeadStart;
use mjpeg::multipart::Part;

use crate::asked::Asked;
use crate::clock::Clock;
use crate::criteria::Verdict;
use crate::exit::Failure;
use crate::problem::Problem;
use crate::recording::is_directory;
use crate::signal::Stop;
use crate::status;
use crate::transport::{End, Secrets, Session, Source, Target};
use crate::verdict::baseline::{Comparison, Entry, Figures, Settings, Steadiness};
use crate::verdict::evidence::Evidence;
use crate::verdict::options::Options;
use crate::verdict::recorded;
use crate::verdict::sample::Sample;
use crate::verdict::snapshots;
use crate::verdict::watcher::Watcher;

/// The result of reading and judging one target.
#[derive(Debug)]
pub struct Run {
    /// The findings and the figures; absent when there was no stream.
    pub report: Option<Report>,
    /// How the stream ended.
    pub end: Option<End>,
    /// How much was to be read.
    pub asked: Asked,
    /// The idle limit.
    pub idle: Duration,
    /// Why there was no stream, or what went wrong.
    pub failure: Option<Failure>,
    /// From the request to the end.
    pub duration: Duration,
    /// From the request to the last byte of the first frame.
    pub first_frame: Option<Duration>,
    /// The figures for a baseline.
    pub figures: Option<Figures>,
    /// What has changed since the baseline.
    pub comparison: Option<Comparison>,
    /// When it began, since 1970-01-01 UTC.
    pub started: Duration,
    /// The URL that the stream came from, after redirections.
    pub url: Option<String>,
    /// What the page shows besides, if there is one.
    pub evidence: Option<Evidence>,
    /// Whether the target is live: a file that ends inside a part is no fault.
    pub is_live: bool,
    /// Whether it is a directory of `mjpeg record`.
    pub is_recording: bool,
}

impl Run {
    /// A run that has not read `target`.
    fn unread(target: &Target, options: &Options, clock: &Clock) -> Self {
        Self {
            report: None,
            end: None,
            asked: options.asked,
            idle: options.idle,
            failure: None,
            duration: Duration::ZERO,
            first_frame: None,
            figures: None,
            comparison: None,
            started: clock.unix(),
            url: None,
            evidence: None,
            is_live: target.is_live(),
            is_recording: false,
        }
    }

    /// A run that ends before `target` is opened, with a failure of our side.
    pub fn refused(target: &Target, options: &Options, clock: &Clock, why: &Problem) -> Self {
        let failure = Some(Failure::local(anyhow!("{why}")));
        Self { failure, ..Self::unread(target, options, clock) }
    }

    /// Reads `target` up to the limits of `options` and judges it.
    pub fn of(target: &Target, options: &Options, clock: &Clock, stop: &Stop) -> Self {
        let started = clock.now();
        let mut run = Self::unread(target, options, clock);
        if let Some(signal) = stop.signal() {
            // It came while an earlier target was read.
            run.end = Some(End::Signal(signal));
            return run;
        }
        run.failure = run.read(target, options, clock, stop, started).err();
        if let Some(signal) = stop.signal().filter(|_| run.failure.is_some()) {
            run.failure = None;
            run.end = Some(End::Signal(signal));
        }
        run.duration = clock.now() - started;
        run
    }

    fn read(
        &mut self,
        target: &Target,
        options: &Options,
        clock: &Clock,
        stop: &Stop,
        started: Duration,
    ) -> Result<(), Failure> {
        let patience = self.asked.patience(target, options.idle);
        if let Target::File(path) = target
            && is_directory(path, patience, stop)
        {
            return self.read_recording(path, options, clock, stop);
        }
        let mut source = Source::new(target, &options.transport, clock, stop);
        let stream = source.open_first(patience)?;
        let mut session = Session::new(stream, clock, options.idle, started);
        let mut watcher = self.watcher(options, clock);
        watcher.sample = Sample::of(&mut session)?;
        watcher.judge.start(session.head_start());
        if let Some(head) = session.head().filter(|_| session.head_start() != HeadStart::Body) {
            watcher.judge.head(head);
        }
        if let Some((collector, head)) = watcher.collector.as_mut().zip(session.head()) {
            collector.head(head.bytes());
        }
        self.url = session.url().map(String::from);
        let end = session.run(&mut watcher, self.asked.duration.map(|duration| started + duration))?;
        self.note_end(&mut watcher, &session, &end, options);
        let is_snapshot = watcher.judge.is_snapshot();
        self.first_frame = session.first_byte().zip(watcher.first_frame).map(|(byte, frame)| byte + frame);
        let (mut end, mut watched, ended) = (end, session.watched(), session.now());
        let first_byte = started + session.first_byte().unwrap_or_default();
        let secrets = session.secrets().clone();
        // Some cameras have one connection for all requests.
        drop(session);
        let picture = watcher.picture.take().filter(|_| is_snapshot && end == End::Closed);
        if let (Some(picture), Target::Url(_)) = (picture, target) {
            let mut each = |number: u64, part: &Part<'_>| {
                watcher.polled(number, part, clock.now().saturating_sub(first_byte));
            };
            let asked = &self.asked;
            let asked =
                snapshots::ask(&mut source, &picture, asked, options, clock, stop, started, &mut each);
            watcher.judge.snapshots(asked);
            watched = Some(clock.now().saturating_sub(first_byte));
            end = stop.signal().map_or(end, End::Signal);
        }
        let collector = watcher.collector.take();
        if !matches!(end, End::NotAStream(_)) {
            let sample = watcher.sample.take().and_then(|sample| sample.finish(&end, ended, self.is_live));
            let mut report = watcher.judge.finish(watched);
            // Of a file that ends inside its first part it is not known what follows.
            let shows_a_part = self.is_live || report.parts > report.cut;
            if let Some(stream) = sample.filter(|_| shows_a_part) {
                report.forecast(&stream);
            }
            self.conclude(report, &watcher.steadiness, options, Some(&secrets));
        }
        self.evidence = collector.map(|it| it.finish(self.named_parts()).without(&secrets));
        self.end = Some(end);
        Ok(())
    }

    /// Tells the judge how the stream began and ended.
    fn note_end(&self, watcher: &mut Watcher, session: &Session, end: &End, options: &Options) {
        let judge = &mut watcher.judge;
        if let End::Unframed(error) = end {
            judge.chunk_error(error);
        }
        if matches!(end, End::Closed | End::Truncated) {
            judge.ended_after(session.received());
        }
        if let Some((unix, waited)) = session.began().zip(session.first_byte()) {
            judge.began(unix, waited);
        }
        let is_asked = self.asked.frames.is_some() || self.asked.duration.is_some();
        let may_end = judge.is_snapshot() && !options.expectations.live;
        if self.is_live && is_asked && *end == End::Closed && !may_end {
            judge.ended_early(&self.asked.to_string());
        }
    }

    /// Takes the report, judged for the consumers that were named, and without secrets.
    fn conclude(
        &mut self,
        mut report: Report,
        steadiness: &Steadiness,
        options: &Options,
        secrets: Option<&Secrets>,
    ) {
        if !options.consumers.is_empty() || !options.carriers.is_empty() {
            report.judge_for(&options.consumers, &options.carriers);
        }
        if let Some(secrets) = secrets {
            for finding in report.findings.iter_mut().chain(&mut report.obstacles) {
                finding.message = secrets.hidden_quotation(&finding.message);
            }
        }
        self.figures = Some(steadiness.figures(report.timing.as_ref()));
        self.report = Some(report);
    }

    /// The parts that findings name.
    fn named_parts(&self) -> Vec<u64> {
        let Some(report) = &self.report else { return Vec::new() };
        report.findings.iter().filter_map(|finding| finding.part).collect()
    }

    fn watcher(&self, options: &Options, clock: &Clock) -> Watcher {
        Watcher::new(self.asked.frames, options, self.is_live, clock)
    }

    fn read_recording(
        &mut self,
        path: &Path,
        options: &Options,
        clock: &Clock,
        stop: &Stop,
    ) -> Result<(), Failure> {
        let mut watcher = self.watcher(options, clock);
        let end = recorded::read(path, options.idle, &mut watcher, stop)?;
        self.is_recording = true;
        let mut report = watcher.judge.finish(None);
        recorded::locate(path, options.idle, &mut report.findings, stop)?;
        self.conclude(report, &watcher.steadiness, options, None);
        self.evidence = watcher.collector.take().map(|it| it.finish(self.named_parts()));
        self.end = Some(end);
        Ok(())
    }

    /// Compares it with an earlier check of the same target, if there is one and both have parts.
    pub fn compare(&mut self, before: Option<&Entry>) {
        let (Some(before), Some(report), Some(figures)) = (before, &self.report, &self.figures) else {
            return;
        };
        if figures.parts > 0 {
            self.comparison = Some(Comparison::of(before, report, figures));
        }
    }

    /// The limits of `options` that the target says nothing about, in words.
    pub fn not_judged(&self, options: &Options) -> Option<String> {
        let report = self.report.as_ref()?;
        if self.is_live || report.timing.is_some() || report.pictures < 2 {
            return None;
        }
        let Expectations { min_fps, max_gap, .. } = &options.expectations;
        let limits = match (min_fps, max_gap) {
            (Some(_), Some(_)) => "--min-fps and --max-gap are",
            (Some(_), None) => "--min-fps is",
            (None, Some(_)) => "--max-gap is",
            (None, None) => return None,
        };
        Some(format!("{limits} not judged: its frames have no times"))
    }

    /// The entry of a baseline; `None` without a part, or if a signal came.
    pub fn entry(&self, target: String, settings: Settings) -> Option<Entry> {
        if self.failure.is_some() || matches!(self.end, Some(End::Signal(_))) {
            return None;
        }
        let figures = self.figures.clone().filter(|it| it.parts > 0)?;
        Some(Entry::of(target, settings, self.report.as_ref()?, figures))
    }

    /// The verdict. Findings at or above `limit` are a failure.
    pub fn verdict(&self, limit: Severity) -> Verdict {
        if let Some(failure) = &self.failure {
            return Verdict::of(failure.exit);
        }
        if let Some(End::Signal(_)) = self.end {
            return Verdict::Interrupted;
        }
        if let Some(exit) = self.end.as_ref().and_then(|end| status::of_end(end, self.is_live)) {
            return Verdict::of(exit);
        }
        let Some(report) = &self.report else { return Verdict::Pass };
        // A recording whose files are missing is one, and fails by its findings.
        let is_failed = report.worst().is_some_and(|worst| worst >= limit);
        if report.parts == report.cut && !(self.is_recording && is_failed) {
            return match self.end {
                // Silence until the time limit.
                Some(End::TimeUp) => Verdict::Stalled,
                _ => Verdict::NotAStream,
            };
        }
        // Whatever the rules and the baseline are, a stream without a picture does not pass.
        if report.pictures > 0
            && let Some(comparison) = &self.comparison
        {
            return if comparison.is_regression() { Verdict::Fail } else { Verdict::Pass };
        }
        if report.pictures == 0 || is_failed { Verdict::Fail } else { Verdict::Pass }
    }
}
