//! The values given to `Server::state`, by type.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
};

/// The values that the server shares with its handlers, one of each type.
#[derive(Debug, Default)]
pub struct States {
    values: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

impl States {
    /// Inserts a value; returns whether it replaced another one of the same type.
    pub(crate) fn insert<T: Clone + Send + Sync + 'static>(&mut self, value: T) -> bool {
        self.values.insert(TypeId::of::<T>(), Box::new(value)).is_some()
    }

    /// Inserts a value, unless there is one of the same type.
    pub(crate) fn insert_default<T: Clone + Send + Sync + 'static>(&mut self, value: T) {
        self.values.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(value));
    }

    /// A clone of the value of type `T`. `()` is always present: extractors without state use it.
    pub(crate) fn get<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        let unit: &(dyn Any + Send + Sync) = &();
        self.values.get(&TypeId::of::<T>()).map_or(unit, AsRef::as_ref).downcast_ref::<T>().cloned()
    }

    /// Whether there is a value of this type.
    pub(crate) fn has(&self, id: TypeId) -> bool {
        id == TypeId::of::<()>() || self.values.contains_key(&id)
    }
}
