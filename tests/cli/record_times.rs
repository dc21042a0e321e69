//! `mjpeg record --raw` and `--mkv`: files side by side, and captures that are read with their times.

use crate::kit;

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use kit::camera::{Camera, HEAD, part};
use kit::run::{mjpeg, run, start};
use kit::verdict::{check, names};
use serde_json::Value;

/// A capture of frames that came at these times in milliseconds.
fn capture(folder: &Path, times: &[u64]) -> std::path::PathBuf {
    let path = folder.join("site.http");
    let mut bytes = HEAD.as_bytes().to_vec();
    let mut timing = format!("# mjpeg timing 1\n# start 1796911457.250000\n{} 0.000000\n", bytes.len());
    for (jpeg, ms) in kit::contents(&kit::frames()).iter().zip(times) {
        bytes.extend_from_slice(&part(jpeg));
        timing += &format!("{} {}.{:03}\n", bytes.len(), ms / 1000, ms % 1000);
    }
    fs::write(&path, bytes).unwrap();
    fs::write(folder.join("site.http.timing"), timing).unwrap();
    path
}

#[test]
fn a_capture_is_checked_and_recorded_with_the_times_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = capture(folder.path(), &[10, 50, 90, 2090, 2130]);
    let (end, verdict) = check(path.to_str().unwrap(), &["--max-gap", "1s"]);
    assert_eq!(end.code(), Some(1));
    assert!(names(&verdict).contains(&"gap-above-limit"), "{verdict}");
    assert_eq!(verdict["timing"]["gap_max_ms"], 2000.0);
    assert_eq!(verdict["consumers"]["chromium"], "late", "{verdict}");
    let out = folder.path().join("out");
    let mkv = folder.path().join("x.mkv");
    let recorded = run(mjpeg(["record", "--format", "json", "--mkv"]).args([&mkv, &path, &out])).expect(0);
    let summary: Value = serde_json::from_str(&recorded.text()).unwrap();
    assert_eq!(summary["gap_max_ms"], 2000.0);
    let manifest = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    let arrivals: Vec<f64> = manifest
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["arrival_ms"].as_f64().unwrap())
        .collect();
    assert_eq!(arrivals, [0.0, 40.0, 80.0, 2080.0, 2120.0]);
    let shown = run(mjpeg(["inspect"]).arg(&path)).expect(0).text();
    let gap = shown.lines().position(|line| line.starts_with("part")).and_then(|heading| {
        let at = shown.lines().nth(heading)?.find("gap ms")? + "gap ms".len();
        shown.lines().nth(heading + 4)?.get(..at)?.split_whitespace().last().map(String::from)
    });
    assert_eq!(gap.as_deref(), Some("2000.0"), "{shown}");
    // DateUTC, in nanoseconds since 2001: when it was recorded, not when it was read.
    let date = (1_796_911_457_250_000_000_i64 - 978_307_200_000_000_000).to_be_bytes();
    assert!(memchr::memmem::find(&fs::read(&mkv).unwrap(), &date).is_some());
    fs::write(folder.path().join("site.http.timing"), "# mjpeg timing 1\nx\n").unwrap();
    let refused = run(mjpeg(["check"]).arg(&path));
    assert!(refused.err.contains("site.http.timing: line 2"), "{}", refused.err);
    refused.expect(6);
    fs::remove_file(folder.path().join("site.http.timing")).unwrap();
    let (end, verdict) = check(path.to_str().unwrap(), &[]);
    drop(end.expect(0));
    assert!(verdict.get("timing").is_none_or(|timing| timing.get("gap_max_ms").is_none()), "{verdict}");
}

#[test]
fn two_options_that_name_the_same_file_through_a_link_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("videos")).unwrap();
    symlink(at("videos"), at("link")).unwrap();
    fs::write(at("one"), "old").unwrap();
    fs::hard_link(at("one"), at("two")).unwrap();
    for (mkv, raw) in [("videos/x", "link/x"), ("one", "two")] {
        let mut command = mjpeg(["record", "http://127.0.0.1:1/", "--force", "--mkv"]);
        let refused = run(command.arg(at(mkv)).arg("--raw").arg(at(raw)));
        assert!(refused.err.contains("are the same file"), "{}", refused.err);
        refused.expect(6);
    }
    assert_eq!(fs::read(at("one")).unwrap(), b"old");
}

