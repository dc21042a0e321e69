//! Faults of the order of the parts.

use super::{Frame, mark};
use crate::serve::faults::item::{About, Item, Mark, Tag};
use crate::serve::faults::slot::Slot;

/// Parts that are missing when a source hangs.
const HANG: u64 = 3;

impl Frame<'_> {
    /// Lets a part come behind the next one.
    pub(super) fn later(&mut self, index: usize, slot: &mut Slot, items: Vec<Item>) -> Vec<Item> {
        let mut out = Vec::new();
        for item in items {
            let Item::Piece(mut piece) = item else {
                out.push(item);
                continue;
            };
            let late = slot.late.as_ref().map(|(late, _)| *late);
            let is_behind = late.is_some_and(|late| piece.part > late + 1 || piece.tag == Tag::Close);
            if is_behind {
                slot.has_begun = true;
                out.extend(slot.late.take().map(|(_, items)| items).unwrap_or_default());
            }
            if slot.late.is_none() && piece.tag != Tag::Close && self.includes(index, slot, piece.part) {
                let mark = Item::Mark(Mark { name: slot.fault.entry.name, about: About::Next });
                slot.late = Some((piece.part, vec![mark]));
            }
            match &mut slot.late {
                Some((late, items)) if *late == piece.part => items.push(Item::Piece(piece)),
                // The part behind it is sent first now: the line end between the two keeps its place.
                Some((late, items)) if !slot.has_begun && piece.tag == Tag::LineEnd => {
                    let is_of_part =
                        |item: &Item| item.piece().is_some_and(|piece| piece.tag != Tag::LineEnd);
                    let at = items.iter().position(is_of_part).unwrap_or(items.len());
                    piece.part = *late;
                    items.insert(at, Item::Piece(piece));
                }
                _ => {
                    slot.has_begun = true;
                    out.push(Item::Piece(piece));
                }
            }
        }
        // Without a promised head nothing follows the next picture now.
        if self.has_picture && slot.late.as_ref().is_some_and(|(late, _)| *late < self.number) {
            out.extend(slot.late.take().map(|(_, items)| items).unwrap_or_default());
        }
        out
    }

    /// Leaves out the parts behind the first one.
    pub(super) fn hang(&mut self, index: usize, slot: &mut Slot, items: Vec<Item>) -> Vec<Item> {
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
    pub(super) fn skip(&mut self, index: usize, slot: &mut Slot, items: Vec<Item>) -> Vec<Item> {
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
            // Nothing is before the part that is sent first: its delimiter has no line end.
            let is_first_line_end = !slot.has_begun && piece.tag == Tag::LineEnd;
            if (piece.part > slot.skips_to || piece.tag == Tag::Close) && !is_first_line_end {
                slot.has_begun = true;
                out.push(Item::Piece(piece));
            }
        }
        out
    }
}
