//! The options of `serve` for faults.

use std::path::PathBuf;
use std::rc::Rc;

use clap::Args;

use super::control::{Control, ControlAddress};
use super::fault::Fault;
use super::injector::Injector;
use super::log::Log;
use super::set::FaultSet;
use crate::clock::Clock;
use crate::output::Reporter;
use crate::problem::Problem;
use crate::value;

/// The options for faults.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options for faults")]
#[group(skip)]
pub struct FaultOptions {
    /// Inject a fault into the stream of each viewer; may be repeated. FAULT is NAME or NAME=ARGUMENT; --list-faults has all
    /// names. Without WHEN a fault concerns each part; with @3 the third part of each viewer, with @every=10 each tenth
    /// one, with @p=0.1 one of ten by chance, with @t=30s the first one 30 s after the first part, and with @viewer=2 only
    /// the second viewer. With the default layout the head of a part leaves together with the picture before it: use
    /// --layout leading to hold back whole parts
    #[arg(long = "fault", value_name = "FAULT[@WHEN]")]
    faults: Vec<Fault>,
    /// Let requests name further faults: /stream?fault=stall%3D2s. Everyone who can send requests can then do so
    #[arg(long)]
    fault_by_request: bool,
    /// Change the faults while the server runs: PUT /faults with a fault on each line replaces them, DELETE /faults removes
    /// them, GET /faults lists them. Viewers that are there keep the faults of the whole response that they have, and get no
    /// others of that kind. ADDRESS is unix:PATH, or an address and port of this machine; requests to the stream
    /// cannot do this
    #[arg(long, value_name = "ADDRESS")]
    control: Option<ControlAddress>,
    /// Choose what happens by chance, and the boundary, by this number: the same seed gives the same bytes, except for
    /// times [default: 0, and a random boundary]
    #[arg(long, value_name = "N", value_parser = value::count::<u64>(0..))]
    pub seed: Option<u64>,
    /// Append a JSON line to this file for each injected fault: when, to which viewer, in which part and at which offset
    #[arg(long, value_name = "FILE")]
    fault_log: Option<PathBuf>,
    /// List the faults and exit
    #[arg(long, group = "list")]
    pub list_faults: bool,
}

impl FaultOptions {
    /// Whether viewers may receive faults.
    pub fn may_inject(&self) -> bool {
        !self.faults.is_empty() || self.fault_by_request || self.control.is_some()
    }

    /// What injects the faults. Opens the log and the control socket.
    ///
    /// # Errors
    ///
    /// When the log or the control socket cannot be opened.
    pub fn injector(&self, clock: &Clock, reporter: Reporter) -> Result<Injector, Problem> {
        let log = self.fault_log.as_ref().map(|path| Log::open(path, clock.clone(), reporter));
        let set = FaultSet::new(self.faults.clone());
        let seed = self.seed.unwrap_or_default();
        let control = self
            .control
            .as_ref()
            .map(|address| Control::start(address, set.clone(), clock.clone()))
            .transpose()?;
        if let Some(control) = &control {
            reporter.message(&format!("faults: {control}"));
        }
        let log = log.transpose()?.map(Rc::new);
        Ok(Injector::new(set, seed, log, self.fault_by_request).controlled_by(control))
    }
}
