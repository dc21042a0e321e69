//! A tray: where a camera finds the picture that it has ordered.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::source::picture::Picture;
use crate::source::wake::Wake;

/// The tray of one camera. It has one order at most, so all trays together hold at most a picture for each camera.
#[derive(Debug)]
pub struct Tray {
    order: Mutex<Order>,
    wake: Wake,
}

#[derive(Debug, Default)]
enum Order {
    #[default]
    None,
    /// The picture of this step is ordered.
    Placed(u64),
    /// It was drawn, or could not be drawn.
    Done(u64, Option<Picture>),
}

/// What a camera finds in its tray.
#[derive(Debug)]
pub enum Found {
    /// The picture; `None` if it could not be drawn.
    Drawn(Option<Picture>),
    /// The picture is ordered and not drawn yet.
    Ordered,
    /// This picture is not ordered.
    Nothing,
}

impl Tray {
    /// An empty tray of the camera whose stream `wake` wakes.
    pub fn new(wake: Wake) -> Self {
        Self { order: Mutex::default(), wake }
    }

    /// Orders the picture of a step. It replaces the order before it.
    pub fn order(&self, step: u64) {
        *self.lock() = Order::Placed(step);
    }

    /// Forgets the order, and a picture that was not taken.
    pub fn clear(&self) {
        *self.lock() = Order::None;
    }

    /// Puts the picture of a step into the tray and wakes the camera, if it is the one that is ordered.
    pub fn put(&self, step: u64, picture: Option<Picture>) {
        {
            let mut order = self.lock();
            if !matches!(*order, Order::Placed(ordered) if ordered == step) {
                return;
            }
            *order = Order::Done(step, picture);
        }
        self.wake.wake();
    }

    /// Takes the picture of a step.
    pub fn take(&self, step: u64) -> Found {
        let mut order = self.lock();
        match &mut *order {
            Order::Placed(ordered) if *ordered == step => Found::Ordered,
            Order::Done(drawn, picture) if *drawn == step => {
                let picture = picture.take();
                *order = Order::None;
                Found::Drawn(picture)
            }
            _ => Found::Nothing,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Order> {
        // After a panic the order is still valid: each change is one assignment.
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_woken_for_its_last_order_only() {
        let (wake, mut poll) = Wake::for_test();
        let mut events = mio::Events::with_capacity(1);
        let mut is_woken = || {
            poll.poll(&mut events, Some(std::time::Duration::ZERO)).unwrap();
            !events.is_empty()
        };
        let tray = Tray::new(wake);
        for step in [7, 5] {
            tray.order(step);
        }
        tray.put(7, None);
        assert!(!is_woken() && matches!(tray.take(7), Found::Nothing));
        assert!(matches!(tray.take(5), Found::Ordered));
        tray.put(5, None);
        assert!(is_woken() && matches!(tray.take(5), Found::Drawn(None)));
        assert!(matches!(tray.take(5), Found::Nothing));
    }
}
