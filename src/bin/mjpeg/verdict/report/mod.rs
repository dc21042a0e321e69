//! `--report FILE`: the page of a run.

mod drawn;
mod page;
mod section;
mod shown;
mod template;
mod thumbnail;

pub use page::Page;
