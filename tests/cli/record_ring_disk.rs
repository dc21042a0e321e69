//! Captures of the flight recorder on a disk that is full, and of a recorder that is killed.

use crate::kit;
use crate::record_ring::{camera, names, ring, sent_at_least, timing};

use std::fs;
use std::path::Path;

use kit::camera::HEAD;
use kit::run::{mjpeg, run, start};

#[test]
fn a_capture_on_a_disk_that_is_nearly_full_is_whole_up_to_its_end_and_the_run_goes_on() {
    if std::process::Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|it| !it.success()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    for pages in [3, 4, 6, 9, 14, 21, 32, 50] {
        let copy = folder.path().join(format!("copy-{pages}"));
        let (camera, sent) = camera(HEAD, usize::MAX);
        // The shell replaces itself by the recorder, and another one copies what the disk has.
        let script = format!(
            "mount -t tmpfs -o size={}k tmpfs {disk} && \
             {{ {} record {} --quiet --ring 30s --ring-after 100ms --raw {disk}/x.http & }}; pid=$!; \
             echo $pid > {copy}.pid; wait $pid; status=$?; cp -a {disk} {copy}; exit $status",
            pages * 4,
            env!("CARGO_BIN_EXE_mjpeg"),
            camera.url,
            disk = disk.display(),
            copy = copy.display(),
        );
        let run_ring = start(std::process::Command::new("unshare").args(["-rm", "sh", "-c", &script]));
        sent_at_least(&sent, 600_000);
        let pid = fs::read_to_string(format!("{}.pid", copy.display())).unwrap().trim().to_string();
        let signal = |name: &str| {
            assert!(std::process::Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
        };
        signal("USR1");
        run_ring.says("No space left on device");
        run_ring.says("the run goes on");
        let more = sent.lock().unwrap().len() + 300_000;
        sent_at_least(&sent, more);
        signal("TERM");
        let _ = run_ring.end().expect(6).err.len();
        is_usable(&copy, &sent.lock().unwrap());
    }
}

#[test]
fn after_kill_9_in_a_capture_its_lines_concern_bytes_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..12 {
        let out = folder.path().join(round.to_string());
        fs::create_dir(&out).unwrap();
        let (camera, sent) = camera(HEAD, usize::MAX);
        let run_ring = ring(&camera.url, &out.join("x.http"), &["--ring", "30s", "--ring-after", "1h"]);
        sent_at_least(&sent, 200_000);
        run_ring.signal("USR1");
        let capture = out.join("x-0001.http");
        // At another moment in each round: while the ring is written, and while reads follow.
        let least = round * 40_000;
        let has = || fs::metadata(&capture).is_ok_and(|it| it.len() >= least);
        kit::eventually("bytes", || has().then_some(()));
        run_ring.signal("KILL");
        let _ = run_ring.end().err.len();
        is_usable(&out, &sent.lock().unwrap());
    }
}

/// Whether the captures in `folder` hold bytes that were sent, and no line says more than their file has.
fn is_usable(folder: &Path, sent: &[u8]) {
    for name in names(folder).iter().filter(|name| name.ends_with(".http")) {
        let bytes = fs::read(folder.join(name)).unwrap();
        let body = bytes.strip_prefix(HEAD.as_bytes()).unwrap_or_default();
        assert!(memchr::memmem::find(sent, body).is_some(), "{name}: {} bytes", bytes.len());
        let timing = timing(&folder.join(name));
        // A kill may cut the last line.
        let whole = &timing[..timing.rfind('\n').map_or(0, |at| at + 1)];
        let mut reads = whole.lines().filter(|line| !line.starts_with('#'));
        let last = reads.next_back().map_or(0, |line| line.split(' ').next().unwrap().parse().unwrap());
        assert!(last <= bytes.len(), "{name}: {last} of {}", bytes.len());
    }
}

#[test]
fn a_full_disk_ends_only_the_capture() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("x.http");
    let out = folder.path().join("out");
    let Some(mut strace) = kit::peer::command("strace") else { return };
    let (camera, sent) = camera(HEAD, usize::MAX);
    strace.args(["-f", "-qq", "-o", "/dev/null", "-P"]).arg(folder.path().join("x-0001.http"));
    strace.args(["-e", "inject=write:error=ENOSPC:when=20+", env!("CARGO_BIN_EXE_mjpeg"), "record"]);
    strace
        .args([&camera.url, "--quiet", "--ring", "30s", "--ring-after", "200ms", "--raw"])
        .arg(&raw)
        .arg(&out);
    let traced = start(&mut strace);
    sent_at_least(&sent, 1_000_000);
    let children = format!("/proc/{0}/task/{0}/children", traced.pid());
    let pid = fs::read_to_string(children).unwrap().trim().to_string();
    let signal = |name: &str| {
        assert!(std::process::Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    };
    signal("USR1");
    traced.says("x-0001.http: No space left on device");
    traced.says("the run goes on");
    let frames = kit::jpegs(&out).len();
    kit::eventually("more frames", || (kit::jpegs(&out).len() > frames + 20).then_some(()));
    signal("USR1");
    traced.says("x-0002.http");
    signal("TERM");
    let ended = traced.end();
    assert!(ended.err.contains("1 capture could not be written whole"), "{}", ended.err);
    ended.expect(6);
    // What is there can be used.
    let capture = folder.path().join("x-0001.http");
    let written = fs::metadata(&capture).unwrap().len();
    let timing = timing(&capture);
    let last = timing.lines().last().unwrap().split(' ').next().unwrap();
    assert_eq!(last.parse::<u64>().unwrap(), written);
    run(mjpeg(["check", "--quiet"]).arg(&capture)).expect(0);
}
