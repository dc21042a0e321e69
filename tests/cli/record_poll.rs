//! `mjpeg record --poll`: URLs that answer with one picture.

use crate::kit;
use crate::record::{manifest, record, summary};

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kit::run::{mjpeg, start};

/// A camera that gives pictures. It notes the requests.
struct Snapshots {
    url: String,
    /// The heads of the requests, with the number of their connection.
    requests: Arc<Mutex<Vec<(usize, String)>>>,
}

/// What a server sends before it closes a connection that nothing was asked on.
const STRAY: &str = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// What a camera answers to the request with this number, from 1: a head without its empty line, and a body.
type Answer = fn(usize, &[Vec<u8>]) -> (String, Vec<u8>);

impl Snapshots {
    /// Keeps connections open as long as its answers say so.
    fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/snapshot.jpg", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let camera = Self { url, requests: Arc::clone(&requests) };
        std::thread::spawn(move || {
            let pictures = kit::contents(&kit::frames());
            for connection in 1.. {
                let Ok((mut stream, _)) = listener.accept() else { return };
                let (requests, pictures) = (Arc::clone(&requests), pictures.clone());
                std::thread::spawn(move || {
                    let mut asked = Vec::new();
                    let mut byte = [0];
                    while matches!(stream.read(&mut byte), Ok(1)) {
                        asked.push(byte[0]);
                        if !asked.ends_with(b"\r\n\r\n") {
                            continue;
                        }
                        let head = String::from_utf8(std::mem::take(&mut asked)).unwrap();
                        let number = {
                            let mut requests = requests.lock().unwrap();
                            requests.push((connection, head));
                            requests.len()
                        };
                        let (head, body) = answer(number, &pictures);
                        let _ = stream.write_all(&[head.as_bytes(), b"\r\n\r\n", &body].concat());
                        if head.contains("X-Then: 408") {
                            // Between this request and the next one.
                            std::thread::sleep(Duration::from_millis(20));
                            let _ = stream.write_all(STRAY.as_bytes());
                        }
                        if head.contains("close") {
                            return;
                        }
                    }
                });
            }
        });
        camera
    }

    /// The number of the connection of each request.
    fn used(&self) -> Vec<usize> {
        self.requests.lock().unwrap().iter().map(|(connection, _)| *connection).collect()
    }
}

fn picture(jpeg: &[u8], fields: &str) -> (String, Vec<u8>) {
    let length = jpeg.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {length}{fields}");
    (head, jpeg.to_vec())
}

/// A new picture each time.
fn fresh(number: usize, pictures: &[Vec<u8>]) -> (String, Vec<u8>) {
    picture(&pictures[number - 1], "")
}

#[test]
fn so_many_pictures_as_asked_for_come_over_one_connection_if_the_server_keeps_it() {
    let frames = kit::contents(&kit::frames());
    let closing: Answer = |number, pictures| picture(&pictures[number - 1], "\r\nConnection: close");
    let chunked: Answer = |number, pictures| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked".into();
        (head, [kit::camera::chunk(&pictures[number - 1]), b"0\r\n\r\n".to_vec()].concat())
    };
    // Whether the URL is that of a stream is known behind the first answer.
    for (answer, used) in [
        (fresh as Answer, vec![1, 2, 2, 2, 2]),
        (closing, vec![1, 2, 3, 4, 5]),
        (chunked, vec![1, 2, 2, 2, 2]),
    ] {
        let camera = Snapshots::start(answer);
        let dir = tempfile::tempdir().unwrap();
        let end = record(&camera.url, dir.path(), &["--frames", "5", "--poll", "150ms"]).expect(0);
        let summary = summary(&end);
        assert_eq!((&summary["frames_written"], &summary["reconnects"]), (&5.into(), &0.into()), "{summary}");
        assert_eq!(summary["end"], "goal");
        assert!(kit::contents(dir.path()) == frames[..5]);
        assert_eq!(camera.used(), used);
        let lines = manifest(dir.path());
        let at = |n: usize| lines[n]["arrival_ms"].as_f64().unwrap();
        assert_eq!((at(0) as u64, &lines[4]["part"]), (0, &5.into()));
        // Requests are 150 ms apart; the answers come when they come.
        assert!((550.0..5000.0).contains(&at(4)), "{lines:?}");
        assert!(lines.iter().all(|line| line.get("reconnect").is_none()));
        assert!(lines.windows(2).all(|pair| pair[0]["offset"].as_u64() < pair[1]["offset"].as_u64()));
    }
}

