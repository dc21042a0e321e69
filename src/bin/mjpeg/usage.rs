//! Command lines that cannot be, beyond what one value shows: found before anything is opened.
//!
//! They end as clap ends its own: the message, the usage, exit 2.

use clap::Command;
use clap::error::ErrorKind;

/// Why the words of a command line cannot be.
#[derive(Debug, PartialEq, Eq)]
pub struct Usage {
    kind: ErrorKind,
    message: String,
}

impl Usage {
    /// A value that cannot be.
    pub fn value(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::ValueValidation, message: message.into() }
    }

    /// Arguments that cannot be together.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::ArgumentConflict, message: message.into() }
    }

    /// Prints the message and the usage of the subcommand at `path` below `root`, and ends the process.
    pub fn exit(self, mut root: Command, path: &[&str]) -> ! {
        root.build();
        let subcommand = path.iter().try_fold(&root, |command, name| command.find_subcommand(name));
        subcommand.unwrap_or(&root).clone().error(self.kind, self.message).exit()
    }
}
