//! Tests of the engine: real sockets, simulated time.

use std::cell::Cell;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::Duration;

use mio::{Events, Poll};
use mjpeg::multipart::Boundary;

use super::super::connection::Stage;
use super::super::faults::Injector;
use super::super::feed::{Feed, Play};
use super::super::frame_source::FrameSource;
use super::super::hub::Hub;
use super::super::layout::Layout;
use super::super::live::Live;
use super::super::recipe::Standard;
use super::super::recipes::Recipes;
use super::super::responder::{Policy, Responder};
use super::super::stream::Stream;
use super::super::viewer_log::Detail;
use super::event_loop::{Engine, SOURCES};
use super::settings::Settings;
use crate::clock::Clock;
use crate::listen::auth::Users;
use crate::listen::host::Hosts;
use crate::listen::unix;
use crate::output::Reporter;
use crate::signal::Stop;
use crate::source::live::Mailbox;
use crate::source::paced::{Next, Paced};
use crate::source::picture::{Picture, SMALLEST};
use crate::source::wake::WakeUps;

mod snapshots;

const MS: Duration = Duration::from_millis(1);

/// An engine, its time, and where it listens.
struct World {
    engine: Engine,
    clock: Clock,
    events: Events,
    folder: tempfile::TempDir,
    /// The mailboxes of the live streams.
    mailboxes: Vec<Mailbox>,
}

/// The source of a stream.
enum Source {
    /// Frames that a test publishes.
    Live,
    /// This many frames at 10 frames per second, or frames without end.
    Paced(Option<u64>),
    /// No frame is ready before this is set.
    Slow(Rc<Cell<bool>>),
}

/// The same picture again and again.
struct Frames(Option<u64>);

impl Paced for Frames {
    fn next(&mut self, number: u64, _: Duration) -> Next {
        if self.0.is_some_and(|frames| number > frames) { Next::End } else { Next::Picture(picture()) }
    }
}

/// No picture is ready before this is set.
struct Slow(Rc<Cell<bool>>);

impl Paced for Slow {
    fn next(&mut self, _: u64, _: Duration) -> Next {
        if self.0.get() { Next::Picture(picture()) } else { Next::Later }
    }
}

fn picture() -> Picture {
    Picture::new(SMALLEST.to_vec()).unwrap()
}

fn settings() -> Settings {
    Settings {
        reporter: Reporter::new("test"),
        detail: Detail::Faults,
        layout: Layout::Auto,
        snapshots_start_sources: true,
        patience: Duration::from_secs(10),
        connections: 100,
        viewers: 100,
        viewer_buffer: 0,
        request_timeout: Duration::from_secs(10),
        send_timeout: Duration::from_secs(10),
    }
}

