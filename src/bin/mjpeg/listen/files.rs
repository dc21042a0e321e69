//! How many files this process may have open: every connection is one.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the limit of open files to the hard one, and says what it is then.
///
/// The soft limit is 1 024 on most systems, for the sake of programs that use `select`.
pub fn raise_limit() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    let hard = limit.maximum;
    limit.current = hard;
    // Where the system refuses (the hard limit of macOS is more than it allows), the soft one stays.
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX))
}
