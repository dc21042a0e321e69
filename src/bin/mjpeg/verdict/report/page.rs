//! The page: a table of all targets, then a section for each.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mjpeg::check::Severity;
use mjpeg::counted::Counted;
use serde::Serialize;

use super::section::{section, verdict_ink};
use super::template;
use crate::criteria::Verdict;
use crate::output::printable;
use crate::page::document;
use crate::problem::Problem;
use crate::replacement::Replacement;
use crate::verdict::evidence::Evidence;
use crate::verdict::finished::Finished;

const TEMPLATE: &str = include_str!("overview.html");
/// Bytes of all sections behind which targets that pass have none.
const ROOM_FOR_GOOD: usize = 8 << 20;
/// Bytes of all sections behind which no section has pictures.
const ROOM_FOR_PICTURES: usize = 16 << 20;
/// Bytes of all sections behind which there is none.
const ROOM: usize = 32 << 20;

/// The page of a run, for one file.
#[derive(Debug)]
pub struct Page {
    path: PathBuf,
    file: Replacement,
    rows: Vec<Row>,
    sections: String,
    failed: usize,
    left_out: u64,
}

/// A target in the table.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    verdict: String,
    ink: &'static str,
    fps: String,
    gap: String,
    size: String,
    errors: usize,
    warnings: usize,
    has_section: bool,
}

#[derive(Debug, Serialize)]
struct Overview<'a> {
    title: &'a str,
    made: String,
    rows: &'a [Row],
    left_out: String,
}

impl Page {
    /// Starts the page. The file gets its name when the page is complete; an earlier one stays until then.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn begin(path: &Path) -> Result<Self, Problem> {
        let file = Replacement::begin(path)
            .with_context(|| format!("cannot write the report {}", path.display()))?;
        Ok(Self {
            path: path.into(),
            file,
            rows: Vec::new(),
            sections: String::new(),
            failed: 0,
            left_out: 0,
        })
    }

    /// Adds the next target.
    ///
    /// # Errors
    ///
    /// When a template has a fault.
    pub fn target(&mut self, it: &Finished, evidence: &Evidence) -> Result<(), Problem> {
        let used = self.sections.len();
        let has_section = used < if it.verdict == Verdict::Pass { ROOM_FOR_GOOD } else { ROOM };
        if has_section {
            self.sections += &section(self.rows.len() + 1, it, evidence, used < ROOM_FOR_PICTURES)?;
        } else {
            self.left_out += 1;
        }
        self.failed += usize::from(it.verdict != Verdict::Pass);
        let timing = it.timing.as_ref();
        let size = it.frames.as_ref().and_then(|it| it.width.zip(it.height));
        self.rows.push(Row {
            name: printable(it.shown()),
            verdict: it.verdict.words(),
            ink: verdict_ink(it.verdict),
            fps: timing.map(|it| format!("{:.2}", it.fps)).unwrap_or_default(),
            gap: timing.map(|it| format!("{:.0} ms", it.gap_max_ms)).unwrap_or_default(),
            size: size.map(|(width, height)| format!("{width}x{height}")).unwrap_or_default(),
            errors: it.count(Severity::Error),
            warnings: it.count(Severity::Warning),
            has_section,
        });
        Ok(())
    }

    /// Writes the file. `unix`: the time since 1970.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn finish(self, unix: std::time::Duration) -> Result<(), Problem> {
        let title = match &self.rows[..] {
            [only] => only.name.clone(),
            rows if self.failed == 0 => format!("all {} targets pass", rows.len()),
            rows => format!("{} of {} targets do not pass", self.failed, rows.len()),
        };
        let time = jiff::Timestamp::from_second(i64::try_from(unix.as_secs()).unwrap_or_default())?;
        let overview = Overview {
            title: &title,
            made: format!("made at {time} by mjpeg {}", env!("CARGO_PKG_VERSION")),
            rows: &self.rows,
            left_out: match self.left_out {
                0 => String::new(),
                n => format!("{} without details: the page is full.", Counted(n, "target")),
            },
        };
        let body = template::render(TEMPLATE, &overview)? + &self.sections;
        let page = document(&printable(&format!("mjpeg check: {title}")), &body);
        let Self { path, file, .. } = self;
        Ok(file
            .finish(page.as_bytes())
            .with_context(|| format!("cannot write the report {}", path.display()))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::finished::tests::{good, hostile, silent};

    #[test]
    fn text_of_a_camera_is_no_html_and_the_page_loads_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        std::fs::write(&path, "earlier").unwrap();
        let mut page = Page::begin(&path).unwrap();
        let evidence = Evidence {
            head: b"HTTP/1.1 200 OK\r\nServer: <script>alert(1)</script>\x1b[31m\xff\r\n\r\n".to_vec(),
            ..Evidence::default()
        };
        for it in [hostile(), good(), silent()] {
            page.target(&it, &evidence).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "earlier");
        page.finish(std::time::Duration::from_secs(1_764_288_000)).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("2 of 3 targets do not pass") && text.contains("2025-11-28T00:00:00Z"),
            "{text}"
        );
        assert!(text.contains("&lt;b&gt;]]&gt;") && text.contains("&lt;script&gt;alert(1)"), "{text}");
        assert!(!text.contains("<script") && !text.contains("<b>"), "{text}");
        for attribute in ["src=\"http", "href=\"http", "src=\"//", "href=\"//", "url("] {
            assert!(!text.contains(attribute), "{attribute}");
        }
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()) && !text.contains('\u{202e}'));
        // If something had a fault: no script could run, and nothing could be loaded.
        assert!(text.contains(
            "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
        ));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_found_at_once_and_a_dropped_page_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let problem = Page::begin(&folder.path().join("no/report.html")).unwrap_err();
        assert!(problem.to_string().contains("cannot write the report"), "{problem}");
        assert!(Page::begin(folder.path()).is_err());
        drop(Page::begin(&folder.path().join("report.html")).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
