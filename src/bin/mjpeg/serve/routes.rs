//! Routes: what each path serves.

use super::part::Layout;
use crate::listen::request::{Method, Request};

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// The page that shows the stream.
    Page,
    /// The stream, in the requested layout.
    Stream(Option<Layout>),
    /// The newest frame.
    Snapshot,
    /// The state of the server as JSON.
    State,
    /// The state of the server for Prometheus.
    Metrics,
    /// Whether frames arrive on time.
    Health,
    /// The allowed methods.
    Options,
    /// The stream, in a layout that does not exist.
    UnknownLayout,
    /// An unknown path.
    NotFound,
}

/// Finds the route of a request. `/?action=` is the form of mjpg-streamer, which many clients use.
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
    fn path_and_query_select_the_route() {
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
