//! The file of `--write-expect`.

use std::fmt::Write as _;

use crate::criteria::Verdict;
use crate::output::{self, printable};
use crate::verdict::finished::Finished;

/// The lowest rate is this part of the measured one.
const RATE: f64 = 0.8;
/// The longest gap is this many times the longest one that was measured.
const GAP: f64 = 2.0;

/// Why no expectations can be made from this run.
pub fn refusal(it: &Finished) -> Option<String> {
    if it.verdict != Verdict::Pass {
        return Some(format!("the verdict is {}", it.verdict.words()));
    }
    it.frames.is_none().then(|| "there is no picture".into())
}

/// The text of the file: the limits with room for the spread of the next run, and the exemptions that are not over.
pub fn text(it: &Finished) -> String {
    let started = it.started.as_deref().unwrap_or_default();
    let mut text = format!(
        "# What `mjpeg check --expect` requires of {}.\n# Measured {}: {} parts in {:.1} s.\n",
        printable(it.shown()),
        printable(started),
        it.parts,
        it.duration_s
    );
    // Writing to a string does not fail.
    if let Some(timing) = it.timing.as_ref().filter(|timing| timing.fps > 0.0) {
        let least = (timing.fps * RATE * 100.0).floor() / 100.0;
        if least > 0.0 {
            let _ = write!(text, "\n# Measured: {:.2} frames a second.\nmin_fps = {least}\n", timing.fps);
        }
        let most = (timing.gap_max_ms * GAP / 10.0).ceil() * 10.0;
        let most = most.max((timing.gap_p50_ms * 3.0 / 10.0).ceil() * 10.0).max(10.0);
        let _ = write!(text, "\n# Measured: {:.0} ms at most.\nmax_gap = \"{most}ms\"\n", timing.gap_max_ms);
    }
    if let Some((width, height)) = it.frames.as_ref().and_then(|it| it.width.zip(it.height)) {
        let _ = write!(text, "\nsize = \"{width}x{height}\"\n");
    }
    if it.is_live() && it.end.as_deref() == Some("cap") {
        text += "\n# The stream must not end.\nexpect_live = true\n";
    }
    for exempt in it.exempt.iter().filter(|it| !it.expired) {
        // A string of JSON is one of TOML.
        let reason = output::json(&exempt.reason).unwrap_or_default();
        let _ = write!(
            text,
            "\n[[ignore]]\nrule = \"{}\"\nreason = {reason}\nuntil = {}\n",
            exempt.code, exempt.until
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::exempt::Exempt;
    use crate::verdict::finished::tests::{good, silent};

    #[test]
    fn a_good_run_becomes_a_file_that_it_meets() {
        let mut it = good();
        it.name = Some("front\n\u{1b}".into());
        let exempt = |code: &str, expired| Exempt {
            code: code.into(),
            reason: "a \"b\"\n".into(),
            until: "2026-12-31".into(),
            expired,
        };
        it.exempt = vec![exempt("M215", false), exempt("M201", true)];
        assert_eq!(refusal(&it), None);
        let text = text(&it);
        for line in ["min_fps = 20", "max_gap = \"160ms\"", "size = \"640x480\"", "expect_live = true"] {
            assert!(text.contains(&format!("\n{line}\n")), "{text}");
        }
        assert!(text.starts_with("# What `mjpeg check --expect` requires of front\\n\\x1b.\n"), "{text}");
        assert!(text.contains("rule = \"M215\"") && !text.contains("M201"), "{text}");
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["ignore"][0]["reason"].as_str(), Some("a \"b\"\n"));
    }

    #[test]
    fn a_bad_run_is_refused() {
        assert!(refusal(&silent()).unwrap().contains("unreachable"));
        let it = Finished { frames: None, ..good() };
        assert!(refusal(&it).unwrap().contains("no picture"));
    }
}
