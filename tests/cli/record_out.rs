//! `mjpeg record`: what OUT holds, through earlier recordings, other recorders and every kind of end.

use crate::kit;
use crate::record::{manifest, record};

use std::fs;
use std::path::Path;
use std::process::Command;

use kit::camera::{Camera, HEAD, part};
use kit::run::{End, Server, mjpeg, run, start};
use serde_json::Value;

/// All entries of a directory, hidden ones too, in the order of their names.
pub fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Checks that each line of the manifest has its whole file, and returns the number of files without a line.
pub fn without_line(out: &Path) -> usize {
    let text = fs::read_to_string(out.join("manifest.jsonl")).unwrap_or_default();
    assert!(text.is_empty() || text.ends_with('\n'), "half a line: {text:?}");
    let mut listed = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let name = line["file"].as_str().unwrap().to_string();
        let jpeg = fs::read(out.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(line["body_bytes"], jpeg.len(), "{name}");
        listed.push(name);
    }
    let files = names(out).into_iter().filter(|name| name.ends_with(".jpg"));
    files.filter(|name| !listed.contains(name)).count()
}

/// Half of the first frame as a part with its right length: the picture is cut.
fn cut_part() -> Vec<u8> {
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap();
    part(&jpeg[..jpeg.len() / 2])
}

#[test]
fn force_keeps_the_old_recording_until_the_first_good_frame() {
    let dir = tempfile::tempdir().unwrap();
    let (out, all, raw) = (dir.path().join("out"), dir.path().join("all.mjpeg"), dir.path().join("raw.http"));
    let mkv = dir.path().join("all.mkv");
    let [all_name, raw_name, mkv_name] = [&all, &raw, &mkv].map(|path| path.to_str().unwrap());
    let places = ["--concat", all_name, "--raw", raw_name, "--mkv", mkv_name, "--force"];
    record("test:", &out, &[&["--frames", "3"], &places[..]].concat()).expect(0);
    let everything = || {
        let files = names(&out).into_iter().map(|name| (name.clone(), fs::read(out.join(name)).unwrap()));
        let places = [&all, &raw, &mkv].map(|path| fs::read(path).unwrap());
        (files.collect::<Vec<_>>(), places, names(dir.path()))
    };
    let before = everything();
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap();
    for (name, body, code) in [
        ("nothing", vec![], 4),
        ("text", b"<html>no camera</html>".to_vec(), 4),
        ("damaged frames", cut_part().repeat(3), 1),
        ("an unfinished frame", part(&jpeg)[..3000].to_vec(), 5),
    ] {
        let camera = Camera::sending(HEAD, vec![body]);
        record(&camera.url, &out, &places).expect(code);
        assert!(everything() == before, "{name}: {:?}", names(&out));
    }
    record("http://127.0.0.1:1/", &out, &places).expect(3);
    assert!(everything() == before);
    // The damaged frame before the first good one has a line.
    let camera = Camera::sending(HEAD, vec![cut_part(), part(&jpeg), cut_part()]);
    record(&camera.url, &out, &places).expect(0);
    let lines = manifest(&out);
    let files: Vec<&Value> = lines.iter().map(|line| &line["file"]).collect();
    assert_eq!(files, [&Value::Null, &"frame-000001.jpg".into(), &"damaged/frame-000001.jpg".into()]);
    assert_eq!(names(&out), ["damaged", "frame-000001.jpg", "manifest.jsonl"]);
    assert!(fs::read(&all).unwrap() == jpeg && fs::read(&raw).unwrap().ends_with(&cut_part()));
}

