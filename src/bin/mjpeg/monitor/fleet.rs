//! All cameras of a monitor, and their threads.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::anyhow;

use super::camera::{Camera, News};
use super::log::Log;
use super::options::CameraOptions;
use super::reader::Reader;
use super::ring::Rings;
use crate::clock::Clock;
use crate::output;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::threads;
use crate::transport::Target;

/// The most cameras: each has a thread.
const MOST_CAMERAS: usize = 1000;
/// The stack of such a thread. Requests have one of their own.
const STACK_BYTES: usize = 256 * 1024;

/// From the first request of a camera to that of the next one, and the longest such wait.
const ASK_GAP: Duration = Duration::from_millis(5);
const LONGEST_ASK: Duration = Duration::from_secs(2);

/// A camera that is to be watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// Its name, which no other one has.
    pub name: String,
    /// Where it is.
    pub target: Target,
    /// How it is read and judged.
    pub options: CameraOptions,
}

/// The cameras that are watched, in the order of the list. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Cameras(Arc<Mutex<Vec<Arc<Camera>>>>);

impl Cameras {
    /// All of them.
    pub fn all(&self) -> Vec<Arc<Camera>> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, cameras: Vec<Arc<Camera>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = cameras;
    }
}

/// The cameras with their threads.
#[derive(Debug)]
pub struct Fleet {
    /// The cameras.
    pub cameras: Cameras,
    threads: Vec<JoinHandle<()>>,
    rings: Option<Rings>,
    is_quiet: bool,
    clock: Clock,
    stop: Stop,
}

impl Fleet {
    /// Watches nothing yet.
    pub fn new(rings: Option<Rings>, is_quiet: bool, clock: &Clock, stop: &Stop) -> Self {
        let (clock, stop) = (clock.clone(), stop.clone());
        Self { cameras: Cameras::default(), threads: Vec::new(), rings, is_quiet, clock, stop }
    }

    /// Watches these cameras and no others. Those that are watched already, with the same options, keep their streams.
    /// Returns how many are new, and how many are no longer watched.
    ///
    /// # Errors
    ///
    /// When there are too many, or a thread cannot be started. Those that could be are watched.
    pub fn watch(&mut self, wanted: Vec<Wanted>) -> Result<(usize, usize), Problem> {
        if wanted.len() > MOST_CAMERAS {
            let problem = Problem::new(anyhow!("{} targets are more than {MOST_CAMERAS}", wanted.len()));
            return Err(problem.hint("split the list, and start a monitor for each part"));
        }
        self.threads.retain(|thread| !thread.is_finished());
        let mut before: HashMap<String, Arc<Camera>> =
            self.cameras.all().into_iter().map(|camera| (camera.name.clone(), camera)).collect();
        let is_kept = |camera: &Camera, wanted: &Wanted| {
            (&camera.target, &camera.options) == (&wanted.target, &wanted.options)
        };
        let mut cameras = Vec::new();
        let (mut new, count) = (0_usize, wanted.len());
        let mut result = Ok(());
        for (number, wanted) in wanted.into_iter().enumerate() {
            if let Some(camera) = before.remove(&wanted.name) {
                if is_kept(&camera, &wanted) {
                    cameras.push(camera);
                    continue;
                }
                camera.leave();
            }
            match self.start(wanted, number, count) {
                Ok(camera) => {
                    cameras.push(camera);
                    new += 1;
                }
                Err(problem) => result = Err(problem),
            }
        }
        before.values().for_each(|camera| camera.leave());
        self.cameras.replace(cameras);
        result.map(|()| (new, before.len()))
    }

    /// Starts the thread of a camera. Its windows are spread over the time, so that they do not all close at once.
    fn start(&mut self, wanted: Wanted, number: usize, count: usize) -> Result<Arc<Camera>, Problem> {
        let Wanted { name, target, options } = wanted;
        let span = options.interval.unwrap_or(options.window);
        let share = span.mul_f64(number as f64 / count.max(1) as f64);
        // The first window of a stream that is held is longer by its share, and a sample begins later by it.
        let begins = self.clock.now() + share;
        // First requests that are made at one time take memory at one time, and load the network.
        let asks = self.clock.now() + ASK_GAP.mul_f64(number as f64).min(LONGEST_ASK);
        let recorder = self.rings.as_ref().map(|rings| rings.recorder(&name, &self.clock));
        let camera = Arc::new(Camera::new(name, target, options, recorder, begins, &self.clock));
        let reader = Reader {
            camera: Arc::clone(&camera),
            clock: self.clock.clone(),
            stop: self.stop.clone(),
            log: Log::new(self.is_quiet),
        };
        let thread = threads::start("camera", STACK_BYTES, move || reader.run(begins, asks))
            .map_err(|error| anyhow!("{}: cannot start a thread: {error}", camera.name))?;
        self.threads.push(thread);
        Ok(camera)
    }

    /// Closes the windows that are due. Returns the changes, and when the next window is due.
    pub fn tick(&self) -> (Vec<(Arc<Camera>, News)>, Duration) {
        // Samples are closed by their threads.
        let mut next = self.clock.now() + Duration::from_millis(500);
        let mut changes = Vec::new();
        for camera in self.cameras.all() {
            let (news, due) = camera.tick(&self.clock);
            next = due.map_or(next, |due| due.min(next));
            changes.extend(news.into_iter().map(|news| (Arc::clone(&camera), news)));
        }
        (changes, next)
    }

    /// Closes the captures that go on. Without a signal the threads end with the process only.
    pub fn close_captures(&self) {
        for camera in self.cameras.all() {
            if let Some(recorder) = &camera.recorder {
                recorder.finish();
            }
        }
    }

    /// Waits until all threads have ended. A signal has come.
    pub fn join(self) {
        for thread in self.threads {
            if thread.join().is_err() {
                output::event("monitor", "the thread of a camera has failed");
            }
        }
    }
}

/// Names for targets that have none: the host, the port and the path, with a number if that is not enough.
pub fn names<'a>(targets: impl Iterator<Item = &'a Target>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for target in targets {
        let shown = target.to_string();
        let place = shown.split_once("://").map_or(shown.as_str(), |(_, place)| place);
        let place = place.split(['?', '#']).next().unwrap_or_default();
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let name: String = place.chars().map(|c| if is_plain(c) { c } else { '-' }).take(100).collect();
        let name = match name.trim_matches(['-', '.']) {
            "" => "camera".to_string(),
            name => name.to_string(),
        };
        let is_free = |name: &String| !names.contains(name) && !Path::new(name).is_absolute();
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        // Some number is free.
        names.extend(std::iter::once(name.clone()).chain(numbered).find(is_free));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_without_a_name_is_called_by_its_place() {
        let typed = [
            "http://127.0.0.1:8080/stream",
            "http://u:hush@cam/?action=stream&pwd=hush",
            "https://cam/",
            "http://[::1]:80/a b/../é",
        ];
        let targets: Vec<Target> = typed.iter().map(Target::parse).collect();
        let names = names(targets.iter());
        assert_eq!(names, ["127.0.0.1-8080-stream", "cam", "cam-2", "1--80-a-b"]);
    }
}
