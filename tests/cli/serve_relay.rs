//! `mjpeg serve URL`: cameras that are lost and come back, relays of relays, and passwords.

use crate::kit;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use kit::busy_camera::{BusyCamera, Mode};
use kit::http::{self, Client};
use kit::run::{Run, Server, mjpeg, run, start};
use serde_json::Value;

const REFUSED: Mode = Mode::Answer("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");

fn state(server: &Server) -> Value {
    serde_json::from_slice(&http::get(server.address(), "/state").1).unwrap()
}

fn age(head: &str) -> f64 {
    http::field(head, "X-Frame-Age").unwrap().parse().unwrap()
}

/// Waits until the newest picture is older than the limit of these tests.
fn picture_is_old(server: &Server) {
    let is_old = || state(server)["frame_age_ms"].as_f64().unwrap() > 1000.0;
    kit::eventually("an old picture", || is_old().then_some(()));
}

#[test]
fn after_an_outage_a_snapshot_is_503_with_the_age_until_the_camera_is_back() {
    let camera = BusyCamera::start(Mode::Stream);
    let server = Server::start(camera.url.as_ref(), &["--no-probe", "--silence", "1s"]);
    let mut viewer = Client::watch(server.address(), "/stream");
    assert!(viewer.part().is_some());
    let (head, _) = http::get(server.address(), "/snapshot");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    camera.set(REFUSED);
    picture_is_old(&server);
    let (head, body) = http::get(server.address(), "/snapshot");
    // In whole milliseconds.
    assert!(head.starts_with("HTTP/1.1 503 ") && age(&head) >= 1.0, "{head}");
    assert!(http::field(&head, "Retry-After").is_some(), "{head}");
    let text = String::from_utf8(body).unwrap();
    assert!(text.starts_with("the newest picture is ") && text.contains("503 Busy"), "{text}");
    let upstream = state(&server)["upstream"].clone();
    assert_eq!(upstream["state"], "lost", "{upstream}");
    assert!(upstream["state_age_s"].as_f64().unwrap() > 0.5, "{upstream}");
    assert!(upstream["last_failure"].as_str().unwrap().contains("503 Busy"), "{upstream}");
    let metrics = String::from_utf8(http::get(server.address(), "/metrics").1).unwrap();
    assert!(metrics.contains("\nmjpeg_serve_upstream_connected 0\n"), "{metrics}");
    let (head, _) = http::get(server.address(), "/healthz");
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");

    camera.set(Mode::Stream);
    kit::eventually("a new picture", || {
        http::get(server.address(), "/snapshot").0.starts_with("HTTP/1.1 200 ").then_some(())
    });
    assert_eq!(state(&server)["upstream"].get("last_failure"), None);
    // The viewer has stayed.
    assert!(viewer.part().is_some());
    assert_eq!(camera.most_open(), 1);
    let err = server.run.err();
    let lines: Vec<&str> = err.lines().filter(|line| line.contains(&camera.url)).collect();
    assert!(lines.len() <= 3, "{err}");
    assert!(lines[0].ends_with("; trying again"), "{err}");
    assert!(lines.last().unwrap().contains("/stream: back after "), "{err}");
    assert!(lines.iter().all(|line| line.matches("http://").count() == 1), "{err}");
}

#[test]
fn an_old_picture_is_a_snapshot_if_that_is_allowed() {
    let camera = BusyCamera::start(Mode::Stream);
    let server = Server::start(
        camera.url.as_ref(),
        &["--no-probe", "--stale-ok", "--silence", "1s", "--linger", "300ms"],
    );
    let (head, first) = http::get(server.address(), "/snapshot");
    assert!(head.starts_with("HTTP/1.1 200 ") && http::field(&head, "X-Frame-Age").is_none(), "{head}");
    camera.is_left();
    camera.set(REFUSED);
    // Nothing was sent since, and the camera cannot be reached: that picture, or one that came directly behind it.
    let (head, old) = http::get(server.address(), "/snapshot");
    assert!(head.starts_with("HTTP/1.1 200 ") && age(&head) > 0.0, "{head}");
    let frames = kit::contents(&kit::frames());
    let number = |jpeg: &Vec<u8>| frames.iter().position(|frame| frame == jpeg).unwrap();
    assert!(number(&old) >= number(&first), "{} after {}", number(&old), number(&first));
    camera.set(Mode::Stream);
    kit::eventually("a new picture", || {
        http::field(&http::get(server.address(), "/snapshot").0, "X-Frame-Age").is_none().then_some(())
    });
    server.run.says("back after");
}

