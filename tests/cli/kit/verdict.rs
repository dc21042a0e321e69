//! Runs of `mjpeg check` and what their JSON says.

use serde_json::Value;

use super::run::{End, mjpeg, run};

/// Checks a target. Returns the end of the run and its verdict, without T410: that is about this machine, where other tests run too.
pub fn check(target: &str, args: &[&str]) -> (End, Value) {
    let end = run(mjpeg(["check", target, "--format", "json"]).args(args));
    let mut verdict: Value = serde_json::from_slice(&end.out)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", end.text(), end.err));
    if let Some(findings) = verdict["findings"].as_array_mut() {
        findings.retain(|finding| finding["code"] != "T410");
    }
    (end, verdict)
}

/// The names of the findings.
pub fn names(verdict: &Value) -> Vec<&str> {
    verdict["findings"].as_array().unwrap().iter().map(|finding| finding["name"].as_str().unwrap()).collect()
}
