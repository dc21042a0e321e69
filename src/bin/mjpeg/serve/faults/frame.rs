//! A part of one viewer while its faults are applied.

use std::rc::Rc;
use std::time::Duration;

use super::super::part::Part;
use super::edit::{Edit, Out, Target, with_field};
use super::entry::{Act, Draw, End, Order, Scene};
use super::item::{About, Item, Mark, Piece, Tag};
use super::pump::{Moved, split_body};
use super::random::Random;
use super::slot::Slot;
use crate::source::picture::Picture;

/// What is behind the close-delimiter of [`End::Epilogue`].
const EPILOGUE: &[u8] = b"this is an epilogue\r\n";

/// A picture above this length is not changed: faults that add to a picture may follow each other.
const LARGEST: usize = 128 << 20;

/// Parts that are missing when a source hangs.
const HANG: u64 = 3;

/// The part, and what its faults must know.
#[derive(Debug)]
pub struct Frame<'a> {
    /// The part.
    pub part: &'a Part,
    /// Its number, counted from 1 for the viewer.
    pub number: u64,
    /// Whether its picture is sent now. The last bytes of a stream may have none.
    pub has_picture: bool,
    /// The time since the first part.
    pub age: Duration,
    /// The picture of the part before.
    pub before: Option<&'a Picture>,
    /// The largest body before this part.
    pub largest: usize,
    /// The head of the response.
    pub response: &'a [u8],
    /// The seed and the viewer.
    pub seed: [u64; 2],
    /// The delimiter, if a fault has announced another boundary.
    pub other_delimiter: Option<Vec<u8>>,
    /// Pictures that faults have made, and for which parts.
    pub drawn: Vec<(u64, Rc<[u8]>)>,
}

