//! How a URL is reached: the options that all subcommands with a target share.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::allowed::HostPattern;
use super::cut::Cut;
use super::proxy::Proxy;
use super::request_options::{RequestOptions, TITLE};
use super::stamp::Stamped;
use super::via::Via;
use crate::value;

/// What a subcommand may choose about reaching a URL.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[group(skip)]
pub struct Options {
    #[command(flatten)]
    pub request: RequestOptions,
    /// Accept any certificate of the server: then anyone who can intercept the connection can read and change the stream
    #[arg(long, help_heading = TITLE)]
    pub insecure: bool,
    /// Trust the certificates in FILE (PEM or DER) instead of the public authorities: an authority of your own, or the
    /// camera's own certificate. By default those of the system, or of the file and the folders that SSL_CERT_FILE and
    /// SSL_CERT_DIR name
    #[arg(long, help_heading = TITLE, value_name = "FILE", conflicts_with = "insecure")]
    pub cacert: Option<PathBuf>,
    /// Connect through this HTTP proxy (not SOCKS; http:// may be left out); an empty URL means none. By default
    /// http_proxy, https_proxy, all_proxy and no_proxy decide, but never for this machine
    #[arg(long, help_heading = TITLE, value_name = "URL", value_parser = Proxy::parser())]
    pub proxy: Option<Proxy>,
    /// Connect to this Unix socket instead of the URL's host
    #[arg(long, help_heading = TITLE, value_name = "PATH", conflicts_with = "proxy")]
    pub unix_socket: Option<PathBuf>,
    /// Give up if there is no connection within this time [default: as long as the stream may be silent]
    #[arg(long, help_heading = TITLE, value_name = "T", value_parser = value::limit)]
    pub connect_timeout: Option<Duration>,
    /// Try again for this long while the camera cannot be reached or is not ready (5xx, 429); honours Retry-After
    #[arg(long, help_heading = TITLE, value_name = "T", value_parser = value::duration)]
    pub wait: Option<Duration>,
    /// The `Via` field of a relay
    #[arg(skip)]
    pub via: Option<Via>,
    /// The hosts that may be asked, redirections included: those that are in each of these lists
    #[arg(skip)]
    pub allowed: Vec<Vec<HostPattern>>,
    /// The test pattern has its frames at their times, rather than as fast as they are read
    #[arg(skip)]
    pub is_pattern_paced: bool,
    /// What ends the connection from another thread
    #[arg(skip)]
    pub cut: Option<Cut>,
    /// There are many streams at a time: memory for reads is kept only while bytes of a part come
    #[arg(skip)]
    pub is_lean: bool,
    /// Whose times are those at which the system received the bytes, where the system says so
    #[arg(skip)]
    pub stamped: Stamped,
    /// Ask a URL that answers with one picture again this long after the last request [default: 1s]
    #[arg(long, help_heading = TITLE, value_name = "T", value_parser = value::limit)]
    pub poll: Option<Duration>,
}

/// From one request for a picture to the next.
const POLL: Duration = Duration::from_secs(1);

impl Options {
    /// From one request to the next, if the URL answers with one picture.
    pub fn poll_interval(&self) -> Duration {
        self.poll.unwrap_or(POLL)
    }

    /// One of the options that is given. Without a URL, none of them has an effect.
    pub fn given(&self) -> Option<&'static str> {
        [
            (!self.request.header.is_empty(), "--header"),
            (self.request.user.is_some(), "--user"),
            (self.request.password_file.is_some(), "--password-file"),
            (self.request.netrc_file.is_some(), "--netrc-file"),
            (self.insecure, "--insecure"),
            (self.cacert.is_some(), "--cacert"),
            (self.proxy.is_some(), "--proxy"),
            (self.unix_socket.is_some(), "--unix-socket"),
            (self.connect_timeout.is_some(), "--connect-timeout"),
            (self.wait.is_some(), "--wait"),
            (self.poll.is_some(), "--poll"),
        ]
        .into_iter()
        .find_map(|(is_given, name)| is_given.then_some(name))
    }
}

impl Options {
    /// Removes options that others replace although they have other names: credentials, whom to trust, the way to the
    /// host. `is_typed` answers for the name of a field whether another option for it is given.
    pub fn yield_to(&mut self, is_typed: &dyn Fn(&str) -> bool) {
        if ["user", "password_file", "netrc_file"].into_iter().any(is_typed) {
            self.request.forget_credentials();
        }
        if ["insecure", "cacert"].into_iter().any(is_typed) {
            (self.insecure, self.cacert) = (false, None);
        }
        if ["proxy", "unix_socket"].into_iter().any(is_typed) {
            (self.proxy, self.unix_socket) = (None, None);
        }
    }
}
