//! `--format nagios`: one line for Nagios, Icinga and what runs their plugins.
//!
//! Monitoring Plugins Development Guidelines: the text is one line, `|` begins the performance data, which are
//! `'label'=value[UOM];[warn];[crit];[min];[max]`. A label has no `=` and no quote.

use std::fmt::Write as _;

use mjpeg::check::Severity;
use mjpeg::counted::Counted;

use super::emitter::Emitter;
use crate::criteria::Verdict;
use crate::exit::Service;
use crate::plugin_line::{self, plain};
use crate::problem::Problem;
use crate::verdict::baseline::Trend;
use crate::verdict::finished::Finished;

/// Targets that are named in the text, if there are several.
const NAMED: usize = 5;
/// Targets that have performance data of their own, if there are several: some servers cut lines at 4 kB.
const MEASURED: usize = 20;

/// One line for all targets.
#[derive(Debug, Default)]
pub struct Nagios {
    targets: Vec<Summary>,
}

/// What the line says of a target.
#[derive(Debug)]
struct Summary {
    service: Service,
    name: String,
    text: String,
    /// The performance data, each with the name of its figure.
    figures: Vec<(&'static str, String)>,
}

impl Emitter for Nagios {
    fn target(&mut self, finished: &Finished) -> Result<String, Problem> {
        self.targets.push(Summary {
            service: service(finished),
            name: plain(finished.shown()),
            text: text(finished),
            figures: if self.targets.len() < MEASURED { figures(finished) } else { Vec::new() },
        });
        Ok(String::new())
    }

