//! What the end of the stream means for a recording.

use anyhow::anyhow;

use super::goal::Goal;
use super::summary::Summary;
use crate::exit::{Exit, Failure, Outcome};
use crate::status;
use crate::transport::{End, Target};

/// Sets the summary's word for the end, and returns the outcome of the run.
///
/// # Errors
///
/// When the recording is not what was asked for.
pub fn of(end: &End, target: &Target, goal: Goal, summary: &mut Summary) -> Result<Outcome, Failure> {
    let frames = summary.frames_written;
    let failure = |exit, cause: String| Err(Failure::new(exit, anyhow!("{target}: {cause}")));
    summary.end = end.word("goal");
    if let (End::Reset(why), false) = (end, target.is_live()) {
        // There is no connection: the file or device is ours.
        summary.end = Some("local");
        return Err(Failure::local(anyhow!("cannot read {target}: {why}")));
    }
    let failed = status::of_end(end, target.is_live());
    if summary.frames_good() == 0
        && failed.is_none()
        && matches!(end, End::TimeUp | End::Closed | End::Truncated)
    {
        if summary.frames_damaged > 0 {
            return failure(Exit::No, format!("none of {} frames was whole", summary.frames_damaged));
        }
        if *end != End::TimeUp {
            return failure(Exit::NotAStream, "the stream ended without a picture".into());
        }
        summary.end = End::Stalled.word("goal");
        return failure(Exit::Stalled, "connected, but no frame came in that time".into());
    }
    match (end, failed) {
        (End::NotAStream(_), Some(exit)) => failure(exit, end.to_string()),
        (_, Some(exit)) => failure(exit, format!("after {frames} good frames: {end}")),
        (End::Closed | End::Truncated, None) if goal.is_set() => {
            failure(Exit::No, format!("after {frames} good frames, before the goal: {end}"))
        }
        (End::Signal(signal), None) if goal.is_set() => Ok(Outcome::Signal(*signal)),
        (_, None) => Ok(Outcome::Exit(Exit::Done)),
    }
}
