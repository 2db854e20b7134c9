//! What a person or a program reads.

mod human;
mod json;

pub(super) use human::human;
pub(super) use json::json;

use std::path::Path;

use cargo_metadata::PackageId;

use super::{cargo::Packages, compare::Comparison, document::Document, scan::Found};

/// Everything there is to report.
pub(super) struct Report<'a> {
    pub(super) documents: &'a [Document],
    pub(super) comparison: &'a Comparison,
    pub(super) packages: &'a Packages,
    /// The package of the program.
    pub(super) root: &'a PackageId,
    /// The first file of the program.
    pub(super) main: &'a Path,
}

impl Report<'_> {
    /// Whether every endpoint is there and nothing is wrong.
    pub(super) fn is_good(&self) -> bool {
        self.comparison.dropped.is_empty()
            && self.documents.iter().all(|document| document.problems.is_empty())
    }

    /// What brings an endpoint back.
    fn help(&self, dropped: &Found) -> String {
        let (krate, main) = (&dropped.krate, self.shown(self.main));
        if krate.is_program {
            return "the linker keeps all endpoints of the program's own crate: check that `ws_endpoint` is the attribute of Sockeye".to_owned();
        }
        if krate.package_id == *self.root {
            return format!(
                "`{main}` never mentions the package's own library, so the linker drops it: write `use {} as _;` in `{main}`",
                krate.name
            );
        }
        match self.packages.name_within(self.root, &krate.package_id) {
            Some(name) => format!(
                "the program never mentions the crate `{name}`, so the linker drops it: write `use {name} as _;` in `{main}`"
            ),
            None => format!(
                "the program never mentions the crate `{}`, so the linker drops it: add it to the dependencies of `{}`, and write `use {} as _;` in `{main}`",
                krate.name,
                self.packages.package_name(self.root),
                krate.name
            ),
        }
    }

    fn shown(&self, file: &Path) -> String {
        self.packages.shown(file)
    }
}