#[test]
fn the_second_recorder_on_one_place_is_refused() {
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    let dir = tempfile::tempdir().unwrap();
    let (out, all) = (dir.path().join("out"), dir.path().join("all.mjpeg"));
    let (raw, mkv) = (dir.path().join("raw.http"), dir.path().join("all.mkv"));
    let mut command = mjpeg(["record", &server.stream, "--quiet"]);
    command.arg("--raw").arg(&raw).arg("--mkv").arg(&mkv);
    let first = start(command.arg(&out).arg("--concat").arg(&all));
    kit::eventually("a frame", || out.join("frame-000002.jpg").exists().then_some(()));
    for flag in ["--force", "--resume", "--quiet"] {
        let end = run(mjpeg(["record", &server.stream, flag, "--frames", "1"]).arg(&out));
        assert!(end.err.contains(&format!("is being recorded to by process {}", first.pid())), "{}", end.err);
        end.expect(6);
        let end = run(mjpeg(["record", &server.stream, flag, "--frames", "1", "--concat"]).arg(&all));
        assert!(end.err.contains("all.mjpeg"), "{}", end.err);
        end.expect(6);
    }
    for (option, file) in [("--concat", &all), ("--raw", &raw), ("--mkv", &mkv)] {
        let args = ["--force", "--frames", "1", option];
        let end = run(mjpeg(["record", &server.stream]).args(args).arg(file)).expect(6);
        assert!(end.err.contains("another process records to "), "{option}: {}", end.err);
    }
    first.signal("INT");
    first.end().expect(0);
    assert!(!out.join(".mjpeg.lock").exists());
    assert_eq!(without_line(&out), 0);
    assert!(fs::read(&all).unwrap() == kit::contents(&out).concat());
}

#[test]
fn the_manifest_is_consistent_after_kill_9_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..30u64 {
        let out = dir.path().join(round.to_string());
        // Without a goal it would have 15 frames per second.
        let mut run = start(mjpeg(["record", "test:160x120", "--quiet", "--frames", "1000000"]).arg(&out));
        let seen = out.join(format!("frame-{:06}.jpg", 1 + round * 7));
        kit::eventually("frames", || seen.exists().then_some(()));
        run.child().kill().unwrap();
        assert_eq!(run.end().code(), None);
        assert!(without_line(&out) <= 1, "{:?}", names(&out));
        // What the killed run left in the middle of its work is removed, and all of its frames stay.
        let frames = kit::contents(&out);
        let numbers = names(&out).into_iter().rfind(|name| name.ends_with(".jpg"));
        record("test:", &out, &["--resume", "--frames", "2"]).expect(0);
        assert!(kit::contents(&out)[..frames.len()] == frames, "after {numbers:?}");
        assert_eq!(kit::contents(&out).len(), frames.len() + 2);
        assert!(without_line(&out) <= 1);
        let hidden: Vec<String> = names(&out).into_iter().filter(|name| name.starts_with('.')).collect();
        assert!(hidden.is_empty(), "{hidden:?}");
    }
}

#[test]
fn a_full_disk_leaves_whole_frames_with_their_lines() {
    if Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| !status.success()) {
        return skip("this test may not mount a tmpfs");
    }
    let dir = tempfile::tempdir().unwrap();
    let (disk, copy) = (dir.path().join("disk"), dir.path().join("copy"));
    fs::create_dir(&disk).unwrap();
    let mut failed_at_manifest = 0;
    for pages in 30..60 {
        let script = format!(
            "mount -t tmpfs -o size={}k tmpfs {disk} && {} record test:160x120 {disk}/out --fsync --quiet; \
             status=$?; rm -rf {copy}; cp -a {disk}/out {copy}; exit $status",
            pages * 4,
            env!("CARGO_BIN_EXE_mjpeg"),
            disk = disk.display(),
            copy = copy.display(),
        );
        let end = run(Command::new("unshare").args(["-rm", "sh", "-c", &script])).expect(6);
        assert!(end.err.contains("No space left on device"), "{}", end.err);
        failed_at_manifest += usize::from(end.err.contains("manifest.jsonl: No space"));
        assert_eq!(without_line(&copy), 0, "{pages} pages: {}", end.err);
        assert!(names(&copy).iter().all(|name| !name.starts_with('.')), "{:?}", names(&copy));
        // The summary counts what is there.
        let frames = kit::jpegs(&copy).len();
        assert!(end.text().starts_with(&format!("{frames} frames, ")), "{}", end.text());
    }
    assert!(failed_at_manifest > 0, "no disk was full at a line of the manifest");
}

#[expect(clippy::print_stderr, reason = "a test that checks nothing must say so")]
fn skip(why: &str) {
    eprintln!("{why}: this test checks nothing");
}

/// Runs `mjpeg record` under strace with a fault in one system call on one file.
fn injected(fault: &str, file: &Path, args: &[&str]) -> Option<End> {
    let mut strace = kit::peer::command("strace")?;
    strace.args(["-f", "-qq", "-o", "/dev/null", "-P"]).arg(file).args(["-e", &format!("inject={fault}")]);
    Some(run(strace.arg(env!("CARGO_BIN_EXE_mjpeg")).arg("record").args(args)))
}

