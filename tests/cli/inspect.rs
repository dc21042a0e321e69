//! `mjpeg inspect`: rows, formats, what is shown of each part, ends and exit codes.

use crate::kit;

use std::fs;

use kit::camera::{Camera, HEAD, part, part_with_length};
use kit::picture::solid;
use kit::run::{End, Server, mjpeg, run, start};
use serde_json::Value;

fn inspect(target: &str, args: &[&str]) -> End {
    run(mjpeg(["inspect", target]).args(args))
}

fn lines(end: &End) -> Vec<Value> {
    end.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_live_stream_has_a_row_for_each_part() {
    let server = Server::start(&kit::frames(), &["--fps", "20", "--boundary", "frame"]);
    let text = inspect(&server.stream, &["--frames", "5"]).expect(0).text();
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows[0], server.stream);
    assert!(rows[1].starts_with("  HTTP/1.1 200 OK, multipart/x-mixed-replace"), "{text}");
    let columns = ["part", "time s", "gap ms", "offset", "bytes", "framing", "size", "chroma", "q", "notes"];
    assert!(columns.iter().all(|column| rows[2].contains(column)), "{text}");
    for (n, row) in rows[3..8].iter().enumerate() {
        let cells: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(cells[0], (n + 1).to_string());
        assert!(row.contains("length") && row.contains("320x240") && row.contains("X-Timestamp: "), "{row}");
    }
    assert!(rows[8].starts_with("5 parts, ") && rows[8].ends_with("; as many as asked for"), "{text}");
    server.stop();
}

#[test]
fn json_has_the_keys_of_the_manifest_and_more() {
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let rows = lines(&inspect(&server.stream, &["--frames", "4", "--format", "json"]).expect(0));
    assert_eq!(rows.len(), 4);
    let manifest = fs::read_to_string(kit::frames().join("manifest.jsonl")).unwrap();
    let first: Value = serde_json::from_str(manifest.lines().next().unwrap()).unwrap();
    assert!(rows[0].get("gap_ms").is_none() && rows[0]["arrival_ms"].is_number());
    for row in &rows {
        assert_eq!(row["schema"], "mjpeg.inspect/1");
        assert_eq!(
            (&row["framing"], &row["width"], &row["height"]),
            (&"content_length".into(), &320.into(), &240.into())
        );
    }
    assert_eq!(rows[0]["body_bytes"], first["body_bytes"]);
    let gap =
        |n: usize| rows[n]["arrival_ms"].as_f64().unwrap() - rows[n - 1]["arrival_ms"].as_f64().unwrap();
    assert!((gap(2) - rows[2]["gap_ms"].as_f64().unwrap()).abs() < 0.01, "{rows:?}");
    server.stop();
}

#[test]
fn every_kind_of_target_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let one = kit::frames().join("frame-000001.jpg");
    let two = folder.path().join("two.mjpeg");
    let jpeg = fs::read(&one).unwrap();
    fs::write(&two, [&jpeg[..], &jpeg[..]].concat()).unwrap();
    let capture = kit::repository("fixtures/captures/motion.http");
    for (target, least, framing) in [
        (capture.to_str().unwrap(), 3, "content_length"),
        (two.to_str().unwrap(), 2, "scanned"),
        (one.to_str().unwrap(), 1, "scanned"),
        ("test:160x120", 3, "content_length"),
    ] {
        let rows = lines(&inspect(target, &["--frames", "3", "--format", "json"]).expect(0));
        assert_eq!(rows.len(), least, "{target}");
        assert!(rows.iter().all(|row| row.get("arrival_ms").is_none()), "{target}");
        assert!(rows.iter().any(|row| row["framing"] == framing), "{target}: {rows:?}");
    }
    let mut child = kit::run::start_with_input(
        mjpeg(["inspect", "-", "--format", "json"]).stdin(fs::File::open(&capture).unwrap()),
    );
    drop(child.child().stdin.take());
    let from_stdin = child.end().expect(0).text().replace("\"target\":\"-\"", "");
    let from_file = inspect(capture.to_str().unwrap(), &["--format", "json"]).expect(0).text();
    assert_eq!(from_stdin, from_file.replace(&format!("\"target\":{:?}", capture.to_str().unwrap()), ""));
}

