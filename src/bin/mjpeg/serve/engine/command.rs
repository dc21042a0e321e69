//! The command that runs beside the server.

use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use mio::Interest;
use mio::unix::SourceFd;

use super::super::command::Command;
use super::event_loop::{COMMAND, Engine};

impl Engine {
    /// Serves until this command has ended, or the source.
    ///
    /// # Errors
    ///
    /// When the system cannot register its descriptors.
    pub fn attach(&mut self, command: Command) -> io::Result<()> {
        let registry = self.poll.registry();
        for fd in command.fds() {
            registry.register(&mut SourceFd(&fd.as_raw_fd()), COMMAND, Interest::READABLE)?;
        }
        self.command = Some(command);
        Ok(())
    }

    /// The command, if there is one. Call it after [`Engine::run`].
    pub fn take_command(&mut self) -> Option<Command> {
        self.command.take()
    }

    /// Whether to stop: at a signal, or when the command has ended. A signal is passed on to a command.
    pub(super) fn is_stopped(&mut self, now: Duration) -> bool {
        match &mut self.command {
            Some(command) => command.tick(now),
            None => self.stop.signal().is_some(),
        }
    }
}
