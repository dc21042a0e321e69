//! `--dialect-of`: the nearest known dialect of a stream, and a description of its own.

mod between;
mod binary;
mod chunking;
mod derived;
mod escape;
mod file;
mod flush;
mod found;
mod head;
mod nearest;
mod number;
mod places;
mod private;
mod properties;
mod seen;
mod token;

use std::time::Duration;

use anyhow::anyhow;
use jiff::Timestamp;
use serde::Serialize;

use super::emitter::Emitter as _;
use super::fault::Fault;
use super::json::Json;
use super::run::Reading;
use crate::clock::Clock;
use crate::dialect::Description;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::recording::is_directory;
use crate::signal::Stop;
use crate::transport::{self, End, Session, Target};
use derived::Derived;
use flush::Evidence;
use nearest::Near;
use seen::{Recorder, Seen, Watcher};

/// How many parts are read, if the number is not given.
const FRAMES: u64 = 40;

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The description file.
    File,
    /// A JSON object that has the file.
    Json,
}

/// The JSON object.
#[derive(Serialize)]
struct Object<'a> {
    schema: &'static str,
    target: String,
    pictures: u64,
    nearest: Nearest<'a>,
    others: Vec<Other<'a>>,
    sent_from: &'static str,
    end_seen: bool,
    replaced: &'a [String],
    constant: &'a [String],
    notes: &'a [String],
    file: &'a str,
}

#[derive(Serialize)]
struct Nearest<'a> {
    name: &'a str,
    title: &'a str,
    agree: &'a [&'static str],
    differ: Vec<Difference<'a>>,
}

#[derive(Serialize)]
struct Difference<'a> {
    property: &'a str,
    here: &'a str,
    there: &'a str,
}

#[derive(Serialize)]
struct Other<'a> {
    name: &'a str,
    agree: u64,
    differ: u64,
}

/// Reads a target, and prints its dialect.
///
/// # Errors
///
/// When there is no stream, or no whole picture in it.
pub fn run(reading: &Reading, form: Form, clock: &Clock, stop: &Stop) -> Result<Outcome, Failure> {
    let target = reading.target.to_string();
    match describe(reading, form, clock, stop) {
        Ok(Described { failure }) => failure.map_or(Ok(Outcome::Exit(Exit::Done)), Err),
        Err(failure) => {
            let signal = stop.signal();
            if let Form::Json = form {
                let fault =
                    signal.map_or_else(|| Fault::of(&target, &failure), |_| Fault::interrupted(&target));
                output::result(&Json::new(false).failed(&fault)?)?;
            }
            signal.map_or(Err(failure), |signal| Ok(Outcome::Signal(signal)))
        }
    }
}

/// A dialect was printed.
struct Described {
    /// How the stream failed behind the pictures that it was derived from.
    failure: Option<Failure>,
}

/// Reads a target, and prints its dialect.
fn describe(reading: &Reading, form: Form, clock: &Clock, stop: &Stop) -> Result<Described, Failure> {
    let (seen, failure) = read(reading, clock, stop)?;
    if seen.pictures.is_empty() {
        let nothing =
            || Failure::new(Exit::NotAStream, anyhow!("{}: no whole picture was found", reading.target));
        return Err(failure.unwrap_or_else(nothing));
    }
    let derived = Derived::of(&seen, clock.unix());
    let source = format!("mjpeg inspect --dialect-of, {}", date(clock.unix()));
    let described = |near: &[Near]| file::text(&derived, near, &title(&seen), &source);
    let description = Description::parse(&described(&[])).map_err(|why| {
        Failure::new(Exit::Local, anyhow!("{}: its dialect cannot be described: {why}", reading.target))
    })?;
    let mut unknown = Vec::new();
    if derived.evidence == Evidence::None {
        unknown.push("sent with a picture");
    }
    if derived.closing.is_none() {
        unknown.push("end of the stream");
    }
    if derived.other_part.is_none() {
        // There may be one behind more pictures than were seen.
        unknown.push("other parts");
    }
    let near = nearest::find(&description, &unknown, &derived.values);
    let text = described(&near);
    match (form, near.first()) {
        (Form::Json, Some(nearest)) => {
            let object = object(reading, &seen, &derived, nearest, &near[1..], &text);
            output::result(&output::json(&object).map_err(Failure::local)?)?;
        }
        _ => output::result(text.trim_end())?,
    }
    Ok(Described { failure })
}

/// Reads the bytes of a target.
fn read(reading: &Reading, clock: &Clock, stop: &Stop) -> Result<(Seen, Option<Failure>), Failure> {
    let patience = reading.asked.patience(&reading.target, reading.idle);
    if let Target::File(path) = &reading.target
        && is_directory(path, patience, stop)
    {
        let why = anyhow!("{}: a recorded directory has no bytes of the response", reading.target);
        let failure = Failure::new(Exit::Local, why);
        return Err(Failure { hint: Some("record --raw FILE keeps them".into()), ..failure });
    }
    let started = clock.now();
    let stream = transport::open(&reading.target, &reading.transport, patience, clock, stop)?;
    let mut session = Session::new(stream, clock, reading.idle, started);
    let recorder = Recorder::over(&mut session)?;
    let (head_bytes, is_in_chunks) = (session.body_start(), session.is_in_chunks());
    let mut watcher = Watcher::new(recorder, reading.asked.frames.unwrap_or(FRAMES));
    let deadline = reading.asked.duration.map(|duration| started + duration);
    let end = session.run(&mut watcher, deadline)?;
    let is_over = matches!(end, End::Closed);
    let mut seen = watcher.finish(head_bytes, is_in_chunks, is_over);
    seen.hide(session.secrets());
    seen.mask();
    if !session.has_times() {
        seen.reads.clear();
    }
    let failure = reading.failure(&end, seen.pictures.len() as u64);
    Ok((seen, failure))
}

/// A title from the field `Server`.
fn title(seen: &Seen) -> String {
    let text = String::from_utf8_lossy(&seen.head).into_owned();
    let server = text.lines().filter_map(|line| line.split_once(':'));
    let mut server =
        server.filter(|(name, _)| name.eq_ignore_ascii_case("server")).map(|(_, value)| value.trim());
    server.next().filter(|value| !value.is_empty()).unwrap_or("a camera without a name").into()
}

fn date(now: Duration) -> String {
    let seconds = i64::try_from(now.as_secs()).unwrap_or_default();
    Timestamp::from_second(seconds).unwrap_or_default().strftime("%Y-%m-%d").to_string()
}

fn object<'a>(
    reading: &Reading,
    seen: &Seen,
    derived: &'a Derived,
    nearest: &'a Near,
    others: &'a [Near],
    file: &'a str,
) -> Object<'a> {
    let difference =
        |(property, here, there): &'a (&'static str, String, String)| Difference { property, here, there };
    Object {
        schema: "mjpeg.inspect.dialect/1",
        target: reading.target.to_string(),
        pictures: seen.pictures.len() as u64,
        nearest: Nearest {
            name: nearest.name,
            title: &nearest.title,
            agree: &nearest.agree,
            differ: nearest.differ.iter().map(difference).collect(),
        },
        others: others
            .iter()
            .map(|other| Other {
                name: other.name,
                agree: other.agree.len() as u64,
                differ: other.differ.len() as u64,
            })
            .collect(),
        sent_from: derived.evidence.word(),
        end_seen: derived.closing.is_some(),
        replaced: &derived.head.replaced,
        constant: &derived.head.kept,
        notes: &derived.notes,
        file,
    }
}