impl World {
    fn new(sources: impl IntoIterator<Item = (&'static str, Source)>, settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::simulated();
        let poll = Poll::new().unwrap();
        let wake_ups = WakeUps::new(poll.registry(), SOURCES).unwrap();
        let mut mailboxes = Vec::new();
        let mut streams = Vec::new();
        for (index, (name, source)) in sources.into_iter().enumerate() {
            let boundary = format!("of-{name}");
            let recipes = Recipes::from(Standard::new(Boundary::new(&boundary).unwrap(), &[]));
            let feed = |paced: Box<dyn Paced>, play| -> Box<dyn FrameSource> {
                Box::new(Feed::new(paced, "10".parse().unwrap(), play, recipes.clone(), clock.clone()))
            };
            let source = match source {
                Source::Live => {
                    mailboxes.push(Mailbox::new(wake_ups.of(index)));
                    let mailbox = mailboxes[mailboxes.len() - 1].clone();
                    Box::new(Live::new(mailbox, None, None, recipes.clone()))
                }
                Source::Paced(frames) => feed(Box::new(Frames(frames)), Play::OnDemand),
                Source::Slow(ready) => feed(Box::new(Slow(ready)), Play::OnDemand),
            };
            streams.push(Stream::new(name.into(), "test".into(), Hub::new(source, &recipes)));
        }
        let names = streams.iter().map(|stream| stream.name.clone()).collect();
        let users = Some(Users::parse("user:right").unwrap()).filter(|_| settings.viewers == 99);
        let policy =
            Policy { users, hosts: Hosts { allowed: Vec::new(), loopback: true }, ..Policy::default() };
        let listener = unix::bind(&folder.path().join("socket")).unwrap();
        let engine = Engine::new(
            (poll, wake_ups),
            vec![listener],
            streams,
            Responder::new(super::super::routes::Names::behind_first(names), policy, String::new()),
            settings,
            clock.clone(),
            &Stop::default(),
        );
        Self { engine: engine.unwrap(), clock, events: Events::with_capacity(64), folder, mailboxes }
    }

    /// Handles all events that are there now.
    fn settle(&mut self) {
        for _ in 0..20 {
            self.engine.turn(&mut self.events, Some(Duration::ZERO)).unwrap();
        }
    }

    /// Lets time pass, and handles what happens then.
    fn pass(&mut self, time: Duration) {
        self.clock.advance(time);
        self.settle();
    }

    fn request(&mut self, path: &str) -> UnixStream {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    }

    fn send(&mut self, request: &str) -> UnixStream {
        let mut socket = UnixStream::connect(self.folder.path().join("socket")).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        self.settle();
        socket
    }
}

/// What arrived, and whether the peer has closed its side.
fn received(socket: &mut UnixStream) -> (String, bool) {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 65_536]);
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => return (String::from_utf8_lossy(&bytes).into_owned(), true),
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return (String::from_utf8_lossy(&bytes).into_owned(), false);
            }
            Err(_) => return (String::from_utf8_lossy(&bytes).into_owned(), true),
        }
    }
}

/// How many pictures arrived.
fn frames(socket: &mut UnixStream) -> usize {
    received(socket).0.matches("Content-Type: image/jpeg").count()
}

#[test]
fn frames_come_at_their_times() {
    let mut world = World::new([("", Source::Paced(None))], settings());
    let mut viewer = world.request("/stream?layout=leading");
    assert_eq!(frames(&mut viewer), 1);
    for _ in 0..10 {
        world.pass(99 * MS);
        assert_eq!(frames(&mut viewer), 0);
        world.pass(MS);
        assert_eq!(frames(&mut viewer), 1);
    }
}

#[test]
fn a_stalled_viewer_continues_to_the_millisecond_and_holds_no_other_up() {
    let mut world = World::new([("", Source::Paced(None))], settings());
    world.engine.inject(Injector::of(&["stall=30ms@2"]));
    let mut first = world.request("/stream?layout=leading");
    assert_eq!(frames(&mut first), 1);
    world.pass(100 * MS);
    let mut second = world.request("/stream?layout=leading");
    assert_eq!((frames(&mut first), frames(&mut second)), (0, 1));
    world.pass(29 * MS);
    assert_eq!(frames(&mut first), 0);
    world.pass(MS);
    assert_eq!((frames(&mut first), frames(&mut second)), (1, 0));
}

