//! `mjpeg record` and `mjpeg check` of files and standard input that do not answer.

use crate::kit;

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use kit::camera::{Camera, HEAD, part};
use kit::mount::Mount;
use kit::run::{End, Run, mjpeg, run, start, start_with_input};
use kit::{frames, peer};
use serde_json::Value;

/// Both commands on `target`, with an output outside of it.
fn both(target: impl AsRef<OsStr>, out: &Path, args: &[&str]) -> [Command; 2] {
    let target = target.as_ref();
    let mut record = mjpeg(["record".as_ref(), target, out.as_os_str(), "--force".as_ref(), "-q".as_ref()]);
    let mut check = mjpeg(["check".as_ref(), target]);
    record.args(["--frames", "2"]).args(args);
    check.args(args);
    [record, check]
}

fn is_ended_by_a_signal(run: Run, name: &str) {
    kit::eventually("the handlers of signals", || run.handles_signals().then_some(()));
    run.signal("TERM");
    let end = run.end();
    assert_eq!(end.code(), None, "{name}: {}", end.err);
}

#[test]
fn a_file_on_a_mount_that_hangs_is_an_error_or_ends_with_a_signal() {
    let Some(mount) = Mount::new() else { return };
    let dir = tempfile::tempdir().unwrap();
    let jpeg = fs::read(&kit::jpegs(&frames())[0]).unwrap();
    fs::write(mount.below().join("a.mjpeg"), jpeg).unwrap();
    mount.signal("STOP");
    let file = mount.path().join("a.mjpeg");
    for args in [["--idle", "300ms"], ["--duration", "300ms"]] {
        for mut command in both(&file, &dir.path().join("out"), &args) {
            let end = run(&mut command).expect(6);
            assert!(end.err.contains("did not answer"), "{}", end.err);
        }
    }
    for mut command in both(&file, &dir.path().join("out"), &[]) {
        is_ended_by_a_signal(start(&mut command), "a file");
    }
    mount.signal("CONT");
}

#[test]
fn standard_input_from_a_mount_that_hangs_is_an_error_or_ends_with_a_signal() {
    let Some(mount) = Mount::new() else { return };
    let dir = tempfile::tempdir().unwrap();
    fs::write(mount.below().join("a.mjpeg"), kit::contents(&frames()).concat()).unwrap();
    let input = || Stdio::from(File::open(mount.path().join("a.mjpeg")).unwrap());
    // The runtime of Rust polls standard input before `main`. Only the first poll of a mount asks it whether it knows polls.
    start_with_input(mjpeg(["check", "-", "--quiet"]).stdin(input())).end().expect(0);
    for args in [&["--idle", "300ms"][..], &[]] {
        let commands = both("-", &dir.path().join("out"), args).map(|mut it| {
            it.stdin(input());
            it
        });
        mount.signal("STOP");
        let runs = commands.map(|mut it| start_with_input(&mut it));
        for run in runs {
            if args.is_empty() {
                is_ended_by_a_signal(run, "standard input");
            } else {
                let end = run.end().expect(6);
                assert!(end.err.contains("did not answer"), "{}", end.err);
            }
        }
        mount.signal("CONT");
    }
}

/// A recording whose place is on a mount that hangs after the first frame: its summary, and how it ended.
fn hangs_after_a_frame(out: &[&str], args: &[&str], signal: Option<&str>) -> Option<(String, End)> {
    // Dropped after the mount, which goes on then: a process that hangs in the kernel cannot be killed.
    let run;
    let mount = Mount::new()?;
    let (go_on, wait) = channel::<()>();
    let jpegs = kit::contents(&frames());
    let camera = Camera::start(move |viewer| {
        viewer.send(HEAD.as_bytes());
        viewer.send(&part(&jpegs[0]));
        // The test has seen the first frame in the mount and has stopped the mount.
        let _ = wait.recv();
        viewer.send(&jpegs[1..4].iter().flat_map(|jpeg| part(jpeg)).collect::<Vec<u8>>());
        viewer.wait_for_the_viewer_to_leave();
    });
    let mut command = mjpeg(["record", &camera.url, "--quiet", "--format", "json"]);
    let places =
        out.iter().map(|word| if *word == "PLACE" { mount.path().join("place") } else { word.into() });
    run = start(command.args(places).args(args));
    kit::eventually("the first frame", || {
        let place = mount.below().join("place");
        let first = if place.is_dir() { place.join("frame-000001.jpg") } else { place };
        fs::metadata(first).is_ok_and(|file| file.len() > 0).then_some(())
    });
    mount.signal("STOP");
    drop(go_on);
    if let Some(signal) = signal {
        run.signal(signal);
    }
    run.says("no answer within");
    let summary = run.line();
    // A request that the mount has read already keeps the process in the kernel.
    mount.signal("CONT");
    Some((summary, run.end()))
}