impl Frame<'_> {
    /// Applies the fault with this index to the items that are to be sent.
    pub fn apply(&mut self, index: usize, slot: &mut Slot, items: Vec<Item>) -> Vec<Item> {
        match &slot.fault.entry.act {
            Act::Answer(_) | Act::Head(_) | Act::Coding(..) => items,
            Act::Both(_, edit) => {
                let edit = *edit;
                if let Some(delimiter) = self.changed_delimiter(edit) {
                    self.other_delimiter = Some(delimiter);
                }
                self.wire(index, slot, edit, items)
            }
            Act::Wire(edit) | Act::Behind(edit) => self.wire(index, slot, *edit, items),
            Act::Drawn(draw) | Act::Picture(draw) => self.picture(index, slot, *draw, items),
            Act::Hang(draw) => {
                let draw = *draw;
                let items = self.hang(index, slot, items);
                self.picture(index, slot, draw, items)
            }
            Act::Order(Order::Later) => self.later(index, slot, items),
            Act::Order(Order::Skip) => self.skip(index, slot, items),
            Act::Time(pace) => {
                let pace = *pace;
                if !self.has_picture || !self.includes(index, slot, self.number) {
                    return slot.held.pass(items, |held| held);
                }
                let moved = Moved {
                    pace,
                    argument: slot.fault.argument,
                    name: slot.fault.entry.name,
                    random: self.random(index, self.number),
                    is_last: self.part.is_last(),
                };
                moved.apply(&mut slot.held, items)
            }
            Act::End(end) => {
                let end = *end;
                if self.has_picture && self.includes(index, slot, self.number) {
                    self.end(slot.fault.entry.name, end, items)
                } else {
                    items
                }
            }
        }
    }

    fn random(&self, index: usize, part: u64) -> Random {
        Random::of(&[self.seed[0], self.seed[1], part, index as u64])
    }

    fn includes(&self, index: usize, slot: &mut Slot, part: u64) -> bool {
        // Another sequence than that of the fault itself.
        slot.includes(part, self.age, Random::of(&[!self.seed[0], self.seed[1], part, index as u64]))
    }

    /// The largest body before this part.
    fn largest_before(&self, part: u64) -> usize {
        if part > self.number { self.largest.max(self.part.jpeg().len()) } else { self.largest }
    }

    fn wire(&mut self, index: usize, slot: &mut Slot, edit: Edit, items: Vec<Item>) -> Vec<Item> {
        let mut out = Vec::new();
        for item in items {
            let Item::Piece(piece) = item else {
                out.push(item);
                continue;
            };
            let name = slot.fault.entry.name;
            if piece.is_of(name) || !self.includes(index, slot, piece.part) {
                out.push(Item::Piece(piece));
                continue;
            }
            let target = Target {
                tag: piece.tag,
                bytes: &piece.bytes(),
                part: piece.part,
                argument: slot.fault.argument,
                response: self.response,
                largest: self.largest_before(piece.part),
            };
            let Some(changed) = edit(&target) else {
                out.push(Item::Piece(piece));
                continue;
            };
            mark(slot, &piece, &mut out);
            for change in changed {
                out.push(Item::Piece(match change {
                    Out::Same => piece.clone(),
                    Out::As(bytes) => piece.changed(name, piece.tag, bytes),
                    Out::New(tag, bytes) => piece.changed(name, tag, bytes),
                }));
            }
        }
        out
    }

    /// The delimiter that a fault of the response makes of all.
    fn changed_delimiter(&self, edit: Edit) -> Option<Vec<u8>> {
        let target = Target {
            tag: Tag::Delimiter,
            bytes: self.delimiter(),
            part: self.number,
            argument: 0,
            response: self.response,
            largest: 0,
        };
        edit(&target)?.into_iter().find_map(|out| if let Out::As(bytes) = out { Some(bytes) } else { None })
    }

    /// The delimiter before this part or the next one, with its line end.
    fn delimiter(&self) -> &[u8] {
        if let Some(other) = &self.other_delimiter {
            return other;
        }
        self.part.frame().before_body().get(self.part.frame().delimiter().clone()).unwrap_or_default()
    }

    fn picture(&mut self, index: usize, slot: &mut Slot, draw: Draw, items: Vec<Item>) -> Vec<Item> {
        let mut out = Vec::new();
        for item in items {
            let piece = match item {
                Item::Piece(piece)
                    if matches!(piece.tag, Tag::Head | Tag::Body)
                        && self.includes(index, slot, piece.part) =>
                {
                    piece
                }
                item => {
                    out.push(item);
                    continue;
                }
            };
            let Some(body) = self.body(index, slot, draw, piece.part) else {
                out.push(Item::Piece(piece));
                continue;
            };
            mark(slot, &piece, &mut out);
            out.push(Item::Piece(if piece.tag == Tag::Body {
                Piece::own(piece.part, Tag::Body, body)
            } else {
                let head = String::from_utf8_lossy(&piece.bytes()).into_owned();
                let head = with_field(&head, "Content-Length", |_| Some(body.len().to_string()));
                Piece::own(piece.part, Tag::Head, head.into_bytes())
            }));
        }
        out
    }

    /// The body that a fault makes for a part: the same for its head and its body.
    fn body(&mut self, index: usize, slot: &mut Slot, draw: Draw, part: u64) -> Option<Rc<[u8]>> {
        if let Some((_, body)) = slot.made.as_ref().filter(|(made, _)| *made == part) {
            return Some(Rc::clone(body));
        }
        let own = self.part.frame().picture();
        let (picture, before) = if part == self.number {
            (own, self.before)
        } else {
            (self.part.promised()?.picture(), Some(own))
        };
        let drawn = self.drawn.iter().find(|(drawn, _)| *drawn == part).map(|(_, body)| Rc::clone(body));
        let jpeg = drawn.as_deref().unwrap_or(picture.jpeg());
        if matches!(slot.fault.entry.act, Act::Hang(_)) && slot.hangs_at.is_none() {
            slot.hangs_at = Some(jpeg.into());
        }
        let mut scene = Scene {
            jpeg: slot.hangs_at.as_deref().unwrap_or(jpeg),
            before: before.map(Picture::jpeg),
            delimiter: self.delimiter(),
            part,
            run: slot.run,
            made: slot
                .made
                .as_ref()
                .filter(|(made, _)| made + 1 == part && slot.run > 0)
                .map(|(_, body)| &**body),
            argument: slot.fault.argument,
            random: self.random(index, part),
        };
        if scene.jpeg.len() > LARGEST {
            return None;
        }
        let body: Rc<[u8]> = draw(&mut scene)?.into();
        slot.made = Some((part, Rc::clone(&body)));
        self.drawn.retain(|(drawn, _)| *drawn != part);
        self.drawn.push((part, Rc::clone(&body)));
        Some(body)
    }

    /// Lets a part come behind the next one.
    fn later(&mut self, index: usize, slot: &mut Slot, items: Vec<Item>) -> Vec<Item> {
        let mut out = Vec::new();
        for item in items {
            let Item::Piece(piece) = item else {
                out.push(item);
                continue;
            };
            let late = slot.late.as_ref().map(|(late, _)| *late);
            let is_behind = late.is_some_and(|late| piece.part > late + 1 || piece.tag == Tag::Close);
            if is_behind {
                out.extend(slot.late.take().into_iter().flat_map(|(_, items)| items));
            }
            if slot.late.is_none() && piece.tag != Tag::Close && self.includes(index, slot, piece.part) {
                let mark = Item::Mark(Mark { name: slot.fault.entry.name, about: About::Next });
                slot.late = Some((piece.part, vec![mark]));
            }
            match &mut slot.late {
                Some((late, items)) if *late == piece.part => items.push(Item::Piece(piece)),
                _ => out.push(Item::Piece(piece)),
            }
        }
        // Without a promised head nothing follows the next picture now.
        if self.has_picture && slot.late.as_ref().is_some_and(|(late, _)| *late < self.number) {
            out.extend(slot.late.take().into_iter().flat_map(|(_, items)| items));
        }
        out
    }

    /// Leaves out the parts behind the first one.
    fn hang(&mut self, index: usize, slot: &mut Slot, items: Vec<Item>) -> Vec<Item> {
        let mut out = Vec::new();
        for item in items {
            match item {
                Item::Piece(piece) if piece.tag != Tag::Close => {
                    if slot.skips_to == 0 && self.includes(index, slot, piece.part) && slot.run > 0 {
                        slot.skips_to = piece.part.saturating_add(HANG - 1);
                    }
                    if slot.skips_to == 0 || piece.part > slot.skips_to || piece.part + HANG <= slot.skips_to
                    {
                        out.push(Item::Piece(piece));
                    }
                }
                item => out.push(item),
            }
        }
        out
    }

    /// Leaves parts out.
    fn skip(&mut self, index: usize, slot: &mut Slot, items: Vec<Item>) -> Vec<Item> {
        let mut out = Vec::new();
        for item in items {
            let Item::Piece(piece) = item else {
                out.push(item);
                continue;
            };
            if piece.part > slot.skips_to && piece.tag != Tag::Close && self.includes(index, slot, piece.part)
            {
                slot.skips_to = piece.part.saturating_add(slot.fault.argument - 1);
                mark(slot, &piece, &mut out);
            }
            if piece.part > slot.skips_to || piece.tag == Tag::Close {
                out.push(Item::Piece(piece));
            }
        }
        out
    }

    /// Ends the connection in this part.
    fn end(&self, name: &'static str, end: End, items: Vec<Item>) -> Vec<Item> {
        // Another fault has ended the connection before.
        if items.iter().any(|item| matches!(item, Item::Reset | Item::Close)) {
            return items;
        }
        let mark = Item::Mark(Mark { name, about: About::Begun });
        let rest = |bytes: Vec<u8>| Item::Piece(Piece::own(self.number, Tag::Rest, bytes));
        let closing = || {
            let delimiter = self.delimiter().trim_ascii_end();
            [b"\r\n", delimiter, b"--\r\n", EPILOGUE].concat()
        };
        let mut out = match end {
            End::Reset => split_body(items, [mark, Item::Reset]),
            End::Cut => split_body(items, [mark, Item::Close]),
            End::Close => behind_body(items, &[mark, Item::Close]),
            End::Epilogue => behind_body(items, &[mark, rest(closing()), Item::Close]),
        };
        if let Some(at) = out.iter().position(|item| matches!(item, Item::Reset | Item::Close)) {
            out.truncate(at + 1);
        }
        out
    }
}

/// Inserts items behind the picture.
fn behind_body(items: Vec<Item>, insert: &[Item]) -> Vec<Item> {
    let is_body = |item: &Item| matches!(item, Item::Piece(Piece { tag: Tag::Body, .. }));
    let Some(body) = items.iter().position(is_body) else { return items };
    // The rest of a body that a fault has split.
    let is_rest = |item: &&Item| matches!(item, Item::Piece(Piece { tag: Tag::Rest, .. }));
    let rest = items[body + 1..].iter().rposition(|item| is_rest(&item)).map_or(0, |at| at + 1);
    let (before, behind) = items.split_at(body + 1 + rest);
    [before, insert, behind].concat()
}

/// Marks where the fault begins in a part, once for each part.
fn mark(slot: &mut Slot, piece: &Piece, out: &mut Vec<Item>) {
    if slot.marked < piece.part {
        slot.marked = piece.part;
        let is_of_picture_before = matches!(slot.fault.entry.act, Act::Behind(_)) && piece.part > 1;
        let is_behind = is_of_picture_before || matches!(piece.tag, Tag::Rest | Tag::Close);
        let about = if is_behind { About::Begun } else { About::Next };
        out.push(Item::Mark(Mark { name: slot.fault.entry.name, about }));
    }
}
