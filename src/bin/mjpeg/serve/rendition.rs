//! A rendition: a stream in one recipe.

use std::rc::Rc;

use super::encoded::Encoded;
use super::frame_source::Frame;
use super::part::{Part, Trailer};
use super::recipe::Recipe;
use crate::source::picture::Picture;

/// The stream in one recipe. All viewers of the recipe share its parts.
#[derive(Debug)]
pub struct Rendition {
    recipe: Rc<dyn Recipe>,
    newest: Option<Rc<Part>>,
    /// The part for snapshots that are requested before the first frame is published.
    preview: Option<Rc<Part>>,
}

impl Rendition {
    /// A rendition without parts.
    pub fn new(recipe: Rc<dyn Recipe>) -> Self {
        Self { recipe, newest: None, preview: None }
    }

    /// The newest part.
    pub fn newest(&self) -> Option<&Rc<Part>> {
        self.newest.as_ref()
    }

    /// The recipe.
    pub fn recipe(&self) -> &dyn Recipe {
        &*self.recipe
    }

    /// A part with the first frame, which is not published yet. `peek` returns that frame.
    pub fn preview(&mut self, peek: impl FnOnce() -> Option<Frame>) -> Option<&Rc<Part>> {
        if self.preview.is_none() {
            self.preview = peek().map(|Frame { picture, taken }| {
                let frame = Rc::new(self.recipe.encode(picture, 0, taken));
                Rc::new(Part::new(frame, Trailer::Nothing, &*self.recipe))
            });
        }
        self.preview.as_ref()
    }

    /// Forgets the newest part.
    pub fn clear(&mut self) {
        self.newest = None;
    }

    /// Makes the newest part of this frame, which has this number. `trailer` says what follows it, and may use the memory of
    /// a frame that is no longer used. Returns the picture of the part before it, if no slow viewer still needs that part
    /// and its memory was not used.
    pub fn replace(
        &mut self,
        frame: &Frame,
        number: u64,
        trailer: impl FnOnce(&dyn Recipe, &mut Option<Rc<Encoded>>) -> Trailer,
    ) -> Option<Picture> {
        let recipe = &*self.recipe;
        self.preview = None;
        // A promised frame was encoded already.
        let promised = self.newest.as_ref().and_then(|part| part.promised());
        let promised = promised.filter(|promised| promised.number == number).cloned();
        let encoded =
            promised.unwrap_or_else(|| Rc::new(recipe.encode(frame.picture.clone(), number, frame.taken)));
        let mut spare = None;
        match self.newest.as_mut().and_then(Rc::get_mut) {
            Some(part) => part.renew(encoded, recipe, |old| {
                spare = Some(old);
                trailer(recipe, &mut spare)
            }),
            None => {
                self.newest = Some(Rc::new(Part::new(encoded, trailer(recipe, &mut spare), recipe)));
            }
        }
        spare.and_then(Rc::into_inner).map(Encoded::into_picture)
    }
}
