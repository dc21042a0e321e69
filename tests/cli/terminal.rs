//! What `inspect` and `check` show on a terminal: widths, colour, progress.

use crate::kit;

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use kit::run::{Server, mjpeg, run};

/// What a command of `mjpeg` prints on a terminal of this many columns; `None` without `script`.
fn on_terminal(columns: u16, args: &str) -> Option<String> {
    kit::peer::find("script")?;
    let command = format!("stty cols {columns} rows 40; {} {args}", env!("CARGO_BIN_EXE_mjpeg"));
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]).env("TERM", "xterm");
    Some(run(script.env_remove("NO_COLOR").current_dir(kit::repository("."))).text())
}

/// The text without what sets colours and clears lines: `ESC [`, parameters, and a final byte (ECMA-48 5.4).
fn plain(text: &str) -> String {
    let mut pieces = text.split("\x1b[");
    let first = pieces.next().unwrap_or_default().to_string();
    let is_final = |c: char| ('@'..='~').contains(&c);
    pieces.fold(first, |text, piece| text + piece.split_once(is_final).map_or("", |(_, behind)| behind))
}

/// The lines without colours, and without the progress that they are drawn over.
fn lines(text: &str) -> Vec<String> {
    let plain = plain(text);
    plain.lines().map(|line| line.trim_end().rsplit('\r').next().unwrap_or_default().to_string()).collect()
}

#[test]
fn progress_that_a_line_is_drawn_over_is_no_part_of_it() {
    let text = "\x1b[1mfirst\x1b[0m\r\n\r\x1b[2K⠁ 3 parts, 1.0 s\r\x1b[2Ksecond line\r\n";
    assert_eq!(lines(text), ["first", "second line"]);
}

#[test]
fn no_line_of_inspect_is_wider_than_the_terminal() {
    let captures = "fixtures/captures/motion.http";
    for columns in [80, 120, 200] {
        for args in [
            format!("inspect {captures} --headers --hex 20 --jpeg"),
            format!("inspect {captures} --diff fixtures/captures/ustreamer-4.9.http --all"),
            "inspect fixtures/captures/go2rtc.http --frames 3".into(),
            "inspect fixtures/frames --jpeg".into(),
        ] {
            let Some(text) = on_terminal(columns, &args) else { return };
            assert!(text.contains("\x1b["), "no colour: {text}");
            // A head is shown as received: a terminal wraps its lines.
            let is_head = |line: &str| line.ends_with("\\r\\n");
            for line in lines(&text).iter().filter(|line| !is_head(line)) {
                assert!(line.chars().count() <= usize::from(columns), "{columns} {args}: {line:?}");
            }
        }
    }
}

#[test]
fn a_wide_terminal_has_more_columns() {
    let server = Server::start(&kit::frames(), &["--fps", "30"]);
    let shown = |columns| on_terminal(columns, &format!("inspect {} --frames 3", server.stream));
    if let (Some(narrow), Some(wide)) = (shown(80), shown(200)) {
        assert!(!narrow.contains("chroma") && narrow.contains("gap ms"), "{narrow}");
        assert!(
            wide.contains("chroma") && wide.contains("offset") && wide.contains("X-Timestamp: "),
            "{wide}"
        );
    }
    server.stop();
}

#[test]
fn check_shows_progress_and_a_table_that_fits() {
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let args = format!("check {0} {0} no-such-file --frames 25", server.stream);
    if let Some(text) = on_terminal(80, &args) {
        assert!(text.contains("of 3 targets, "), "no progress: {text}");
        let shown = plain(&text);
        let (_, table) = shown.rsplit_once("target ").unwrap();
        assert_eq!(table.lines().filter(|line| !line.trim().is_empty()).count(), 4, "{text}");
        assert!(table.lines().all(|line| line.trim_end().chars().count() <= 80), "{table}");
    }
    server.stop();
}

#[test]
fn no_line_of_check_is_wider_than_the_terminal_and_a_pipe_has_a_line_each() {
    for args in [
        "check fixtures/captures/motion.http fixtures/streams/axis-vapix-250s-manual/stream.http",
        "check --list-rules",
        "check --explain M203",
    ] {
        let mut piped = mjpeg(args.split(' '));
        let piped = run(piped.current_dir(kit::repository("."))).text();
        for columns in [70, 80] {
            let Some(text) = on_terminal(columns, args) else { return };
            for line in lines(&text) {
                assert!(line.chars().count() <= usize::from(columns), "{columns} {args}: {line:?}");
            }
            assert!(
                text.lines().count() > piped.lines().count() || args.contains("explain"),
                "{args}: {text}"
            );
        }
    }
    let mut list = mjpeg(["check", "--list-rules"]);
    let rules = run(&mut list).text();
    assert!(rules.lines().all(|line| !line.starts_with(' ')), "{rules}");
}

/// So that no line of standard output comes into the middle of one if both are the same file.
#[test]
fn each_message_is_written_at_once_with_its_end() {
    // Each write to it is a datagram.
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    let mut command = mjpeg(["check", "/nowhere.http"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(OwnedFd::from(theirs));
    let mut child = command.spawn().unwrap();
    drop(command);
    ours.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut bytes = [0; 4096];
    let length = ours.recv(&mut bytes).unwrap();
    child.wait().unwrap();
    let message = std::str::from_utf8(&bytes[..length]).unwrap();
    assert!(message.starts_with("mjpeg: check: ") && message.ends_with('\n'), "{message:?}");
}
