//! Entropy-coded data: whether every MCU of a picture is there (T.81 Annexes F and G).

mod bits;
mod checker;
mod coefficients;
mod damage;
mod difference;
mod huffman;
mod layout;
mod limits;
mod mean_writer;
mod means;
mod picture;
mod plan;
mod progressive;
mod scan;
mod sequential;
mod standard;
mod structure;
mod tables;
mod top;
mod zero_bits;

pub use checker::Checker;
pub use damage::{Damage, DamageKind, Soundness, Unchecked};
pub use means::{BlockMeans, MeanBlock, ScanMeans};
pub(super) use structure::Answer;
pub use top::{RowMeans, TopRows};
