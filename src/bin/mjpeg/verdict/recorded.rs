//! A recording: its files against its manifest, then its pictures and times like those of a stream.

use std::io;
use std::path::Path;
use std::time::Duration;

use mjpeg::check::{Finding, Judge, RecordingFault};
use mjpeg::counted::Counted;
use sha2::{Digest, Sha256};

use crate::problem::Problem;
use crate::recording::{Line, MANIFEST, Recording};
use crate::signal::Stop;
use crate::transport::{End, Flow, Observer};
use crate::verdict::framer::Framer;

/// The largest number of a part that is told apart. A manifest may have any.
const MOST: u64 = 1 << 62;

/// Whatever takes the events of the pictures has a judge for the manifest.
pub trait Judging: Observer {
    /// The judge.
    fn judge(&mut self) -> &mut Judge;

    /// The recording was resumed here: how long it paused is not known.
    fn interrupted(&mut self);
}

/// Reads the recording in `directory` to its end, to a signal, or until the observer has enough. Each answer of the disk may
/// take `patience`, and 10 s at least.
///
/// # Errors
///
/// When it has no manifest, the disk does not answer, and those of the observer.
pub fn read(
    directory: &Path,
    patience: Duration,
    watcher: &mut impl Judging,
    stop: &Stop,
) -> Result<End, Problem> {
    let mut recording = Recording::open(directory, patience, stop)?;
    let mut framer = Framer::new()?;
    let mut times = Times::default();
    let mut numbers = Numbers::default();
    let mut last_seq: Option<u64> = None;
    let mut is_resumed = false;
    let mut is_cut = false;
    let mut begins_run = false;
    let mut next = line(&mut recording, watcher.judge())?;
    while let Some(line) = next {
        if let Some(signal) = stop.signal() {
            return Ok(End::Signal(signal));
        }
        is_resumed |= begins_run;
        let part = numbers.next(&line);
        if let Some(seq) = line.seq {
            if let Some(last) = last_seq.filter(|last| last.checked_add(1) != Some(seq)) {
                let is_unlisted = is_resumed && seq > last;
                let fault =
                    if is_unlisted { RecordingFault::FrameUnlisted } else { RecordingFault::FrameMissing };
                watcher.judge().recording(fault, Some(part), format!("frame {seq} follows frame {last}"));
            }
            last_seq = Some(seq);
            is_resumed = false;
        }
        let body = contents(&recording, &line, part, watcher.judge())?;
        next = self::line(&mut recording, watcher.judge())?;
        if begins_run {
            watcher.interrupted();
            times.interrupt();
        }
        begins_run = next.as_ref().is_some_and(|next| next.begins_run(&line));
        let arrival = times.next(&line);
        let Some(body) = body else { continue };
        is_cut = line.is_cut(next.as_ref());
        if framer.pass(&line, part, &body, is_cut, arrival, watcher)? == Flow::Enough {
            return Ok(End::Enough);
        }
    }
    framer.end(watcher)?;
    Ok(if is_cut { End::Truncated } else { End::Closed })
}

/// The next line. One that cannot be read, or is cut, is a finding, and the end.
fn line(recording: &mut Recording, judge: &mut Judge) -> Result<Option<Line>, Problem> {
    let next = recording.next_line()?.unwrap_or_else(|problem| {
        judge.recording(RecordingFault::Line, None, problem.to_string());
        None
    });
    if next.is_none()
        && let Some(number) = recording.cut_line()?
    {
        let message = format!("line {number}, the last one, is cut: its frame is not checked");
        judge.recording(RecordingFault::LineCut, None, message);
    }
    Ok(next)
}

/// Sets the file of each finding, and the part as its line has it.
///
/// # Errors
///
/// When the disk does not answer.
pub fn locate(
    directory: &Path,
    patience: Duration,
    findings: &mut [Finding],
    stop: &Stop,
) -> Result<(), Problem> {
    let of_manifest = [RecordingFault::Line, RecordingFault::LineCut].map(RecordingFault::code);
    for finding in findings.iter_mut().filter(|it| of_manifest.contains(&it.rule.code)) {
        finding.file = Some(MANIFEST.into());
    }
    let mut open: Vec<&mut Finding> = findings.iter_mut().filter(|it| it.part.is_some()).collect();
    if open.is_empty() {
        return Ok(());
    }
    let mut recording = Recording::open(directory, patience, stop)?;
    let mut numbers = Numbers::default();
    while !open.is_empty()
        && stop.signal().is_none()
        && let Ok(Some(line)) = recording.next_line()?
    {
        let part = numbers.next(&line);
        open.retain_mut(|finding| {
            let is_here = finding.part == Some(part);
            if is_here {
                finding.part = Some(line.part);
                finding.file.clone_from(&line.file);
            }
            !is_here
        });
    }
    Ok(())
}

