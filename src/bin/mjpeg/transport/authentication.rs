//! How the requests for a place authenticate: without a password at first, then as the server asks (RFC 9110 11.6, RFC 7616,
//! RFC 7617).

use mjpeg::http::Head;

use super::access::Access;
use super::challenge::Challenge;
use super::credentials::Credentials;
use super::digest::Digest;
use super::place::Place;
use super::refusal::Tried;

/// The longest Authorization: servers refuse heads that are longer.
const LONGEST: usize = 8 << 10;

/// What was sent so far, and what may be sent.
pub struct Authentication {
    credentials: Option<Credentials>,
    tried: Tried,
    /// A nonce was replaced by a newer one.
    has_renewed: bool,
}

impl Authentication {
    /// Before the first request.
    pub fn of(access: &Access, place: &Place) -> Self {
        let has_own = access.has_authorization(place);
        let credentials = if has_own { None } else { access.credentials(place) };
        let tried = match has_own {
            true => Tried::OwnField,
            false if access.withholds_from(place) => Tried::Withheld,
            false => Tried::NoPassword,
        };
        Self { credentials, tried, has_renewed: false }
    }

    /// What was tried.
    pub fn tried(&self) -> Tried {
        self.tried
    }

    /// The Authorization of the next request, after an answer with status 401 and this head.
    ///
    /// # Errors
    ///
    /// What was tried, when there is nothing else to try.
    pub fn answer(&mut self, head: &Head, place: &Place) -> Result<Vec<u8>, Tried> {
        let Some(credentials) = &self.credentials else { return Err(self.tried) };
        if matches!(self.tried, Tried::Password | Tried::EmptyPassword) {
            // A nonce may expire before its first use on a slow network: once more, with the new one.
            let is_stale = Digest::strongest(&challenges(head)).is_some_and(|digest| digest.is_stale());
            if !is_stale || std::mem::replace(&mut self.has_renewed, true) {
                return Err(self.tried);
            }
        }
        self.tried = Tried::with(credentials);
        authorization(head, credentials, place.target())
    }
}

/// The Authorization of a request of `target` that an answer with status 401 and this head asks for: Digest if the server knows
/// it, else Basic.
///
/// # Errors
///
/// Why no request can have one.
pub fn authorization(head: &Head, credentials: &Credentials, target: &str) -> Result<Vec<u8>, Tried> {
    let challenges = challenges(head);
    let offers = |scheme: &str| challenges.iter().any(|it| it.scheme == scheme);
    let authorization = match Digest::strongest(&challenges) {
        Some(digest) => digest.authorization(credentials, target),
        // Never in clear if the server knows Digest, even a form of it that is not known here.
        None if offers("digest") => return Err(Tried::UnknownScheme),
        None if challenges.is_empty() || offers("basic") => credentials.basic(),
        None => return Err(Tried::UnknownScheme),
    };
    // It repeats what the server said (RFC 9110 5.5).
    let may_be_sent = authorization.len() <= LONGEST
        && authorization.iter().all(|&byte| byte == b'\t' || byte >= b' ' && byte != 0x7f);
    may_be_sent.then_some(authorization).ok_or(Tried::Unanswerable)
}

fn challenges(head: &Head) -> Vec<Challenge> {
    let fields = head.fields().all("www-authenticate");
    fields.flat_map(|value| Challenge::parse(&String::from_utf8_lossy(value))).collect()
}
