//! Which viewers get which faults of `mjpeg serve`, and when.

use crate::kit;

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

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
fn clients_that_do_nothing_keep_no_others_from_the_control_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let server = Server::start(&kit::frames(), &["--control", &format!("unix:{}", path.display())]);
    server.run.says("--unix-socket");
    let connect = || UnixStream::connect(&path).unwrap();
    let request = b"GET /faults HTTP/1.1\r\nHost: localhost\r\n\r\n";
    // More than there may be at a time: some send nothing, some half of a request, some read no answer.
    let silent: Vec<_> = (0..60)
        .map(|n| {
            let mut socket = connect();
            socket.write_all([&b""[..], &request[..20], request][n % 3]).unwrap();
            socket
        })
        .collect();
    let began = Instant::now();
    for _ in 0..5 {
        let mut socket = connect();
        socket.write_all(request).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    // One of them alone may take five seconds.
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    drop(silent);
    server.stop();
}

#[test]
fn a_viewer_that_leaves_in_a_pause_of_a_fault_is_noticed() {
    for fault in ["stall=1h@3", "stall-inside=1h@3", "slow-start=1h"] {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let more = ["--send-timeout", "1h", "--fault-log", log.to_str().unwrap(), "--fault", fault];
        let server = Server::start(&kit::frames(), &[&["--fps", "20"][..], &more].concat());
        let viewers = || {
            let state: Value = serde_json::from_slice(&http::get(server.address(), "/state").1).unwrap();
            state["viewers"].as_array().unwrap().len()
        };
        let request = format!("GET /stream HTTP/1.1\r\nHost: {}\r\n\r\n", server.address());
        let mut viewer = http::connect(server.address());
        viewer.write_all(request.as_bytes()).unwrap();
        // The fault is logged when its pause begins.
        let name = fault.split('=').next().unwrap();
        kit::eventually("the log", || fs::read_to_string(&log).unwrap().contains(name).then_some(()));
        kit::eventually("the viewer", || (viewers() == 1).then_some(()));
        drop(viewer);
        kit::eventually("no viewer", || (viewers() == 0).then_some(()));
        server.stop();
    }
}

#[test]
fn a_viewer_that_only_has_nothing_more_to_send_receives_all_bytes_in_a_pause() {
    let server = Server::start(&kit::frames(), &["--fps", "20", "--once", "--fault", "stall=1s@3"]);
    let mut viewer = http::connect(server.address());
    let request = format!("GET /stream HTTP/1.1\r\nHost: {}\r\n\r\n", server.address());
    viewer.write_all(request.as_bytes()).unwrap();
    viewer.shutdown(Shutdown::Write).unwrap();
    let mut received = Vec::new();
    viewer.read_to_end(&mut received).unwrap();
    let (head, body) = http::split(&received);
    let parts = http::parts(&head, &body);
    let frames = kit::contents(&kit::frames());
    assert!(parts.len() >= 3 && parts.iter().all(|part| frames.contains(&part.body)), "{}", parts.len());
    server.run.end().expect(0);
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
    let args = [
        "--fps",
        "20",
        "--dialect",
        "raspberrypi-node-camera-web-streamer-bug",
        "--fault",
        "delimiter-padded",
    ];
    finding(&Server::start(&kit::frames(), &args), "M217");
    // Motion writes the line end before a delimiter behind the picture, and this proxy begins each delimiter with one.
    for (dialect, missing) in [("motion", "M211"), ("node-mjpeg-proxy-re-emitter", "M212")] {
        for (fault, code) in [("line-end-missing", missing), ("blank-lines", "M221")] {
            let args = ["--fps", "20", "--dialect", dialect, "--fault", fault];
            finding(&Server::start(&kit::frames(), &args), code);
        }
    }
}

#[test]
fn a_fault_that_changes_nothing_is_not_logged() {
    let folder = tempfile::tempdir().unwrap();
    for (fault, is_logged) in
        [("lines-lf", false), ("lines-mixed", false), ("response-lf", false), ("delimiter-padded", true)]
    {
        let log = folder.path().join(fault);
        let dialect = "ncsa-style-nph-perl-server-push";
        let args = ["--fps", "50", "--dialect", dialect, "--fault", fault, "--fault-log"];
        let server = Server::start(&kit::frames(), &[&args[..], &[log.to_str().unwrap()]].concat());
        let end = run(&mut mjpeg(["check", &server.stream, "--frames", "5", "--format", "json"]));
        let _ = (end.code(), end.err.len());
        server.stop();
        assert_eq!(!fs::read_to_string(&log).unwrap().is_empty(), is_logged, "{fault}");
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
        &["--fault", "fill=65M"],
        &["--fault", "burst=10001"],
        &["--control", "0.0.0.0:0"],
        &["--control", "unix:"],
        &["--seed", "x"],
    ] {
        run(mjpeg(["serve", "test:"]).args(args)).expect(2);
    }
}
