//! What two checks must have in common to be compared.

use serde::{Deserialize, Serialize};

use crate::depth::Depth;
use crate::verdict::options::Options;

/// The options that decide what a check finds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_s: Option<f64>,
    depth: String,
    /// Codes of the rules that are applied.
    rules: Vec<String>,
    consumers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_fps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_gap_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<(u32, u32)>,
    expect_live: bool,
}

impl Settings {
    /// The settings of a check.
    pub fn of(options: &Options) -> Self {
        let expectations = &options.expectations;
        let depth = match options.depth {
            Depth::Auto => "auto",
            Depth::Deep => "deep",
            Depth::Shallow => "shallow",
        };
        let consumers = options.consumers.iter().map(|it| it.name);
        let carriers = options.carriers.iter().map(|it| it.name);
        let rules = mjpeg::check::rules().filter(|rule| expectations.rules.contains(rule));
        Self {
            frames: options.asked.frames,
            duration_s: options.asked.duration.map(|it| it.as_secs_f64()),
            depth: depth.into(),
            rules: rules.map(|rule| rule.code.into()).collect(),
            consumers: consumers.chain(carriers).map(String::from).collect(),
            min_fps: expectations.min_fps,
            max_gap_ms: expectations.max_gap.map(|it| it.as_secs_f64() * 1000.0),
            size: expectations.size.map(|(width, height)| (width.into(), height.into())),
            expect_live: expectations.live,
        }
    }

    /// The option that differs from those of `other`, with both values.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let shown = |value: Option<String>| value.unwrap_or_else(|| "nothing".into());
        let number = |value: Option<f64>| shown(value.map(|it| it.to_string()));
        let of = |it: &Self| {
            [
                ("--frames", shown(it.frames.map(|it| it.to_string()))),
                ("--duration", shown(it.duration_s.map(|it| format!("{it} s")))),
                ("--deep and --shallow", it.depth.clone()),
                ("--select and --ignore", format!("{} rules", it.rules.len())),
                ("--consumers", shown(Some(it.consumers.join(",")).filter(|it| !it.is_empty()))),
                ("--min-fps", number(it.min_fps)),
                ("--max-gap", shown(it.max_gap_ms.map(|it| format!("{it} ms")))),
                ("--size", shown(it.size.map(|(width, height)| format!("{width}x{height}")))),
                ("--expect-live", it.expect_live.to_string()),
            ]
        };
        let (mine, others) = (of(self), of(other));
        let differing = mine.iter().zip(&others).find(|((_, mine), (_, other))| mine != other);
        let differing =
            differing.map(|((name, mine), (_, other))| format!("{name}: {mine} then, {other} now"));
        // The same number of other rules.
        differing.or_else(|| (self != other).then(|| "--select and --ignore: other rules".into()))
    }
}
