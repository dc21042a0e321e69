//! `/metrics`: counters of all cameras, for Prometheus. Rates are left to its queries.

use super::facts::Facts;
use crate::criteria::Verdict;
use crate::exposition::{Exposition, Kind};
use crate::monitor::state::Standing;
use crate::monitor::totals::Totals;

/// A counter of each camera.
type Counter = (&'static str, &'static str, fn(&Totals) -> u64);

const COUNTERS: [Counter; 5] = [
    ("mjpeg_monitor_parts_total", "Parts that were read.", |it| it.parts),
    ("mjpeg_monitor_body_bytes_total", "Bytes of their bodies.", |it| it.bytes),
    ("mjpeg_monitor_connects_total", "Streams that were opened.", |it| it.connects),
    ("mjpeg_monitor_losses_total", "Streams that ended, and tries that opened none.", |it| it.losses),
    ("mjpeg_monitor_became_bad_total", "Changes of the state to bad.", |it| it.became_bad),
];

/// The text.
pub fn text(facts: &Facts) -> String {
    // One copy, so that no lock is held while the text is made.
    let cameras: Vec<_> = facts
        .cameras
        .all()
        .iter()
        .map(|camera| {
            let watched = camera.watched();
            (camera.name.clone(), watched.standing().0, watched.is_connected, watched.totals.clone())
        })
        .collect();
    let mut all = Exposition::default();
    let mut bad = all.family(
        "mjpeg_monitor_bad",
        Kind::Gauge,
        "Whether the camera is bad; absent before its first verdict.",
    );
    for (name, standing, ..) in &cameras {
        if *standing != Standing::Unknown {
            bad.sample(&[("name", name)], f64::from(u8::from(*standing == Standing::Bad)));
        }
    }
    let mut connected =
        all.family("mjpeg_monitor_connected", Kind::Gauge, "Whether there is a stream at the moment.");
    for (name, _, is_connected, _) in &cameras {
        connected.sample(&[("name", name)], f64::from(u8::from(*is_connected)));
    }
    for (metric, help, value) in COUNTERS {
        let mut family = all.family(metric, Kind::Counter, help);
        for (name, .., totals) in &cameras {
            family.sample(&[("name", name)], value(totals) as f64);
        }
    }
    let mut windows = all.family(
        "mjpeg_monitor_windows_total",
        Kind::Counter,
        "Windows that were judged, by their verdict.",
    );
    for (name, .., totals) in &cameras {
        for (verdict, count) in Verdict::OF_WINDOWS.iter().zip(totals.windows) {
            windows.sample(&[("name", name), ("verdict", verdict.name())], count as f64);
        }
    }
    let mut findings = all.family(
        "mjpeg_monitor_findings_total",
        Kind::Counter,
        "How often each rule of mjpeg check was broken.",
    );
    for (name, .., totals) in &cameras {
        for (rule, severity, count) in &totals.findings {
            let severity = severity.to_string();
            let labels =
                [("name", name.as_str()), ("code", rule.code), ("rule", rule.name), ("severity", &severity)];
            findings.sample(&labels, *count as f64);
        }
    }
    all.family("mjpeg_monitor_probes_total", Kind::Counter, "Probes that were made.")
        .sample(&[], facts.prober.count() as f64);
    all.into_text()
}
