//! The limit on the memory that slow peers keep in use.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use slab::Slab;

use super::super::connection::Connection;

/// Bytes of old frames and of answers that peers may keep in memory together. Each peer holds one or two
/// frames, and peers that read at the same pace the same ones: this is reached only by many who read
/// a few bytes now and then, each in the middle of another large frame.
pub const LIMIT: usize = 256 << 20;

/// Whoever has taken nothing for so long goes before those who are only slow.
const STUCK: Duration = Duration::from_secs(1);

/// What is freed when all who hold it go.
struct Held {
    bytes: usize,
    holders: Vec<usize>,
    /// Whether all of them are stuck.
    stuck: bool,
    /// The part's number; answers come before all parts.
    part: u64,
}

/// Those who must go so that the others hold `limit` bytes at most: first those who are stuck, then those who
/// hold the oldest frames. The newest frame is there in any case.
pub fn surplus(connections: &Slab<Connection>, newest: u64, now: Duration, limit: usize) -> BTreeSet<usize> {
    let mut all = Vec::new();
    // A part that several hold is freed by the last of them.
    let mut parts = BTreeMap::<u64, Held>::new();
    for (number, connection) in connections {
        let stuck = connection.stuck_for(now) >= STUCK;
        if connection.weight() > 0 {
            all.push(Held { bytes: connection.weight(), holders: vec![number], stuck, part: 0 });
        }
        for part in connection.parts().filter(|part| part.number != newest) {
            let bytes = part.bytes().len();
            let held = parts.entry(part.number).or_insert(Held {
                bytes,
                holders: Vec::new(),
                stuck: true,
                part: part.number,
            });
            held.holders.push(number);
            held.stuck &= stuck;
        }
    }
    all.extend(parts.into_values());
    all.sort_by_key(|held| (!held.stuck, held.part));
    let mut held: usize = all.iter().map(|held| held.bytes).sum();
    let mut surplus = BTreeSet::new();
    for next in all {
        if held <= limit {
            break;
        }
        held -= next.bytes;
        surplus.extend(next.holders);
    }
    surplus
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use mjpeg::multipart::Boundary;
    use socket2::{Domain, Socket, Type};

    use super::super::super::connection::Rest;
    use super::super::super::part::{Part, Recipe, Trailer};
    use super::*;
    use crate::source::picture::Picture;

    fn part(number: u64) -> Rc<Part> {
        let picture = Picture::copy(crate::source::picture::SMALLEST, 0).unwrap();
        let mut recipe = Recipe::new(Boundary::new("b").unwrap());
        Rc::new(recipe.part(picture, number, Duration::ZERO, Trailer::Nothing))
    }

    #[test]
    fn who_is_stuck_goes_first_and_then_all_who_hold_the_oldest_frame() {
        let mut slab = Slab::new();
        let parts: Vec<Rc<Part>> = (0..5).map(part).collect();
        let size = parts[0].bytes().len();
        let now = Duration::from_secs(60);
        let mut holder = |bytes: usize, rest: Rest, since: Duration| {
            let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
            let mut connection = Connection::new(socket, String::new(), Duration::ZERO);
            connection.answer(vec![0; bytes], rest, since);
            slab.insert(connection)
        };
        let of = |n: usize| Rest::Picture(Rc::clone(&parts[n]));
        let newest = holder(500, of(4), now);
        let [second, first, also_first] = [of(2), of(1), of(1)].map(|rest| holder(500, rest, now));
        let stuck = holder(500, of(3), now - STUCK);
        let answer = holder(100_000, Rest::Nothing, now);

        let surplus = |limit| surplus(&slab, 4, now, limit).into_iter().collect::<Vec<_>>();
        // The first part counts once, the newest not at all, heads neither.
        let all = 100_000 + 3 * size;
        assert!(surplus(all).is_empty());
        assert_eq!(surplus(all - 1), [stuck]);
        assert_eq!(surplus(all - size - 1), [stuck, answer]);
        assert_eq!(surplus(2 * size - 1), [first, also_first, stuck, answer]);
        assert_eq!(surplus(0), [second, first, also_first, stuck, answer]);
        assert!(!surplus(0).contains(&newest));
    }
}
