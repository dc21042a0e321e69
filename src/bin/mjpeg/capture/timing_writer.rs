//! The text of a timing file. `docs/timing.md` describes the format.

use std::fmt::Write;
use std::time::Duration;

use super::read::{END, FIRST_LINE, Read, START};

/// Makes the lines of one file. It does no I/O.
#[derive(Debug, Default)]
pub struct TimingWriter {
    /// When the first byte came, by the clock.
    first: Option<Duration>,
    /// The time of the last line: times never fall.
    last: Duration,
}

impl TimingWriter {
    /// Appends the line of a read to `text`, before it the head of the file if this is the first read. `end`: bytes of
    /// the capture with this read. `at`: when it came, by the monotonic clock. `wall`: converts such a time into
    /// wall-clock time.
    pub fn read(
        &mut self,
        end: u64,
        at: Duration,
        wall: impl FnOnce(Duration) -> Duration,
        text: &mut String,
    ) {
        let first = *self.first.get_or_insert_with(|| {
            let start = Seconds(wall(at));
            let columns = "# bytes of the capture that had come, seconds since its first byte";
            // Writing to a string cannot fail.
            let _ = write!(text, "{FIRST_LINE}\n{START}{start}\n{columns}\n");
            at
        });
        self.last = self.last.max(at.saturating_sub(first));
        let read = Read { end, at: self.last };
        let _ = writeln!(text, "{} {}", read.end, Seconds(read.at));
    }

    /// Appends the line of the end of the response to `text`, if there was a read.
    pub fn end(&self, word: &str, now: Duration, text: &mut String) {
        if let Some(first) = self.first {
            let at = self.last.max(now.saturating_sub(first));
            let _ = writeln!(text, "{END}{word} {}", Seconds(at));
        }
    }
}

/// Seconds with six decimals.
struct Seconds(Duration);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:06}", self.0.as_secs(), self.0.subsec_micros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_time_of_the_wall_once_and_then_rising_times_from_the_first_byte() {
        let ms = Duration::from_millis;
        let (mut writer, mut text) = (TimingWriter::default(), String::new());
        writer.end("closed", ms(1), &mut text);
        assert_eq!(text, "", "nothing came");
        for (end, at) in [(100, 5_000), (170, 5_033), (171, 5_030)] {
            writer.read(end, ms(at), |at| at + Duration::from_secs(1_000), &mut text);
        }
        writer.end("closed", ms(6_500), &mut text);
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("# bytes")).collect();
        let expected = ["100 0.000000", "170 0.033000", "171 0.033000", "# end closed 1.500000"];
        assert_eq!(lines[..2], ["# mjpeg timing 1", "# start 1005.000000"]);
        assert_eq!(lines[2..], expected);
    }
}
