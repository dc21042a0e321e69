//! All faults.

use mjpeg::check::nearest_word;

use super::entry::Entry;
use super::table;

/// All faults, in the order of the list, in which they are applied too.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    subjects().flat_map(|(_, entries)| entries)
}

/// The place of a fault in the list. Faults are applied in this order.
pub fn position(entry: &Entry) -> usize {
    all().take_while(|other| other.name != entry.name).count()
}

/// The faults by their subjects.
pub fn subjects() -> impl Iterator<Item = (&'static str, impl Iterator<Item = &'static Entry>)> {
    table::ALL.iter().map(|(subject, tables)| (*subject, tables.iter().copied().flatten()))
}

/// The fault with this name.
///
/// # Errors
///
/// If there is none; the message has the nearest name, or those that begin alike.
pub fn named(name: &str) -> Result<&'static Entry, String> {
    all().find(|entry| entry.name == name).ok_or_else(|| {
        let word = name.split('-').next().filter(|word| !word.is_empty());
        let alike = |entry: &&Entry| word.is_some_and(|word| entry.name.starts_with(word));
        let alike: Vec<_> = all().filter(alike).map(|entry| entry.name).collect();
        let names: Vec<&str> = all().map(|entry| entry.name).collect();
        match (&alike[..], nearest_word(name, &names)) {
            (_, Some(near)) => format!("no fault has this name; did you mean {near}?"),
            ([], None) => "no fault has this name; --list-faults lists all".into(),
            (alike, None) => {
                format!("no fault has this name (there are {}); --list-faults lists all", alike.join(", "))
            }
        }
    })
}
