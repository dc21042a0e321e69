//! Command lines that cannot be: exit status 2, before anything is opened.

use crate::kit;

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use kit::run::{mjpeg, run};

/// Nothing listens there, and no test gets so far.
const URL: &str = "http://127.0.0.1:9/";

#[test]
fn values_that_cannot_be_are_usage_errors_of_every_command() {
    for args in [
        &["serve", ""][..],
        &["serve", "http:/cam/"],
        &["serve", "htp://"],
        &["serve", "rtsp://"],
        &["record", URL, "out", "--idle", "0s"],
        &["record", URL, URL],
        &["record", "out", URL],
        &["serve", URL, "--silence", "0s"],
        &["serve", URL, "--viewer-buffer", "0"],
        &["serve", URL, "--connect-timeout", "0s"],
        &["serve", URL, "--auth", "foo"],
        &["serve", URL, "--listen", "99999"],
        &["serve", "test:640"],
        &["bench", "chunks", "test:640"],
        &["bench", "chunks", "test:"],
        &["bench", "chunks", "-"],
        &["bench", "chunks", "http:/cam"],
        &["check", "https//cam/"],
        &["record", "http:cam", "out"],
        &["record", URL, "out", "--bytes", "0"],
        &["record", URL, "out", "--connect-timeout", "0"],
        &["record", URL, "--raw", "raw", "--ring", "0s"],
        &["record", URL, "--raw", "raw", "--ring", "1s", "--ring-bytes", "0"],
        &["record", "htp://cam/", "out"],
        &["check", ""],
        &["check", "https:cam"],
        &["check", URL, "--max-gap", "0s"],
        &["check", URL, "--size", "0x0"],
        &["check", "rtsp://"],
        &["inspect", ""],
        &["inspect", "http:/cam/"],
        &["inspect", URL, "--hex", "0"],
        &["inspect", URL, "--diff", ""],
    ] {
        let end = run(&mut mjpeg(args));
        assert_eq!(end.code(), Some(2), "{args:?}: {}", end.err);
    }
}

#[test]
fn a_number_that_is_none_is_said_to_be_none() {
    for args in [
        &["check", "test:", "--frames"][..],
        &["check", "test:", "--jobs"],
        &["record", "test:", "out", "--frames"],
        &["record", "test:", "out", "--every"],
        &["record", "test:", "out", "--skip"],
        &["inspect", "test:", "--frames"],
        &["serve", "test:", "--loops"],
        &["serve", "test:", "--max-viewers"],
        &["serve", "test:", "--seed"],
        &["monitor", URL, "--bad-after"],
        &["monitor", URL, "--captures", "x", "--captures-most"],
        &["bench", "chunks", "x", "--jobs"],
        &["bench", "clients", URL, "-n"],
        &["bench", "clients", URL, "--pid"],
        &["bench", "path", URL, "--frames"],
        &["bench", "path", URL, "--max-loss"],
    ] {
        for wrong in ["1k", "x", "-1", "1.5"] {
            let end = run(mjpeg(args).arg(wrong)).expect(2);
            let first = end.err.lines().next().unwrap();
            let is_named = first.contains("expected a whole number")
                || (wrong.starts_with('-') && first.contains("unexpected argument"));
            assert!(is_named, "{args:?} {wrong}: {first}");
        }
    }
    for (args, expected) in [
        (&["check", "test:", "--frames", "99999999999999999999"][..], "it is too large"),
        (&["serve", "test:", "--viewer-buffer", "x"], "expected a number such as 65536"),
        (&["record", "test:", "out", "--keep", "x"], "expected frames, a size or an age"),
    ] {
        let end = run(&mut mjpeg(args)).expect(2);
        assert!(end.err.contains(expected), "{}", end.err);
    }
}

