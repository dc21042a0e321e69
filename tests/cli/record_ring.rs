//! `mjpeg record --raw FILE --ring T`: the flight recorder.

use crate::kit;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kit::camera::{Camera, HEAD, chunk};
use kit::run::{Run, Server, mjpeg, run, start};
use kit::verdict::check;
use mjpeg::http::Dechunker;

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=foo\r\n\
    Transfer-Encoding: chunked\r\n\r\n";

/// A camera with a frame each 10 ms, until its viewer leaves or `last` frames are sent, and then silence. It keeps what it
/// has sent.
pub fn camera(coding: &'static str, last: usize) -> (Camera, Arc<Mutex<Vec<u8>>>) {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let of_camera = Arc::clone(&sent);
    let jpegs = kit::contents(&kit::frames());
    let camera = Camera::start(move |connection| {
        let mut send = |bytes: &[u8]| {
            // Before the write: what a viewer has must be here.
            of_camera.lock().unwrap().extend_from_slice(bytes);
            connection.try_send(bytes)
        };
        send(coding.as_bytes());
        for n in 0..last {
            let jpeg = &jpegs[n % jpegs.len()];
            let head = format!(
                "--foo\r\nContent-Type: image/jpeg\r\nX-Number: {n}\r\nContent-Length: {}\r\n\r\n",
                jpeg.len()
            );
            let part = [head.as_bytes(), jpeg, b"\r\n"].concat();
            // Chunks that end anywhere in a part.
            let bytes = match coding {
                CHUNKED => part.chunks(7001).flat_map(chunk).collect(),
                _ => part,
            };
            if !send(&bytes) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        connection.wait_for_the_viewer_to_leave();
    });
    (camera, sent)
}

pub fn ring(url: &str, raw: &Path, args: &[&str]) -> Run {
    let mut command = mjpeg(["record", url, "--quiet", "--raw"]);
    start(command.arg(raw).args(args))
}

pub fn sent_at_least(sent: &Mutex<Vec<u8>>, bytes: usize) {
    kit::eventually("the bytes of the camera", || (sent.lock().unwrap().len() >= bytes).then_some(()));
}

pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub fn timing(capture: &Path) -> String {
    fs::read_to_string(PathBuf::from(format!("{}.timing", capture.display()))).unwrap()
}

/// The time of the last line of a timing file, which is that of the end, and its word.
fn end(capture: &Path) -> (String, f64) {
    let timing = timing(capture);
    let last = timing.lines().last().unwrap().strip_prefix("# end ").expect("an end").to_string();
    let (word, seconds) = last.split_once(' ').unwrap();
    (word.into(), seconds.parse().unwrap())
}

fn decoded(response: &[u8], head: &str) -> Vec<u8> {
    let mut body = response.strip_prefix(head.as_bytes()).expect("the head of the response").to_vec();
    if head == CHUNKED {
        let n = Dechunker::new().decode(&mut body).unwrap();
        body.truncate(n);
    }
    body
}

#[test]
fn a_capture_has_the_time_before_and_after_the_signal_and_can_be_checked_and_replayed() {
    for head in [HEAD, CHUNKED] {
        let folder = tempfile::tempdir().unwrap();
        let raw = folder.path().join("site.http");
        let (camera, sent) = camera(head, usize::MAX);
        let run_ring = ring(&camera.url, &raw, &["--ring", "1s", "--ring-after", "700ms"]);
        sent_at_least(&sent, 4_000_000);
        assert!(names(folder.path()).is_empty());
        let before = sent.lock().unwrap().len();
        run_ring.signal("USR1");
        run_ring.says("captured ");
        run_ring.signal("TERM");
        let _ = run_ring.end().expect(0).err.len();
        assert_eq!(names(folder.path()), ["site-0001.http", "site-0001.http.timing"]);
        let capture = folder.path().join("site-0001.http");
        let bytes = fs::read(&capture).unwrap();
        let (body, all) = (decoded(&bytes, head), decoded(&sent.lock().unwrap(), head));
        assert!(body.starts_with(b"--foo\r\n"));
        let at = memchr::memmem::find(&all, &body[..20_000]).expect("the bytes of the camera");
        assert!(all[at..].starts_with(&body));
        // It goes on behind the signal; before it is a second of at most 100 frames.
        assert!(at < before && at + body.len() > before * 95 / 100, "{at} {} {before}", body.len());
        let (word, seconds) = end(&capture);
        assert!(word == "goal" && (1.6..6.0).contains(&seconds), "{word} {seconds}");
        let (ended, verdict) = check(capture.to_str().unwrap(), &[]);
        assert_eq!(verdict["verdict"], "pass", "{verdict}");
        drop(ended.expect(0));
        let out = folder.path().join("out");
        run(mjpeg(["record", "--quiet"]).args([&capture, &out])).expect(0);
        assert!(kit::jpegs(&out).len() > 20);
        // A replay gives the same bytes again.
        let server = Server::start(&capture, &["--once", "--speed", "8"]);
        let again = folder.path().join("again.http");
        let _ = run(mjpeg(["record", &server.stream, "--quiet", "--raw"]).arg(&again)).err.len();
        assert!(fs::read(&again).unwrap() == bytes);
    }
}

#[test]
fn a_second_signal_makes_a_capture_longer_and_numbers_go_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("site.http");
    fs::write(folder.path().join("site-0004.http"), "precious").unwrap();
    for number in [5, 6] {
        let (camera, sent) = camera(HEAD, usize::MAX);
        let run_ring = ring(&camera.url, &raw, &["--ring", "30s", "--ring-after", "1500ms"]);
        sent_at_least(&sent, 100_000);
        run_ring.signal("USR1");
        kit::eventually("the capture", || (names(folder.path()).len() == 2 * (number - 4) + 1).then_some(()));
        let more = sent.lock().unwrap().len() + 500_000;
        sent_at_least(&sent, more);
        run_ring.signal("USR1");
        run_ring.says("goes on for 1.5s from now");
        run_ring.says("captured ");
        run_ring.signal("TERM");
        let _ = run_ring.end().expect(0).err.len();
        let (_, seconds) = end(&folder.path().join(format!("site-000{number}.http")));
        assert!(seconds > 1.9, "{seconds}");
    }
    assert_eq!(names(folder.path()).len(), 5);
    assert_eq!(fs::read(folder.path().join("site-0004.http")).unwrap(), b"precious");
}

