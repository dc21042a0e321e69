//! `mjpeg serve` with the strict client of the kit: what viewers receive, and how runs end.

use crate::kit;

use std::fs;
use std::time::{Duration, Instant};

use kit::http::{self, Client, Part};
use kit::run::{Server, mjpeg, run};

const LAYOUTS: [&str; 4] = ["auto", "leading", "trailing", "early"];

fn bodies(parts: &[Part]) -> Vec<Vec<u8>> {
    parts.iter().map(|part| part.body.clone()).collect()
}

#[test]
fn once_sends_every_frame_to_the_first_viewer_and_ends() {
    let frames = kit::contents(&kit::frames());
    for layout in LAYOUTS {
        let server = Server::start(&kit::frames(), &["--once", "--fps", "200", "--layout", layout]);
        let mut client = Client::watch(server.address(), "/stream");
        assert!(client.head.starts_with("HTTP/1.1 200 OK\r\n"), "{}", client.head);
        assert!(client.head.contains("Content-Type: multipart/x-mixed-replace; boundary=mjpeg"));
        assert!(client.head.contains("Connection: close"));
        let parts = client.rest();
        assert_eq!(bodies(&parts), frames, "{layout}");
        assert!(client.is_over());
        server.run.end().expect(0);
    }
}

#[test]
fn loops_sets_the_number_of_rounds() {
    let frames = kit::contents(&kit::frames());
    let server = Server::start(&kit::frames(), &["--loops", "3", "--fps", "500"]);
    let parts = Client::watch(server.address(), "/mjpeg").rest();
    assert_eq!(bodies(&parts), [&frames[..], &frames, &frames].concat());
    server.run.end().expect(0);
}

#[test]
fn a_part_has_its_length_and_the_planned_time_of_its_frame() {
    let server = Server::start(&kit::frames(), &["--fps", "50", "--boundary", "the+answer"]);
    let mut client = Client::watch(server.address(), "/?action=stream");
    assert_eq!(client.dash_boundary(), "--the+answer");
    let stamps: Vec<f64> = (0..20)
        .map(|_| {
            let part = client.part().unwrap();
            assert_eq!(part.field("Content-Type"), Some("image/jpeg"));
            part.field("X-Timestamp").unwrap().parse().unwrap()
        })
        .collect();
    for pair in stamps.windows(2) {
        // Planned times do not depend on the load of the machine, unless it misses a frame.
        assert!((pair[1] - pair[0] - 0.02).abs() < 0.002 || pair[1] - pair[0] > 0.038, "{stamps:?}");
    }
}

#[test]
fn frames_are_sent_at_the_requested_rate() {
    let server = Server::start(&kit::frames(), &["--fps", "40"]);
    let mut client = Client::watch(server.address(), "/stream");
    let due = |part: Part| part.field("X-Timestamp").unwrap().parse::<f64>().unwrap();
    let first = due(client.part().unwrap());
    let start = Instant::now();
    let last = (0..80).map(|_| due(client.part().unwrap())).last().unwrap();
    // A busy machine may send late, but skips no frame and sends none early.
    assert!((last - first - 2.0).abs() < 0.001, "{first} to {last}");
    assert!(start.elapsed() > Duration::from_millis(1900), "{:?}", start.elapsed());
}

#[test]
fn each_layout_sends_its_bytes_with_the_frame() {
    let server = Server::start(&kit::frames(), &["--fps", "1", "--boundary", "b"]);
    for (layout, after) in [
        ("leading", ""),
        ("trailing", "\r\n--b\r\n"),
        ("early", "\r\n--b\r\nContent-Type: image/jpeg\r\nContent-Length: "),
        ("auto", "\r\n--b\r\nContent-Type: image/jpeg\r\nContent-Length: "),
    ] {
        let mut client = Client::watch(server.address(), &format!("/stream?layout={layout}"));
        client.part().unwrap();
        let rest = client.bytes_within(Duration::from_millis(200));
        let text = String::from_utf8_lossy(&rest[..rest.len().min(200)]).into_owned();
        // On a slow machine the next frame may follow.
        assert!(text.starts_with(after), "{layout}: {text:?}");
        assert_eq!(text.is_empty(), after.is_empty(), "{layout}: {text:?}");
    }
}

#[test]
fn after_a_signal_each_announced_part_is_complete() {
    for layout in LAYOUTS {
        let server = Server::start(&kit::frames(), &["--fps", "2", "--layout", layout]);
        let mut client = Client::watch(server.address(), "/stream");
        let first = client.part().unwrap();
        assert_eq!(first.body, kit::contents(&kit::frames())[0]);
        server.run.signal("INT");
        let rest = client.rest();
        assert!(rest.len() <= 2, "{layout}: {} more parts", rest.len());
        assert!(client.is_over());
        server.run.end_within(Duration::from_secs(2)).expect(0);
    }
}

