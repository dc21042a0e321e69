//! `mjpeg check --format`: JUnit, GitHub, Nagios, Prometheus and Markdown, read by the programs that they are for.

use crate::kit;

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use kit::camera::Camera;
use kit::peer;
use kit::picture::solid;
use kit::run::{End, mjpeg, run, run_with_input};

/// Prints the cases, failures, errors and skipped cases of each suite of the file in standard input. Each failure and error has a
/// text: GitLab shows nothing else.
const JUNIT_READER: &str = "
import sys
from junitparser import JUnitXml
text = sys.stdin.buffer.read()
for suite in JUnitXml.fromstring(text):
    for case in suite:
        for result in case.result:
            assert result._tag == 'skipped' or result.text.strip(), case.name
    print(suite.name, suite.tests, suite.failures, suite.errors, suite.skipped, len(list(suite)))
";

/// A saved response whose text tries to break out of each format.
fn hostile(folder: &std::path::Path) -> PathBuf {
    let file = folder.join("hostile.http");
    let picture = solid([9, 9, 9], 16, 16);
    let mut bytes =
        b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=foo\r\n\r\n".to_vec();
    for _ in 0..2 {
        let evil = "a|b`id`$(id)<b>]]>%0A::error::x\"'\u{202e}";
        bytes.extend_from_slice(format!("--foo\r\nContent-Type: image/{evil}\r\n").as_bytes());
        bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", picture.len()).as_bytes());
        bytes.extend_from_slice(&picture);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"--foo--\r\n");
    fs::write(&file, bytes).unwrap();
    file
}

fn motion() -> String {
    kit::repository("fixtures/captures/motion.http").to_str().unwrap().into()
}

fn check(format: &str, targets: &[&str]) -> End {
    run(mjpeg(["check", "--format", format]).args(targets))
}

/// No control character but the line end, and nothing that changes the direction of text.
#[track_caller]
fn assert_plain(text: &str) {
    let is_plain = |c: char| c == '\n' || !(c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    assert!(text.chars().all(is_plain), "{text:?}");
}

#[test]
fn junit_is_read_by_junitparser() {
    let Some(mut python) = peer::python("junitparser") else { return };
    let folder = tempfile::tempdir().unwrap();
    let hostile = hostile(folder.path());
    let end = check("junit", &[hostile.to_str().unwrap(), &motion(), "http://127.0.0.1:1/"]).expect(3);
    let text = end.text();
    assert_plain(&text);
    let read = run_with_input(python.args(["-c", JUNIT_READER]), text.as_bytes()).expect(0).text();
    let rows: Vec<Vec<&str>> = read.lines().map(|line| line.split(' ').collect()).collect();
    let rules = run(&mut mjpeg(["check", "--list-rules"])).expect(0).text().lines().count();
    assert_eq!(rows.len(), 3, "{read}");
    for row in &rows {
        assert!(row[1] == (rules + 1).to_string() && row[1] == row[5], "{read}");
    }
    assert_eq!((rows[0][2], rows[1][2], rows[2][2]), ("1", "0", "0"), "{read}");
    assert_eq!((rows[0][3], rows[2][3], rows[2][4]), ("0", "1", &*rules.to_string()), "{read}");
    assert!(text.contains("M224 part-type-not-jpeg") && text.contains("&lt;b&gt;]]&gt;%0A"), "{text}");
}

#[test]
fn promtool_accepts_the_metrics() {
    let Some(mut promtool) = peer::command("promtool") else { return };
    let folder = tempfile::tempdir().unwrap();
    let hostile = folder.path().join("a\"b\\c\nd{}");
    fs::copy(motion(), &hostile).unwrap();
    let end = check("prometheus", &[hostile.to_str().unwrap(), &motion(), &motion(), "http://127.0.0.1:1/"])
        .expect(3);
    let read = run_with_input(promtool.args(["check", "metrics"]), &end.out);
    assert!(
        read.status.success() && read.text().is_empty() && read.err.is_empty(),
        "{}{}",
        read.text(),
        read.err
    );
    assert_plain(&end.text());
}

#[test]
fn nagios_has_the_exit_statuses_and_the_line_of_its_plugins() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = hostile(folder.path());
    let hostile = hostile.to_str().unwrap();
    let html = Camera::sending("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", vec![b"<p>".to_vec()]);
    let motion = motion();
    let idle = ["test:", "--frames", "3", "--min-fps", "1"];
    let cases: [(&[&str], i32, &str); 11] = [
        (&[&motion], 0, "MJPEG OK - "),
        (&[&motion, "--fail-on", "info"], 1, "MJPEG WARNING - "),
        (&[hostile], 2, "MJPEG CRITICAL - "),
        (&["http://127.0.0.1:1/"], 2, "unreachable"),
        (&[&html.url], 2, "not a stream"),
        (&[&motion, "http://127.0.0.1:1/"], 2, "1 of 2 targets is not ok"),
        (&idle, 0, "MJPEG OK - "),
        (&["/missing/capture.http"], 3, "MJPEG UNKNOWN - "),
        (&["--targets", "/missing/cameras.txt"], 3, "MJPEG UNKNOWN - "),
        (&[], 3, "MJPEG UNKNOWN - "),
        (&["test:", "--frames", "x"], 3, "MJPEG UNKNOWN - "),
    ];
    for (args, code, start) in cases {
        let end = check("nagios", args);
        let text = end.text();
        assert_eq!(end.code(), Some(code), "{args:?}: {text}{}", end.err);
        assert!(
            text.contains(start) && text.starts_with("MJPEG ") && text.lines().count() == 1,
            "{args:?}: {text}"
        );
        assert_plain(&text);
        if args == idle {
            assert!(end.err.contains("--min-fps is not judged"), "{}", end.err);
        }
        // 'label'=value[UOM];[warn];[crit];[min];[max]
        let mut halves = text.trim_end().split(" | ");
        assert!(!halves.next().unwrap().contains(['|', '`', '$', '<', '"']), "{text}");
        for item in halves.next().unwrap_or_default().split_ascii_whitespace() {
            let (label, value) = item.split_once('=').unwrap();
            assert!(!label.trim_matches('\'').contains(['\'', '=']), "{item}");
            let fields: Vec<&str> = value.split(';').collect();
            let number = fields[0].trim_end_matches(['s', 'B']);
            assert!(number.parse::<f64>().is_ok() && fields.len() == 5, "{item}");
        }
        assert!(halves.next().is_none(), "{text}");
    }
    // Usage errors of other formats keep their status.
    assert_eq!(check("json", &[]).code(), Some(2));
}

