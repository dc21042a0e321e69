//! `mjpeg serve` for clients that do not read what it sends, and for a reader of its messages that does not.

#![cfg(target_os = "linux")]

use crate::kit;
use crate::serve_attacks::{STREAM, serve, state, status, survives};

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use kit::http::{self, Client};
use kit::run::{Server, mjpeg, start_unread};

#[test]
fn pipelined_requests_without_reading_do_not_fill_the_memory() {
    let server = serve(&["--send-timeout", "1s"]);
    // A socket that is dropped has disconnected, which is not what the server is to find.
    let mut sockets = Vec::new();
    survives(&server, |address| {
        for request in [&b"GET /snapshot HTTP/1.1\r\nHost: a\r\n\r\n"[..], STREAM] {
            let mut socket = http::connect(address);
            socket.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
            let all = request.repeat(262_000);
            let (mut at, start) = (0, Instant::now());
            while at < all.len() && start.elapsed() < Duration::from_secs(2) {
                match socket.write(&all[at..]) {
                    Ok(n) => at += n,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(_) => break,
                }
            }
            sockets.push(socket);
        }
    });
    assert!(status(&server, "VmHWM") < 40_000, "{} kB", status(&server, "VmHWM"));
    server.run.says("closed");
}

#[test]
fn viewers_that_never_read_do_not_slow_down_the_others() {
    let server = serve(&["--send-timeout", "2s"]);
    survives(&server, |address| {
        let alone = {
            let mut client = Client::watch(address, "/stream");
            drop(client.part());
            let start = Instant::now();
            (0..90).for_each(|_| drop(client.part().unwrap()));
            start.elapsed()
        };
        let stuck: Vec<TcpStream> = (0..50)
            .map(|_| {
                let mut socket = http::connect(address);
                socket.write_all(STREAM).unwrap();
                socket
            })
            .collect();
        let mut clients: Vec<Client> = (0..10).map(|_| Client::watch(address, "/stream")).collect();
        clients.iter_mut().for_each(|client| drop(client.part()));
        let start = Instant::now();
        for _ in 0..90 {
            clients.iter_mut().for_each(|client| drop(client.part().unwrap()));
        }
        let took = start.elapsed();
        assert!(took < alone.mul_f64(1.2), "90 frames took {took:?} beside stuck viewers, {alone:?} without");
        let state = kit::eventually("the stuck viewers are evicted", || {
            let state = state(&server);
            (state["totals"]["evicted"] == 50).then_some(state)
        });
        for viewer in state["viewers"].as_array().unwrap() {
            assert_eq!(viewer["frames_skipped"], 0, "{viewer}");
        }
        drop(stuck);
    });
    server.run.says("closed");
}

#[test]
fn viewers_that_each_hold_another_large_frame_do_not_fill_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    // Sixteen pictures of 12 MiB, of COM segments (T.81 B.2.4.5).
    let segment = [b"\xff\xfe\xff\xff", &[0; 65_533][..]].concat();
    let picture = [b"\xff\xd8", &segment.repeat(192)[..], kit::picture::SMALLEST].concat();
    for n in 0..16 {
        fs::write(folder.path().join(format!("{n}.jpg")), &picture).unwrap();
    }
    let server = Server::start(folder.path(), &["--fps", "20", "--send-timeout", "60s"]);
    let mut viewers = Vec::new();
    let mut most = 0;
    // Each viewer starts with another frame, and takes only as much as its socket buffer holds.
    kit::eventually("a viewer is closed", || {
        let mut viewer = http::connect(server.address());
        viewer.write_all(STREAM).unwrap();
        viewers.push(viewer);
        most = most.max(status(&server, "VmRSS"));
        (state(&server)["totals"]["evicted"].as_u64() > Some(2)).then_some(())
    });
    // 256 MiB for the viewers, plus frames read ahead, kept in memory or being sent.
    assert!(viewers.len() > 10 && most < 600_000, "{} viewers, {most} kB", viewers.len());
    let mut client = Client::watch(server.address(), "/stream");
    assert!(client.part().unwrap().body == picture);
    server.run.says("256 MiB");
}

#[test]
fn a_signal_does_not_wait_for_the_last_slow_viewer() {
    let folder = tempfile::tempdir().unwrap();
    // Larger than the socket buffers of a viewer that does not read.
    let segment = [b"\xff\xfe\xff\xff", &[0; 65_533][..]].concat();
    let picture = [b"\xff\xd8", &segment.repeat(64)[..], kit::picture::SMALLEST].concat();
    for n in 0..3 {
        fs::write(folder.path().join(format!("{n}.jpg")), &picture).unwrap();
    }
    let mut server = Server::start(folder.path(), &["--once", "--fps", "50", "--send-timeout", "60s"]);
    let mut stuck = http::connect(server.address());
    stuck.write_all(STREAM).unwrap();
    // All frames were played, but the viewer does not read them.
    kit::eventually("the source ends", || {
        TcpStream::connect(server.address())
            .err()
            .filter(|error| error.kind() == ErrorKind::ConnectionRefused)
    });
    assert!(server.run.child().try_wait().unwrap().is_none(), "a viewer still waits for the last frame");
    server.run.signal("INT");
    server.run.end_within(Duration::from_secs(5)).expect(0);
}

#[test]
fn messages_that_are_not_read_do_not_block_the_server() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(kit::frames().join("frame-000001.jpg"), folder.path().join("z.jpg")).unwrap();
    // The message for each file has its name: all messages are three times as large as the buffer of a pipe.
    for n in 0..1000 {
        fs::write(folder.path().join(format!("{n:0200}.jpg")), "broken").unwrap();
    }
    let mut command = mjpeg(["serve", "--listen", "127.0.0.1:0"]);
    let server = start_unread(command.arg(folder.path()).stdin(Stdio::null()));
    let stream = server.line();
    let address = stream.trim_start_matches("http://").trim_end_matches("/stream");
    let mut client = Client::watch(address, "/stream");
    (0..30).for_each(|_| drop(client.part().unwrap()));
    server.signal("INT");
    server.end().expect(0);
}
