//! `mjpeg record`: how runs end, and their exit codes.

use crate::kit;
use crate::record::{manifest, record, summary};

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};

use kit::camera::{Camera, HEAD, part};
use kit::run::{Server, mjpeg, run, start};

/// Ten complete frames and the end that follows.
struct Ending {
    name: &'static str,
    after: fn(&mut kit::camera::Connection, &[u8]),
    goal: bool,
    code: i32,
    end: &'static str,
    damaged: u64,
}

#[test]
fn stall_cut_and_close_are_distinguished_and_no_incomplete_frame_is_written() {
    let endings = [
        Ending {
            name: "closed without a goal",
            after: |_, _| {},
            goal: false,
            code: 0,
            end: "closed",
            damaged: 0,
        },
        Ending {
            name: "closed before the goal",
            after: |_, _| {},
            goal: true,
            code: 1,
            end: "closed",
            damaged: 0,
        },
        Ending {
            name: "cut inside a frame",
            after: |camera, next| camera.send(&part(next)[..3000]),
            goal: true,
            code: 5,
            end: "truncated",
            damaged: 1,
        },
        Ending {
            name: "silent",
            after: |camera, _| camera.wait_for_the_viewer_to_leave(),
            goal: true,
            code: 5,
            end: "stalled",
            damaged: 0,
        },
        Ending {
            name: "silent inside a frame",
            after: |camera, next| {
                camera.send(&part(next)[..3000]);
                camera.wait_for_the_viewer_to_leave();
            },
            goal: false,
            code: 5,
            end: "stalled",
            damaged: 1,
        },
    ];
    let frames = kit::contents(&kit::frames());
    for ending in endings {
        let (sent, after) = (frames.clone(), ending.after);
        let camera = Camera::start(move |camera| {
            camera.send(HEAD.as_bytes());
            sent[..10].iter().for_each(|jpeg| camera.send(&part(jpeg)));
            after(camera, &sent[10]);
        });
        let dir = tempfile::tempdir().unwrap();
        let goal: &[&str] =
            if ending.goal { &["--frames", "20", "--idle", "400ms"] } else { &["--idle", "400ms"] };
        let end = record(&camera.url, dir.path(), goal);
        let summary = summary(&end);
        assert_eq!(summary["end"], ending.end, "{}: {summary}", ending.name);
        assert_eq!(summary["frames_damaged"], ending.damaged, "{}: {summary}", ending.name);
        end.expect(ending.code);
        assert!(kit::contents(dir.path()) == frames[..10], "{}", ending.name);
    }
}

#[test]
fn a_reset_connection_is_reported_as_reset() {
    let frames = kit::contents(&kit::frames());
    let dir = tempfile::tempdir().unwrap();
    let (seen, watched) = (dir.path().join("frame-000003.jpg"), frames[..3].to_vec());
    let camera = Camera::start(move |camera| {
        camera.send(HEAD.as_bytes());
        watched.iter().for_each(|jpeg| camera.send(&part(jpeg)));
        // A reset discards bytes that were not read.
        kit::eventually("the third frame is written", || seen.exists().then_some(()));
        camera.send(b"--foo\r\nContent-Type: image/jpeg\r\nContent-Length: 5000\r\n\r\n\xff\xd8\xff");
        camera.reset();
    });
    let end = record(&camera.url, dir.path(), &["--frames", "20"]);
    assert_eq!(summary(&end)["end"], "reset", "{}", end.text());
    assert!(end.err.contains("after 3 good frames: the connection was reset"), "{}", end.err);
    end.expect(5);
    assert!(kit::contents(dir.path()) == frames[..3]);
}

