//! The proof of the faults: `mjpeg check` finds each fault that `mjpeg serve` injects, and nothing else, over real sockets.

use crate::kit;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Mutex;

use kit::http::{self, Client};
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
    let findings = verdict["findings"].as_array().unwrap().iter();
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
    let (own, mut others): (Vec<_>, Vec<_>) = found.into_iter().partition(|(found, ..)| found == code);
    others.retain(|(_, severity, _)| severity != "info");
    match &own[..] {
        [(_, found, part)] if found == severity && others.is_empty() => {
            // A fault of the response is in no part.
            let is_logged = |part: &u64| {
                log.iter().any(|line| line["part"].is_null() || line["part"].as_u64() == Some(*part))
            };
            if part.as_ref().is_none_or(is_logged) { Ok(()) } else { wrong("another part than in the log") }
        }
        _ => wrong("other findings"),
    }
}

#[test]
fn each_fault_breaks_its_rule_and_no_other_one() {
    let wrong = each(&faults(), proved);
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn a_stream_without_faults_has_no_finding() {
    for layout in ["leading", "trailing", "early"] {
        let Checked { verdict, exit, log } = checked(&[], &["--layout", layout]);
        assert_eq!((findings(&verdict), exit, log.len()), (vec![], Some(0), 0), "{layout}: {verdict}");
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
    ("C501", "a limit of the reader"),
    ("C504", "about a stream that is too short"),
    ("C512", "it takes two seconds: more than 40 parts at 20 fps"),
    ("C516", "about snapshots"),
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

/// Pairs of faults for a seed. No pair is of one fault.
fn pairs(faults: &[Fault], count: usize, mut seed: u64) -> Vec<(Fault, Fault)> {
    let mut below = |limit: usize| {
        // Xorshift (Marsaglia, 2003).
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % limit as u64) as usize
    };
    let mut pairs = Vec::new();
    while pairs.len() < count {
        let (one, other) = (below(faults.len()), below(faults.len()));
        if one != other {
            pairs.push((faults[one].clone(), faults[other].clone()));
        }
    }
    pairs
}

/// What two faults are together, by the codes of their rules, if that breaks other rules.
const JOINED: &[(&str, &str, &[&str])] = &[
    // Two lengths of the response, or a length and chunks.
    ("H111", "H112", &["H119"]),
    ("H111", "H113", &["H119"]),
    ("H111", "H114", &["H119"]),
    ("H111", "H120", &["H119"]),
    ("H112", "H113", &["H119"]),
    ("H112", "H114", &["H119"]),
    ("H112", "H120", &["H119"]),
    ("H113", "H120", &["H119"]),
    ("H114", "H120", &["H119"]),
    // No boundary can be learnt without a sound line.
    ("H103", "M215", &["M201", "M202"]),
    ("H103", "M218", &["M223"]),
    ("M202", "M232", &["M201"]),
    ("M215", "M216", &["M222"]),
    ("M213", "M215", &["M201", "M202"]),
    ("M213", "M218", &["M223"]),
    ("M213", "M232", &["M201", "M202"]),
    // Lines that end in LF, or are missing, and no length.
    ("M206", "M209", &["M210"]),
    ("M206", "M211", &["M212"]),
    ("M243", "M209", &["M210"]),
    ("M243", "M211", &["M212"]),
    // A length that was right, or wrong in another way, is now too small or ends elsewhere.
    ("M204", "M222", &["M203"]),
    ("M205", "M222", &["M203"]),
    ("M205", "M226", &["M211"]),
    ("M205", "M244", &["M203"]),
    ("M205", "J301", &["M211"]),
    ("M222", "J301", &["M203"]),
    ("M226", "M244", &["M203"]),
    ("M244", "J321", &["M203"]),
    // A part, its head or its delimiter is not found.
    ("M218", "M221", &["M219", "M244"]),
    ("M221", "M244", &["M222"]),
    ("M222", "M227", &["J301", "M207"]),
    ("M226", "M229", &["M204", "M209", "M211", "M227", "M232"]),
    ("M227", "M244", &["J322", "M207"]),
    ("M230", "M232", &["J322", "M206", "M223", "T405"]),
    ("M232", "M244", &["M222", "M237"]),
    ("M234", "M244", &["M222"]),
    // The end of a picture is found elsewhere.
    ("M222", "J303", &["J325"]),
    ("M237", "J305", &["J302"]),
    ("J303", "J314", &["J302"]),
];

fn named(pair: &(Fault, Fault)) -> Result<(), String> {
    let both = [&pair.0, &pair.1];
    let Checked { verdict, exit, .. } = checked(&both.map(|fault| &*fault.example), &[]);
    let wrong = |why: String| Err(format!("{} and {}: {why}: {verdict}", pair.0.example, pair.1.example));
    let codes = both.map(|fault| fault.rule.as_ref().map(|(code, _)| code.as_str()));
    let joined = |code: &str| {
        JOINED.iter().any(|&(one, other, together)| {
            together.contains(&code) && codes.contains(&Some(one)) && codes.contains(&Some(other))
        })
    };
    let found = findings(&verdict);
    for (code, severity, _) in &found {
        if severity != "info" && !codes.contains(&Some(code.as_str())) && !joined(code) {
            return wrong(format!("a third finding {code}"));
        }
    }
    let verdicts = both.iter().filter_map(|fault| fault.verdict.as_ref());
    let ended = verdicts
        .clone()
        .any(|(expected, code)| verdict["verdict"] == expected.as_str() && exit == Some(*code));
    let is_named = |code: &str| codes.contains(&Some(code)) || joined(code);
    if !ended && !found.iter().any(|(code, ..)| is_named(code)) {
        return wrong("neither is named".into());
    }
    Ok(())
}

/// `MJPEG_PAIRS` is the number of pairs, and `MJPEG_SEED` selects others.
#[test]
fn of_two_faults_one_is_named_and_never_a_third() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let (count, seed) = (number("MJPEG_PAIRS").unwrap_or(100), number("MJPEG_SEED").unwrap_or(15));
    let wrong = each(&pairs(&faults(), count as usize, seed), named);
    assert!(wrong.is_empty(), "{} of {count} pairs:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// The bodies of the first parts that a viewer receives.
fn bodies(server: &Server, target: &str, count: usize) -> Vec<Vec<u8>> {
    let mut client = Client::watch(server.address(), target);
    (0..count).map(|_| client.part().unwrap().body).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let stream = |seed: &str| {
        let server = Server::start(
            &kit::frames(),
            &[
                "--fps",
                "50",
                "--once",
                "--seed",
                seed,
                "--fault",
                "bits-flipped@p=0.3",
                "--fault",
                "cut-picture@p=0.2",
            ],
        );
        let mut client = Client::watch(server.address(), "/stream");
        let bodies: Vec<_> = (0..25).map(|_| client.part().unwrap().body).collect();
        (bodies, client.dash_boundary())
    };
    let (one, same, other) = (stream("1"), stream("1"), stream("2"));
    assert_eq!(one, same);
    assert_ne!(one.0, other.0);
    assert_ne!(one.1, other.1);
}

#[test]
fn a_request_names_faults_if_that_is_allowed() {
    let frames = kit::contents(&kit::frames());
    let server = Server::start(&kit::frames(), &["--fps", "50", "--fault-by-request"]);
    assert!(bodies(&server, "/stream?fault=no-eoi", 3).iter().all(|body| !body.ends_with(b"\xff\xd9")));
    assert!(bodies(&server, "/stream", 3).iter().all(|body| frames.contains(body)));
    let (head, _) =
        http::split(&http::exchange(server.address(), b"GET /stream?fault=x HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    assert!(bodies(&server, "/stream?fault=no-eoi", 3).iter().all(|body| frames.contains(body)));
}

#[test]
fn the_control_socket_changes_the_faults_of_viewers_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let address = format!("unix:{}", path.display());
    let server = Server::start(&kit::frames(), &["--fps", "50", "--control", &address]);
    server.run.says("--unix-socket");
    let control = |request: &str| {
        let mut socket = UnixStream::connect(&path).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    };
    let frames = kit::contents(&kit::frames());
    let mut client = Client::watch(server.address(), "/stream");
    assert!(frames.contains(&client.part().unwrap().body));
    let body = "no-eoi";
    let put =
        format!("PUT /faults HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert!(control(&put).ends_with("\r\n\r\nno-eoi\n"));
    kit::eventually("a faulty part", || (!client.part().unwrap().body.ends_with(b"\xff\xd9")).then_some(()));
    assert!(control("DELETE /faults HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 200 "));
    kit::eventually("a sound part", || frames.contains(&client.part().unwrap().body).then_some(()));
    // The public listener has no such path.
    let (head, _) =
        http::split(&http::exchange(server.address(), b"DELETE /faults HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert!(head.starts_with("HTTP/1.1 405 "), "{head}");
    assert!(http::get(server.address(), "/faults").0.starts_with("HTTP/1.1 404 "));
    server.run.signal("INT");
    server.run.end().expect(0);
    assert!(!path.exists());
}

#[test]
fn a_relayed_camera_and_a_dialect_have_faults_too() {
    let camera = Server::start(&kit::frames(), &["--fps", "20"]);
    let finding = |server: &Server, code: &str| {
        let end = run(&mut mjpeg(["check", &server.stream, "--frames", "20", "--format", "json"]));
        let verdict: Value = serde_json::from_slice(&end.out).unwrap();
        assert!(findings(&verdict).iter().any(|(found, ..)| found == code), "{code}: {verdict}");
        let _ = end.err.len();
    };
    finding(&Server::start(camera.stream.as_ref(), &["--fault", "cut-picture@every=5"]), "J302");
    finding(&Server::start(camera.stream.as_ref(), &["--fault", "content-length-short@3"]), "M203");
    for dialect in ["motion", "mjpg-streamer", "webkit"] {
        let args = ["--fps", "20", "--dialect", dialect, "--fault", "cut-picture@every=5"];
        finding(&Server::start(&kit::frames(), &args), "J302");
    }
}

#[test]
fn faults_of_one_viewer_leave_the_others_alone() {
    let frames = kit::contents(&kit::frames());
    let server = Server::start(&kit::frames(), &["--fps", "50", "--fault", "no-eoi@viewer=2"]);
    for is_sound in [true, false, true] {
        assert_eq!(bodies(&server, "/stream", 3).iter().all(|body| frames.contains(body)), is_sound);
    }
}

#[test]
fn frames_with_other_bytes_are_counted_as_sent() {
    let server = Server::start(&kit::frames(), &["--fps", "50", "--fault", "no-eoi"]);
    let mut client = Client::watch(server.address(), "/stream");
    (0..5).for_each(|_| drop(client.part().unwrap()));
    let state: Value = serde_json::from_slice(&http::get(server.address(), "/state").1).unwrap();
    assert!(state["totals"]["frames_sent"].as_u64().unwrap() >= 5, "{state}");
}

#[test]
fn wrong_faults_are_usage_errors() {
    for args in [
        &["--fault", "content-length"][..],
        &["--fault", "boundary-missing@3"],
        &["--fault", "no-eoi@3@4"],
        &["--control", "0.0.0.0:0"],
        &["--control", "unix:"],
        &["--seed", "x"],
    ] {
        run(mjpeg(["serve", "test:"]).args(args)).expect(2);
    }
}
