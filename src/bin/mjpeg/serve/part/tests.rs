//! Tests of parts: where each layout ends, and what may follow what.

use mjpeg::multipart::Boundary;

use super::super::encoded::Tag;
use super::super::recipe::Standard;
use super::*;
use crate::source::picture::{Picture, SMALLEST};

const JPEG: &[u8] = SMALLEST;

fn recipe() -> Standard {
    Standard::new(Boundary::new("b").unwrap(), &[])
}

fn frame(recipe: &dyn Recipe, number: u64) -> Rc<Encoded> {
    Rc::new(recipe.encode(Picture::new(JPEG.to_vec()).unwrap(), number, Duration::ZERO))
}

fn bytes(part: &Part, range: Range<usize>) -> String {
    let slices = part.slices(range.clone()).iter().map(|slice| slice.to_vec()).collect::<Vec<_>>();
    let bytes = slices.concat();
    assert_eq!(bytes.len(), range.len());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn each_layout_stops_where_it_says() {
    let recipe = recipe();
    let make = |trailer| Part::new(frame(&recipe, 1), trailer, &recipe);
    let tail = |part: &Part, layout| {
        let end = part.end(layout);
        (bytes(part, part.body().end..end), part.sent_up_to(end))
    };

    let part = make(Trailer::Promise(frame(&recipe, 2)));
    assert_eq!(tail(&part, Layout::Leading), (String::new(), SentUpTo::Body));
    assert_eq!(tail(&part, Layout::Trailing), ("\r\n--b\r\n".into(), SentUpTo::Delimiter));
    let early = format!(
        "\r\n--b\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\nX-Timestamp: 0.000000\r\n\r\n",
        JPEG.len()
    );
    for layout in [Layout::Early, Layout::Auto] {
        assert_eq!(tail(&part, layout), (early.clone(), SentUpTo::Head(2)));
    }

    let part = make(Trailer::Delimiter);
    assert_eq!(tail(&part, Layout::Early), ("\r\n--b\r\n".into(), SentUpTo::Delimiter));

    let part = make(Trailer::Nothing);
    for layout in [Layout::Leading, Layout::Trailing, Layout::Early] {
        assert_eq!(tail(&part, layout), (String::new(), SentUpTo::Body));
    }

    let part = make(Trailer::Close);
    for layout in [Layout::Leading, Layout::Trailing, Layout::Early] {
        assert_eq!(tail(&part, layout), ("\r\n--b--\r\n".into(), SentUpTo::Closed));
    }
}

#[test]
fn a_part_starts_behind_what_the_viewer_received() {
    let recipe = recipe();
    let make = |trailer| Part::new(frame(&recipe, 5), trailer, &recipe);
    let text = |part: &Part, sent| part.start(sent, 0).map(|at| bytes(part, at..at + 7));
    let part = make(Trailer::Delimiter);
    assert_eq!(text(&part, SentUpTo::Fresh).as_deref(), Some("--b\r\nCo"));
    assert_eq!(text(&part, SentUpTo::Body).as_deref(), Some("\r\n--b\r\n"));
    assert_eq!(text(&part, SentUpTo::Delimiter).as_deref(), Some("Content"));
    assert_eq!(part.start(SentUpTo::Head(5), 0), Some(part.body().start));
    assert_eq!(part.start(SentUpTo::Head(4), 0), None);
    assert_eq!(part.start(SentUpTo::Closed, 0), None);
    // At the end, a viewer without a delimiter receives no further frame.
    let part = make(Trailer::CloseAtOnce);
    assert_eq!(text(&part, SentUpTo::Body).as_deref(), Some("\r\n--b--"));
    assert_eq!(text(&part, SentUpTo::Delimiter).as_deref(), Some("Content"));
}

#[test]
fn any_range_of_a_part_is_the_same_range_of_its_bytes() {
    let recipe = recipe();
    let part = Part::new(frame(&recipe, 1), Trailer::Promise(frame(&recipe, 2)), &recipe);
    let all = |range| part.slices(range).iter().flat_map(|slice| slice.to_vec()).collect::<Vec<u8>>();
    let whole = all(0..part.end);
    assert_eq!(&whole[part.body()], JPEG);
    for from in 0..=whole.len() {
        for to in from..=whole.len() {
            assert_eq!(all(from..to), whole[from..to], "{from}..{to}");
        }
    }
}

/// A camera that ends each body with a line end, separates with bare LF and has long part heads.
#[derive(Debug)]
struct Odd;

impl Recipe for Odd {
    fn response_head(&self) -> Rc<[u8]> {
        Rc::from(&b""[..])
    }

    fn can_carry(&self, _: &Picture) -> bool {
        true
    }

    fn write(&self, frame: &mut Encoded) {
        frame.text(Tag::Delimiter, |out| out.extend_from_slice(b"b\n"));
        frame.text(Tag::Head, |out| {
            out.extend_from_slice(format!("X: {}\n\n", "x".repeat(999)).as_bytes());
        });
        frame.body();
        frame.text(Tag::LineEnd, |out| out.extend_from_slice(b"\n"));
    }

    fn delimiter(&self) -> Rc<[u8]> {
        Rc::from(&b"b\n"[..])
    }

    fn close_delimiter(&self) -> Rc<[u8]> {
        Rc::from(&b"b--\n"[..])
    }
}

#[test]
fn a_dialect_may_have_long_heads_and_bytes_behind_the_body() {
    let part = Part::new(frame(&Odd, 1), Trailer::Promise(frame(&Odd, 2)), &Odd);
    let leading = bytes(&part, 0..part.end(Layout::Leading));
    assert!(leading.starts_with("b\nX: xxx") && leading.ends_with("\u{fffd}\n"), "{leading}");
    let trailing = bytes(&part, part.frame_end()..part.end(Layout::Trailing));
    assert_eq!(trailing, "b\n");
    let early = bytes(&part, part.frame_end()..part.end(Layout::Early));
    assert_eq!(early.len(), 2 + 3 + 999 + 2);
    assert_eq!(part.sent_up_to(part.end(Layout::Early)), SentUpTo::Head(2));
}
