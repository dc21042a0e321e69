//! What becomes of finished targets: they are printed, and count for the exit status.

use std::time::Duration;

use crate::criteria::Verdict;
use crate::exit::{Exit, Failure, Outcome, Service};
use crate::output;
use crate::signal::Stop;
use crate::verdict::emit::{self, Emitter, Text};
use crate::verdict::evidence::Evidence;
use crate::verdict::finished::Finished;
use crate::verdict::format::Format;
use crate::verdict::report::Page;

/// Takes the finished targets of a run, one after the other.
pub struct Delivery {
    format: Format,
    emitter: Box<dyn Emitter>,
    out: output::Results,
    worst: Exit,
    service: Service,
    is_interrupted: bool,
    page: Option<Page>,
}

impl Delivery {
    /// Nothing is finished. `text` prints `--format text`; `page` is that of `--report`.
    pub fn new(format: Format, text: Text, page: Option<Page>) -> Self {
        Self {
            format,
            emitter: format.emitter(text),
            out: output::Results::default(),
            worst: Exit::Done,
            service: Service::Ok,
            is_interrupted: false,
            page,
        }
    }

    /// Counts the next target, and prints what its format has for it. `show` is called to print.
    ///
    /// # Errors
    ///
    /// When it cannot be printed.
    pub fn take(
        &mut self,
        finished: &Finished,
        evidence: Option<&Evidence>,
        show: impl FnOnce(&mut dyn FnMut() -> Result<(), Failure>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.worst = self.worst.max(finished.verdict.exit());
        self.service = self.service.max(emit::service(finished));
        self.is_interrupted |= finished.verdict == Verdict::Interrupted;
        if let Some(page) = &mut self.page {
            page.target(finished, evidence.unwrap_or(&Evidence::default()))?;
        }
        let text = self.emitter.target(finished)?;
        show(&mut || self.out.print(&text))
    }

    /// Whether a target was left out.
    pub fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }

    /// Prints the rest, and writes the page. `unix`: the time since 1970.
    ///
    /// # Errors
    ///
    /// When it cannot be printed or written.
    pub fn end(&mut self, unix: Duration) -> Result<(), Failure> {
        let text = self.emitter.end()?;
        self.out.print(&text)?;
        if let Some(page) = self.page.take() {
            page.finish(unix)?;
        }
        Ok(())
    }

    /// How the run ends.
    pub fn outcome(&self, stop: &Stop) -> Outcome {
        match stop.signal() {
            Some(signal) if self.is_interrupted => Outcome::Signal(signal),
            _ if self.format == Format::Nagios => Outcome::Service(self.service),
            // An earlier run was interrupted: it is not known what its targets are like.
            _ if self.is_interrupted => Outcome::Exit(self.worst.max(Exit::Local)),
            _ => Outcome::Exit(self.worst),
        }
    }
}
