//! `mjpeg bench clients` of streams that break, and of servers that have none.

use crate::bench_clients::bench;
use crate::kit;

use std::sync::atomic::Ordering;
use std::time::Duration;

use kit::camera::HEAD;
use kit::crowded::{Crowded, Peer, jpeg, part};
use kit::run::{mjpeg, run, start};
use serde_json::Value;

/// The gate of a build must not pass on a server that dies.
#[test]
fn a_run_with_a_broken_stream_fails_and_is_no_baseline() {
    type Script = fn(usize, &mut Peer);
    let cases: [(Script, i32, &str); 6] = [
        (|_, _| {}, 5, "the stream ended"),
        (|_, peer| peer.reset(), 5, "reset"),
        (
            |_, peer| {
                while peer.send(b"") {
                    std::thread::sleep(Duration::from_millis(20));
                }
            },
            5,
            "stalled: 2 viewers received no frame",
        ),
        (
            |_, peer| {
                peer.send(b"--foo\r\n\r\n\xff\xd8");
            },
            5,
            "the stream ended",
        ),
        // One of two: the other one has a stream.
        (
            |number, peer| {
                if number == 0 {
                    peer.stream(&part(), Duration::from_millis(20));
                }
            },
            5,
            "the stream ended",
        ),
        (|_, peer| peer.stream(&part(), Duration::from_millis(20)), 0, ""),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new.json");
    for (number, (script, code, message)) in cases.into_iter().enumerate() {
        let server = Crowded::start(move |number, _, peer| {
            peer.send(HEAD.as_bytes());
            peer.send(&part());
            peer.send(&part());
            script(number, peer);
        });
        let args = format!("-n 2 --duration 400ms --quiet --format json --save-baseline {}", file.display());
        let end = bench(&server.url, &args).expect(code);
        assert!(end.err.contains(message), "{number}: {}", &*end.err);
        let report: Value = serde_json::from_slice(&end.out).unwrap();
        assert_eq!(report["rows"].as_array().unwrap().len(), 1, "{number}: {report}");
        assert_eq!(file.exists(), code == 0, "{number}");
        assert_eq!(end.err.contains("is not written"), code != 0, "{number}: {}", &*end.err);
    }
    let garbage = Crowded::start(|number, _, peer| {
        if number == 0 {
            peer.send(b"hello\r\n\r\n");
        } else {
            peer.send(HEAD.as_bytes());
            peer.stream(&part(), Duration::from_millis(20));
        }
    });
    bench(&garbage.url, "-n 3 --duration 400ms --quiet").expect(4);
}

/// A user of curl or ffprobe would not call it a success if the stream stops.
#[test]
fn a_stream_that_stops_or_pauses_for_long_is_stalled() {
    for (pause, args, code, message) in [
        (60_000, "--duration 5s", 5, "received no frame in the last "),
        (5500, "--duration 8s", 5, "received no frame for up to "),
        (5500, "--duration 8s --max-gap 10s", 0, ""),
    ] {
        let server = Crowded::start(move |_, _, peer| {
            peer.send(HEAD.as_bytes());
            for _ in 0..20 {
                peer.send(&part());
                std::thread::sleep(Duration::from_millis(50));
            }
            // The pace of the server, not a wait for something.
            for _ in 0..pause / 100 {
                if !peer.send(b"") {
                    return;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
            peer.stream(&part(), Duration::from_millis(50));
        });
        let end = bench(&server.url, &format!("-n 2 --quiet {args}")).expect(code);
        assert!(end.err.contains(message), "{args}: {}", &*end.err);
    }
}

#[test]
fn a_snapshot_is_said_to_be_one_picture() {
    let server = Crowded::start(|_, _, peer| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n",
            jpeg().len()
        );
        peer.send(&[head.as_bytes(), &jpeg()].concat());
    });
    for command in ["clients", "chunks"] {
        let end =
            run(&mut mjpeg(["bench", command, &server.url, "--duration", "300ms", "--quiet"])).expect(4);
        assert!(end.err.contains("one picture"), "{command}: {}", &*end.err);
    }
}

#[test]
fn hostile_servers_end_with_the_code_for_what_they_are() {
    let endless_head = Crowded::start(|_, _, peer| {
        peer.send(b"HTTP/1.1 200 OK\r\n");
        while peer.send(&b"X: y\r\n".repeat(1000)) {}
    });
    let page = Crowded::start(|_, _, peer| {
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<p>hello\n");
    });
    let endless_part = Crowded::start(|_, _, peer| {
        peer.send(HEAD.as_bytes());
        peer.send(b"--foo\r\n\r\n\xff\xd8\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00");
        while peer.send(&[0x55; 60_000]) {}
    });
    let silent = Crowded::start(|_, _, peer| {
        while !peer.is_over.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let refusing = Crowded::start(|_, _, peer| {
        peer.send(b"HTTP/1.1 404 Not Found\r\n\r\n");
    });
    let moved = Crowded::start(|_, _, peer| {
        peer.send(b"HTTP/1.1 302 Found\r\nLocation: /other\r\n\r\n");
    });
    for (server, code, message) in [
        (&endless_head, 4, "response head"),
        (&page, 4, ""),
        (&endless_part, 5, "no frame within 5 s"),
        (&silent, 5, "no frame within 5 s"),
        (&refusing, 3, "HTTP status 404 Not Found"),
        (&moved, 3, "give the URL that it leads to: /other"),
    ] {
        let mut run = start(mjpeg(["bench", "clients", &server.url]).args([
            "-n",
            "20",
            "--duration",
            "300ms",
            "--quiet",
        ]));
        let pid = run.pid();
        let mut most = 0;
        while !run.has_ended() {
            most = most.max(resident(pid));
            std::thread::sleep(Duration::from_millis(20));
        }
        let end = run.end();
        assert_eq!(end.code(), Some(code), "{message}: {}", &*end.err);
        assert!(end.err.contains(message), "{message}: {}", &*end.err);
        assert!(most < 350 << 20, "{message}: {most} bytes of memory");
    }
}

#[test]
fn a_challenge_that_no_request_can_repeat_is_not_answered() {
    for (challenge, why) in [
        // Some servers end a line here.
        ("Digest realm=\"a\rX-Evil: b\", nonce=\"n\"".to_string(), "no request can repeat it"),
        (format!("Digest realm=\"a\", nonce=\"{}\"", "n".repeat(20_000)), "no request can repeat it"),
        ("Basic realm=c, Digest realm=r, nonce=n, algorithm=SHA-512-256".into(), "neither Digest nor Basic"),
    ] {
        let answer = format!("HTTP/1.1 401 No\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n");
        let server = Crowded::start(move |_, request, peer| {
            assert!(!request.contains("Authorization"), "{request}");
            peer.send(answer.as_bytes());
        });
        let end = bench(&server.url, "-n 2 --duration 300ms --quiet --user user:secret").expect(3);
        assert!(end.err.contains(why), "{}", &*end.err);
    }
}

/// The resident memory of a process in bytes.
fn resident(pid: u32) -> u64 {
    kit::process::number(pid, "VmRSS").unwrap_or(0) * 1024
}
