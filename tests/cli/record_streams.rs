//! `mjpeg record`: which frames it keeps, and what it does about streams that never end.

use crate::kit;
use crate::record::{manifest, record, summary};

use std::fs;
use std::process::Command;
use std::time::Duration;

use kit::camera::{Camera, Connection, HEAD, part};
use kit::run::{Server, mjpeg, run};
use serde_json::Value;

/// Sends a part again and again until the viewer leaves.
fn endless(camera: &mut Connection, first: &[Vec<u8>], part: &[u8]) {
    camera.send(HEAD.as_bytes());
    first.iter().for_each(|part| camera.send(part));
    while camera.try_send(part) {
        // The pace of the camera.
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_endless_run_of_bad_parts_ends_with_the_idle_limit_and_says_so() {
    let frames = kit::contents(&kit::frames());
    let damaged = part(&frames[0][..frames[0].len() / 2]);
    for (name, good, bad) in [
        ("empty parts", 3, part(b"")),
        ("damaged parts", 3, damaged.clone()),
        ("no good frame ever", 0, damaged),
    ] {
        let first: Vec<Vec<u8>> = frames[..good].iter().map(|jpeg| part(jpeg)).collect();
        let camera = Camera::start(move |camera| endless(camera, &first, &bad));
        let dir = tempfile::tempdir().unwrap();
        let end = record(&camera.url, dir.path(), &["--frames", "30", "--idle", "600ms"]);
        let summary = summary(&end);
        assert_eq!(
            (&summary["end"], &summary["frames_written"]),
            (&"stalled".into(), &good.into()),
            "{name}"
        );
        assert!(summary["frames_damaged"].as_u64().unwrap() > 2, "{name}: {summary}");
        assert!(end.err.contains("parts within the idle limit was a good frame"), "{name}: {}", end.err);
        end.expect(5);
    }
}

#[test]
fn a_damaged_frame_goes_to_its_own_folder_with_the_reason() {
    let frames = kit::contents(&kit::frames());
    let half = &frames[1][..frames[1].len() / 2];
    let bodies = [&frames[0], half, b"", &frames[2]];
    let camera = Camera::sending(HEAD, bodies.iter().map(|body| part(body)).collect());
    let dir = tempfile::tempdir().unwrap();
    let end = record(&camera.url, dir.path(), &[]).expect(0);
    assert_eq!(summary(&end)["frames_damaged"], 2);
    let lines = manifest(dir.path());
    let line = |n: usize| {
        (lines[n].get("seq").cloned(), lines[n].get("file").cloned(), lines[n].get("damage").cloned())
    };
    assert_eq!(line(0), (Some(1.into()), Some("frame-000001.jpg".into()), None));
    assert_eq!(line(1), (None, Some("damaged/frame-000001.jpg".into()), Some("no-eoi".into())));
    assert_eq!(line(2), (None, None, Some("empty".into())));
    assert_eq!(line(3), (Some(2.into()), Some("frame-000002.jpg".into()), None));
    assert!(fs::read(dir.path().join("damaged/frame-000001.jpg")).unwrap() == half);
}

#[test]
fn a_body_over_the_limit_is_a_damaged_frame() {
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap();
    let (first, last) = (part(&jpeg), part(&jpeg));
    let camera = Camera::start(move |camera| {
        camera.send(HEAD.as_bytes());
        camera.send(&first);
        // 65 MiB that start like a picture and never end.
        camera.send(b"--foo\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xda\0\x08\x01\x01\0\0\x3f\0");
        let zeros = vec![0; 1 << 20];
        (0..65).for_each(|_| camera.send(&zeros));
        camera.send(b"\r\n");
        camera.send(&last);
    });
    let dir = tempfile::tempdir().unwrap();
    let end = record(&camera.url, dir.path(), &[]);
    let summary = summary(&end);
    assert_eq!((&summary["frames_written"], &summary["frames_damaged"]), (&2.into(), &1.into()), "{summary}");
    end.expect(0);
    let line = manifest(dir.path()).into_iter().find(|line| line["part"] == 2).unwrap();
    assert_eq!(line["damage"], "too-large");
    assert!(line.get("body_bytes").is_none() && line["deviations"][0].as_str().unwrap().contains("67108864"));
}

#[test]
fn what_players_show_is_kept_and_marked_at_both_depths() {
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap();
    let torn = [&jpeg[..2000], &jpeg[2200..]].concat();
    let bodies = [
        jpeg.clone(),
        jpeg[..jpeg.len() - 2].to_vec(),
        [&jpeg[..2], &jpeg].concat(),
        [b"\0\0\0", &jpeg[..]].concat(),
        [&jpeg[..], b"rest"].concat(),
        torn,
    ];
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("odd.http");
    let parts: Vec<u8> = bodies.iter().flat_map(|body| part(body)).collect();
    fs::write(&file, [HEAD.as_bytes(), &parts, b"--foo--\r\n"].concat()).unwrap();
    for (depth, good, args) in [("markers", 6, &[][..]), ("entropy", 5, &["--deep"])] {
        let out = dir.path().join(depth);
        let end = record(file.to_str().unwrap(), &out, args).expect(0);
        assert_eq!(summary(&end)["depth"], depth);
        assert!(kit::contents(&out) == bodies[..good], "{depth}");
        let deviations: Vec<Value> = manifest(&out).iter().map(|line| line["deviations"].clone()).collect();
        let marked = [
            Value::Null,
            Value::from(vec!["no EOI"]),
            Value::from(vec!["SOI repeated"]),
            Value::from(vec!["3 bytes before SOI"]),
            Value::from(vec!["4 bytes after EOI"]),
            Value::Null,
        ];
        assert_eq!(deviations, marked, "{depth}");
        assert_eq!(manifest(&out)[0]["depth"], depth);
        assert_eq!(manifest(&out)[5].get("damage").is_some(), good == 5, "{depth}");
    }
}

#[test]
fn frames_are_skipped_thinned_and_compared() {
    let frames = kit::contents(&kit::frames());
    let dir = tempfile::tempdir().unwrap();
    let all = dir.path().join("all.mjpeg");
    let order = [0, 0, 1, 1, 1, 2, 0, 0];
    let file = dir.path().join("in.mjpeg");
    fs::write(&file, order.iter().flat_map(|&n| frames[n].clone()).collect::<Vec<_>>()).unwrap();
    for (args, written, counted) in [
        (&["--skip", "3"][..], &[1, 1, 2, 0, 0][..], ("frames_left_out", 3)),
        (&["--every", "3"], &[0, 1, 0], ("frames_left_out", 5)),
        (&["--on-change"], &[0, 1, 2, 0], ("frames_repeated", 4)),
        (&["--on-change", "--frames", "2"], &[0, 1], ("frames_repeated", 1)),
    ] {
        let _ = fs::remove_file(&all);
        let mut command = mjpeg(["record", file.to_str().unwrap(), "--format", "json", "-q", "--concat"]);
        let end = run(command.arg(&all).args(args)).expect(0);
        let expected: Vec<u8> = written.iter().flat_map(|&n| frames[n].clone()).collect();
        assert!(fs::read(&all).unwrap() == expected, "{args:?}");
        assert_eq!(summary(&end)[counted.0], counted.1, "{args:?}");
    }
    // Nothing is written, but good frames came.
    let end = record(file.to_str().unwrap(), &dir.path().join("out"), &["--skip", "100"]).expect(0);
    assert_eq!((&summary(&end)["frames_written"], &summary(&end)["end"]), (&0.into(), &"closed".into()));
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    let end = record(&server.stream, &dir.path().join("fps"), &["--duration", "2s", "--fps", "5"]).expect(0);
    let written = summary(&end)["frames_written"].as_u64().unwrap();
    assert!((2..=11).contains(&written), "{written} frames in 2 s at 5 fps");
}

#[test]
fn names_have_times_and_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let mut command =
        mjpeg(["record", "test:160x120", "--frames", "3", "-q", "--name", "%Y/%j-{seq:4}.jpeg"]);
    run(command.arg(dir.path()).env("TZ", "UTC")).expect(0);
    let files: Vec<Value> = manifest(dir.path()).iter().map(|line| line["file"].clone()).collect();
    let date = run(Command::new("date").args(["-u", "+%Y/%j"])).text();
    assert_eq!(files[2], format!("{}-0003.jpeg", date.trim()));
    assert!(files.iter().all(|file| dir.path().join(file.as_str().unwrap()).is_file()));
}

#[test]
fn command_lines_that_cannot_be_are_usage_errors() {
    for (args, says) in [
        (&["test:"][..], "--concat, --mkv or --raw"),
        (&["test:", "--concat", "x", "--mkv", "./x", "--force"], "a file each"),
        (&["test:", "--mkv", "x.timing", "--raw", "x"], "a file each"),
        (&["test:", "-", "--name", "{seq}.jpg"], "--name"),
        (&["test:", "--concat", "x", "--keep", "3"], "--keep"),
        (&["test:", "out", "--name", "%H.jpg"], "{seq}"),
        (&["test:", "out", "--keep", "0"], "at least one"),
        (&["test:", "out", "--force", "--resume"], "--resume"),
        (&["test:", "-", "--resume"], "--resume"),
        (&["test:", "out", "--fps", "5"], "--every"),
        (&["test:", "--concat", "-"], "--concat"),
        (&["test:", "--concat", "x", "--raw", "x"], "a file each"),
    ] {
        let end = run(mjpeg(["record"]).args(args)).expect(2);
        assert!(end.err.contains(says), "{args:?}: {}", end.err);
    }
}

#[test]
fn a_file_has_no_idle_limit_and_its_read_error_is_ours() {
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("slow.http");
    fs::write(&file, [HEAD.as_bytes(), &part(&jpeg).repeat(60), b"--foo--\r\n"].concat()).unwrap();
    let command = |name: &str, target: &str, limits: &[&str]| {
        let mut command = mjpeg([name, target, "--format", "json", "-q"]);
        command.args(limits).stdin(fs::File::open(&file).unwrap());
        if name == "record" {
            command.arg(dir.path().join(format!("out{}", fs::read_dir(dir.path()).unwrap().count())));
        }
        command
    };
    let path = file.to_str().unwrap();
    let Some(mut strace) = kit::peer::command("strace") else { return };
    strace.args(["-f", "-qq", "-o", "/dev/null", "-P"]).arg(&file);
    let injected = |fault: &str, command: &Command| {
        let mut traced = Command::new("strace");
        traced.args(strace.get_args()).args(["-e", &format!("inject={fault}")]);
        traced.arg(command.get_program()).args(command.get_args());
        kit::run::start_with_input(traced.stdin(fs::File::open(&file).unwrap())).end()
    };
    for name in ["record", "check"] {
        for target in [path, "-"] {
            // A slow disk must not be blamed on the file: each read takes longer than the limit.
            let slow = command(name, target, &["--idle", "50ms"]);
            let end = injected("read:delay_enter=200ms", &slow);
            assert_eq!(summary(&end)["end"], "closed", "{name} {target}: {}", end.err);
            end.expect(0);
            // A disk that fails in the middle.
            let end = injected("read:error=EIO:when=3+", &command(name, target, &[]));
            let summary = summary(&end);
            let fault = if name == "record" { &summary["end"] } else { &summary["verdict"] };
            assert!(*fault == "local" || *fault == "error", "{name} {target}: {summary}");
            assert!(end.err.contains(&format!("cannot read {target}: Input/output error")), "{}", end.err);
            end.expect(6);
        }
    }
}
