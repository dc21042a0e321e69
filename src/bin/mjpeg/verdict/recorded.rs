//! A recording: its files against its manifest, then its pictures and times like those of a stream.

use std::io;
use std::path::Path;
use std::time::Duration;

use mjpeg::check::{Judge, RecordingFault};
use mjpeg::counted::Counted;
use mjpeg::jpeg::Walk;
use mjpeg::multipart::{Boundary, Parser, Serializer};
use sha2::{Digest, Sha256};

use crate::problem::Problem;
use crate::recording::{Line, Recording};
use crate::signal::Stop;
use crate::transport::{End, Flow, Observer};

/// Whatever takes the events of the pictures has a judge for the manifest.
pub trait Judging: Observer {
    /// The judge.
    fn judge(&mut self) -> &mut Judge;
}

/// Reads the recording in `directory` to its end, to a signal, or until the observer has enough.
///
/// # Errors
///
/// When it has no manifest, and those of the observer.
pub fn read(directory: &Path, watcher: &mut impl Judging, stop: &Stop) -> Result<End, Problem> {
    let mut recording = Recording::open(directory)?;
    let serializer = Serializer::new(Boundary::new("mjpeg-recording-of-frames")?);
    let mut parser = Parser::new(Walk::new(), Some(b"mjpeg-recording-of-frames"));
    let mut bytes = Vec::new();
    serializer.first_delimiter(&mut bytes);
    let mut times = Times::default();
    let mut last_seq: Option<u64> = None;
    let mut is_empty = true;
    loop {
        if let Some(signal) = stop.signal() {
            return Ok(End::Signal(signal));
        }
        let line = match recording.next_line() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(problem) => {
                let number = recording.lines() + 1;
                watcher.judge().recording(RecordingFault::Line, number, problem.to_string());
                break;
            }
        };
        if let Some((seq, last)) =
            line.seq.zip(last_seq).filter(|(seq, last)| last.checked_add(1) != Some(*seq))
        {
            let message = format!("frame {seq} follows frame {last}");
            watcher.judge().recording(RecordingFault::FrameMissing, line.number, message);
        }
        last_seq = line.seq.or(last_seq);
        let Some(body) = contents(&recording, &line, watcher.judge()) else { continue };
        is_empty = false;
        bytes.extend_from_slice(&head(&line, body.len()));
        bytes.extend_from_slice(&body);
        serializer.delimiter(&mut bytes);
        if pass(&mut parser, &bytes, watcher, times.next(&line))? == Flow::Enough {
            return Ok(End::Enough);
        }
        bytes.clear();
    }
    // Without a picture there are no bytes, which the parser would call no stream.
    if !is_empty {
        parser.finish();
        pass(&mut parser, &[], watcher, None)?;
    }
    Ok(End::Closed)
}

/// The file of a line, after its size and its hash are compared; `None` if there is none to judge.
fn contents(recording: &Recording, line: &Line, judge: &mut Judge) -> Option<Vec<u8>> {
    let file = line.file.as_deref()?;
    let body = match recording.contents(file) {
        Ok(body) => body,
        Err(error) => {
            let why =
                if error.kind() == io::ErrorKind::NotFound { "is missing".into() } else { error.to_string() };
            judge.recording(RecordingFault::FileMissing, line.number, format!("{file}: {why}"));
            return None;
        }
    };
    if let Some(expected) = line.body_bytes.filter(|&expected| !is_size_of(line, &body, expected)) {
        let message = format!("{file}: {}, the part had {expected}", Counted(body.len() as u64, "byte"));
        judge.recording(RecordingFault::FileSize, line.number, message);
    }
    let hash = || Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    if line.sha256.as_ref().is_some_and(|expected| *expected != hash()) {
        let message = format!("{file}: its SHA-256 is not that of the manifest");
        judge.recording(RecordingFault::FileHash, line.number, message);
    }
    Some(body)
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

/// The head of a part with the fields that were recorded. Its length is that of the file.
fn head(line: &Line, len: usize) -> Vec<u8> {
    let is_kept = |name: &str| !["content-length", "content-type"].contains(&&name.to_ascii_lowercase()[..]);
    let is_plain = |text: &str| !text.contains(['\r', '\n']);
    let mut head = format!("Content-Type: image/jpeg\r\nContent-Length: {len}\r\n");
    for (name, value) in
        line.fields.iter().filter(|(name, value)| is_kept(name) && is_plain(name) && is_plain(value))
    {
        head += &format!("{name}: {value}\r\n");
    }
    head += "\r\n";
    head.into_bytes()
}

/// Gives the parser the bytes of a part, and the observer their events.
fn pass(
    parser: &mut Parser<Walk>,
    mut bytes: &[u8],
    watcher: &mut impl Judging,
    arrival: Option<Duration>,
) -> Result<Flow, Problem> {
    loop {
        let space = parser.space();
        let n = bytes.len().min(space.len());
        space[..n].copy_from_slice(&bytes[..n]);
        parser.filled(n);
        bytes = &bytes[n..];
        while let Some(event) = parser.next_event()? {
            if watcher.event(&event, arrival)? == Flow::Enough {
                return Ok(Flow::Enough);
            }
        }
        if bytes.is_empty() {
            return Ok(Flow::More);
        }
    }
}

/// The arrival times. They start again where a recording was resumed.
#[derive(Debug, Default)]
struct Times {
    base: Duration,
    last: Duration,
}

impl Times {
    fn next(&mut self, line: &Line) -> Option<Duration> {
        let arrival = Duration::try_from_secs_f64(line.arrival_ms? / 1000.0).ok()?;
        if self.base.saturating_add(arrival) < self.last {
            self.base = self.last;
        }
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
        let ms: Vec<u128> = [10.0, 50.0, 5.0, 45.0]
            .into_iter()
            .filter_map(|ms| times.next(&line(ms)))
            .map(|it| it.as_millis())
            .collect();
        assert_eq!(ms, [10, 50, 55, 95]);
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
