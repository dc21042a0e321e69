//! The state of the server: `/state` for programs, `/metrics` for Prometheus.

use serde::Serialize;

use crate::exposition::{Exposition, Kind, Kind::Counter, Kind::Gauge};

/// The answer to `/state` and `/NAME/state`, schema `mjpeg.state/1`.
#[derive(Debug, Clone, Serialize)]
pub struct State {
    /// `mjpeg.state/1`.
    pub schema: &'static str,
    /// The name in the path; absent for the stream at `/stream`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The names of the other streams, for the stream at `/stream` only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub streams: Vec<String>,
    /// The source as given on the command line, without passwords.
    pub source: String,
    /// Whether frames arrive on time.
    pub healthy: bool,
    /// Now: RFC 3339, UTC.
    pub time: String,
    /// Time since the server started.
    pub uptime_s: f64,
    /// Configured frames per second, of a live source the most; absent for a live source without a limit.
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
    /// The camera of a relay; absent for other sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Upstream>,
    /// Open connections, including viewers.
    pub connections: u64,
    /// Counters over all viewers, including those that have disconnected.
    pub totals: Totals,
    /// The current viewers.
    pub viewers: Vec<ViewerState>,
}

/// The camera of a relay.
#[derive(Debug, Clone, Serialize)]
pub struct Upstream {
    /// `always` or `on-demand`.
    pub mode: &'static str,
    /// `idle`, `connecting`, `live` or `lost`.
    pub state: &'static str,
    /// Time since this state began. A camera is lost from its first failure until its next picture.
    pub state_age_s: f64,
    /// Streams that were opened.
    pub connects: u64,
    /// Attempts that opened no stream, and streams that ended.
    pub failures: u64,
    /// The last failure since the last picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
    /// Time until the next attempt, while the camera is lost and wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_in_s: Option<f64>,
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

/// The answer to `/state` of a farm, schema `mjpeg.farm/1`.
#[derive(Debug, Clone, Serialize)]
pub struct FarmState {
    /// `mjpeg.farm/1`.
    pub schema: &'static str,
    /// Now: RFC 3339, UTC.
    pub time: String,
    /// Time since the server started.
    pub uptime_s: f64,
    /// Open connections, including viewers.
    pub connections: u64,
    /// Current viewers of all cameras.
    pub viewers: u64,
    /// Cameras whose frames arrive on time.
    pub healthy: u64,
    /// The cameras, in the order of the file.
    pub cameras: Vec<CameraState>,
}

/// One camera of a farm.
#[derive(Debug, Clone, Serialize)]
pub struct CameraState {
    /// The first segment of its paths.
    pub name: String,
    /// Its source, without passwords.
    pub source: String,
    /// Its dialect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
    /// The faults that its viewers receive.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// Whether its paths need a password of its own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub protected: bool,
    /// The URL of its own port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether frames arrive on time.
    pub healthy: bool,
    /// Configured frames per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps_asked: Option<f64>,
    /// Measured frames per second; absent while no frames are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps: Option<f64>,
    /// Time since the newest frame; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_age_ms: Option<f64>,
    /// Time since a viewer was last sent the end of a picture, or came and was sent none yet; absent without viewers. Faults hold
    /// pictures back behind the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_age_ms: Option<f64>,
    /// Frames published.
    pub frames: u64,
    /// Current viewers.
    pub viewers: u64,
    /// Frames sent completely, over all viewers.
    pub frames_sent: u64,
    /// Bytes sent to viewers.
    pub bytes_sent: u64,
}

/// The text of `/metrics`. A named stream has the label `stream`.
pub fn metrics(states: &[State]) -> String {
    let mut all = Exposition::default();
    for (name, kind, help, value) in METRICS {
        let mut family = all.family(name, kind, help);
        for state in states {
            let label = state.name.as_ref().map(|name| ("stream", &name[..]));
            family.sample_if(label.as_slice(), value(state));
        }
    }
    all.into_text()
}

/// The value of a metric in a stream; `None` if it has none.
type Value = fn(&State) -> Option<f64>;

/// Name, kind, help and value of each metric.
const METRICS: [(&str, Kind, &str, Value); 20] = [
    ("mjpeg_serve_up_seconds", Gauge, "Time since the server started.", |it| Some(it.uptime_s)),
    ("mjpeg_serve_healthy", Gauge, "Whether frames arrive on time: 1 or 0.", |it| {
        Some(f64::from(u8::from(it.healthy)))
    }),
    ("mjpeg_serve_viewers", Gauge, "Current viewers.", |it| Some(it.viewers.len() as f64)),
    ("mjpeg_serve_connections", Gauge, "Open connections of the server, including viewers.", |it| {
        count(it.connections)
    }),
    ("mjpeg_serve_frame_age_seconds", Gauge, "Time since the newest frame.", |it| {
        Some(it.frame_age_ms? / 1000.0)
    }),
    ("mjpeg_serve_frames_total", Counter, "Frames published.", |it| count(it.frames)),
    ("mjpeg_serve_frames_repeated_total", Counter, "Frames sent again while the source was silent.", |it| {
        count(it.frames_repeated)
    }),
    ("mjpeg_serve_frames_torn_total", Counter, "Incomplete frames, not published.", |it| {
        count(it.frames_torn)
    }),
    (
        "mjpeg_serve_frames_uncarried_total",
        Counter,
        "Frames not published because they contain the boundary.",
        |it| count(it.frames_uncarried),
    ),
    (
        "mjpeg_serve_frames_unseen_total",
        Counter,
        "Frames replaced by a newer one before they were published.",
        |it| count(it.frames_unseen),
    ),
    ("mjpeg_serve_upstream_connected", Gauge, "Whether pictures come from the camera: 1 or 0.", |it| {
        Some(f64::from(u8::from(it.upstream.as_ref()?.state == "live")))
    }),
    ("mjpeg_serve_upstream_lost_seconds", Gauge, "Time since the camera was lost; 0 if it is not.", |it| {
        let upstream = it.upstream.as_ref()?;
        Some(if upstream.state == "lost" { upstream.state_age_s } else { 0.0 })
    }),
    ("mjpeg_serve_upstream_connects_total", Counter, "Streams that were opened at the camera.", |it| {
        count(it.upstream.as_ref()?.connects)
    }),
    (
        "mjpeg_serve_upstream_failures_total",
        Counter,
        "Attempts that opened no stream at the camera, and streams that ended.",
        |it| count(it.upstream.as_ref()?.failures),
    ),
    ("mjpeg_serve_viewers_total", Counter, "Viewers since the start.", |it| count(it.totals.viewers)),
    (
        "mjpeg_serve_refused_total",
        Counter,
        "Viewers and connections refused because a limit was reached.",
        |it| count(it.totals.refused),
    ),
    (
        "mjpeg_serve_evicted_total",
        Counter,
        "Viewers closed because they exceeded the send timeout or the memory limit.",
        |it| count(it.totals.evicted),
    ),
    ("mjpeg_serve_frames_sent_total", Counter, "Frames sent completely, over all viewers.", |it| {
        count(it.totals.frames_sent)
    }),
    ("mjpeg_serve_frames_skipped_total", Counter, "Frames skipped for slow viewers.", |it| {
        count(it.totals.frames_skipped)
    }),
    ("mjpeg_serve_sent_bytes_total", Counter, "Bytes sent to viewers.", |it| count(it.totals.bytes_sent)),
];

fn count(value: u64) -> Option<f64> {
    Some(value as f64)
}