#[test]
fn a_recording_is_read_by_its_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    run(mjpeg(["record", &server.stream]).arg(&out).args(["--frames", "5", "--quiet"])).expect(0);
    server.stop();
    let target = out.to_str().unwrap();
    let rows = lines(&inspect(target, &["--format", "json"]).expect(0));
    let manifest = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    assert_eq!(rows.len(), 5);
    for (row, line) in rows.iter().zip(manifest.lines()) {
        let line: Value = serde_json::from_str(line).unwrap();
        for key in ["seq", "part", "file", "offset", "body_bytes", "arrival_ms", "fields"] {
            assert_eq!(row[key], line[key], "{key}");
        }
        assert_eq!(row["width"], 320);
    }
    fs::remove_file(out.join("frame-000003.jpg")).unwrap();
    let text = inspect(target, &["--jpeg"]).expect(0).text();
    assert!(text.contains("cannot read frame-000003.jpg") && text.contains("markers as in part 1"), "{text}");
    let end = inspect(folder.path().to_str().unwrap(), &[]).expect(6);
    assert!(end.err.contains("manifest.jsonl") && end.err.contains("hint: "), "{}", end.err);
}

#[test]
fn heads_hex_and_markers_are_shown_where_asked_for() {
    let jpeg = fs::read(kit::repository("fixtures/jpeg/422-restart.jpg")).unwrap();
    let stream =
        [part(&jpeg), b"--foo\r\nX-Odd: a\x1b]0;title\x07\nContent-Type: image/jpeg\r\n\r\n".to_vec(), jpeg]
            .concat();
    let camera = Camera::sending(HEAD, vec![stream, b"\r\n--foo--\r\n".to_vec()]);
    let end = inspect(&camera.url, &["--headers", "--hex", "20", "--jpeg"]).expect(0);
    let text = end.text();
    for shown in [
        "\n  Content-Type: multipart/x-mixed-replace; boundary=foo\\r\\n\n",
        "\n      X-Odd: a\\x1b]0;title\\x07\\n\n",
        "\n  delimiter 00000000  2d 2d 66 6f 6f 0d 0a ",
        "\n  between   ",
        "--foo..",
        "\n  body      ",
        " 20 bytes",
        "offset  marker     bytes  says\n",
        "  SOI            2\n",
        ", 4:2:2, components 1:2x1/0 2:1x1/1 3:1x1/1\n",
        " restart markers\n",
        "\n      markers as in part 1\n",
        "close-delimiter at byte ",
    ] {
        let shown = if shown == " 20 bytes" { " bytes more\n" } else { shown };
        assert!(text.contains(shown), "{shown:?} is missing:\n{text}");
    }
    assert!(!end.out.iter().any(|byte| *byte < b' ' && *byte != b'\n'), "{text}");
}

#[test]
fn json_has_heads_hex_and_markers_too() {
    let capture = kit::repository("fixtures/captures/motion.http");
    let args = ["--headers", "--hex", "4", "--jpeg", "--frames", "2", "--format", "json"];
    let rows = lines(&inspect(capture.to_str().unwrap(), &args).expect(0));
    assert!(rows[0]["response_head"].as_str().unwrap().starts_with("HTTP/1."));
    assert!(rows[1].get("response_head").is_none());
    assert!(rows[1]["head"].as_str().unwrap().to_ascii_lowercase().contains("content-length: "));
    let body = rows[1]["hex"].as_array().unwrap().last().unwrap();
    assert_eq!((&body["name"], &body["hex"]), (&"body".into(), &"ffd8ffe0".into()));
    assert_eq!(body["offset"], rows[1]["offset"]);
    let markers = rows[1]["markers"].as_array().unwrap();
    assert_eq!((&markers[0]["marker"], &markers.last().unwrap()["marker"]), (&"SOI".into(), &"EOI".into()));
}

