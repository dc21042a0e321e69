//! A snapshot URL: asked again and again, so that its pictures are judged like the parts of a stream.

use std::time::Duration;

use mjpeg::check::Snapshots;
use mjpeg::multipart::{Event, Extent, Part};

use crate::asked::Asked;
use crate::clock::Clock;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::transport::{self, End, Flow, Observer, Opener, Session, Source};
use crate::verdict::options::Options;

/// Without `--poll`, every other request comes later by this part of the interval: a source that repeats itself each second
/// shows something else then.
const SHIFT: f64 = 0.1;

/// So many failures one after the other end the watch: the camera does not answer any more.
const MOST_FAILURES: u32 = 3;

/// Asks `source`, which gave `first` to a request at `started` of the clock, again and again (`--poll`) until `asked` is
/// reached, [`MOST_FAILURES`] requests fail one after the other, or a signal comes. `each` gets the other pictures, with their numbers.
#[expect(clippy::too_many_arguments, reason = "one call")]
pub fn ask(
    source: &mut Source,
    first: &[u8],
    asked: &Asked,
    options: &Options,
    clock: &Clock,
    stop: &Stop,
    started: Duration,
    each: &mut dyn FnMut(u64, &Part<'_>),
) -> Snapshots {
    let mut snapshots = Snapshots::new(first);
    let end = asked.duration.map(|duration| started + duration);
    let interval = options.transport.poll_interval();
    source.keep_connections();
    let mut failures = 0;
    for number in 1.. {
        let has_own = options.transport.poll.is_some();
        let shift = if has_own { Duration::ZERO } else { interval.mul_f64(SHIFT) * (number % 2) };
        let next = started.saturating_add(interval.saturating_mul(number)).saturating_add(shift);
        let is_last = asked.frames.is_some_and(|frames| snapshots.count() >= frames);
        if is_last || end.is_some_and(|end| next >= end) {
            break;
        }
        transport::pause(next, clock, stop);
        if stop.signal().is_some() {
            break;
        }
        let time = clock.now() - started;
        let count = u64::from(number);
        match picture(source, options, end, clock, &mut |part: &Part<'_>| each(count + 1, part)) {
            Ok(picture) => {
                snapshots.next(&picture, time);
                failures = 0;
            }
            // The time that is asked for is not the camera's fault.
            Err(_) if stop.signal().is_some() || end.is_some_and(|end| clock.now() >= end) => break,
            Err(why) => {
                snapshots.refused(format!("request {} after {:.1} s: {why}", number + 1, time.as_secs_f64()));
                failures += 1;
                if failures == MOST_FAILURES {
                    break;
                }
            }
        }
    }
    snapshots
}

/// The picture that one request gets until `end` of the clock at the latest; otherwise why there is none.
fn picture(
    source: &mut Source,
    options: &Options,
    end: Option<Duration>,
    clock: &Clock,
    each: &mut dyn FnMut(&Part<'_>),
) -> Result<Vec<u8>, String> {
    let started = clock.now();
    let deadline = end.map_or(started + options.idle, |end| end.min(started + options.idle));
    let patience = deadline.saturating_sub(started);
    let stream = source.open(patience).map_err(|error| error.problem.to_string())?;
    let mut session = Session::new(stream, clock, options.idle, started);
    let mut taken = Taken { picture: None, each };
    let end = session.run(&mut taken, Some(deadline)).map_err(|problem| problem.to_string())?;
    session.keep_connection();
    match (taken.picture, end) {
        (Some(picture), _) => Ok(picture),
        (None, End::Closed | End::Enough) => Err("no whole picture".into()),
        (None, End::TimeUp) => Err(End::Stalled.to_string()),
        (None, end) => Err(end.to_string()),
    }
}

/// Takes the first picture, if it is whole.
struct Taken<'a> {
    picture: Option<Vec<u8>>,
    each: &'a mut dyn FnMut(&Part<'_>),
}

impl Observer for Taken<'_> {
    fn event(&mut self, event: &Event<'_>, _: Option<Duration>) -> Result<Flow, Problem> {
        let Event::Part(part) = event else { return Ok(Flow::More) };
        let is_whole = matches!(part.extent, Extent::Complete { .. });
        if is_whole {
            (self.each)(part);
            self.picture = Some(part.body.to_vec());
        }
        Ok(Flow::Enough)
    }
}
