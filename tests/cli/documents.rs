//! Documents that are generated from the code. They are committed; these tests compare them, or rewrite them with
//! `MJPEG_BLESS=1`.

use crate::fault_pairs::{JOINED, UNDONE};
use crate::kit;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

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
    let folder = tempfile::tempdir().unwrap();
    // As in a new home.
    let made = folder.path().join("share/man/man1");
    run(mjpeg(["man", "--all"]).arg(&made)).expect(0);
    let names = |folder: &Path| -> BTreeSet<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    for page in names(&made) {
        verify(&format!("man/{page}"), &fs::read_to_string(made.join(&page)).unwrap());
    }
    assert_eq!(names(&kit::repository("man")), names(&made), "a page of a command that does not exist");
    let one = run(&mut mjpeg(["man", "bench", "chunks"])).expect(0).text();
    assert_eq!(one, fs::read_to_string(made.join("mjpeg-bench-chunks.1")).unwrap());
    assert_eq!(run(&mut mjpeg(["man", "mjpeg-bench-chunks"])).expect(0).text(), one);
    let whole = run(&mut mjpeg(["man"])).expect(0).text();
    assert_eq!(run(&mut mjpeg(["man", "mjpeg"])).expect(0).text(), whole);
    assert!(run(&mut mjpeg(["man", "chunks"])).expect(2).err.contains("no man page for `chunks`"));
}

#[test]
fn man_pages_have_all_sections_and_refer_to_pages_that_exist() {
    for entry in fs::read_dir(kit::repository("man")).unwrap() {
        let path = entry.unwrap().path();
        let page = fs::read_to_string(&path).unwrap();
        for (before, _) in page.match_indices("(1)").map(|(at, _)| page.split_at(at)) {
            let name =
                before.rsplit(|c: char| !c.is_ascii_alphanumeric() && !"\\-".contains(c)).next().unwrap();
            let name = name.replace("\\fB", "").replace('\\', "");
            assert!(
                kit::repository(&format!("man/{name}.1")).is_file(),
                "{} refers to {name}(1)",
                path.display()
            );
        }
        let is_topic =
            ["exit-codes", "formats", "targets"].iter().any(|it| path.ends_with(format!("mjpeg-{it}.1")));
        let sections: &[&str] = match is_topic {
            true => &["NAME", "DESCRIPTION", "SEE ALSO"],
            false => &["NAME", "SYNOPSIS", "OPTIONS", "EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "SEE ALSO"],
        };
        let has_files = !is_topic
            && !["mjpeg", "mjpeg-bench", "mjpeg-completions"]
                .iter()
                .any(|it| path.ends_with(format!("{it}.1")));
        for section in sections.iter().chain(has_files.then_some(&"FILES")) {
            assert!(
                page.contains(&format!(".SH {section}")) || page.contains(&format!(".SH \"{section}\"")),
                "{}: {section}",
                path.display()
            );
        }
    }
}

#[test]
fn the_index_has_all_documents_and_links_lead_to_files() {
    let index = fs::read_to_string(kit::repository("docs/README.md")).unwrap();
    for entry in fs::read_dir(kit::repository("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // The pictures are shown where they are explained.
        let is_listed = index.contains(&format!("]({name})")) || ["README.md", "plots"].contains(&&*name);
        assert!(is_listed, "{name} is not in docs/README.md");
    }
    let mut links = 0;
    for document in kit::documents() {
        let text = fs::read_to_string(kit::repository(&document)).unwrap();
        let folder = kit::repository(&document).parent().unwrap().to_path_buf();
        for (at, _) in text.match_indices("](") {
            let link = text[at + 2..].split(')').next().unwrap().split('#').next().unwrap();
            if !link.is_empty() && !link.contains("://") && !link.contains(char::is_whitespace) {
                let is_left_out = link.starts_with("fuzz/") && !kit::has_fuzz();
                assert!(folder.join(link).exists() || is_left_out, "{document}: {link}");
                links += 1;
            }
        }
    }
    assert!(links > 50, "{links}");
}

/// Each claim of SECURITY.md names tests that exist.
#[test]
fn the_claims_about_security_have_tests() {
    fn sources(folder: &Path, all: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, all);
            } else if path.extension().is_some_and(|it| it == "rs") {
                // Those of proptest are indented further.
                let text = fs::read_to_string(&path).unwrap();
                all.extend(text.lines().map(|line| line.trim().to_string() + "\n"));
            }
        }
    }
    let mut all = String::new();
    sources(&kit::repository("src"), &mut all);
    sources(&kit::repository("tests"), &mut all);
    let text = fs::read_to_string(kit::repository("SECURITY.md")).unwrap();
    let (_, claims) = text.split_once("| claim | test |\n").unwrap();
    let claims: Vec<&str> = claims.lines().skip(1).collect();
    assert!(claims.len() > 15, "{}", claims.len());
    for claim in claims {
        let (_, tests) = claim.trim_end_matches('|').rsplit_once('|').unwrap();
        for name in tests.split(',').map(|name| name.trim().trim_matches('`')) {
            assert!(all.contains(&format!("#[test]\nfn {name}(")), "{name}: {claim}");
        }
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
        assert_eq!(run(&mut mjpeg([topic])).expect(0).text(), help);
    }
}

