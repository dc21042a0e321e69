//! Which viewers get which faults of `mjpeg serve`, and when.

use crate::kit;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use kit::http::{self, Client};
use kit::run::{Server, mjpeg, run};
use serde_json::Value;

use crate::faults::findings;

/// The bodies of the first parts that a viewer receives.
fn bodies(server: &Server, target: &str, count: usize) -> Vec<Vec<u8>> {
    let mut client = Client::watch(server.address(), target);
    (0..count).map(|_| client.part().unwrap().body).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let stream = |seed: &str| {
        let server = Server::start(
            &kit::frames(),
            &[
                "--fps",
                "50",
                "--once",
                "--seed",
                seed,
                "--fault",
                "bits-flipped@p=0.3",
                "--fault",
                "cut-picture@p=0.2",
            ],
        );
        let mut client = Client::watch(server.address(), "/stream");
        let bodies: Vec<_> = (0..25).map(|_| client.part().unwrap().body).collect();
        (bodies, client.dash_boundary())
    };
    let (one, same, other) = (stream("1"), stream("1"), stream("2"));
    assert_eq!(one, same);
    assert_ne!(one.0, other.0);
    assert_ne!(one.1, other.1);
}

#[test]
fn a_request_names_faults_if_that_is_allowed() {
    let frames = kit::contents(&kit::frames());
    let server = Server::start(&kit::frames(), &["--fps", "50", "--fault-by-request"]);
    assert!(bodies(&server, "/stream?fault=no-eoi", 3).iter().all(|body| !body.ends_with(b"\xff\xd9")));
    assert!(bodies(&server, "/stream", 3).iter().all(|body| frames.contains(body)));
    let (head, _) =
        http::split(&http::exchange(server.address(), b"GET /stream?fault=x HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    assert!(bodies(&server, "/stream?fault=no-eoi", 3).iter().all(|body| frames.contains(body)));
}

#[test]
fn the_control_socket_changes_the_faults_of_viewers_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let address = format!("unix:{}", path.display());
    let server = Server::start(&kit::frames(), &["--fps", "50", "--control", &address]);
    server.run.says("--unix-socket");
    let control = |request: &str| {
        let mut socket = UnixStream::connect(&path).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    };
    let frames = kit::contents(&kit::frames());
    let mut client = Client::watch(server.address(), "/stream");
    assert!(frames.contains(&client.part().unwrap().body));
    let body = "no-eoi";
    let put =
        format!("PUT /faults HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert!(control(&put).ends_with("\r\n\r\nno-eoi\n"));
    kit::eventually("a faulty part", || (!client.part().unwrap().body.ends_with(b"\xff\xd9")).then_some(()));
    assert!(control("DELETE /faults HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 200 "));
    kit::eventually("a sound part", || frames.contains(&client.part().unwrap().body).then_some(()));
    // The public listener has no such path.
    let (head, _) =
        http::split(&http::exchange(server.address(), b"DELETE /faults HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert!(head.starts_with("HTTP/1.1 405 "), "{head}");
    assert!(http::get(server.address(), "/faults").0.starts_with("HTTP/1.1 404 "));
    server.run.signal("INT");
    server.run.end().expect(0);
    assert!(!path.exists());
}

#[test]
fn a_relayed_camera_and_a_dialect_have_faults_too() {
    let camera = Server::start(&kit::frames(), &["--fps", "20"]);
    let finding = |server: &Server, code: &str| {
        let end = run(&mut mjpeg(["check", &server.stream, "--frames", "20", "--format", "json"]));
        let verdict: Value = serde_json::from_slice(&end.out).unwrap();
        assert!(findings(&verdict).iter().any(|(found, ..)| found == code), "{code}: {verdict}");
        let _ = end.err.len();
    };
    finding(&Server::start(camera.stream.as_ref(), &["--fault", "cut-picture@every=5"]), "J302");
    finding(&Server::start(camera.stream.as_ref(), &["--fault", "content-length-short@3"]), "M203");
    for dialect in ["motion", "mjpg-streamer", "webkit"] {
        let args = ["--fps", "20", "--dialect", dialect, "--fault", "cut-picture@every=5"];
        finding(&Server::start(&kit::frames(), &args), "J302");
    }
}

#[test]
fn faults_of_one_viewer_leave_the_others_alone() {
    let frames = kit::contents(&kit::frames());
    let server = Server::start(&kit::frames(), &["--fps", "50", "--fault", "no-eoi@viewer=2"]);
    for is_sound in [true, false, true] {
        assert_eq!(bodies(&server, "/stream", 3).iter().all(|body| frames.contains(body)), is_sound);
    }
}

#[test]
fn frames_with_other_bytes_are_counted_as_sent() {
    let server = Server::start(&kit::frames(), &["--fps", "50", "--fault", "no-eoi"]);
    let mut client = Client::watch(server.address(), "/stream");
    (0..5).for_each(|_| drop(client.part().unwrap()));
    let state: Value = serde_json::from_slice(&http::get(server.address(), "/state").1).unwrap();
    assert!(state["totals"]["frames_sent"].as_u64().unwrap() >= 5, "{state}");
}

#[test]
fn wrong_faults_are_usage_errors() {
    for args in [
        &["--fault", "content-length"][..],
        &["--fault", "boundary-missing@3"],
        &["--fault", "no-eoi@3@4"],
        &["--control", "0.0.0.0:0"],
        &["--control", "unix:"],
        &["--seed", "x"],
    ] {
        run(mjpeg(["serve", "test:"]).args(args)).expect(2);
    }
}
