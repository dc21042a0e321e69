//! Hostile and broken cameras and files: `record` and `check` end in time and report the cause.

use crate::kit;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use kit::camera::{Camera, Connection, HEAD, chunk, part};
use kit::run::{End, mjpeg, run, start};
use serde_json::Value;

fn json(end: &End) -> Value {
    serde_json::from_slice(&end.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", end.text(), end.err))
}

fn record(target: &str, out: &Path, args: &[&str]) -> End {
    run(mjpeg(["record", target]).arg(out).args(["--format", "json", "--quiet"]).args(args))
}

fn check(target: &str, args: &[&str]) -> End {
    run(mjpeg(["check", target, "--format", "json"]).args(args))
}

fn chunked() -> String {
    HEAD.replace("Connection: close", "Transfer-Encoding: chunked")
}

fn frames(n: usize) -> Vec<Vec<u8>> {
    kit::contents(&kit::frames())[..n].iter().map(|jpeg| part(jpeg)).collect()
}

/// Sends `piece` again and again until the viewer closes.
fn endlessly(camera: &mut Connection, piece: &[u8]) {
    let block = piece.repeat(1 + 65_536 / piece.len());
    let start = Instant::now();
    while start.elapsed() < kit::PATIENCE && camera.try_send(&block) {}
}

#[test]
fn floods_end_with_the_idle_limit() {
    let floods: [(&str, String, &[u8]); 5] = [
        ("interim heads", String::new(), b"HTTP/1.1 100 Continue\r\n\r\n"),
        ("field lines", "HTTP/1.1 200 OK\r\n".into(), b"A: b\r\n"),
        ("carriage returns after a chunk", format!("{}1\r\na", chunked()), b"\r"),
        ("a preamble", HEAD.into(), b"preamble\r\n"),
        ("a part head", format!("{HEAD}--foo\r\n"), b"A: b\r\n"),
    ];
    for (name, head, flood) in floods {
        let flood = flood.to_vec();
        let camera = Camera::start(move |camera| {
            camera.send(head.as_bytes());
            endlessly(camera, &flood);
        });
        let began = Instant::now();
        // Nothing but the idle limit ends those that go on.
        let end = check(&camera.url, &["--idle", "1s", "--duration", "60s"]);
        assert!(began.elapsed() < Duration::from_secs(10), "{name}: {:?}", began.elapsed());
        assert!(matches!(end.code(), Some(3..=5)), "{name}: {} {}", end.status, end.text());
    }
    // A recorder waits for pictures, not for parts.
    let camera = Camera::start(|camera| {
        camera.send(HEAD.as_bytes());
        endlessly(camera, b"--foo\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ntext\r\n");
    });
    let (began, dir) = (Instant::now(), tempfile::tempdir().unwrap());
    let end = record(&camera.url, dir.path(), &["--idle", "1s"]);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(matches!(end.code(), Some(1 | 5)), "{} {}", end.status, end.text());
}

#[test]
fn a_compressed_stream_is_named_and_not_unpacked() {
    let head = HEAD.replace("Connection", "Content-Encoding: gzip\r\nConnection");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    // Unpacked, it is a sound stream with much in front of it.
    packed.write_all(&vec![b'\n'; 64 << 20]).unwrap();
    frames(3).iter().for_each(|part| packed.write_all(part).unwrap());
    let packed = packed.finish().unwrap();
    let camera = Camera::sending(&head, vec![packed.clone()]);
    let end = check(&camera.url, &[]).expect(4);
    assert!(end.text().contains("the body is compressed"), "{}", end.text());
    let (camera, dir) = (Camera::sending(&head, vec![packed]), tempfile::tempdir().unwrap());
    let end = record(&camera.url, dir.path(), &[]).expect(4);
    assert!(end.text().contains("the body is compressed"), "{}", end.text());
    assert!(kit::jpegs(dir.path()).is_empty());
}

#[test]
fn the_last_chunk_ends_the_stream_even_if_the_connection_stays_open() {
    let camera = Camera::start(|camera| {
        camera.send(chunked().as_bytes());
        frames(3).iter().for_each(|part| camera.send(&chunk(part)));
        camera.send(b"0\r\n\r\n");
        camera.wait_for_the_viewer_to_leave();
    });
    let dir = tempfile::tempdir().unwrap();
    let end = record(&camera.url, dir.path(), &["--idle", "20s"]).expect(0);
    assert_eq!((&json(&end)["end"], kit::jpegs(dir.path()).len()), (&"closed".into(), 3));
}

#[test]
fn frames_before_a_broken_chunk_are_kept() {
    let all =
        [frames(3).iter().map(|part| chunk(part)).collect::<Vec<_>>().concat(), b"zz\r\n".to_vec()].concat();
    let dir = tempfile::tempdir().unwrap();
    let camera = Camera::sending(&chunked(), vec![all.clone()]);
    record(&camera.url, &dir.path().join("live"), &[]).expect(5);
    assert_eq!(kit::jpegs(&dir.path().join("live")).len(), 3);
    let capture = dir.path().join("capture.http");
    fs::write(&capture, [chunked().as_bytes(), &all].concat()).unwrap();
    record(capture.to_str().unwrap(), &dir.path().join("file"), &[]);
    assert_eq!(kit::jpegs(&dir.path().join("file")).len(), 3);
}

#[test]
fn silence_misses_thresholds_and_is_not_a_success() {
    let silent_after = |n: usize| {
        Camera::start(move |camera| {
            camera.send(HEAD.as_bytes());
            frames(n).iter().for_each(|part| camera.send(part));
            camera.wait_for_the_viewer_to_leave();
        })
    };
    for (n, args) in [
        (1, ["--min-fps", "5"]),
        (20, ["--min-fps", "15"]),
        (1, ["--max-gap", "500ms"]),
        (5, ["--max-gap", "500ms"]),
    ] {
        let camera = silent_after(n);
        let end = check(&camera.url, &[&args[..], &["--duration", "2s"]].concat());
        assert_eq!(json(&end)["verdict"], "fail", "{n} frames, {args:?}: {}", end.text());
        end.expect(1);
    }
    let camera = silent_after(0);
    let end = check(&camera.url, &["--duration", "1s"]);
    assert_eq!(json(&end)["verdict"], "stalled");
    assert!(json(&end)["error"].is_string(), "{}", end.text());
    end.expect(5);
    let (camera, dir) = (silent_after(0), tempfile::tempdir().unwrap());
    let end = record(&camera.url, dir.path(), &["--duration", "1s"]);
    assert_eq!(json(&end)["end"], "stalled");
    end.expect(5);
}

#[test]
fn a_jpeg_without_a_picture_is_not_a_frame() {
    let bodies: [&[u8]; 2] =
        [b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\xff\xd9"];
    for body in bodies {
        let camera = Camera::sending(HEAD, vec![part(body); 5]);
        let end = check(&camera.url, &[]);
        assert_eq!(json(&end)["findings"][0]["name"], "no-frame", "{}", end.text());
        end.expect(1);
        let (camera, dir) = (Camera::sending(HEAD, vec![part(body); 5]), tempfile::tempdir().unwrap());
        record(&camera.url, dir.path(), &[]).expect(1);
        assert!(kit::jpegs(dir.path()).is_empty());
    }
}

#[test]
fn force_keeps_the_old_recording_until_the_new_one_has_a_frame() {
    let dir = tempfile::tempdir().unwrap();
    record("test:", dir.path(), &["--frames", "3"]).expect(0);
    let before = kit::contents(dir.path());
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let end = record(&format!("http://{closed}/"), dir.path(), &["--force"]).expect(3);
    assert!(json(&end)["error"].is_string());
    assert!(kit::contents(dir.path()) == before);
    let end = record("test:", dir.path(), &["--frames", "1"]).expect(6);
    assert_eq!(json(&end)["end"], "local");
    // Frames without a manifest are kept too.
    fs::remove_file(dir.path().join("manifest.jsonl")).unwrap();
    record("test:", dir.path(), &["--frames", "1"]).expect(6);
    assert!(kit::contents(dir.path()) == before);
}

#[test]
fn a_planted_link_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let (victim, out) = (dir.path().join("victim"), dir.path().join("out"));
    fs::create_dir(&out).unwrap();
    fs::write(&victim, "mine").unwrap();
    for name in [".frame.part", ".manifest.part"] {
        std::os::unix::fs::symlink(&victim, out.join(name)).unwrap();
    }
    record("test:", &out, &["--frames", "1"]).expect(0);
    assert_eq!(fs::read(&victim).unwrap(), b"mine");
    assert_eq!(kit::jpegs(&out).len(), 1);
    // Others are refused: what they lead to stays as it is.
    for name in [".mjpeg.lock", "manifest.jsonl", "frame-000001.jpg"] {
        let out = dir.path().join(format!("out of {name}"));
        fs::create_dir(&out).unwrap();
        std::os::unix::fs::symlink(&victim, out.join(name)).unwrap();
        record("test:", &out, &["--frames", "1"]).expect(6);
        assert_eq!(fs::read(&victim).unwrap(), b"mine", "{name}");
    }
    // Nor does a link to a folder lead there: neither a damaged frame nor one with a folder in its name.
    let (out, elsewhere) = (dir.path().join("folders"), dir.path().join("elsewhere"));
    fs::create_dir(&out).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    for name in ["damaged", "day"] {
        std::os::unix::fs::symlink(&elsewhere, out.join(name)).unwrap();
    }
    let jpeg = &kit::contents(&kit::frames())[0];
    let camera = Camera::sending(HEAD, vec![part(&jpeg[..jpeg.len() / 2]), part(jpeg)]);
    let end = record(&camera.url, &out, &[]).expect(6);
    assert!(end.err.contains("`damaged` is a link"), "{}", end.err);
    let end = record("test:", &out, &["--frames", "1", "--name", "day/{seq}.jpg"]);
    assert!(end.err.contains("`day` is a link"), "{}", end.err);
    end.expect(6);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn a_named_pipe_without_a_writer_times_out() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let began = Instant::now();
    let end = check(fifo.to_str().unwrap(), &["--idle", "500ms"]);
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_ne!(end.code(), Some(0), "{}", end.text());
}

#[test]
fn a_signal_ends_a_run_that_never_waits_and_one_that_waits_for_a_response() {
    let dir = tempfile::tempdir().unwrap();
    let mut endless = mjpeg(["record", "test:160x120"]);
    endless.arg(dir.path());
    let running = start(&mut endless);
    kit::eventually("frames are written", || dir.path().join("frame-000003.jpg").exists().then_some(()));
    running.signal("INT");
    running.end().expect(0);

    // The camera reads the request and never answers.
    let (asked, was_asked) = std::sync::mpsc::channel();
    let camera = Camera::start(move |connection| {
        asked.send(()).unwrap();
        connection.wait_for_the_viewer_to_leave();
    });
    let other = tempfile::tempdir().unwrap();
    let mut waiting = mjpeg(["record", &camera.url]);
    waiting.arg(other.path()).args(["--format", "json", "--idle", "20s"]);
    let running = start(&mut waiting);
    was_asked.recv_timeout(kit::PATIENCE).expect("no request came");
    running.signal("INT");
    let end = running.end_within(Duration::from_secs(10));
    assert_eq!(json(&end)["end"], "signal", "{}", end.text());
    end.expect(0);
}

#[test]
fn a_password_is_not_sent_to_another_host_after_a_redirect() {
    const CHALLENGE: &[u8] =
        b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=cam\r\nContent-Length: 0\r\n\r\n";
    let place = |url: &str| url.replace("http://", "http://user:secret@");
    // One that has a stream for everyone, and one that asks for a password.
    for asks in [false, true] {
        // A request with a password would be the second one: no password is sent before it is asked for.
        let other = Camera::visits(1, move |_, request, camera| {
            let request = request.to_lowercase();
            assert!(!request.contains("authorization"), "the password was sent to another host:\n{request}");
            if asks {
                return camera.send(CHALLENGE);
            }
            camera.send(HEAD.as_bytes());
            frames(1).iter().for_each(|part| camera.send(part));
        });
        let location = other.url.clone();
        let first = Camera::visits(2, move |number, request, camera| {
            if number == 1 {
                return camera.send(CHALLENGE);
            }
            assert!(request.contains("\r\nAuthorization: Basic dXNlcjpzZWNyZXQ=\r\n"), "{request}");
            camera.send(
                format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").as_bytes(),
            );
        });
        let end = check(&place(&first.url), &[]).expect(if asks { 3 } else { 0 });
        assert_eq!(end.err.contains("does not receive the password"), asks, "{}", end.err);
    }
    for location in ["file:///etc/passwd", "", "javascript:alert(1)", "ftp://127.0.0.1:1/"] {
        let camera =
            Camera::sending(&format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n"), Vec::new());
        let end = check(&camera.url, &[]).expect(3);
        assert!(end.err.contains("302"), "{}", end.err);
    }
}

#[test]
fn a_body_that_is_not_what_its_head_says_is_recorded_and_judged() {
    let jpegs = kit::contents(&kit::frames());
    let again = HEAD.replace("foo", "again").into_bytes();
    for (fields, between, rules) in [
        ("Transfer-Encoding: chunked\r\n", &b""[..], &["H114"][..]),
        ("Content-Encoding: gzip\r\n", b"", &["H118"]),
        ("Content-Encoding: identity\r\n", b"", &[]),
        ("", &again, &["M222"]),
    ] {
        let head = HEAD.replace("Connection", &format!("{fields}Connection"));
        // Behind a second head the parts have its boundary.
        let boundary = if between.is_empty() { "foo" } else { "again" };
        let rename = |jpeg: &[u8]| {
            let length = jpeg.len();
            let head =
                format!("--{boundary}\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n");
            [head.as_bytes(), jpeg, b"\r\n"].concat()
        };
        let pieces = vec![part(&jpegs[0]), between.to_vec(), rename(&jpegs[1]), rename(&jpegs[2])];
        let camera = Camera::sending(&head, pieces.clone());
        // T410 is about this machine, where other tests run too.
        let end = check(&camera.url, &["--ignore", "ended-early,T410"]);
        let codes: Vec<String> = json(&end)["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["code"].as_str().unwrap().to_string())
            .collect();
        assert_eq!(codes, rules, "{fields}");
        let camera = Camera::sending(&head, pieces);
        let dir = tempfile::tempdir().unwrap();
        run(mjpeg(["record", &camera.url, "--quiet"]).arg(dir.path())).expect(0);
        assert!(kit::contents(dir.path()) == jpegs[..3], "{fields}");
    }
}

#[test]
fn a_stopped_recorder_does_not_report_a_stalled_camera() {
    const IDLE: Duration = Duration::from_millis(700);
    let (go_on, continued) = std::sync::mpsc::channel();
    let camera = Camera::start(move |camera| {
        camera.send(HEAD.as_bytes());
        let frame = &kit::contents(&kit::frames())[0];
        let padded = part(&[&frame[..], &vec![0; 400_000]].concat());
        (0..2).for_each(|_| camera.send(&padded));
        // The other frames are sent while the recorder is stopped.
        continued.recv_timeout(kit::PATIENCE).unwrap();
        (2..12).for_each(|_| camera.send(&padded));
    });
    let dir = tempfile::tempdir().unwrap();
    let mut command = mjpeg(["record", &camera.url]);
    command.arg(dir.path()).args(["--format", "json", "--idle", &format!("{}ms", IDLE.as_millis())]);
    let running = start(&mut command);
    kit::eventually("a frame is written", || dir.path().join("frame-000001.jpg").exists().then_some(()));
    running.signal("STOP");
    kit::process::wait_until_stopped(running.pid());
    go_on.send(()).unwrap();
    // The process must be stopped for longer than the idle limit: time is the input of this test.
    std::thread::sleep(2 * IDLE);
    running.signal("CONT");
    let end = running.end().expect(0);
    assert_eq!((&json(&end)["end"], kit::jpegs(dir.path()).len()), (&"closed".into(), 12));
}
