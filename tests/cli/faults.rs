//! The proof of the faults: `mjpeg check` finds each fault that `mjpeg serve` injects, and nothing else, over real sockets.

use crate::kit;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use kit::run::{Server, mjpeg, run};
use serde_json::Value;

/// How many servers and checks run at a time. Most of them wait.
const TOGETHER: usize = 8;

/// A line of `--list-faults`.
#[derive(Clone)]
pub struct Fault {
    pub name: String,
    pub example: String,
    /// The code of the rule that it breaks, and its severity.
    pub rule: Option<(String, String)>,
    /// Or the verdict and the exit status.
    pub verdict: Option<(String, i32)>,
}

/// All faults.
pub fn faults() -> Vec<Fault> {
    let list = run(&mut mjpeg(["serve", "--list-faults", "--format", "json"])).expect(0).text();
    list.lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| line[key].as_str().map(String::from);
            Fault {
                name: text("name").unwrap(),
                example: text("example").unwrap(),
                rule: text("rule").zip(text("severity")),
                verdict: text("verdict").zip(line["exit"].as_i64().map(|exit| exit as i32)),
            }
        })
        .collect()
}

/// What `check` says about a stream, and what the server says that it did.
pub struct Checked {
    pub verdict: Value,
    pub exit: Option<i32>,
    pub log: Vec<Value>,
}

/// Serves the test frames at 20 a second with these faults, and checks 40 parts.
pub fn checked(faults: &[&str], more: &[&str]) -> Checked {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("faults.jsonl");
    let mut args = vec!["--fps", "20", "--fault-log", log.to_str().unwrap()];
    faults.iter().for_each(|fault| args.extend(["--fault", *fault]));
    args.extend(more);
    let server = Server::start(&kit::frames(), &args);
    let end = run(&mut mjpeg(["check", &server.stream, "--frames", "40", "--format", "json"]));
    // A check that fails to get a stream says so.
    let _ = end.err.len();
    let verdict = serde_json::from_slice(&end.out)
        .unwrap_or_else(|error| panic!("{faults:?}: {error}: {}\n{}", end.text(), end.err));
    server.run.signal("INT");
    server.run.end().expect(0);
    Checked { verdict, exit: end.code(), log: lines(&log) }
}

