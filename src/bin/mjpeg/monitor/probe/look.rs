//! One look at a camera: open, read for a while, judge, close.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::check::Silence;
use mjpeg::multipart::Event;

use crate::clock::Clock;
use crate::monitor::options::CameraOptions;
use crate::monitor::window::{Seen, Window};
use crate::problem::Problem;
use crate::signal::Stop;
use crate::transport::{
    Camera, CameraError, End, Flow, Lost, Manner, Observer, Opened, Options, Reconnect, Tap, Target,
};

/// What a look has shown.
#[derive(Debug, Default)]
pub struct Look {
    /// `None`: nothing that allows a verdict came in the time.
    pub seen: Option<Seen>,
    /// Whether there was a response with a stream.
    pub is_open: bool,
    /// From the request to the head of the response.
    pub opened: Option<Duration>,
    /// From the request to the last byte of the first part.
    pub first_part: Option<Duration>,
    /// All of it.
    pub duration: Duration,
    /// Parts that came.
    pub parts: u64,
    /// Bytes of the responses.
    pub bytes: u64,
    /// For how long the camera must not be asked again, because it refused the password.
    pub pause: Duration,
}

/// Takes what comes.
struct Looker<'a> {
    on_open: &'a dyn Fn(),
    window: Window,
    clock: Clock,
    started: Duration,
    opened: Option<Duration>,
    first_part: Option<Duration>,
    parts: u64,
    bytes: Arc<AtomicU64>,
    most_bytes: u64,
}

/// Counts the bytes, and ends the look behind too many of them.
struct Meter {
    bytes: Arc<AtomicU64>,
    most: u64,
}

impl Tap for Meter {
    fn bytes(&mut self, bytes: &[u8], _: Duration) -> Result<(), Problem> {
        let before = self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if before + bytes.len() as u64 > self.most {
            return Err(anyhow!("more bytes came than a probe reads").into());
        }
        Ok(())
    }
}

impl Observer for Looker<'_> {
    fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
        let now = self.clock.now();
        if let Event::Part(_) = event {
            self.parts += 1;
            self.first_part.get_or_insert(now.saturating_sub(self.started));
        }
        self.window.event(event, arrival, now);
        Ok(Flow::More)
    }

    fn received(&mut self, reached: u64, at: Duration) {
        self.window.received(reached, at, self.clock.now());
    }

    fn silence(&mut self, silence: &Silence) {
        self.window.silence(silence);
    }

    fn opened(&mut self, opened: &Opened) -> Result<Option<Box<dyn Tap>>, Problem> {
        let now = self.clock.now();
        self.opened.get_or_insert(now.saturating_sub(self.started));
        (self.on_open)();
        self.window.opened(opened, now);
        Ok(Some(Box::new(Meter { bytes: Arc::clone(&self.bytes), most: self.most_bytes })))
    }

    fn lost(&mut self, lost: &Lost<'_>) -> Result<(), Problem> {
        self.window.lost(lost, self.clock.now());
        Ok(())
    }
}

/// Looks at `target` for the window of the options, or for `longest` if that is less. Nothing is tried twice. `on_open` is called when
/// there is a response.
pub fn look(
    target: &Target,
    options: &CameraOptions,
    longest: Duration,
    most_bytes: u64,
    clock: &Clock,
    stop: &Stop,
    on_open: &dyn Fn(),
) -> Look {
    let started = clock.now();
    let manner = Manner {
        idle: options.idle,
        wait: None,
        reconnect: Reconnect::NEVER,
        poll: Some(options.transport.poll_interval()),
    };
    let transport =
        Options { is_pattern_paced: true, is_lean: true, wait: None, ..options.transport.clone() };
    let mut looker = Looker {
        on_open,
        window: Window::new(&Arc::new(options.rules())),
        clock: clock.clone(),
        started,
        opened: None,
        first_part: None,
        parts: 0,
        bytes: Arc::default(),
        most_bytes,
    };
    let mut camera = Camera::new(target, &transport, manner, clock, stop);
    let ran = camera.run(&mut looker, Some(started + options.window.min(longest)));
    let now = clock.now();
    let mut pause = Duration::ZERO;
    match ran {
        Ok(End::TimeUp | End::Enough | End::Signal(_)) => {
            looker.window.end_response(now);
            if let Some(error) = camera.unopened() {
                pause = error.kind.least_pause();
                looker.window.unopened(error.kind, &error.to_string());
            }
        }
        Ok(end) => {
            if let End::Gone { kind, .. } = end {
                pause = kind.least_pause();
            }
            looker.window.ended(&end, now);
        }
        Err(CameraError::Unopened(error)) => {
            pause = error.kind.least_pause();
            looker.window.unopened(error.kind, &error.to_string());
        }
        // The look was cut short: what came is judged.
        Err(CameraError::Problem(_)) => looker.window.end_response(now),
    }
    Look {
        seen: looker.window.close(now),
        is_open: looker.opened.is_some(),
        opened: looker.opened,
        first_part: looker.first_part,
        duration: clock.now().saturating_sub(started),
        parts: looker.parts,
        bytes: looker.bytes.load(Ordering::Relaxed),
        pause,
    }
}
