//! Which faults a request receives.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use memchr::memmem;

use super::super::chunked::Chunked;
use super::super::script::Script;
use super::control::Control;
use super::delayed::Delayed;
use super::entry::{Act, Answer, Coding, time};
use super::fault::Fault;
use super::faulty::{Faulty, Session};
use super::log::Log;
use super::set::FaultSet;
use crate::dialect::Chunks;
use crate::percent;

/// Most faults that one request may name, and most of the same name: each costs time in the thread of all viewers.
const MOST_BY_REQUEST: usize = 16;
const MOST_OF_ONE_NAME: usize = 2;

/// Injects faults into the answers of a server.
#[derive(Debug, Default)]
pub struct Injector {
    /// The faults of all viewers.
    set: FaultSet,
    /// The seed of all random numbers.
    seed: u64,
    /// The log.
    log: Option<Rc<Log>>,
    /// Whether a request may name faults.
    is_by_request: bool,
    /// The socket on which the faults of all viewers may change.
    control: Option<Control>,
    /// Viewers of each stream so far.
    viewers: HashMap<usize, u64>,
}

/// The faults of one camera of several.
#[derive(Debug, Clone)]
pub struct CameraFaults {
    /// The name of the camera, for the log.
    pub name: Rc<str>,
    /// Its faults.
    pub faults: Rc<[Fault]>,
}

/// The faults of one request for a stream.
#[derive(Debug)]
pub struct Injection {
    session: Session,
    set: FaultSet,
    faults: Vec<Fault>,
}

/// The answer to a request: its head, and how its parts are sent.
#[derive(Debug)]
pub struct Injected {
    /// The head of the response.
    pub head: Rc<[u8]>,
    /// The script of the viewer.
    pub script: Option<Box<dyn Script>>,
}

impl Injector {
    /// Injects these faults, and those that requests name if that is allowed.
    pub fn new(set: FaultSet, seed: u64, log: Option<Rc<Log>>, is_by_request: bool) -> Self {
        Self { set, seed, log, is_by_request, ..Self::default() }
    }

    /// The same, and this socket may change the faults.
    pub fn controlled_by(self, control: Option<Control>) -> Self {
        Self { control, ..self }
    }

    /// The faults of a request with this query for a stream, which may be that of a camera with faults of its own; `None` if
    /// there cannot be any.
    ///
    /// # Errors
    ///
    /// If the query names a fault that does not exist.
    pub fn admit(
        &mut self,
        stream: usize,
        camera: Option<&CameraFaults>,
        query: &str,
    ) -> Result<Option<Injection>, String> {
        let viewer = self.viewers.entry(stream).or_default();
        *viewer += 1;
        let viewer = *viewer;
        let mut own = camera.map(|camera| camera.faults.to_vec()).unwrap_or_default();
        if self.is_by_request {
            let mut named: Vec<Fault> = Vec::new();
            for text in query.split('&').filter_map(|pair| pair.strip_prefix("fault=")) {
                let text = percent::decoded(text);
                let fault = String::from_utf8_lossy(&text)
                    .parse::<Fault>()
                    .map_err(|error| format!("fault: {error}"))?;
                let name = fault.entry.name;
                if named.len() == MOST_BY_REQUEST {
                    return Err(format!("fault: a request may name at most {MOST_BY_REQUEST} faults"));
                }
                if named.iter().filter(|other| other.entry.name == name).count() == MOST_OF_ONE_NAME {
                    return Err(format!("fault: a request may name {name} at most {MOST_OF_ONE_NAME} times"));
                }
                named.push(fault);
            }
            own.extend(named);
        }
        if own.is_empty() && self.control.is_none() && self.set.faults().is_empty() {
            return Ok(None);
        }
        let session = Session {
            viewer,
            camera: camera.map(|camera| Rc::clone(&camera.name)),
            seed: self.seed,
            log: self.log.clone(),
            own: Arc::from(own),
            response: Rc::from([]),
        };
        let faults = session.faults(&self.set);
        Ok(Some(Injection { session, set: self.set.clone(), faults }))
    }
}

