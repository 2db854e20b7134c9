//! The functions of other files of the crate.

use std::{fmt::Debug, rc::Rc};

use super::{Neighbour, Neighbours, Shapes};
use crate::syntax::segments;

/// The modules of a crate, as far as each is a file of its own.
pub trait Modules: Debug {
    /// Whether the module with this path, such as `crate::store`, is a file.
    fn has(&self, module: &str) -> bool;

    /// Whether any module has this name: `store` for `crate::store`.
    fn has_name(&self, name: &str) -> bool;

    /// The functions of the file that is this module; `None` if it cannot be read.
    fn functions(&self, module: &str) -> Option<&Neighbours>;

    /// The name by which programs of the same package use its library, in which they see what `crate` is to its modules.
    fn library(&self) -> Option<&str>;
}

/// The rest of the crate, as a file sees it.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    modules: Rc<dyn Modules>,
    /// The module that the file is: `crate::ws`.
    here: String,
}

impl Elsewhere {
    /// The modules around the file that is the module with the path `here`.
    pub fn around(here: String, modules: Rc<dyn Modules>) -> Self {
        Self { modules, here }
    }

    /// The function with this path, if it is in another file.
    pub(super) fn called(&self, path: &str) -> Option<&Neighbour> {
        let absolute = self.absolute(&self.here, path)?;
        let (module, file, rest) = self.split(&absolute)?;
        // `pub use self::disk::load;`
        let exported = |path: String| {
            let absolute = self.absolute(module, &path)?;
            let (_, file, rest) = self.split(&absolute)?;
            file.called_here(rest, None)
        };
        file.called_here(rest, None).or_else(|| file.imported(rest).find_map(exported))
    }

    /// The types of the other file in which the type with this path is.
    pub(super) fn shapes(&self, path: &str) -> Option<&Shapes> {
        let absolute = self.absolute(&self.here, path)?;
        let (module, file, rest) = self.split(&absolute)?;
        let has = |file: &Neighbours, name: &str| {
            let shapes = file.shapes();
            shapes.fields(name).is_some() || shapes.alias(name).is_some() || shapes.is_enum(name)
        };
        if has(file, rest) {
            return Some(file.shapes());
        }
        // `pub use self::state::App;`
        file.imported(rest).find_map(|path| {
            let absolute = self.absolute(module, &path)?;
            let (_, file, rest) = self.split(&absolute)?;
            has(file, rest).then(|| file.shapes())
        })
    }

    /// The file of a path, with its module, and the rest of the path. The innermost module that is a file has it.
    fn split<'p>(&self, path: &'p str) -> Option<(&'p str, &Neighbours, &'p str)> {
        let mut ends = path.rmatch_indices("::").map(|(at, _)| at);
        let at = ends.find(|at| self.modules.has(&path[..*at]))?;
        let module = Some(&path[..at]).filter(|module| *module != self.here)?;
        Some((module, self.modules.functions(module)?, &path[at + 2..]))
    }

    /// The path from the root of the crate of what a module calls by this path.
    fn absolute(&self, module: &str, path: &str) -> Option<String> {
        let (first, rest) = segments::split_first(path)?;
        match first {
            "crate" => Some(path.to_owned()),
            "self" => Some(format!("{module}::{rest}")),
            "super" => {
                let (parent, _) = segments::split_last(module)?;
                if rest.starts_with("super::") {
                    self.absolute(parent, rest)
                } else {
                    Some(format!("{parent}::{rest}"))
                }
            }
            _ if Some(first) == self.modules.library() => Some(format!("crate::{rest}")),
            // Most calls are of other crates. A module inside this file is none of the others.
            _ if module == self.here && !self.modules.has_name(first) => None,
            _ => Some(format!("{module}::{path}")),
        }
    }
}