#[test]
fn a_camera_that_ends_each_connection_has_one_and_takes_few_lines() {
    let ending = Mode::Answer(concat!(
        "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=foo\r\n\r\n",
        "--foo\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbusy\r\n--foo--\r\n"
    ));
    let camera = BusyCamera::start(Mode::Stream);
    let server = Server::start(camera.url.as_ref(), &["--upstream", "always"]);
    for _ in 0..3 {
        camera.set(ending.clone());
        let count = camera.count();
        kit::eventually("another attempt", || (camera.count() > count).then_some(()));
        camera.set(Mode::Stream);
        let live = || (state(&server)["upstream"]["state"] == "live").then_some(());
        kit::eventually("the camera is back", live);
    }
    assert_eq!(camera.most_open(), 1);
    let upstream = state(&server)["upstream"].clone();
    assert!(upstream["failures"].as_u64().unwrap() >= 6, "{upstream}");
    let lines = server.run.err().lines().filter(|line| line.contains(&camera.url)).count();
    assert_eq!(lines, 2, "{}", server.run.err());
}

/// A server at a Unix socket.
fn serve_at(socket: &Path, source: &str, args: &[&str]) -> Run {
    let run = start(mjpeg(["serve", source, "--unix"]).arg(socket).args(args));
    run.line();
    run
}

/// The answer to `GET path` at a Unix socket.
fn get_at(socket: &Path, path: &str) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(kit::PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_server_does_not_relay_itself() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("a");
    let own = socket.to_str().unwrap();
    let server = serve_at(
        &socket,
        "http://localhost/stream",
        &["--no-probe", "--silence", "2s", "--unix-socket", own],
    );
    let answer = get_at(&socket, "/stream");
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("508 Loop Detected"), "{answer}");
    server.says("which comes from this server itself");
    assert!(server.err().contains("508 Loop Detected"), "{}", server.err());
}

#[test]
fn two_servers_do_not_relay_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let sockets = ["a", "b"].map(|name| folder.path().join(name));
    let [a, b] = [(0, 1), (1, 0)].map(|(own, other)| {
        let other = sockets[other].to_str().unwrap();
        let args = ["--no-probe", "--silence", "3s", "--unix-socket", other];
        serve_at(&sockets[own], "http://localhost/stream", &args)
    });
    let answer = get_at(&sockets[0], "/stream");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    // The request of `b` has passed `a`.
    a.says("which comes from this server itself");
    b.says("508 Loop Detected");
    assert!(!b.err().contains("from this server itself"), "{}", b.err());
}

#[test]
fn a_relay_of_a_relay_works_and_names_both() {
    let camera = BusyCamera::start(Mode::Stream);
    let first = Server::start(camera.url.as_ref(), &["--no-probe"]);
    let second = Server::start(first.stream.as_ref(), &["--no-probe"]);
    assert!(Client::watch(second.address(), "/stream").part().is_some());
    let requests = camera.requests();
    assert_eq!(requests.len(), 1);
    let via = http::field(&requests[0], "Via").unwrap();
    let names: Vec<&str> = via.split(", ").map(|entry| entry.strip_prefix("1.1 mjpeg-").unwrap()).collect();
    assert!(names.len() == 2 && names[0] != names[1], "{via}");
    // What is no relay does not say that it is one, and any field can be left out.
    let end = run(&mut mjpeg(["record", &camera.url, "-", "--frames", "1"])).expect(0);
    assert!(end.err.contains("1 frame"), "{}", end.err);
    let third = Server::start(camera.url.as_ref(), &["--header", "Via:"]);
    drop(third);
    assert!(camera.requests()[1..].iter().all(|request| http::field(request, "Via").is_none()));
}

/// The first relay repeats its newest frame, and sends it first on each connection.
#[test]
fn all_relays_of_a_silent_camera_say_that_it_is_silent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.jpg");
    let frames = kit::frames();
    std::fs::write(&file, &kit::contents(&frames)[0]).unwrap();
    let camera = Server::start(&file, &["--repeat", "100ms"]);
    let options = ["--no-probe", "--upstream", "always", "--repeat", "100ms", "--silence", "1s"];
    let first = Server::start(camera.stream.as_ref(), &options);
    let second = Server::start(first.stream.as_ref(), &options);
    let mut viewer = Client::watch(second.address(), "/stream");
    let health = || [&first, &second].map(|it| http::get(it.address(), "/healthz").0[9..12].to_string());
    kit::eventually("silence of both", || (health() == ["503", "503"]).then_some(()));
    assert!(viewer.part().is_some() && viewer.part().is_some(), "a viewer gets the repeated frame");
    // Another connection starts with the old frame.
    let third = Server::start(second.stream.as_ref(), &options);
    kit::eventually("silence", || {
        http::get(third.address(), "/healthz").0.starts_with("HTTP/1.1 503 ").then_some(())
    });
    std::fs::write(&file, &kit::contents(&frames)[1]).unwrap();
    kit::eventually("both live", || (health() == ["200", "200"]).then_some(()));
}