impl Injection {
    /// How the request is answered instead of with a stream. The answer is logged.
    pub fn answer(&self) -> Option<Answer> {
        self.faults.iter().find_map(|fault| match fault.entry.act {
            Act::Answer(Answer::Late) => None,
            Act::Answer(answer) => {
                self.log(fault);
                Some(answer)
            }
            _ => None,
        })
    }

    /// The stream with its faults. The dialect sends it in `chunks`.
    pub fn start(mut self, head: &[u8], mut chunks: Option<Chunks>) -> Injected {
        let (mut changed, mut announced) = (head.to_vec(), head.to_vec());
        let mut wait = None;
        for fault in &self.faults {
            match fault.entry.act {
                Act::Head(change) => {
                    let before = changed.clone();
                    change(&mut changed);
                    // Without a head nothing announces chunks.
                    if changed.is_empty() {
                        chunks = None;
                    }
                    // Where nothing changes there is no fault.
                    if changed == before {
                        continue;
                    }
                }
                Act::Both(change, _) => [&mut changed, &mut announced].into_iter().for_each(change),
                Act::Coding(change, coding) => {
                    change(&mut changed);
                    chunks = match coding {
                        Coding::Identity => None,
                        Coding::Chunked => Some(chunks.unwrap_or_default()),
                    };
                }
                Act::Answer(Answer::Late) => wait = Some(time(fault.argument)),
                _ => continue,
            }
            self.log(fault);
        }
        // What a fault appends to the head is the beginning of the body.
        let ends = [&b"\r\n\r\n"[..], b"\n\n"];
        let ends = ends.into_iter().filter_map(|end| Some(memmem::find(&changed, end)? + end.len()));
        let end = ends.min().unwrap_or_default();
        let ahead = changed.len() - end;
        if chunks.is_some() && ahead > 0 {
            let first = changed.split_off(end);
            changed.extend([format!("{ahead:x}\r\n").as_bytes(), &first, b"\r\n"].concat());
        }
        let mut head: Rc<[u8]> = changed.into();
        self.session.response = announced.into();
        let mut script: Box<dyn Script> = Box::new(Faulty::new(self.session, self.set, &self.faults, ahead));
        if let Some(chunks) = chunks {
            script = Box::new(Chunked::new(chunks, Some(script)));
        }
        if let Some(wait) = wait {
            script = Box::new(Delayed::new(wait, head, script));
            head = Rc::from([]);
        }
        Injected { head, script: Some(script) }
    }

    fn log(&self, fault: &Fault) {
        if let Some(log) = &self.session.log {
            log.write(&self.session.place(fault.entry.name));
        }
    }
}

#[cfg(test)]
impl Injector {
    /// Injects faults with these names.
    pub fn of(faults: &[&str]) -> Self {
        Self::new(FaultSet::new(faults.iter().map(|text| text.parse().unwrap()).collect()), 1, None, false)
    }

    /// The script of the next viewer.
    pub fn script(&mut self) -> Box<dyn Script> {
        self.admit(0, None, "").unwrap().unwrap().start(&[], None).script.unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_names_faults_only_if_that_is_allowed() {
        let mut injector = Injector::default();
        assert!(injector.admit(0, None, "fault=reset").unwrap().is_none());
        injector.is_by_request = true;
        assert!(injector.admit(0, None, "layout=early").unwrap().is_none());
        let injection = injector.admit(0, None, "x=1&fault=stall%3D2s%403&fault=no-eoi").unwrap().unwrap();
        let names: Vec<String> = injection.faults.iter().map(ToString::to_string).collect();
        assert_eq!((names, injection.session.viewer), (vec!["no-eoi".into(), "stall=2s@3".into()], 3));
        assert!(injector.admit(0, None, "fault=x").is_err());
        let often = |name: &str, count: usize| vec![format!("fault={name}"); count].join("&");
        assert!(injector.admit(0, None, &often("black", 2)).is_ok());
        assert!(injector.admit(0, None, &often("black", 3)).is_err());
        let names = ["no-eoi", "two-soi", "stall=1s", "reset", "drip=9", "zeros", "torn", "black", "frozen"];
        let all: Vec<_> = names.iter().map(|name| often(name, 2)).collect();
        assert!(injector.admit(0, None, &all.join("&")).is_err());
    }
}