#[test]
fn every_command_has_the_option_for_colours() {
    for command in kit::COMMANDS {
        let is_coloured = |words: &[&str], variable: (&str, &str)| {
            let end = run(mjpeg(words).arg("--no-such-option").env(variable.0, variable.1)).expect(2);
            let help = run(mjpeg(words).arg("--help").env(variable.0, variable.1)).expect(0).text();
            assert_eq!(end.err.contains('\x1b'), help.contains('\x1b'), "{words:?}");
            help.contains('\x1b')
        };
        let with = |before: &[&'static str], after: &[&'static str]| [before, command, after].concat();
        assert!(is_coloured(&with(&["--color", "always"], &[]), ("NO_COLOR", "1")), "{command:?}");
        assert!(is_coloured(&with(&[], &["--color=always"]), ("NO_COLOR", "1")), "{command:?}");
        assert!(!is_coloured(&with(&[], &["--color", "never"]), ("CLICOLOR_FORCE", "1")), "{command:?}");
        assert!(is_coloured(&with(&[], &["--color", "auto"]), ("CLICOLOR_FORCE", "1")), "{command:?}");
        assert!(!is_coloured(command, ("NO_COLOR", "1")), "{command:?}");
    }
    // The results too, wherever the option stands.
    let capture = kit::repository("fixtures/captures/go2rtc.http");
    for args in
        [&["--color", "always", "check"][..], &["check", "--color", "always"], &["--color=always", "inspect"]]
    {
        let end = run(mjpeg(args).arg(&capture));
        assert!(end.text().contains('\x1b'), "{args:?}: {}", end.text());
    }
}

#[test]
fn the_option_for_colours_may_stand_behind_help() {
    for command in kit::COMMANDS {
        let is_coloured = |before: &[&str], option: &[&str], variable: (&str, &str)| {
            let words = [before, &["help"], command, option].concat();
            run(mjpeg(words).env(variable.0, variable.1)).expect(0).text().contains('\x1b')
        };
        assert!(is_coloured(&[], &["--color", "always"], ("NO_COLOR", "1")), "{command:?}");
        assert!(is_coloured(&["--color=always"], &[], ("NO_COLOR", "1")), "{command:?}");
        assert!(!is_coloured(&[], &["--color=never"], ("CLICOLOR_FORCE", "1")), "{command:?}");
    }
    let help = |words: &[&str]| run(mjpeg(["help"]).args(words).env("NO_COLOR", "1"));
    assert!(help(&["--color", "always"]).expect(0).text().contains('\x1b'));
    assert!(help(&["--color", "always", "check"]).expect(0).text().contains('\x1b'));
    for topic in ["exit-codes", "targets", "formats"] {
        assert_eq!(help(&[topic, "--color", "always"]).expect(0).out, help(&[topic]).expect(0).out);
    }
    assert!(help(&["chekc", "--color", "always"]).expect(2).err.contains('\x1b'));
    for (words, why) in [
        (&["check", "--color"][..], "a value is required for '--color <WHEN>'"),
        (&["check", "--color", "blue"], "invalid value 'blue' for '--color <WHEN>'"),
    ] {
        let end = help(words).expect(2);
        assert!(end.err.contains(why), "{words:?}: {}", end.err);
    }
    let end = run(&mut mjpeg(["--color", "blue", "help", "check"])).expect(2);
    assert!(end.err.contains("invalid value 'blue'"), "{}", end.err);
}

#[test]
fn options_for_urls_are_refused_if_there_is_no_url() {
    let options = [
        &["--header", "A: b"][..],
        &["--user", "u:p"],
        &["--password-file", "x"],
        &["--netrc-file", "x"],
        &["--insecure"],
        &["--cacert", "x"],
        &["--proxy", "http://proxy/"],
        &["--unix-socket", "x"],
        &["--connect-timeout", "1s"],
        &["--wait", "1s"],
        &["--poll", "1s"],
    ];
    for command in [&["serve", "test:"][..], &["check", "x", "-"], &["inspect", "x"], &["record", "x", "out"]]
    {
        for option in options {
            let end = run(mjpeg(command).args(option)).expect(2);
            assert!(end.err.contains(option[0]), "{command:?}: {}", end.err);
        }
    }
    // One of the targets is a URL.
    for args in
        [&["check", "no-such-file", URL, "--wait", "0"][..], &["inspect", "no-such-file", "--diff", URL]]
    {
        let end = run(mjpeg(args).arg("--insecure")).expect(6);
        assert!(end.err.contains("refused"), "{}", end.err);
    }
}

