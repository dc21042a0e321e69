//! Why pictures did not come for a while: evidence of the reader and of its connection, and what it allows to say.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use crate::counted::Counted;

/// Whose fault a gap is, as far as the evidence goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapCause {
    /// We were stopped, busy or without a processor.
    Reader,
    /// Packets were lost or late, or the other end could not be reached.
    Network,
    /// The other end of the connection answered, and its program sent nothing.
    Camera,
    /// The evidence does not decide.
    Unknown,
}

impl GapCause {
    /// The word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Network => "network",
            Self::Camera => "camera",
            Self::Unknown => "unknown",
        }
    }
}

/// A time without a byte, or a read that was late. Times count from the first byte of the body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Silence {
    /// When the last byte before it was read.
    pub from: Duration,
    /// When the next byte was read, or until when there was none.
    pub to: Duration,
    /// For how long at its end we did not look: the next byte may have waited for so long.
    pub late: Duration,
    /// The time since the last silence in which this thread was ready and had no processor.
    pub starved: Duration,
    /// The bytes that waited, if the read was late.
    pub waiting: u64,
    /// What the connection showed meanwhile, if the system tells.
    pub path: Option<Path>,
}

/// What a TCP connection showed in a silence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Path {
    /// Packets that came out of order: one before them was lost or overtaken.
    pub out_of_order: u32,
    /// Those of the ten seconds before it, or a little more.
    pub out_of_order_before: u32,
    /// How long packets waited for a missing one before them.
    pub held: Duration,
    /// Packets without data that came: answers to probes.
    pub answers: u32,
    /// The longest time without a packet.
    pub quiet: Duration,
    /// The time within which a packet comes, if the other end can be reached: that of a probe and its answer.
    pub due: Duration,
}

/// All that is known of a gap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GapEvidence {
    /// Silences in it; none if nothing watched the connection.
    pub silences: u32,
    /// The time of these silences.
    pub silent: Duration,
    /// The times at the end of silences in which we did not look.
    pub late: Duration,
    /// The time in which the reading thread was ready and had no processor.
    pub starved: Duration,
    /// Most bytes that waited for us.
    pub waiting: u64,
    /// What the connection showed, if the system tells.
    pub path: Option<Path>,
}

/// A gap between two pictures, or behind the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// When the picture before it came, since the first byte.
    pub at: Duration,
    /// Until the next one, or until the end.
    pub length: Duration,
    /// What is known of it.
    pub evidence: GapEvidence,
    /// Whose fault it is; `None` if nothing watched the connection.
    pub cause: Option<GapCause>,
}

impl GapEvidence {
    /// Takes one more silence.
    pub fn add(&mut self, silence: &Silence) {
        self.silences = self.silences.saturating_add(1);
        self.silent += silence.to.saturating_sub(silence.from);
        self.late += silence.late;
        self.starved += silence.starved;
        self.waiting = self.waiting.max(silence.waiting);
        if let Some(path) = &silence.path {
            let all = self.path.get_or_insert_default();
            all.out_of_order = all.out_of_order.saturating_add(path.out_of_order);
            all.out_of_order_before = all.out_of_order_before.max(path.out_of_order_before);
            all.held += path.held;
            all.answers = all.answers.saturating_add(path.answers);
            all.quiet = all.quiet.max(path.quiet);
            all.due = all.due.max(path.due);
        }
    }
}

impl Gap {
    /// A gap that began `at`.
    pub(super) fn new(at: Duration, length: Duration, evidence: GapEvidence) -> Self {
        Self { at, length, evidence, cause: None }
    }

    /// A gap of this length that began `at`, and whose fault it is that it is longer than `limit`.
    pub fn judged(at: Duration, length: Duration, evidence: GapEvidence, limit: Duration) -> Self {
        let mut gap = Self::new(at, length, evidence);
        gap.judge(limit);
        gap
    }

    /// Decides whose fault it is that the gap is longer than `limit`.
    ///
    /// What explains only a part of the gap counts if the rest is within the limit.
    pub(super) fn judge(&mut self, limit: Duration) {
        self.cause = (self.evidence.silences > 0).then(|| self.cause_above(limit));
    }

    fn cause_above(&self, limit: Duration) -> GapCause {
        let GapEvidence { silent, late, path, .. } = self.evidence;
        let explained_by = |time: Duration| !time.is_zero() && self.length.saturating_sub(time) <= limit;
        if explained_by(late) {
            return GapCause::Reader;
        }
        let Some(path) = path else { return GapCause::Unknown };
        let is_held = !path.held.is_zero() && explained_by(path.held + late);
        if is_held || path.quiet > path.due {
            return GapCause::Network;
        }
        // The last packets before a silence may be lost too, and nothing shows that: on a path that loses packets, an answer
        // to a probe proves nothing.
        let is_clean = path.out_of_order == 0 && path.out_of_order_before == 0 && path.held.is_zero();
        if is_clean && path.answers > 0 && explained_by(silent) {
            return GapCause::Camera;
        }
        GapCause::Unknown
    }

