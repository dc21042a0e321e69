//! `--farm`: many cameras in one process, as a file describes them.

mod album;
mod board;
mod camera;
mod entry;
mod file;
mod keys;
mod names;
mod open;
mod ports;
mod studio;
mod tray;

pub use camera::{Camera, Facts};
pub use open::{Opener, Opening};
pub use ports::own_ports;
