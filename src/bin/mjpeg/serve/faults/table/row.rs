//! Rows of the tables: faults without an argument that a rule of `check` shows.

use super::super::edit::Edit;
use super::super::entry::{Act, Draw, Entry, Shows, Takes};

/// A fault whose example is its name.
pub const fn row(name: &'static str, act: Act, rule: &'static str, help: &'static str) -> Entry {
    Entry { name, takes: Takes::Nothing, act, shows: Shows::Rule(rule), example: name, help }
}

/// A fault of the wire.
pub const fn wire(name: &'static str, edit: Edit, rule: &'static str, help: &'static str) -> Entry {
    row(name, Act::Wire(edit), rule, help)
}

/// A fault of the wire, with its example.
pub const fn wire_at(
    name: &'static str,
    example: &'static str,
    edit: Edit,
    rule: &'static str,
    help: &'static str,
) -> Entry {
    Entry { example, ..wire(name, edit, rule, help) }
}

/// A fault of a picture, with its example.
pub const fn picture(
    name: &'static str,
    example: &'static str,
    draw: Draw,
    rule: &'static str,
    help: &'static str,
) -> Entry {
    Entry { example, ..row(name, Act::Picture(draw), rule, help) }
}

/// A fault of a picture whose rule has the same name.
pub const fn named(name: &'static str, example: &'static str, draw: Draw, help: &'static str) -> Entry {
    picture(name, example, draw, name, help)
}
