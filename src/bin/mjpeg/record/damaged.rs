//! Where damaged frames go.

/// The folder in OUT. A damaged frame never gets a name that a good one could have.
pub const FOLDER: &str = "damaged";

/// The name of damaged frame `number`, below OUT.
pub fn name(number: u64) -> String {
    format!("{FOLDER}/frame-{number:06}.jpg")
}
