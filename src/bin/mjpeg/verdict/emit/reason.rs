//! Why a stream ended, for all output formats.

use crate::transport::End;
use crate::verdict::run::Run;

/// Why the stream ended; `None` for an end that needs no explanation.
pub fn reason(run: &Run) -> Option<String> {
    if let Some(page) = &run.page {
        let hint = page.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        return Some(format!("{page}{hint}"));
    }
    let end = run.end.as_ref()?;
    match end {
        End::TimeUp if run.report.as_ref().is_some_and(|report| report.parts == 0) => {
            Some("no complete part came in that time".into())
        }
        End::Signal(_) if run.report.is_none() => Some("a signal came before it was read".into()),
        End::Signal(_) => Some(end.to_string()),
        end => end.is_failure(run.is_live).then(|| end.to_string()),
    }
}
