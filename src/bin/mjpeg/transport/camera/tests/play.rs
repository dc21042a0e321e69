//! A camera that plays a script, on a simulated clock.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::anyhow;
use mjpeg::multipart;
use mjpeg::response::Expected;

use super::super::super::connection::Opened;
use super::super::super::observer::Flow;
use super::super::super::open_error::OpenErrorKind;
use super::super::super::stream::Stream;
use super::super::super::tap::Tap;
use super::super::super::wire::{Wire, WireEnd};
use super::super::*;
use Ends::{Close, Reset};
use Try::{Error, Page, Parts, Slow, SlowSnapshot, Snapshot};

pub const SECOND: Duration = Duration::from_secs(1);
const MULTIPART: &str = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n";
pub const PART: &[u8] = b"--b\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xd9\r\n";
const SNAPSHOT: &str = "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n\u{0}";

/// What a try meets.
#[derive(Clone)]
pub enum Try {
    /// An obstacle, and the pause that the server asks for.
    Error(OpenErrorKind, Option<u64>),
    /// This many parts, one each second, and an end.
    Parts(u64, Ends),
    /// A part at once, and then one each time that so many seconds have passed.
    Slow(u32),
    /// One picture.
    Snapshot,
    /// One picture, a second behind its head.
    SlowSnapshot,
    /// A page.
    Page,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Ends {
    Close,
    Reset,
}

/// Plays a script, and asserts that the stream before is closed.
struct Script {
    tries: VecDeque<Try>,
    clock: Clock,
    asked: Rc<RefCell<Vec<f64>>>,
    open: Arc<AtomicUsize>,
    is_local: Rc<Cell<bool>>,
}

struct Input {
    head: Vec<u8>,
    part: &'static [u8],
    parts: u64,
    ends: Ends,
    /// When the next part of a slow camera comes, and how long after it the one behind.
    slow: Option<(Duration, Duration)>,
    clock: Clock,
    wire: Arc<Wire>,
    open: Arc<AtomicUsize>,
}

impl Read for Input {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let wire = Arc::clone(&self.wire);
        if self.head.is_empty()
            && let Some((due, interval)) = &mut self.slow
        {
            let now = self.clock.now();
            let deadline = wire.deadline().unwrap();
            if *due > deadline {
                self.clock.advance(deadline.saturating_sub(now));
                wire.ended(WireEnd::Expired);
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.clock.advance(due.saturating_sub(now));
            *due += *interval;
            room[..PART.len()].copy_from_slice(PART);
            return wire
                .read_ready(&io::stdin(), &mut || Ok(PART.len()))
                .map_err(|_| io::ErrorKind::Other.into());
        }
        // The descriptor is not used, since this input never waits.
        wire.read_ready(&io::stdin(), &mut || self.fill(room)).or_else(|end| match end {
            WireEnd::Closed => Ok(0),
            end => Err(io::Error::other(format!("{end:?}"))),
        })
    }
}

impl Input {
    fn fill(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut bytes = std::mem::take(&mut self.head);
        if bytes.is_empty() {
            match (self.parts, self.ends) {
                (0, Close) => return Ok(0),
                (0, Reset) => return Err(io::Error::other("gone")),
                _ => {}
            }
            self.clock.advance(SECOND);
            self.parts -= 1;
            bytes = self.part.to_vec();
        }
        room[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Opener for Script {
    fn open(&mut self, _: Duration) -> Result<Stream, OpenError> {
        assert_eq!(self.open.load(Ordering::Relaxed), 0, "two connections at the same time");
        self.asked.borrow_mut().push(self.clock.now().as_secs_f64());
        // Nothing here depends on the clock of the wall.
        self.clock.set_forward(Duration::from_secs(86_400));
        let (mut part, mut slow) = (PART, None);
        let (head, parts, ends) = match self.tries.pop_front() {
            None => return Err(OpenError::new(OpenErrorKind::Url, anyhow!("the script is over"))),
            Some(Error(kind, asked)) => {
                let mut error = OpenError::new(kind, anyhow!("no"));
                error.retry_after = asked.map(Duration::from_secs);
                return Err(error);
            }
            Some(Parts(parts, ends)) => (MULTIPART.as_bytes().to_vec(), parts, ends),
            Some(Slow(seconds)) => {
                slow = Some((self.clock.now(), SECOND * seconds));
                (MULTIPART.as_bytes().to_vec(), 0, Close)
            }
            Some(Snapshot) => {
                let head = SNAPSHOT.trim_end_matches('\0').as_bytes();
                ([head, b"\xff\xd8\xff\xd9"].concat(), 0, Close)
            }
            Some(SlowSnapshot) => {
                part = b"\xff\xd8\xff\xd9";
                (SNAPSHOT.trim_end_matches('\0').as_bytes().to_vec(), 1, Close)
            }
            Some(Page) => (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>x".to_vec(), 0, Close),
        };
        self.open.store(1, Ordering::Relaxed);
        let (clock, open) = (self.clock.clone(), Arc::clone(&self.open));
        let wire = Wire::new(&self.clock, &Stop::default());
        let of_input = Arc::clone(&wire);
        let input = Box::new(Input { head, part, parts, ends, slow, clock, wire: of_input, open });
        let mut stream = Stream::new(input, Expected::Response, &wire, &self.clock, true);
        stream.read_head().unwrap();
        Ok(stream)
    }

    fn is_local(&self) -> bool {
        self.is_local.get()
    }
}

/// Notes what it sees.
#[derive(Default)]
pub struct Seen {
    /// Number, start of the delimiter or of the body, and second of arrival of each part.
    pub parts: Vec<(u64, u64, f64)>,
    pub reasons: Vec<Reason>,
    pub lost: Vec<String>,
    pub settled: u64,
    pub rejects: bool,
    pub enough_at: Option<u64>,
}

impl Observer for Seen {
    fn event(&mut self, event: &multipart::Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
        let multipart::Event::Part(part) = event else { return Ok(Flow::More) };
        let arrival = arrival.map_or(-1.0, |at| at.as_secs_f64());
        self.parts.push((part.number, part.spans.delimiter.start.max(part.spans.body.start), arrival));
        Ok(match self.rejects {
            true => Flow::Rejected,
            false if self.enough_at == Some(part.number) => Flow::Enough,
            false => Flow::More,
        })
    }

    fn settled(&mut self, parts: u64) -> Result<(), Problem> {
        assert!(parts >= self.settled);
        self.settled = parts;
        Ok(())
    }

    fn opened(&mut self, opened: &Opened) -> Result<Option<Box<dyn Tap>>, Problem> {
        self.reasons.push(opened.reason);
        Ok(None)
    }

    fn lost(&mut self, lost: &Lost<'_>) -> Result<(), Problem> {
        self.lost.push(lost.why.to_string());
        Ok(())
    }
}

pub struct Play {
    pub clock: Clock,
    /// The seconds in which the camera was asked.
    pub asked: Rc<RefCell<Vec<f64>>>,
    pub camera: Camera,
    pub seen: Seen,
    pub is_local: Rc<Cell<bool>>,
}

impl Play {
    pub fn new(tries: &[Try], reconnect: Tries, poll: Option<u64>) -> Self {
        let clock = Clock::simulated();
        let asked = Rc::default();
        let is_local = Rc::default();
        let script = Script {
            tries: tries.iter().cloned().collect(),
            clock: clock.clone(),
            asked: Rc::clone(&asked),
            open: Arc::default(),
            is_local: Rc::clone(&is_local),
        };
        let manner = Manner {
            idle: 10 * SECOND,
            wait: None,
            reconnect: Reconnect { tries: reconnect, delay: SECOND },
            poll: poll.map(Duration::from_secs),
        };
        let camera = Camera::with_opener(Box::new(script), manner, &clock, &Stop::default());
        Self { clock, asked, camera, seen: Seen::default(), is_local }
    }

    pub fn run(&mut self, deadline: Option<u64>) -> Result<End, CameraError> {
        self.camera.run(&mut self.seen, deadline.map(Duration::from_secs))
    }

    /// The pauses between the end of each try and the next one, in seconds.
    pub fn pauses(&self, lasted: &[u64]) -> Vec<f64> {
        let asked = self.asked.borrow();
        asked.windows(2).zip(lasted).map(|(pair, lasted)| pair[1] - pair[0] - *lasted as f64).collect()
    }
}
