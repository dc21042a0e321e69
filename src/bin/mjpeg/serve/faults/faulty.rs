//! The script of a viewer that receives faults: it changes the pieces of each part, and when they are sent.

use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::super::part::Part;
use super::super::script::{Kept, Script, Step};
use super::catalogue;
use super::entry::Act;
use super::fault::Fault;
use super::frame::Frame;
use super::item::{About, Bytes, Item, Mark, Piece, Tag, cut};
use super::log::{Log, Place};
use super::set::FaultSet;
use super::slot::Slot;
use crate::source::picture::Picture;

/// Injects faults into the stream of one viewer. Each fault takes what the faults before it have left: first those of
/// pictures, then those of the wire, of the order, of the connection, and of time. The order in which they are given makes
/// no difference, so that the same faults are always the same bytes.
#[derive(Debug)]
pub struct Faulty {
    session: Session,
    set: FaultSet,
    /// The faults of the whole response with which it began: its head was sent, so they stay.
    of_response: Vec<Fault>,
    /// The version of the set that `slots` have.
    version: u64,
    slots: Vec<Slot>,
    /// What faults that are no longer in force have held back.
    rest: Vec<Item>,
    /// The number of the newest part, counted from 1.
    part: u64,
    /// The last part of which bytes were planned.
    begun: u64,
    /// When the first part began.
    began: Option<Duration>,
    /// The picture of the part before.
    before: Option<Picture>,
    /// Pictures that faults have made for the part to come, whose head was sent.
    drawn: Vec<(u64, Rc<[u8]>)>,
    /// The largest body so far.
    largest: usize,
    /// Bytes of the body that were planned.
    offset: u64,
    /// Bodies that were planned.
    bodies: u64,
}

/// A viewer that receives faults.
#[derive(Debug, Clone)]
pub struct Session {
    /// The number of the viewer of the stream, counted from 1.
    pub viewer: u64,
    /// The name of the camera, if the server has several.
    pub camera: Option<Rc<str>>,
    /// The seed of all random numbers.
    pub seed: u64,
    /// The log.
    pub log: Option<Rc<Log>>,
    /// Faults of this request only.
    pub own: Arc<[Fault]>,
    /// The head of the response, with no other change than another boundary.
    pub response: Rc<[u8]>,
}

impl Session {
    /// The faults that concern this viewer, in the order of the catalogue.
    pub fn faults(&self, set: &FaultSet) -> Vec<Fault> {
        let common = set.faults();
        let faults = common.iter().chain(self.own.iter());
        let mut faults: Vec<Fault> =
            faults.filter(|fault| fault.when.concerns(self.viewer)).cloned().collect();
        faults.sort_by_cached_key(|fault| catalogue::position(fault.entry));
        faults
    }

    /// The place of a fault of the whole response.
    pub fn place(&self, name: &'static str) -> Place {
        Place { viewer: self.viewer, camera: self.camera.clone(), part: None, offset: None, name }
    }
}

impl Faulty {
    /// A script for a new viewer, whose response has the faults of it in `faults`. `ahead` bytes of the body are sent with the
    /// head of the response.
    pub fn new(session: Session, set: FaultSet, faults: &[Fault], ahead: usize) -> Self {
        let of_response = faults.iter().filter(|fault| fault.entry.is_of_response());
        let mut faulty = Self {
            session,
            of_response: of_response.cloned().collect(),
            version: set.version(),
            set,
            slots: Vec::new(),
            rest: Vec::new(),
            part: 0,
            begun: 0,
            began: None,
            before: None,
            drawn: Vec::new(),
            largest: 0,
            offset: ahead as u64,
            bodies: 0,
        };
        faulty.load();
        faulty
    }

    /// Takes the faults of the set, except for those of the whole response. Those that it has already keep what they remember. A
    /// part of which bytes were sent keeps the faults that it has: its head and its body belong together.
    fn load(&mut self) {
        self.version = self.set.version();
        let mut old = std::mem::take(&mut self.slots);
        let mut faults = self.session.faults(&self.set);
        faults.retain(|fault| !fault.entry.is_of_response());
        for fault in self.of_response.iter().cloned().chain(faults) {
            let known = old.iter().position(|slot| slot.retired().is_none() && slot.fault == fault);
            self.slots.push(known.map_or_else(|| Slot::new(fault, self.begun), |at| old.remove(at)));
        }
        old.iter_mut().for_each(|slot| slot.retire(self.begun));
        self.slots.extend(old);
        self.slots.sort_by_key(|slot| stage(&slot.fault));
    }

    /// Drops the faults that concern no part any more, and takes what they hold back.
    fn drop_retired(&mut self) {
        let slots = std::mem::take(&mut self.slots);
        for slot in slots {
            if slot.retired().is_some_and(|last| last < self.part) {
                self.rest.extend(slot.rest());
            } else {
                self.slots.push(slot);
            }
        }
    }

