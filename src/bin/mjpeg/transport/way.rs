//! What a request goes through: names, sockets, a proxy, TLS and the plain head, put together for ureq.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use rustls::ClientConfig;
use ureq::Agent;
use ureq::config::Config;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector};

use super::cut::Cut;
use super::kept::{KeepConnector, Kept};
use super::names::Names;
use super::open_error::{OpenError, OpenErrorKind};
use super::place::Place;
use super::plain_head::PlainHeadConnector;
use super::route::Route;
use super::tcp::TcpConnector;
use super::tls::TlsConnector;
use super::wire::Wire;
use crate::signal::Stop;

/// The way of one request.
pub struct Way<'a> {
    /// What is requested.
    pub place: &'a Place,
    /// Where the connection goes.
    pub route: &'a Route,
    /// What the sockets report to.
    pub wire: &'a Arc<Wire>,
    /// A signal ends each wait.
    pub stop: &'a Stop,
    /// The connection that may be there already.
    pub kept: Option<&'a Kept>,
    /// What ends the connection.
    pub cut: Option<&'a Cut>,
    /// There are many streams at a time.
    pub is_lean: bool,
}

/// Room for what comes from TLS, and for a request, of one stream among many: a record of TLS has 16 KiB at most.
const LEAN_BUFFERS: (usize, usize) = (20 << 10, 16 << 10);

impl Way<'_> {
    /// A client for the request. `tls`: the settings of TLS, if it is needed. `connect`: how long a connection may take.
    ///
    /// # Errors
    ///
    /// When the proxy cannot be used.
    pub fn agent(&self, tls: Option<Arc<ClientConfig>>, connect: Duration) -> Result<Agent, OpenError> {
        let (place, route) = (self.place, self.route);
        let tunnel = match route {
            Route::Tunnel(proxy) => Some(ureq_proxy(proxy).map_err(|error| {
                OpenError::new(
                    OpenErrorKind::Proxy,
                    anyhow!("{}: the proxy cannot be used: {error}", place.shown()),
                )
            })?),
            _ => None,
        };
        let is_tunnelled = tunnel.is_some();
        let builder = Config::builder();
        let builder = match self.is_lean {
            true => builder.input_buffer_size(LEAN_BUFFERS.0).output_buffer_size(LEAN_BUFFERS.1),
            false => builder,
        };
        let config = builder
            .proxy(tunnel)
            .timeout_resolve(Some(connect))
            .timeout_connect(Some(connect))
            .max_idle_connections(0)
            // Redirections are followed above: secrets stay with their host.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .accept_encoding("")
            .accept("")
            .user_agent("")
            .build();
        let forwarded = matches!(route, Route::Forward(_)).then(|| format!("http://{}", place.host_field()));
        let inner =
            ().chain(ConnectProxyConnector::default())
                .chain(TcpConnector {
                    wire: Arc::clone(self.wire),
                    route: route.clone(),
                    cut: self.cut.cloned(),
                })
                .chain(TlsConnector(tls));
        let (kept, origin) = (self.kept.cloned().unwrap_or_default(), place.origin());
        let is_connected = kept.holds(&origin);
        let names = Names { route: route.clone(), stop: self.stop.clone(), is_connected };
        let connector = KeepConnector { inner, kept, origin, is_tunnelled }
            .chain(PlainHeadConnector { is_tunnelled, forwarded });
        Ok(Agent::with_parts(config, connector, names))
    }
}

fn ureq_proxy(proxy: &Place) -> Result<ureq::Proxy, ureq::Error> {
    let protocol = if proxy.is_https() { ureq::ProxyProtocol::Https } else { ureq::ProxyProtocol::Http };
    let mut builder = ureq::Proxy::builder(protocol).host(proxy.host().bracketed()).port(proxy.port());
    if let Some(credentials) = proxy.credentials() {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        builder = builder.username(&text(&credentials.user)).password(&text(&credentials.password));
    }
    builder.build()
}