    /// The cause with its evidence, as a part of a sentence.
    pub fn sentence(&self) -> Option<String> {
        let GapEvidence { silent, late, path, .. } = self.evidence;
        let ms = |time: Duration| time.as_millis();
        let path = path.unwrap_or_default();
        Some(match self.cause? {
            GapCause::Reader => format!("ours: we did not read for {} ms of it", ms(late)),
            GapCause::Network if path.quiet > path.due => format!(
                "the network, or the camera is off: no packet came for {} ms, and probes were not answered",
                ms(path.quiet)
            ),
            GapCause::Network => format!(
                "the network: {} waited {} ms for a lost one before them",
                Counted(path.out_of_order.max(1).into(), "packet"),
                ms(path.held)
            ),
            GapCause::Camera => format!(
                "the camera: the other end of the connection was alive ({} answered), no packet was lost, and it \
                 sent nothing for {} ms",
                Counted(path.answers.into(), "probe"),
                ms(silent)
            ),
            GapCause::Unknown if !late.is_zero() => {
                format!("the cause is unknown: we did not read for {} ms of it, which is too short", ms(late))
            }
            GapCause::Unknown => format!("the cause is unknown: {}", self.doubt()),
        })
    }

    /// Why the evidence does not decide.
    fn doubt(&self) -> String {
        let Some(path) = self.evidence.path else {
            return "nothing is known about the connection".into();
        };
        if path.out_of_order > 0 || !path.held.is_zero() {
            return format!("{} came out of order", Counted(path.out_of_order.into(), "packet"));
        }
        if path.out_of_order_before > 0 {
            let packets = Counted(path.out_of_order_before.into(), "packet");
            return format!("{packets} came out of order shortly before, and the last one may be lost too");
        }
        if path.answers == 0 {
            return "it ended before a probe was answered".into();
        }
        "bytes came in it".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    const ALIVE: Path = Path {
        out_of_order_before: 0,
        out_of_order: 0,
        held: Duration::ZERO,
        answers: 2,
        quiet: Duration::ZERO,
        due: Duration::from_secs(1),
    };

    /// The cause of a gap of 3 s above a limit of 1 s, with one silence of `silent` ms.
    fn cause(silent: u64, late: u64, path: Option<Path>) -> GapCause {
        let mut evidence = GapEvidence::default();
        evidence.add(&Silence { to: ms(silent), late: ms(late), path, ..Silence::default() });
        let mut gap = Gap::new(ms(500), ms(3000), evidence);
        gap.judge(ms(1000));
        gap.cause.unwrap()
    }

    #[test]
    fn the_evidence_decides() {
        let held = |held: u64| Path { out_of_order: 3, held: ms(held), ..ALIVE };
        let quiet = |quiet: u64| Path { quiet: ms(quiet), ..ALIVE };
        let cases = [
            // We were away for so long that the rest is within the limit, whatever the connection showed.
            (3000, 2000, Some(ALIVE), GapCause::Reader),
            (3000, 2900, Some(held(2900)), GapCause::Reader),
            (3000, 2000, None, GapCause::Reader),
            // Too short to explain it.
            (3000, 1999, Some(ALIVE), GapCause::Camera),
            (3000, 1999, None, GapCause::Unknown),
            // A lost packet that explains it, and one that does not.
            (3000, 0, Some(held(2000)), GapCause::Network),
            (3000, 500, Some(held(1500)), GapCause::Network),
            (3000, 0, Some(held(1999)), GapCause::Unknown),
            (3000, 0, Some(Path { out_of_order: 1, ..ALIVE }), GapCause::Unknown),
            (3000, 0, Some(Path { out_of_order_before: 1, ..ALIVE }), GapCause::Unknown),
            // Probes without an answer.
            (3000, 0, Some(quiet(1001)), GapCause::Network),
            (3000, 0, Some(quiet(1000)), GapCause::Camera),
            // Too short for a probe.
            (3000, 0, Some(Path { answers: 0, ..ALIVE }), GapCause::Unknown),
            // Bytes came most of the time.
            (1999, 0, Some(ALIVE), GapCause::Unknown),
            (3000, 0, None, GapCause::Unknown),
        ];
        for (silent, late, path, expected) in cases {
            assert_eq!(cause(silent, late, path), expected, "{silent} {late} {path:?}");
        }
    }

    #[test]
    fn without_evidence_there_is_no_cause() {
        let mut gap = Gap::new(ms(0), ms(3000), GapEvidence::default());
        gap.judge(ms(1000));
        assert_eq!((gap.cause, gap.sentence()), (None, None));
    }

    #[test]
    fn each_sentence_has_its_figures() {
        let sentence = |late: u64, path: Option<Path>| {
            let mut evidence = GapEvidence::default();
            evidence.add(&Silence { to: ms(3000), late: ms(late), path, ..Silence::default() });
            let mut gap = Gap::new(ms(500), ms(3000), evidence);
            gap.judge(ms(1000));
            gap.sentence().unwrap()
        };
        assert_eq!(sentence(2500, None), "ours: we did not read for 2500 ms of it");
        assert!(sentence(0, Some(ALIVE)).contains("(2 probes answered)"));
        let lost = sentence(0, Some(Path { out_of_order: 4, held: ms(2800), ..ALIVE }));
        assert_eq!(lost, "the network: 4 packets waited 2800 ms for a lost one before them");
        assert!(sentence(0, Some(Path { quiet: ms(2600), ..ALIVE })).contains("no packet came for 2600 ms"));
        assert!(sentence(0, None).starts_with("the cause is unknown: nothing is known about the connection"));
    }
}
