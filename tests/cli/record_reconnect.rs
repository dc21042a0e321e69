//! `mjpeg record --reconnect`: cameras that come and go.

use crate::kit;
use crate::record::{manifest, record, summary};

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use kit::camera::{Camera, Connection, HEAD, part};
use kit::run::{mjpeg, run, start};

/// Tries without end, and almost no pauses.
const FOREVER: [&str; 4] = ["--reconnect", "forever", "--reconnect-delay", "10ms"];

/// Sends a stream of these frames.
pub fn stream(camera: &mut Connection, frames: &[Vec<u8>]) {
    camera.send(HEAD.as_bytes());
    frames.iter().for_each(|jpeg| camera.send(&part(jpeg)));
}

#[test]
fn a_camera_that_closes_every_ten_frames_gives_thirty_five() {
    let frames = kit::contents(&kit::frames());
    let sent = frames[..10].to_vec();
    let camera = Camera::visits(4, move |_, _, camera| stream(camera, &sent));
    let dir = tempfile::tempdir().unwrap();
    let args = ["--frames", "35", "--reconnect", "1", "--reconnect-delay", "50ms"];
    let end = record(&camera.url, dir.path(), &args).expect(0);
    let summary = summary(&end);
    assert_eq!((&summary["frames_written"], &summary["reconnects"]), (&35.into(), &3.into()), "{summary}");
    assert_eq!(summary["end"], "goal");
    let expected: Vec<_> = frames[..10].iter().cycle().take(35).cloned().collect();
    assert!(kit::contents(dir.path()) == expected);
    let lines = manifest(dir.path());
    let mut last = 0.0;
    for (n, line) in lines.iter().enumerate() {
        assert_eq!((&line["seq"], &line["part"]), (&(n + 1).into(), &(n + 1).into()));
        let arrival = line["arrival_ms"].as_f64().unwrap();
        assert!(arrival >= last, "{line}");
        if n > 0 {
            assert!(line["offset"].as_u64() > lines[n - 1]["offset"].as_u64(), "{line}");
        }
        if n > 0 && n % 10 == 0 {
            assert_eq!(line["reconnect"], n / 10);
            let gap = line["gap_ms"].as_f64().unwrap();
            assert!((gap - (arrival - last)).abs() < 0.01 && gap >= 37.0, "{gap} {arrival} {last}");
        } else {
            assert!(line.get("reconnect").is_none() && line.get("gap_ms").is_none(), "{line}");
        }
        last = arrival;
    }
}

/// How a connection goes wrong behind its frames.
type Trouble = fn(&mut Connection, &[u8], &Path);

