//! What is known about the files of a directory.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::ops::Bound;
use std::time::Duration;

use super::listing::{Listed, Name, is_played};
use super::picture::Picture;
use super::plan::{Condition, Plan};
use super::stamp::{Activity, Origin, Sighting, Stamp};
use super::watch::Report;
use crate::clock::Clock;

/// The files of a directory, in natural order, with pictures up to a limit.
#[derive(Debug)]
pub struct Catalogue {
    entries: BTreeMap<Name, Entry>,
    /// Files that may have changed since they were read.
    changed: BTreeSet<Name>,
    /// Bytes of pictures in memory, and the most.
    kept: usize,
    limit: usize,
}

#[derive(Debug)]
struct Entry {
    /// The state of the file when it was read.
    read: Option<Stamp>,
    /// Whether it had a picture then.
    is_good: bool,
    /// The picture, if it is in memory.
    picture: Option<Picture>,
    activity: Activity,
    sighting: Option<Sighting>,
    /// A changed file is not read before this time, by the monotonic clock.
    not_before: Duration,
    /// Reports of changes so far.
    changes: u64,
    is_link: bool,
    /// Whether the last read hangs. The file is not read again until it changes.
    hangs: bool,
}

impl Catalogue {
    /// No files. `limit` is the most bytes of pictures to keep in memory.
    pub fn new(limit: usize) -> Self {
        Self { entries: BTreeMap::new(), changed: BTreeSet::new(), kept: 0, limit }
    }

    /// The file after this one, or the first file.
    pub fn after(&self, name: Option<&Name>) -> Option<Name> {
        let start = name.map_or(Bound::Unbounded, Bound::Excluded);
        self.entries.range((start, Bound::Unbounded)).next().map(|(name, _)| name.clone())
    }

    /// The files that may have changed since they were read.
    pub fn changed(&self) -> impl Iterator<Item = &Name> {
        self.changed.iter()
    }

    /// The symbolic links: changes of their targets are not reported.
    pub fn links(&self) -> Vec<Name> {
        self.entries.iter().filter(|(_, entry)| entry.is_link).map(|(name, _)| name.clone()).collect()
    }

    /// Takes a report of the system. Returns whether a picture was removed.
    pub fn report(&mut self, name: &OsStr, report: Report, now: Duration) -> bool {
        if !is_played(name) {
            return false;
        }
        let name = Name(name.into());
        if report == Report::Removed {
            return self.remove(&name);
        }
        let is_change = matches!(report, Report::Created | Report::Written | Report::Finished);
        if !is_change && !self.entries.contains_key(&name) {
            return false;
        }
        let entry = self.entries.entry(name.clone()).or_insert_with(Entry::new);
        entry.activity = entry.activity.after(report);
        if report == Report::Changed && !entry.is_good {
            // Perhaps it can be read now.
            entry.hangs = false;
            self.changed.insert(name);
        } else if is_change {
            entry.not_before = now + entry.activity.quiet_time();
            entry.changes += 1;
            entry.hangs = false;
            self.changed.insert(name);
        }
        false
    }

    /// Takes a listing of the directory. Without states, each file may have changed. Returns whether a picture was
    /// removed.
    pub fn list(&mut self, mut files: Vec<Listed>, now: Duration) -> bool {
        files.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        let is_listed = |name: &Name| files.binary_search_by(|file| file.name.cmp(name)).is_ok();
        let removed: Vec<Name> = self.entries.keys().filter(|name| !is_listed(name)).cloned().collect();
        let mut had_pictures = false;
        for name in &removed {
            had_pictures |= self.remove(name);
        }
        for Listed { name, is_link, stamp } in files {
            let entry = self.entries.entry(name.clone()).or_insert_with(Entry::new);
            // Reports may have been lost.
            (entry.is_link, entry.activity) = (is_link, Activity::Unknown);
            match stamp {
                Some(stamp) => self.see(&name, stamp, now),
                None => {
                    entry.hangs = false;
                    self.changed.insert(name);
                }
            }
        }
        had_pictures
    }

    /// Takes the state of a file.
    pub fn see(&mut self, name: &Name, stamp: Stamp, now: Duration) {
        let Some(entry) = self.entries.get_mut(name) else { return };
        let sighting = Sighting::next(entry.sighting, stamp, now);
        entry.hangs &= Some(sighting) == entry.sighting;
        entry.sighting = Some(sighting);
        if entry.read != Some(stamp) && !entry.hangs {
            self.changed.insert(name.clone());
        }
    }

    /// Records whether a file is a symbolic link.
    pub fn is_link(&mut self, name: &Name, is_link: bool) {
        if let Some(entry) = self.entries.get_mut(name) {
            entry.is_link = is_link;
        }
    }

    /// What to do to play a file, by the reports of the system up to time `now`.
    pub fn plan(&self, name: &Name, origin: Origin, now: Duration) -> Plan {
        let Some(entry) = self.entries.get(name) else { return Plan::Skip };
        let is_changed = self.changed.contains(name);
        match &entry.picture {
            _ if is_changed && now < entry.not_before => return Plan::Wait(entry.not_before - now),
            Some(picture) if !is_changed => return Plan::Play(picture.clone()),
            None if !is_changed && !entry.is_good => return Plan::Skip,
            _ => {}
        }
        Plan::Read(Condition {
            before: entry.read,
            again: entry.is_good && entry.picture.is_none(),
            activity: entry.activity,
            sighting: entry.sighting,
            origin,
            changes: entry.changes,
            reported_at: now,
        })
    }