#[test]
fn a_snapshot_is_a_complete_frame_with_its_length() {
    let server = Server::start(&kit::frames(), &["--fps", "5"]);
    let frames = kit::contents(&kit::frames());
    for path in ["/snapshot", "/?action=snapshot"] {
        let start = Instant::now();
        let (head, body) = http::get(server.address(), path);
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
        assert_eq!(http::field(&head, "Content-Length"), Some(body.len().to_string().as_str()));
        assert_eq!(http::field(&head, "Content-Type"), Some("image/jpeg"));
        assert!(http::field(&head, "X-Timestamp").is_some(), "{head}");
        assert!(frames.contains(&body));
    }
    let request = format!("HEAD /snapshot HTTP/1.1\r\nHost: {}\r\n\r\n", server.address());
    let (head, body) = http::split(&http::exchange(server.address(), request.as_bytes()));
    assert!(http::field(&head, "Content-Length").is_some_and(|length| length != "0"), "{head}");
    assert!(body.is_empty());
}

#[test]
fn other_methods_and_paths_are_refused() {
    let server = Server::start(&kit::frames(), &[]);
    for (request, status) in [
        ("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("OPTIONS /stream HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("GET / HTTP/1.0\r\n\r\n", 200),
        ("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        ("GET /stream?layout=x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 413),
        ("GET / HTTP/3.0\r\n\r\n", 505),
    ] {
        let (head, body) = http::split(&http::exchange(server.address(), request.as_bytes()));
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?} gets {head}");
        assert!(head.contains("Connection: close"), "{head}");
        if request.starts_with("HEAD") || request.starts_with("OPTIONS") {
            assert!(body.is_empty(), "{request:?}");
        }
        if status == 405 || request.starts_with("OPTIONS") {
            assert_eq!(http::field(&head, "Allow"), Some("GET, HEAD, OPTIONS"), "{head}");
        }
    }
}

#[test]
fn a_rewritten_file_is_sent_only_if_it_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.jpg");
    let frames = kit::contents(&kit::frames());
    // The server waits for a missing file.
    let server = Server::start(&file, &["--repeat", "0s"]);
    let (head, _) = http::get(server.address(), "/snapshot");
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert!(http::field(&head, "Retry-After").is_some());

    let mut client = Client::watch(server.address(), "/stream");
    for (n, frame) in frames.iter().take(10).enumerate() {
        if n % 2 == 0 {
            fs::write(&file, frame).unwrap();
        } else {
            let temporary = folder.path().join("camera.tmp");
            fs::write(&temporary, frame).unwrap();
            fs::rename(&temporary, &file).unwrap();
        }
        assert_eq!(&client.part().unwrap().body, frame, "frame {n}");
    }
    // An incomplete file is not sent; the next complete one is.
    fs::write(&file, &frames[10][..frames[10].len() / 2]).unwrap();
    let torn = "is not sent: it ";
    kit::eventually("the torn file is reported", || server.run.err().contains(torn).then_some(()));
    fs::write(&file, b"").unwrap();
    fs::remove_file(&file).unwrap();
    fs::write(&file, &frames[11]).unwrap();
    assert_eq!(client.part().unwrap().body, frames[11]);
    server.stop();
}

#[test]
fn the_last_frame_of_a_silent_source_is_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.jpg");
    fs::write(&file, &kit::contents(&kit::frames())[0]).unwrap();
    let server = Server::start(&file, &["--repeat", "100ms"]);
    let mut client = Client::watch(server.address(), "/stream");
    let parts: Vec<Part> = (0..4).map(|_| client.part().unwrap()).collect();
    assert!(parts.windows(2).all(|pair| pair[0] == pair[1]), "the same picture with the same time");
}

#[test]
fn the_test_pattern_can_be_served() {
    let server = Server::start("test:160x120".as_ref(), &["--fps", "50"]);
    let mut client = Client::watch(server.address(), "/stream");
    for number in 1..=5 {
        let part = client.part().unwrap();
        let seconds: f64 = part.field("X-Timestamp").unwrap().parse().unwrap();
        let text = String::from_utf8_lossy(&part.body[..200]).into_owned();
        let comment = text.split("mjpeg test ").nth(1).unwrap();
        assert!(comment.starts_with(&format!("frame={number} T=")), "{comment:?}");
        let nanos: String = comment.split("T=").nth(1).unwrap().chars().take(19).collect();
        assert!((nanos.parse::<f64>().unwrap() / 1e9 - seconds).abs() < 1e-3, "{comment:?} {seconds}");
    }
}

