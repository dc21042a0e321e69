//! A gap in a stream as JSON has it, with its cause and the evidence for that.

use mjpeg::check;
use serde::{Deserialize, Serialize};

use crate::output;

/// A gap above the limit, with what is known of its cause.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Gap {
    /// When the picture before it came, since the first byte of the body.
    pub at_s: f64,
    /// Its length.
    pub gap_ms: f64,
    /// Absent if nothing watched the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The time in it without a byte.
    pub silent_ms: f64,
    /// The time in which we did not read.
    pub late_ms: f64,
    /// The time in which we waited for a processor.
    pub starved_ms: f64,
    /// Most bytes that waited for us.
    pub waiting_bytes: u64,
    /// What TCP showed, if the system tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp: Option<Tcp>,
}

/// What TCP showed in a gap.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tcp {
    /// Packets out of order.
    pub out_of_order: u32,
    /// How long packets waited for a lost one before them.
    pub held_ms: f64,
    /// Probes that the other end answered.
    pub probes_answered: u32,
    /// The longest time without a packet.
    pub quiet_ms: f64,
}

impl From<&check::Gap> for Gap {
    fn from(gap: &check::Gap) -> Self {
        let check::GapEvidence { silent, late, starved, waiting, path, .. } = gap.evidence;
        Self {
            at_s: output::rounded(gap.at.as_secs_f64()),
            gap_ms: output::ms(gap.length),
            cause: gap.cause.map(|cause| cause.name().into()),
            silent_ms: output::ms(silent),
            late_ms: output::ms(late),
            starved_ms: output::ms(starved),
            waiting_bytes: waiting,
            tcp: path.map(|path| Tcp {
                out_of_order: path.out_of_order,
                held_ms: output::ms(path.held),
                probes_answered: path.answers,
                quiet_ms: output::ms(path.quiet),
            }),
        }
    }
}
