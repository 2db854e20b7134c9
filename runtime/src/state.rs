//! The values given to `Server::state`, by type.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
};

/// One value of each type that the server shares with its handlers.
#[derive(Debug, Default)]
pub struct States {
    values: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

impl States {
    /// Puts a value in; says whether it took the place of another of the same type.
    pub(crate) fn insert<T: Clone + Send + Sync + 'static>(&mut self, value: T) -> bool {
        self.values.insert(TypeId::of::<T>(), Box::new(value)).is_some()
    }

    /// A clone of the value of type `T`. `()` is always there: extractors that need no state ask for it.
    pub(crate) fn get<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        let unit: &(dyn Any + Send + Sync) = &();
        self.values.get(&TypeId::of::<T>()).map_or(unit, AsRef::as_ref).downcast_ref::<T>().cloned()
    }

    /// Whether a value of the type is there.
    pub(crate) fn has(&self, id: TypeId) -> bool {
        id == TypeId::of::<()>() || self.values.contains_key(&id)
    }
}