#[test]
fn incomplete_files_are_named_and_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let frames = kit::contents(&kit::frames());
    fs::write(folder.path().join("2.jpg"), &frames[0]).unwrap();
    fs::write(folder.path().join("10.jpg"), &frames[1]).unwrap();
    fs::write(folder.path().join("3.jpg"), &frames[2][..1000]).unwrap();
    let server = Server::start(folder.path(), &["--once", "--fps", "100"]);
    let parts = Client::watch(server.address(), "/stream").rest();
    assert_eq!(bodies(&parts), frames[..2]);
    let end = server.run.end().expect(0);
    assert!(end.err.contains("3.jpg is skipped: it ends before its end marker"), "{}", end.err);
}

#[test]
fn sources_and_addresses_that_cannot_be_used_are_local_failures() {
    let empty = tempfile::tempdir().unwrap();
    let broken = tempfile::tempdir().unwrap();
    fs::write(broken.path().join("1.jpg"), b"no picture").unwrap();
    let text = empty.path().join("notes.txt");
    fs::write(&text, b"notes").unwrap();
    let taken = Server::start(&kit::frames(), &[]);
    let frames = kit::frames();
    for (source, listen, expected) in [
        (empty.path().join("missing"), "127.0.0.1:0", "cannot open"),
        (empty.path().to_path_buf(), "127.0.0.1:0", "holds no JPEG files"),
        (broken.path().to_path_buf(), "127.0.0.1:0", "has no frame that can be sent"),
        (text.clone(), "127.0.0.1:0", "contains neither JPEGs nor a stream"),
        (frames.clone(), taken.address(), "cannot listen at"),
        (frames.clone(), "192.0.2.1:0", "cannot listen at"),
    ] {
        let end = run(mjpeg(["serve"]).arg(&source).args(["--listen", listen])).expect(6);
        let first = end.err.lines().find(|line| line.contains(expected));
        assert!(first.is_some_and(|line| line.starts_with("mjpeg: serve: ")), "{expected}: {}", end.err);
        assert!(end.out.is_empty());
    }
    let end = run(mjpeg(["serve", "--unix"]).arg(&text).arg(&frames)).expect(6);
    assert!(end.err.contains("notes.txt: it is not a socket") && end.out.is_empty(), "{}", end.err);
    for bad in [
        "--repeat=1ns",
        "--send-timeout=0s",
        "--request-timeout=0s",
        "--fps=0",
        "--boundary=a b ",
        "--layout=up",
        "--loops=0",
        "--viewer-buffer=x",
    ] {
        run(mjpeg(["serve", bad]).arg(&frames)).expect(2);
    }
}

/// These errors are found before anything is opened: the missing directory would give exit code 6, the URL exit code 3.
#[test]
fn errors_in_the_arguments_alone_are_usage_errors() {
    let url = "http://127.0.0.1:1/";
    let long = format!("/tmp/{}", "x".repeat(200));
    for (args, expected) in [
        (&["test:", "--once"][..], "test: does not"),
        (&["test:", "--loops", "2"], "test: does not"),
        (&[url, "--once"], "need a source that ends"),
        (&["-", "--loops", "2"], "standard input can be played only once"),
        (&["test:9x9"], "between 160x120 and 3840x2160"),
        (&["test:abc"], "expected WIDTHxHEIGHT"),
        (&["/nowhere/at/all", "--listen", "99999"], "--listen"),
        (&["/nowhere/at/all", "--listen", "127.0.0.1:65536"], "--listen"),
        (&["/nowhere/at/all", "--listen", "256.0.0.1:0"], "--listen"),
        (&["/nowhere/at/all", "--listen", "::1"], "--listen"),
        (&["/nowhere/at/all", "--auth", "secret"], "--auth: it is not USER:PASSWORD"),
        (&["/nowhere/at/all", "--unix", &long], "--unix: "),
        (&["/nowhere/at/all", "--cors", "https://a.example/"], "without a path"),
        (&["/nowhere/at/all", "--cors", "https://a.example/page"], "without a path"),
        (&["/nowhere/at/all", "--cors", "a.example"], "such as https://example.org"),
        (&["/nowhere/at/all", "--cors", "https://"], "such as https://example.org"),
        (&["/nowhere/at/all", "--cors", ""], "such as https://example.org"),
    ] {
        let end = run(mjpeg(["serve"]).args(args)).expect(2);
        assert!(end.err.starts_with("error: ") && end.err.contains(expected), "{expected}: {}", end.err);
        assert!(end.err.contains("For more information, try '--help'"), "{}", end.err);
        assert!(end.out.is_empty() && !end.err.contains("secret"), "{}", end.err);
    }
}
