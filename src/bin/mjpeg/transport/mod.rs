//! Where a stream comes from, when its bytes came, and how they ended.

mod arrivals;
mod end;
mod http;
mod local;
mod open;
mod open_error;
mod options;
mod pattern;
mod place;
mod plain_head;
mod session;
mod stream;
mod tap;
mod target;
mod tcp;
mod wire;

pub use end::End;
pub use open::open;
pub use open_error::{OpenError, OpenErrorKind};
pub use options::Options;
pub use session::{Flow, Observer, Session};
pub use tap::Tap;
pub use target::Target;
