//! Runs of `mjpeg monitor`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use super::http;
use super::run::{Run, mjpeg, start_with_input};

/// Starts `mjpeg monitor`.
pub fn monitor(args: &[&str]) -> Run {
    start_with_input(mjpeg(["monitor"]).args(args).stdin(Stdio::null()))
}

/// The address of `--listen`.
pub fn address(monitor: &Run) -> String {
    super::eventually("the address", || {
        let said = monitor.err();
        let (_, url) = said.split_once("probes: http://")?;
        url.split_once('/').map(|(address, _)| address.to_string())
    })
}

/// The next change of a verdict.
pub fn change(monitor: &Run) -> Value {
    let line: Value = serde_json::from_str(&monitor.line()).unwrap();
    assert_eq!(line["schema"], "mjpeg.monitor/1");
    line
}

/// The codes of the findings.
pub fn codes(value: &Value) -> Vec<&str> {
    value["findings"].as_array().into_iter().flatten().filter_map(|it| it["code"].as_str()).collect()
}

/// Ends it with SIGTERM and expects exit code 0. Its messages do not count.
pub fn end(monitor: Run) {
    monitor.signal("TERM");
    let _ = monitor.err();
    monitor.end().expect(0);
}

/// An answer as text.
pub fn text(address: &str, path: &str) -> String {
    String::from_utf8(http::get(address, path).1).unwrap()
}

/// The captures in a folder, without their times.
pub fn captures(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "http"))
        .collect();
    found.sort();
    found
}