#[test]
fn bare_numbers_are_seconds_in_every_command() {
    let dir = tempfile::tempdir().unwrap();
    let server = kit::run::Server::start(&kit::frames(), &["--fps", "30"]);
    run(mjpeg(["record", &server.stream, "--duration", "1"]).arg(dir.path())).expect(0);
    run(&mut mjpeg(["check", &server.stream, "--duration", "1", "--shallow"])).expect(0);
    run(&mut mjpeg(["inspect", &server.stream, "--duration", "1"])).expect(0);
    let frames = fs::read_dir(dir.path()).unwrap().count();
    assert!(frames > 15, "{frames} files");
}

/// The options of a command that take a value, and the names of the values, from its help.
fn options(command: &[&str]) -> Vec<(String, String)> {
    let help = run(mjpeg(command).arg("--help").env("COLUMNS", "100")).expect(0).text();
    let lines =
        help.lines().filter_map(|line| line.trim_start().split_once("--").map(|(_, rest)| (line, rest)));
    let heads = lines.filter(|(line, _)| line.starts_with("  ") && !line.starts_with("        "));
    heads
        .filter_map(|(_, rest)| rest.split_once([' ', '[']).filter(|(_, value)| value.contains('<')))
        .map(|(name, value)| (format!("--{name}"), value.into()))
        .collect()
}

/// Values that mean something at least for names, paths and passwords.
fn is_a_name(value: &str) -> bool {
    ["FILE", "PATH", "DIR", "USER", "NAME>", "BOUNDARY", "OTHER", "CMD"]
        .iter()
        .any(|kind| value.contains(kind))
}

#[test]
fn every_option_of_every_command_refuses_what_it_cannot_be() {
    let frames = kit::frames();
    let mut seen = 0;
    for command in kit::COMMANDS {
        let arguments: &[&str] = match command {
            ["record"] => &[URL, "no-such-out"],
            ["bench", "chunks"] => &[frames.to_str().unwrap()],
            ["bench", "merge"] => &["no-such-file"],
            ["completions"] => &["bash"],
            ["bench"] | ["man"] => &[],
            _ => &[URL],
        };
        for (option, value) in options(command) {
            seen += 1;
            let wrong: &[&str] = match &*option {
                // None is a value too: no proxy.
                "--proxy" => &["ftp://cam", "http://", "cam:x"],
                _ if is_a_name(&value) => &[""],
                _ => &["", " ", "+5", "NaN", "5parsecs", "1e999", "1,,2"],
            };
            for wrong in wrong {
                let end = run(mjpeg(command).args(arguments).arg(format!("{option}={wrong}")));
                assert_eq!(end.code(), Some(2), "{command:?} {option}={wrong}: {}", end.err);
                assert!(end.err.contains(&option), "{command:?} {option}={wrong}: {}", end.err);
            }
        }
    }
    assert!(seen > 150, "{seen} options");
}

#[test]
fn what_cannot_be_written_is_a_failure_and_a_reader_that_leaves_is_none() {
    for args in [
        &["--help"][..],
        &["-h"],
        &["--version"],
        &["help"],
        &["help", "exit-codes"],
        &["help", "serve"],
        &["serve", "--help"],
        &["bench", "chunks", "--help"],
        &["completions", "bash"],
        &["man"],
        &["man", "check"],
        &["check", "--list-rules"],
        &["check", "--explain", "M203"],
        &["serve", "--list-dialects"],
        &["serve", "--list-faults"],
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut child = mjpeg(args).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let message = BufReader::new(child.stderr.take().unwrap()).lines().next();
        assert_eq!(kit::eventually("its end", || child.try_wait().unwrap()).code(), Some(6), "{args:?}");
        let message = message.unwrap().unwrap();
        assert!(
            message.ends_with("cannot write to standard output: No space left on device (os error 28)"),
            "{message}"
        );

        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = mjpeg(args).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let message = BufReader::new(child.stderr.take().unwrap()).lines().next();
        assert_eq!(kit::eventually("its end", || child.try_wait().unwrap()).code(), Some(0), "{args:?}");
        assert!(message.is_none(), "{args:?}: {message:?}");
    }
}
