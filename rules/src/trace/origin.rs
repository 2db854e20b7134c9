//! The origin of a value.

use std::rc::Rc;

use proc_macro2::Ident;

/// The type of Sockeye's tokens: its `Debug` does not show the secret, and only `as_str` returns it.
pub(super) const MASKED: &str = "BearerToken";

/// What is known about a value.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Origin {
    pub(crate) tags: Tags,
    /// Its location, if it is shared: `state.clients`.
    pub(crate) place: Option<Rc<str>>,
    /// Its type, or that of the value that it was taken from, as far as the file shows it.
    pub(crate) ty: Option<Rc<str>>,
    /// The method that locked it, if it is a guard.
    pub(crate) locked_by: Option<Ident>,
}

/// A set of properties.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tags(u16);

impl Tags {
    /// A handshake, a socket, or a half of one, of the connection that the function serves.
    pub(crate) const HANDLE: Self = Self(1);
    /// Data from the client, or derived from it.
    pub(crate) const INPUT: Self = Self(2);
    /// A string, which has characters of several bytes.
    pub(crate) const TEXT: Self = Self(4);
    /// The parts of a string.
    pub(crate) const PARTS: Self = Self(8);
    /// The result of `split`: there is always a first part.
    pub(crate) const SPLIT: Self = Self(16);
    /// An `Option` or a `Result` that is empty for some inputs.
    pub(crate) const PARTIAL: Self = Self(32);
    /// It came in from outside, so other connections may share it.
    pub(crate) const SHARED: Self = Self(64);
    /// A part of the request.
    pub(crate) const REQUEST: Self = Self(128);
    /// A header with credentials: `Authorization`, `Cookie`.
    pub(crate) const SECRET: Self = Self(512);
    /// A guard of a lock that other connections wait for.
    pub(crate) const GUARD: Self = Self(256);

    /// A guard that was taken without `.await`.
    pub(crate) const SYNC: Self = Self(1024);

    /// A method may have validated it: `clamp`, `filter`.
    pub(crate) const BOUNDED: Self = Self(2048);

    /// Something has made sure of its length: a part of `chunks_exact`, an array.
    pub(crate) const MEASURED: Self = Self(4096);

    /// At most one of what is at its place.
    pub(crate) const SINGLE: Self = Self(8192);

    /// A byte, or several.
    pub(crate) const BYTE: Self = Self(16384);

    /// A struct of the program that was made with a secret of the client.
    pub(crate) const HOLDS: Self = Self(32768);

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Origin {
    pub(crate) fn of(tags: Tags) -> Self {
        Self { tags, ..Self::default() }
    }

    /// With what its type is, where that is known.
    pub(crate) fn typed(mut self, ty: Option<Rc<str>>) -> Self {
        self.ty = ty;
        self
    }

    pub(crate) fn is(&self, tags: Tags) -> bool {
        self.tags.has(tags)
    }

    pub(crate) fn with(mut self, tags: Tags) -> Self {
        self.tags = self.tags.or(tags);
        self
    }

    /// The guard that this method returned.
    pub(crate) fn locked(mut self, by: &Ident) -> Self {
        self.locked_by = Some(by.clone());
        self.with(Tags::GUARD)
    }

    pub(crate) fn without(mut self, tags: Tags) -> Self {
        self.tags = self.tags.without(tags);
        self
    }

    /// The union, if it may be either or is derived from both.
    pub(crate) fn joined(self, other: Self) -> Self {
        Self {
            tags: self.tags.or(other.tags),
            place: self.place.or(other.place),
            ty: self.ty.or(other.ty),
            locked_by: self.locked_by.or(other.locked_by),
        }
    }

    /// Whether it is a secret whose `Debug` does not show it.
    pub(crate) fn is_masked(&self) -> bool {
        self.is(Tags::SECRET) && self.has_type(&[MASKED])
    }

    /// Whether its type contains one of these names.
    pub(crate) fn has_type(&self, names: &[&str]) -> bool {
        self.ty.as_ref().is_some_and(|ty| {
            ty.split(|one: char| !(one.is_alphanumeric() || one == '_')).any(|word| names.contains(&word))
        })
    }
}
