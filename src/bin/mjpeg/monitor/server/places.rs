//! The places of connections: when all are taken, the client that has kept its one longest without a use loses it.

use std::net::Shutdown;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::Socket;

/// Connections at the same time. Each may have a probe.
const MOST_CONNECTIONS: usize = 64;
/// How long a new connection waits for a place: threads of connections that were ended need a moment to give theirs back.
const PATIENCE: Duration = Duration::from_secs(1);

/// The places of all connections. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Places(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    taken: Mutex<Taken>,
    /// A place is given back.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Taken {
    /// In the order in which they were taken.
    all: Vec<Entry>,
    next: u64,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    socket: Arc<Socket>,
    purpose: Use,
}

/// What a connection is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The client is to send its request, or to take the answer: a place that a client can keep for as long as it likes.
    Waits,
    /// The answer is made.
    Works,
    /// It was ended for another one.
    Ended,
}

/// Whether a new connection has a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Yes,
    /// When the threads of ended connections have given theirs back.
    Soon,
    No,
}

/// The place of one connection, until it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Places,
    number: u64,
}

impl Places {
    /// A place for `socket`. If all are taken, the connection that has waited longest for its client is ended. `None`: all work,
    /// or the threads of ended connections are still there after a second.
    pub fn take(&self, socket: &Arc<Socket>) -> Option<Place> {
        let mut room = Room::No;
        let wait = self.0.changed.wait_timeout_while(self.taken(), PATIENCE, |taken| {
            room = taken.make_room();
            room == Room::Soon
        });
        let (mut taken, _) = wait.unwrap_or_else(PoisonError::into_inner);
        if room != Room::Yes {
            return None;
        }
        let number = taken.next;
        taken.next += 1;
        taken.all.push(Entry { number, socket: Arc::clone(socket), purpose: Use::Waits });
        Some(Place { places: self.clone(), number })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Nothing panics while it holds the lock.
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Whether there is a place. If all are taken, a connection that waits for its client is ended.
    fn make_room(&mut self) -> Room {
        // Threads that end are not counted, but must not become many.
        if self.all.len() >= 2 * MOST_CONNECTIONS {
            return Room::Soon;
        }
        let used = self.all.iter().filter(|entry| entry.purpose != Use::Ended).count();
        if used >= MOST_CONNECTIONS {
            let Some(oldest) = self.all.iter_mut().find(|entry| entry.purpose == Use::Waits) else {
                return Room::No;
            };
            oldest.purpose = Use::Ended;
            // Its thread wakes up, and gives the place back.
            let _ = oldest.socket.shutdown(Shutdown::Both);
        }
        Room::Yes
    }
}

impl Place {
    /// From now on it is used for this.
    pub fn set(&self, purpose: Use) {
        let mut taken = self.places.taken();
        let entry = taken.all.iter_mut().find(|entry| entry.number == self.number);
        if let Some(entry) = entry.filter(|entry| entry.purpose != Use::Ended) {
            entry.purpose = purpose;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().all.retain(|entry| entry.number != self.number);
        self.places.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::time::Instant;

    use super::*;

    /// A connection and its client.
    fn pair() -> (Arc<Socket>, UnixStream) {
        let (near, far) = UnixStream::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        (Arc::new(Socket::from(std::os::fd::OwnedFd::from(near))), far)
    }

    /// This many new connections, each with its place.
    fn taken(places: &Places, count: usize) -> Vec<(Place, Arc<Socket>, UnixStream)> {
        let one = || {
            let (socket, far) = pair();
            (places.take(&socket).unwrap(), socket, far)
        };
        (0..count).map(|_| one()).collect()
    }

    #[test]
    fn the_client_that_waits_longest_makes_room_and_one_that_is_answered_does_not() {
        let places = Places::default();
        let mut all = taken(&places, MOST_CONNECTIONS);
        all[0].0.set(Use::Works);
        let is_ended = |far: &mut UnixStream| matches!(far.read(&mut [0]), Ok(0));
        let more = places.take(&pair().0).unwrap();
        let ended: Vec<usize> = (0..all.len()).filter(|&n| is_ended(&mut all[n].2)).collect();
        assert_eq!(ended, [1]);
        // One that was ended gives no second place.
        all[1].0.set(Use::Waits);
        all.iter().skip(1).for_each(|it| it.0.set(Use::Works));
        more.set(Use::Works);
        let start = Instant::now();
        assert!(places.take(&pair().0).is_none(), "all work");
        assert!(start.elapsed() < PATIENCE, "nothing to wait for");
        all.pop();
        assert!(places.take(&pair().0).is_some(), "a place was given back");
    }

    #[test]
    fn a_new_connection_waits_while_threads_of_ended_ones_give_their_places_back() {
        let places = Places::default();
        // The second half ends the first one, whose threads are still there.
        let mut all = taken(&places, 2 * MOST_CONNECTIONS);
        let start = Instant::now();
        assert!(places.take(&pair().0).is_none(), "no thread has ended");
        assert!(start.elapsed() >= PATIENCE);
        let first = all.remove(0);
        let end = std::thread::spawn(move || drop(first));
        assert!(places.take(&pair().0).is_some(), "one has ended");
        end.join().unwrap();
    }
}
