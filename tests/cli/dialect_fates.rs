//! `mjpeg serve --dialect` and `mjpeg check`: what becomes of each dialect in real programs.

use crate::kit;

use std::collections::BTreeMap;
use std::fs;

use kit::run::Server;

use crate::faults::{Checked, checked, each, findings};
use crate::serve_dialects::{names, six};

/// Cells in which a served dialect differs from the stream that was measured, and why.
const OTHERWISE: &[(&str, &str, &str)] = &[(
    "saljam-mjpeg",
    "ffmpeg",
    "its buffer has bytes of earlier pictures behind each picture; ours has zeros",
)];

/// What was measured of each dialect: fates by consumer.
fn measured() -> BTreeMap<String, Vec<(String, &'static str)>> {
    let table = fs::read_to_string(kit::repository("fixtures/consumers/dialects.txt")).unwrap();
    let mut lines = table.lines().filter(|line| !line.starts_with('#')).map(str::split_whitespace);
    let columns: Vec<String> = lines.next().unwrap().skip(1).map(String::from).collect();
    let fate = |letter: &str| match letter {
        "o" => "on_time",
        "l" => "late",
        "D" => "dies",
        "N" => "nothing",
        _ => panic!("unknown outcome {letter}"),
    };
    lines
        .map(|mut line| {
            let name = line.next().unwrap().to_string();
            (name, columns.iter().cloned().zip(line.map(fate)).collect())
        })
        .collect()
}

#[test]
fn check_predicts_of_each_served_dialect_what_was_measured() {
    let (folder, _) = six();
    let dialects: Vec<_> = measured().into_iter().collect();
    assert_eq!(dialects.len(), 56);
    let wrong = each(&dialects, |(name, fates)| {
        // The frames come each 300 ms, as they did when the programs were measured.
        let server = Server::start(folder.path(), &["--dialect", name, "--once", "--fps", "3.333"]);
        let (_, verdict) = kit::verdict::check(&server.stream, &["--deep", "--frames", "100"]);
        server.run.end().expect(0);
        let differs = |(consumer, expected): &&(String, &str)| {
            let predicted = verdict["consumers"][consumer].as_str().unwrap();
            let is_known = OTHERWISE.iter().any(|(of, by, _)| of == name && by == consumer);
            (predicted == *expected) == is_known
        };
        let wrong: Vec<_> = fates.iter().filter(differs).collect();
        if wrong.is_empty() { Ok(()) } else { Err(format!("{name}: {wrong:?}: {verdict}")) }
    });
    assert!(wrong.is_empty(), "{} dialects:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Findings about times and content that belong to a dialect.
const OWN: &[(&str, &str)] = &[("saljam-mjpeg", "C508")];

#[test]
fn a_dialect_without_faults_has_no_finding_about_times_or_content() {
    let names = names();
    assert_eq!(names.len(), 58);
    let wrong = each(&names, |name| {
        let Checked { verdict, log, .. } = checked(&[], &["--dialect", name]);
        let findings = findings(&verdict).into_iter().map(|(code, ..)| code);
        let found: Vec<String> = findings.filter(|code| code.starts_with(['T', 'C'])).collect();
        let own = OWN.iter().filter(|(of, _)| of == name).map(|(_, code)| *code);
        if log.is_empty() && found.iter().map(String::as_str).eq(own) {
            Ok(())
        } else {
            Err(format!("{name}: {verdict}"))
        }
    });
    assert!(wrong.is_empty(), "{} dialects:\n{}", wrong.len(), wrong.join("\n\n"));
}