#[test]
fn passwords_of_a_camera_appear_nowhere() {
    let camera = BusyCamera::start(Mode::Stream);
    let server = Server::start(
        camera.url_with("admin:s3cr%23t@").as_ref(),
        &["--no-probe", "--verbose", "--silence", "1s"],
    );
    hides(&server, &camera, "admin:(redacted)@", &["s3cr#t", "s3cr%23t", "YWRtaW46czNjciN0"]);
    let sent =
        camera.requests().iter().any(|request| request.contains("Authorization: Basic YWRtaW46czNjciN0"));
    assert!(sent, "{:?}", camera.requests());
}

#[test]
fn passwords_in_the_query_appear_nowhere() {
    let camera = BusyCamera::start(Mode::Stream);
    let url = format!("{}?user=admin&pwd=s3cr%23t&fps=5", camera.url);
    let server = Server::start(url.as_ref(), &["--no-probe", "--verbose", "--silence", "1s"]);
    hides(&server, &camera, "?user=admin&pwd=(redacted)&fps=5", &["s3cr"]);
    let sent = camera.requests().iter().all(|request| request.contains("user=admin&pwd=s3cr%23t&fps=5 "));
    assert!(sent, "{:?}", camera.requests());
}

/// Waits for an outage, and looks for the secrets in all that the server says. `/state` has `shown`.
fn hides(server: &Server, camera: &BusyCamera, shown: &str, secrets: &[&str]) {
    let mut viewer = Client::watch(server.address(), "/stream");
    assert!(viewer.part().is_some());
    camera.set(Mode::Answer(
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=cam\r\nContent-Length: 0\r\n\r\n",
    ));
    picture_is_old(server);
    server.run.says("401 No");
    let mut texts = vec![server.run.err()];
    for path in ["/", "/state", "/metrics", "/healthz", "/snapshot"] {
        let (head, body) = http::get(server.address(), path);
        texts.push(format!("{head}\n{}", String::from_utf8_lossy(&body)));
    }
    assert!(texts[2].contains(shown), "{}", texts[2]);
    for text in texts {
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn a_camera_is_released_when_a_viewer_leaves_that_has_waited_for_it() {
    let camera = BusyCamera::start(Mode::Answer("HTTP/1.1 404 Not Found\r\n\r\n"));
    let server = Server::start(camera.url.as_ref(), &["--no-probe", "--silence", "1s"]);
    let begin = Instant::now();
    // A viewer that leaves while it waits: the camera is released, too.
    let mut viewer = http::connect(server.address());
    write!(viewer, "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    kit::eventually("an attempt", || (camera.count() == 1).then_some(()));
    drop(viewer);
    kit::eventually("idle", || (state(&server)["upstream"]["state"] == "idle").then_some(()));
    assert!(begin.elapsed() < Duration::from_secs(25), "{:?}", begin.elapsed());
    let _ = server.run.err();
}

#[test]
fn a_client_that_waits_for_its_first_picture_and_goes_away_is_no_viewer_any_more() {
    let camera = BusyCamera::start(Mode::Silence);
    for path in ["/stream", "/snapshot"] {
        let server = Server::start(camera.url.as_ref(), &["--no-probe", "--silence", "1h", "--linger", "0s"]);
        let mut client = http::connect(server.address());
        write!(client, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        camera_is(&server, "connecting");
        drop(client);
        // The request for the state is one.
        kit::eventually("no connection", || (state(&server)["connections"] == 1).then_some(()));
        assert_eq!(state(&server)["viewers"].as_array().unwrap().len(), 0, "{path}");
        camera_is(&server, "idle");
        let _ = server.run.err();
    }
}

#[test]
fn a_client_that_has_closed_its_side_only_gets_its_answer() {
    let camera = BusyCamera::start(Mode::Silence);
    for (path, answer) in [("/stream", "200"), ("/snapshot", "200"), ("/stream", "503"), ("/snapshot", "503")]
    {
        camera.set(if answer == "200" { Mode::Stream } else { Mode::Silence });
        let silence = if answer == "200" { "1h" } else { "1s" };
        let server = Server::start(camera.url.as_ref(), &["--no-probe", "--silence", silence]);
        let mut client = http::connect(server.address());
        write!(client, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let mut head = vec![0; 12];
        client.read_exact(&mut head).unwrap();
        assert_eq!(String::from_utf8_lossy(&head), format!("HTTP/1.1 {answer}"), "{path}");
        let mut frames = vec![0; 100_000];
        let n = if (path, answer) == ("/stream", "200") { frames.len() } else { 100 };
        client.read_exact(&mut frames[..n]).unwrap();
        let _ = server.run.err();
    }
}

fn camera_is(server: &Server, expected: &str) {
    kit::eventually(expected, || (state(server)["upstream"]["state"] == expected).then_some(()));
}
