//! Documents that are generated from the code. They are committed; these tests compare them, or rewrite them with
//! `MJPEG_BLESS=1`.

use crate::kit;

use std::fmt::Write as _;
use std::fs;

use kit::run::{mjpeg, run};
use mjpeg::check::{remedy, rules};
use mjpeg::consumers::consumers;

/// Fails the test unless the file has the text `expected`. Writes the file with `MJPEG_BLESS=1`.
fn verify(path: &str, expected: &str) {
    let file = kit::repository(path);
    if std::env::var_os("MJPEG_BLESS").is_some_and(|value| value == "1") {
        fs::write(&file, expected).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == expected,
        "{path} is not up to date; run MJPEG_BLESS=1 cargo test --test cli documents::"
    );
}

#[test]
fn man_pages_are_up_to_date() {
    for (page, args) in [
        ("mjpeg", &[][..]),
        ("mjpeg-serve", &["serve"]),
        ("mjpeg-record", &["record"]),
        ("mjpeg-check", &["check"]),
        ("mjpeg-inspect", &["inspect"]),
        ("mjpeg-monitor", &["monitor"]),
        ("mjpeg-bench", &["bench"]),
        ("mjpeg-exit-codes", &["exit-codes"]),
        ("mjpeg-targets", &["targets"]),
        ("mjpeg-formats", &["formats"]),
    ] {
        let end = run(mjpeg(["man"]).args(args)).expect(0);
        verify(&format!("man/{page}.1"), &end.text());
    }
}

#[test]
fn topics_have_a_help_of_their_own() {
    let top = run(&mut mjpeg(["--help"])).expect(0).text();
    for (topic, words) in [
        ("exit-codes", &["  0  done", "  5  stalled", "  6  our side"][..]),
        ("targets", &["http://camera/stream", "--targets", "test:640x480"]),
        ("formats", &["--format json", "manifest.jsonl", "FILE.timing"]),
    ] {
        assert!(top.contains(&format!("mjpeg help {topic}")), "{top}");
        let help = run(&mut mjpeg(["help", topic])).expect(0).text();
        assert!(words.iter().all(|word| help.contains(word)) && !help.contains("Usage"), "{help}");
        assert_eq!(run(&mut mjpeg([topic])).expect(0).text().trim(), help.trim());
    }
}

#[test]
fn the_help_of_commands_has_examples() {
    for command in ["serve", "record", "check", "inspect", "monitor"] {
        let help = run(&mut mjpeg([command, "--help"])).expect(0).text();
        let (_, examples) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{help}"));
        assert!(examples.contains(&format!("  mjpeg {command} ")), "{examples}");
    }
}

#[test]
fn the_help_of_serve_has_the_default_of_allow_host() {
    let help = run(&mut mjpeg(["serve", "--help"])).expect(0).text();
    let (_, text) = help.split_once("--allow-host ").unwrap();
    let words: Vec<&str> = text.split_whitespace().take(60).collect();
    assert!(words.join(" ").contains("[default: any name, or any name without a dot if"), "{text}");
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&mut mjpeg(["completions", shell])).expect(0).text();
        assert!(script.contains("mjpeg") && script.contains("fail-on"), "{shell}");
    }
}

#[test]
fn the_list_of_rules_is_up_to_date() {
    let mut text = String::from(
        "# Rules of `mjpeg check`\n\nThe severity depends on the consequence. error: a measured consumer loses frames, or a requested limit is not met. \
         warning: frames are late, or readers must tolerate a deviation. info: no consequence.\n\n\
         The consumers were measured over loopback with 132 variants of one stream, each with a small deviation:\n",
    );
    for consumer in consumers() {
        let _ = writeln!(text, "* `{}`: {}", consumer.name, consumer.version);
    }
    for rule in rules() {
        let _ = write!(
            text,
            "\n## {} {}\n\n**{}**: {}. {}",
            rule.code, rule.name, rule.severity, rule.summary, rule.why
        );
        if let Some(remedy) = remedy(rule) {
            let _ = write!(
                text,
                "\n\nWhat to change: {}\n\n* bad: `` {} ``\n* good: `` {} ``\n\n",
                remedy.cure, remedy.bad, remedy.good
            );
        }
        let _ = write!(text, "Source: {}.", rule.section);
        let effects = rule.effects.iter();
        let broken: Vec<String> =
            effects.map(|(consumer, effect)| format!("{} {effect}", consumer.name)).collect();
        let _ = match &broken[..] {
            [] => writeln!(text, " Consumers: all measured ones play."),
            broken => writeln!(text, " Consumers: {}.", broken.join(", ")),
        };
    }
    verify("docs/rules.md", &text);
}

#[test]
fn the_list_of_faults_is_up_to_date() {
    let mut text = String::from(
        "# Faults of `mjpeg serve`\n\n`mjpeg serve SOURCE --fault NAME[=ARGUMENT][@WHEN]` injects a fault into the stream of each viewer. The example \
         shows it within 40 parts at 20 frames a second. *Shows* is what `mjpeg check` then says: a rule \
         ([rules.md](rules.md)), or a verdict and an exit status.\n",
    );
    let list = run(&mut mjpeg(["serve", "--list-faults", "--format", "json"])).expect(0).text();
    let mut subject = String::new();
    for line in list.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let field = |key: &str| line[key].as_str().unwrap_or_default().to_string();
        if field("subject") != subject {
            subject = field("subject");
            let _ = write!(
                text,
                "\n## {subject}\n\n| fault | what happens | shows | example |\n|---|---|---|---|\n"
            );
        }
        let argument = match (line["argument"].as_str(), line["argument_optional"].as_bool()) {
            (Some(word), Some(true)) => format!("[={word}]"),
            (Some(word), _) => format!("={word}"),
            _ => String::new(),
        };
        let shows = match field("rule") {
            none if none.is_empty() => format!("{}, exit {}", field("verdict"), line["exit"]),
            rule => format!("{rule} {}", field("severity")),
        };
        let (name, summary, example) = (field("name"), field("summary"), field("example"));
        let _ = writeln!(text, "| `{name}{argument}` | {summary} | {shows} | `{example}` |");
    }
    verify("docs/faults.md", &text);
}