#[test]
fn the_help_of_commands_has_examples() {
    for command in std::iter::once(&[][..]).chain(kit::COMMANDS) {
        let help = run(mjpeg(command).arg("--help")).expect(0).text();
        let (_, examples) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{help}"));
        let name = [&["mjpeg"], command].concat().join(" ");
        assert!(examples.contains(&format!("  {name} ")), "{examples}");
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
         warning: frames are late, or readers must tolerate a deviation. info: no consequence. Two rules are warnings although some \
         programs show nothing, since most play: H117 (VLC, strict libraries) and M206 (go2rtc and other libraries). A rule may explain others: they are not reported beside it, or as an info.\n\n\
         The consumers were measured over loopback with 132 variants of one stream, each with a small deviation. \
         `benches/consumers` measures programs again, also with the faults of `mjpeg serve`:\n",
    );
    for consumer in consumers() {
        let _ = writeln!(text, "* `{}`: {}", consumer.name, consumer.version);
    }
    text.push_str(
        "\nChromium crashes like this: it shows nothing once a part has come that it cannot decode, and its tab crashes when the server \
         ends the stream. The tab lives if the connection is reset, or if the stream is the page and not a picture in it. `check` predicts \
         `crashes` unless the connection was reset: then it is `dies` or `nothing`.\n",
    );
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
        let explained: Vec<&str> = rule.explains.iter().map(|rule| rule.code).collect();
        if !explained.is_empty() {
            let _ = writeln!(text, "Explains {}: not reported beside it.", explained.join(", "));
        }
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
    text += "\n## Two faults at a time\n\nThe order in which faults are given makes no difference: those of pictures are applied first, and one that replaces or removes something after those that change it. So some \
             hide others: a picture that is replaced is not cut too, and a head that is missing has no wrong field. Of two faults, \
             `mjpeg check` names both, or the one that hides the other, unless they cancel out. In these pairs one \
             rule, which is that of neither alone, names both:\n\n| fault | and | shows | why |\n|---|---|---|---|\n";
    for (one, other, shows, why) in JOINED {
        let names =
            |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
        let _ = writeln!(text, "| {} | {} | {} | {why} |", names(one), names(other), shows.join(", "));
    }
    text += "\nThese pairs cancel out: no rule names one of them, and the verdict is pass:\n\n| fault | and | why |\n|---|---|---|\n";
    for (one, other, why) in UNDONE {
        let _ = writeln!(text, "| `{one}` | `{other}` | {why} |");
    }
    verify("docs/faults.md", &text);
}