#[test]
fn streams_have_their_own_sources_recipes_and_ends() {
    let sources = [("", Source::Live), ("cam", Source::Paced(None)), ("short", Source::Paced(Some(2)))];
    let mut world = World::new(sources, settings());
    let mut viewers = ["/stream", "/cam/stream", "/short/stream"].map(|path| world.request(path));
    let heads = viewers.each_mut().map(|viewer| received(viewer).0);
    for (head, boundary) in heads.iter().zip(["of-", "of-cam", "of-short"]) {
        assert!(head.contains(&format!("boundary={boundary}\r\n")), "{head}");
    }
    assert_eq!(heads.each_ref().map(|head| head.matches("image/jpeg").count()), [0, 2, 2], "early heads");
    world.mailboxes[0].publish(picture(), Duration::ZERO);
    world.pass(100 * MS);
    let [live, cam, short] = viewers.each_mut().map(received);
    assert!(live.0.contains("image/jpeg") && cam.0.contains("image/jpeg"));
    assert!(short.0.ends_with("\r\n--of-short--\r\n") && short.1, "{}", short.0);
    assert!(received(&mut world.request("/short/stream")).0.starts_with("HTTP/1.1 503 "));
    assert!(received(&mut world.request("/cam")).0.contains("\r\nLocation: /cam/\r\n"));
    // The others continue.
    world.pass(100 * MS);
    assert_eq!((frames(&mut viewers[1]), world.engine.connections.viewers()), (1, 2));
    let metrics = received(&mut world.request("/metrics")).0;
    for line in ["mjpeg_serve_viewers 1\n", "mjpeg_serve_viewers{stream=\"cam\"} 1\n"] {
        assert!(metrics.contains(line), "{metrics}");
    }
    let state = received(&mut world.request("/state")).0;
    assert!(state.contains(r#""streams":["cam","short"]"#), "{state}");
}

#[test]
fn a_wrong_password_is_answered_after_a_second() {
    let mut world = World::new([("", Source::Live)], Settings { viewers: 99, ..settings() });
    // `user:wrong`
    let mut socket =
        world.send("GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic dXNlcjp3cm9uZw==\r\n\r\n");
    world.pass(999 * MS);
    assert_eq!(received(&mut socket).0, "");
    world.pass(MS);
    assert!(received(&mut socket).0.starts_with("HTTP/1.1 401 "));
}

#[test]
fn peers_that_send_or_accept_nothing_are_closed_at_their_limits() {
    let mut world = World::new([("", Source::Live)], settings());
    let mut silent = world.send("");
    let mut partial = world.send("GET / HT");
    let mut viewer = world.request("/stream");
    // More than all buffers hold.
    let segment = [b"\xff\xfe\xff\xff", &[0; 65_533][..]].concat();
    let large = [b"\xff\xd8", &segment.repeat(64)[..], &SMALLEST[2..]].concat();
    world.mailboxes[0].publish(Picture::new(large).unwrap(), Duration::ZERO);
    world.settle();
    assert_eq!((world.engine.connections.len(), world.engine.connections.viewers()), (3, 1));
    world.pass(Duration::from_secs(10) - MS);
    assert_eq!(world.engine.connections.len(), 3);
    world.pass(Duration::from_secs(1));
    assert_eq!(received(&mut silent), (String::new(), true));
    assert!(received(&mut partial).0.starts_with("HTTP/1.1 408 "));
    assert!(received(&mut viewer).1);
    assert_eq!(world.engine.connections.viewers(), 0);
    assert_eq!(world.engine.connections.totals(0).evicted, 1);
}

#[test]
fn deadlines_of_closed_connections_do_not_pile_up() {
    let mut world = World::new([("", Source::Paced(None))], settings());
    world.engine.inject(Injector::of(&["stall=1h"]));
    for _ in 0..300 {
        drop(world.request("/stream"));
        world.pass(100 * MS);
    }
    assert!(world.engine.connections.len() < 3, "{}", world.engine.connections.len());
    assert!(world.engine.deadlines.len() < 100, "{}", world.engine.deadlines.len());
}

#[test]
fn a_reset_and_a_cut_end_one_connection() {
    let mut world = World::new([("", Source::Paced(None))], settings());
    world.engine.inject(Injector::of(&["reset@2"]));
    let mut viewer = world.request("/stream");
    let mut other = world.request("/");
    world.pass(100 * MS);
    assert!(received(&mut viewer).1 && received(&mut other).0.contains("</html>"));
    assert!(!world.engine.connections.iter().any(|(_, it)| matches!(it.stage, Stage::Stream { .. })));
}
