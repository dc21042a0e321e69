//! Why a stream ended, for all output formats.

use crate::transport::End;
use crate::verdict::run::Run;

/// Why the stream ended; `None` for an end that needs no explanation.
pub fn reason(run: &Run) -> Option<String> {
    match run.end.as_ref()? {
        End::Stalled => Some("nothing complete came within --idle".into()),
        End::Reset(why) => Some(format!("reset: {why}")),
        End::Truncated if run.is_live => Some("the stream was cut inside a part".into()),
        End::Unframed(error) => Some(error.to_string()),
        End::NotAStream(error) => Some(error.to_string()),
        End::TimeUp if run.report.as_ref().is_some_and(|report| report.parts == 0) => {
            Some("no complete part came in that time".into())
        }
        End::Signal(_) => Some("ended by a signal".into()),
        _ => None,
    }
}
