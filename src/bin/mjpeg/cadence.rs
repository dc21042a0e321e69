//! The rate of a stream and the gaps between its frames, in words.

/// `15.02 fps, gaps p50 66.7 ms, p99 71.2 ms, max 80.0 ms`.
pub fn line(fps: f64, [p50_ms, p99_ms, max_ms]: [f64; 3]) -> String {
    format!("{fps:.2} fps, gaps p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms, max {max_ms:.1} ms")
}
