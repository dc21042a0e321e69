//! One request and the head of its response.

use std::io::Read;
use std::sync::Arc;

use anyhow::anyhow;
use mjpeg::response::Expected;
use rustls::ClientConfig;

use super::{Client, of_problem};
use crate::transport::field::{Field, merged};
use crate::transport::open_error::{OpenError, OpenErrorKind};
use crate::transport::place::Place;
use crate::transport::proxy;
use crate::transport::request_error;
use crate::transport::route::Route;
use crate::transport::stream::Stream;
use crate::transport::tls;
use crate::transport::trust::Trust;
use crate::transport::via::Via;
use crate::transport::way::Way;
use crate::transport::wired_reader::WiredReader;

/// A TLS record with an alert, version 3.x.
const TLS_ALERT: &[u8] = &[0x15, 0x03];

impl Client {
    /// Sends one request and reads the head of the response. The server may have closed the connection that was kept.
    pub(super) fn request(
        &mut self,
        place: &Place,
        authorization: Option<&[u8]>,
    ) -> Result<Stream, OpenError> {
        let was_kept = self.kept.as_ref().is_some_and(|kept| kept.holds(&place.origin()));
        let result = self.request_once(place, authorization);
        let is_outdated = match &result {
            Err(error) => matches!(error.kind, OpenErrorKind::Closed | OpenErrorKind::Reset),
            // It was sent before the request came: the server was about to close the connection (RFC 9110 15.5.9).
            Ok(stream) => stream.head().is_some_and(|head| head.status == 408),
        };
        if !was_kept || !is_outdated {
            return result;
        }
        drop(result);
        self.request_once(place, authorization)
    }

    /// Sends one request over the connection that was kept, or one of its own.
    fn request_once(&mut self, place: &Place, authorization: Option<&[u8]>) -> Result<Stream, OpenError> {
        let route = self.route(place)?;
        let connect = self.access.options.connect_timeout.unwrap_or(self.patience);
        self.wire.restart(self.clock.now() + connect);
        let tls = self.tls(place, &route)?;
        let way = Way {
            place,
            route: &route,
            wire: &self.wire,
            stop: &self.stop,
            kept: self.kept.as_ref(),
            cut: self.access.options.cut.as_ref(),
            is_lean: self.access.options.is_lean,
        };
        let agent = way.agent(tls, connect)?;
        let mut request = agent.get(&place.request_url());
        for field in merged(&self.defaults(place, &route), self.access.fields(place)) {
            request = request.header_raw(&field.name, field.value.as_bytes());
        }
        if let Some(value) = authorization {
            request = request.header_raw("Authorization", value);
        }
        let response = request.call().map_err(|error| {
            request_error::failure(place, route.proxy(), connect, self.wire.end().as_ref(), &error)
        })?;
        self.wire.set_deadline(Some(self.clock.now() + self.patience));
        let socket = self.wire.take_socket().filter(|_| self.kept.is_none());
        let lean = socket.clone().filter(|_| self.access.options.is_lean);
        let input: Box<dyn Read + Send> = match socket {
            Some(socket) => {
                socket.set_nonblocking(true).map_err(|error| {
                    OpenError::local(anyhow::Error::new(error).context("cannot set up a socket"))
                })?;
                Box::new(WiredReader::new(socket, &self.wire))
            }
            None => Box::new(response.into_body().into_reader()),
        };
        let mut stream = Stream::new(input, Expected::Response, &self.wire, &self.clock, true);
        if let Some(socket) = lean {
            stream.be_lean(Expected::Response, socket);
        }
        if let Some(kept) = &self.kept {
            stream.may_keep(kept);
        }
        stream.read_head().map_err(|end| request_error::no_head(place, self.patience, &end))?;
        if let Err(error) = stream.reader_error() {
            return Err(OpenError::new(OpenErrorKind::Head, anyhow!("{}: {error}", place.shown())));
        }
        if stream.starts_with(TLS_ALERT) {
            let error = anyhow!("{}: the server expects TLS on this port", place.shown());
            return Err(OpenError::new(OpenErrorKind::Tls, error).hint("use https:// in the URL"));
        }
        Ok(stream)
    }

    fn route(&mut self, place: &Place) -> Result<Route, OpenError> {
        let options = &self.access.options;
        if let Some(path) = &options.unix_socket {
            return Ok(Route::Unix(path.clone()));
        }
        let variable = |name: &str| std::env::var(name).ok();
        let proxy = proxy::for_place(place, options.proxy.as_ref(), variable).map_err(|why| {
            OpenError::new(OpenErrorKind::Proxy, anyhow!("{}: {why}", place.shown()))
                .hint("--proxy '' connects directly")
        })?;
        let credentials = proxy.as_ref().and_then(Place::credentials);
        credentials.into_iter().for_each(|it| self.secrets.add_credentials(it));
        Ok(proxy.map_or_else(|| Route::Direct(place.clone()), |proxy| Route::through(proxy, place)))
    }

    /// The fields that are sent unless the options say otherwise. Embedded servers compare letters, so the names
    /// are in title case.
    fn defaults(&self, place: &Place, route: &Route) -> Vec<Field> {
        let proxy_authorization = match route {
            Route::Forward(proxy) => proxy.credentials(),
            _ => None,
        };
        let basic = proxy_authorization.map(|it| String::from_utf8_lossy(&it.basic()).into_owned());
        [
            ("Host", Some(place.host_field())),
            ("User-Agent", Some(concat!("mjpeg/", env!("CARGO_PKG_VERSION")).into())),
            ("Accept", Some("*/*".into())),
            ("Connection", Some(if self.kept.is_some() { "keep-alive" } else { "close" }.into())),
            ("Cookie", self.cookies.field(place)),
            ("Proxy-Authorization", basic),
            ("Via", self.access.options.via.as_ref().map(Via::value)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(Field { name: name.into(), value: value? }))
        .collect()
    }

    /// The settings of TLS, if the route needs them.
    fn tls(&mut self, place: &Place, route: &Route) -> Result<Option<Arc<ClientConfig>>, OpenError> {
        if !place.is_https() && !route.proxy().is_some_and(Place::is_https) {
            return Ok(None);
        }
        if self.tls.is_none() {
            let trust = Trust::of(&self.access.options);
            self.tls = Some(trust.and_then(tls::client_config).map_err(of_problem)?);
        }
        Ok(self.tls.clone())
    }
}
