//! Which answer a request gets.

use super::part::Layout;
use crate::listen::request::{Method, Request};

/// What is served where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// The page that shows the stream.
    Page,
    /// The stream, in the layout asked for.
    Stream(Option<Layout>),
    /// The newest frame.
    Snapshot,
    /// What the server says about itself.
    State,
    /// The same for Prometheus.
    Metrics,
    /// Whether frames come.
    Health,
    /// What could be asked for.
    Options,
    /// No such layout.
    UnknownLayout,
    /// Nothing.
    NotFound,
}

/// Finds what a request is after. mjpg-streamer made `/?action=` known, and many clients ask so.
pub fn route(request: &Request) -> Route {
    let found = match (request.path.as_str(), request.parameter("action")) {
        ("/", Some("stream")) | ("/stream" | "/mjpeg", _) => match request.parameter("layout") {
            None => Route::Stream(None),
            Some(name) => {
                Layout::named(name).map_or(Route::UnknownLayout, |layout| Route::Stream(Some(layout)))
            }
        },
        ("/", Some("snapshot")) | ("/snapshot", _) => Route::Snapshot,
        ("/", _) => Route::Page,
        ("/state", _) => Route::State,
        ("/metrics", _) => Route::Metrics,
        ("/healthz", _) => Route::Health,
        ("*", _) => Route::Options,
        _ => Route::NotFound,
    };
    match request.method {
        Method::Options if found != Route::NotFound => Route::Options,
        _ => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_known_by_path_and_query() {
        let request = |method, target: &str| {
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            Request { method, path: path.into(), query: query.into(), http11: true, fields: Vec::new() }
        };
        for (target, expected) in [
            ("/", Route::Page),
            ("/?x=y", Route::Page),
            ("/stream", Route::Stream(None)),
            ("/mjpeg?layout=early", Route::Stream(Some(Layout::Early))),
            ("/?action=stream&layout=leading", Route::Stream(Some(Layout::Leading))),
            ("/?action=stream", Route::Stream(None)),
            ("/stream?layout=sideways", Route::UnknownLayout),
            ("/snapshot", Route::Snapshot),
            ("/?action=snapshot", Route::Snapshot),
            ("/streams", Route::NotFound),
            ("/stream/", Route::NotFound),
            ("/STREAM", Route::NotFound),
        ] {
            assert_eq!(route(&request(Method::Get, target)), expected, "{target}");
            let options = if expected == Route::NotFound { Route::NotFound } else { Route::Options };
            assert_eq!(route(&request(Method::Options, target)), options, "{target}");
        }
    }
}
