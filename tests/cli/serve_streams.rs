//! `mjpeg serve` with several streams, and with faults.

use crate::kit;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use kit::http::{self, Client};
use kit::run::{Server, mjpeg, run};

#[test]
fn each_stream_is_at_its_name() {
    let folder = kit::picture::folder(&[&kit::picture::solid([9, 9, 9], 16, 16)]);
    let other = format!("other={}", folder.path().display());
    let args = ["--fps", "30", "--stream", "pattern=test:160x120", "--stream", &other];
    let server = Server::start(&kit::frames(), &args);
    server.run.says("stream other: http://127.0.0.1:");
    let frames = kit::contents(&kit::frames());
    assert_eq!(Client::watch(server.address(), "/stream").part().unwrap().body, frames[0]);
    assert!(Client::watch(server.address(), "/pattern/stream").part().unwrap().body != frames[0]);
    let only = kit::contents(folder.path());
    assert_eq!(Client::watch(server.address(), "/other/stream").part().unwrap().body, only[0]);
    assert_eq!(http::get(server.address(), "/other/snapshot").1, only[0]);
    let (head, page) = http::get(server.address(), "/other/");
    assert!(head.starts_with("HTTP/1.1 200 ") && page.starts_with(b"<!"), "{head}");
    for (path, text) in [
        ("/state", r#""streams":["pattern","other"]"#),
        ("/other/state", r#""name":"other""#),
        ("/metrics", r#"mjpeg_serve_viewers_total{stream="other"} 1"#),
        ("/other/healthz", "ok"),
    ] {
        let answer = String::from_utf8(http::get(server.address(), path).1).unwrap();
        assert!(answer.contains(text), "{path}: {answer}");
    }
    assert!(http::get(server.address(), "/nothing/stream").0.starts_with("HTTP/1.1 404 "));
    let end = server.stop();
    assert_eq!(end.err.lines().count(), 3, "{}", end.err);
}

#[test]
fn a_stream_that_cannot_be_named_is_a_usage_error() {
    for (args, says) in [
        (&["--stream", "x"][..], "NAME=SOURCE"),
        (&["--stream", "state=test:"], "cannot be the name"),
        (&["--stream", "a b=test:"], "letters"),
        (&["--stream", "a=test:9x"], "test:"),
        (&["--stream", "a=test:", "--stream", "a=test:"], "two streams"),
        (&["--stream", "a=-", "--stream", "b=-"], "standard input"),
        (&["--once", "--stream", "a=test:"], "--once"),
        (&["--fault", "stal=1s"], "did you mean stall?"),
        (&["--fault", "stall"], "TIME"),
        (&["--fault", "reset@0"], "at least 1"),
    ] {
        let end = run(mjpeg(["serve"]).arg(kit::frames()).args(args)).expect(2);
        assert!(end.err.contains(says), "{args:?}: {}", end.err);
    }
}

/// What `record` says about a stream with a fault.
#[test]
fn faults_of_the_connection_are_told_apart_by_record() {
    for (fault, exit, end, written) in [
        ("reset@3", 5, "reset", 2),
        ("cut@3", 5, "truncated", 2),
        ("close@3", 1, "closed", 3),
        ("stall-inside=30s@3", 5, "stalled", 2),
        ("stall=30s@3", 5, "stalled", 2),
    ] {
        let server = Server::start(&kit::frames(), &["--fps", "50", "--layout", "leading", "--fault", fault]);
        let out = tempfile::tempdir().unwrap();
        let mut command = mjpeg(["record", &server.stream]);
        let args = ["--frames", "10", "--idle", "500ms", "--format", "json"];
        let recorded = run(command.arg(out.path().join("out")).args(args)).expect(exit);
        let summary: serde_json::Value = serde_json::from_str(&recorded.text()).unwrap();
        assert_eq!(summary["end"], end, "{fault}: {summary}");
        assert_eq!(summary["frames_written"], written, "{fault}: {summary}");
        let _ = recorded.err.len();
        server.stop();
    }
}

#[test]
fn faults_of_time_change_no_byte() {
    let frames = kit::contents(&kit::frames());
    for fault in
        ["drip=4k", "fill=64k", "hold-tail=100", "burst=4", "stall=20ms@every=3", "stall-inside=10ms"]
    {
        let server = Server::start(&kit::frames(), &["--once", "--fps", "100", "--fault", fault]);
        let parts = Client::watch(server.address(), "/stream").rest();
        let bodies: Vec<_> = parts.into_iter().map(|part| part.body).collect();
        // A viewer that is slowed down skips frames, and receives the others whole.
        assert!(bodies.iter().all(|body| frames.contains(body)), "{fault}");
        assert!(bodies.len() >= 2 && bodies.first() == frames.first(), "{fault}: {}", bodies.len());
        if !fault.starts_with("drip") {
            assert_eq!(bodies.last(), frames.last(), "{fault}");
        }
        server.run.end().expect(0);
    }
}

#[test]
fn a_stall_lasts_as_long_as_it_says() {
    let server = Server::start(
        &kit::frames(),
        &["--fps", "20", "--layout", "leading", "--fault", "stall-inside=300ms@2"],
    );
    let mut client = Client::watch(server.address(), "/stream");
    client.part().unwrap();
    let start = Instant::now();
    client.part().unwrap();
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(300), "{took:?}");
    server.stop();
}

/// The counters of the whole run in `/state`.
fn totals(server: &Server) -> serde_json::Value {
    let state = http::get(server.address(), "/state").1;
    serde_json::from_slice::<serde_json::Value>(&state).unwrap()["totals"].clone()
}

#[test]
fn frames_sent_counts_what_a_viewer_received_with_each_fault() {
    // A fault, and how many whole pictures a viewer receives before it takes effect, if that is certain.
    for (fault, whole) in [
        ("reset@4", Some(3)),
        ("cut@4", Some(3)),
        ("close@4", Some(4)),
        ("stall=30s@4", Some(3)),
        ("stall-inside=30s@4", Some(3)),
        ("hold-tail=100", None),
        ("drip=4k", None),
        ("fill=64k", None),
        ("burst=3", None),
    ] {
        for layout in ["leading", "trailing", "early"] {
            let args = ["--fps", "50", "--layout", layout, "--fault", fault];
            let server = Server::start(&kit::frames(), &args);
            let mut viewer = Viewer::watch(server.address());
            kit::eventually("enough pictures or the end", || {
                let is_over = viewer.read();
                (is_over || viewer.pictures() >= whole.unwrap_or(6)).then_some(())
            });
            if let Some(whole) = whole {
                assert_eq!(viewer.pictures(), whole, "{fault} {layout}");
            }
            // Between the two counts of the viewer: the server sends more meanwhile.
            let before = viewer.pictures();
            let sent = totals(&server)["frames_sent"].as_u64().unwrap() as usize;
            viewer.read();
            assert!((before..=viewer.pictures()).contains(&sent), "{fault} {layout}: {sent} of {before}");
            server.stop();
        }
    }
}

#[test]
fn a_fault_that_ends_a_connection_does_so_in_each_layout() {
    for layout in ["auto", "leading", "trailing", "early"] {
        for (fault, ends_inside) in [("reset@2", true), ("cut@2", true), ("close@2", false)] {
            let args = ["--fps", "50", "--layout", layout, "--fault", fault];
            let server = Server::start(&kit::frames(), &args);
            let mut viewer = Viewer::watch(server.address());
            kit::eventually("the end", || viewer.read().then_some(()));
            let frames = kit::contents(&kit::frames());
            assert_eq!(viewer.pictures(), 1 + usize::from(!ends_inside), "{fault} {layout}");
            let begun = memchr::memmem::find(&viewer.bytes, &frames[1][..1000]).is_some();
            assert!(begun, "{fault} {layout}: the second picture has begun");
            // The server itself goes on.
            assert!(http::get(server.address(), "/healthz").0.starts_with("HTTP/1.1 200 "));
            server.stop();
        }
    }
}

/// A viewer that keeps all bytes, whole part or not.
struct Viewer {
    socket: TcpStream,
    bytes: Vec<u8>,
}

impl Viewer {
    fn watch(address: &str) -> Self {
        let mut socket = http::connect(address);
        write!(socket, "GET /stream HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
        Self { socket, bytes: Vec::new() }
    }

    /// Reads what arrives within a short time. Returns whether the connection is over.
    fn read(&mut self) -> bool {
        self.socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let mut buffer = [0; 65_536];
        let until = Instant::now() + Duration::from_millis(100);
        while Instant::now() < until {
            match self.socket.read(&mut buffer) {
                Ok(0) => return true,
                Ok(n) => self.bytes.extend_from_slice(&buffer[..n]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(_) => return true,
            }
        }
        false
    }

    /// The whole pictures so far.
    fn pictures(&self) -> usize {
        let frames = kit::contents(&kit::frames());
        frames.iter().map(|frame| memchr::memmem::find_iter(&self.bytes, frame).count()).sum()
    }
}