#[test]
fn a_capture_whose_times_cannot_be_written_is_not_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("x.http");
    symlink(folder.path().join("missing"), folder.path().join("x.http.timing")).unwrap();
    let camera = Camera::sending(HEAD, vec![part(&kit::contents(&kit::frames())[0])]);
    let refused = run(mjpeg(["record", &camera.url, "--raw"]).arg(&raw));
    assert!(refused.err.contains("cannot create "), "{}", refused.err);
    refused.expect(6);
    assert!(!raw.exists());
}

#[test]
fn a_resumed_run_does_not_ask_for_force() {
    let folder = tempfile::tempdir().unwrap();
    let mkv = folder.path().join("x.mkv");
    fs::write(&mkv, "old").unwrap();
    let mut command = mjpeg(["record", "http://127.0.0.1:1/", "--resume", "--mkv"]);
    let refused = run(command.arg(&mkv).arg(folder.path().join("out")));
    assert!(
        refused.err.contains("choose another file") && !refused.err.contains("--force"),
        "{}",
        refused.err
    );
    refused.expect(6);
}

#[test]
fn a_capture_says_that_the_recorder_could_not_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("x.http");
    let jpeg = kit::contents(&kit::frames()).swap_remove(0);
    let camera = Camera::start(move |connection| {
        connection.send(HEAD.as_bytes());
        while connection.try_send(&part(&jpeg)) {}
    });
    let mut command = mjpeg(["record", &camera.url, "-", "--quiet", "--raw"]);
    let mut child = command.arg(&raw).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 50_000]).unwrap();
    drop(stdout);
    assert!(kit::eventually("its end", || child.try_wait().unwrap()).success());
    let timing = fs::read_to_string(folder.path().join("x.http.timing")).unwrap();
    assert!(timing.lines().last().unwrap().starts_with("# end local "), "{timing}");
}

#[test]
fn fsync_reaches_the_video_and_the_capture() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut strace) = kit::peer::command("strace") else { return };
    let log = folder.path().join("log");
    let parts = kit::contents(&kit::frames()).iter().take(5).map(|jpeg| part(jpeg)).collect();
    let camera = Camera::sending(HEAD, parts);
    strace.args(["-f", "-qq", "-y", "-e", "trace=fdatasync", "-o"]).arg(&log);
    strace.args([env!("CARGO_BIN_EXE_mjpeg"), "record", &camera.url, "--quiet", "--fsync", "--mkv"]);
    strace.arg(folder.path().join("x.mkv")).arg("--raw").arg(folder.path().join("x.http"));
    run(&mut strace).expect(0);
    let log = fs::read_to_string(log).unwrap();
    for file in ["/x.mkv>", "/x.http>", "/x.http.timing>"] {
        assert!(log.matches(file).count() >= 5, "{file}: {log}");
    }
}

#[test]
fn each_response_of_a_camera_that_comes_back_is_a_capture_of_the_ring() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("x.http");
    let jpeg = kit::contents(&kit::frames()).swap_remove(0);
    let camera = Camera::visits(2, move |number, _, connection| {
        connection.send(HEAD.as_bytes());
        (0..5).for_each(|_| connection.send(&part(&jpeg)));
        if number == 2 {
            connection.wait_for_the_viewer_to_leave();
        }
    });
    let args =
        ["--ring", "30s", "--ring-after", "100ms", "--reconnect", "forever", "--reconnect-delay", "10ms"];
    let out = folder.path().join("out");
    let recording = start(mjpeg(["record", &camera.url, "--quiet", "--raw"]).arg(&raw).args(args).arg(&out));
    kit::eventually("the frames of both", || out.join("frame-000010.jpg").exists().then_some(()));
    recording.signal("USR1");
    recording.says("x-0001.http");
    recording.says("x-0002.http");
    recording.signal("TERM");
    let _ = recording.end().expect(0).err.len();
    for (number, word) in [(1, "closed"), (2, "goal")] {
        let capture = folder.path().join(format!("x-000{number}.http"));
        let timing = fs::read_to_string(folder.path().join(format!("x-000{number}.http.timing"))).unwrap();
        assert!(timing.lines().last().unwrap().starts_with(&format!("# end {word} ")), "{timing}");
        let (end, verdict) = check(capture.to_str().unwrap(), &[]);
        assert_eq!((end.expect(0).code(), &verdict["parts"]), (Some(0), &5.into()));
    }
}
