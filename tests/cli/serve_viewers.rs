//! `mjpeg serve`: the rate of live sources, repeated frames, and messages about viewers.

use crate::kit;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kit::http::{self, Client};
use kit::run::Server;
use kit::writer::{Writer, replace};
use socket2::{Domain, Socket, Type};

/// Replaces a file fifty times a second with the next of the test frames, until it is dropped.
fn camera(file: PathBuf) -> Writer {
    let frames = kit::contents(&kit::frames());
    Writer::start(move |n| {
        replace(&file, &frames[n % frames.len()]);
        std::thread::sleep(Duration::from_millis(20));
    })
}

/// The times at which the next parts are complete, and the parts.
fn arrivals(client: &mut Client, count: usize) -> Vec<(Instant, Vec<u8>)> {
    (0..count)
        .map(|_| {
            let body = client.part().unwrap().body;
            (Instant::now(), body)
        })
        .collect()
}

/// A limit of five frames per second was kept, and the frames that a fast source made meanwhile were skipped.
fn expect_five_frames_per_second(address: &str) {
    let mut client = Client::watch(address, "/stream");
    client.part().unwrap();
    let parts = arrivals(&mut client, 10);
    let seconds = (parts[9].0 - parts[0].0).as_secs_f64();
    // Nine intervals of 200 ms. The start may be delayed by a busy machine.
    assert!((1.7..3.0).contains(&seconds), "ten frames in {seconds} s");
    let frames = kit::contents(&kit::frames());
    let numbers: Vec<usize> =
        parts.iter().map(|(_, body)| frames.iter().position(|frame| frame == body).unwrap()).collect();
    // At fifty frames per second, ten new frames come within 200 ms.
    let steps = numbers.windows(2).map(|pair| (pair[1] + 30 - pair[0]) % 30);
    let skipping = steps.filter(|step| *step >= 3).count();
    assert!(skipping >= 6, "the frames sent are {numbers:?}");
}

#[test]
fn the_rate_of_a_watched_file_is_limited() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.jpg");
    replace(&file, &kit::contents(&kit::frames())[0]);
    let _camera = camera(file.clone());
    let server = Server::start(&file, &["--fps", "5"]);
    expect_five_frames_per_second(server.address());
    let asked = |server: &Server| {
        let state = http::get(server.address(), "/state").1;
        serde_json::from_slice::<serde_json::Value>(&state).unwrap()["fps_asked"].as_f64()
    };
    assert_eq!(asked(&server), Some(5.0));
    assert_eq!(asked(&Server::start(&file, &[])), None, "there is no limit");
}

#[test]
fn the_rate_of_a_relayed_url_is_limited() {
    let camera = Server::start(&kit::frames(), &["--fps", "50"]);
    let server = Server::start(Path::new(&camera.stream), &["--fps", "5"]);
    expect_five_frames_per_second(server.address());
}

#[test]
fn a_viewer_that_reads_slowly_into_a_small_buffer_is_not_closed() {
    let server = Server::start(&kit::frames(), &["--fps", "30", "--send-timeout", "1s"]);
    let address: SocketAddr = server.address().parse().unwrap();
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(20_000).unwrap();
    socket.connect(&address.into()).unwrap();
    let mut viewer = TcpStream::from(socket);
    viewer.write_all(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let begin = Instant::now();
    let mut buffer = [0; 2000];
    for read in 1.. {
        let n =
            viewer.read(&mut buffer).unwrap_or_else(|error| panic!("after {:?}: {error}", begin.elapsed()));
        assert!(n > 0, "after {:?}", begin.elapsed());
        if read % 5 == 0 {
            // The longest pause, less than a third of the timeout.
            std::thread::sleep(Duration::from_millis(300));
        }
        if begin.elapsed() > Duration::from_secs(4) {
            break;
        }
    }
}

#[test]
fn the_last_frame_before_a_pause_is_sent_within_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.jpg");
    let frames = kit::contents(&kit::frames());
    replace(&file, &frames[0]);
    let server = Server::start(&file, &["--fps", "2", "--repeat", "0s"]);
    let mut client = Client::watch(server.address(), "/stream");
    assert!(client.part().unwrap().body == frames[0]);
    let begin = Instant::now();
    for frame in &frames[1..4] {
        replace(&file, frame);
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut parts = Vec::new();
    while parts.last() != Some(&frames[3]) {
        parts.push(client.part().unwrap().body);
    }
    assert!(parts.len() <= 2, "{} frames", parts.len());
    assert!(begin.elapsed() < Duration::from_millis(1500), "{:?}", begin.elapsed());
}

#[test]
fn a_frame_is_repeated_within_the_second() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.jpg");
    replace(&file, &kit::contents(&kit::frames())[0]);
    let server = Server::start(&file, &["--repeat", "1s"]);
    let mut client = Client::watch(server.address(), "/stream");
    client.part().unwrap();
    let parts = arrivals(&mut client, 5);
    let gaps: Vec<Duration> = parts.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    // A busy machine may wake us late, but not for each frame.
    let late = gaps.iter().filter(|gap| **gap > Duration::from_millis(1020)).count();
    assert!(late < gaps.len() && gaps.iter().all(|gap| *gap > Duration::from_millis(900)), "{gaps:?}");
}

#[test]
fn viewers_that_come_and_leave_are_logged() {
    let server = Server::start(&kit::frames(), &["-v", "--fps", "50"]);
    let mut client = Client::watch(server.address(), "/stream?layout=early&\u{9b}31m");
    (0..5).for_each(|_| drop(client.part().unwrap()));
    server.run.says("watches /stream?layout=early");
    drop(client);
    server.run.says("the viewer disconnected");
    let mut client = Client::watch(server.address(), "/stream");
    client.part().unwrap();
    server.run.says("watches /stream (layout auto)");
    server.run.signal("TERM");
    client.rest();
    let end = server.run.end().expect(0);
    let events = end.err.lines().filter_map(|line| kit::event("serve", line));
    let lines: Vec<&str> = events.filter(|text| text.starts_with("viewer 127.0.0.1:")).collect();
    assert_eq!(lines.len(), 4, "{}", end.err);
    assert!(lines[0].ends_with("(layout early)"), "{}", lines[0]);
    let sent = lines[1].split(" frames sent").next().unwrap().rsplit(' ').next().unwrap();
    assert!(sent.parse::<u64>().unwrap() >= 5, "{}", lines[1]);
    assert!(lines[1].contains(" left after ") && lines[1].contains(" skipped, "), "{}", lines[1]);
    assert!(lines[3].ends_with("; the stream ended"), "{}", lines[3]);
    assert!(end.err.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", end.err);
}

#[test]
fn messages_about_many_viewers_are_limited() {
    let server = Server::start(&kit::frames(), &["-v"]);
    let request = format!("GET /stream HTTP/1.1\r\nHost: {}\r\n\r\n", server.address());
    let begin = Instant::now();
    let mut sockets: Vec<_> = (0..200).map(|_| http::connect(server.address())).collect();
    sockets.iter_mut().for_each(|socket| socket.write_all(request.as_bytes()).unwrap());
    drop(sockets);
    server.run.says("more viewers came or left");
    kit::eventually("the viewers have left", || {
        let state: serde_json::Value =
            serde_json::from_slice(&http::get(server.address(), "/state").1).unwrap();
        (state["totals"]["viewers"] == 200 && state["viewers"] == serde_json::json!([])).then_some(())
    });
    let end = server.stop();
    let lines = end.err.lines().count() as f64;
    assert!(lines <= 2.0 + 21.0 * (begin.elapsed().as_secs_f64() + 2.0), "{lines} lines");
}
