//! Usage errors that clap does not detect. They are found before anything is opened.
//!
//! They look like the errors of clap: the message, the usage, exit status 2.

use std::fmt;

use clap::Command;
use clap::error::ErrorKind;

/// Why a command line is invalid.
#[derive(Debug, PartialEq, Eq)]
pub struct Usage {
    kind: ErrorKind,
    message: String,
}

/// The message alone.
impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Usage {
    /// An invalid value.
    pub fn value(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::ValueValidation, message: message.into() }
    }

    /// A conflict between arguments.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::ArgumentConflict, message: message.into() }
    }

    /// An argument that is missing.
    pub fn missing(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::MissingRequiredArgument, message: message.into() }
    }

    /// Prints the message and the usage of the subcommand at `path` below `root`, and exits the process.
    pub fn exit(self, mut root: Command, path: &[&str]) -> ! {
        root.build();
        let subcommand = path.iter().try_fold(&root, |command, name| command.find_subcommand(name));
        subcommand.unwrap_or(&root).clone().error(self.kind, self.message).exit()
    }
}
