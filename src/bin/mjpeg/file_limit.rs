//! The limit of open files: each connection and each recording needs some.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The soft limit of open files.
pub fn soft() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Starts a child process under this soft limit: programs that use `select` need it, and some programs visit each
/// number up to the limit.
pub fn under<T>(soft: Option<u64>, start: impl FnOnce() -> T) -> T {
    let raised = getrlimit(Resource::Nofile);
    // If the system refuses, the child has the higher limit.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: soft, maximum: raised.maximum });
    let started = start();
    let _ = setrlimit(Resource::Nofile, raised);
    started
}

/// Raises the limit of open files to the hard limit. Returns the new limit.
///
/// The soft limit is 1024 on most systems, because of programs that use `select`.
pub fn raise() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    let hard = limit.maximum;
    limit.current = hard;
    // If the system refuses (macOS allows less than its hard limit), the soft limit stays.
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX))
}