#[test]
fn the_end_of_a_run_ends_a_capture_with_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("site");
    for (number, goal, code) in [(1, &["--duration", "4s"][..], Some(0)), (2, &[], Some(0))] {
        let (camera, sent) = camera(HEAD, usize::MAX);
        let run_ring = ring(
            &camera.url,
            &raw,
            &[&["--ring", "30s", "--ring-after", "1h", "--format", "json"], goal].concat(),
        );
        sent_at_least(&sent, 100_000);
        run_ring.signal("USR1");
        kit::eventually("the capture", || (names(folder.path()).len() == 2 * number).then_some(()));
        if goal.is_empty() {
            run_ring.signal("TERM");
        }
        let ended = run_ring.end();
        assert!(ended.err.contains("captured "), "{}", ended.err);
        assert_eq!(ended.code(), code);
        let summary: serde_json::Value = serde_json::from_str(&ended.text()).unwrap();
        assert_eq!((&summary["captures"], summary.get("captures_failed")), (&1.into(), None));
        let capture = folder.path().join(format!("site-000{number}"));
        assert_eq!(end(&capture).0, if goal.is_empty() { "signal" } else { "goal" });
        let all = sent.lock().unwrap().clone();
        let bytes = fs::read(&capture).unwrap();
        assert!(all.starts_with(&bytes) && bytes.len() > 100_000);
    }
}

#[test]
fn a_silent_camera_is_captured_with_its_silence() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("x.http");
    let (camera, sent) = camera(HEAD, 20);
    let run_ring = ring(&camera.url, &raw, &["--ring", "100ms", "--ring-after", "500ms"]);
    kit::eventually("the last frame", || {
        let all = sent.lock().unwrap();
        (memchr::memmem::find_iter(&all[..], b"--foo").count() == 20).then_some(())
    });
    run_ring.signal("USR1");
    run_ring.says("captured ");
    run_ring.signal("TERM");
    let _ = run_ring.end().expect(0).err.len();
    let capture = folder.path().join("x-0001.http");
    let bytes = fs::read(&capture).unwrap();
    assert!(sent.lock().unwrap().ends_with(&bytes[bytes.len() - 5000..]));
    assert!(end(&capture).1 > 0.49);
}