    /// Converts the items into steps.
    fn send(&mut self, items: Vec<Item>, part: &Rc<Part>, plan: &mut VecDeque<Step>) {
        let has_other_picture = self.drawn.iter().any(|(drawn, _)| *drawn == self.part);
        for item in items {
            match item {
                Item::Piece(piece) => {
                    let is_picture = piece.tag == Tag::Body;
                    let is_whole = is_picture && has_other_picture && piece.part == self.part;
                    self.bodies += u64::from(is_picture || piece.tag == Tag::OtherBody);
                    self.offset += piece.len() as u64;
                    push(piece, plan);
                    if is_whole {
                        plan.push_back(Step::Sent(Rc::clone(part)));
                    }
                }
                Item::Mark(mark) => self.note(mark, plan),
                Item::Wait(time) => plan.push_back(Step::Wait(time)),
                Item::Reset => plan.push_back(Step::Reset),
                Item::Close => plan.push_back(Step::Close),
            }
        }
    }

    /// Logs a fault when the bytes before it have been sent.
    fn note(&self, mark: Mark, plan: &mut VecDeque<Step>) {
        let Some(log) = &self.session.log else { return };
        let part = self.bodies + u64::from(mark.about == About::Next);
        let place = Place { part: Some(part), offset: Some(self.offset), ..self.session.place(mark.name) };
        plan.push_back(Step::Note(log.note(place)));
    }
}

/// The order in which faults are applied; those of one stage are in that of the catalogue.
fn stage(fault: &Fault) -> u8 {
    match fault.entry.act {
        // What a picture shows is drawn before the picture is damaged: to draw a damaged one would hide the damage.
        Act::Answer(_) | Act::Head(_) | Act::Coding(..) | Act::Drawn(_) | Act::Hang(_) => 0,
        Act::Picture(_) => 1,
        // A boundary that the head announces is that of all delimiters.
        Act::Both(..) => 2,
        Act::Wire(_) | Act::Behind(_) => 3,
        Act::Order(_) => 4,
        Act::End(_) => 5,
        // A server sends what it holds before it closes the connection.
        Act::Time(_) => 6,
    }
}

/// Appends a piece. Pieces that were cut and not changed are sent together.
fn push(piece: Piece, plan: &mut VecDeque<Step>) {
    match (piece.into_bytes(), plan.back_mut()) {
        (Bytes::Shared(part, bytes), Some(Step::Send(last, range)))
            if Rc::ptr_eq(&part, last) && range.end == bytes.start =>
        {
            range.end = bytes.end;
        }
        (Bytes::Shared(part, bytes), _) => plan.push_back(Step::Send(part, bytes)),
        (Bytes::Own(text, bytes), _) => plan.push_back(Step::Text(text, bytes)),
    }
}

impl Script for Faulty {
    fn steps(&mut self, part: &Rc<Part>, bytes: Range<usize>, now: Duration, plan: &mut VecDeque<Step>) {
        if self.version != self.set.version() {
            self.load();
        }
        let has_picture = bytes.start < part.frame_end();
        self.part += u64::from(has_picture);
        if self.slots.iter().any(|slot| slot.retired().is_some()) {
            self.drop_retired();
        }
        let began = *self.began.get_or_insert(now);
        let mut frame = Frame {
            part,
            number: self.part,
            has_picture,
            age: now.saturating_sub(began),
            before: self.before.as_ref(),
            largest: self.largest,
            response: &self.session.response,
            seed: [self.session.seed, self.session.viewer],
            other_delimiter: None,
            drawn: std::mem::take(&mut self.drawn),
        };
        let mut items = std::mem::take(&mut self.rest);
        let pieces = cut(part, &bytes, self.part);
        self.begun = pieces.iter().map(|piece| piece.part).fold(self.begun, u64::max);
        items.extend(pieces.into_iter().map(Item::Piece));
        for (index, slot) in self.slots.iter_mut().enumerate() {
            items = frame.apply(index, slot, items);
        }
        self.drawn = frame.drawn;
        self.send(items, part, plan);
        if has_picture {
            self.drawn.retain(|(drawn, _)| *drawn > self.part);
            self.largest = self.largest.max(part.jpeg().len());
            self.before = Some(part.frame().picture().clone());
        }
    }

    fn kept(&self) -> Kept<'_> {
        let mut kept = Kept::default();
        let rest = self.rest.iter().filter_map(Item::piece);
        for piece in self.slots.iter().flat_map(Slot::pieces).chain(rest) {
            piece.keep(&mut kept);
        }
        kept
    }
}

#[cfg(test)]
mod tests;
