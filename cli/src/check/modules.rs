//! The modules of a package, so that calls can be followed into other files.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use sockeye_rules::syntax::{self, Elsewhere, Imports, Neighbours};

use super::{package::Known, parse, source::Source};

/// Where the modules of a package are.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The file of each module, by its crate. `None` if there are two, such as `main.rs` and `lib.rs`.
    files: HashMap<String, HashMap<String, Option<PathBuf>>>,
    /// The name of the library, if there is one.
    library: Option<String>,
}

/// A module: its crate, and its path there.
struct Module {
    /// The folder of a program of its own, such as `src/bin/admin`; empty for `src` itself.
    krate: String,
    path: String,
}

impl Tree {
    /// The modules among the files of the package in this directory: of its library and its main program, and of programs with a folder of
    /// their own.
    pub(super) fn of<'a>(
        directory: &Path,
        name: Option<&str>,
        files: impl Iterator<Item = &'a Path>,
    ) -> Self {
        let mut tree = Self::default();
        for file in files {
            let Some(Module { krate, path }) = module(directory, file) else { continue };
            let known = tree.files.entry(krate).or_default().entry(path);
            known.and_modify(|known| *known = None).or_insert_with(|| Some(file.to_path_buf()));
        }
        let has_library = directory.join("src/lib.rs").exists();
        tree.library = name.filter(|_| has_library).map(|name| name.replace('-', "_"));
        tree
    }
}

/// The module that is this file: `crate::store` for `src/store.rs` and `src/store/mod.rs`.
fn module(directory: &Path, file: &Path) -> Option<Module> {
    let file = std::path::absolute(file).ok()?;
    let inside = file.strip_prefix(directory).ok()?.with_extension("");
    let names: Vec<_> = inside.components().map(|one| one.as_os_str().to_str()).collect::<Option<_>>()?;
    // A single file in these folders is a program of one file.
    let (krate, mut names) = match &names[..] {
        ["src", "bin", name, rest @ ..] if !rest.is_empty() => (format!("src/bin/{name}"), rest.to_vec()),
        ["src", "bin", ..] => return None,
        ["src", rest @ ..] => (String::new(), rest.to_vec()),
        [folder @ ("examples" | "tests" | "benches"), name, rest @ ..] if !rest.is_empty() => {
            (format!("{folder}/{name}"), rest.to_vec())
        }
        _ => return None,
    };
    if names.last() == Some(&"mod") || matches!(names[..], ["lib" | "main"]) {
        names.pop();
    }
    let path = std::iter::once("crate").chain(names).collect::<Vec<_>>().join("::");
    Some(Module { krate, path })
}

/// The functions of the modules that one thread has read.
#[derive(Debug)]
struct Modules {
    tree: Arc<Tree>,
    krate: String,
    imports: Imports,
    read: HashMap<String, OnceCell<Option<Box<Neighbours>>>>,
    /// The last names of the modules.
    names: HashSet<String>,
    /// What the functions of these modules call in other files; `None` if that is not followed any further.
    beyond: Option<Rc<Modules>>,
}

impl Modules {
    fn of(package: &Known, krate: &str, beyond: Option<Rc<Self>>) -> Self {
        let tree = Arc::clone(&package.modules);
        let modules = || tree.files.get(krate).into_iter().flat_map(HashMap::keys);
        let read = modules().map(|module| (module.clone(), OnceCell::new())).collect();
        let names = modules().filter_map(|module| module.rsplit("::").next()).map(str::to_owned).collect();
        let imports = Imports::of_package(Arc::clone(&package.names));
        Self { tree, krate: krate.to_owned(), imports, read, names, beyond }
    }

    fn read(&self, module: &str) -> Option<Box<Neighbours>> {
        let file = self.tree.files.get(&self.krate)?.get(module)?.as_deref()?;
        let source = Source::read(file).ok()?;
        let file = parse::parse(&source).ok()?;
        let beyond = self.beyond.as_ref();
        let beyond = beyond.map(|one| Elsewhere::around(module.to_owned(), Rc::clone(one) as Rc<_>));
        Some(Box::new(Neighbours::of_module(file, &self.imports, module, beyond)))
    }
}

impl syntax::Modules for Modules {
    fn has(&self, module: &str) -> bool {
        self.read.contains_key(module)
    }

    fn has_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    fn functions(&self, module: &str) -> Option<&Neighbours> {
        self.read.get(module)?.get_or_init(|| self.read(module)).as_deref()
    }

    fn library(&self) -> Option<&str> {
        self.tree.library.as_deref().filter(|_| self.krate.is_empty())
    }
}

/// The modules that one thread has read, of each crate.
#[derive(Debug, Default)]
pub(super) struct Read(HashMap<(PathBuf, String), Rc<Modules>>);

impl Read {
    /// The other files of the crate, as this file sees them; `None` if it is not one of its modules.
    ///
    /// Calls are followed into another file, and from there into a third one. What a file knows must not depend on which other
    /// files were read before: so the third is read without what it calls.
    pub(super) fn around(&mut self, file: &Path, package: &Known) -> Option<Elsewhere> {
        let Module { krate, path } = module(&package.directory, file)?;
        let modules = self.0.entry((package.directory.clone(), krate.clone())).or_insert_with(|| {
            let beyond = Rc::new(Modules::of(package, &krate, None));
            Rc::new(Modules::of(package, &krate, Some(beyond)))
        });
        Some(Elsewhere::around(path, Rc::clone(modules) as Rc<_>))
    }
}
