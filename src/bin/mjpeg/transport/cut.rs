//! Ends the connection of a camera from another thread, however long it would wait.

use std::net::Shutdown;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use socket2::Socket;

/// Ends the connection of a camera. Clones end the same one.
#[derive(Debug, Clone, Default)]
pub struct Cut(Arc<Mutex<Line>>);

#[derive(Debug, Default)]
struct Line {
    is_cut: bool,
    socket: Option<Weak<Socket>>,
}

impl Cut {
    /// Ends the connection there is, also one that is being made; later ones are refused. All waits for it end.
    pub fn cut(&self) {
        let mut line = self.line();
        line.is_cut = true;
        if let Some(socket) = line.socket.take().and_then(|socket| socket.upgrade()) {
            // One that has never been connected is ended by this too.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// This socket is about to connect. `false`: it may not.
    pub(super) fn allows(&self, socket: &Arc<Socket>) -> bool {
        let mut line = self.line();
        line.socket = Some(Arc::downgrade(socket));
        !line.is_cut
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two are equal if they end the same connection.
impl PartialEq for Cut {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
