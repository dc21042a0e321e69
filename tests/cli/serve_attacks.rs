//! Attacks on `mjpeg serve`: after each one it serves as before, and has no more descriptors and threads than before.

#![cfg(target_os = "linux")]

use crate::kit;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use kit::http::{self, Client};
use kit::run::{Server, start};

pub const STREAM: &[u8] = b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";

pub fn status(server: &Server, key: &str) -> u64 {
    kit::process::number(server.run.pid(), key).unwrap()
}

fn files(server: &Server) -> usize {
    fs::read_dir(format!("/proc/{}/fd", server.run.pid())).unwrap().count()
}

/// Runs an attack, and expects normal service and the same descriptors and threads after it.
pub fn survives(server: &Server, attack: impl FnOnce(&str)) {
    // Descriptors that the first request opens are open before the count.
    let frames = kit::contents(&kit::frames());
    assert!(frames.contains(&http::get(server.address(), "/snapshot").1));
    kit::eventually("a quiet start", || (state(server)["connections"] == 1).then_some(()));
    let (before, threads) = (files(server), status(server, "Threads"));
    attack(server.address());
    let mut client = Client::watch(server.address(), "/stream");
    (0..3).for_each(|_| assert!(frames.contains(&client.part().unwrap().body)));
    drop(client);
    kit::eventually("the descriptors are closed", || (files(server) <= before).then_some(()));
    // One that opened the source may have been at its end when they were counted.
    kit::eventually("the threads have ended", || (status(server, "Threads") <= threads).then_some(()));
}

pub fn state(server: &Server) -> serde_json::Value {
    serde_json::from_slice(&http::get(server.address(), "/state").1).unwrap()
}

pub fn serve(args: &[&str]) -> Server {
    Server::start(&kit::frames(), &[&["--fps", "30"], args].concat())
}

#[test]
fn requests_that_others_may_read_as_two_are_refused() {
    let second = "GET /state HTTP/1.1\r\nHost: a\r\n\r\n";
    survives(&serve(&[]), |address| {
        for (fields, behind, status) in [
            ("Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", "413"),
            ("Host: a\r\nTransfer-Encoding: xchunked\r\n", "", "413"),
            ("Host: a\r\nTransfer-Encoding : chunked\r\n", "0\r\n\r\n", "400"),
            ("Host: a\r\nContent-Length: 0\r\nContent-Length: 38\r\n", "", "413"),
            ("Host: a\r\nContent-Length: 0, 38\r\n", "", "400"),
            ("Host: a\r\nContent-Length: +0\r\n", "", "400"),
            ("Host: a\r\nX: y\r\n Content-Length: 38\r\n", "", "400"),
            ("Host: a\r\nHost: b\r\n", "", "400"),
            ("Host: a\rX: y\r\n", "", "400"),
            ("X: y\r\n", "", "400"),
            ("Host: a\r\nContent-Length: 0\r\n", "", "200"),
        ] {
            let request = format!("GET /healthz HTTP/1.1\r\n{fields}\r\n{behind}{second}");
            let answer = String::from_utf8(http::exchange(address, request.as_bytes())).unwrap();
            assert_eq!(&answer[9..12], status, "{fields}: {answer}");
            assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{fields}: {answer}");
        }
    });
}

