//! Recordings of several runs: `record --resume`, and reconnections inside of a run.

use crate::kit;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use kit::run::{mjpeg, run};
use kit::verdict::{check, names};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A recording with these frames: number of the part, time of arrival in ms, and further keys of its line.
fn recording(frames: &[(u64, f64, Value)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let pictures = kit::contents(&kit::frames());
    let mut lines = String::new();
    for ((seq, (part, ms, more)), jpeg) in (1..).zip(frames).zip(pictures.iter().cycle()) {
        let file = format!("frame-{seq:06}.jpg");
        fs::write(folder.path().join(&file), jpeg).unwrap();
        let mut line = json!({"seq": seq, "part": part, "file": file, "offset": part * 20_000, "body_bytes": jpeg.len(),
            "arrival_ms": ms, "fields": []});
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        writeln!(lines, "{line}").unwrap();
    }
    fs::write(folder.path().join("manifest.jsonl"), lines).unwrap();
    folder
}

/// A run: so many frames, one each `gap` ms.
fn even(count: u64, gap: f64) -> Vec<(u64, f64, Value)> {
    (0..count).map(|n| (n + 1, n as f64 * gap, json!({}))).collect()
}

fn inspect(out: &Path, args: &[&str]) -> String {
    run(mjpeg(["inspect"]).arg(out).args(args)).expect(0).text()
}

#[test]
fn the_rate_of_a_resumed_recording_is_that_of_its_runs() {
    let late = |(part, ms, more)| (part, ms + 1000.0, more);
    for (case, frames) in [
        ("a long run and a short one", [even(12, 200.0), even(5, 200.0)].concat()),
        ("times that go on", [even(1, 200.0), even(5, 200.0).into_iter().map(late).collect()].concat()),
    ] {
        let out = recording(&frames);
        let gaps = frames.len() - 2;
        let text = inspect(out.path(), &[]);
        let expected =
            format!("{} parts, 5.00 fps, gaps p50 200.0 ms, p99 200.0 ms, max 200.0 ms", frames.len());
        assert!(text.contains(&expected), "{case}: {text}");
        let rows = inspect(out.path(), &["--format", "json"]);
        assert_eq!(rows.matches("\"gap_ms\":200.0").count(), gaps, "{case}: {rows}");
        assert_eq!(rows.matches("\"gap_ms\"").count(), gaps, "{case}: {rows}");
        let baseline = out.path().join("baseline.json");
        let (end, verdict) =
            check(out.path().to_str().unwrap(), &["--save-baseline", baseline.to_str().unwrap()]);
        end.expect(0);
        let timing = &verdict["timing"];
        assert_eq!(
            [&timing["fps"], &timing["gap_p50_ms"], &timing["gap_max_ms"], &timing["jitter_ms"]],
            [&json!(5.0), &json!(200.0), &json!(200.0), &json!(0.0)],
            "{case}: {verdict}"
        );
        let baseline: Value = serde_json::from_slice(&fs::read(baseline).unwrap()).unwrap();
        assert!(baseline.to_string().contains("\"gap_mean_ms\":200.0,"), "{case}: {baseline}");
    }
}

#[test]
fn the_lowest_rate_that_is_asked_for_is_that_of_the_runs() {
    let out = recording(&[even(12, 200.0), even(5, 200.0)].concat());
    for (min, expected) in [("4.9", None), ("5", None), ("5.5", Some("5.00 frames a second, asked for 5.5"))]
    {
        let (end, verdict) = check(out.path().to_str().unwrap(), &["--min-fps", min]);
        end.expect(i32::from(expected.is_some()));
        let finding = verdict["findings"].as_array().unwrap().first();
        assert_eq!(finding.and_then(|it| it["message"].as_str()), expected, "{verdict}");
    }
}

#[test]
fn a_reconnection_inside_of_a_run_is_a_gap() {
    let mut frames = even(12, 200.0);
    frames.extend((0..5).map(|n| {
        let more = if n == 0 { json!({"reconnect": 1}) } else { json!({}) };
        (13 + n, 5200.0 + n as f64 * 200.0, more)
    }));
    let out = recording(&frames);
    let text = inspect(out.path(), &[]);
    assert!(text.contains("17 parts, 2.67 fps, gaps p50 200.0 ms, p99 3000.0 ms, max 3000.0 ms"), "{text}");
    let (_, verdict) = check(out.path().to_str().unwrap(), &[]);
    assert!(names(&verdict).contains(&"stall"), "{verdict}");
    assert_eq!(verdict["timing"]["fps"], 2.667, "{verdict}");
}

#[test]
fn a_part_that_the_end_of_a_run_cuts_is_no_damaged_picture() {
    let cut = json!({"damage": "no-eoi"});
    let mut frames = [even(3, 200.0), even(3, 200.0)].concat();
    frames[2].2 = cut;
    let out = recording(&frames);
    let file = out.path().join("frame-000003.jpg");
    let jpeg = fs::read(&file).unwrap();
    fs::write(&file, &jpeg[..jpeg.len() - 40]).unwrap();
    let (end, verdict) = check(out.path().to_str().unwrap(), &["--ignore", "R"]);
    end.expect(0);
    assert_eq!(names(&verdict), ["cut"], "{verdict}");
    assert!(inspect(out.path(), &[]).contains("6 parts, 5.00 fps"), "{verdict}");
}

#[test]
fn gaps_behind_a_resumption_are_as_usual_as_those_before_it() {
    let out = recording(&[even(5, 2000.0), even(9, 2000.0)].concat());
    let text = inspect(out.path(), &["--color", "always"]);
    // The first gap of all is long: nothing is usual before it.
    let marked = text.lines().filter(|line| line.contains("\u{1b}[1;35m")).count();
    assert_eq!(marked, 1, "{text}");
}

#[test]
fn the_clock_of_the_camera_may_be_set_between_two_runs_and_frames_between_them_are_not_lost() {
    let stamped = |from: f64| {
        move |(part, ms, _): (u64, f64, Value)| {
            let stamp = from + ms / 1000.0;
            (part, ms, json!({"fields": [["X-Timestamp", format!("{stamp:.6}")]]}))
        }
    };
    for (case, second, expected) in [
        ("later", 1_700_000_900.0, None),
        // A camera that counts from its start.
        ("back", 1_600_000_000.0, None),
    ] {
        let out = recording(
            &[
                even(20, 200.0).into_iter().map(stamped(1_700_000_000.0)).collect::<Vec<_>>(),
                even(20, 200.0).into_iter().map(stamped(second)).collect(),
            ]
            .concat(),
        );
        let (_, verdict) = check(out.path().to_str().unwrap(), &["--select", "C505,C506,C507,C508"]);
        assert_eq!(names(&verdict).first().copied(), expected, "{case}: {verdict}");
    }
    // Inside of a run they are judged as before.
    let slow = |(part, ms, _): (u64, f64, Value)| {
        let stamp = 1_700_000_000.0 + ms * 0.5 / 1000.0;
        (part, ms, json!({"fields": [["X-Timestamp", format!("{stamp:.6}")]]}))
    };
    let first = even(20, 200.0).into_iter().map(slow).collect::<Vec<_>>();
    let out = recording(&[first, even(20, 200.0)].concat());
    let (_, verdict) = check(out.path().to_str().unwrap(), &["--select", "C505,C506,C507,C508"]);
    assert_eq!(names(&verdict), ["lag-grows"], "{verdict}");
}
