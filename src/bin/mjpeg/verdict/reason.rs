//! Why a stream ended, in words.

use crate::criteria::Verdict;
use crate::transport::{End, Foreign};
use crate::verdict::run::Run;

/// Why the stream ended; `None` for an end that needs no explanation.
pub fn reason(run: &Run) -> Option<String> {
    let end = run.end.as_ref()?;
    match end {
        End::NotAStream(Foreign { page: Some(page), .. }) => {
            let hint = page.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
            Some(format!("{page}{hint}"))
        }
        End::TimeUp if is_without_a_part(run) => Some(run.asked.without_a_part(run.idle)),
        End::Closed | End::Truncated if !run.is_live && is_without_a_part(run) => {
            Some("not an MJPEG stream: no part is complete".into())
        }
        End::Signal(_) if run.report.is_none() => Some("a signal came before it was read".into()),
        End::Signal(_) => Some(end.to_string()),
        end if end.is_failure(run.is_live) => Some(end.within_option(run.idle)),
        _ => is_without_a_picture(run).then(|| "no part has a picture that can be shown".into()),
    }
}

/// The reason without the words of the verdict in front of it, which stands before it.
pub fn behind(verdict: Verdict, reason: &str) -> &str {
    let starts: &[&str] = match verdict {
        Verdict::Stalled => &["stalled: "],
        Verdict::NotAStream => &["not an MJPEG stream: "],
        _ => &[],
    };
    starts.iter().find_map(|start| reason.strip_prefix(start)).unwrap_or(reason)
}

fn is_without_a_part(run: &Run) -> bool {
    run.report.as_ref().is_some_and(|report| report.parts == report.cut)
}

fn is_without_a_picture(run: &Run) -> bool {
    run.report.as_ref().is_some_and(|report| report.pictures == 0)
}
