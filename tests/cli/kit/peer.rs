//! Programs of others. A test whose peer is not installed says so and passes, unless
//! `MJPEG_REQUIRE_PEERS=1` is set.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where a program is installed, or `None` after saying that it is not.
pub fn find(name: &str) -> Option<PathBuf> {
    let found = look_for(name);
    if found.is_none() {
        missing(name);
    }
    found
}

/// Where a program is installed that no machine must have.
pub fn look_for(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Says that a peer is not installed, and fails the test if it must be.
#[expect(clippy::print_stderr, reason = "a test that shows nothing must say so")]
fn missing(name: &str) {
    assert!(
        std::env::var_os("MJPEG_REQUIRE_PEERS").is_none_or(|value| value != "1"),
        "{name} is not installed, and MJPEG_REQUIRE_PEERS=1 asks for it"
    );
    eprintln!("{name} is not installed: this test shows nothing");
}

/// A command of a peer that is installed.
pub fn command(name: &str) -> Option<Command> {
    find(name).map(Command::new)
}

/// VLC without a window, with `home` as its home. It refuses to run as root, so root runs it as the user `nobody`.
pub fn vlc(home: &Path) -> Option<Command> {
    let vlc = find("vlc")?;
    let mut command = if is_root() {
        let mut command = command("setpriv")?;
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(vlc);
        command
    } else {
        Command::new(vlc)
    };
    command.env("HOME", home).args(["-I", "dummy", "--no-audio", "--quiet"]);
    Some(command)
}

/// Chromium without a window, with a new profile in `profile`, that talks to this machine alone.
pub fn chromium(profile: &Path) -> Option<Command> {
    let mut command = command("chromium")?;
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--hide-scrollbars",
    ]);
    command.arg(format!("--user-data-dir={}", profile.display()));
    Some(command)
}

/// Whether this test runs as root.
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id is everywhere");
    id.stdout.trim_ascii() == b"0"
}

/// A Python that has this module: the interpreter that `MJPEG_PYTHON` names, else `python3`.
pub fn python(module: &str) -> Option<Command> {
    let python = std::env::var_os("MJPEG_PYTHON").unwrap_or_else(|| "python3".into());
    let has = |output: std::process::Output| output.status.success();
    if !Command::new(&python).args(["-c", &format!("import {module}")]).output().is_ok_and(has) {
        missing(&format!("{module} for Python"));
        return None;
    }
    Some(Command::new(python))
}
