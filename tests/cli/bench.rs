//! `mjpeg bench chunks` over real connections, in short runs.

use crate::kit;

use std::fs;
use std::path::Path;

use kit::picture::SMALLEST;
use kit::run::{End, mjpeg, run, start};
use serde_json::Value;
use tempfile::TempDir;

/// A directory with a picture of each of these lengths: SOI, one comment segment, the smallest frame.
fn frames(lengths: &[usize]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (index, &len) in lengths.iter().enumerate() {
        let fill = len - 6 - SMALLEST.len();
        let comment = u16::try_from(fill + 2).unwrap().to_be_bytes();
        let jpeg = [&[0xff, 0xd8, 0xff, 0xfe], &comment[..], &vec![b' '; fill], SMALLEST].concat();
        assert_eq!(jpeg.len(), len);
        fs::write(directory.path().join(format!("f{}.jpg", index + 1)), jpeg).unwrap();
    }
    directory
}

fn bench(directory: &Path, args: &str) -> End {
    run(mjpeg(["bench", "chunks"]).arg(directory).args(args.split_whitespace()))
}

/// The JSON report of a run, which must end with exit code 0.
fn report(directory: &Path, args: &str) -> Value {
    let end = bench(directory, &format!("--format json --quiet {args}")).expect(0);
    serde_json::from_slice(&end.out).unwrap()
}

/// Standard error of a run that cannot start. The run must end with exit code 6 and print no report.
fn refusal(directory: &Path) -> String {
    let end = bench(directory, "--quiet --duration 200ms").expect(6);
    assert!(end.out.is_empty());
    (*end.err).to_string()
}

#[test]
fn with_reads_of_whole_parts_a_chunk_up_to_the_smallest_part_streams_and_a_larger_one_ends() {
    let directory = frames(&[9_000, 7_000, 8_000, 3_000]);
    let smallest =
        report(directory.path(), "--fps 20 --duration 200ms --pump direct")["part_min_bytes"].as_u64();
    let smallest = smallest.unwrap();
    let chunks = format!("--chunk 1k,{},{smallest},{},8000,1M", smallest - 1, smallest + 1);
    let report = report(
        directory.path(),
        &format!("--fps 20 --duration 1s --pump ends-on-short-read --read part {chunks}"),
    );
    let rows: Vec<(u64, &str, u64)> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let number = |key: &str| row[key].as_u64().unwrap();
            assert_eq!(number("frames_due"), 20);
            assert_eq!(
                (&row["model"]["verdict"], &row["model"]["frames"]),
                (&row["verdict"], &row["frames"])
            );
            (number("chunk_bytes"), row["verdict"].as_str().unwrap(), number("frames"))
        })
        .collect();
    let expected = [
        (1024, "streams", 20),
        (smallest - 1, "streams", 20),
        (smallest, "streams", 20),
        (smallest + 1, "ends", 4),
        (8000, "ends", 2),
        (1 << 20, "ends", 1),
    ];
    assert_eq!(rows, expected);
}

/// Over real connections: how many frames come before the end does not depend on the machine. Whether the others are in time does,
/// and is tested under a simulated clock (`bench/chunks/pump.rs`).
#[test]
fn the_article_is_reproduced() {
    // 30 parts of 28 970 to 64 543 bytes: the 15th is the first below 30 000, the 30th the smallest.
    let mut parts: Vec<usize> = (0..30).map(|n| 31_000 + n * 1_100).collect();
    (parts[3], parts[14], parts[29]) = (64_543, 29_500, 28_970);
    // What is around a picture depends on the largest one only.
    let probe = frames(&[64_000]);
    let overhead =
        report(probe.path(), "--fps 20 --duration 200ms --pump direct")["part_min_bytes"].as_u64().unwrap();
    let overhead = usize::try_from(overhead).unwrap() - 64_000;
    let lengths: Vec<usize> = parts.iter().map(|len| len - overhead).collect();
    let directory = frames(&lengths);
    let report = report(
        directory.path(),
        "--fps 30 --duration 4s --pump ends-on-short-read --chunk 28970,28971,30000,65536",
    );
    assert_eq!((&report["part_min_bytes"], &report["part_max_bytes"]), (&28_970.into(), &64_543.into()));
    let row = |read: &str, chunk: u64| {
        let rows = report["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["read"] == read && row["chunk_bytes"] == chunk).unwrap();
        (row["verdict"].as_str().unwrap().to_string(), row["frames"].as_u64().unwrap())
    };
    for (chunk, frames) in [(28_971, 30), (30_000, 15), (65_536, 1)] {
        assert_eq!(row("part", chunk), ("ends".to_string(), frames), "{chunk}");
    }
    for chunk in [28_970, 28_971, 30_000, 65_536] {
        assert_eq!(row("short", chunk), ("ends".to_string(), 1), "{chunk}");
        let (_, frames) = row("fill", chunk);
        assert!(frames > 30, "{chunk}: the smallest part does not end it: {frames}");
    }
    let (_, frames) = row("part", 28_970);
    assert!(frames > 30, "the smallest part does not end it: {frames}");
}

#[test]
fn a_short_read_at_the_end_of_a_part_ends_the_stream_after_one_frame() {
    let directory = frames(&[9_000, 7_000]);
    let report = report(directory.path(), "--fps 20 --duration 1s --pump ends-on-short-read --read short");
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 9, "the six sizes, and the smallest part with its neighbours");
    for row in rows {
        assert_eq!((&row["verdict"], &row["frames"]), (&"ends".into(), &1.into()), "{row}");
        assert!(row.get("gap_max_ms").is_none(), "one frame has no gap: {row}");
        assert!(row["cause"].as_str().unwrap().contains("taken for the end of the file"));
    }
}

