//! The end-to-end tests, as one test program: it is faster to link than one for each file.
//!
//! There is one file per subject; `kit` is the code they share. `cargo test --test cli record::` runs one file. Tests run
//! in parallel, so each has its own temporary directory and ports.

mod kit;

mod bench;
mod check;
mod check_carriers;
mod check_content;
mod check_dialects;
mod check_files;
mod check_promises;
mod check_rules;
mod check_snapshot_bodies;
mod check_snapshots;
mod check_times;
mod documents;
mod hostile;
mod judgement;
mod local;
mod page;
mod picture_classes;
mod reach;
mod reach_authentication;
mod reach_proxy;
mod reach_servers;
mod readme;
mod record;
mod record_ends;
mod record_mkv;
mod record_out;
mod record_peers;
mod record_progress;
mod record_raw;
mod record_resume;
mod record_streams;
mod schemas;
mod serve;
mod serve_browsers;
mod serve_chain;
mod serve_command;
mod serve_directory;
mod serve_faults;
mod serve_listen;
mod serve_manifest;
mod serve_mounts;
mod serve_passwords;
mod serve_peers;
mod serve_replay;
mod serve_sources;
mod serve_streams;
mod serve_viewers;
mod serve_watch;