#[test]
fn an_output_on_a_mount_that_hangs_ends_the_run_with_a_summary() {
    // A file has 10 s, also at the end of a run, and also if --idle is shorter.
    let cases: [(&[&str], &[&str], Option<&str>); 5] = [
        (&["PLACE"], &["--duration", "1s"], None),
        (&["--concat", "PLACE"], &["--duration", "1s"], None),
        (&["--raw", "PLACE"], &["--duration", "1s"], None),
        (&["PLACE"], &["--frames", "9"], Some("TERM")),
        (&["PLACE"], &["--idle", "300ms"], None),
    ];
    std::thread::scope(|scope| {
        for (out, args, signal) in cases {
            scope.spawn(move || {
                let Some((summary, end)) = hangs_after_a_frame(out, args, signal) else { return };
                let summary: Value = serde_json::from_str(&summary).unwrap();
                assert_eq!(summary["end"], "local", "{summary}");
                // The three frames behind it are in no file.
                assert_eq!(summary["frames_written"], 1, "{out:?} {summary}");
                assert!(summary["error"].as_str().unwrap().contains("a mount that hangs?"), "{summary}");
                assert!(end.err.contains("cannot write ") && end.err.contains("place"), "{}", end.err);
                assert!(end.err.contains("within 10."), "{}", end.err);
                assert_eq!(end.code(), if signal.is_some() { None } else { Some(6) }, "{}", end.err);
            });
        }
    });
}

#[test]
fn a_file_of_the_kernel_that_blocks_is_an_error_or_ends_with_a_signal() {
    if !peer::is_root() || File::open("/proc/kmsg").is_err() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("camera.mjpeg");
    std::os::unix::fs::symlink("/proc/kmsg", &link).unwrap();
    // Each message is read once, system-wide: at some time there are none left.
    // A read has 10 s at least.
    let runs = both(&link, &dir.path().join("out"), &["--idle", "300ms"]).map(|mut it| start(&mut it));
    for run in runs {
        let end = run.end().expect(6);
        assert!(end.err.contains("did not answer within 10.0 s"), "{}", end.err);
    }
    for mut command in both(&link, &dir.path().join("out"), &[]) {
        is_ended_by_a_signal(start(&mut command), "/proc/kmsg");
    }
    for mut command in both(&link, &dir.path().join("out"), &["--duration", "300ms"]) {
        let began = Instant::now();
        assert!(run(&mut command).code().is_some());
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn a_pipe_without_a_writer_or_with_a_silent_one_is_a_stall_or_ends_with_a_signal() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("camera");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let mut writer = None;
    for name in ["no writer", "a silent writer"] {
        for mut command in both(&fifo, &dir.path().join("out"), &["--idle", "300ms"]) {
            let end = run(&mut command).expect(5);
            assert!(format!("{}{}", end.text(), end.err).contains("stalled"), "{name}");
        }
        for mut command in both(&fifo, &dir.path().join("out"), &[]) {
            is_ended_by_a_signal(start(&mut command), name);
        }
        writer.get_or_insert_with(|| {
            // Open for reading too, so that the open does not wait.
            OpenOptions::new().read(true).write(true).open(&fifo).unwrap()
        });
    }
}

#[test]
#[ignore = "the kernel sometimes lets the second process on a hanging name wait where no signal ends it"]
fn a_file_of_a_recording_on_a_mount_that_hangs_is_an_error_or_ends_with_a_signal() {
    let Some(mount) = Mount::new() else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    run(mjpeg(["record", "test:160x120"]).arg(&out).args(["--frames", "3", "--quiet"])).expect(0);
    let file = out.join("frame-000002.jpg");
    fs::rename(&file, mount.below().join("2.jpg")).unwrap_or_else(|_| {
        fs::copy(&file, mount.below().join("2.jpg")).unwrap();
        fs::remove_file(&file).unwrap();
    });
    std::os::unix::fs::symlink(mount.path().join("2.jpg"), &file).unwrap();
    mount.signal("STOP");
    let commands =
        || ["check", "inspect"].map(|command| start(mjpeg([command]).arg(&out).args(["--idle", "300ms"])));
    for run in commands() {
        is_ended_by_a_signal(run, "a recording");
    }
    for run in commands() {
        let end = run.end().expect(6);
        assert!(end.err.contains("did not answer within 10.0 s"), "{}", end.err);
    }
    mount.signal("CONT");
}
