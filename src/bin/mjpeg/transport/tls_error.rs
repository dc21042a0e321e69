//! Why a TLS handshake failed, in a sentence that a person can act on.

use rustls::{AlertDescription, CertificateError, Error};

/// The sentence, and the cure if there is one. `host`: the one in the URL.
pub fn sentence(error: &Error, host: &str) -> (String, Option<&'static str>) {
    const ANY: &str = "--insecure accepts any certificate; --cacert FILE trusts the one in FILE";
    const OLD: &str = "mjpeg needs TLS 1.2 or 1.3 with a current cipher; put a TLS proxy, such as stunnel, before the camera";
    const TIME: &str =
        "check the clock of this machine and that of the camera; --insecure accepts the certificate";
    match error {
        Error::InvalidCertificate(error) => match error {
            CertificateError::UnknownIssuer => (
                "the certificate of the server is not signed by an authority that is known here".into(),
                Some(ANY),
            ),
            // The certificate says that it is an authority itself.
            CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
                ("the server signed its certificate itself".into(), Some(ANY))
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                ("the certificate of the server has expired".into(), Some(TIME))
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                ("the certificate of the server is not valid yet".into(), Some(TIME))
            }
            CertificateError::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
                let names: Vec<&str> = presented.iter().take(8).map(|name| plain_name(name)).collect();
                (
                    format!("the certificate of the server is for {}, not for {host}", names.join(", ")),
                    Some(
                        "use a host of the certificate in the URL, or --insecure, which accepts any certificate",
                    ),
                )
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                let why = format!("the certificate of the server does not name the host {host}");
                (
                    why,
                    Some(
                        "--insecure accepts any certificate; --cacert does not, as the name counts there too",
                    ),
                )
            }
            CertificateError::Revoked => ("the certificate of the server was revoked".into(), None),
            _ => (
                "the certificate of the server cannot be verified".into(),
                Some("--insecure accepts any certificate"),
            ),
        },
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => (
            "the server does not speak TLS on this port".into(),
            Some("use http:// in the URL, or the port of TLS"),
        ),
        Error::PeerIncompatible(_) => {
            ("the server offers only old versions or ciphers of TLS".into(), Some(OLD))
        }
        Error::AlertReceived(
            AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity,
        ) => ("the server and mjpeg have no version or cipher of TLS in common".into(), Some(OLD)),
        Error::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::BadCertificate) => {
            ("the server asks for a certificate of the client, which mjpeg does not have".into(), None)
        }
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            (format!("the server does not know the host {host}"), Some("use the name that the server has"))
        }
        Error::AlertReceived(_) => ("the server ended the TLS handshake with an error".into(), None),
        _ => ("the TLS handshake failed".into(), None),
    }
}

/// `DnsName("cam")` and `IpAddress(127.0.0.1)` without what is around the name.
fn plain_name(presented: &str) -> &str {
    let inner =
        presented.split_once('(').map_or(presented, |(_, inner)| inner.strip_suffix(')').unwrap_or(inner));
    inner.trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_certificate_are_shown_as_they_are() {
        assert_eq!(plain_name("DnsName(\"cam\")"), "cam");
        assert_eq!(plain_name("IpAddress(127.0.0.1)"), "127.0.0.1");
        assert_eq!(plain_name("cam"), "cam");
    }
}
