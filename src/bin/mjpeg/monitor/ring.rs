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

/// The longest name of a camera, in bytes, that is the name of its files. Files add a number, `.http.timing`, and what marks them
/// as incomplete; a file system allows 255 bytes.
const LONGEST_NAME: usize = 200;

impl Rings {
    /// The recorder of a camera: its captures are `DIR/NAME-0001.http` and so on.
    pub fn recorder(&self, name: &str, clock: &Clock) -> FlightRecorder {
        let settings = Settings {
            names: CaptureNames::new(&self.folder.join(format!("{}.http", short(name)))),
            limits: self.limits,
            after: self.after,
            durability: Durability::Closed,
            reporter: Reporter::new("monitor"),
        };
        FlightRecorder::new(settings, clock)
    }
}

/// The name, or the start of a long one with a number that stands for all of it.
fn short(name: &str) -> String {
    if name.len() <= LONGEST_NAME {
        return name.into();
    }
    // FNV-1a with 64 bits: the same name has the same files in each run.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let ends = name.char_indices().map(|(at, _)| at);
    let end = ends.take_while(|&at| at <= LONGEST_NAME - 17).last().unwrap_or_default();
    format!("{}-{hash:016x}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_shortened_and_stay_apart() {
        assert_eq!(short("front"), "front");
        let (one, two) = ("ü".repeat(127) + "1", "ü".repeat(127) + "2");
        assert!(short(&one).len() <= LONGEST_NAME && short(&one).starts_with("üüü"));
        assert_ne!(short(&one), short(&two));
        assert_eq!(short(&"a".repeat(201)).len(), LONGEST_NAME);
    }
}
