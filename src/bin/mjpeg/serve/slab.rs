//! Connections by number: the number is the token by which the system reports on them.

use super::connection::Connection;

/// Connections in places that are used again. Numbers count from [`Slab::FIRST`]; those below are for
/// everything else that is polled.
#[derive(Debug, Default)]
pub struct Slab {
    places: Vec<Option<Connection>>,
    free: Vec<usize>,
}

impl Slab {
    /// The lowest number of a connection.
    pub const FIRST: usize = 64;

    /// The number the next connection will have.
    pub fn vacant(&self) -> usize {
        Self::FIRST + self.free.last().copied().unwrap_or(self.places.len())
    }

    /// Takes a connection in, under [`Slab::vacant`].
    pub fn insert(&mut self, connection: Connection) {
        match self.free.pop() {
            Some(place) => self.places[place] = Some(connection),
            None => self.places.push(Some(connection)),
        }
    }

    /// Takes a connection out, if there is one of this number.
    pub fn remove(&mut self, number: usize) -> Option<Connection> {
        let place = number.checked_sub(Self::FIRST)?;
        let connection = self.places.get_mut(place)?.take()?;
        self.free.push(place);
        Some(connection)
    }

    /// The connection of this number.
    pub fn get_mut(&mut self, number: usize) -> Option<&mut Connection> {
        self.places.get_mut(number.checked_sub(Self::FIRST)?)?.as_mut()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Numbers that connections have or had.
    pub fn numbers(&self) -> std::ops::Range<usize> {
        Self::FIRST..Self::FIRST + self.places.len()
    }

    /// All connections and their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Connection)> {
        let places = self.places.iter().enumerate();
        places.filter_map(|(place, connection)| Some((Self::FIRST + place, connection.as_ref()?)))
    }
}