#[test]
fn the_memory_of_the_ring_is_bounded_and_the_user_learns_that_it_is_too_small() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("x.http");
    let (camera, sent) = camera(HEAD, usize::MAX);
    let args = ["--ring", "1h", "--ring-after", "1ms", "--ring-bytes", "200k"];
    let run_ring = ring(&camera.url, &raw, &args);
    sent_at_least(&sent, 1_000_000);
    run_ring.says("204.8 kB of memory hold ");
    run_ring.says(" of the stream, not 3600s: see --ring-bytes");
    run_ring.signal("USR1");
    run_ring.says("captured ");
    run_ring.signal("TERM");
    let _ = run_ring.end().expect(0).err.len();
    let bytes = fs::read(folder.path().join("x-0001.http")).unwrap();
    assert!((100_000..300_000).contains(&bytes.len()), "{}", bytes.len());
    run(mjpeg(["check", "--quiet"]).arg(folder.path().join("x-0001.http"))).expect(0);
}

#[test]
fn a_ring_that_is_smaller_than_a_part_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (camera, sent) = camera(HEAD, usize::MAX);
    let args = ["--ring", "30s", "--ring-after", "100ms", "--ring-bytes", "2k"];
    let run_ring = ring(&camera.url, &folder.path().join("x.http"), &args);
    sent_at_least(&sent, 1_000_000);
    run_ring.says("memory hold ");
    run_ring.signal("USR1");
    run_ring.says("larger than the 2.0 kB of memory of the ring");
    run_ring.says("--ring-bytes gives more");
    run_ring.says("nothing was captured: no part fits into the memory of --ring-bytes");
    run_ring.signal("TERM");
    let ended = run_ring.end().expect(6);
    assert!(!ended.err.contains("no part has come"), "{}", ended.err);
    assert!(names(folder.path()).is_empty());
}

/// A camera that has one picture at a time, each in a response of its own.
#[test]
fn all_pictures_of_the_ring_are_captured_however_many_responses_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let jpeg = kit::contents(&kit::frames()).remove(0);
    let asked = Arc::new(Mutex::new(0));
    let of_camera = Arc::clone(&asked);
    let camera = Camera::visits(151, move |number, _, connection| {
        *of_camera.lock().unwrap() = number;
        if number == 151 {
            return connection.wait_for_the_viewer_to_leave();
        }
        let length = jpeg.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nX-Number: {number}\r\n");
        connection.send(format!("{head}Content-Length: {length}\r\nConnection: close\r\n\r\n").as_bytes());
        connection.send(&jpeg);
    });
    let args = ["--ring", "1h", "--ring-after", "1ms", "--poll", "1ms", "--reconnect", "0"];
    let run_ring = ring(&camera.url, &folder.path().join("x.http"), &args);
    kit::eventually("151 requests", || (*asked.lock().unwrap() == 151).then_some(()));
    run_ring.signal("USR1");
    let captured = || names(folder.path()).iter().filter(|name| name.ends_with(".http")).count();
    kit::eventually("all responses", || (captured() == 150).then_some(()));
    run_ring.signal("TERM");
    let end = run_ring.end();
    let said: &str = &end.err;
    let messages: Vec<&str> = said.lines().filter(|line| line.contains("captured ")).collect();
    assert_eq!(messages.len(), 1, "{said}");
    assert!(messages[0].contains("150 responses") && messages[0].contains("x-0001.http to "), "{said}");
    let first = fs::read(folder.path().join("x-0001.http")).unwrap();
    assert!(String::from_utf8_lossy(&first).contains("X-Number: 1\r\n"));
}

#[test]
fn without_a_ring_the_signal_ends_the_run_and_without_a_stream_it_captures_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("x.http");
    let (camera, sent) = camera(HEAD, usize::MAX);
    let plain = ring(&camera.url, &raw, &[]);
    sent_at_least(&sent, 100_000);
    plain.signal("USR1");
    let ended = plain.end();
    assert_eq!((ended.code(), ended.err.len()), (None, 0));
    let (asked, is_asked) = std::sync::mpsc::channel();
    let silent = Camera::start(move |connection| {
        asked.send(()).unwrap();
        connection.wait_for_the_viewer_to_leave();
    });
    let waiting = ring(&silent.url, &folder.path().join("y"), &["--ring", "30s"]);
    is_asked.recv_timeout(kit::PATIENCE).unwrap();
    waiting.signal("USR1");
    waiting.says("nothing is captured: there is no stream yet");
    waiting.signal("TERM");
    let _ = waiting.end().expect(0).err.len();
    for (args, why) in [
        (&["http://a/", "x", "--ring", "30s"][..], "--raw"),
        (&["http://a/", "--raw", "x", "--ring-after", "30s"], "--ring"),
        (&["a.http", "--raw", "x", "--ring", "30s"], "URL"),
    ] {
        let refused = run(mjpeg(["record"]).args(args));
        assert!(refused.err.contains(why), "{}", refused.err);
        refused.expect(2);
    }
}
