//! Concatenated pictures.

use std::iter;

use mjpeg::jpeg::{Piece, Splitter};
use mjpeg::multipart::{Extent, Limits, Span};

use crate::fixture::{SOUND, named, with_thumbnail};

/// A piece without its bytes; junk has no extent.
pub type Place = (Span, Option<Extent>);

/// All pieces of a stream that comes in blocks of these sizes, again and again.
pub fn pieces(stream: &[u8], sizes: &[usize]) -> Vec<Place> {
    pieces_within(stream, sizes, Limits::default())
}

fn pieces_within(stream: &[u8], sizes: &[usize], limits: Limits) -> Vec<Place> {
    let mut splitter = Splitter::with_limits(limits);
    let mut found = Vec::new();
    let mut rest = stream;
    let mut sizes = sizes.iter().cycle();
    loop {
        while let Some(piece) = splitter.next_piece() {
            found.push(match piece {
                Piece::Picture { jpeg, span, extent } => {
                    assert_eq!(jpeg, &stream[span.start as usize..span.end() as usize]);
                    (span, Some(extent))
                }
                Piece::Junk(span) => (span, None),
            });
        }
        if rest.is_empty() {
            splitter.finish();
            let last = iter::from_fn(|| splitter.next_piece().map(|piece| place(&piece)));
            found.extend(last);
            return found;
        }
        let space = splitter.space();
        let n = rest.len().min(*sizes.next().unwrap()).min(space.len());
        space[..n].copy_from_slice(&rest[..n]);
        splitter.filled(n);
        rest = &rest[n..];
    }
}

fn place(piece: &Piece<'_>) -> Place {
    match *piece {
        Piece::Picture { span, extent, .. } => (span, Some(extent)),
        Piece::Junk(span) => (span, None),
    }
}

fn whole(start: usize, jpeg: &[u8]) -> Place {
    (span(start, jpeg.len()), Some(Extent::Complete { end: jpeg.len() }))
}

fn span(start: usize, len: usize) -> Span {
    Span { start: start as u64, len: len as u64 }
}

/// A stream with every kind of piece, and its pieces.
fn stream() -> (Vec<u8>, Vec<Place>) {
    let thumbnail = with_thumbnail(named("grey.jpg"), named("thumbnail.jpg"));
    let next = named("next.jpg");
    let cut = &named("420.jpg")[..3000];
    let mut stream = b"junk\xff\xff".to_vec();
    let mut places = vec![(span(0, 6), None)];
    let mut add = |stream: &mut Vec<u8>, bytes: &[u8], extent: Option<Extent>| {
        places.push((span(stream.len(), bytes.len()), extent));
        stream.extend(bytes);
    };
    let complete = |jpeg: &[u8]| Some(Extent::Complete { end: jpeg.len() });
    add(&mut stream, &thumbnail, complete(&thumbnail));
    add(&mut stream, next, complete(next));
    add(&mut stream, b"\0\0\0\0\xff\xff", None);
    add(&mut stream, next, complete(next));
    add(&mut stream, cut, Some(Extent::Broken { at: cut.len() }));
    add(&mut stream, next, complete(next));
    // Cut inside a table: its length reaches into the next picture.
    add(&mut stream, &cut[..100], Some(Extent::Broken { at: 100 }));
    add(&mut stream, next, complete(next));
    add(&mut stream, b"\xff\xd8\xff\xfe\x00\x04hi", Some(Extent::Broken { at: 8 }));
    add(&mut stream, b"no marker", None);
    add(&mut stream, next, complete(next));
    add(&mut stream, b"\r\n", None);
    add(&mut stream, cut, Some(Extent::Partial));
    (stream, places)
}

#[test]
fn pictures_are_told_from_junk_and_from_their_thumbnails() {
    let (stream, places) = stream();
    assert_eq!(pieces(&stream, &[usize::MAX]), places);
}

#[test]
fn every_split_gives_the_same_pieces() {
    let (stream, places) = stream();
    for split in 0..=stream.len() {
        assert_eq!(pieces(&stream, &[split.max(1), usize::MAX]), places, "split at {split}");
    }
    for size in [1, 2, 3, 7, 1448] {
        assert_eq!(pieces(&stream, &[size]), places, "blocks of {size}");
    }
}

#[test]
fn all_fixtures_come_out_whole() {
    let stream: Vec<u8> = SOUND.iter().flat_map(|(_, jpeg)| jpeg.iter().copied()).collect();
    let mut start = 0;
    let places = SOUND.iter().map(|(_, jpeg)| {
        let place = whole(start, jpeg);
        start += jpeg.len();
        place
    });
    assert_eq!(pieces(&stream, &[1000]), places.collect::<Vec<_>>());
}

#[test]
fn a_picture_above_the_limit_is_cut_and_the_next_one_is_whole() {
    let (large, small) = (named("ffmpeg.jpg"), named("thumbnail.jpg"));
    let stream = [large, small].concat();
    let limits = Limits::default().body_bytes(2000);
    let expected = [
        (span(0, 2000), Some(Extent::Partial)),
        (span(2000, large.len() - 2000), None),
        whole(large.len(), small),
    ];
    for sizes in [&[1][..], &[1999], &[usize::MAX]] {
        assert_eq!(pieces_within(&stream, sizes, limits), expected);
    }
}

#[test]
fn nothing_and_junk_alone() {
    assert_eq!(pieces(b"", &[1]), []);
    assert_eq!(pieces(b"\xff\xd8", &[1]), [(span(0, 2), None)]);
    assert_eq!(pieces(b"GIF89a", &[1]), [(span(0, 6), None)]);
}
