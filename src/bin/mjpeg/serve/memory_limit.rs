//! The limit on the memory that slow peers keep in use.

use std::collections::BTreeMap;
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
    /// The newest part that has it; 0 for an answer. Numbers of different streams are compared, too: the order is
    /// then arbitrary, the limit is not.
    part: u64,
}

/// The connections to close so that the others hold at most `limit` bytes: first stuck ones, then holders of the
/// oldest frames. The pictures of the `newest` parts do not count, because the hubs hold them anyway.
pub fn to_close(connections: &Slab<Connection>, newest: &[&Part], now: Duration, limit: usize) -> Vec<usize> {
    let mut all = Vec::new();
    // By the address of the picture, which parts share: it is freed when the last holder is closed. Those of the newest
    // parts are not freed.
    let mut pictures = BTreeMap::<*const u8, Option<Held>>::new();
    pictures.extend(newest.iter().flat_map(|part| part.pictures()).map(|(it, _)| (it.jpeg().as_ptr(), None)));
    for (number, connection) in connections {
        let stuck = connection.stuck_for(now) >= STUCK;
        let kept = connection.kept();
        if kept.own_bytes > 0 {
            all.push(Held { bytes: kept.own_bytes, holders: vec![number], stuck, part: 0 });
        }
        for (picture, part) in kept.parts.into_iter().flat_map(|part| part.pictures()) {
            // All of the buffer: it may have room for a larger picture.
            let new = || Held { bytes: picture.weight(), holders: Vec::new(), stuck: true, part };
            let held = pictures.entry(picture.jpeg().as_ptr()).or_insert_with(|| Some(new()));
            let Some(held) = held else { continue };
            // It may hold several parts with this picture, or several pieces of a part.
            if held.holders.last() != Some(&number) {
                held.holders.push(number);
            }
            held.stuck &= stuck;
            held.part = held.part.max(part);
        }
    }
    all.extend(pictures.into_values().flatten());
    all.sort_by_key(|held| (!held.stuck, held.part));
    choose(&all, limit)
}

/// The connections to close so that what is left takes at most `limit` bytes: the holders of the first things first.
fn choose(all: &[Held], limit: usize) -> Vec<usize> {
    let mut sum: usize = all.iter().map(|held| held.bytes).sum();
    if sum <= limit {
        return Vec::new();
    }
    // What a connection holds, and how many still hold it.
    let mut holdings = BTreeMap::<usize, Vec<usize>>::new();
    for (index, held) in all.iter().enumerate() {
        for holder in &held.holders {
            holdings.entry(*holder).or_default().push(index);
        }
    }
    let mut left: Vec<usize> = all.iter().map(|held| held.holders.len()).collect();
    let mut closed = Vec::new();
    for next in all {
        if sum <= limit {
            break;
        }
        for holder in &next.holders {
            let Some(holding) = holdings.remove(holder) else { continue };
            closed.push(*holder);
            for index in holding {
                left[index] -= 1;
                if left[index] == 0 {
                    sum -= all[index].bytes;
                }
            }
        }
    }
    closed.sort_unstable();
    closed
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use mjpeg::multipart::Boundary;
    use socket2::{Domain, Socket, Type};

    use super::super::connection::SharedBody;
    use super::super::part::Trailer;
    use super::super::recipe::{Recipe, Standard};
    use super::*;
    use crate::source::picture::{Picture, SMALLEST};

    fn recipe() -> Standard {
        Standard::new(Boundary::new("b").unwrap(), &[])
    }

    fn picture(room: usize) -> Picture {
        let mut jpeg = Vec::with_capacity(room);
        jpeg.extend_from_slice(SMALLEST);
        Picture::whole(jpeg)
    }

    fn part(number: u64) -> Rc<Part> {
        let frame = recipe().encode(picture(SMALLEST.len()), number, Duration::ZERO);
        Rc::new(Part::new(Rc::new(frame), Trailer::Nothing, &recipe()))
    }

    fn holder(part: &Rc<Part>) -> Connection {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        let mut connection = Connection::new(socket, None, Duration::ZERO);
        connection.answer(Vec::new(), SharedBody::Picture(Rc::clone(part)), Duration::ZERO);
        connection
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

        let to_close = |limit| to_close(&slab, &[&parts[4]], now, limit);
        // A shared part counts once. The newest part and small answers do not count.
        let all = 100_000 + 3 * size;
        assert!(to_close(all).is_empty());
        assert_eq!(to_close(all - 1), [stuck]);
        assert_eq!(to_close(all - size - 1), [stuck, answer]);
        assert_eq!(to_close(2 * size - 1), [first, also_first, stuck, answer]);
        assert_eq!(to_close(0), [second, first, also_first, stuck, answer]);
        assert!(!to_close(0).contains(&newest));
    }

    #[test]
    fn a_picture_counts_with_all_of_its_buffer() {
        let mut slab = Slab::new();
        let frame = recipe().encode(picture(1 << 20), 1, Duration::ZERO);
        let number = slab.insert(holder(&Rc::new(Part::new(Rc::new(frame), Trailer::Nothing, &recipe()))));
        assert_eq!(to_close(&slab, &[], Duration::ZERO, (1 << 20) - 1), [number]);
        assert!(to_close(&slab, &[], Duration::ZERO, 1 << 20).is_empty());
    }

    #[test]
    fn a_promised_picture_counts_and_a_picture_of_two_parts_counts_once() {
        // Each part promises the frame of the next one. Frame 1 is shown again as frame 5, as in a loop.
        let pictures = [1, 2, 3, 4].map(|n| picture(n * 100_000));
        let frame =
            |n: u64| Rc::new(recipe().encode(pictures[(n as usize - 1) % 4].clone(), n, Duration::ZERO));
        let frames: Vec<_> = (1..=5).map(frame).collect();
        let part = |n: usize| {
            Rc::new(Part::new(Rc::clone(&frames[n - 1]), Trailer::Promise(Rc::clone(&frames[n])), &recipe()))
        };
        let mut slab = Slab::new();
        let [third, second] = [part(3), part(2)].map(|part| slab.insert(holder(&part)));
        let to_close = |slab: &Slab<_>, limit| to_close(slab, &[], Duration::ZERO, limit);
        assert!(to_close(&slab, 900_000).is_empty());
        // The third picture stays with its other holder.
        assert_eq!(to_close(&slab, 899_999), [second]);
        assert_eq!(to_close(&slab, 700_000), [second]);
        assert_eq!(to_close(&slab, 699_999), [third, second]);

        // The first picture is that of the newest part.
        let fourth = slab.insert(holder(&part(4)));
        let newest = part(1);
        let limited = |limit| super::to_close(&slab, &[&newest], Duration::ZERO, limit);
        assert!(limited(700_000).is_empty());
        assert_eq!(limited(399_999), [third, second, fourth]);
    }
}
