//! The programs that make and judge pictures.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

/// What `djpeg` says of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Sound,
    /// Its messages.
    Warned(String),
}

/// Whether all of these programs are installed. If not, says so; panics where the environment asks for
/// them with `MJPEG_REQUIRE_PEERS=1`.
#[expect(clippy::print_stderr, reason = "a test that shows nothing must say so")]
pub fn are_there(programs: &[&str]) -> bool {
    let missing: Vec<&str> = programs.iter().copied().filter(|program| !is_there(program)).collect();
    if missing.is_empty() {
        return true;
    }
    let required = std::env::var_os("MJPEG_REQUIRE_PEERS").is_some_and(|value| value == "1");
    assert!(!required, "not installed: {missing:?}");
    eprintln!("not checked, as these are not installed: {missing:?}");
    false
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// Decodes a picture and throws the pixels away.
pub fn djpeg(jpeg: &[u8]) -> Verdict {
    let (succeeded, _, messages) = filter("djpeg", &["-fast", "-outfile", "/dev/null"], jpeg);
    if succeeded && messages.is_empty() { Verdict::Sound } else { Verdict::Warned(messages) }
}

/// Runs a program that turns its input into its output.
pub fn run(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let (succeeded, output, messages) = filter(program, arguments, input);
    assert!(succeeded, "{program} {arguments:?}: {messages}");
    output
}

fn filter(program: &str, arguments: &[&str], input: &[u8]) -> (bool, Vec<u8>, String) {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdin = child.stdin.take().expect("it is piped");
    let output = thread::scope(|scope| {
        // A program that gives up early closes its input: that is its verdict, not an error of ours.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().expect("it was started")
    });
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), output.stdout, messages)
}
