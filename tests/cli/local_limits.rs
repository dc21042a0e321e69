//! Time limits that are shorter than this machine needs to open what it reads.

use crate::kit;

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use kit::run::{End, mjpeg, run, start_with_input};

/// Runs `command` while each operation that opens `place` takes 100 ms. `None`: without strace.
fn slowed(place: &Path, command: &Command, input: Option<&Path>) -> Option<End> {
    let mut strace = kit::peer::command("strace")?;
    strace.args(["-f", "-qq", "-o", "/dev/null", "-P"]).arg(place);
    strace.args(["-e", "inject=openat,statx,fstat:delay_enter=100ms"]);
    strace.arg(command.get_program()).args(command.get_args());
    Some(match input {
        Some(input) => start_with_input(strace.stdin(File::open(input).unwrap())).end(),
        None => run(&mut strace),
    })
}

#[test]
fn a_limit_that_passes_before_a_sound_file_is_open_is_no_fault_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let capture = kit::repository("fixtures/captures/motion.http");
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let recording = path("recording");
    run(mjpeg(["record", "test:160x120", "--frames", "3", "--quiet"]).arg(&recording)).expect(0);
    let (file, dir) = (capture.to_str().unwrap(), &recording[..]);
    let (out, mkv, concat, still) = (path("out"), path("x.mkv"), path("x.mjpeg"), path("x.jpg"));
    let commands: [&[&str]; 12] = [
        &["record", file, &out, "--force"],
        &["record", file, "--mkv", &mkv, "--force"],
        &["record", file, "--concat", &concat, "--force"],
        &["record", file, &still, "--frames", "1", "--force"],
        &["record", file, "-"],
        &["record", "-", &out, "--force"],
        &["check", file],
        &["check", "-"],
        &["check", dir],
        &["inspect", file],
        &["inspect", "-"],
        &["inspect", dir],
    ];
    for command in commands {
        for limit in ["--duration", "--idle"] {
            let line = mjpeg([command, &[limit, "1ms"]].concat());
            let input = (command[1] == "-").then_some(&*capture);
            let place = if command[1] == dir { Path::new(dir) } else { &*capture };
            let Some(end) = slowed(place, &line, input) else { return };
            assert_eq!(end.code(), Some(0), "{command:?} {limit}: {} {}", end.text(), end.err);
        }
    }
    for written in [format!("{out}/frame-000001.jpg"), still, mkv, concat] {
        assert!(fs::metadata(&written).is_ok_and(|it| it.len() > 1000), "{written}");
    }
}