#[test]
fn every_row_of_a_complete_run_agrees_with_the_model() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/frames");
    let report = report(&fixtures, "--fps 10 --duration 2s --chunk 1k,11000,40k,1M");
    assert_eq!(report["schema"], "mjpeg.bench.chunks/1");
    // Only frames that become due are read.
    assert_eq!(
        (&report["frames"], &report["fps"], &report["duration_s"]),
        (&20.into(), &10.0.into(), &2.0.into())
    );
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2 * 3 * 4 + 4);
    let mut verdicts = Vec::new();
    for row in rows {
        let model = &row["model"];
        assert_eq!((&row["verdict"], &row["frames"]), (&model["verdict"], &model["frames"]), "{row}");
        for key in ["gap_max_ms", "latency_p50_ms"] {
            let (measured, predicted) = (row[key].as_f64(), model[key].as_f64());
            assert_eq!(measured.is_some(), predicted.is_some(), "{key}: {row}");
            let apart = (measured.unwrap_or(0.0) - predicted.unwrap_or(0.0)).abs();
            assert!(apart < 100.0, "{key} is more than one interval from the model: {row}");
        }
        let chunked = row["pump"].as_str().unwrap().starts_with("ends-on-");
        assert_eq!(row.get("chunk_bytes").is_some() && row.get("read").is_some(), chunked, "{row}");
        verdicts.push(row["verdict"].as_str().unwrap());
    }
    for verdict in ["nothing", "ends", "bursts", "late", "streams"] {
        assert!(verdicts.contains(&verdict), "no row {verdict}: {verdicts:?}");
    }
}