    /// The picture of a file that may have changed, as it was before.
    pub fn old_picture(&self, name: &Name) -> Option<Picture> {
        self.entries.get(name)?.picture.clone()
    }

    /// Takes the state of a file that was not read. Returns how long to wait, or `None` if the file has not changed.
    pub fn unread(&mut self, name: &Name, stamp: Stamp, origin: Origin, clock: &Clock) -> Option<Duration> {
        let entry = self.entries.get_mut(name)?;
        if entry.read == Some(stamp) {
            self.changed.remove(name);
            return None;
        }
        let sighting = Sighting::next(entry.sighting, stamp, clock.now());
        entry.sighting = Some(sighting);
        self.changed.insert(name.clone());
        Some(entry.activity.quiet_time().saturating_sub(sighting.age(origin, clock)))
    }

    /// Whether a change was reported since this condition was made.
    pub fn has_changed_since(&self, name: &Name, condition: &Condition) -> bool {
        self.entries.get(name).is_none_or(|entry| entry.changes != condition.changes)
    }

    /// Takes the picture of a file, or `None` if it has none. Returns whether what is played has changed.
    pub fn read(&mut self, name: &Name, stamp: Stamp, picture: Option<&Picture>) -> bool {
        let Some(entry) = self.entries.get_mut(name) else { return false };
        let is_new = entry.read != Some(stamp) && (entry.is_good || picture.is_some());
        self.changed.remove(name);
        self.kept -= entry.picture.take().map_or(0, |old| old.weight());
        (entry.read, entry.is_good) = (Some(stamp), picture.is_some());
        if let Some(picture) = picture
            && self.kept + picture.weight() <= self.limit
        {
            self.kept += picture.weight();
            entry.picture = Some(picture.clone());
        }
        is_new
    }

    /// Whether the picture of this file is in memory.
    pub fn keeps(&self, name: &Name) -> bool {
        self.entries.get(name).is_some_and(|entry| entry.picture.is_some())
    }

    /// Records that a file does not exist. Returns whether what is played has changed.
    pub fn missing(&mut self, name: &Name) -> bool {
        let Some(entry) = self.entries.get_mut(name) else { return false };
        let was_good = entry.is_good;
        (entry.read, entry.is_good) = (None, false);
        self.kept -= entry.picture.take().map_or(0, |old| old.weight());
        self.changed.remove(name);
        was_good
    }

    /// Records that a read of a file hangs. A picture in memory stays.
    pub fn hangs(&mut self, name: &Name) {
        if let Some(entry) = self.entries.get_mut(name) {
            entry.hangs = true;
            if entry.picture.is_none() {
                (entry.read, entry.is_good) = (None, false);
            }
        }
        self.changed.remove(name);
    }

    /// A read that did hang has ended: the file may be read again.
    pub fn hangs_no_more(&mut self, name: &Name) {
        if let Some(entry) = self.entries.get_mut(name)
            && std::mem::take(&mut entry.hangs)
        {
            self.changed.insert(name.clone());
        }
    }

    /// Does not read a file before this time.
    pub fn delay(&mut self, name: &Name, until: Duration) {
        if let Some(entry) = self.entries.get_mut(name) {
            entry.not_before = until;
            self.changed.insert(name.clone());
        }
    }

    fn remove(&mut self, name: &Name) -> bool {
        self.changed.remove(name);
        let Some(entry) = self.entries.remove(name) else { return false };
        self.kept -= entry.picture.as_ref().map_or(0, Picture::weight);
        entry.is_good
    }
}

impl Entry {
    fn new() -> Self {
        Self {
            read: None,
            is_good: false,
            picture: None,
            activity: Activity::Unknown,
            sighting: None,
            not_before: Duration::ZERO,
            changes: 0,
            is_link: false,
            hangs: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::picture::SMALLEST;
    use super::super::stamp::tests::stamp;
    use super::*;

    #[test]
    fn a_write_that_began_after_the_last_report_is_young_however_long_it_takes() {
        let (file, clock) = (OsStr::new("a.jpg"), Clock::simulated());
        let (name, pass) = (Name(file.into()), |ms| clock.advance(Duration::from_millis(ms)));
        let mut catalogue = Catalogue::new(1 << 20);
        catalogue.report(file, Report::Finished, clock.now());
        let whole = stamp(1, 10, clock.unix());
        pass(30);
        let Plan::Read(condition) = catalogue.plan(&name, Origin::Local, clock.now()) else { panic!() };
        assert!(condition.allows(&whole, &clock));
        pass(2);
        let half = stamp(1, 10, clock.unix());
        for _ in 0..3 {
            pass(30);
            assert!(!condition.allows(&half, &clock));
            assert!(condition.allows(&whole, &clock));
        }
    }

    #[test]
    fn new_permissions_are_a_reason_to_read_only_what_could_not_be_read() {
        let file = OsStr::new("a.jpg");
        let (name, now) = (Name(file.into()), Duration::ZERO);
        let picture = Picture::new(SMALLEST.to_vec()).unwrap();
        for (found, is_read) in [(None, true), (Some(&picture), false)] {
            let mut catalogue = Catalogue::new(1 << 20);
            catalogue.report(file, Report::Finished, now);
            catalogue.read(&name, stamp(1, 10, now), found);
            assert_eq!(catalogue.changed().count(), 0);
            catalogue.report(file, Report::Changed, now);
            assert_eq!(catalogue.changed().count() == 1, is_read);
            let plan = catalogue.plan(&name, Origin::Local, Duration::from_secs(9));
            assert_eq!(matches!(plan, Plan::Read(_)), is_read, "{plan:?}");
        }
    }
}
