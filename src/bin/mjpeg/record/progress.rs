//! Progress of a recording: one updated line on a terminal, a plain line every few seconds elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;

/// Seconds between two plain lines.
const EVERY: Duration = Duration::from_secs(5);

/// The progress display.
pub struct Progress {
    bar: ProgressBar,
    /// When the next plain line is due; `None` when there are no plain lines.
    next_line: Option<Duration>,
}

impl Progress {
    /// Nothing with `quiet`; otherwise the form that fits standard error. `frames`: the goal in frames, if
    /// there is one.
    pub fn new(frames: Option<u64>, quiet: bool) -> Self {
        let bar = match frames {
            Some(frames) => ProgressBar::new(frames),
            None => ProgressBar::no_length(),
        };
        bar.set_draw_target(if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() });
        let template = match frames {
            Some(_) => "{bar:30} {pos}/{len} frames {wide_msg} {elapsed}",
            None => "{spinner} {pos} frames {wide_msg} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let next_line = (bar.is_hidden() && !quiet).then_some(EVERY);
        Self { bar, next_line }
    }

    /// Updates the display at `elapsed` since the start.
    pub fn update(&mut self, frames: u64, bytes: u64, damaged: u64, elapsed: Duration) {
        if self.next_line.is_none() && self.bar.is_hidden() {
            return;
        }
        let rate = frames as f64 / elapsed.as_secs_f64().max(0.001);
        let damaged = if damaged > 0 { format!(", {damaged} damaged") } else { String::new() };
        let text = format!("{}, {rate:.1} fps{damaged}", output::bytes(bytes));
        if let Some(due) = self.next_line {
            if elapsed >= due {
                output::message("record", &format!("{frames} frames, {text}"));
                self.next_line = Some(elapsed + EVERY);
            }
        } else {
            self.bar.set_position(frames);
            self.bar.set_message(text);
        }
    }

    /// Clears the line before the result is printed.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
