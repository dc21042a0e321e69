//! One target read from its start to its end.

use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::http::Head;

use super::column::Known;
use super::details::Details;
use super::emitter::{Emitter, Opened};
use super::fault::Fault;
use super::recorded;
use super::region::Window;
use super::row::Row;
use super::watcher::{Around, Sink, Watcher};
use crate::asked::Asked;
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::Results;
use crate::problem::Problem;
use crate::recording::{Recording, is_directory};
use crate::signal::Stop;
use crate::status;
use crate::transport::{self, End, Flow, Foreign, Session, Target};

/// What to read, and how far.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What to read.
    pub target: Target,
    /// How far.
    pub asked: Asked,
    /// A stream without a byte or a complete part for this long is stalled.
    pub idle: Duration,
    /// How a URL is reached.
    pub transport: transport::Options,
    /// What to keep of each part.
    pub details: Details,
}

/// A stream that was read.
#[derive(Debug)]
pub struct Read {
    /// The figures.
    pub around: Around,
    /// How it ended; a recording has no such end.
    pub end: Option<End>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// What takes the head of a response, and its rows.
pub trait Taker: Sink {
    /// The stream is open.
    ///
    /// # Errors
    ///
    /// A problem of our side ends the run.
    fn opened(&mut self, opened: &Opened<'_>) -> Result<(), Problem>;
}

impl Reading {
    /// Reads the target up to its limits, and gives all rows to `taker`.
    ///
    /// # Errors
    ///
    /// When there is no stream, and those of the taker.
    pub fn read(&self, taker: &mut impl Taker, clock: &Clock, stop: &Stop) -> Result<Read, Failure> {
        let target = self.target.to_string();
        let patience = self.asked.patience(&self.target, self.idle);
        if let Target::File(path) = &self.target
            && is_directory(path, patience, stop)
        {
            return Ok(self.read_recording(path, &target, taker, stop)?);
        }
        let started = clock.now();
        let stream = transport::open(&self.target, &self.transport, patience, clock, stop)?;
        let mut session = Session::new(stream, clock, self.idle, started);
        let window = self.details.hex.map(|_| Window::over(&mut session)).transpose()?;
        let known = if session.has_times() { Known::Live } else { Known::Saved };
        let secrets = session.secrets().clone();
        let head: Option<Head> = session.head().map(|head| secrets.shown_head(head));
        let earlier: Vec<Head> = session.earlier_heads().map(|head| secrets.shown_head(head)).collect();
        let is_in_chunks = session.is_in_chunks();
        taker.opened(&Opened {
            target: &target,
            head: head.as_ref(),
            earlier: &earlier,
            is_in_chunks,
            known,
        })?;
        let mut watcher = Watcher::new(taker, self.details, window, self.asked.frames);
        watcher.secrets = secrets;
        let deadline = self.asked.duration.map(|duration| started + duration);
        let end = session.run(&mut watcher, deadline)?;
        watcher.finish()?;
        let failure = match &end {
            End::NotAStream(Foreign { page: Some(page), .. }) => Some(Failure {
                hint: page.hint().map(String::from),
                ..Failure::new(Exit::NotAStream, anyhow!("{}: not a stream: {page}", self.target))
            }),
            end => self.failure(end, watcher.around.parts - watcher.around.cut),
        };
        Ok(Read { around: watcher.around, end: Some(end), failure })
    }

    fn read_recording(
        &self,
        path: &Path,
        target: &str,
        taker: &mut impl Taker,
        stop: &Stop,
    ) -> Result<Read, Problem> {
        let mut recording = Recording::open(path, self.idle, stop)?;
        taker.opened(&Opened {
            target,
            head: None,
            earlier: &[],
            is_in_chunks: false,
            known: Known::Recording,
        })?;
        let around = recorded::rows(&mut recording, self.details, self.asked.frames, taker, stop)?;
        let end = stop.signal().map(End::Signal);
        let failure = if end.is_none() { self.without_a_picture(&around) } else { None };
        Ok(Read { around, end, failure })
    }