#[test]
fn deviations_and_damage_are_in_the_row_of_their_part() {
    let jpeg = solid([10, 20, 30], 16, 16);
    let cut = &jpeg[..jpeg.len() - 40];
    let stream = [part(&jpeg), part_with_length(&jpeg, jpeg.len() - 3), part(cut), b"--foo--\r\n".to_vec()];
    let camera = Camera::sending(HEAD, stream.to_vec());
    let rows = lines(&inspect(&camera.url, &["--format", "json"]).expect(0));
    assert_eq!(rows.len(), 3);
    assert!(rows[0].get("deviations").is_none() && rows[0].get("damage").is_none(), "{rows:?}");
    assert!(rows[1]["deviations"][0].as_str().unwrap().contains("3 more"), "{rows:?}");
    assert!(rows[2]["damage"].is_string(), "{rows:?}");
}

#[test]
fn exit_codes_follow_the_end_of_the_stream() {
    let jpeg = solid([1, 2, 3], 16, 16);
    for (script, code, says) in [
        (vec![part(&jpeg), b"--foo--\r\n".to_vec()], 0, None),
        (vec![part(&jpeg), part(&jpeg)[..60].to_vec()], 5, Some("cut inside a part")),
        (vec![b"<html>nothing</html>".to_vec()], 4, Some("not an MJPEG stream")),
    ] {
        let camera = Camera::sending(HEAD, script);
        let end = inspect(&camera.url, &[]).expect(code);
        if let Some(says) = says {
            assert!(end.err.contains(says) && end.err.starts_with("mjpeg: inspect: http"), "{}", end.err);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut.http");
    fs::write(&cut, [HEAD.as_bytes(), &part(&jpeg)[..100]].concat()).unwrap();
    let end = inspect(cut.to_str().unwrap(), &[]).expect(4);
    assert!(end.err.contains("no complete part was found"), "{}", end.err);
    assert!(inspect("http://127.0.0.1:1/", &[]).expect(3).err.contains("127.0.0.1:1"));
    assert!(inspect("no/such/file", &[]).expect(6).err.contains("no/such/file"));
    for usage in [
        &["--frames", "0"][..],
        &["--idle", "0"],
        &["--poll", "1s"],
        &["--hex", "65k"],
        &["--all"],
        &["--diff", "x", "--jpeg"],
    ] {
        assert_eq!(inspect("test:", usage).code(), Some(2), "{usage:?}");
    }
}

#[test]
fn a_reader_that_leaves_does_not_change_the_exit_code() {
    let script = format!(
        "{} inspect test:160x120 --frames 2000 | head -n 3; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_mjpeg")
    );
    let end = run(std::process::Command::new("bash").args(["-c", &script])).expect(0);
    assert_eq!(end.text().lines().count(), 3);
    assert_eq!(&*end.err, "");
}

#[test]
fn a_signal_prints_what_came_and_kills() {
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let inspect = start(&mut mjpeg(["inspect", &server.stream, "--frames", "100000"]));
    while !inspect.line().trim_start().starts_with("3 ") {}
    inspect.signal("INT");
    let end = inspect.end();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&end.status), Some(2));
    assert!(end.text().trim_end().ends_with("; ended by a signal"), "{}", end.text());
    server.stop();
}

#[test]
fn colour_is_asked_for_and_never_by_default_in_a_pipe() {
    let capture = kit::repository("fixtures/captures/motion.http");
    let of = |args: &[&str]| inspect(capture.to_str().unwrap(), args).expect(0).text();
    assert!(!of(&[]).contains('\x1b') && !of(&["--color", "never"]).contains('\x1b'));
    let coloured = of(&["--color", "always", "--headers", "--hex", "8", "--jpeg"]);
    assert!(coloured.contains("\x1b[1m") && coloured.contains("\x1b[94m"), "{coloured}");
    let mut command = mjpeg(["inspect", capture.to_str().unwrap()]);
    assert!(!run(command.env("NO_COLOR", "1")).expect(0).text().contains('\x1b'));
}

