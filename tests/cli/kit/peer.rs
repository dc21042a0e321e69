//! Peers: other programs that tests run against. If a peer is not installed, the test prints a message and passes, or
//! fails with `MJPEG_REQUIRE_PEERS=1`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of a program, or `None` with a message if it is not installed.
pub fn find(name: &str) -> Option<PathBuf> {
    let found = look_for(name);
    if found.is_none() {
        missing(name);
    }
    found
}

/// The path of an optional program, which `MJPEG_REQUIRE_PEERS=1` does not require.
pub fn look_for(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Prints that a peer is not installed, or fails the test if peers are required.
#[expect(clippy::print_stderr, reason = "a test that checks nothing must say so")]
fn missing(name: &str) {
    assert!(
        std::env::var_os("MJPEG_REQUIRE_PEERS").is_none_or(|value| value != "1"),
        "{name} is not installed, but MJPEG_REQUIRE_PEERS=1 requires it"
    );
    eprintln!("{name} is not installed: this test checks nothing");
}

/// The command of a peer, if it is installed.
pub fn command(name: &str) -> Option<Command> {
    find(name).map(Command::new)
}

/// VLC without a window, with `home` as its home directory. VLC does not run as root, so root runs it as user 65534.
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

/// Headless Chromium with a new profile in `profile` and without background requests.
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
    let id = Command::new("id").arg("-u").output().expect("every Unix has id");
    id.stdout.trim_ascii() == b"0"
}

/// The Python in `MJPEG_PYTHON`, else `python3`; `None` with a message if it lacks this module.
pub fn python(module: &str) -> Option<Command> {
    let python = std::env::var_os("MJPEG_PYTHON").unwrap_or_else(|| "python3".into());
    let has = |output: std::process::Output| output.status.success();
    if !Command::new(&python).args(["-c", &format!("import {module}")]).output().is_ok_and(has) {
        missing(&format!("{module} for Python"));
        return None;
    }
    Some(Command::new(python))
}