    /// Why a recording that was read to its end is none.
    fn without_a_picture(&self, around: &Around) -> Option<Failure> {
        let Around { parts, cut, unread, cut_line, has_more, .. } = *around;
        if has_more || parts > cut + unread {
            return None;
        }
        let why = match cut_line {
            _ if parts > 0 => "no line of the manifest has a whole picture".into(),
            Some(number) => format!("line {number} of the manifest, the last one, is cut"),
            None => "the manifest has no line".into(),
        };
        let why = format!("no complete part was found: {why}");
        Some(Failure::new(Exit::NotAStream, anyhow!(self.target.with(why))))
    }

    /// Why the stream failed, if it did.
    pub fn failure(&self, end: &End, parts: u64) -> Option<Failure> {
        let exit = match (status::of_end(end, self.target.is_live()), end) {
            (Some(exit), _) => exit,
            (None, End::Signal(_)) => return None,
            (None, End::TimeUp) if parts == 0 => Exit::Stalled,
            (None, _) if parts == 0 => Exit::NotAStream,
            (None, _) => return None,
        };
        let why = match end {
            End::TimeUp => self.asked.without_a_part(self.idle),
            End::Closed | End::Truncated if parts == 0 => format!("no complete part was found: {end}"),
            end => end.within_option(self.idle),
        };
        Some(Failure::new(exit, anyhow!(self.target.with(why))))
    }
}

/// Shows the rows of a target.
///
/// # Errors
///
/// When there is no stream, or it fails.
pub fn show(
    reading: &Reading,
    emitter: &mut dyn Emitter,
    clock: &Clock,
    stop: &Stop,
) -> Result<Outcome, Failure> {
    let mut printer = Printer { emitter, results: Results::default(), failure: None };
    let read = reading.read(&mut printer, clock, stop);
    if let Some(failure) = printer.failure.take() {
        return Err(failure);
    }
    let target = reading.target.to_string();
    let signal = stop.signal().filter(|_| match &read {
        Ok(read) => matches!(read.end, Some(End::Signal(_))),
        Err(_) => true,
    });
    let fault = match (&read, signal) {
        (_, Some(_)) => Some(Fault::interrupted(&target)),
        (Err(failure), _) | (Ok(Read { failure: Some(failure), .. }), _) => Some(Fault::of(&target, failure)),
        (Ok(_), None) => None,
    };
    if let Ok(read) = &read {
        let text = printer.emitter.end(&read.around, &ended(read, reading));
        printer.results.print(&text)?;
    }
    if let Some(fault) = fault {
        let text = printer.emitter.failed(&fault)?;
        printer.results.print(&text)?;
    }
    let read = match (read, signal) {
        (Err(_), Some(signal)) => return Ok(Outcome::Signal(signal)),
        (read, _) => read?,
    };
    match (read.failure, read.end) {
        (Some(failure), _) => Err(failure),
        (None, Some(End::Signal(signal))) => Ok(Outcome::Signal(signal)),
        (None, _) => Ok(Outcome::Exit(Exit::Done)),
    }
}

/// How the reading ended, in a few words.
fn ended(read: &Read, reading: &Reading) -> String {
    match &read.end {
        None | Some(End::Enough) => match reading.asked.frames {
            Some(frames) if frames == read.around.parts => "as many as asked for".into(),
            _ => match read.around.cut_line {
                Some(number) => format!("line {number} of the manifest, the last one, is cut"),
                None => "that is all".into(),
            },
        },
        Some(End::TimeUp) => "the time was up".into(),
        Some(End::Closed) if reading.target.is_live() && reading.asked != Asked::default() => {
            format!("the stream ended (asked for {})", reading.asked)
        }
        Some(end) => end.to_string(),
    }
}

/// Prints the rows.
struct Printer<'a> {
    emitter: &'a mut dyn Emitter,
    results: Results,
    failure: Option<Failure>,
}

impl Printer<'_> {
    fn print(&mut self, text: &str) -> Flow {
        if let Err(failure) = self.results.print(text) {
            self.failure = Some(failure);
        }
        // Without a reader nothing is left to do.
        if self.failure.is_some() || self.results.is_closed() { Flow::Enough } else { Flow::More }
    }
}

impl Taker for Printer<'_> {
    fn opened(&mut self, opened: &Opened<'_>) -> Result<(), Problem> {
        let text = self.emitter.start(opened);
        self.print(&text);
        Ok(())
    }
}

impl Sink for Printer<'_> {
    fn row(&mut self, row: Row) -> Result<Flow, Problem> {
        let text = self.emitter.row(&row)?;
        Ok(self.print(&text))
    }
}
