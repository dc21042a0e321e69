//! The time since the last part, and whose fault it is if it becomes a stall.

use std::time::Duration;

use mjpeg::check::{Gap, GapEvidence, Silence};

/// What is known since the last part. Times count from the first byte of the stream.
#[derive(Debug, Default)]
pub struct SinceLastPart {
    /// When that part came; zero before the first one.
    last: Duration,
    /// Until when nothing came.
    until: Duration,
    evidence: GapEvidence,
}

impl SinceLastPart {
    /// Takes the arrival of the next part.
    pub fn part(&mut self, arrival: Option<Duration>) {
        *self = Self { last: arrival.unwrap_or(self.last), ..Self::default() };
    }

    /// Another stream begins: what the connection before showed does not count.
    pub fn restart(&mut self) {
        self.evidence = GapEvidence::default();
    }

    /// Takes a time without a byte, or a late read.
    pub fn silence(&mut self, silence: &Silence) {
        self.until = self.until.max(silence.to);
        self.evidence.add(silence);
    }

    /// The stall up to now; `None` if the connection was not silent. What explains all of it but `limit`, or but a half of it, is
    /// its cause.
    pub fn stall(&self, limit: Duration) -> Option<Gap> {
        let length = self.until.saturating_sub(self.last);
        (self.evidence.silences > 0)
            .then(|| Gap::judged(self.last, length, self.evidence, limit.min(length / 2)))
    }
}

#[cfg(test)]
mod tests {
    use mjpeg::check::{GapCause, Path};

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn silence(from: u64, to: u64, late: u64) -> Silence {
        let path = Path { answers: 2, due: ms(1300), ..Path::default() };
        Silence { from: ms(from), to: ms(to), late: ms(late), path: Some(path), ..Silence::default() }
    }

    #[test]
    fn a_stall_has_the_cause_of_most_of_it() {
        let mut since = SinceLastPart::default();
        since.part(Some(ms(400)));
        assert!(since.stall(ms(1050)).is_none());
        since.silence(&silence(500, 10_400, 0));
        let stall = since.stall(ms(1050)).unwrap();
        assert_eq!((stall.at, stall.length, stall.cause), (ms(400), ms(10_000), Some(GapCause::Camera)));
        since.restart();
        assert!(since.stall(ms(1050)).is_none());
        // A late read of a tenth of it explains nothing, also if the limit of the stream is longer than the stall.
        since.part(Some(ms(11_000)));
        since.silence(&silence(11_000, 11_500, 50));
        assert_eq!(since.stall(ms(1050)).unwrap().cause, Some(GapCause::Camera));
        since.silence(&silence(11_500, 12_000, 500));
        assert_eq!(since.stall(ms(1050)).unwrap().cause, Some(GapCause::Reader));
    }
}
