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
        // A field of the user's own is sent instead of what the server asks for.
        let has_own = access.fields(place).iter().any(|it| it.name.eq_ignore_ascii_case("authorization"));
        let credentials = if has_own { None } else { access.credentials(place) };
        let tried = if access.withholds_from(place) { Tried::Withheld } else { Tried::NoPassword };
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
        let challenges: Vec<Challenge> = head
            .fields()
            .all("www-authenticate")
            .flat_map(|value| Challenge::parse(&String::from_utf8_lossy(value)))
            .collect();
        let digest = Digest::strongest(&challenges);
        if matches!(self.tried, Tried::Password | Tried::EmptyPassword) {
            // A nonce may expire before its first use on a slow network: once more, with the new one.
            let is_stale = digest.as_ref().is_some_and(Digest::is_stale);
            if !is_stale || std::mem::replace(&mut self.has_renewed, true) {
                return Err(self.tried);
            }
        }
        let authorization = match digest {
            Some(digest) => Some(digest.authorization(credentials, place.target())),
            // Never in clear if the server knows Digest, even a form of it that is not known here.
            None if challenges.iter().any(|it| it.scheme == "digest") => None,
            None if challenges.is_empty() || challenges.iter().any(|it| it.scheme == "basic") => {
                Some(credentials.basic())
            }
            None => None,
        };
        self.tried = Tried::with(credentials);
        let authorization = authorization.ok_or(Tried::UnknownScheme)?;
        // It repeats what the server said (RFC 9110 5.5).
        let may_be_sent = authorization.len() <= LONGEST
            && authorization.iter().all(|&byte| byte == b'\t' || byte >= b' ' && byte != 0x7f);
        may_be_sent.then_some(authorization).ok_or(Tried::Unanswerable)
    }
}