#[test]
fn stalls_cuts_resets_drips_and_refusals_are_survived_with_other_boundaries_and_sizes() {
    let frames = kit::contents(&kit::frames());
    let wide = fs::read(kit::repository("fixtures/streams/frames/1.jpg")).unwrap();
    let troubles: [(Trouble, u64); 6] = [
        (|camera, _, _| camera.wait_for_the_viewer_to_leave(), 0),
        (
            |camera, next, _| {
                camera.send(&part(next)[..3000]);
                camera.wait_for_the_viewer_to_leave();
            },
            1,
        ),
        (|camera, next, _| camera.send(&part(next)[..3000]), 1),
        (
            |camera, next, _| {
                // A byte every 20 ms: the frame would take minutes.
                while part(next).iter().all(|byte| {
                    std::thread::sleep(Duration::from_millis(20));
                    camera.try_send(&[*byte])
                }) {}
            },
            0,
        ),
        (|_, _, _| {}, 0),
        (
            |camera, _, out| {
                // A reset discards bytes that were not read.
                let last = out.join("frame-000018.jpg");
                kit::eventually("the last frame", || last.exists().then_some(()));
                camera.reset();
            },
            0,
        ),
    ];
    let damaged: u64 = troubles.iter().map(|(_, damaged)| damaged).sum();
    let (sent, other) = (frames.clone(), wide.clone());
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().to_path_buf();
    let camera = Camera::visits(troubles.len() + 3, move |number, _, camera| match number {
        // A server that starts: busy, then a page.
        3 => camera.send(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
        6 => camera.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>starting"),
        9 => {
            let head = HEAD.replace("foo", "other").replace("x-mixed-replace", "mixed");
            camera.send(head.as_bytes());
            for _ in 0..3 {
                let part = String::from_utf8_lossy(&part(b"")).replace("foo", "other").replace(": 0", "");
                camera.send(part.trim_end().replace("Content-Length", "X").as_bytes());
                camera.send(b"\r\n\r\n");
                camera.send(&other);
                camera.send(b"\r\n");
            }
            camera.send(b"--other--\r\n");
            camera.wait_for_the_viewer_to_leave();
        }
        number => {
            stream(camera, &sent[..3]);
            let (trouble, _) = troubles[number - 1 - usize::from(number > 3) - usize::from(number > 6)];
            trouble(camera, &sent[3], &out);
        }
    });
    let args = [&FOREVER[..], &["--frames", "20", "--idle", "300ms"]].concat();
    let end = record(&camera.url, dir.path(), &args).expect(0);
    let summary = summary(&end);
    assert_eq!((&summary["frames_written"], &summary["end"]), (&20.into(), &"goal".into()), "{summary}");
    // Busy is no stream.
    assert_eq!(summary["reconnects"], 7, "{summary}");
    assert!(summary["frames_damaged"].as_u64().unwrap() >= damaged, "{summary}");
    let written = kit::contents(dir.path());
    assert!(written[..18].chunks(3).all(|chunk| chunk == &frames[..3]));
    assert!(written[18] == wide && written[19] == wide);
}

/// A listener on this port, which may have been in use a moment ago.
fn listen(port: u16) -> TcpListener {
    kit::eventually("the port is free", || TcpListener::bind(("127.0.0.1", port)).ok())
}

/// Reads the head of the request, and sends a stream of frames.
fn answer(stream: &mut TcpStream, frames: &[Vec<u8>]) {
    let mut request = [0; 4096];
    assert!(stream.read(&mut request).unwrap() > 0);
    stream.write_all(HEAD.as_bytes()).unwrap();
    frames.iter().for_each(|jpeg| stream.write_all(&part(jpeg)).unwrap());
}

#[test]
fn a_server_that_restarts_is_reached_again_and_one_that_does_not_ends_the_run() {
    let frames = kit::contents(&kit::frames())[..4].to_vec();
    for (restarts, code) in [(true, 0), (false, 3)] {
        let listener = listen(0);
        let port = listener.local_addr().unwrap().port();
        let dir = tempfile::tempdir().unwrap();
        let tries = if restarts { "forever" } else { "2" };
        let url = format!("http://127.0.0.1:{port}/");
        let mut command = mjpeg(["record", &url, "--frames", "8", "--format", "json", "--quiet"]);
        command.arg(dir.path()).args(["--reconnect", tries, "--reconnect-delay", "100ms"]);
        let recording = start(&mut command);
        answer(&mut listener.accept().unwrap().0, &frames);
        drop(listener);
        if restarts {
            // Nothing listens for several tries.
            std::thread::sleep(Duration::from_millis(600));
            answer(&mut listen(port).accept().unwrap().0, &frames);
        }
        let end = recording.end().expect(code);
        let summary = summary(&end);
        let written = if restarts { 8 } else { 4 };
        assert_eq!(summary["frames_written"], written, "{summary}");
        assert_eq!(summary["reconnects"], u64::from(restarts), "{summary}");
        assert_eq!(summary["end"], if restarts { "goal" } else { "closed" });
        if !restarts {
            let error = summary["error"].as_str().unwrap();
            assert!(
                error.contains("after 4 good frames: the stream ended, and was not there again"),
                "{error}"
            );
            assert!(error.contains("connection refused"), "{error}");
        }
    }
}

#[test]
fn the_higher_status_of_the_end_and_the_failed_tries_counts() {
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap();
    // 401 is no reason to ask without end, and a cut stream is 5.
    for (answer, cut, code) in [
        ("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", false, 3),
        ("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", true, 5),
    ] {
        let sent = jpeg.clone();
        let camera = Camera::visits(4, move |number, _, camera| match number {
            1 => {
                stream(camera, std::slice::from_ref(&sent));
                camera.send(&part(&sent)[..if cut { 900 } else { 0 }]);
            }
            _ => camera.send(answer.as_bytes()),
        });
        let dir = tempfile::tempdir().unwrap();
        let end = record(&camera.url, dir.path(), &FOREVER).expect(code);
        assert_eq!(summary(&end)["end"], if cut { "truncated" } else { "closed" });
    }
    // A wrong path is no camera that starts.
    let camera =
        Camera::visits(1, |_, _, camera| camera.send(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"));
    let dir = tempfile::tempdir().unwrap();
    record(&camera.url, dir.path(), &FOREVER).expect(3);
}

#[test]
fn raw_keeps_a_capture_for_each_response_and_other_files_go_on() {
    let frames = kit::contents(&kit::frames())[..6].to_vec();
    let response = |frames: &[Vec<u8>]| {
        let mut bytes = HEAD.as_bytes().to_vec();
        frames.iter().for_each(|jpeg| bytes.extend(part(jpeg)));
        bytes
    };
    let sent = [response(&frames[..3]), response(&frames[3..])];
    let responses = sent.clone();
    let camera = Camera::visits(2, move |number, _, camera| camera.send(&responses[number - 1]));
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let record_to = |url: &str| {
        let mut command = mjpeg(["record", url, "--frames", "6", "--quiet"]);
        command.args(FOREVER);
        for (flag, name) in [("--raw", "x.http"), ("--concat", "x.mjpeg"), ("--mkv", "x.mkv")] {
            command.arg(flag).arg(path(name));
        }
        command
    };
    run(&mut record_to(&camera.url)).expect(0);
    assert!(fs::read(path("x.http")).unwrap() == sent[0]);
    let second = fs::read(path("x.http.2")).unwrap();
    assert!(sent[1].starts_with(&second) && second.len() + 2 >= sent[1].len());
    for (name, end) in [("x.http.timing", "# end closed "), ("x.http.2.timing", "# end goal ")] {
        let timing = fs::read_to_string(path(name)).unwrap();
        assert!(timing.starts_with("# mjpeg timing 1\n") && timing.contains(end), "{timing}");
    }
    assert!(fs::read(path("x.mjpeg")).unwrap() == frames.concat());
    let mkv = fs::read(path("x.mkv")).unwrap();
    let finder = |jpeg: &[u8]| memchr::memmem::find(&mkv, jpeg).expect("the frame is in the video");
    assert!(frames.iter().map(|jpeg| finder(jpeg)).is_sorted());
    // The second capture replays as it came.
    let server = kit::run::Server::start(&path("x.http.2"), &["--once"]);
    let out = path("replayed");
    record(&server.stream, &out, &[]).expect(0);
    assert!(kit::contents(&out) == frames[3..]);
    // It is refused like the first one, if only it is left.
    for name in ["x.http", "x.http.timing", "x.mjpeg", "x.mkv"] {
        fs::remove_file(path(name)).unwrap();
    }
    let end = run(&mut record_to("http://127.0.0.1:9/")).expect(6);
    assert!(end.err.contains("x.http.2 exists") || end.err.contains("x.http.2.timing exists"), "{}", end.err);
}

#[test]
fn warm_up_frames_are_left_out_of_each_connection() {
    let frames = kit::contents(&kit::frames())[..4].to_vec();
    let sent = frames.clone();
    let camera = Camera::visits(2, move |_, _, camera| stream(camera, &sent));
    let dir = tempfile::tempdir().unwrap();
    let end = record(&camera.url, dir.path(), &[&FOREVER[..], &["--skip", "1", "--frames", "6"]].concat());
    assert_eq!(summary(&end)["frames_left_out"], 2);
    end.expect(0);
    assert!(kit::contents(dir.path()) == [&frames[1..], &frames[1..]].concat());
}

#[test]
fn what_is_read_once_cannot_be_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    for args in [
        &["test:", "--reconnect", "3"][..],
        &["-", "--reconnect", "forever"],
        &["http://127.0.0.1:9/", "--reconnect", "-1"],
        &["http://127.0.0.1:9/", "--reconnect", "often"],
        &["http://127.0.0.1:9/", "--reconnect-delay", "2s"],
        &["http://127.0.0.1:9/", "--poll", "0"],
    ] {
        run(mjpeg(["record"]).arg(args[0]).arg(dir.path().join("out")).args(&args[1..])).expect(2);
    }
}
