//! The results of several targets beside each other.

use std::collections::HashSet;

use mjpeg::check::Severity;

use crate::criteria::Verdict;
use crate::output::{self, printable};
use crate::paint::{Ink, Paint};
use crate::verdict::finished::Finished;

/// The least characters for the name of a target, if the terminal is narrow.
const LEAST_NAME: usize = 16;
/// The columns behind the name: heading, width, and whether it is a number. That of verdicts is as wide as they are.
const COLUMNS: [(&str, usize, bool); 10] = [
    ("verdict", 7, false),
    ("fps", 6, true),
    ("p50 ms", 7, true),
    ("p99 ms", 7, true),
    ("max ms", 7, true),
    ("size", 9, false),
    ("a frame", 8, true),
    ("errors", 6, true),
    ("warnings", 8, true),
    ("infos", 5, true),
];
/// Those that a narrow terminal leaves out, the first one first.
const LEFT_OUT: [&str; 5] = ["a frame", "p50 ms", "infos", "max ms", "size"];

/// The result of one target, for the table.
#[derive(Debug)]
pub struct Result {
    name: String,
    verdict: Verdict,
    cells: [String; COLUMNS.len()],
}

impl Result {
    /// The result of a target.
    pub fn of(finished: &Finished) -> Self {
        let timing = finished.timing.as_ref();
        let ms = |ms: f64| format!("{ms:.0}");
        let is_read = finished.has_report();
        let count = |severity| if is_read { finished.count(severity).to_string() } else { String::new() };
        let frames = finished.frames.as_ref();
        let size = frames.and_then(|it| it.width.zip(it.height));
        Self {
            name: printable(finished.shown()),
            verdict: finished.verdict,
            cells: [
                finished.verdict.words(),
                timing.map(|it| format!("{:.2}", it.fps)).unwrap_or_default(),
                timing.map(|it| ms(it.gap_p50_ms)).unwrap_or_default(),
                timing.map(|it| ms(it.gap_p99_ms)).unwrap_or_default(),
                timing.map(|it| ms(it.gap_max_ms)).unwrap_or_default(),
                size.map(|(width, height)| format!("{width}x{height}")).unwrap_or_default(),
                frames.and_then(|it| it.bytes_p50).map(output::bytes).unwrap_or_default(),
                count(Severity::Error),
                count(Severity::Warning),
                count(Severity::Info),
            ],
        }
    }
}

/// The table, at most `width` characters wide if that is possible.
pub fn table(results: &[Result], width: Option<usize>, paint: Paint) -> String {
    // Files have no times: their columns would only take room from the names.
    let has_values = |&n: &usize| results.iter().any(|it| !it.cells[n].is_empty());
    let mut shown: Vec<usize> = (0..COLUMNS.len()).filter(has_values).collect();
    let mut widths = COLUMNS.map(|(_, width, _)| width);
    widths[0] = results.iter().map(|it| it.cells[0].chars().count()).fold(widths[0], usize::max);
    let total = |shown: &[usize]| shown.iter().map(|&n| widths[n] + 2).sum::<usize>();
    let padded = |n: usize, text: &str| {
        let width = widths[n];
        if COLUMNS[n].2 { format!("{text:>width$}") } else { format!("{text:width$}") }
    };
    for left_out in LEFT_OUT {
        if width.is_some_and(|width| total(&shown) + LEAST_NAME > width) {
            shown.retain(|&n| COLUMNS[n].0 != left_out);
        }
    }
    let longest = results.iter().map(|it| it.name.chars().count()).max().unwrap_or(0).max("target".len());
    let room = width.map_or(longest, |width| width.saturating_sub(total(&shown)).max(LEAST_NAME));
    let name_width = longest.min(room);
    let line =
        |name: &str, cells: Vec<String>| format!("{name}  {}", cells.join("  ")).trim_end().to_string();
    let headings = shown.iter().map(|&n| padded(n, COLUMNS[n].0)).collect();
    let mut lines = vec![paint.ink(Ink::Heading, line(&format!("{:name_width$}", "target"), headings))];
    for (result, name) in results.iter().zip(shortened(results, name_width)) {
        let cells = shown.iter().map(|&n| {
            let text = padded(n, &result.cells[n]);
            let ink = match COLUMNS[n].0 {
                _ if result.cells[n].is_empty() => return text,
                "verdict" if result.verdict == Verdict::Pass => Ink::Good,
                "verdict" => Ink::Error,
                "errors" if result.cells[n] != "0" => Ink::Error,
                "warnings" if result.cells[n] != "0" => Ink::Warning,
                _ => return text,
            };
            paint.ink(ink, text)
        });
        let name = format!("{name:name_width$}");
        lines.push(line(&paint.ink(Ink::Name, name), cells.collect()));
    }
    lines.join("\n")
}

