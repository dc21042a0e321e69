//! Usage errors that clap does not detect. They are found before anything is opened.
//!
//! They look like the errors of clap: the message, the usage, exit status 2.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};

use clap::Command;
use clap::error::ErrorKind;

use crate::exit::{Exit, Service};
use crate::output;
use crate::plugin_line;

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
        end(&subcommand.unwrap_or(&root).clone().error(self.kind, self.message))
    }
}

/// Prints an error of the command line, a help or a version, and exits the process.
pub fn end(error: &clap::Error) -> ! {
    if !error.use_stderr() {
        let shown = error.print().and_then(|()| io::stdout().flush()).map_err(output::stdout_failure);
        let exit = shown.map_or_else(
            |failure| {
                output::failure("help", &failure);
                failure.exit
            },
            |()| Exit::Done,
        );
        std::process::exit(exit as i32);
    }
    let words: Vec<_> = std::env::args_os().collect();
    if wants_nagios(&words) {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        let line = plugin_line::line(Service::Unknown, &plugin_line::plain(first));
        // The status says it too.
        let _ = output::result(&line);
        let _ = error.print();
        std::process::exit(Service::Unknown as i32);
    }
    error.exit()
}

/// Whether a command line that cannot be read asks for the format that has exit statuses of its own.
fn wants_nagios(words: &[OsString]) -> bool {
    words.iter().any(|word| word == "--format=nagios")
        || words.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "nagios")
}
