//! `mjpeg check`: what is wrong with a stream, and which programs it breaks.

mod arguments;
mod baseline;
mod command;
mod delivery;
mod emit;
mod evidence;
mod exempt;
mod expect;
mod explain;
mod finished;
mod format;
mod framer;
mod limits;
mod merge;
mod options;
mod outputs;
mod plan;
mod reader;
mod reason;
mod recorded;
mod report;
mod run;
mod sample;
mod shard;
mod shards;
mod snapshots;
mod tasks;
mod watcher;

pub use arguments::Check;
