//! JPEG structure (ITU-T T.81 Annex B and F) without pixels.

mod entropy;
mod frame;
mod marker;
mod quantisation;
mod scan;
mod segment;
mod split;
mod summary;
mod walk;

pub use entropy::{Checker, Damage, DamageKind, Leniencies, Soundness, Unchecked};
pub use frame::{Coding, FrameComponent, FrameHeader, MAX_COMPONENTS, Process};
pub use marker::Marker;
pub use quantisation::{Quality, QuantisationTables};
pub use scan::{ScanComponent, ScanHeader};
pub use segment::{Segment, Segments};
pub use split::{Piece, Splitter};
pub use summary::Summary;
pub use walk::Walk;
