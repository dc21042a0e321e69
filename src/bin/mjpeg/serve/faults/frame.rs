//! A part of one viewer while its faults are applied.

mod end;
mod order;

use std::rc::Rc;
use std::time::Duration;

use super::super::part::Part;
use super::edit::{Edit, Out, Target, with_field};
use super::entry::{Act, Draw, Order, Scene};
use super::item::{About, Item, Mark, Piece, Tag};
use super::pump::Moved;
use super::random::Random;
use super::slot::Slot;
use crate::source::picture::Picture;

/// A picture above this length is not changed: faults that add to a picture may follow each other.
const LARGEST: usize = 128 << 20;

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
            // Where nothing changes there is no fault.
            let is_other =
                |changed: &Vec<Out>| !matches!(&changed[..], [Out::As(bytes)] if *bytes == target.bytes);
            let Some(changed) = edit(&target).filter(is_other) else {
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
                let head = with_field(&head, "Content-Length", &|_| Some(body.len().to_string()));
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
