//! Slows down password guessing: wrong passwords of one client are answered one after the other.

use std::collections::HashMap;
use std::time::Duration;

use super::client::Client;

/// The time between two answers to wrong passwords of one client.
const DELAY: Duration = Duration::from_secs(1);
/// Most answers of one client that wait. Above this its passwords are not checked.
const WAITING: u32 = 10;
/// How long a right password lets its client's passwords be checked even then.
const TRUST_TIME: Duration = Duration::from_secs(24 * 3600);
/// Most clients to remember.
const CLIENTS: usize = 4096;

/// The wrong passwords of all clients. It reads no clock: `now` is any monotonic time.
///
/// A right password is never delayed. So the time of an answer says whether a guess was right, and a client that does
/// not wait for answers could try any number of passwords. Therefore a client with [`WAITING`] answers waiting is
/// refused without a check, except when a right password came from it: several people may share an address, and one
/// who guesses must not lock out the others.
#[derive(Debug, Default)]
pub struct Guesses {
    clients: HashMap<Client, Entry>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// When the last wrong password is answered.
    answered: Duration,
    /// Until when its passwords are checked in any case.
    trusted: Duration,
}

impl Entry {
    /// From when on this entry has no effect.
    fn expires(&self) -> Duration {
        self.answered.max(self.trusted)
    }

    fn wait(&self, now: Duration) -> Duration {
        self.answered.saturating_sub(now)
    }
}

/// What to do with the answer to a wrong password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Penalty {
    /// Answer at this time.
    AnswerAt(Duration),
    /// Refuse at once; the client may try again after this time.
    TryAgainAfter(Duration),
}

impl Guesses {
    /// Whether a password of this client may be checked now. If not, the client may try again after the time in the
    /// error.
    ///
    /// # Errors
    ///
    /// When too many wrong passwords wait for their answers.
    pub fn may_check(&self, client: Client, now: Duration) -> Result<(), Duration> {
        match self.clients.get(&client) {
            Some(entry) if entry.trusted <= now => room(entry.wait(now)),
            _ => Ok(()),
        }
    }

    /// Counts a wrong password.
    pub fn wrong(&mut self, client: Client, now: Duration) -> Penalty {
        let entry = self.entry(client, now);
        if let Err(after) = room(entry.wait(now)) {
            return Penalty::TryAgainAfter(after);
        }
        entry.answered = entry.answered.max(now) + DELAY;
        Penalty::AnswerAt(entry.answered)
    }

    /// Notes a right password.
    pub fn right(&mut self, client: Client, now: Duration) {
        self.entry(client, now).trusted = now + TRUST_TIME;
    }

    fn entry(&mut self, client: Client, now: Duration) -> &mut Entry {
        if self.clients.len() >= CLIENTS && !self.clients.contains_key(&client) {
            self.clients.retain(|_, entry| entry.expires() > now);
            // A client that guesses waits longest, so it stays as long as possible.
            let least = |(_, entry): &(&Client, &Entry)| (entry.wait(now), entry.trusted);
            let oldest = self.clients.iter().min_by_key(least).map(|(client, _)| *client);
            if let Some(oldest) = oldest.filter(|_| self.clients.len() >= CLIENTS) {
                self.clients.remove(&oldest);
            }
        }
        self.clients.entry(client).or_default()
    }
}

/// Whether one more answer may wait behind others that take this long; else the time until one may.
fn room(wait: Duration) -> Result<(), Duration> {
    let most = DELAY * (WAITING - 1);
    if wait <= most { Ok(()) } else { Err(wait - most) }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const START: Duration = Duration::from_secs(100);

    fn client(n: u32) -> Client {
        Client::V4(Ipv4Addr::from_bits(n))
    }

    #[test]
    fn guesses_of_one_client_are_answered_one_after_the_other() {
        let mut guesses = Guesses::default();
        for n in 1..=WAITING {
            assert_eq!(guesses.may_check(client(1), START), Ok(()));
            assert_eq!(guesses.wrong(client(1), START), Penalty::AnswerAt(START + DELAY * n));
        }
        assert_eq!(guesses.may_check(client(1), START), Err(DELAY));
        assert_eq!(guesses.wrong(client(1), START), Penalty::TryAgainAfter(DELAY));
        assert_eq!(guesses.may_check(client(2), START), Ok(()));
        assert_eq!(guesses.wrong(client(2), START), Penalty::AnswerAt(START + DELAY));
        // After one delay there is room for one guess.
        let later = START + DELAY;
        assert_eq!(guesses.may_check(client(1), later), Ok(()));
        assert_eq!(guesses.wrong(client(1), later), Penalty::AnswerAt(START + DELAY * (WAITING + 1)));
        assert!(guesses.may_check(client(1), later).is_err());
        let much_later = START + DELAY * 100;
        assert_eq!(guesses.wrong(client(1), much_later), Penalty::AnswerAt(much_later + DELAY));
    }

    #[test]
    fn a_hundred_clients_that_guess_in_parallel_try_one_password_each_second() {
        let mut guesses = Guesses::default();
        let (mut checked, mut now) = (0, START);
        while now < START + Duration::from_secs(60) {
            for _ in 0..100 {
                if guesses.may_check(client(1), now).is_ok() {
                    guesses.wrong(client(1), now);
                    checked += 1;
                }
            }
            now += Duration::from_millis(10);
        }
        assert!(checked <= 60 + WAITING, "{checked}");
    }

    #[test]
    fn a_right_password_lets_the_others_of_its_client_in() {
        let mut guesses = Guesses::default();
        guesses.right(client(1), START);
        let penalties: Vec<Penalty> = (0..WAITING + 5).map(|_| guesses.wrong(client(1), START)).collect();
        assert_eq!(penalties[penalties.len() - 1], Penalty::TryAgainAfter(DELAY));
        assert_eq!(guesses.may_check(client(1), START), Ok(()));
        let later = START + TRUST_TIME;
        assert_eq!(guesses.may_check(client(1), later), Ok(()), "nothing waits any more");
        (0..WAITING).for_each(|_| assert!(matches!(guesses.wrong(client(1), later), Penalty::AnswerAt(_))));
        assert!(guesses.may_check(client(1), later).is_err());
    }

    #[test]
    fn the_table_is_bounded_and_keeps_those_who_guess_most() {
        let mut guesses = Guesses::default();
        for _ in 0..WAITING {
            guesses.wrong(client(0), START);
        }
        for n in 1..3 * CLIENTS as u32 {
            guesses.wrong(client(n), START);
            assert!(guesses.clients.len() <= CLIENTS);
        }
        assert!(guesses.may_check(client(0), START).is_err());
        let later = START + Duration::from_secs(60);
        guesses.wrong(client(0), later);
        guesses.wrong(client(u32::MAX), later);
        assert_eq!(guesses.clients.len(), 2);
    }
}
