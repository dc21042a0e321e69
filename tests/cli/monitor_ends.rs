//! How a run of `mjpeg monitor` ends, and what it leaves behind.

use crate::kit;

use std::fs;
use std::io::Read;
use std::process::{Child, Stdio};

use kit::camera::{Camera, HEAD, part};
use kit::monitor::captures;
use kit::run::mjpeg;
use kit::timing;
use tempfile::TempDir;

/// Starts `mjpeg monitor` with this standard output.
fn start(args: &[&str], output: impl Into<Stdio>) -> Child {
    let mut command = mjpeg(["monitor"]);
    command.args(args).stdin(Stdio::null()).stdout(output).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for the end: the exit code, and what was said before.
fn end(child: &mut Child) -> (Option<i32>, String) {
    let status = kit::eventually("the end", || child.try_wait().unwrap());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (status.code(), said)
}

/// A pipe that nobody reads.
fn no_reader() -> std::io::PipeWriter {
    let (_, writer) = std::io::pipe().unwrap();
    writer
}

#[test]
fn a_reader_that_leaves_ends_the_watch_with_a_message() {
    let mut child = start(&["http://127.0.0.1:1/", "--window=100ms", "--quiet"], no_reader());
    let (code, said) = end(&mut child);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the reader of standard output has left"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_reader_that_leaves_leaves_no_command_behind_and_the_capture_is_whole() {
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap();
    let camera = Camera::start(move |connection| {
        connection.send(HEAD.as_bytes());
        // The second one shows that the first one is complete.
        connection.send(&part(&jpeg[..jpeg.len() - 20]).repeat(2));
        connection.wait_for_the_viewer_to_leave();
    });
    let folder = TempDir::new().unwrap();
    let (captured, started) = (folder.path().join("captures"), folder.path().join("started"));
    let command = format!("sh -c 'echo $$ > \"$0\"; exec sleep 57 2> /dev/null' {}", started.display());
    let args = [
        &camera.url,
        "--window=500ms",
        "--on-change",
        &command,
        "--on-change-timeout=2s",
        "--captures",
        captured.to_str().unwrap(),
        "--ring-after=60s",
    ];
    let (code, said) = end(&mut start(&args, no_reader()));
    assert_eq!(code, Some(1), "{said}");
    let command = kit::eventually("the command", || fs::read_to_string(&started).ok()?.trim().parse().ok());
    assert_eq!(kit::process::status(command, "State"), None, "the command goes on: {said}");
    let [capture] = &captures(&captured)[..] else { panic!("not one capture: {said}") };
    let times = fs::read_to_string(timing::of(capture)).unwrap();
    assert!(times.contains("\n# end "), "the capture has no end: {times}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_at_the_last_change_is_told_by_the_exit_code() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    // After the change it takes half a second until the run would look by itself.
    let mut child = start(&["http://127.0.0.1:1/", "--window=1s"], full);
    let stderr = child.stderr.as_mut().unwrap();
    let mut said = Vec::new();
    while !String::from_utf8_lossy(&said).contains(" bad") {
        let mut byte = [0];
        assert_eq!(stderr.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&said));
        said.extend(byte);
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let (code, said) = end(&mut child);
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("No space left"), "{said}");
}
