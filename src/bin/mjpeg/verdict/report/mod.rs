//! `--report FILE`: the page of a run.

mod page;
mod section;
mod template;
mod thumbnail;

pub use page::Page;
