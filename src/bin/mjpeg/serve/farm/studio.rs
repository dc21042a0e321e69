//! The test pattern for many cameras: one thread draws, and cameras whose frames are due at the same time share a picture.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;

use super::board::Board;
use super::tray::{Found, Tray};
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

/// A thread that draws the test pattern in one size. Clones share it.
#[derive(Debug, Clone)]
pub struct Studio {
    orders: Sender<u64>,
    board: Arc<Mutex<Board>>,
}

/// The pattern as the source of one camera.
#[derive(Debug)]
pub struct Canvas {
    studio: Studio,
    tray: Arc<Tray>,
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
        Canvas { studio: self.clone(), tray: Arc::new(Tray::new(wake)) }
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
        // After a panic the board is still valid: nothing can panic halfway through a change of it.
        let left = board.lock().unwrap_or_else(PoisonError::into_inner).put(step, picture.clone());
        drop(left.oldest);
        left.waiting.iter().for_each(|tray| tray.put(step, picture.clone()));
    }
}

impl Paced for Canvas {
    fn next(&mut self, _: u64, time: Duration) -> Next {
        let step = u64::try_from(time.as_millis()).unwrap_or(u64::MAX) / STEP_MS;
        let shown = |picture: Option<Picture>| picture.map_or(Next::Nothing, Next::Picture);
        // First the tray: other cameras may have ordered so many pictures that the board has dropped this one.
        match self.tray.take(step) {
            Found::Drawn(picture) => return shown(picture),
            Found::Ordered => return Next::Later,
            Found::Nothing => {}
        }
        let mut board = self.studio.board.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(picture) = board.picture(step) {
            return shown(picture.clone());
        }
        let waiting = board.waiting(step);
        if waiting.is_empty() && self.studio.orders.send(step).is_err() {
            // The thread has panicked.
            return Next::End;
        }
        // Before the thread sees who waits.
        self.tray.order(step);
        waiting.push(Arc::clone(&self.tray));
        Next::Later
    }

    fn forget(&mut self) {
        self.tray.clear();
    }

    fn shows_time(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use mio::{Events, Poll, Token};

    use super::super::board::KEPT;
    use super::*;
    use crate::source::wake::WakeUps;

    const LONG: Duration = Duration::from_secs(20);

    /// A studio and the event loop of its cameras.
    struct Studied {
        studio: Studio,
        poll: Poll,
        wake_ups: WakeUps,
    }

    impl Studied {
        fn new() -> Self {
            let studio = Studio::start("160x120".parse().unwrap(), Reporter::new("test")).unwrap();
            let poll = Poll::new().unwrap();
            let wake_ups = WakeUps::new(poll.registry(), Token(0)).unwrap();
            Self { studio, poll, wake_ups }
        }

        fn canvas(&self, stream: usize) -> Canvas {
            self.studio.canvas(self.wake_ups.of(stream))
        }

        /// The picture of a step. A camera that is woken finds it, or was woken for an order before.
        fn drawn(&mut self, canvas: &mut Canvas, step: usize) -> Picture {
            for _ in 0..3 {
                match canvas.next(1, time(step)) {
                    Next::Picture(picture) => return picture,
                    Next::Later => self.poll.poll(&mut Events::with_capacity(1), Some(LONG)).unwrap(),
                    other => panic!("{other:?}"),
                }
                self.wake_ups.take(&mut Vec::new());
            }
            panic!("no picture of step {step}, for which the camera was woken");
        }
    }

    fn time(step: usize) -> Duration {
        Duration::from_millis(1_800_000_000_040 + STEP_MS * step as u64)
    }

    #[test]
    fn cameras_share_the_picture_of_a_step() {
        let mut it = Studied::new();
        let (mut one, mut two) = (it.canvas(0), it.canvas(1));
        let first = it.drawn(&mut one, 0);
        let Next::Picture(second) = two.next(7, time(0) + Duration::from_millis(STEP_MS / 2)) else {
            panic!("no picture")
        };
        assert_eq!(first.jpeg().as_ptr(), second.jpeg().as_ptr());
        assert!(matches!(two.next(8, time(1)), Next::Later));
    }

    #[test]
    fn a_camera_gets_its_picture_when_the_board_is_full_of_later_ones() {
        let mut it = Studied::new();
        let (mut later, mut earlier) = (it.canvas(0), it.canvas(1));
        for step in 1..=KEPT {
            it.drawn(&mut later, step);
        }
        // The past step of a slow camera, or any step after the clock was set back.
        it.drawn(&mut earlier, 0);
    }

    #[test]
    fn a_picture_waits_for_its_camera_however_many_are_drawn_meanwhile() {
        let it = Studied::new();
        let mut canvases: Vec<Canvas> = (0..=KEPT).map(|stream| it.canvas(stream)).collect();
        for (step, canvas) in canvases.iter_mut().enumerate() {
            assert!(matches!(canvas.next(1, time(step)), Next::Later), "{step}");
        }
        // When this one is drawn, all orders before it are done.
        let poll = Poll::new().unwrap();
        let wake_ups = WakeUps::new(poll.registry(), Token(0)).unwrap();
        let mut last = it.studio.canvas(wake_ups.of(0));
        let mut other = Studied { studio: it.studio.clone(), poll, wake_ups };
        other.drawn(&mut last, KEPT + 1);
        for (step, canvas) in canvases.iter_mut().enumerate() {
            assert!(matches!(canvas.next(1, time(step)), Next::Picture(_)), "{step}");
        }
    }

    #[test]
    fn a_camera_that_starts_again_has_another_order() {
        let mut it = Studied::new();
        let mut canvas = it.canvas(0);
        assert!(matches!(canvas.next(1, time(9)), Next::Later));
        canvas.forget();
        let first = it.drawn(&mut canvas, 5);
        let again = it.drawn(&mut canvas, 5);
        assert_eq!(first.jpeg().as_ptr(), again.jpeg().as_ptr());
    }
}
