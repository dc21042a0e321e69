//! The channels of `std::sync::mpsc`, compiled once for all types of messages.
//!
//! Each message is boxed. The compiler makes the code of a channel of `std` (three kinds of queue, 10 kB) again for each type of message;
//! the 35 types here made it 5 % of the program. An allocation costs little compared with the wake-up of a thread.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::mpsc;
use std::time::Duration;

pub use std::sync::mpsc::{RecvError, RecvTimeoutError, TryRecvError};

type Message = Box<dyn Any + Send>;

/// A channel without a limit. See [`mpsc::channel`].
pub fn channel<T: Send + 'static>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel();
    (Sender { sender, of: PhantomData }, Receiver { receiver, of: PhantomData })
}

/// A channel in which up to `bound` messages wait; with 0, sender and receiver meet. See [`mpsc::sync_channel`].
pub fn sync_channel<T: Send + 'static>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::sync_channel(bound);
    (SyncSender { sender, of: PhantomData }, Receiver { receiver, of: PhantomData })
}

/// The receiver does not exist any more; the message is dropped.
#[derive(Debug)]
pub struct SendError;

/// Why a message was not sent at once. It is dropped.
#[derive(Debug)]
pub enum TrySendError {
    Full,
    Disconnected,
}

pub struct Sender<T> {
    sender: mpsc::Sender<Message>,
    of: PhantomData<fn(T)>,
}

impl<T: Send + 'static> Sender<T> {
    pub fn send(&self, message: T) -> Result<(), SendError> {
        self.sender.send(Box::new(message)).map_err(|_| SendError)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), of: PhantomData }
    }
}

pub struct SyncSender<T> {
    sender: mpsc::SyncSender<Message>,
    of: PhantomData<fn(T)>,
}

impl<T: Send + 'static> SyncSender<T> {
    /// Waits while the channel is full.
    pub fn send(&self, message: T) -> Result<(), SendError> {
        self.sender.send(Box::new(message)).map_err(|_| SendError)
    }

    pub fn try_send(&self, message: T) -> Result<(), TrySendError> {
        self.sender.try_send(Box::new(message)).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => TrySendError::Full,
            mpsc::TrySendError::Disconnected(_) => TrySendError::Disconnected,
        })
    }
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), of: PhantomData }
    }
}

pub struct Receiver<T> {
    receiver: mpsc::Receiver<Message>,
    of: PhantomData<fn() -> T>,
}

impl<T: Send + 'static> Receiver<T> {
    pub fn recv(&self) -> Result<T, RecvError> {
        self.receiver.recv().map(unbox)
    }

    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.receiver.recv_timeout(timeout).map(unbox)
    }

    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.receiver.try_recv().map(unbox)
    }
}

impl<T: Send + 'static> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self)
    }
}

/// Waits for each message; ends when no sender exists any more.
pub struct IntoIter<T>(Receiver<T>);

impl<T: Send + 'static> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.recv().ok()
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sender.fmt(f)
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sender.fmt(f)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.receiver.fmt(f)
    }
}

fn unbox<T: 'static>(message: Message) -> T {
    // The senders of this channel take a `T` and nothing else.
    *message.downcast().expect("a message of the channel's type")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn messages_keep_their_order_and_come_until_the_last_sender_has_ended() {
        let (sender, receiver) = channel();
        let other = sender.clone();
        for n in 0..3 {
            sender.send(format!("a{n}")).unwrap();
            other.send(format!("b{n}")).unwrap();
        }
        drop(sender);
        assert_eq!(receiver.recv().as_deref(), Ok("a0"));
        assert_eq!(receiver.try_recv().as_deref(), Ok("b0"));
        other.send("last".into()).unwrap();
        drop(other);
        assert_eq!(receiver.recv_timeout(Duration::ZERO).as_deref(), Ok("a1"));
        assert_eq!(receiver.into_iter().collect::<Vec<_>>(), ["b1", "a2", "b2", "last"]);
    }

    #[test]
    fn without_a_sender_and_a_message_there_is_nothing_to_wait_for() {
        let (sender, receiver) = channel::<u8>();
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
        drop(sender);
        assert_eq!(receiver.recv(), Err(RecvError));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        assert_eq!(receiver.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Disconnected));
    }

    #[test]
    fn a_message_without_a_receiver_is_dropped() {
        let message = Arc::new(());
        let (sender, receiver) = channel();
        let (bounded, other) = sync_channel(1);
        sender.send(Arc::clone(&message)).unwrap();
        bounded.send(Arc::clone(&message)).unwrap();
        assert_eq!(Arc::strong_count(&message), 3);
        drop((receiver, other));
        assert!(sender.send(Arc::clone(&message)).is_err() && bounded.send(Arc::clone(&message)).is_err());
        assert!(matches!(bounded.try_send(Arc::clone(&message)), Err(TrySendError::Disconnected)));
        assert_eq!(Arc::strong_count(&message), 1);
    }

    #[test]
    fn a_full_channel_takes_a_message_when_another_one_has_left() {
        let (sender, receiver) = sync_channel(2);
        assert!(sender.try_send(1).is_ok() && sender.try_send(2).is_ok());
        assert!(matches!(sender.try_send(3), Err(TrySendError::Full)));
        assert_eq!(receiver.recv(), Ok(1));
        assert!(sender.try_send(4).is_ok());
        drop(sender);
        assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [2, 4]);
    }

    #[test]
    fn sender_and_receiver_meet_in_a_channel_without_room() {
        let (sender, receiver) = sync_channel(0);
        assert!(matches!(sender.try_send(0), Err(TrySendError::Full)));
        let thread = thread::spawn(move || (1..=3).try_for_each(|n| sender.send(n)).is_ok());
        assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
        assert!(thread.join().unwrap());
    }
}
