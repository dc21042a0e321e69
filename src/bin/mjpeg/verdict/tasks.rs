//! Several targets at once.

use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::channel::channel;
use crate::clock::Clock;
use crate::exit::Failure;
use crate::signal::Stop;
use crate::targets::Name;
use crate::transport::Target;
use crate::verdict::baseline::Settings;
use crate::verdict::options::Options;
use crate::verdict::run::Run;

/// A target to check.
#[derive(Debug)]
pub struct Task {
    /// Its name in the list of targets.
    pub name: Option<Name>,
    /// What is read.
    pub target: Target,
    /// How far it is read, and how it is judged.
    pub options: Options,
}

impl Task {
    /// What it is called: its name, or the target as typed without a password.
    pub fn shown(&self) -> String {
        self.name.as_ref().map_or_else(|| self.target.to_string(), ToString::to_string)
    }

    /// What decides about its shard: its name, or the target as typed.
    pub fn key(&self) -> String {
        match (&self.name, &self.target) {
            (Some(name), _) => name.to_string(),
            (None, Target::Url(url)) => url.clone(),
            (None, other) => other.to_string(),
        }
    }

    /// The options that decide what the check finds.
    pub fn settings(&self) -> Settings {
        Settings::of(&self.options)
    }
}

/// Runs the tasks, at most `jobs` at the same time. Gives each result to `take`, in the order of the tasks.
///
/// # Errors
///
/// Those of `take`. Tasks that have not begun by then are left out.
pub fn run(
    tasks: &[Task],
    jobs: usize,
    clock: &Clock,
    stop: &Stop,
    mut take: impl FnMut(usize, Run) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let next = AtomicUsize::new(0);
    let (done, results) = channel();
    thread::scope(|scope| {
        for _ in 0..jobs.min(tasks.len()) {
            let (done, next) = (done.clone(), &next);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let Some(task) = tasks.get(number) else { return };
                    let run = Run::of(&task.target, &task.options, clock, stop);
                    // The receiver is gone after an error.
                    if done.send((number, run)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        // Boxed, because there is a place for each target, and most are empty.
        let mut waiting: Vec<Option<Box<Run>>> = iter::repeat_with(|| None).take(tasks.len()).collect();
        let mut due = 0;
        for (number, run) in results {
            waiting[number] = Some(Box::new(run));
            while let Some(run) = waiting.get_mut(due).and_then(Option::take) {
                let taken = take(due, *run);
                due += 1;
                if taken.is_err() {
                    next.store(tasks.len(), Ordering::SeqCst);
                    return taken;
                }
            }
        }
        Ok(())
    })
}