#[test]
fn an_error_at_close_counts_before_the_file_has_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let (out, all, raw) = (dir.path().join("out"), dir.path().join("all.mjpeg"), dir.path().join("raw.http"));
    let places = ["test:", out.to_str().unwrap(), "--frames", "5", "--force", "-q", "--concat"];
    let places = [&places[..], &[all.to_str().unwrap(), "--raw", raw.to_str().unwrap()]].concat();
    for (file, fault, named, frames) in [
        (out.join(".frame.part"), "close:error=EDQUOT:when=3", "frame-000003.jpg: Disk quota exceeded", 2),
        (out.join("manifest.jsonl"), "close:error=EDQUOT", "manifest.jsonl: Disk quota exceeded", 5),
        (all.clone(), "close:error=EIO", "all.mjpeg: Input/output error", 5),
        (raw.clone(), "close:error=EDQUOT", "raw.http: Disk quota exceeded", 5),
    ] {
        // Without an earlier file, each has its name from the start.
        let _ = (fs::remove_file(&all), fs::remove_file(&raw), fs::remove_dir_all(&out));
        let Some(end) = injected(fault, &file, &places) else { return };
        assert!(end.err.contains(named), "{}: {}", file.display(), end.err);
        end.expect(6);
        assert_eq!(kit::jpegs(&out).len(), frames);
        assert_eq!(without_line(&out), 0);
        assert!(names(&out).iter().all(|name| !name.starts_with('.')), "{:?}", names(&out));
    }
}

#[test]
fn with_fsync_a_frame_is_on_the_disk_before_it_has_its_name_and_its_line() {
    let Some(mut strace) = kit::peer::command("strace") else { return };
    let dir = tempfile::tempdir().unwrap();
    let (out, log) = (dir.path().join("out"), dir.path().join("log"));
    strace.args([
        "-f",
        "-qq",
        "-y",
        "-s",
        "9",
        "-e",
        "trace=write,fsync,fdatasync,rename,renameat,renameat2",
    ]);
    strace.arg("-o").arg(&log).arg(env!("CARGO_BIN_EXE_mjpeg")).args(["record", "test:160x120"]);
    run(strace.arg(&out).args(["--frames", "2", "--fsync", "--quiet"])).expect(0);
    let log = fs::read_to_string(log).unwrap();
    let steps = log.lines().filter(|line| line.contains(out.to_str().unwrap())).filter_map(|line| {
        let call = line.split_once(' ')?.1.trim_start().split('(').next()?;
        let file = ["manifest.jsonl", "frame-0", ".frame.part", ".manifest.part"];
        Some((call.to_string(), file.iter().find(|name| line.contains(**name)).copied().unwrap_or("OUT")))
    });
    let steps: Vec<(String, &str)> = steps.collect();
    let frame = |number: usize| {
        steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.0.starts_with("rename") && step.1 == "frame-0")
            .nth(number)
    };
    for (number, lines) in [(0, 0), (1, 1)] {
        let (at, _) = frame(number).unwrap_or_else(|| panic!("{steps:?}"));
        assert_eq!(steps[at - 1], ("fdatasync".into(), ".frame.part"), "{steps:?}");
        assert_eq!(steps[at + 1], ("fsync".into(), "OUT"), "{steps:?}");
        let synced = steps[..at].iter().filter(|step| **step == ("fdatasync".into(), "manifest.jsonl"));
        assert_eq!(synced.count(), lines, "{steps:?}");
    }
}

#[test]
fn a_directory_of_another_user_is_refused_before_the_stream_is_opened() {
    if !kit::peer::is_root() {
        return skip("only root can run a test as another user");
    }
    let Some(mut setpriv) = kit::peer::command("setpriv") else { return };
    let dir = tempfile::tempdir().unwrap();
    // The binary and OUT must be reachable for the other user.
    let program = dir.path().join("mjpeg");
    fs::copy(env!("CARGO_BIN_EXE_mjpeg"), &program).unwrap();
    let out = dir.path().join("out");
    fs::create_dir(&out).unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(dir.path(), open).unwrap();
    setpriv.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
    // Nothing listens there: with an open OUT it would be unreachable (3).
    let end = run(setpriv.args(["record", "http://127.0.0.1:1/"]).arg(&out).args(["--frames", "1"]));
    assert!(end.err.contains("Permission denied"), "{}", end.err);
    end.expect(6);
}
