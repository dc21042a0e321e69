//! The URLs of a server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use mjpeg::counted::Counted;

use crate::exit::Failure;
use crate::listen::socket::{Endpoint, Listener};
use crate::listen::tcp;
use crate::output::{self, Reporter};

/// Most other addresses to print: a machine with containers may have hundreds.
const OTHER_ADDRESSES: usize = 16;

/// Where clients find a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// The URL without a path, for a client on this machine.
    base: String,
    /// The path of the Unix-domain socket; empty if it has none.
    socket: Option<PathBuf>,
    /// Addresses for other machines.
    others: Vec<SocketAddr>,
}

impl Urls {
    /// The URLs of these listeners. The first one is for clients on this machine.
    pub fn of(listeners: &[Listener]) -> Self {
        let outside = listeners.iter().flat_map(|listener| match listener.at {
            Endpoint::Tcp(at) => tcp::other_addresses(at),
            _ => Vec::new(),
        });
        let (base, socket) = match listeners.first().map(|first| (&first.at, first.base())) {
            Some((Endpoint::Tcp(_), base)) => (base, None),
            Some((Endpoint::Unix { path, .. }, _)) => (String::new(), Some(path.clone())),
            Some((Endpoint::Inherited(path), _)) => (String::new(), Some(path.clone().unwrap_or_default())),
            None => (String::new(), None),
        };
        Self { base, socket, others: outside.take(OTHER_ADDRESSES).collect() }
    }

    /// The URL of a path that starts with `/`. On a Unix-domain socket the host is `localhost`.
    pub fn url(&self, path: &str) -> String {
        let base = if self.socket.is_some() { "http://localhost" } else { &self.base };
        format!("{base}{path}")
    }

    /// The path of the Unix-domain socket on which the server listens.
    pub fn socket(&self) -> Option<&Path> {
        self.socket.as_deref()
    }

    /// Prints the URL of the page of a farm to standard output, and how its cameras are found as a message.
    ///
    /// # Errors
    ///
    /// When standard output cannot be written.
    pub fn print_farm(&self, reporter: Reporter, cameras: usize) -> Result<(), Failure> {
        match &self.socket {
            Some(path) => output::result(&format!("unix:{}", path.display()))?,
            None => output::result(&self.url("/"))?,
        }
        let list = self.url("/targets");
        reporter.message(&format!("{}, listed at {list}", Counted(cameras as u64, "camera")));
        for address in &self.others {
            reporter.message(&format!("also at http://{address}/"));
        }
        Ok(())
    }

    /// Prints the URL of the stream to standard output, and the others as messages.
    ///
    /// # Errors
    ///
    /// When standard output cannot be written.
    pub fn print(&self, reporter: Reporter) -> Result<(), Failure> {
        if let Some(path) = &self.socket {
            output::result(&format!("unix:{}", path.display()))?;
            let quoted = quoted(&path.display().to_string());
            reporter.message(&format!("to watch: curl --unix-socket {quoted} {}", self.url("/stream")));
        } else {
            output::result(&self.url("/stream"))?;
            reporter.message(&format!("web page with the stream: {}", self.url("/")));
        }
        for address in &self.others {
            reporter.message(&format!("also at http://{address}/stream"));
        }
        Ok(())
    }
}

/// A word of a shell command.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-._/+:@%,=".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_quoted_word_as_it_is() {
        for word in ["/run/mjpeg.sock", "/tmp/a b", "it's", "", "$HOME;`x`", "a\\b"] {
            let echo = format!("printf %s {}", quoted(word));
            let output = std::process::Command::new("sh").arg("-c").arg(echo).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), word);
        }
        assert_eq!(quoted("/run/mjpeg.sock"), "/run/mjpeg.sock");
    }
}
