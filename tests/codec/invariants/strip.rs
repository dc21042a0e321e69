//! Coded strips: what one reader finds in a picture depends on the picture alone, and is a strip that can be drawn.

use mjpeg::strip::{Finder, Grid, Identity, Reader};

/// `input`: two bytes with the width of a line, then a picture, which also counts as grey pixels.
pub fn check(input: &[u8]) {
    let [high, low, picture @ ..] = input else { return };
    let mut reader = Reader::new();
    let first = reader.read(picture);
    assert_eq!(reader.read(picture), first, "after itself");
    assert_eq!(Reader::new().read(picture), first, "by another reader");

    let width = usize::from(*high) << 8 | usize::from(*low);
    let mut finder = Finder::new();
    let found = finder.find(picture, width);
    assert_eq!(Finder::new().find(picture, width), found, "by another finder");
    // The size of the picture before is tried first.
    assert_eq!(finder.find(picture, width).is_some(), found.is_some(), "after itself");

    // Drawn, each identity is found again.
    for identity in [first, found, Some(said(picture))].into_iter().flatten() {
        let (pixels, width) = drawn(&identity);
        assert_eq!(Finder::new().find(&pixels, width), Some(identity));
    }
}

/// The grey pixels of the smallest picture with this strip, and the width of a line.
fn drawn(identity: &Identity) -> (Vec<u8>, usize) {
    let (width, height) = Grid::SMALLEST;
    let mut pixels = vec![0x80; usize::from(width) * usize::from(height)];
    // `SMALLEST` has a grid.
    let Some(grid) = Grid::new(width, height) else { return (pixels, usize::from(width)) };
    for ((x, y), is_white) in grid.places().zip(identity.boxes()) {
        for row in y..y + grid.side {
            let start = usize::from(row) * usize::from(width) + usize::from(x);
            pixels[start..start + usize::from(grid.side)].fill(if is_white { 0xff } else { 0 });
        }
    }
    (pixels, usize::from(width))
}

/// An identity made of the first bytes of a picture behind SOI.
pub fn said(picture: &[u8]) -> Identity {
    let mut bytes = [0xff; 14];
    bytes.iter_mut().zip(picture.iter().skip(2)).for_each(|(byte, from)| *byte = *from);
    let number =
        |range: std::ops::Range<usize>| bytes[range].iter().fold(0, |n: u64, &b| n << 8 | u64::from(b));
    Identity { time_us: number(0..8), number: number(8..12) as u32, source: number(12..14) as u16 }
}
