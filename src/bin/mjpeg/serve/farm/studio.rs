//! The test pattern for many cameras: one thread draws, and cameras whose frames are due at the same time share a picture.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;

use crate::channel::{Receiver, Sender, channel};
use crate::output::Reporter;
use crate::pattern::{Pattern, Size};
use crate::problem::Problem;
use crate::source::paced::{Next, Paced};
use crate::source::picture::Picture;
use crate::source::wake::Wake;
use crate::threads;

/// Frames that are due within this time show the same picture.
const STEP_MS: u64 = 100;
/// Most pictures that are kept. A camera takes its picture as soon as it is drawn.
const KEPT: usize = 256;

/// A thread that draws the test pattern in one size. Clones share it.
#[derive(Debug, Clone)]
pub struct Studio {
    orders: Sender<u64>,
    board: Arc<Mutex<Board>>,
}

/// The pictures by the number of their step, and who waits for which.
#[derive(Debug, Default)]
struct Board {
    pictures: BTreeMap<u64, Option<Picture>>,
    waiting: BTreeMap<u64, Vec<Wake>>,
}

/// The pattern as the source of one camera.
#[derive(Debug)]
pub struct Canvas {
    studio: Studio,
    wake: Wake,
}

impl Studio {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn start(size: Size, reporter: Reporter) -> Result<Self, Problem> {
        let (orders, inbox) = channel();
        let board = Arc::<Mutex<Board>>::default();
        let shared = Arc::clone(&board);
        threads::start("pattern", 512 * 1024, move || {
            draw(Pattern::of_random_source(size), &inbox, &shared, reporter);
        })
        .context("cannot start a thread for the test pattern")?;
        Ok(Self { orders, board })
    }

    /// The source of a camera, whose stream `wake` wakes.
    pub fn canvas(&self, wake: Wake) -> Canvas {
        Canvas { studio: self.clone(), wake }
    }
}

/// Draws what is ordered until all cameras are gone.
fn draw(mut pattern: Pattern, orders: &Receiver<u64>, board: &Mutex<Board>, reporter: Reporter) {
    let mut has_failed = false;
    while let Ok(step) = orders.recv() {
        let time = Duration::from_millis(step.saturating_mul(STEP_MS));
        let picture = match pattern.frame(step, time).map(Picture::new) {
            Ok(Ok(picture)) => Some(picture),
            failed if !has_failed => {
                has_failed = true;
                let why = failed.map_or_else(|error| error.to_string(), |_| "it is not sound".into());
                reporter.event(&format!("test pattern: a frame cannot be drawn: {why}"));
                None
            }
            _ => None,
        };
        let waiting = {
            // After a panic the board is still valid: each change is one call.
            let mut board = board.lock().unwrap_or_else(PoisonError::into_inner);
            board.pictures.insert(step, picture);
            while board.pictures.len() > KEPT {
                board.pictures.pop_first();
            }
            board.waiting.remove(&step).unwrap_or_default()
        };
        waiting.iter().for_each(Wake::wake);
    }
}

impl Paced for Canvas {
    fn next(&mut self, _: u64, time: Duration) -> Next {
        let step = u64::try_from(time.as_millis()).unwrap_or(u64::MAX) / STEP_MS;
        let mut board = self.studio.board.lock().unwrap_or_else(PoisonError::into_inner);
        match board.pictures.get(&step) {
            Some(Some(picture)) => return Next::Picture(picture.clone()),
            Some(None) => return Next::Nothing,
            None => {}
        }
        let waiting = board.waiting.entry(step).or_default();
        if waiting.is_empty() && self.studio.orders.send(step).is_err() {
            // The thread has panicked.
            return Next::End;
        }
        waiting.push(self.wake.clone());
        Next::Later
    }

    fn shows_time(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_share_the_picture_of_a_step() {
        let studio = Studio::start("160x120".parse().unwrap(), Reporter::new("test")).unwrap();
        let (wake, mut poll) = Wake::for_test();
        let (mut one, mut two) = (studio.canvas(wake.clone()), studio.canvas(wake));
        let time = Duration::from_millis(1_800_000_000_040);
        let step = Duration::from_millis(STEP_MS);
        assert!(matches!(one.next(1, time), Next::Later));
        let mut events = mio::Events::with_capacity(1);
        poll.poll(&mut events, Some(Duration::from_secs(20))).unwrap();
        let (Next::Picture(first), Next::Picture(second)) = (one.next(1, time), two.next(7, time + step / 2))
        else {
            panic!("no picture");
        };
        assert_eq!(first.jpeg().as_ptr(), second.jpeg().as_ptr());
        assert!(matches!(two.next(8, time + step), Next::Later));
    }
}
