//! `--targets FILE`: a list of targets, one in each line: `NAME URL [options]`.
//!
//! A subcommand says which of its options a line may set: a type that implements [`LineOptions`].

mod line;
mod line_options;
mod list;
mod name;

pub use line_options::{LineOptions, parse as parse_options};
pub use list::{Entry, read};
pub use name::Name;