#[test]
fn text_of_a_camera_stays_text_for_github_and_in_markdown() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = hostile(folder.path());
    let hostile = hostile.to_str().unwrap();
    let text = check("github", &[hostile]).expect(1).text();
    assert_plain(&text);
    let errors: Vec<&str> = text.lines().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(errors.len(), 1, "{text}");
    assert!(
        errors[0].contains("title=M224 part-type-not-jpeg::") && errors[0].contains("%250A::error::x"),
        "{text}"
    );
    assert!(
        text.lines()
            .all(|line| ["::error ", "::warning ", "::notice "].iter().any(|it| line.starts_with(it)))
    );
    let text = check("markdown", &[hostile]).expect(1).text();
    assert_plain(&text);
    let row = text.lines().find(|line| line.starts_with("| error | M224")).unwrap();
    assert_eq!(row.replace("\\|", "").matches('|').count(), 5, "{row}");
    assert!(row.contains("``") && row.contains("a\\|b`id`"), "{row}");
}

#[test]
fn a_baseline_that_cannot_be_used_gives_each_format_a_whole_document() {
    let motion = motion();
    for (format, end_of_text) in [("junit", "</testsuites>\n"), ("prometheus", "\n"), ("markdown", "\n")] {
        let end = check(format, &[&motion, "--baseline", "/missing/baseline.json"]).expect(6);
        assert!(end.text().ends_with(end_of_text) && end.text().contains("motion.http"), "{}", end.text());
        assert!(end.err.contains("baseline"));
    }
    let end =
        run(mjpeg(["check", "--format", "nagios", &motion, "--baseline", "/missing"]).stdin(Stdio::null()));
    assert!(end.expect(3).text().starts_with("MJPEG UNKNOWN - "));
}

#[test]
fn a_full_disk_is_unknown_to_nagios_and_our_side_to_others() {
    let motion = kit::repository("fixtures/captures/motion.http");
    for (format, status) in [("nagios", 3), ("text", 6)] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let out = mjpeg(["check", "--format", format]).arg(&motion).stdout(full).output().unwrap();
        assert_eq!(out.status.code(), Some(status), "{format}");
        let err = String::from_utf8_lossy(&out.stderr);
        assert!(err.contains("cannot write to standard output"), "{err}");
    }
}
