//! The limit of open files: each connection needs one.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the limit of open files to the hard limit. Returns the new limit.
///
/// The soft limit is 1024 on most systems, because of programs that use `select`.
pub fn raise_limit() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    let hard = limit.maximum;
    limit.current = hard;
    // If the system refuses (macOS allows less than its hard limit), the soft limit stays.
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX))
}
