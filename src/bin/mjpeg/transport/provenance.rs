//! Where a stream came from.

use mjpeg::http::Head;

use super::secrets::Secrets;

/// What the requests for a stream have shown.
#[derive(Default)]
pub struct Provenance {
    /// The URL, after redirections and without a password.
    pub url: Option<String>,
    /// The name in messages of what is not a URL.
    pub input: Option<String>,
    /// The heads of the answers on the way: redirections and demands for a password.
    pub on_the_way: Vec<Head>,
    /// The head that a body without one is judged by.
    pub substitute: Option<Head>,
    /// What is secret in the requests.
    pub secrets: Secrets,
}

impl Provenance {
    /// The name of the input in messages.
    pub fn name(&self) -> &str {
        self.input.as_deref().unwrap_or("the input")
    }
}
