//! The surroundings of a function: the meaning of its names, and the other functions of its file.
//!
//! Both front ends build this from a file: the command line from its tree, the macro from the file that the compiler names. It
//! is plain data, so that the macro can keep it between calls, which is not possible with tokens.

mod bodies;
mod collect;
mod constants;
#[cfg(test)]
mod cost;
mod deeds;
mod elsewhere;
mod events;
mod generic;
mod hazards;
mod made;
mod neighbours;
mod package;
mod receiver;
mod routed;
mod scope;
mod shapes;
mod timed;
mod unseen;
mod waited_for;
mod written;

pub use constants::Constants;
pub use elsewhere::{Elsewhere, Modules};
pub use neighbours::{Functions, Neighbours};
pub use package::{Package, package_name};
pub use scope::{Scopes, has_names};

pub(crate) use events::Gives;
pub(crate) use hazards::SELF;
pub(crate) use neighbours::{Blocks, Fault, Line, Neighbour, Place};
pub(crate) use receiver::{Types, ignores_poison, maker, type_path, without_alias};
pub(crate) use shapes::{Data, Shapes};
pub(crate) use waited_for::WaitedFor;
pub(crate) use written::Written;

use std::rc::Rc;

use crate::flow::{Flavor, Imports, Kind};

/// What is known about the place of a function.
#[derive(Debug, Default, Clone)]
pub struct Surroundings {
    imports: Imports,
    neighbours: Rc<Neighbours>,
    /// The type of its `impl` block.
    of: Option<String>,
    /// Whether helpers are reported where they are written.
    helpers_are_judged: bool,
    /// Whether it is compiled only for tests.
    is_test: bool,
}

impl Surroundings {
    /// A place of which only the imports are known.
    pub fn of_imports(imports: Imports) -> Self {
        Self { imports, ..Self::default() }
    }

    /// A place in a file that is checked as a whole: faults in a helper are reported there, not at its calls.
    pub fn in_file(imports: Imports, neighbours: &Rc<Neighbours>, of: Option<String>) -> Self {
        Self { imports, neighbours: Rc::clone(neighbours), of, helpers_are_judged: true, is_test: false }
    }

    /// The meaning of the names.
    pub fn imports(&self) -> &Imports {
        &self.imports
    }

    pub(crate) fn is_test(&self) -> bool {
        self.is_test
    }

    pub(crate) fn of(&self) -> Option<&str> {
        self.of.as_deref()
    }

    pub(crate) fn helpers_are_judged(&self) -> bool {
        self.helpers_are_judged
    }

    pub(crate) fn neighbours(&self) -> &Neighbours {
        &self.neighbours
    }

    /// Whether a type of the file is data for serde, and certainly not a codec.
    pub(crate) fn is_only_data(&self, name: &str) -> bool {
        self.imports.resolve(name) == format!("self::{name}") && self.neighbours.shapes().is_only_data(name)
    }

    /// What serde can do with a type of the file; `None` if that is not known.
    pub(crate) fn data(&self, name: &str) -> Option<Data> {
        let is_here = self.imports.resolve(name) == format!("self::{name}");
        self.neighbours.shapes().data(name).filter(|_| is_here)
    }

    /// The type that a `type` item of the file, without parameters, stands for.
    pub(crate) fn alias(&self, name: &str) -> Option<syn::Type> {
        let is_here = self.imports.resolve(name) == format!("self::{name}");
        let alias = self.neighbours.shapes().alias(name).filter(|_| is_here)?;
        syn::parse_str(alias).ok()
    }

    /// The function of `axum::routing` to which the function at the top of the file with this name is passed.
    pub(crate) fn routed(&self, name: &str) -> Option<&str> {
        self.neighbours.routed(name).filter(|_| self.of.is_none())
    }

    /// The path of the type of this field of `self`, inside wrappers.
    pub(crate) fn type_of_field(&self, field: &str) -> Option<&str> {
        self.neighbours.type_of_field(self.of.as_deref()?, field)
    }

    /// The paths of the types of the fields of `self`, inside wrappers.
    pub(crate) fn types_of_fields(&self) -> impl Iterator<Item = &str> {
        self.of.iter().flat_map(|of| self.neighbours.types_of_fields(of))
    }

    /// The fields of `self` that hold handles.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, (Flavor, Kind))> {
        self.of.iter().flat_map(|of| self.fields_of(of))
    }

    /// The fields that hold handles, of a struct in the file or the package.
    pub(crate) fn fields_of(&self, of: &str) -> impl Iterator<Item = (&str, (Flavor, Kind))> {
        // A struct of the file hides one of the same name in another file, also if it holds no handles.
        let is_here =
            self.neighbours.fields(of).next().is_some() || self.neighbours.shapes().fields(of).is_some();
        let elsewhere = self.imports.fields_in_package(of).filter(move |_| !is_here);
        self.neighbours.fields(of).chain(elsewhere)
    }
}
