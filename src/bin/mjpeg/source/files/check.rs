//! Changes that the system does not report.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{CHECK_INTERVAL, Checked, Files};
use crate::channel::TryRecvError;
use crate::source::io_thread::Outcome;
use crate::source::listing::{self, Detail, Name};
use crate::source::notices::More;
use crate::source::stamp::Stamp;
use crate::source::watch::Watch;

/// How often to look if the system reports the changes of all files: only another directory may have taken the place of ours.
const PLACE_INTERVAL: Duration = Duration::from_secs(3);

impl Files {
    /// Looks for changes that the system does not report.
    pub fn check(&mut self) {
        let now = self.clock.now();
        if now < self.check_at {
            return;
        }
        self.check_at = now + CHECK_INTERVAL;
        let catalogue = &mut self.catalogue;
        self.hanging_reads.retain(|(name, result)| {
            let hangs = matches!(result.try_recv(), Err(TryRecvError::Empty));
            if !hangs {
                catalogue.hangs_no_more(name);
            }
            hangs
        });
        if let Some(result) = &self.hanging_check {
            match result.try_recv() {
                Ok(checked) => self.checked(checked),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {}
            }
            self.hanging_check = None;
        }
        let reports_changes = self.watch.reports_changes();
        // A directory that is not played is not listed each second.
        let is_played = self.flags.is_played.swap(false, Ordering::Relaxed);
        let (folder, place) = (self.folder.clone(), self.watch.place());
        let mut links = self.catalogue.links();
        if reports_changes && links.is_empty() && !self.must_list && self.hanging_reads.is_empty() {
            self.check_at = now + PLACE_INTERVAL;
        }
        if !is_played {
            links.clear();
        }
        let must_list = self.must_list || (!reports_changes && is_played);
        let check = self.io.run(move |progress| {
            let watch = Watch::renewed(&folder, place);
            let shall_list = watch.is_some() || must_list;
            let files = shall_list.then(|| listing::list(&folder, Detail::Stamps, progress));
            let stamp = |name: &Name| {
                progress.step();
                std::fs::metadata(folder.join(&name.0)).ok().map(|metadata| Stamp::of(&metadata))
            };
            let links = links.into_iter().filter_map(|name| stamp(&name).map(|stamp| (name, stamp)));
            Checked { watch, files, links: links.collect() }
        });
        match check {
            Outcome::Done(checked) => self.checked(checked),
            Outcome::Hangs(result) => {
                let folder = self.folder.display();
                let text = format!("cannot read {folder}: its file system does not answer");
                self.notices.say("hangs", &More::times(format_args!(" {folder} did not answer")), &text);
                self.hanging_check = Some(result);
                self.check_at = now + CHECK_INTERVAL;
            }
            Outcome::Refused => {}
        }
    }

    fn checked(&mut self, checked: Checked) {
        let now = self.clock.now();
        if let Some(watch) = checked.watch {
            self.watch = watch;
        }
        match checked.files {
            Some(Ok(files)) => {
                self.must_list = false;
                if self.catalogue.list(files, now) {
                    self.changed();
                }
            }
            Some(Err(error)) => {
                self.must_list = true;
                self.check_at = now + CHECK_INTERVAL;
                let folder = self.folder.display();
                let more = More::times(format_args!(" {folder} could not be read"));
                self.notices.say("directory", &more, &format!("cannot read {folder}: {error}"));
            }
            None => {}
        }
        for (name, stamp) in checked.links {
            self.catalogue.see(&name, stamp, now);
        }
    }
}
