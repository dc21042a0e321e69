//! `--fault-log`: one JSON line for each injected fault.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::rc::Rc;
use std::thread::JoinHandle;

use anyhow::Context;
use serde::Serialize;

use crate::channel::{Receiver, SyncSender, TrySendError, sync_channel};
use crate::clock::Clock;
use crate::output::{self, Reporter};
use crate::problem::Problem;
use crate::threads;

/// Lines that wait for the disk. The event loop does not wait for it.
const WAITING: usize = 1 << 16;

/// The log. A thread writes it.
#[derive(Debug)]
pub struct Log {
    clock: Clock,
    reporter: Reporter,
    lines: Option<SyncSender<Vec<u8>>>,
    writer: Option<JoinHandle<()>>,
}

/// A fault that is logged when everything before it was sent.
#[derive(Debug, Clone)]
pub struct Note {
    log: Rc<Log>,
    place: Place,
}

/// Where a fault was injected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The viewer of the stream, counted from 1.
    pub viewer: u64,
    /// The name of the camera, if the server has several.
    #[serde(skip)]
    pub camera: Option<Rc<str>>,
    /// The part as the viewer counts parts; absent if the fault concerns the whole response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<u64>,
    /// The offset in the decoded body where the fault begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The name of the fault.
    pub name: &'static str,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    /// Seconds since 1970-01-01 UTC.
    time: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    camera: Option<&'a str>,
    #[serde(flatten)]
    place: &'a Place,
}

impl Log {
    /// Appends to this file.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened.
    pub fn open(path: &Path, clock: Clock, reporter: Reporter) -> Result<Self, Problem> {
        // A pipe without a reader is an error, not a wait.
        let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
        let file = File::options().create(true).append(true).custom_flags(flags).open(path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        let (lines, received) = sync_channel(WAITING);
        let name = path.display().to_string();
        let writer = threads::start("fault log", 128 * 1024, move || write(file, &received, &name, reporter))
            .context("cannot start a thread for the log of faults")?;
        Ok(Self { clock, reporter, lines: Some(lines), writer: Some(writer) })
    }

    /// Logs a fault that is injected now.
    pub fn write(&self, place: &Place) {
        let time = self.clock.unix().as_secs_f64();
        // Numbers and strings can always be written.
        let line = Line { schema: "mjpeg.fault/1", time, camera: place.camera.as_deref(), place };
        let Ok(mut line) = output::json(&line).map(String::into_bytes) else { return };
        line.push(b'\n');
        if let Some(Err(TrySendError::Full)) = self.lines.as_ref().map(|lines| lines.try_send(line)) {
            self.reporter.event("the log of faults is incomplete: the disk is too slow");
        }
    }

    /// A note about a fault that is injected later.
    pub fn note(self: &Rc<Self>, place: Place) -> Note {
        Note { log: Rc::clone(self), place }
    }
}

impl Note {
    /// Logs the fault: it is injected now.
    pub fn write(&self) {
        self.log.write(&self.place);
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines = None;
        if let Some(writer) = self.writer.take() {
            // A thread that panicked has nothing left to write.
            let _ = writer.join();
        }
    }
}

/// Writes lines until there are no more. A line is in the file as soon as no other one waits.
fn write(file: File, lines: &Receiver<Vec<u8>>, name: &str, reporter: Reporter) {
    let mut file = BufWriter::new(file);
    while let Ok(line) = lines.recv() {
        let mut written = file.write_all(&line);
        while let (Ok(()), Ok(line)) = (&written, lines.try_recv()) {
            written = file.write_all(&line);
        }
        if let Err(error) = written.and_then(|()| file.flush()) {
            reporter.event(&format!("cannot write {name}: {error}; no more faults are logged"));
            return;
        }
    }
}
