//! The faults by their subjects: a file each.

mod boundary;
mod connection;
mod content;
mod delimiter;
mod drawn;
mod length;
mod part_head;
mod parts;
mod picture;
mod response;
mod row;
mod scan;
mod segments;
mod splice;
mod timing;

use super::entry::Entry;

/// The subjects and their faults, from one table or several.
pub const ALL: [(&str, &[&[Entry]]); 9] = [
    ("The head of the response", &[response::ENTRIES]),
    ("Delimiters and line ends", &[delimiter::ENTRIES]),
    ("The length of a part", &[length::ENTRIES]),
    ("The head of a part", &[part_head::ENTRIES]),
    ("Parts", &[parts::ENTRIES]),
    ("The structure of a picture", &[picture::ENTRIES, scan::ENTRIES, segments::ENTRIES]),
    ("What pictures show", &[content::ENTRIES]),
    ("Times", &[timing::ENTRIES]),
    ("The connection", &[connection::ENTRIES]),
];
