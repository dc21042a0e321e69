//! One camera of a farm.

use std::rc::Rc;

use super::super::dialects::Dialect;
use super::super::faults::{CameraFaults, Fault};
use super::super::layout::Layout;
use crate::listen::address::ListenAddress;
use crate::listen::auth::Users;
use crate::transport::Target;
use crate::value::Rate;

/// A camera, as the file describes it.
#[derive(Debug, Clone)]
pub struct Camera {
    /// The first segment of its paths.
    pub name: String,
    /// The line of the file that names it.
    pub line: usize,
    /// Where its pictures come from.
    pub source: Target,
    /// How it writes its stream.
    pub dialect: Option<(String, Dialect)>,
    /// The faults of its viewers, as written and as read.
    pub faults: (Rc<[String]>, Rc<[Fault]>),
    /// Frames per second.
    pub fps: Option<Rate>,
    /// What leaves together with a frame.
    pub layout: Option<Layout>,
    /// Its users. Without them those of the server count.
    pub users: Option<Rc<Users>>,
    /// Its own address.
    pub listen: Option<ListenAddress>,
}

/// What `/state` and the wall say about a camera besides its stream.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The name of its dialect.
    pub dialect: Option<String>,
    /// Its faults.
    pub faults: Rc<[String]>,
    /// Whether it has a password of its own.
    pub is_protected: bool,
    /// Its layout, for viewers that choose none.
    pub layout: Option<Layout>,
    /// The faults that each of its viewers receives.
    pub injected: CameraFaults,
    /// The URL of its own port.
    pub url: Option<String>,
}

impl Camera {
    /// The facts of this camera.
    pub fn facts(&self) -> Facts {
        Facts {
            dialect: self.dialect.as_ref().map(|(name, _)| name.clone()),
            faults: Rc::clone(&self.faults.0),
            is_protected: self.users.is_some(),
            layout: self.layout,
            injected: CameraFaults { name: self.name.as_str().into(), faults: Rc::clone(&self.faults.1) },
            url: None,
        }
    }
}