/// The numbers of parts, each higher than the one before. They start again where a recording was resumed.
#[derive(Debug, Default)]
struct Numbers {
    base: u64,
    last: u64,
}

impl Numbers {
    fn next(&mut self, line: &Line) -> u64 {
        let part = line.part.min(MOST);
        if self.base + part <= self.last {
            self.base = self.last;
        }
        self.last = (self.base + part).min(MOST);
        self.last
    }
}

/// The file of a line, after its size and its hash are compared; `None` if there is none to judge.
fn contents(
    recording: &Recording,
    line: &Line,
    part: u64,
    judge: &mut Judge,
) -> Result<Option<Vec<u8>>, Problem> {
    let Some(file) = line.file.as_deref() else { return Ok(None) };
    let mut note = |fault, message: String| judge.recording(fault, Some(part), message);
    let body = match recording.contents(file)? {
        Ok(Some(body)) => body,
        Ok(None) => return Ok(None),
        Err(error) => {
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            let why =
                if is_missing { "the file is missing".into() } else { format!("cannot be read: {error}") };
            note(RecordingFault::FileMissing, why);
            return Ok(None);
        }
    };
    if let Some(expected) = line.body_bytes.filter(|&expected| !is_size_of(line, &body, expected)) {
        let bytes = Counted(body.len() as u64, "byte");
        note(RecordingFault::FileSize, format!("the file has {bytes}, the part had {expected}"));
    }
    let hash = || Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    if line.sha256.as_ref().is_some_and(|expected| *expected != hash()) {
        note(RecordingFault::FileHash, "the SHA-256 of the file is not that of the manifest".into());
    }
    Ok(Some(body))
}

/// Whether the file may have this size: that of the body, or with --trim that up to EOI.
fn is_size_of(line: &Line, body: &[u8], body_bytes: u64) -> bool {
    let len = body.len() as u64;
    let rest = body_bytes.saturating_sub(len).to_string();
    let is_trimmed = || {
        let said =
            |it: &String| it.strip_suffix(" after EOI").and_then(|it| it.split(' ').next()) == Some(&rest);
        body.ends_with(b"\xff\xd9") && line.deviations.iter().any(said)
    };
    len == body_bytes || (len < body_bytes && is_trimmed())
}

/// The arrival times. Those of a run are moved behind those of the run before, so that they never go back.
#[derive(Debug, Default)]
struct Times {
    base: Duration,
    last: Duration,
}

impl Times {
    /// The times that follow start again.
    fn interrupt(&mut self) {
        self.base = self.last;
    }

    fn next(&mut self, line: &Line) -> Option<Duration> {
        let arrival = Duration::try_from_secs_f64(line.arrival_ms? / 1000.0).ok()?;
        self.last = self.base.saturating_add(arrival);
        Some(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_on_behind_a_resumed_recording() {
        let mut times = Times::default();
        let line = |ms: f64| Line { arrival_ms: Some(ms), ..Line::default() };
        let mut next = |run: [f64; 2]| {
            let ms = run.map(|ms| times.next(&line(ms)).unwrap().as_millis());
            times.interrupt();
            ms
        };
        assert_eq!(
            [next([10.0, 50.0]), next([5.0, 45.0]), next([70.0, 80.0])],
            [[10, 50], [55, 95], [165, 175]]
        );
    }

    #[test]
    fn a_trimmed_file_has_the_right_size() {
        let line = |note: &str| Line { deviations: vec![note.into()], ..Line::default() };
        for (note, body, bytes, is_size) in [
            ("", &b"\xff\xd8\xff\xd9"[..], 4, true),
            ("3 bytes after EOI", b"\xff\xd8\xff\xd9", 7, true),
            ("1 byte after EOI", b"\xff\xd8\xff\xd9", 5, true),
            ("3 bytes after EOI", b"\xff\xd8\xff\xd9", 8, false),
            ("3 bytes after EOI", b"\xff\xd8\xff", 6, false),
            ("", b"\xff\xd8\xff\xd9", 3, false),
        ] {
            assert_eq!(is_size_of(&line(note), body, bytes), is_size, "{note} {bytes}");
        }
    }
}
