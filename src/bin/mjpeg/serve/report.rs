//! The state of the server: `/state` for programs, `/metrics` for Prometheus.

use std::fmt::Write as _;

use serde::Serialize;

/// The answer to `/state`, schema `mjpeg.state/1`.
#[derive(Debug, Clone, Serialize)]
pub struct State {
    /// `mjpeg.state/1`.
    pub schema: &'static str,
    /// The source as given on the command line, without passwords.
    pub source: String,
    /// Whether frames arrive on time.
    pub healthy: bool,
    /// Time since the server started.
    pub uptime_s: f64,
    /// Configured frames per second; absent for live sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps_asked: Option<f64>,
    /// Measured frames per second; absent before the second frame and while no frames are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps: Option<f64>,
    /// Time since the newest frame; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_age_ms: Option<f64>,
    /// Bytes of the newest frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_bytes: Option<u64>,
    /// Frames published.
    pub frames: u64,
    /// Frames sent again because the source was silent.
    pub frames_repeated: u64,
    /// Incomplete frames, not published.
    pub frames_torn: u64,
    /// Frames not published because they contain the boundary.
    pub frames_uncarried: u64,
    /// Frames replaced by a newer one before they were published.
    pub frames_unseen: u64,
    /// Open connections, including viewers.
    pub connections: u64,
    /// Counters over all viewers, including those that have disconnected.
    pub totals: Totals,
    /// The current viewers.
    pub viewers: Vec<ViewerState>,
}

/// Counts over all viewers.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Totals {
    /// Viewers since the start.
    pub viewers: u64,
    /// Viewers and connections refused because a limit was reached.
    pub refused: u64,
    /// Viewers closed because they exceeded the send timeout or the memory limit.
    pub evicted: u64,
    /// Frames sent completely.
    pub frames_sent: u64,
    /// Frames skipped for slow viewers.
    pub frames_skipped: u64,
    /// Bytes sent to viewers.
    pub bytes_sent: u64,
}

/// One viewer.
#[derive(Debug, Clone, Serialize)]
pub struct ViewerState {
    /// Its address.
    pub peer: String,
    /// Its layout.
    pub layout: String,
    /// Time since it connected.
    pub age_s: f64,
    /// Frames sent completely.
    pub frames_sent: u64,
    /// Frames skipped because it was too slow.
    pub frames_skipped: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes of the current frame that were not sent yet.
    pub backlog_bytes: u64,
}

impl State {
    /// The text of `/metrics`, in the format of Prometheus 0.0.4.
    ///
    /// Why not a crate: the metrics are plain numbers without labels, so nothing needs escaping, and one loop prints
    /// them. `prometheus-client` 0.26 prints this format too, but only from a registry of `Send + Sync` metrics or
    /// collectors; `prometheus` 0.14 prints `MetricFamily` values, which take more code to build than this loop.
    /// Both need `parking_lot` and other dependencies.
    pub fn metrics(&self) -> String {
        let mut out = String::with_capacity(2048);
        let mut put = |name: &str, kind: &str, help: &str, value: f64| {
            // Writing to a string does not fail.
            let _ = write!(
                out,
                "# HELP mjpeg_serve_{name} {help}\n# TYPE mjpeg_serve_{name} {kind}\nmjpeg_serve_{name} {value}\n"
            );
        };
        let totals = &self.totals;
        put("up_seconds", "gauge", "Time since the server started.", self.uptime_s);
        put("healthy", "gauge", "Whether frames arrive on time: 1 or 0.", f64::from(u8::from(self.healthy)));
        put("viewers", "gauge", "Current viewers.", self.viewers.len() as f64);
        put("connections", "gauge", "Open connections, including viewers.", self.connections as f64);
        if let Some(age) = self.frame_age_ms {
            put("frame_age_seconds", "gauge", "Time since the newest frame.", age / 1000.0);
        }
        for (name, help, value) in [
            ("frames_total", "Frames published.", self.frames),
            ("frames_repeated_total", "Frames sent again while the source was silent.", self.frames_repeated),
            ("frames_torn_total", "Incomplete frames, not published.", self.frames_torn),
            (
                "frames_uncarried_total",
                "Frames not published because they contain the boundary.",
                self.frames_uncarried,
            ),
            (
                "frames_unseen_total",
                "Frames replaced by a newer one before they were published.",
                self.frames_unseen,
            ),
            ("viewers_total", "Viewers since the start.", totals.viewers),
            ("refused_total", "Viewers and connections refused because a limit was reached.", totals.refused),
            (
                "evicted_total",
                "Viewers closed because they exceeded the send timeout or the memory limit.",
                totals.evicted,
            ),
            ("frames_sent_total", "Frames sent completely, over all viewers.", totals.frames_sent),
            ("frames_skipped_total", "Frames skipped for slow viewers.", totals.frames_skipped),
            ("sent_bytes_total", "Bytes sent to viewers.", totals.bytes_sent),
        ] {
            put(name, "counter", help, value as f64);
        }
        out
    }
}
