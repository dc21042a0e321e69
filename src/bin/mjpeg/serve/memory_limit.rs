//! The limit on the memory that slow peers keep in use.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use slab::Slab;

use super::connection::Connection;
use super::part::Part;

/// Most bytes of old frames and answers that all peers together may keep in memory. Each peer holds one or two
/// frames, and peers of the same speed share them. So only many peers that read a few bytes now and then, each
/// in another large frame, or peers for whom a fault holds back or makes many bytes, reach this limit.
pub const LIMIT: usize = 256 << 20;

/// A peer that has accepted nothing for this long is closed before peers that are only slow.
const STUCK: Duration = Duration::from_secs(1);

/// Memory that is freed when all its holders are closed.
struct Held {
    bytes: usize,
    holders: Vec<usize>,
    /// Whether all holders are stuck.
    stuck: bool,
    /// The number of the part; 0 for an answer. Numbers of different streams are compared, too: the order is
    /// then arbitrary, the limit is not.
    part: u64,
}

/// The connections to close so that the others hold at most `limit` bytes: first stuck ones, then holders of the
/// oldest frames. The `newest` parts do not count, because the hubs hold them anyway.
pub fn to_close(
    connections: &Slab<Connection>,
    newest: &[*const Part],
    now: Duration,
    limit: usize,
) -> Vec<usize> {
    let mut all = Vec::new();
    // A shared part is freed when its last holder is closed. The newest parts are not freed.
    let mut parts = BTreeMap::<*const Part, Option<Held>>::new();
    parts.extend(newest.iter().map(|part| (*part, None)));
    for (number, connection) in connections {
        let stuck = connection.stuck_for(now) >= STUCK;
        let kept = connection.kept();
        if kept.own_bytes > 0 {
            all.push(Held { bytes: kept.own_bytes, holders: vec![number], stuck, part: 0 });
        }
        for part in kept.parts {
            let new =
                || Held { bytes: part.jpeg().len(), holders: Vec::new(), stuck: true, part: part.number() };
            let Some(held) = parts.entry(Rc::as_ptr(part)).or_insert_with(|| Some(new())) else { continue };
            // A fault may hold several pieces of a part.
            if held.holders.last() != Some(&number) {
                held.holders.push(number);
            }
            held.stuck &= stuck;
        }
    }
    all.extend(parts.into_values().flatten());
    all.sort_by_key(|held| (!held.stuck, held.part));
    let mut held: usize = all.iter().map(|held| held.bytes).sum();
    let mut closed = Vec::new();
    for next in all {
        if held <= limit {
            break;
        }
        held -= next.bytes;
        closed.extend(next.holders);
    }
    closed.sort_unstable();
    closed.dedup();
    closed
}

#[cfg(test)]
mod tests {
    use mjpeg::multipart::Boundary;
    use socket2::{Domain, Socket, Type};

    use super::super::connection::SharedBody;
    use super::super::part::Trailer;
    use super::super::recipe::{Recipe, Standard};
    use super::*;
    use crate::source::picture::Picture;

    fn part(number: u64) -> Rc<Part> {
        let picture = Picture::new(crate::source::picture::SMALLEST.to_vec()).unwrap();
        let recipe = Standard::new(Boundary::new("b").unwrap(), &[]);
        let frame = recipe.encode(picture, number, Duration::ZERO);
        Rc::new(Part::new(Rc::new(frame), Trailer::Nothing, &recipe))
    }

    #[test]
    fn stuck_connections_are_closed_first_then_all_that_hold_the_oldest_frame() {
        let mut slab = Slab::new();
        let parts: Vec<Rc<Part>> = (0..5).map(part).collect();
        let size = parts[0].jpeg().len();
        let now = Duration::from_secs(60);
        let mut holder = |bytes: usize, shared: SharedBody, since: Duration| {
            let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
            let mut connection = Connection::new(socket, None, Duration::ZERO);
            connection.answer(vec![0; bytes], shared, since);
            slab.insert(connection)
        };
        let of = |n: usize| SharedBody::Picture(Rc::clone(&parts[n]));
        let newest = holder(500, of(4), now);
        let [second, first, also_first] = [of(2), of(1), of(1)].map(|shared| holder(500, shared, now));
        let stuck = holder(500, of(3), now - STUCK);
        let answer = holder(100_000, SharedBody::None, now);

        let to_close = |limit| to_close(&slab, &[Rc::as_ptr(&parts[4])], now, limit);
        // A shared part counts once. The newest part and small answers do not count.
        let all = 100_000 + 3 * size;
        assert!(to_close(all).is_empty());
        assert_eq!(to_close(all - 1), [stuck]);
        assert_eq!(to_close(all - size - 1), [stuck, answer]);
        assert_eq!(to_close(2 * size - 1), [first, also_first, stuck, answer]);
        assert_eq!(to_close(0), [second, first, also_first, stuck, answer]);
        assert!(!to_close(0).contains(&newest));
    }
}
