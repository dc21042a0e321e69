//! What the end of the stream means for a recording.

use std::time::Duration;

use anyhow::anyhow;
use mjpeg::counted::Counted;

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
pub fn of(
    end: &End,
    target: &Target,
    goal: Goal,
    idle: Duration,
    summary: &mut Summary,
) -> Result<Outcome, Failure> {
    let frames = Counted(summary.frames_written, "good frame");
    let failure = |exit, cause: String| Err(Failure::new(exit, anyhow!(target.with(cause))));
    summary.end = end.word("goal");
    let failed = status::of_end(end, target.is_live());
    if summary.frames_good() == 0
        && failed.is_none()
        && matches!(end, End::TimeUp | End::Closed | End::Truncated)
    {
        if summary.frames_damaged > 0 {
            let cause = match summary.frames_damaged {
                1 => "the only frame was not whole".into(),
                frames => format!("none of {frames} frames was whole"),
            };
            return failure(Exit::No, cause);
        }
        if *end != End::TimeUp {
            return failure(Exit::NotAStream, "the stream ended without a picture".into());
        }
        summary.end = End::Stalled.word("goal");
        let time = goal
            .duration
            .map_or("that time".into(), |it| format!("the {} of --duration", humantime::format_duration(it)));
        return failure(Exit::Stalled, format!("no frame came in {time}{}", cause(summary)));
    }
    match (end, failed) {
        (End::NotAStream(foreign), Some(exit)) => {
            let hint = foreign.hint().map(String::from);
            // The answer to a later request, to a URL that is polled or after a reconnection.
            let is_later = summary.frames_good() + summary.frames_damaged > 0;
            let before = if is_later { format!("after {frames}: ") } else { String::new() };
            summary.end = is_later.then_some("closed");
            Err(Failure { hint, ..Failure::new(exit, anyhow!(target.with(format!("{before}{end}")))) })
        }
        (_, Some(exit)) => {
            failure(exit, format!("after {frames}: {}{}", end.within_option(idle), cause(summary)))
        }
        (End::Closed | End::Truncated, None) if goal.is_set() => {
            let cause = anyhow!(target.with(format!("after {frames}, before the goal: {end}")));
            let hint = target.is_live().then(|| "--reconnect forever opens it again".into());
            Err(Failure { exit: Exit::No, cause: Some(cause), hint })
        }
        (End::Signal(signal), None) if goal.is_set() => Ok(Outcome::Signal(*signal)),
        (_, None) => Ok(Outcome::Exit(Exit::Done)),
    }
}

/// Whose fault the stall is that ended the stream, if that is known: the end of a message.
fn cause(summary: &Summary) -> String {
    let sentence = summary.stall.and_then(|stall| stall.sentence());
    sentence.map(|sentence| format!("; {sentence}")).unwrap_or_default()
}
