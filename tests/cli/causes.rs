//! Whose fault a gap is: the camera, the network, or the reader itself.

use crate::kit;

use std::path::Path;
use std::process::Command;

use kit::http;
use kit::peer;
use kit::run::{Run, Server, mjpeg, start};
use serde_json::Value;

/// Twenty pictures a second.
fn camera() -> Server {
    Server::start(&kit::frames(), &["--fps", "20"])
}

/// A check of `seconds`, that has read a few pictures.
fn checking(server: &Server, seconds: &str, args: &[&str]) -> Run {
    let url = &server.stream;
    let check = start(mjpeg(["check", url, "--duration", seconds, "--format", "json"]).args(args));
    sent(server, 15);
    check
}

/// Waits until the server has published so many pictures.
fn sent(server: &Server, frames: u64) {
    kit::eventually("pictures", || {
        let (_, state) = http::get(server.address(), "/state");
        let state: Value = serde_json::from_slice(&state).ok()?;
        (state["frames"].as_u64()? >= frames).then_some(())
    });
}

fn found<'a>(verdict: &'a Value, name: &str) -> Option<&'a Value> {
    verdict["findings"].as_array().unwrap().iter().find(|finding| finding["name"] == name)
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_that_is_stopped_is_the_cause_of_its_gap() {
    let server = camera();
    let check = checking(&server, "5s", &[]);
    server.run.signal("STOP");
    let verdict: Value = serde_json::from_str(&check.end().expect(0).text()).unwrap();
    let stall = found(&verdict, "stall").unwrap();
    assert_eq!(stall["cause"], "camera", "{verdict}");
    assert!(stall["message"].as_str().unwrap().contains(" answered), no packet was lost"), "{verdict}");
    // A busy machine may make the check late as well, before the server is stopped.
    let gaps = verdict["gaps"].as_array().unwrap();
    let gap = gaps.iter().find(|gap| gap["cause"] == "camera").unwrap();
    assert!(gap["silent_ms"].as_f64() > Some(1050.0) && gap["tcp"]["out_of_order"] == 0, "{verdict}");
    server.run.signal("CONT");
}

#[test]
fn a_check_that_is_stopped_does_not_blame_the_camera() {
    let server = camera();
    for args in [&["--max-gap", "900ms"][..], &["--max-gap", "900ms", "--min-fps", "18"]] {
        let before = {
            let (_, state) = http::get(server.address(), "/state");
            serde_json::from_slice::<Value>(&state).unwrap()["frames"].as_u64().unwrap_or(0)
        };
        let url = &server.stream;
        let check = start(mjpeg(["check", url, "--duration", "5s", "--format", "json"]).args(args));
        sent(&server, before + 15);
        check.signal("STOP");
        // The server sends on into the socket of the stopped check: 2 s.
        sent(&server, before + 55);
        check.signal("CONT");
        let verdict: Value = serde_json::from_str(&check.end().expect(0).text()).unwrap();
        let late = found(&verdict, "reader-late").unwrap();
        assert_eq!((&late["severity"], &late["cause"]), (&"warning".into(), &"reader".into()));
        assert!(late["message"].as_str().unwrap().starts_with("not judged: a gap above the limit"), "{late}");
        assert!(found(&verdict, "gap-above-limit").is_none(), "{verdict}");
        assert!(found(&verdict, "fps-below-limit").is_none(), "{verdict}");
        let gaps = verdict["gaps"].as_array().unwrap();
        assert!(gaps.iter().all(|gap| gap["cause"] == "reader"), "{verdict}");
        assert!(verdict["reader"]["late_max_ms"].as_f64() > Some(1000.0), "{verdict}");
        assert!(gaps.iter().any(|gap| gap["waiting_bytes"].as_u64() > Some(10_000)), "{verdict}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_recording_says_whose_fault_the_stall_is_that_ends_it() {
    let server = camera();
    let folder = tempfile::tempdir().unwrap();
    let record = start(
        mjpeg(["record", &server.stream, "--idle", "4s", "--format", "json"]).arg(folder.path().join("out")),
    );
    sent(&server, 15);
    server.run.signal("STOP");
    let end = record.end().expect(5);
    server.run.signal("CONT");
    let summary: Value = serde_json::from_str(&end.text()).unwrap();
    let stall = &summary["stall"];
    assert_eq!((&summary["end"], &stall["cause"]), (&"stalled".into(), &"camera".into()), "{summary}");
    assert!(stall["tcp"]["probes_answered"].as_u64() > Some(0), "{summary}");
    assert!(stall["silent_ms"].as_f64() > Some(2000.0), "{summary}");
    assert!(kit::is_time_of_day(summary["started"].as_str().unwrap()), "{summary}");
    assert!(
        end.err.contains("idle limit of 4s (--idle); the camera: the other end of the connection was alive"),
        "{}",
        end.err
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_manifest_says_how_a_stream_was_lost_and_whose_fault_that_was() {
    let server = camera();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let args = ["--idle", "3s", "--reconnect", "forever", "--reconnect-delay", "100ms"];
    let record = start(mjpeg(["record", &server.stream]).arg(&out).args(args));
    sent(&server, 15);
    server.run.signal("STOP");
    let lines = || -> Vec<Value> {
        let text = std::fs::read_to_string(out.join("manifest.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    record.says("reconnecting in ");
    server.run.signal("CONT");
    let behind = kit::eventually("a line behind the reconnection", || {
        lines().into_iter().find(|line| line["reconnect"] == 1)
    });
    record.signal("TERM");
    record.end().expect(0);
    assert_eq!(
        (&behind["lost"], &behind["stall"]["cause"]),
        (&"stalled".into(), &"camera".into()),
        "{behind}"
    );
    let (gap, stall) = (behind["gap_ms"].as_f64().unwrap(), behind["stall"]["gap_ms"].as_f64().unwrap());
    assert!(stall >= 2000.0 && gap >= stall, "{behind}");
    for line in lines() {
        assert!(kit::is_time_of_day(line["time"].as_str().unwrap()), "{line}");
        assert_eq!(line.get("lost").is_some(), line.get("reconnect").is_some(), "{line}");
    }
}

/// Needs root, /dev/net/tun and two minutes: the script is the wire between two network namespaces.
#[cfg(target_os = "linux")]
#[ignore = "takes minutes, and needs root"]
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the rate is what it is for; a test that checks nothing must say so"
)]
#[test]
fn no_cause_is_taken_for_another_one_over_a_wire_that_loses_packets() {
    if !peer::is_root() || !Path::new("/dev/net/tun").exists() {
        return eprintln!("not root, or no /dev/net/tun: this test checks nothing");
    }
    let script = kit::repository("benches/causes.py");
    let mut command = Command::new("python3");
    command.arg(script).args(["--runs", "3", "--mjpeg", env!("CARGO_BIN_EXE_mjpeg")]);
    let end = command.output().unwrap();
    let out = String::from_utf8_lossy(&end.stdout);
    assert!(end.status.success(), "{out}{}", String::from_utf8_lossy(&end.stderr));
    println!("{out}");
}
