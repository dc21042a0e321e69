//! The recipes of one stream.

use std::rc::Rc;

use super::recipe::Recipe;
use crate::source::picture::Picture;

/// The recipes in which one stream is sent; clones share them. There is at least one.
#[derive(Debug, Clone)]
pub struct Recipes {
    all: Rc<[Rc<dyn Recipe>]>,
}

impl<R: Recipe + 'static> From<R> for Recipes {
    fn from(recipe: R) -> Self {
        let recipe: Rc<dyn Recipe> = Rc::new(recipe);
        Self { all: Rc::new([recipe]) }
    }
}

impl Recipes {
    /// Several recipes. The first one is that of viewers that choose none.
    #[cfg(test)]
    pub fn new<R: Recipe + 'static>(recipes: impl IntoIterator<Item = R>) -> Self {
        Self { all: recipes.into_iter().map(|recipe| Rc::new(recipe) as Rc<dyn Recipe>).collect() }
    }

    /// The recipes, in the order of their indices.
    pub fn iter(&self) -> impl Iterator<Item = &Rc<dyn Recipe>> {
        self.all.iter()
    }

    /// Whether all recipes can carry the picture.
    pub fn can_carry(&self, picture: &Picture) -> bool {
        self.iter().all(|recipe| recipe.can_carry(picture))
    }
}
