//! What slow peers keep in memory, and its bound.

use std::collections::BTreeMap;

use super::super::slab::Slab;
use super::Engine;
use crate::output;

/// Bytes of old frames and of answers that peers may keep in memory together. Each peer holds one or two
/// frames, and peers that read at the same pace the same ones: this is reached only by many who read
/// a few bytes now and then, each in the middle of another large frame.
const LIMIT: usize = 256 << 20;

impl Engine {
    /// Closes those who are furthest behind when peers keep too much in memory.
    pub(super) fn relieve(&mut self) {
        let newest = self.hub.newest().map_or(0, |part| part.number);
        let surplus = surplus(&self.slab, newest, LIMIT);
        if surplus.is_empty() {
            return;
        }
        let count = surplus.len();
        let limit = LIMIT >> 20;
        output::message(
            "serve",
            &format!("closed {count} slow connections: together they held more than {limit} MiB of frames"),
        );
        for number in surplus {
            self.totals.evicted += 1;
            self.close(number);
        }
    }
}

/// Those who must go so that the others hold `limit` bytes at most: holders of answers, who came first, then
/// holders of frames, the oldest frame first. The newest frame is there in any case.
fn surplus(slab: &Slab, newest: u64, limit: usize) -> Vec<usize> {
    let mut held = 0;
    let mut answers = Vec::new();
    // A part that several hold is freed by the last of them.
    let mut parts = BTreeMap::<u64, (usize, Vec<usize>)>::new();
    for (number, connection) in slab.iter() {
        let weight = connection.weight();
        held += weight;
        if weight > 0 {
            answers.push((connection.since, number, weight));
        }
        for part in connection.parts().filter(|part| part.number != newest) {
            let (bytes, holders) = parts.entry(part.number).or_default();
            if holders.is_empty() {
                *bytes = part.bytes().len();
                held += *bytes;
            }
            holders.push(number);
        }
    }
    let mut surplus = Vec::new();
    answers.sort_unstable();
    for (_, number, weight) in answers {
        if held <= limit {
            break;
        }
        held -= weight;
        surplus.push(number);
    }
    for (_, (bytes, holders)) in parts {
        if held <= limit {
            break;
        }
        held -= bytes;
        surplus.extend(holders);
    }
    surplus
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::time::Duration;

    use mjpeg::multipart::Boundary;
    use socket2::{Domain, Socket, Type};

    use super::super::super::connection::{Connection, Rest};
    use super::super::super::part::{Behind, Part, Recipe};
    use super::*;
    use crate::source::picture::Picture;

    fn part(number: u64) -> Rc<Part> {
        let picture = Picture::copy(b"\xff\xd8\xff\xfe\x00\x04ab\xff\xd9", 0).unwrap();
        let mut recipe = Recipe::new(Boundary::new("b").unwrap());
        Rc::new(recipe.part(picture, number, Duration::ZERO, Behind::Nothing))
    }

    #[test]
    fn the_oldest_frames_and_all_who_hold_them_go_first() {
        let mut slab = Slab::default();
        let parts: Vec<Rc<Part>> = (0..4).map(part).collect();
        let size = parts[0].bytes().len();
        let holder = |slab: &mut Slab, bytes: usize, rest: Rest| {
            let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
            let mut connection = Connection::new(socket, String::new(), Duration::ZERO);
            connection.answer(vec![0; bytes], rest, Duration::ZERO);
            let number = slab.vacant();
            slab.insert(connection);
            number
        };
        let of = |n: usize| Rest::Picture(Rc::clone(&parts[n]));
        let newest = holder(&mut slab, 0, of(3));
        let [second, first, also_first] = [of(2), of(1), of(1)].map(|rest| holder(&mut slab, 0, rest));
        let answer = holder(&mut slab, 1000, Rest::Nothing);

        let surplus = |limit| surplus(&slab, 3, limit);
        // The first part counts once, the newest not at all.
        assert!(surplus(1000 + 2 * size).is_empty());
        assert_eq!(surplus(1000 + 2 * size - 1), [answer]);
        assert_eq!(surplus(2 * size - 1), [answer, first, also_first]);
        assert_eq!(surplus(0), [answer, first, also_first, second]);
        assert!(!surplus(0).contains(&newest));
    }
}
