//! The ports of single cameras.

use std::collections::HashMap;

use super::super::stream::Stream;
use super::camera::Camera;
use crate::listen::socket::Listener;
use crate::listen::tcp;
use crate::problem::Problem;

/// Listens on the ports of single cameras. Returns their streams by the index of the listener.
///
/// # Errors
///
/// When a camera cannot listen on its address.
pub fn own_ports(
    listeners: &mut Vec<Listener>,
    streams: &mut [Stream],
    cameras: &[Camera],
) -> Result<HashMap<usize, usize>, Problem> {
    let mut own_ports = HashMap::new();
    for (index, (camera, stream)) in cameras.iter().zip(streams).enumerate() {
        let Some(address) = &camera.listen else { continue };
        let listener = tcp::bind(address)?;
        if let Some(facts) = &mut stream.facts {
            facts.url = Some(format!("{}/stream", listener.base()));
        }
        own_ports.insert(listeners.len(), index);
        listeners.push(listener);
    }
    Ok(own_ports)
}
