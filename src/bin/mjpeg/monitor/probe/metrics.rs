//! The answer of a probe: metrics of one look at a camera. Nothing that the target sent is in it but numbers and names of rules.

use std::time::Duration;

use super::look::Look;
use crate::criteria::Verdict;
use crate::exposition::{Exposition, Kind};

/// The text. `refused`: how long ago the look was, if the camera refused the password there.
pub fn text(look: &Look, refused: Option<Duration>) -> String {
    let mut all = Exposition::default();
    let mut gauge = |name: &str, help: &str, value: Option<f64>| {
        all.family(name, Kind::Gauge, help).sample_if(&[], value);
    };
    let seen = look.seen.as_ref();
    let timing = seen.and_then(|seen| seen.timing);
    // Silence to the end allows no verdict on a stream, and is no success.
    let verdict = seen.map_or(Verdict::Stalled, |seen| seen.verdict);
    gauge(
        "probe_success",
        "Whether the stream is as it should be.",
        Some(f64::from(u8::from(verdict == Verdict::Pass))),
    );
    gauge("probe_duration_seconds", "How long the probe took.", Some(look.duration.as_secs_f64()));
    gauge("mjpeg_up", "Whether there was a response with a stream.", Some(f64::from(u8::from(look.is_open))));
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    gauge("mjpeg_response_seconds", "From the request to the head of the response.", seconds(look.opened));
    gauge(
        "mjpeg_first_frame_seconds",
        "From the request to the end of the first part.",
        seconds(look.first_part),
    );
    gauge("mjpeg_parts", "Parts that came.", Some(look.parts as f64));
    gauge("mjpeg_frames", "Parts with a whole picture.", Some(seen.map_or(0, |seen| seen.pictures) as f64));
    gauge("mjpeg_received_bytes", "Bytes of the response.", Some(look.bytes as f64));
    gauge("mjpeg_frame_rate", "Pictures a second.", timing.map(|timing| timing.fps));
    gauge(
        "mjpeg_gap_median_seconds",
        "Median of the times between pictures.",
        seconds(timing.map(|it| it.gap_p50)),
    );
    gauge(
        "mjpeg_gap_max_seconds",
        "The longest time between pictures.",
        seconds(timing.map(|it| it.gap_max)),
    );
    gauge(
        "mjpeg_jitter_seconds",
        "Mean distance of the gaps from their median.",
        seconds(timing.map(|it| it.jitter)),
    );
    gauge("mjpeg_stalls", "Gaps above the limit.", timing.map(|timing| timing.stalls as f64));
    let size = seen.and_then(|seen| seen.size);
    gauge("mjpeg_frame_width_pixels", "Width of the pictures.", size.map(|size| f64::from(size.0)));
    gauge("mjpeg_frame_height_pixels", "Height of the pictures.", size.map(|size| f64::from(size.1)));
    gauge(
        "mjpeg_frame_bytes",
        "Median size of the pictures.",
        seen.and_then(|seen| seen.bytes_p50).map(|it| it as f64),
    );
    gauge(
        "mjpeg_probe_behind_seconds",
        "The longest time for which the prober was behind the stream: times may be its own fault.",
        seen.map(|seen| seen.behind.as_secs_f64()),
    );
    gauge(
        "mjpeg_password_refused_seconds",
        "How long ago the camera refused the password. It is not asked again for 5 min.",
        seconds(refused),
    );
    let mut verdicts =
        all.family("mjpeg_verdict", Kind::Gauge, "1 for the verdict on the stream, 0 for the others.");
    for it in Verdict::OF_WINDOWS {
        verdicts.sample(&[("verdict", it.name())], f64::from(u8::from(it == verdict)));
    }
    let mut findings = all.family(
        "mjpeg_findings",
        Kind::Gauge,
        "How often a rule of mjpeg check was broken; absent for the others.",
    );
    for finding in seen.iter().flat_map(|seen| &seen.findings) {
        let severity = finding.severity().to_string();
        let labels =
            [("code", finding.rule.code), ("rule", finding.rule.name), ("severity", severity.as_str())];
        findings.sample(&labels, finding.count as f64);
    }
    all.into_text()
}
