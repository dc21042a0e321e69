//! The flight recorders of the cameras: `--captures DIR`.

use std::path::PathBuf;
use std::time::Duration;

use crate::clock::Clock;
use crate::durability::Durability;
use crate::flight::{CaptureNames, FlightRecorder, Limits, Settings};
use crate::output::Reporter;

/// What the flight recorders of all cameras have in common.
#[derive(Debug, Clone)]
pub struct Rings {
    /// The folder of the captures.
    pub folder: PathBuf,
    /// How much each keeps.
    pub limits: Limits,
    /// How long a capture goes on.
    pub after: Duration,
}

impl Rings {
    /// The recorder of a camera: its captures are `DIR/NAME-0001.http` and so on.
    pub fn recorder(&self, name: &str, clock: &Clock) -> FlightRecorder {
        let settings = Settings {
            names: CaptureNames::new(&self.folder.join(format!("{name}.http"))),
            limits: self.limits,
            after: self.after,
            durability: Durability::Closed,
            reporter: Reporter::new("monitor"),
        };
        FlightRecorder::new(settings, clock)
    }
}