    fn end(&mut self) -> Result<String, Problem> {
        let worst = self.targets.iter().map(|it| it.service).max().unwrap_or(Service::Ok);
        Ok(match &self.targets[..] {
            [] => line(Service::Ok, "no target", &[]),
            [only] => {
                let data: Vec<String> =
                    only.figures.iter().map(|(name, value)| format!("{name}={value}")).collect();
                line(worst, &format!("{}: {}", only.name, only.text), &data)
            }
            several => line(worst, &listed(several), &data(several)),
        })
    }
}

/// The line for a run that could not begin.
pub fn unknown(why: &str) -> String {
    line(Service::Unknown, &plain(why), &[])
}

fn line(service: Service, text: &str, data: &[String]) -> String {
    let mut line = plugin_line::line(service, text);
    if !data.is_empty() {
        let _ = write!(line, " | {}", data.join(" "));
    }
    line
}

/// The state of one target.
pub fn service(it: &Finished) -> Service {
    let is_worse = |change: &crate::verdict::finished::Change| change.trend == Trend::Worse;
    match it.verdict {
        Verdict::Error | Verdict::Interrupted => Service::Unknown,
        Verdict::Unreachable | Verdict::NotAStream | Verdict::Stalled => Service::Critical,
        Verdict::Pass if it.baseline.is_some() => Service::Ok,
        Verdict::Fail if it.baseline.as_ref().is_some_and(|all| all.iter().any(is_worse)) => {
            Service::Critical
        }
        Verdict::Pass | Verdict::Fail => match it.findings.iter().map(|it| it.severity).max() {
            Some(Severity::Error) => Service::Critical,
            Some(Severity::Warning) => Service::Warning,
            // --fail-on info, or a stream without a picture.
            _ if it.verdict == Verdict::Fail && it.error.is_none() => Service::Warning,
            _ if it.verdict == Verdict::Fail => Service::Critical,
            _ => Service::Ok,
        },
    }
}

fn text(it: &Finished) -> String {
    let mut text = it.verdict.words();
    if let Some(error) = &it.error {
        let _ = write!(text, ", {}", plain(error));
    }
    if let Some(timing) = &it.timing {
        let _ = write!(text, ", {:.1} fps", timing.fps);
    }
    let worse = it.baseline.iter().flatten().filter(|it| it.trend == Trend::Worse);
    for change in worse.take(3) {
        let _ = write!(text, ", {}", plain(&format!("{}: {}", change.what, change.message)));
    }
    let mut findings = it.findings.iter().filter(|it| it.severity > Severity::Info);
    if let Some(first) = findings.next() {
        let _ = write!(text, ", {} {}: {}", first.code, first.name, plain(&first.evidence()));
    }
    match findings.count() {
        0 => {}
        more => {
            let _ = write!(text, " and {}", Counted(more as u64, "other finding"));
        }
    }
    text
}

/// The performance data of one target. Gaps have the limit of `--max-gap`, the rate that of `--min-fps`: outside of its range
/// a value is critical.
fn figures(it: &Finished) -> Vec<(&'static str, String)> {
    let limits = it.limits.as_ref();
    let mut all = Vec::new();
    if let Some(timing) = &it.timing {
        // The division leaves noise behind the microseconds.
        let in_seconds = |ms: f64| (ms * 1000.0).round() / 1e6;
        let seconds = |ms: f64| format!("{}s", in_seconds(ms));
        let least = limits.and_then(|it| it.min_fps).map(|fps| format!("{fps}:")).unwrap_or_default();
        let most =
            limits.and_then(|it| it.max_gap_ms).map(|ms| in_seconds(ms).to_string()).unwrap_or_default();
        all.push(("fps", format!("{};;{least};0;", timing.fps)));
        all.push(("gap_max", format!("{};;{most};0;", seconds(timing.gap_max_ms))));
        all.push(("gap_p99", format!("{};;;0;", seconds(timing.gap_p99_ms))));
        if let Some(ms) = timing.first_frame_ms {
            all.push(("first_frame", format!("{};;;0;", seconds(ms))));
        }
    }
    if let Some(bytes) = it.frames.as_ref().and_then(|it| it.bytes_p50) {
        all.push(("frame_size", format!("{bytes}B;;;0;")));
    }
    if it.is_judged() {
        all.push(("errors", format!("{};;0;0;", it.count(Severity::Error))));
        all.push(("warnings", format!("{};0;;0;", it.count(Severity::Warning))));
    }
    all
}

/// The text for several targets: the worst ones first.
fn listed(targets: &[Summary]) -> String {
    let mut bad: Vec<&Summary> = targets.iter().filter(|it| it.service != Service::Ok).collect();
    bad.sort_by_key(|it| std::cmp::Reverse(it.service));
    let are = Counted(bad.len() as u64, "target").verb();
    let mut text = format!("{} of {} targets {are} not ok", bad.len(), targets.len());
    if bad.is_empty() {
        text = format!("all {} targets are ok", targets.len());
    }
    for (n, it) in bad.iter().take(NAMED).enumerate() {
        let before = if n == 0 { ": " } else { "; " };
        let _ = write!(text, "{before}{}: {}", it.name, it.text);
    }
    if bad.len() > NAMED {
        let _ = write!(text, "; and {}", Counted((bad.len() - NAMED) as u64, "other"));
    }
    text
}

/// The number is at the start of a label: only its first 19 characters are sure to count.
fn data(targets: &[Summary]) -> Vec<String> {
    let count = |service| targets.iter().filter(|it| it.service == service).count();
    let most = targets.len();
    let mut all = vec![
        format!("targets={most};;;0;"),
        format!("ok={};;;0;{most}", count(Service::Ok)),
        format!("warning={};0;;0;{most}", count(Service::Warning)),
        format!("critical={};;0;0;{most}", count(Service::Critical)),
        format!("unknown={};;;0;{most}", count(Service::Unknown)),
    ];
    for (number, it) in targets.iter().enumerate() {
        for (figure, value) in it.figures.iter().filter(|(figure, _)| ["fps", "gap_max"].contains(figure)) {
            all.push(format!("'{}'={value}", label(&format!("{}_{figure}_{}", number + 1, it.name))));
        }
    }
    all
}

/// A label without what ends it.
fn label(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '=' | '\'' | ' ') { '_' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::finished::tests::{good, hostile, silent};

    fn line_of(all: &[Finished]) -> String {
        let mut nagios = Nagios::default();
        for it in all {
            assert_eq!(nagios.target(it).unwrap(), "");
        }
        nagios.end().unwrap()
    }

    #[test]
    fn text_of_a_camera_begins_no_performance_data_and_no_second_line() {
        let text = line_of(&[hostile()]);
        assert!(text.starts_with("MJPEG CRITICAL - fro?nt*: fail, 9.5 fps, M203 "), "{text}");
        assert_eq!(text.matches('|').count(), 1, "{text}");
        assert!(!text.contains(['\n', '`', '$', '\x1b', '\u{202e}', '<']), "{text}");
        let several = line_of(&[hostile(), good(), silent()]);
        assert_eq!(several.matches('|').count(), 1, "{several}");
        assert!(several.contains("2 of 3 targets are not ok: "), "{several}");
    }

    #[test]
    fn performance_data_have_the_limits() {
        let text = line_of(&[good()]);
        let (_, data) = text.split_once(" | ").unwrap();
        assert_eq!(
            data,
            "fps=25;;10:;0; gap_max=0.08s;;0.5;0; gap_p99=0.05s;;;0; first_frame=0.12s;;;0; \
             frame_size=40000B;;;0; errors=0;;0;0; warnings=0;0;;0;"
        );
        let mut noisy = good();
        noisy.timing.as_mut().unwrap().gap_max_ms = 206.943;
        assert!(line_of(&[noisy]).contains(" gap_max=0.206943s;"));
        assert!(line_of(&[good(), good()]).contains(" '1_fps_front'=25;;10:;0; "));
    }

    #[test]
    fn the_state_follows_the_worst_finding() {
        let with = |severity| {
            let mut it = good();
            it.findings = hostile().findings;
            it.findings.truncate(1);
            it.findings[0].severity = severity;
            service(&it)
        };
        assert_eq!(with(Severity::Error), Service::Critical);
        assert_eq!(with(Severity::Warning), Service::Warning);
        assert_eq!(with(Severity::Info), Service::Ok);
        for (verdict, expected) in [
            (Verdict::Unreachable, Service::Critical),
            (Verdict::Stalled, Service::Critical),
            (Verdict::NotAStream, Service::Critical),
            (Verdict::Error, Service::Unknown),
            (Verdict::Interrupted, Service::Unknown),
        ] {
            assert_eq!(service(&Finished { verdict, ..silent() }), expected);
        }
        assert_eq!(line_of(&[]), "MJPEG OK - no target");
    }
}
