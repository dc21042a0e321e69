//! `mjpeg record` and `mjpeg check` of files and standard input that do not answer.

use crate::kit;

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use kit::mount::Mount;
use kit::run::{Run, mjpeg, run, start};
use kit::{frames, peer};

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
