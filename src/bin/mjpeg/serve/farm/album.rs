//! Pictures in memory that many cameras play, each from another one on.

use std::rc::Rc;
use std::time::Duration;

use crate::source::paced::{Next, Paced};
use crate::source::picture::Picture;

/// The pictures of a source. Clones share them.
#[derive(Debug, Clone)]
pub struct Album {
    pictures: Rc<[Picture]>,
    next: usize,
}

impl Album {
    /// These pictures; there is at least one.
    pub fn new(pictures: Vec<Picture>) -> Option<Self> {
        (!pictures.is_empty()).then(|| Self { pictures: pictures.into(), next: 0 })
    }

    /// The same, from another picture on.
    pub fn starting_at(&self, number: usize) -> Self {
        Self { next: number % self.pictures.len(), ..self.clone() }
    }
}

impl Paced for Album {
    fn next(&mut self, _: u64, _: Duration) -> Next {
        let picture = self.pictures[self.next].clone();
        self.next = (self.next + 1) % self.pictures.len();
        Next::Picture(picture)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::picture::SMALLEST;

    #[test]
    fn cameras_share_pictures_and_start_at_their_own() {
        let picture =
            |n: u8| Picture::new([&b"\xff\xd8\xff\xfe\0\x03"[..], &[n], &SMALLEST[2..]].concat()).unwrap();
        let album = Album::new((0..3).map(picture).collect()).unwrap();
        let shown = |start: usize| {
            let mut album = album.starting_at(start);
            let mut next = || match album.next(1, Duration::ZERO) {
                Next::Picture(picture) => picture,
                other => panic!("{other:?}"),
            };
            [next(), next(), next(), next()]
        };
        let (one, two) = (shown(0), shown(4));
        let numbers = |pictures: &[Picture; 4]| pictures.clone().map(|picture| picture.jpeg()[6]);
        assert_eq!((numbers(&one), numbers(&two)), ([0, 1, 2, 0], [1, 2, 0, 1]));
        assert_eq!(one[1].jpeg().as_ptr(), two[0].jpeg().as_ptr());
        assert!(Album::new(Vec::new()).is_none());
    }
}
