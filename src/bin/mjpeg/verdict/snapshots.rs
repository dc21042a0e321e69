//! A snapshot URL: asked again until it gives a new picture.

use std::time::Duration;

use mjpeg::check::Snapshots;
use mjpeg::multipart::{Event, Extent};

use crate::clock::Clock;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::transport::{self, End, Flow, Observer, Session, Target};
use crate::verdict::options::{Asked, Options};

/// From one request to the next, on average.
const INTERVAL: Duration = Duration::from_secs(1);
/// Every other request comes later by this: a source that repeats itself each second shows something else then.
const SHIFT: Duration = Duration::from_millis(370);

/// Asks `target`, which gave `first` to a request at `started` of the clock, each second until a picture is new, `asked`
/// is reached, a request fails, or a signal comes.
pub fn ask(
    target: &Target,
    first: &[u8],
    asked: &Asked,
    options: &Options,
    clock: &Clock,
    stop: &Stop,
    started: Duration,
) -> Snapshots {
    let mut snapshots = Snapshots::new(first);
    let end = asked.duration.map(|duration| started + duration);
    for number in 1.. {
        let next = started + INTERVAL * number + SHIFT * (number % 2);
        let is_last = asked.frames.is_some_and(|frames| snapshots.count() >= frames);
        if is_last || snapshots.is_renewed() || end.is_some_and(|end| next >= end) {
            break;
        }
        transport::pause(next, clock, stop);
        if stop.signal().is_some() {
            break;
        }
        let time = clock.now() - started;
        match picture(target, options, end, clock, stop) {
            Ok(picture) => snapshots.next(&picture, time),
            // The time that is asked for is not the camera's fault.
            Err(_) if stop.signal().is_some() || end.is_some_and(|end| clock.now() >= end) => break,
            Err(why) => {
                snapshots.refused(format!("request {} after {:.1} s: {why}", number + 1, time.as_secs_f64()));
                break;
            }
        }
    }
    snapshots
}

/// The picture that one request gets until `end` of the clock at the latest; otherwise why there is none.
fn picture(
    target: &Target,
    options: &Options,
    end: Option<Duration>,
    clock: &Clock,
    stop: &Stop,
) -> Result<Vec<u8>, String> {
    let started = clock.now();
    let deadline = end.map_or(started + options.idle, |end| end.min(started + options.idle));
    let patience = deadline.saturating_sub(started);
    // To wait for a camera that reboots is for the first request.
    let without_wait = transport::Options { wait: None, ..options.transport.clone() };
    let stream = transport::open(target, &without_wait, patience, clock, stop)
        .map_err(|error| error.problem.to_string())?;
    let mut session = Session::new(stream, clock, options.idle, started);
    let mut taken = Taken { picture: None };
    let end = session.run(&mut taken, Some(deadline)).map_err(|problem| problem.to_string())?;
    match (taken.picture, end) {
        (Some(picture), _) => Ok(picture),
        (None, End::Closed | End::Enough) => Err("no whole picture".into()),
        (None, End::TimeUp) => Err(End::Stalled.to_string()),
        (None, end) => Err(end.to_string()),
    }
}

/// Takes the first picture, if it is whole.
struct Taken {
    picture: Option<Vec<u8>>,
}

impl Observer for Taken {
    fn event(&mut self, event: &Event<'_>, _: Option<Duration>) -> Result<Flow, Problem> {
        let Event::Part(part) = event else { return Ok(Flow::More) };
        let is_whole = matches!(part.extent, Extent::Complete { .. });
        self.picture = is_whole.then(|| part.body.to_vec());
        Ok(Flow::Enough)
    }
}
