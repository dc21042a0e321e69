//! `mjpeg record`: what a run shows while it goes on.

use crate::kit;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use kit::camera::{Camera, HEAD, part};
use kit::run::{Server, mjpeg, run, start};

#[test]
fn progress_has_a_plain_line_every_few_seconds_and_a_growing_age_on_a_terminal() {
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap();
    let camera = |jpeg: &[u8]| {
        let first = part(jpeg);
        Camera::start(move |camera| {
            camera.send(HEAD.as_bytes());
            camera.send(&first);
            camera.wait_for_the_viewer_to_leave();
        })
    };
    let dir = tempfile::tempdir().unwrap();
    let plain = camera(&jpeg);
    let run_plain = start(mjpeg(["record", &plain.url, "--duration", "6s"]).arg(dir.path().join("plain")));
    run_plain.says(" 1 frame, 10.1 kB, ");
    run_plain.says(" s ago, 5/6 s");
    let end = run_plain.end().expect(0);
    for line in end.err.lines() {
        let text = kit::event("record", line);
        assert!(
            text.is_some_and(|text| text.starts_with("1 frame, ") || text.starts_with("0 frames, ")),
            "{line}"
        );
    }
    if kit::peer::find("script").is_none() {
        return;
    }
    let drawn = camera(&jpeg);
    let out = dir.path().join("drawn");
    let program = env!("CARGO_BIN_EXE_mjpeg");
    let command = format!("{program} record {} {} --duration 2s", drawn.url, out.display());
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]).env("TERM", "xterm");
    let text = run(script.env("COLUMNS", "150")).expect(0).text();
    let ages: Vec<&str> =
        text.split("last frame ").skip(1).filter_map(|rest| rest.split(' ').next()).collect();
    let age = |text: &str| text.parse::<f64>().unwrap();
    assert!(ages.len() > 3 && age(ages[ages.len() - 1]) > age(ages[0]) + 0.5, "{ages:?}");
    assert!(text.contains('█'), "no bar: {text}");
}

#[test]
fn a_blocked_standard_error_does_not_hold_the_run_up() {
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    let dir = tempfile::tempdir().unwrap();
    let (_reader, mut writer) = std::io::pipe().unwrap();
    // As much as a pipe takes: the progress line and the message after it find no room.
    writer.write_all(&[b'.'; 65_536]).unwrap();
    let mut command = mjpeg(["record", &server.stream, "--duration", "6s"]);
    let mut child = command.arg(dir.path()).stdout(Stdio::null()).stderr(writer).spawn().unwrap();
    let status = kit::eventually("its end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
    assert!(kit::jpegs(dir.path()).len() > 100);
}

#[test]
fn quiet_prints_no_progress_and_still_says_what_went_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let started = [&["--quiet"][..], &["-q"], &[]].map(|args| {
        let camera = Camera::start(|camera| {
            camera.send(HEAD.as_bytes());
            camera.wait_for_the_viewer_to_leave();
        });
        let out = dir.path().join(args.concat());
        let run = start(mjpeg(["record", &camera.url, "--idle", "6s"]).arg(out.join("out")).args(args));
        (camera, run)
    });
    for (n, (camera, run)) in started.into_iter().enumerate() {
        let end = run.end().expect(5);
        let lines: Vec<&str> = end.err.lines().collect();
        let (last, progress) = lines.split_last().unwrap();
        assert!(last.contains("stalled"), "{}", end.err);
        assert_eq!(progress.is_empty(), n < 2, "{}", end.err);
        drop(camera);
    }
}