/// The lines of a log of faults.
fn lines(log: &Path) -> Vec<Value> {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Calls `job` with each item, several at a time, and returns what it says is wrong.
pub fn each<T: Sync>(items: &[T], job: impl Fn(&T) -> Result<(), String> + Sync) -> Vec<String> {
    let (next, wrong) = (Mutex::new(items.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..TOGETHER {
            scope.spawn(|| {
                loop {
                    let Some(item) = next.lock().unwrap().next() else { return };
                    if let Err(why) = job(item) {
                        wrong.lock().unwrap().push(why);
                    }
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

/// The findings that are not infos: code, severity and part.
pub fn findings(verdict: &Value) -> Vec<(String, String, Option<u64>)> {
    // T410 is about this machine, where other tests run too.
    let findings = verdict["findings"].as_array().unwrap().iter().filter(|it| it["code"] != "T410");
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_string();
    findings.map(|it| (text(it, "code"), text(it, "severity"), it["part"].as_u64())).collect()
}

fn proved(fault: &Fault) -> Result<(), String> {
    let Checked { verdict, exit, log } = checked(&[&fault.example], &[]);
    let wrong = |why: &str| Err(format!("{}: {why}: {verdict}\n{log:?}", fault.example));
    if log.is_empty() || log.iter().any(|line| line["name"] != fault.name.as_str()) {
        return wrong("the log does not name it");
    }
    let mut found = findings(&verdict);
    if let Some((expected, code)) = &fault.verdict {
        found.retain(|(_, severity, _)| severity != "info");
        return if verdict["verdict"] == expected.as_str() && exit == Some(*code) && found.is_empty() {
            Ok(())
        } else {
            wrong("another verdict, or findings")
        };
    }
    let (code, severity) = fault.rule.as_ref().unwrap();
    let (own, mut others): (Vec<_>, Vec<_>) = verdict["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["code"] != "T410")
        .partition(|it| it["code"] == code.as_str());
    others.retain(|it| it["severity"] != "info");
    let [finding] = own[..] else { return wrong("not one finding of its rule") };
    if finding["severity"] != severity.as_str() || !others.is_empty() {
        return wrong("another severity, or other findings");
    }
    let read = verdict["parts"].as_u64().unwrap();
    let logged: BTreeSet<u64> =
        log.iter().filter_map(|line| line["part"].as_u64()).filter(|part| *part <= read).collect();
    place(fault, code, finding, &logged).or_else(wrong)
}

/// Faults of the multipart structure whose finding is not at the first part that the log names, or not once for each of these
/// parts, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("delimiter-changed", "the next delimiter is another one again"),
    ("delimiter-without-dashes", "it is learnt once"),
    ("no-multipart", "it is a finding about the stream"),
];

/// Compares the place of a finding with the parts that the log of the fault names, of those that were read.
fn place(fault: &Fault, code: &str, finding: &Value, logged: &BTreeSet<u64>) -> Result<(), &'static str> {
    let (part, count) = (finding["part"].as_u64(), finding["count"].as_u64().unwrap());
    let is_excused = ELSEWHERE.iter().any(|(name, _)| *name == fault.name);
    let (Some(part), Some(first)) = (part, logged.first()) else {
        // A fault of the response is in no part, and a finding about times, or about the response, in none either.
        let is_about_parts = code.starts_with(['M', 'J']) && !logged.is_empty();
        return if is_about_parts { Err("no part") } else { Ok(()) };
    };
    if !logged.contains(&part) {
        return Err("another part than in the log");
    }
    // On a busy machine `check` reads the scans of some pictures only; rules about content count sequences.
    if is_excused || !code.starts_with('M') {
        return Ok(());
    }
    // What is behind the last part that was read is not known.
    let number = logged.len() as u64;
    let is_each = (number - 1..=number).contains(&count);
    if part == *first && is_each {
        Ok(())
    } else {
        Err("not at the first part of the log, or not once for each")
    }
}

#[test]
fn each_fault_breaks_its_rule_and_no_other_one() {
    let faults = faults();
    assert!(faults.len() >= 150, "{} faults", faults.len());
    let wrong = each(&faults, proved);
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn a_stream_without_faults_has_no_finding() {
    for layout in ["auto", "leading", "trailing", "early"] {
        let Checked { verdict, exit, log } = checked(&[], &["--layout", layout]);
        assert_eq!((findings(&verdict), exit, log.len()), (vec![], Some(0), 0), "{layout}: {verdict}");
    }
}

#[test]
fn a_change_of_the_order_of_the_first_part_keeps_the_framing() {
    for fault in ["reordered@1", "skipped@1"] {
        for layout in ["early", "leading"] {
            let Checked { verdict, .. } = checked(&[fault], &["--layout", layout]);
            let found = verdict["findings"].as_array().unwrap();
            let of_framing = found.iter().filter(|it| it["code"].as_str().unwrap().starts_with('M'));
            assert_eq!(of_framing.count(), 0, "{fault} {layout}: {verdict}");
        }
    }
}

/// Rules that no fault breaks, and why.
const WITHOUT_FAULT: &[(&str, &str)] = &[
    ("H13", "about snapshots, or about readers that are asked for"),
    ("M238", "it occurs only in a stream that breaks M237"),
    ("M240", "a live stream that ends inside a part has the verdict `stalled`"),
    ("J330", "about a carrier that is asked for"),
    ("T402", "a limit of the reader"),
    ("T403", "a limit of the reader"),
    ("T410", "about the reader itself: see causes.rs"),
    ("C501", "a limit of the reader"),
    ("C504", "about a stream that is too short"),
    ("C516", "about snapshots"),
    ("C517", "only frames with a coded strip show it: see strip.rs"),
    ("C518", "only frames with a coded strip show it"),
    ("C519", "only frames with a coded strip show it"),
    ("C590", "about a reader that is asked for"),
    ("R6", "about recordings"),
];

#[test]
fn each_rule_that_a_server_can_break_has_a_fault() {
    let broken: BTreeSet<String> = faults().into_iter().filter_map(|fault| Some(fault.rule?.0)).collect();
    assert!(broken.len() >= 60, "{} rules have a fault", broken.len());
    for rule in mjpeg::check::rules() {
        let is_excused = WITHOUT_FAULT.iter().any(|(code, _)| rule.code.starts_with(code));
        assert_ne!(broken.contains(rule.code), is_excused, "{} {}", rule.code, rule.name);
    }
}
