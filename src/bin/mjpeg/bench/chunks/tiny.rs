//! tiny_http as a pump: its own `Server` answers with `respond()` from an endless reader.

use std::io::{self, Read};
use std::sync::OnceLock;
use std::time::Duration;

use tiny_http::{HTTPVersion, Header, Response, Server, StatusCode};

use super::cell::ReadRule;
use super::frame_timer::FrameTimer;
use super::parts::Parts;
use super::source::Source;

/// For HTTP/1.0 `respond()` first collects the whole body in memory, so an endless body needs a limit: after this many
/// bytes the reader only waits.
const MAX_COLLECTED: u64 = 64 << 20;

/// Waits for one request, starts the measurement and answers. `begin` makes the timer.
///
/// # Errors
///
/// If no request arrives, or the answer fails before the end of the measurement.
pub fn serve(
    server: &Server,
    parts: &Parts,
    patience: Duration,
    started: &OnceLock<FrameTimer>,
    begin: impl FnOnce() -> FrameTimer,
) -> io::Result<()> {
    let request = server
        .recv_timeout(patience)?
        .ok_or_else(|| io::Error::new(io::ErrorKind::TimedOut, "no request arrived"))?;
    let content_type = Header::from_bytes("Content-Type", parts.content_type())
        .map_err(|()| io::Error::other("the content type is not a field value"))?;
    let left = if *request.http_version() < HTTPVersion(1, 1) { MAX_COLLECTED } else { u64::MAX };
    let timer = started.get_or_init(begin).clone();
    let source = Source::new(parts, timer.clone(), ReadRule::Short);
    let mut over = false;
    let reader = Endless { source, timer, left, over: &mut over };
    let answered = request.respond(Response::new(StatusCode(200), vec![content_type], reader, None, None));
    if over { Ok(()) } else { answered }
}

/// The body. A read returns at most the requested bytes, fewer at the end of each part, and an error at the end of the
/// measurement, so that `respond()` stops sending.
struct Endless<'a> {
    source: Source<'a>,
    timer: FrameTimer,
    left: u64,
    over: &'a mut bool,
}

impl Read for Endless<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = if self.left == 0 {
            self.timer.finish();
            None
        } else {
            self.source.read(out.len(), out)
        };
        let Some(len) = len else {
            *self.over = true;
            return Err(io::Error::other("the measurement is over"));
        };
        self.left = self.left.saturating_sub(len as u64);
        Ok(len)
    }
}