#[test]
fn a_request_with_a_content_length_of_100_terabytes_is_refused() {
    survives(&serve(&[]), |address| {
        for length in ["100000000000000", "18446744073709551615"] {
            let request = format!("GET /stream HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
            let (head, _) = http::split(&http::exchange(address, request.as_bytes()));
            assert!(head.starts_with("HTTP/1.1 413 "), "{head}");
        }
    });
}

#[test]
fn clients_that_start_with_http_2_are_refused() {
    survives(&serve(&[]), |address| {
        for _ in 0..100 {
            let (head, _) = http::split(&http::exchange(address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
            assert!(head.starts_with("HTTP/1.1 505 "), "{head}");
        }
    });
}

#[test]
fn a_field_line_of_200_megabytes_is_refused_early() {
    let server = serve(&[]);
    survives(&server, |address| {
        let mut socket = http::connect(address);
        socket.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX: ").unwrap();
        let block = vec![b'x'; 1 << 20];
        // The connection is closed long before the line ends.
        let written = (0..200).take_while(|_| socket.write_all(&block).is_ok()).count();
        assert!(written < 200);
    });
    assert!(status(&server, "VmHWM") < 40_000, "{} kB", status(&server, "VmHWM"));
}

#[test]
fn connections_that_are_reset_leave_nothing_behind() {
    survives(&serve(&[]), |address| {
        for _ in 0..500 {
            let mut socket = http::connect(address);
            socket.write_all(STREAM).unwrap();
            socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO)).unwrap();
        }
    });
}

#[test]
fn slow_request_heads_get_408() {
    let server = serve(&["--request-timeout", "1s"]);
    survives(&server, |address| {
        let mut sockets: Vec<TcpStream> = (0..50).map(|_| http::connect(address)).collect();
        let start = Instant::now();
        let mut answers = vec![Vec::new(); sockets.len()];
        for byte in STREAM.iter().cycle().take(300) {
            for (socket, answer) in sockets.iter_mut().zip(&mut answers) {
                // Once the server has answered, it may reset a client that sends more.
                let _ = socket.write(&[if byte.is_ascii_control() { b'x' } else { *byte }]);
                socket.set_nonblocking(true).unwrap();
                let _ = socket.read_to_end(answer);
                socket.set_nonblocking(false).unwrap();
            }
            if answers.iter().all(|answer| !answer.is_empty()) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(answers.iter().all(|answer| answer.starts_with(b"HTTP/1.1 408 ")));
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    });
}

#[test]
fn a_hundred_viewers_at_once_are_served_within_a_second() {
    survives(&serve(&[]), |address| {
        let start = Instant::now();
        let mut sockets: Vec<TcpStream> = (0..100).map(|_| http::connect(address)).collect();
        for socket in &mut sockets {
            let request = "GET /stream HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n";
            socket.write_all(request.as_bytes()).unwrap();
        }
        for socket in &mut sockets {
            let mut start = [0; 5000];
            socket.read_exact(&mut start).unwrap();
            assert!(start.starts_with(b"HTTP/1.1 200 "));
        }
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    });
}

#[test]
fn clients_are_served_within_a_limit_of_40_files() {
    for limit in [40, 41] {
        let mut command = Command::new("sh");
        let script = format!("ulimit -n {limit}; exec \"$0\" serve \"$1\" --listen 127.0.0.1:0");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_mjpeg")]).arg(kit::frames());
        let run = start(&mut command);
        let server = Server { stream: run.line(), run };
        survives(&server, |address| {
            let mut sockets: Vec<TcpStream> = (0..40).map(|_| http::connect(address)).collect();
            sockets.iter_mut().for_each(|socket| socket.write_all(STREAM).unwrap());
            let mut served = 0;
            for socket in &mut sockets {
                socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
                let mut answer = [0; 12];
                if socket.read_exact(&mut answer).is_ok() && answer == *b"HTTP/1.1 200" {
                    served += 1;
                }
            }
            assert!(served >= 10, "{served} of 40 served with {limit} files");
        });
    }
}

#[test]
fn sigterm_ends_a_hundred_streams_cleanly_within_a_second() {
    for layout in ["leading", "trailing", "early"] {
        let server = serve(&["--layout", layout]);
        let mut clients: Vec<Client> = (0..100).map(|_| Client::watch(server.address(), "/stream")).collect();
        clients.iter_mut().for_each(|client| assert!(client.part().is_some()));
        server.run.signal("TERM");
        server.run.end_within(Duration::from_secs(1)).expect(0);
        for client in &mut clients {
            assert!(client.rest().len() < 60);
            assert!(client.is_over());
        }
    }
}

#[test]
fn viewers_above_the_limit_get_503_with_retry_after() {
    let server = serve(&["--max-viewers", "2"]);
    survives(&server, |address| {
        let _viewers = [Client::watch(address, "/stream"), Client::watch(address, "/stream")];
        let (head, _) = http::split(&http::exchange(address, STREAM));
        assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
        assert!(http::field(&head, "Retry-After").is_some(), "{head}");
        // The page and the state are still served.
        assert!(http::get(address, "/").0.starts_with("HTTP/1.1 200 "));
    });
    assert_eq!(state(&server)["totals"]["refused"], 1);
}

#[test]
fn a_viewer_that_closes_only_its_sending_side_is_still_served() {
    survives(&serve(&[]), |address| {
        let mut socket = http::connect(address);
        socket.write_all(STREAM).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let mut bytes = vec![0; 100_000];
        socket.read_exact(&mut bytes).unwrap();
    });
}
