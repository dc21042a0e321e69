//! The checkers of entropy-coded data, which all cameras share: each has large tables, and only as many are needed as there are
//! processors that read pictures at one time.

use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use mjpeg::check::Judge;
use mjpeg::jpeg::Checker;

/// All of them.
static POOL: Mutex<Pool> = Mutex::new(Pool { free: Vec::new(), lent: 0 });
static RETURNED: Condvar = Condvar::new();

struct Pool {
    free: Vec<Checker>,
    /// Judges that have one.
    lent: usize,
}

/// Lets `judge` have a checker while it takes a picture in `take`. Waits while as many judges have one as there are processors: all of
/// them compute, and more of them would be no sooner ready.
pub fn lent<T>(judge: &mut Judge, take: impl FnOnce(&mut Judge) -> T) -> T {
    let mut turn = Turn::begin(judge);
    take(turn.judge())
}

/// The time for which a judge has a checker.
struct Turn<'a>(&'a mut Judge);

impl<'a> Turn<'a> {
    fn begin(judge: &'a mut Judge) -> Self {
        let mut pool = pool();
        while pool.lent >= most() {
            pool = RETURNED.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
        pool.lent += 1;
        // Without one the judge makes its own.
        judge.exchange_checker(pool.free.pop());
        Self(judge)
    }

    fn judge(&mut self) -> &mut Judge {
        self.0
    }
}

/// Also after a panic: the other cameras go on.
impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut pool = pool();
        pool.free.extend(self.0.exchange_checker(None));
        pool.lent -= 1;
        RETURNED.notify_one();
    }
}

fn pool() -> MutexGuard<'static, Pool> {
    // Nothing panics while it holds the lock.
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Most judges that have one at one time.
fn most() -> usize {
    static MOST: OnceLock<usize> = OnceLock::new();
    *MOST.get_or_init(|| thread::available_parallelism().map_or(2, usize::from).max(2))
}
