//! `--format prometheus`: metrics for the textfile collector of the node exporter.

use std::collections::HashMap;

use mjpeg::check::Severity;

use super::emitter::Emitter;
use crate::criteria::Verdict;
use crate::exposition::Kind::Gauge;
use crate::exposition::{Exposition, Family};
use crate::problem::Problem;
use crate::verdict::finished::Finished;

/// One text for all targets: the samples of a metric belong together.
#[derive(Debug, Default)]
pub struct Prometheus {
    targets: Vec<Finished>,
}

impl Emitter for Prometheus {
    fn target(&mut self, finished: &Finished) -> Result<String, Problem> {
        // Consumers and causes are not among the metrics.
        let kept = Finished {
            consumers: None,
            consumers_derived: None,
            consumers_decided_by: serde_json::Map::new(),
            consumers_causes: serde_json::Map::new(),
            ..finished.clone()
        };
        self.targets.push(kept);
        Ok(String::new())
    }

    fn end(&mut self) -> Result<String, Problem> {
        let text = text(&self.targets);
        Ok(text.trim_end().into())
    }
}

/// The value of a metric of a target; `None` if it has none.
type Value = fn(&Finished) -> Option<f64>;

/// Name, help and value of the metrics with one value for each target.
const METRICS: [(&str, &str, Value); 17] = [
    ("mjpeg_check_success", "Whether the check passed: 1 or 0.", |it| {
        Some(f64::from(u8::from(it.verdict == Verdict::Pass)))
    }),
    (
        "mjpeg_check_start_timestamp_seconds",
        "When the check of the target began, since 1970-01-01 UTC.",
        |it| {
            let time: jiff::Timestamp = it.started.as_ref()?.parse().ok()?;
            Some(time.as_millisecond() as f64 / 1000.0)
        },
    ),
    ("mjpeg_check_duration_seconds", "Time from the request to the end.", |it| Some(it.duration_s)),
    ("mjpeg_check_parts", "Parts read.", |it| Some(it.parts as f64)),
    ("mjpeg_check_first_frame_seconds", "Time from the request to the end of the first frame.", |it| {
        Some(it.timing.as_ref()?.first_frame_ms? / 1000.0)
    }),
    ("mjpeg_check_fps", "Frames per second.", |it| Some(it.timing.as_ref()?.fps)),
    ("mjpeg_check_gap_p50_seconds", "Median of the gaps between frames.", |it| {
        Some(it.timing.as_ref()?.gap_p50_ms / 1000.0)
    }),
    ("mjpeg_check_gap_p99_seconds", "99th percentile of the gaps between frames.", |it| {
        Some(it.timing.as_ref()?.gap_p99_ms / 1000.0)
    }),
    ("mjpeg_check_gap_max_seconds", "Longest gap between frames.", |it| {
        Some(it.timing.as_ref()?.gap_max_ms / 1000.0)
    }),
    ("mjpeg_check_jitter_seconds", "Mean distance of the gaps from their median.", |it| {
        Some(it.timing.as_ref()?.jitter_ms / 1000.0)
    }),
    ("mjpeg_check_stalls", "Gaps above the limit of stalls.", |it| Some(it.timing.as_ref()?.stalls as f64)),
    ("mjpeg_check_frame_bytes", "Median size of a frame.", |it| Some(it.frames.as_ref()?.bytes_p50? as f64)),
    ("mjpeg_check_frame_width_pixels", "Width of the first picture.", |it| {
        Some(f64::from(it.frames.as_ref()?.width?))
    }),
    ("mjpeg_check_frame_height_pixels", "Height of the first picture.", |it| {
        Some(f64::from(it.frames.as_ref()?.height?))
    }),
    ("mjpeg_check_frames_identical", "Frames that show the same as the one before.", |it| {
        Some(it.frames.as_ref()?.identical as f64)
    }),
    ("mjpeg_check_min_fps", "The limit of --min-fps.", |it| it.limits.as_ref()?.min_fps),
    ("mjpeg_check_max_gap_seconds", "The limit of --max-gap.", |it| {
        Some(it.limits.as_ref()?.max_gap_ms? / 1000.0)
    }),
];

fn text(targets: &[Finished]) -> String {
    let labels = labels(targets);
    let mut all = Exposition::default();
    for (name, help, value) in METRICS {
        let mut family = all.family(name, Gauge, help);
        for (labels, it) in labels.iter().zip(targets) {
            sample(&mut family, labels, &[], value(it));
        }
    }
    let mut verdict =
        all.family("mjpeg_check_verdict", Gauge, "The verdict of the check, in the label verdict; always 1.");
    for (labels, it) in labels.iter().zip(targets) {
        sample(&mut verdict, labels, &[("verdict", it.verdict.name())], Some(1.0));
    }
    let mut findings = all.family("mjpeg_check_findings", Gauge, "Broken rules of a severity.");
    for (labels, it) in labels.iter().zip(targets).filter(|(_, it)| it.is_judged()) {
        for severity in [Severity::Error, Severity::Warning, Severity::Info] {
            let count = it.count(severity) as f64;
            sample(&mut findings, labels, &[("severity", severity.name())], Some(count));
        }
    }
    let mut finding = all.family("mjpeg_check_finding", Gauge, "How often the stream breaks a rule.");
    for (labels, it) in labels.iter().zip(targets) {
        for found in &it.findings {
            let rule =
                [("code", &found.code[..]), ("rule", &found.name), ("severity", found.severity.name())];
            sample(&mut finding, labels, &rule, Some(found.count as f64));
        }
    }
    all.into_text()
}

fn sample(family: &mut Family<'_>, labels: &[(&str, String)], more: &[(&str, &str)], value: Option<f64>) {
    let labels: Vec<(&str, &str)> =
        labels.iter().map(|(name, value)| (*name, &value[..])).chain(more.iter().copied()).collect();
    family.sample_if(&labels, value);
}

/// The labels of each target. No two targets have the same.
fn labels(targets: &[Finished]) -> Vec<Vec<(&'static str, String)>> {
    let mut seen: HashMap<(Option<&str>, &str), u64> = HashMap::new();
    let of = |it: &Finished, number: u64| {
        let name = it.name.as_ref().map(|name| ("name", name.clone()));
        let again = (number > 1).then(|| ("nth", number.to_string()));
        [Some(("target", it.target.clone())), name, again].into_iter().flatten().collect()
    };
    let number = |it| {
        let Finished { name, target, .. }: &Finished = it;
        let number = seen.entry((name.as_deref(), target)).or_default();
        *number += 1;
        of(it, *number)
    };
    targets.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::finished::tests::{good, hostile, silent};

    #[test]
    fn a_metric_has_one_block_and_targets_differ_by_their_labels() {
        let text = text(&[good(), hostile(), silent(), good()]);
        let heads: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
        let mut once = heads.clone();
        once.dedup();
        assert_eq!(heads, once);
        assert!(text.contains("\nmjpeg_check_fps{target=\"http://cam/1\",name=\"front\"} 25\n"), "{text}");
        assert!(
            text.contains("mjpeg_check_fps{target=\"http://cam/1\",name=\"front\",nth=\"2\"} 25\n"),
            "{text}"
        );
        assert!(text.contains("mjpeg_check_verdict{target=\"http://cam/\",verdict=\"unreachable\"} 1\n"));
        assert!(text.contains("mjpeg_check_min_fps{") && text.contains("code=\"M203\""));
        assert!(text.contains(
            "mjpeg_check_start_timestamp_seconds{target=\"http://cam/1\",name=\"front\"} 1764288000.25\n"
        ));
    }
}