#[test]
fn the_example_of_the_readme_is_what_is_printed() {
    let readme = fs::read_to_string(kit::repository("README.md")).unwrap();
    let mut inspect = mjpeg(["inspect", "fixtures/captures/motion.http", "--frames", "2"]);
    let printed = run(inspect.current_dir(kit::repository("."))).expect(0).text();
    assert!(readme.contains(&format!("```text\n{printed}```")), "{printed}");
}

#[test]
fn json_says_why_there_is_no_stream_or_no_more_of_it() {
    let jpeg = solid([1, 2, 3], 16, 16);
    let html = Camera::sending(HEAD, vec![b"<html>nothing</html>".to_vec()]);
    let cut = Camera::sending(HEAD, vec![part(&jpeg), part(&jpeg)[..60].to_vec()]);
    for (target, code, verdict, parts) in [
        ("http://127.0.0.1:1/", 3, "unreachable", 0),
        (&html.url[..], 4, "not_a_stream", 0),
        (&cut.url[..], 5, "stalled", 2),
        ("no/such/file", 6, "error", 0),
    ] {
        let end = inspect(target, &["--format", "json"]).expect(code);
        let last = lines(&end).pop().unwrap();
        assert_eq!(
            (&last["schema"], &last["target"], &last["verdict"], &last["parts"]),
            (&"mjpeg.inspect.failure/1".into(), &target.into(), &verdict.into(), &parts.into())
        );
        let error = last["error"].as_str().unwrap();
        assert!(end.err.starts_with(&format!("mjpeg: inspect: {error}")), "{last} {}", end.err);
    }
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let inspect = start(&mut mjpeg(["inspect", &server.stream, "--frames", "100000", "--format", "json"]));
    inspect.line();
    inspect.signal("INT");
    let last = lines(&inspect.end()).pop().unwrap();
    assert_eq!((&last["verdict"], &last["target"]), (&"interrupted".into(), &server.stream[..].into()));
    server.stop();
}

#[test]
fn the_heads_on_the_way_to_the_stream_are_shown_too() {
    let jpeg = solid([1, 2, 3], 16, 16);
    let heads = [
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\nContent-Length: 4\r\n\r\nnope",
        "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ];
    let stream = [HEAD.as_bytes(), &part(&jpeg), b"--foo--\r\n"].concat();
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.http");
    fs::write(&saved, [heads.concat().as_bytes(), &stream].concat()).unwrap();
    let live = Camera::visits(6, move |number, _, connection| match number % 3 {
        1 => connection.send(heads[0].as_bytes()),
        2 => connection.send(heads[1].as_bytes()),
        _ => {
            connection.send(heads[2].as_bytes());
            connection.send(&stream);
        }
    });
    let with_password = live.url.replace("http://", "http://u:p@");
    for target in [saved.to_str().unwrap(), &with_password] {
        let text = inspect(target, &["--headers"]).expect(0).text();
        let places: Vec<usize> =
            ["401 Unauthorized\\r\\n", "302 Found\\r\\n", "100 Continue\\r\\n", "200 OK\\r\\n"]
                .iter()
                .map(|line| text.find(line).unwrap_or_else(|| panic!("{line}: {text}")))
                .collect();
        assert!(places.is_sorted(), "{text}");
        let rows = lines(&inspect(target, &["--headers", "--format", "json"]).expect(0));
        let earlier: Vec<&str> =
            rows[0]["earlier_heads"].as_array().unwrap().iter().map(|head| head.as_str().unwrap()).collect();
        assert_eq!(earlier, heads.map(|head| head.trim_end_matches("nope")), "{target}");
    }
    let text = inspect(saved.to_str().unwrap(), &[]).expect(0).text();
    assert!(text.contains("; before it: 401 Unauthorized, 302 Found, 100 Continue\n"), "{text}");
}