#[test]
fn a_connection_that_the_server_has_closed_meanwhile_is_replaced_and_pictures_that_repeat_are_written() {
    // It promises to keep the connection, and does not.
    let forgetful: Answer = |_, pictures| picture(&pictures[0], "\r\nX-Then: close");
    for (on_change, written) in [(false, 4), (true, 1)] {
        let camera = Snapshots::start(forgetful);
        let dir = tempfile::tempdir().unwrap();
        let args = if on_change {
            &["--poll", "50ms", "--duration", "400ms", "--on-change"][..]
        } else {
            &["--poll", "50ms", "--frames", "4"]
        };
        let end = record(&camera.url, dir.path(), args).expect(0);
        let summary = summary(&end);
        assert_eq!(
            (&summary["frames_written"], &summary["end"]),
            (&written.into(), &"goal".into()),
            "{summary}"
        );
        assert_eq!(on_change, summary["frames_repeated"].as_u64().is_some_and(|repeated| repeated >= 3));
        // No connection served two requests.
        let used = camera.used();
        assert!(used.windows(2).all(|pair| pair[0] < pair[1]), "{used:?}");
    }
}

#[test]
fn what_comes_on_a_kept_connection_without_a_request_is_not_an_answer() {
    // Between two requests, or to the next one, as if both had crossed.
    let between: Answer = |number, pictures| picture(&pictures[number - 1], "\r\nX-Then: 408");
    let crossed: Answer = |number, pictures| match number {
        3 => ("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0".into(), Vec::new()),
        _ => picture(&pictures[number - 1], ""),
    };
    for (answer, requests) in [(between, 4), (crossed, 5)] {
        let camera = Snapshots::start(answer);
        let dir = tempfile::tempdir().unwrap();
        let end = record(&camera.url, dir.path(), &["--frames", "4", "--poll", "100ms"]).expect(0);
        assert_eq!(summary(&end)["frames_written"], 4, "{}", end.text());
        assert_eq!(camera.used().len(), requests);
    }
}

#[test]
fn check_asks_for_pictures_in_the_same_way() {
    let camera = Snapshots::start(|_, pictures| picture(&pictures[0], ""));
    let dir = tempfile::tempdir().unwrap();
    // A pipe can be read once.
    let fifo = dir.path().join("password");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let writer = fifo.clone();
    let secret = std::thread::spawn(move || fs::write(writer, "u:p\n").unwrap());
    let mut command = mjpeg(["check", &camera.url, "--frames", "4", "--poll", "50ms", "--format", "json"]);
    let end = start(command.arg("--password-file").arg(&fifo)).end().expect(0);
    secret.join().unwrap();
    assert!(end.text().contains("the same one 4 times"), "{}", end.text());
    assert_eq!(camera.used(), [1, 2, 2, 2]);
}

#[test]
fn without_a_goal_a_picture_is_asked_for_until_a_signal_ends_the_run() {
    let camera = Snapshots::start(|_, pictures| picture(&pictures[0], ""));
    let dir = tempfile::tempdir().unwrap();
    let mut command = mjpeg(["record", &camera.url, "--poll", "30ms", "--format", "json", "--quiet"]);
    let recording = start(command.arg(dir.path()));
    let third = dir.path().join("frame-000003.jpg");
    kit::eventually("the third picture", || third.exists().then_some(()));
    recording.signal("TERM");
    let end = recording.end().expect(0);
    let summary = summary(&end);
    assert_eq!(summary["end"], "signal");
    assert_eq!(summary["frames_written"], kit::jpegs(dir.path()).len(), "{summary}");
}

#[test]
fn a_refused_or_cut_answer_ends_the_run_unless_it_may_reconnect() {
    let busy: Answer = |number, pictures| match number {
        3 => ("HTTP/1.1 503 Busy\r\nContent-Length: 0".into(), Vec::new()),
        number => fresh(number, pictures),
    };
    let cut: Answer = |number, pictures| match number {
        3 => {
            let (head, body) = picture(&pictures[2], "\r\nConnection: close");
            (head, body[..500].to_vec())
        }
        number => fresh(number, pictures),
    };
    for (answer, code, word) in [(busy, 3, "closed"), (cut, 5, "truncated")] {
        for reconnect in [false, true] {
            let camera = Snapshots::start(answer);
            let dir = tempfile::tempdir().unwrap();
            let mut args = vec!["--frames", "4", "--poll", "20ms"];
            if reconnect {
                args.extend(["--reconnect", "1", "--reconnect-delay", "20ms"]);
            }
            let end = record(&camera.url, dir.path(), &args).expect(if reconnect { 0 } else { code });
            let summary = summary(&end);
            let (written, word) = if reconnect { (4, "goal") } else { (2, word) };
            assert_eq!(
                (&summary["frames_written"], &summary["end"]),
                (&written.into(), &word.into()),
                "{summary}"
            );
            assert_eq!(summary["reconnects"], u64::from(reconnect));
        }
    }
}