#[test]
fn tiny_http_sends_nothing_to_http_1_0_and_direct_streams_to_both() {
    let directory = frames(&[20_000]);
    let report = report(directory.path(), "--fps 20 --duration 1s --pump tiny-http,direct");
    let rows: Vec<(&str, &str, &str)> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap();
            (text("pump"), text("http"), text("verdict"))
        })
        .collect();
    let expected = [
        ("tiny-http", "1.0", "nothing"),
        ("tiny-http", "1.1", "late"),
        ("direct", "1.0", "streams"),
        ("direct", "1.1", "streams"),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn the_table_has_colours_only_on_request() {
    let directory = frames(&[5_000]);
    let args = "--fps 20 --duration 200ms --pump direct --quiet";
    let plain = bench(directory.path(), args).expect(0).text();
    assert!(plain.starts_with("1 frame, parts of "), "{plain}");
    assert!(plain.contains("direct, HTTP/1.1\n") && plain.contains("streams"), "{plain}");
    assert!(!plain.contains('\x1b'));
    let coloured = bench(directory.path(), &format!("{args} --color always")).expect(0);
    assert!(coloured.text().contains("\x1b[32mstreams\x1b[0m"));
}

#[test]
fn a_source_without_pictures_ends_with_a_message_and_exit_code_6() {
    let empty = tempfile::tempdir().unwrap();
    assert!(refusal(empty.path()).contains("holds no JPEG files"));
    let missing = empty.path().join("missing");
    assert!(refusal(&missing).starts_with("mjpeg: bench: cannot read directory "));
    let html = empty.path().join("error.jpg");
    fs::write(&html, "<html>").unwrap();
    assert!(refusal(&html).starts_with("mjpeg: bench: cannot read directory "));
    fs::write(empty.path().join("cut.jpg"), b"\xff\xd8\xff\xfe\x00\x09half").unwrap();
    fs::create_dir(empty.path().join("folder.jpg")).unwrap();
    let message = refusal(empty.path());
    // Messages of one kind are counted.
    for part in ["cut.jpg is skipped: ", "2 more files in ", " were skipped", "has no complete JPEG"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    // `serve` has the same source. Its messages must name the command that runs.
    assert!(message.lines().all(|line| line.starts_with("mjpeg: bench: ")), "{message}");
}

#[test]
fn csv_and_markdown_have_the_rows_of_the_json() {
    let directory = frames(&[9_000, 3_000]);
    let args = "--fps 20 --duration 500ms --pump ends-on-short-read,direct --read part --chunk 4k --quiet";
    let csv = bench(directory.path(), &format!("{args} --format csv")).expect(0).text();
    let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.splitn(17, ',').collect()).collect();
    assert_eq!(lines.len(), 1 + 3, "{csv}");
    let column = |name: &str| lines[0].iter().position(|it| *it == name).unwrap();
    let cell = |row: usize, name: &str| lines[row][column(name)];
    assert_eq!(
        (cell(1, "pump"), cell(1, "chunk_bytes"), cell(1, "verdict")),
        ("ends-on-short-read", "4096", "ends")
    );
    // The first part is larger than the chunk, the second one is smaller.
    assert_eq!((cell(1, "frames"), cell(1, "model_frames"), cell(1, "frames_due")), ("2", "2", "10"));
    assert_eq!((cell(3, "pump"), cell(3, "chunk_bytes"), cell(3, "http")), ("direct", "", "1.1"));
    let markdown = bench(directory.path(), &format!("{args} --format markdown")).expect(0).text();
    assert!(markdown.starts_with("| pump | read | http | chunk_bytes |"), "{markdown}");
    assert_eq!(markdown.lines().count(), 2 + 3);
    assert!(markdown.contains("| direct | - | 1.1 | - | streams | 10 | 10 |"), "{markdown}");
}

#[test]
fn a_plot_shows_the_gap_of_each_chunk_size_and_where_the_stream_ends() {
    let directory = frames(&[9_000, 3_000]);
    let file = directory.path().join("gaps.svg");
    let args = "--fps 20 --duration 1s --pump ends-on-short-read --read part,fill --chunk 1k,4k,64k --quiet";
    bench(directory.path(), &format!("{args} --plot {}", file.display())).expect(0);
    let svg = fs::read_to_string(&file).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(svg.contains("ends-on-short-read, part<") && svg.contains("ends-on-short-read, fill<"), "{svg}");
    let missing =
        bench(directory.path(), "--fps 20 --duration 200ms --pump direct --quiet --plot /nowhere/x.svg")
            .expect(6);
    assert!(missing.err.contains("cannot write --plot /nowhere/x.svg"), "{}", &*missing.err);
}

#[test]
fn json_output_does_not_hide_progress() {
    let directory = frames(&[5_000]);
    let end = bench(directory.path(), "--fps 1 --duration 6s --pump direct --format json").expect(0);
    assert!(end.err.contains("rows measured, about "), "{}", &*end.err);
}

#[test]
fn invalid_flag_values_are_usage_errors() {
    let directory = frames(&[5_000]);
    for args in ["--fps 0", "--fps nan", "--chunk 0", "--chunk 2G", "--pump web2py", "--jobs 0"] {
        assert_eq!(bench(directory.path(), args).code(), Some(2), "{args}");
    }
    // These errors are found before anything is opened: a missing directory would give exit code 6.
    for args in ["--duration 0s", "--duration 1h", "--fps 1000 --duration 101s"] {
        let end = bench("/nowhere/at/all".as_ref(), args);
        assert_eq!(end.code(), Some(2), "{args}");
        let err = end.err;
        assert!(err.starts_with("error: ") && err.contains("frames would be due"), "{err}");
        assert!(err.contains("Usage: mjpeg bench chunks"), "{err}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_run_prints_its_report_and_ends_by_the_signal() {
    use std::os::unix::process::ExitStatusExt;

    let directory = frames(&[5_000]);
    let plot = directory.path().join("plot.svg");
    fs::write(&plot, "earlier").unwrap();
    // The report is printed at the end, so it shows that the handler ran: a signal that came before the handler
    // was installed would print nothing.
    let args = ["bench", "chunks", "--quiet", "--format", "json", "--fps", "0.5", "--duration", "100s"];
    let run = start(mjpeg(args).arg("--plot").arg(&plot).arg(directory.path()));
    // The threads that pump start after the handlers are installed.
    let status = format!("/proc/{}/status", run.pid());
    kit::eventually("it measures", || {
        let status = fs::read_to_string(&status).ok()?;
        let threads = status.lines().find_map(|line| line.strip_prefix("Threads:"))?;
        (threads.trim().parse::<u32>().ok()? > 1).then_some(())
    });
    run.signal("INT");
    let end = run.end();
    assert_eq!(end.status.signal(), Some(2));
    assert!(serde_json::from_slice::<Value>(&end.out).is_ok(), "{}", end.text());
    assert_eq!(fs::read_to_string(&plot).unwrap(), "earlier");
}
