//! Signals at the moment when a run begins.

use crate::kit;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use kit::camera::{Camera, Connection};
use kit::run::start;

/// The process below `strace`, once it has a handler for SIGTERM.
fn traced_with_handler(strace: u32) -> Option<String> {
    let children = fs::read_to_string(format!("/proc/{strace}/task/{strace}/children")).ok()?;
    let child = children.split_whitespace().next()?.to_string();
    let status = fs::read_to_string(format!("/proc/{child}/status")).ok()?;
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
    let caught = u64::from_str_radix(caught.trim(), 16).ok()?;
    (caught & 1 << 14 != 0).then_some(child)
}

#[test]
fn a_signal_that_comes_while_the_handlers_are_installed_is_not_lost() {
    let Some(mut strace) = kit::peer::command("strace") else { return };
    let camera = Camera::start(Connection::wait_for_the_viewer_to_leave);
    // The process stops for a while behind each system call that installs a handler: the signal comes then.
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=rt_sigaction:delay_exit=200ms"]);
    strace.args([env!("CARGO_BIN_EXE_mjpeg"), "check", &camera.url, "--idle", "5s"]);
    let run = start(&mut strace);
    let pid = kit::eventually("the first handler of SIGTERM", || traced_with_handler(run.pid()));
    assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    let end = run.end();
    assert_eq!(end.status.signal(), Some(15), "{} {}", end.status, end.err);
}
