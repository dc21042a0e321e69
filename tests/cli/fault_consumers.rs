//! What `check` predicts for the faults of `serve`, against what real programs did with them (`benches/consumers`).

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;

use crate::faults::{Fault, each, faults};
use crate::kit;
use kit::run::{Server, mjpeg, run};

/// The part of the cells that may be wrong with a reason in the list: one of twenty. With more, the table would say what
/// programs do, and not the predictions.
const LISTED: f64 = 0.05;
/// The part of the cells that may be wrong about the delay alone, without a reason. Streams come in real time, ten pictures
/// a second: where this machine pauses for half of that time, a picture is late or comes with the next one. Whether
/// pictures are lost does not depend on it, so no cell may be wrong about that.
const DELAYS: f64 = 0.01;
/// A fault with a new miss is served so often, and the run with the fewest counts: a machine that is busy now is not the
/// next time, and a prediction that is wrong is wrong each time.
const TRIES: usize = 3;
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

/// Why cells are predicted wrong, by program and fault.
fn known_misses() -> BTreeMap<(String, String), String> {
    let text = fixture("debian-12-misses.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let (program, rest) = line.split_once(' ')?;
            let (fault, reason) = rest.trim_start().strip_prefix("fault:")?.split_once(' ')?;
            Some(((program.to_string(), fault.to_string()), reason.trim_start().to_string()))
        })
        .collect()
}

/// The rows of faults, by the name of the fault.
fn measured() -> BTreeMap<String, Row> {
    let text = fixture("debian-12.txt");
    let mut lines = text.lines().filter(|line| !line.starts_with('#')).map(str::split_whitespace);
    let programs: Vec<&str> = lines.next().unwrap().skip(1).collect();
    let row = |words: std::str::SplitWhitespace<'_>| {
        programs.iter().copied().map(String::from).zip(words.map(String::from)).collect()
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
    // What readers of whole blocks do depends on the sizes of the pictures: these are those that the programs got.
    let drawn = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/consumers/pictures");
    let mut frames: Vec<_> = fs::read_dir(drawn).unwrap().map(|entry| entry.unwrap().path()).collect();
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

/// Rules that break a program only together with something else, or whose severity follows what most programs do, and why.
const BROKEN_ALL_THE_SAME: &[(&str, &str, &str)] = &[
    ("H117", "vlc", "it is a warning: only VLC and some libraries refuse the response"),
    ("M237", "ffmpeg", "it plays unless the Content-Type is multipart, as that of the fault is"),
    ("M237", "ffmpeg_strict", "as ffmpeg"),
    ("M237", "opencv", "as ffmpeg"),
];

/// Programs that effects of rules may name.
const NAMED: [&str; 8] =
    ["ffmpeg", "ffmpeg_strict", "vlc", "chromium", "firefox", "gstreamer", "opencv", "mpv"];

#[test]
fn a_rule_names_the_programs_that_its_faults_broke() {
    let (measured, known) = (measured(), known_misses());
    let mut silent = Vec::new();
    for fault in faults() {
        let Some((code, _)) = &fault.rule else { continue };
        let rule = mjpeg::check::rules().find(|rule| rule.code == code).unwrap();
        for program in NAMED {
            let outcome = &measured[&fault.name][program];
            let is_named = rule.effects.iter().any(|(broken, _)| broken.name == program);
            let is_excused = BROKEN_ALL_THE_SAME.iter().any(|it| (it.0, it.1) == (code, program))
                || known.contains_key(&(program.to_string(), fault.name.clone()));
            if "LDNC".contains(&**outcome) && !is_named && !is_excused {
                silent.push(format!("{code} says nothing of {program}: {outcome} by {}\n", fault.name));
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.concat());
}

/// What the comparison has found so far.
#[derive(Default)]
struct Found {
    cells: u32,
    right: u32,
    /// Misses that are in the list.
    listed: u32,
    /// Others, about the delay alone.
    delays: u32,
    /// Others, about lost pictures.
    losses: u32,
    misses: Vec<String>,
}

impl Found {
    fn add(&mut self, fault: &Fault, program: &str, outcome: &str, fate: &str, reason: Option<&String>) {
        self.cells += 1;
        if is(fate, outcome) {
            self.right += 1;
            return;
        }
        let plays = ["o", "l", "p"].contains(&outcome) && ["on_time", "late"].contains(&fate);
        let kind = match reason {
            Some(_) => &mut self.listed,
            None if plays => &mut self.delays,
            None => &mut self.losses,
        };
        *kind += 1;
        let reason = reason.map_or("a new miss", |reason| reason);
        let cell = format!("{program} {}: measured {outcome}, predicted {fate}", fault.example);
        self.misses.push(format!("{cell}: {reason}\n"));
    }

    fn merge(&mut self, other: Self) {
        self.cells += other.cells;
        self.right += other.right;
        self.listed += other.listed;
        self.delays += other.delays;
        self.losses += other.losses;
        self.misses.extend(other.misses);
    }

    /// What the list does not explain.
    fn unexplained(&self) -> u32 {
        self.delays + self.losses
    }

    fn rate(&self, count: u32) -> f64 {
        f64::from(count) / f64::from(self.cells)
    }
}

/// The first one without a new miss, or the one with the fewest. None is begun behind it.
fn fewest_new_misses(mut tries: impl Iterator<Item = Found>) -> Found {
    let mut best = tries.next().expect("at least one try");
    while best.unexplained() > 0
        && let Some(found) = tries.next()
    {
        if found.unexplained() < best.unexplained() {
            best = found;
        }
    }
    best
}

#[expect(clippy::print_stdout, reason = "the misses and the rate are what it is for")]
#[test]
fn what_programs_did_with_each_fault_is_predicted() {
    let (measured, known, faults) = (measured(), known_misses(), faults());
    for fault in &faults {
        assert!(measured.contains_key(&fault.name), "{} was not measured: see benches/consumers", fault.name);
    }
    for (program, fault) in known.keys() {
        assert!(measured[fault].contains_key(program), "{program} {fault} is no cell of the table");
    }
    let found = Mutex::new(Found::default());
    let wrong = each(&faults, |fault| {
        let tries = (0..TRIES).map(|_| {
            let fates = predicted(fault);
            let mut found = Found::default();
            for (program, outcome) in measured[&fault.name].iter().filter(|(_, outcome)| *outcome != ".") {
                // A response that is no stream has no predictions.
                let Some(fate) = fates.get(program) else { continue };
                let reason = known.get(&(program.clone(), fault.name.clone()));
                found.add(fault, program, outcome, fate, reason);
            }
            found
        });
        let best = fewest_new_misses(tries);
        found.lock().unwrap().merge(best);
        Ok(())
    });
    assert!(wrong.is_empty(), "{wrong:?}");
    let mut found = found.into_inner().unwrap();
    found.misses.sort();
    let (misses, rate) = (found.misses.concat(), found.rate(found.right));
    let sum = format!(
        "{} of {} cells, {:.2} %; {} new misses",
        found.right,
        found.cells,
        rate * 100.0,
        found.unexplained()
    );
    println!("{misses}{sum}");
    assert!(found.cells >= 1300, "{sum}");
    assert_eq!(found.losses, 0, "{misses}{sum}");
    assert!(found.rate(found.listed) <= LISTED && found.rate(found.delays) <= DELAYS, "{misses}{sum}");
}