#[test]
fn a_page_or_a_304_between_pictures_ends_the_run_with_the_number_of_frames() {
    let page: Answer = |number, pictures| match number {
        3 => {
            let body = b"<title>Busy</title>".to_vec();
            (format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}", body.len()), body)
        }
        number => fresh(number, pictures),
    };
    let unchanged: Answer = |number, pictures| match number {
        3 => ("HTTP/1.1 304 Not Modified\r\nContent-Length: 0".into(), Vec::new()),
        number => fresh(number, pictures),
    };
    for (answer, code, why) in [
        (page, 4, "after 2 good frames: not an MJPEG stream: the answer is text/html: \"Busy\""),
        (unchanged, 3, "HTTP status 304 Not Modified"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let camera = Snapshots::start(answer);
        let end = record(&camera.url, dir.path(), &["--frames", "4", "--poll", "20ms"]).expect(code);
        let summary = summary(&end);
        assert_eq!((&summary["frames_written"], &summary["end"]), (&2.into(), &"closed".into()), "{summary}");
        assert!(end.err.contains("after 2 good frames") && end.err.contains(why), "{}", end.err);
    }
}

#[test]
fn pictures_that_are_all_damaged_end_the_run() {
    let camera = Snapshots::start(|_, pictures| picture(&pictures[0][..600], ""));
    let dir = tempfile::tempdir().unwrap();
    let end =
        record(&camera.url, dir.path(), &["--poll", "50ms", "--idle", "300ms", "--frames", "5"]).expect(5);
    let summary = summary(&end);
    assert_eq!((&summary["end"], &summary["frames_written"]), (&"stalled".into(), &0.into()), "{summary}");
    assert!(summary["frames_damaged"].as_u64().unwrap() > 3, "{summary}");
}

#[test]
fn a_password_is_asked_for_and_sent_over_the_same_connection_and_each_answer_has_its_capture() {
    let guarded: Answer = |number, pictures| match number % 2 {
        1 => {
            let head = "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"c\", nonce=\"n\", qop=\"auth\"";
            (format!("{head}\r\nContent-Length: 4"), b"none".to_vec())
        }
        _ => picture(&pictures[number / 2], ""),
    };
    let camera = Snapshots::start(guarded);
    let dir = tempfile::tempdir().unwrap();
    let raw = dir.path().join("x.http");
    let mut command =
        mjpeg(["record", &camera.url, "--user", "u:p", "--poll", "20ms", "--frames", "3", "--quiet"]);
    start(command.arg("--raw").arg(&raw)).end().expect(0);
    assert_eq!(camera.used(), [1, 2, 3, 3, 3, 3]);
    let requests = camera.requests.lock().unwrap();
    for (n, (_, head)) in requests.iter().enumerate() {
        assert_eq!(head.contains("Authorization: Digest "), n % 2 == 1, "{head}");
        assert_eq!(head.contains("Connection: keep-alive"), n > 1, "{head}");
    }
    let frames = kit::contents(&kit::frames());
    for (name, frame) in [("x.http", 1), ("x.http.2", 2), ("x.http.3", 3)] {
        let bytes = fs::read(dir.path().join(name)).unwrap();
        assert!(bytes.starts_with(b"HTTP/1.1 200 OK\r\n") && bytes.ends_with(&frames[frame]), "{name}");
        assert!(dir.path().join(format!("{name}.timing")).exists());
    }
    assert!(!dir.path().join("x.http.4").exists());
}

#[test]
fn memory_does_not_grow_from_picture_to_picture() {
    let camera = Snapshots::start(|_, pictures| picture(&pictures[0], ""));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("all.mjpeg");
    let mut command = mjpeg(["record", &camera.url, "--poll", "1ms", "--quiet", "--concat"]);
    let recording = start(command.arg(&file));
    let picture = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap().len() as u64;
    let resident = |pictures: u64| {
        kit::eventually("so many pictures", || {
            fs::metadata(&file).is_ok_and(|file| file.len() >= pictures * picture).then_some(())
        });
        kit::process::number(recording.pid(), "VmRSS").unwrap()
    };
    let (early, late) = (resident(300), resident(2000));
    assert!(late < early + 1000, "{early} kB, then {late} kB");
    recording.signal("TERM");
    recording.end().expect(0);
}