#[test]
fn responses_without_a_stream_have_their_own_exit_codes() {
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14\r\n\r\n<p>camera</p>\r\n";
    for (name, answer, code) in [
        ("a page", page, 4),
        (
            "an empty body",
            "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=x\r\n\r\n",
            4,
        ),
        (
            "a refusal",
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"cam\"\r\nContent-Length: 0\r\n\r\n",
            3,
        ),
        ("no answer", "", 5),
    ] {
        let camera = Camera::sending(answer, Vec::new());
        let dir = tempfile::tempdir().unwrap();
        let end = record(&camera.url, dir.path(), &[]);
        let summary = summary(&end);
        assert!(summary.get("error").is_some() && summary["frames_written"] == 0, "{name}: {summary}");
        end.expect(code);
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let end = record(&format!("http://{closed}/"), dir.path(), &[]).expect(3);
    assert!(end.err.starts_with("mjpeg: record: ") && end.err.lines().count() == 1, "{}", end.err);
}

#[test]
fn a_server_that_never_answers_has_stalled() {
    let camera = Camera::start(kit::camera::Connection::wait_for_the_viewer_to_leave);
    let dir = tempfile::tempdir().unwrap();
    let end = record(&camera.url, dir.path(), &["--idle", "300ms"]).expect(5);
    assert!(end.err.contains("no response head within 300ms"), "{}", end.err);
}

#[test]
fn a_server_that_sends_bytes_but_no_part_has_stalled() {
    let camera = Camera::start(|camera| {
        camera.send(HEAD.as_bytes());
        let start = std::time::Instant::now();
        // Bytes arrive all the time, but never a part.
        while start.elapsed() < std::time::Duration::from_secs(2) {
            camera.send(b"-");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let end = record(&camera.url, dir.path(), &["--idle", "500ms"]);
    assert_eq!(summary(&end)["end"], "stalled");
    end.expect(5);
}

#[test]
fn a_frame_is_in_the_file_of_concat_before_the_next_one_comes() {
    let dir = tempfile::tempdir().unwrap();
    let all = dir.path().join("all.mjpeg");
    let (frames, file) = (kit::contents(&kit::frames()), all.clone());
    let camera = Camera::start(move |camera| {
        camera.send(HEAD.as_bytes());
        let mut sent = 0;
        for frame in &frames[..4] {
            camera.send(&part(frame));
            sent += frame.len() as u64;
            let is_there = || fs::metadata(&file).is_ok_and(|it| it.len() == sent).then_some(());
            kit::eventually("the frame in the file", is_there);
        }
    });
    run(mjpeg(["record", &camera.url, "--quiet", "--concat"]).arg(&all)).expect(0);
}

#[test]
fn a_signal_is_a_success_without_a_goal_and_ends_the_run_by_the_signal_with_one() {
    use std::os::unix::process::ExitStatusExt;
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    for goal in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let mut command = mjpeg(["record", &server.stream]);
        command.arg(dir.path()).args(["--format", "json", "--quiet"]);
        if goal {
            command.args(["--frames", "100000"]);
        }
        let run = start(&mut command);
        kit::eventually("a frame is written", || dir.path().join("frame-000002.jpg").exists().then_some(()));
        run.signal("INT");
        let end = run.end();
        assert_eq!(summary(&end)["end"], "signal");
        if goal {
            assert_eq!(end.status.signal(), Some(2), "{}", end.status);
        } else {
            end.expect(0);
        }
        assert_eq!(manifest(dir.path()).len(), kit::jpegs(dir.path()).len());
    }
}

/// `timeout` sends each signal twice: to its child, and to the group of both.
#[test]
fn the_same_signal_twice_at_the_same_time_is_one() {
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    for _ in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let run = start(mjpeg(["record", &server.stream, "--quiet"]).arg(dir.path()));
        kit::eventually("a frame is written", || dir.path().join("frame-000001.jpg").exists().then_some(()));
        let id = run.pid().to_string();
        assert!(Command::new("kill").args(["-INT", &id, &id]).status().unwrap().success());
        run.end().expect(0);
    }
}

#[test]
fn the_same_signal_again_kills_a_run_that_hangs() {
    use std::os::unix::process::ExitStatusExt;
    // More than a pipe has room for, and nobody reads it.
    let mut command = mjpeg(["completions", "powershell"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    let mut sent = 0;
    let status = kit::eventually("it is killed", || {
        let status = child.try_wait().unwrap();
        if status.is_none() {
            assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
            sent += 1;
        }
        status
    });
    assert_eq!(status.signal(), Some(2), "{status}");
    assert!(sent >= 2, "the first one kills");
}

#[test]
fn a_goal_that_the_last_part_reaches_is_reached_although_only_the_end_shows_its_end() {
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap();
    let part = [b"--foo\r\nContent-Type: image/jpeg\r\n\r\n", &jpeg[..], b"\r\n"].concat();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("two.http");
    fs::write(&file, [HEAD.as_bytes(), &part, &part].concat()).unwrap();
    let end = record(file.to_str().unwrap(), &dir.path().join("out"), &["--frames", "2"]).expect(0);
    assert_eq!((&summary(&end)["end"], &summary(&end)["frames_written"]), (&"goal".into(), &2.into()));
}

#[test]
fn a_file_that_holds_only_a_cut_picture_is_a_failure() {
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cut.http");
    fs::write(&file, [HEAD.as_bytes(), &part(&jpeg)[..2000]].concat()).unwrap();
    let end = record(file.to_str().unwrap(), &dir.path().join("out"), &[]).expect(1);
    assert!(end.err.contains("the only frame was not whole"), "{}", end.err);
}

#[test]
fn a_closed_standard_output_does_not_change_the_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing");
    for (args, code) in [
        (vec!["check", missing.to_str().unwrap()], 6),
        (vec!["check", "test:160x120", "--frames", "2", "--min-fps", "1000", "--size", "1x1"], 1),
        (vec!["check", "test:160x120", "--frames", "2"], 0),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = mjpeg(&args).stdout(writer).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(code), "{args:?}");
    }
}
