//! What the server says about itself: `/state` for programs, `/metrics` for Prometheus.

use std::fmt::Write as _;

use serde::Serialize;

/// The answer to `/state`, schema `mjpeg.state/1`.
#[derive(Debug, Clone, Serialize)]
pub struct State {
    /// `mjpeg.state/1`.
    pub schema: &'static str,
    /// The source as typed, passwords left out.
    pub source: String,
    /// Whether frames come when they should.
    pub healthy: bool,
    /// Time since the server started.
    pub uptime_s: f64,
    /// Frames per second asked for; absent for live sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps_asked: Option<f64>,
    /// Frames per second of late; absent before the second frame and while nothing plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps: Option<f64>,
    /// Time since the newest frame came; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_age_ms: Option<f64>,
    /// Bytes of the newest frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_bytes: Option<u64>,
    /// Frames published.
    pub frames: u64,
    /// Frames sent again because the source was silent.
    pub frames_repeated: u64,
    /// Frames found incomplete and not published.
    pub frames_torn: u64,
    /// Frames not published because the boundary occurs in them.
    pub frames_uncarried: u64,
    /// Frames that gave way to a newer one before they could be published.
    pub frames_unseen: u64,
    /// Open connections, viewers among them.
    pub connections: u64,
    /// What was counted over all viewers, those that have left too.
    pub totals: Totals,
    /// Who watches now.
    pub viewers: Vec<ViewerState>,
}

/// Counts over all viewers.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Totals {
    /// Viewers that came.
    pub viewers: u64,
    /// Viewers and connections for which there was no room.
    pub refused: u64,
    /// Viewers closed because they took nothing for the send timeout, or kept too much of our memory.
    pub evicted: u64,
    /// Frames that left whole.
    pub frames_sent: u64,
    /// Frames passed over for viewers that were too slow.
    pub frames_skipped: u64,
    /// Bytes that left for viewers.
    pub bytes_sent: u64,
}

/// One viewer.
#[derive(Debug, Clone, Serialize)]
pub struct ViewerState {
    /// Its address.
    pub peer: String,
    /// The layout it asked for.
    pub layout: String,
    /// How long it has been here.
    pub age_s: f64,
    /// Frames that left whole.
    pub frames_sent: u64,
    /// Frames passed over because it was too slow.
    pub frames_skipped: u64,
    /// Bytes that left.
    pub bytes_sent: u64,
    /// Bytes of the frame at hand that have not left.
    pub backlog_bytes: u64,
}

impl State {
    /// The text of `/metrics`, in the format of Prometheus 0.0.4.
    ///
    /// Why not a crate: `prometheus-client` writes OpenMetrics, another format, and `prometheus` wants its own registry
    /// of atomic counters. All of ours are plain numbers without labels, so nothing needs escaping.
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
        put("healthy", "gauge", "Whether frames come when they should.", f64::from(u8::from(self.healthy)));
        put("viewers", "gauge", "Viewers that watch now.", self.viewers.len() as f64);
        put("connections", "gauge", "Open connections, viewers among them.", self.connections as f64);
        if let Some(age) = self.frame_age_ms {
            put("frame_age_seconds", "gauge", "Time since the newest frame came.", age / 1000.0);
        }
        for (name, help, value) in [
            ("frames_total", "Frames published.", self.frames),
            ("frames_repeated_total", "Frames sent again while the source was silent.", self.frames_repeated),
            ("frames_torn_total", "Frames found incomplete and not published.", self.frames_torn),
            ("frames_uncarried_total", "Frames that hold the boundary.", self.frames_uncarried),
            ("frames_unseen_total", "Frames overtaken before they were published.", self.frames_unseen),
            ("viewers_total", "Viewers that came.", totals.viewers),
            ("refused_total", "Connections for which there was no room.", totals.refused),
            ("evicted_total", "Viewers closed because they took nothing, or kept too much.", totals.evicted),
            ("frames_sent_total", "Frames that left whole, over all viewers.", totals.frames_sent),
            ("frames_skipped_total", "Frames passed over for slow viewers.", totals.frames_skipped),
            ("sent_bytes_total", "Bytes that left for viewers.", totals.bytes_sent),
        ] {
            put(name, "counter", help, value as f64);
        }
        out
    }
}