/// Names without their middle where they are too long: the ends of URLs tell them apart. Without their start too, if two of them
/// are the same otherwise.
fn shortened(results: &[Result], width: usize) -> Vec<String> {
    let room = width.saturating_sub(3);
    let names = |start: usize| results.iter().map(move |it| cut(&it.name, start, room - start)).collect();
    let with_start: Vec<String> = names(room / 2);
    let is_unlike = |names: &[String]| names.iter().collect::<HashSet<_>>().len() == names.len();
    if is_unlike(&with_start) { with_start } else { names(0) }
}

/// A name with so many characters of its start and of its end.
fn cut(name: &str, start: usize, end: usize) -> String {
    let characters: Vec<char> = name.chars().collect();
    if characters.len() <= start + end + 3 {
        return name.into();
    }
    let tail = &characters[characters.len() - end..];
    characters[..start].iter().copied().chain("...".chars()).chain(tail.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(name: &str, verdict: Verdict) -> Result {
        let cells = ["pass", "15.00", "67", "71", "80", "1280x720", "46.1 kB", "0", "2", "1"];
        Result { name: name.into(), verdict, cells: cells.map(String::from) }
    }

    #[test]
    fn the_table_fits_the_terminal_and_keeps_the_ends_of_names() {
        let results = [
            result("http://camera.example.org/one/very/long/path/to/a/stream.mjpg?channel=1", Verdict::Pass),
            result("front", Verdict::Fail),
        ];
        for (width, heading) in [
            (Some(80), "verdict     fps   p99 ms   max ms  size       errors  warnings"),
            (
                Some(200),
                "verdict     fps   p50 ms   p99 ms   max ms  size        a frame  errors  warnings  infos",
            ),
            (
                None,
                "verdict     fps   p50 ms   p99 ms   max ms  size        a frame  errors  warnings  infos",
            ),
        ] {
            let text = table(&results, width, Paint::Plain);
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines[0].contains(heading), "{text}");
            for line in &lines {
                assert!(width.is_none_or(|width| line.chars().count() <= width), "{line}");
                assert_eq!(line.find("verdict").or(line.find("pass")), lines[0].find("verdict"), "{text}");
            }
        }
        let files = results.map(|it| {
            let mut cells = it.cells.clone();
            cells[1..5].fill(String::new());
            Result { cells, ..it }
        });
        let text = table(&files, Some(80), Paint::Plain);
        assert!(text.contains("verdict  size        a frame  errors  warnings  infos"), "{text}");
        let results = [result(
            "http://camera.example.org/one/very/long/path/to/a/stream.mjpg?channel=1",
            Verdict::Pass,
        )];
        let narrow = table(&results, Some(80), Paint::Plain);
        assert!(narrow.contains("...") && narrow.contains("nnel=1  pass"), "{narrow}");
    }

    #[test]
    fn long_names_that_differ_behind_their_middle_stay_different() {
        let names = ["gstreamer", "mjpg-streamer", "motion"];
        let results = names.map(|name| {
            let mut result = result(&format!("fixtures/captures/{name}.http"), Verdict::Fail);
            result.cells[0] = "not a stream".into();
            result
        });
        let text = table(&results, Some(80), Paint::Plain);
        for name in ["...es/gstreamer.http", "...jpg-streamer.http", "...tures/motion.http"] {
            assert!(text.contains(&format!("\n{name}  not a stream  ")), "{text}");
        }
    }
}
