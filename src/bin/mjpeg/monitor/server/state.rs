//! `/state`: all cameras as JSON, schema `mjpeg.monitor.state/1`.

use serde::Serialize;

use super::facts::Facts;
use crate::clock::time_of_day;
use crate::criteria::Verdict;
use crate::monitor::camera::Camera;
use crate::monitor::change::FindingLine;
use crate::monitor::state::Standing;
use crate::output;

/// All cameras.
#[derive(Debug, Serialize)]
struct State {
    schema: &'static str,
    time: String,
    uptime_s: f64,
    good: usize,
    bad: usize,
    unknown: usize,
    cameras: Vec<CameraState>,
}

/// One camera.
#[derive(Debug, Serialize)]
struct CameraState {
    name: String,
    target: String,
    state: Standing,
    since: String,
    connected: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<WindowState>,
    parts: u64,
    body_bytes: u64,
    connects: u64,
    losses: u64,
    became_bad: u64,
}

/// The last window.
#[derive(Debug, Serialize)]
struct WindowState {
    ended: String,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    pictures: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    fps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_max_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_p50: Option<u64>,
    /// The longest time for which the monitor was behind the stream.
    behind_ms: f64,
    /// The findings that count.
    findings: Vec<FindingLine>,
}

/// The text.
pub fn text(facts: &Facts) -> String {
    let cameras: Vec<CameraState> = facts.cameras.all().iter().map(|camera| of(camera)).collect();
    let count = |standing| cameras.iter().filter(|camera| camera.state == standing).count();
    let state = State {
        schema: "mjpeg.monitor.state/1",
        time: time_of_day(facts.clock.unix()),
        uptime_s: output::rounded(facts.clock.now().saturating_sub(facts.started).as_secs_f64()),
        good: count(Standing::Good),
        bad: count(Standing::Bad),
        unknown: count(Standing::Unknown),
        cameras,
    };
    // All of it has a JSON form.
    output::json(&state).unwrap_or_default()
}

fn of(camera: &Camera) -> CameraState {
    let watched = camera.watched();
    let (state, since) = watched.standing();
    let window = watched.last.as_ref().map(|(seen, ended)| WindowState {
        ended: time_of_day(*ended),
        verdict: seen.verdict,
        reason: seen.why.clone(),
        pictures: seen.pictures,
        fps: seen.timing.map(|timing| output::rounded(timing.fps)),
        gap_max_ms: seen.timing.map(|timing| output::ms(timing.gap_max)),
        width: seen.size.map(|size| size.0),
        height: seen.size.map(|size| size.1),
        bytes_p50: seen.bytes_p50,
        behind_ms: output::ms(seen.behind),
        findings: seen.alarms().iter().map(FindingLine::from).collect(),
    });
    let totals = &watched.totals;
    CameraState {
        name: camera.name.clone(),
        target: camera.target.to_string(),
        state,
        since: time_of_day(since),
        connected: watched.is_connected,
        window,
        parts: totals.parts,
        body_bytes: totals.bytes,
        connects: totals.connects,
        losses: totals.losses,
        became_bad: totals.became_bad,
    }
}
