//! Faults that end the connection.

use super::Frame;
use crate::serve::faults::entry::End;
use crate::serve::faults::item::{About, Item, Mark, Piece, Tag};
use crate::serve::faults::pump::split_body;

/// What is behind the close-delimiter of [`End::Epilogue`].
const EPILOGUE: &[u8] = b"this is an epilogue\r\n";

impl Frame<'_> {
    /// Ends the connection in this part.
    pub(super) fn end(&self, name: &'static str, end: End, items: Vec<Item>) -> Vec<Item> {
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
