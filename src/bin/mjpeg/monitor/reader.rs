//! The thread of a camera: it reads the stream, and opens it again when it ends.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::check::Silence;
use mjpeg::multipart::Event;

use super::camera::{Camera, Watched};
use super::log::Log;
use super::options::CameraOptions;
use crate::clock::Clock;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::transport::{
    self, CameraError, End, Flow, LONG_PAUSE, Lost, Manner, Observer, OpenError, Opened, Options, Reason,
    Reconnect, Stamped, Tap, Tries, pause,
};

/// How often a pause looks whether the camera is still watched.
const LOOK: Duration = Duration::from_secs(1);

/// What the thread of a camera has.
pub struct Reader {
    pub camera: Arc<Camera>,
    pub clock: Clock,
    pub stop: Stop,
    pub log: Log,
}

impl Reader {
    /// Watches the camera until a signal, or until it is no longer watched. `begins`: when the first window does, or the first
    /// sample. `asks`: when the first stream that is held is asked for.
    pub fn run(mut self, begins: Duration, asks: Duration) {
        match self.camera.options.interval {
            None => {
                self.pause(asks);
                self.hold();
            }
            Some(interval) => self.sample(interval, begins),
        }
        if let Some(recorder) = &self.camera.recorder {
            recorder.ended("signal");
            recorder.finish();
        }
    }

    fn is_over(&self) -> bool {
        self.stop.signal().is_some() || self.camera.is_gone()
    }

    /// Holds one connection.
    fn hold(&mut self) {
        let reconnect = Reconnect { tries: Tries::Unlimited, delay: Reconnect::DELAY };
        while !self.is_over() {
            let least = self.read(reconnect, None);
            self.pause(self.clock.now() + least.max(LONG_PAUSE));
        }
    }

    /// Reads the stream for one window in each interval. A sample that would come too soon after a refused password is not taken, and
    /// counts as the last one.
    fn sample(&mut self, interval: Duration, begins: Duration) {
        let (mut next, mut ask_at) = (begins, Duration::ZERO);
        while !self.is_over() {
            self.pause(next);
            if self.is_over() {
                return;
            }
            let now = self.clock.now();
            if now >= ask_at {
                let least = self.read(Reconnect::NEVER, Some(now + self.camera.options.window));
                ask_at = self.clock.now() + least;
            }
            let now = self.clock.now();
            self.camera.watched().close(now, self.clock.unix());
            next = (next + interval).max(now);
        }
    }

    /// Waits until `time` of the clock, or until the watch is over.
    fn pause(&self, time: Duration) {
        while !self.is_over() && self.clock.now() < time {
            pause(time.min(self.clock.now() + LOOK), &self.clock, &self.stop);
        }
    }

    /// Reads streams until there is none, or until the deadline. Returns the shortest time until the camera may be asked again.
    fn read(&mut self, reconnect: Reconnect, deadline: Option<Duration>) -> Duration {
        let camera = Arc::clone(&self.camera);
        let CameraOptions { idle, transport, .. } = &camera.options;
        let manner = Manner { idle: *idle, wait: None, reconnect, poll: Some(transport.poll_interval()) };
        let cut = Some(camera.cut.clone());
        let stamped = if camera.recorder.is_some() { Stamped::Tap } else { Stamped::Nothing };
        let options = Options { is_pattern_paced: true, is_lean: true, stamped, cut, ..transport.clone() };
        match deadline {
            Some(_) => camera.watched().window.begin_sample(self.clock.now()),
            None => camera.watched().window.begin(self.clock.now()),
        }
        let mut source = transport::Camera::new(&camera.target, &options, manner, &self.clock, &self.stop);
        let ran = source.run(self, deadline);
        let now = self.clock.now();
        let mut watched = camera.watched();
        watched.is_connected = false;
        if self.is_over() {
            return Duration::ZERO;
        }
        let (why, least) = match ran {
            Ok(end @ (End::TimeUp | End::Enough | End::Signal(_))) => {
                camera.note_end(&end);
                match source.unopened() {
                    // The time was up before there was a stream.
                    Some(error) => (Some(unopened(&mut watched, &error)), error.least_pause()),
                    None => (watched.window.end_sample(now, camera.options.window), Duration::ZERO),
                }
            }
            Ok(end) => {
                camera.note_end(&end);
                watched.window.ended(&end, now);
                let least = match end {
                    End::Gone { kind, .. } => kind.least_pause(),
                    _ => Duration::ZERO,
                };
                (Some(end.to_string()), least)
            }
            Err(CameraError::Unopened(error)) => (Some(unopened(&mut watched, &error)), error.least_pause()),
            Err(CameraError::Problem(problem)) => {
                self.log.lost(&camera.name, &problem.to_string(), &self.clock);
                return Duration::ZERO;
            }
        };
        if let Some(why) = why {
            watched.totals.losses += 1;
            self.log.lost(&camera.name, &why, &self.clock);
        }
        least
    }
}

/// No stream could be opened, for the reason that is returned.
fn unopened(watched: &mut Watched, error: &OpenError) -> String {
    let why = error.to_string();
    watched.window.unopened(error.kind, &why);
    why
}

impl Observer for Reader {
    fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
        let now = self.clock.now();
        let mut watched = self.camera.watched();
        if let Event::Part(part) = event {
            watched.totals.parts += 1;
            watched.totals.bytes += part.body.len() as u64;
            if let Some(recorder) = &self.camera.recorder {
                recorder.part(part.spans.start());
            }
        }
        watched.window.event(event, arrival, now);
        drop(watched);
        Ok(if self.camera.is_gone() { Flow::Enough } else { Flow::More })
    }

    fn received(&mut self, reached: u64, at: Duration) {
        self.camera.watched().window.received(reached, at, self.clock.now());
    }

    fn silence(&mut self, silence: &Silence) {
        self.camera.watched().window.silence(silence);
    }

    fn opened(&mut self, opened: &Opened) -> Result<Option<Box<dyn Tap>>, Problem> {
        if self.camera.is_gone() {
            return Err(anyhow!("the camera is no longer watched").into());
        }
        let mut watched = self.camera.watched();
        if opened.reason != Reason::Poll {
            watched.totals.connects += 1;
        }
        watched.is_connected = true;
        watched.window.opened(opened, self.clock.now());
        let recorder = self.camera.recorder.as_ref();
        Ok(recorder.map(|it| it.response(opened.body_start, opened.is_in_chunks, opened.offset)))
    }

    fn lost(&mut self, lost: &Lost<'_>) -> Result<(), Problem> {
        if self.camera.is_gone() {
            return Err(anyhow!("the camera is no longer watched").into());
        }
        let now = self.clock.now();
        if let Some(end) = lost.end {
            self.camera.note_end(end);
        }
        let mut watched = self.camera.watched();
        watched.is_connected = false;
        watched.totals.losses += 1;
        watched.window.lost(lost, now);
        drop(watched);
        self.log.lost(&self.camera.name, lost.why, &self.clock);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
