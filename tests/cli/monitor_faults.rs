//! `mjpeg monitor` of a farm with random faults: each is found, and its capture shows it.

use crate::kit;

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use kit::http;
use kit::monitor::{captures, codes, end, monitor};
use kit::run::{mjpeg, run, start_with_input};
use serde_json::Value;
use tempfile::TempDir;

/// Faults that concern one part, and what `check` says of each.
const FAULTS: [(&str, &str); 10] = [
    ("stall=2500ms", "T401"),
    ("cut-picture", "J302"),
    ("no-soi", "J301"),
    ("bits-flipped=200", "J306"),
    ("content-length-short", "M203"),
    ("content-length-long", "M204"),
    ("part-text", "M226"),
    ("part-empty", "M227"),
    ("no-frame", "J308"),
    ("bytes-after-body", "M222"),
];

/// A sequence of numbers without a pattern (xorshift).
fn random(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from((state >> 33) % below as u64).unwrap()
    }
}

/// Ten cameras with ten random faults each, at random times: `cargo test --release --test cli -- --ignored a_hundred_faults`. `MJPEG_SEED`
/// chooses others.
#[test]
#[ignore = "takes two minutes"]
fn a_hundred_faults_are_found_and_each_capture_shows_its_own() {
    let folder = TempDir::new().unwrap();
    let seed = std::env::var("MJPEG_SEED").map_or(17, |seed| seed.parse().unwrap());
    let mut random = random(seed);
    let mut farm = "[defaults]\nsource = 'test:160x120'\nfps = 10\n".to_string();
    for camera in 0..10 {
        // Each 10 s one, at some time of the first two: the camera must become good before the next one.
        let fault = |n: usize| format!("'{}@{}'", FAULTS[random(10)].0, 60 + n * 100 + random(20));
        let faults: Vec<String> = (0..10).map(fault).collect();
        farm += &format!("[[camera]]\nname = 'cam{camera}'\nfaults = [{}]\n", faults.join(", "));
    }
    let (file, log) = (folder.path().join("farm.toml"), folder.path().join("faults.jsonl"));
    fs::write(&file, farm).unwrap();
    let mut command = mjpeg(["serve", "--listen", "127.0.0.1:0", "--farm"]);
    let farm = start_with_input(command.arg(&file).arg("--fault-log").arg(&log).stdin(Stdio::null()));
    let url = farm.line();
    let base = url.strip_prefix("http://").unwrap().trim_end_matches('/').to_string();
    let list = folder.path().join("cameras.txt");
    fs::write(&list, http::get(&base, "/targets").1).unwrap();
    let captured = folder.path().join("captures");
    let monitor = monitor(&[
        "--targets",
        list.to_str().unwrap(),
        "--window=2s",
        "--good-after=1",
        "--fail-on=warning",
        "--ring=5s",
        "--ring-after=3s",
        "--captures",
        captured.to_str().unwrap(),
    ]);
    let mut found = Vec::new();
    let start = Instant::now();
    while found.len() < 100 && start.elapsed() < Duration::from_secs(150) {
        let line = match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| monitor.line())) {
            Ok(line) => serde_json::from_str::<Value>(&line).unwrap(),
            Err(_) => continue,
        };
        if line["to"] == "bad" {
            found.push((line["name"].as_str().unwrap().to_string(), codes(&line).join(" ")));
        }
    }
    let logged = fs::read_to_string(&log).unwrap();
    let injected: Vec<(String, String)> = logged
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| (line["camera"].as_str().unwrap().into(), line["name"].as_str().unwrap().into()))
        .collect();
    assert_eq!(injected.len(), 100, "{injected:?}");
    for camera in 0..10 {
        let name = format!("cam{camera}");
        let of = |all: &[(String, String)]| -> Vec<String> {
            all.iter().filter(|it| it.0 == name).map(|it| it.1.clone()).collect()
        };
        let expected: Vec<&str> = of(&injected)
            .iter()
            .map(|fault| FAULTS.iter().find(|it| it.0.split('=').next() == Some(fault)).unwrap().1)
            .collect();
        assert_eq!(of(&found), expected, "{name}, MJPEG_SEED={seed}");
        let shown: Vec<String> = (1..=10)
            .map(|number| captured.join(format!("{name}-{number:04}.http")))
            .map(|capture| run(mjpeg(["check", "--format", "json"]).arg(capture)).text())
            .collect();
        for (shown, code) in shown.iter().zip(expected) {
            assert!(
                shown.contains(&format!("\"code\":\"{code}\"")),
                "MJPEG_SEED={seed}: {name}: {code}: {shown}"
            );
        }
    }
    assert_eq!(captures(&captured).len(), 100);
    end(monitor);
    farm.says("cameras, listed at");
    farm.signal("TERM");
    farm.end().expect(0);
}
