//! What `check` predicts for the faults of `serve`, against what real programs did with them (`benches/consumers`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::sync::Mutex;

use crate::faults::{Fault, each, faults};
use crate::kit;
use kit::run::{Server, mjpeg, run};

/// The part of the cells that must be as predicted, and of those that are not known to be predicted wrong. A busy machine
/// changes some.
const RATE: f64 = 0.94;
const RATE_OF_OTHERS: f64 = 0.985;
/// Pictures that are served: the programs got as many.
const PICTURES: usize = 12;
/// If the fault comes later than in the others.
const PICTURES_OF_LATE_FAULTS: usize = 24;
/// The fault `skipped` leaves out so many of them.
const SKIPPED: usize = 30;

/// The measured outcomes of a fault, by the name of the program.
type Row = BTreeMap<String, String>;

fn fixture(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/consumers/");
    fs::read_to_string(format!("{folder}{name}")).unwrap()
}

/// The cells that are known to be predicted wrong: program and fault.
fn known_misses() -> BTreeSet<(String, String)> {
    let text = fixture("debian-12-misses.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?.to_string(), words.next()?.strip_prefix("fault:")?.to_string()))
        })
        .collect()
}

/// The rows of faults, by the name of the fault.
fn measured() -> BTreeMap<String, Row> {
    let text = fixture("debian-12.txt");
    let mut lines = text.lines().filter(|line| !line.starts_with('#')).map(str::split_whitespace);
    let programs: Vec<&str> = lines.next().unwrap().skip(1).collect();
    let row = |words: std::str::SplitWhitespace<'_>| {
        programs.iter().map(|name| name.to_string()).zip(words.map(String::from)).collect()
    };
    lines
        .filter_map(|mut words| Some((words.next()?.strip_prefix("fault:")?.to_string(), row(words))))
        .collect()
}

/// The predictions of `check`, by the name of the program.
fn predicted(fault: &Fault) -> Row {
    let is_late = fault.example.ends_with("@20");
    let pictures = if is_late { PICTURES_OF_LATE_FAULTS } else { PICTURES };
    let pictures = if fault.name == "skipped" { pictures + SKIPPED } else { pictures };
    let folder = tempfile::tempdir().unwrap();
    let mut frames: Vec<_> =
        fs::read_dir(kit::frames()).unwrap().map(|entry| entry.unwrap().path()).collect();
    frames.retain(|path| path.extension().is_some_and(|extension| extension == "jpg"));
    frames.sort();
    for (i, frame) in frames.iter().cycle().take(pictures).enumerate() {
        fs::copy(frame, folder.path().join(format!("{i:03}.jpg"))).unwrap();
    }
    let server = Server::start(folder.path(), &["--fps", "10", "--once", "--fault", &fault.example]);
    let end = run(&mut mjpeg(["check", &server.stream, "--duration", "20s", "--deep", "--format", "json"]));
    // A check that fails to get a stream says so.
    let _ = end.err.len();
    let report: serde_json::Value = serde_json::from_slice(&end.out).unwrap();
    // It may have ended.
    server.run.signal("INT");
    server.run.end().expect(0);
    let fates = report["consumers"].as_object().into_iter().flatten();
    fates.map(|(name, fate)| (name.clone(), fate.as_str().unwrap().to_string())).collect()
}

fn is(fate: &str, outcome: &str) -> bool {
    match outcome {
        "o" => fate == "on_time",
        "l" => fate == "late",
        "p" => matches!(fate, "on_time" | "late"),
        "L" => fate == "loses",
        "D" => fate == "dies",
        "N" => fate == "nothing",
        "C" => fate == "crashes",
        _ => panic!("unknown outcome {outcome}"),
    }
}

#[test]
fn what_programs_did_with_each_fault_is_predicted() {
    let measured = measured();
    let faults = faults();
    for fault in &faults {
        assert!(measured.contains_key(&fault.name), "{} was not measured: see benches/consumers", fault.name);
    }
    let known = known_misses();
    let (cells, right, misses) = (Mutex::new(0u32), Mutex::new(0u32), Mutex::new(String::new()));
    let surprises = Mutex::new(0u32);
    each(&faults, |fault| {
        let fates = predicted(fault);
        // A response that is no stream has no predictions.
        for (program, outcome) in measured[&fault.name].iter().filter(|(_, outcome)| *outcome != ".") {
            let Some(fate) = fates.get(program) else { continue };
            *cells.lock().unwrap() += 1;
            if is(fate, outcome) {
                *right.lock().unwrap() += 1;
                continue;
            }
            let is_known = known.contains(&(program.clone(), fault.name.clone()));
            *surprises.lock().unwrap() += u32::from(!is_known);
            let note = if is_known { "" } else { " (a new miss)" };
            let line = format!("{} {program}: measured {outcome}, predicted {fate}{note}", fault.example);
            let _ = writeln!(misses.lock().unwrap(), "{line}");
        }
        Ok(())
    });
    let (cells, right, misses) =
        (cells.into_inner().unwrap(), right.into_inner().unwrap(), misses.into_inner().unwrap());
    let rate = f64::from(right) / f64::from(cells);
    let rate_of_others = 1.0 - f64::from(surprises.into_inner().unwrap()) / f64::from(cells);
    println!("{misses}{right} of {cells} cells, {:.2} %", rate * 100.0);
    assert!(cells >= 1200, "{cells} cells");
    assert!(rate >= RATE && rate_of_others >= RATE_OF_OTHERS, "{right} of {cells} cells:\n{misses}");
}
