//! The package that a file belongs to.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf, absolute},
    sync::{Arc, Mutex, PoisonError},
};

use sockeye_rules::syntax::Package;

use super::{modules::Tree, source::Source, walk};

/// The directory of the nearest manifest.
pub(super) fn of(file: &Path) -> Option<PathBuf> {
    let file = absolute(file).ok()?;
    file.ancestors().skip(1).find(|directory| directory.join("Cargo.toml").exists()).map(Path::to_path_buf)
}

/// The name of a file's package: its directory, which is what people look for.
pub(super) fn name(file: &Path) -> String {
    let directory = of(file);
    let name = directory.as_deref().and_then(Path::file_name);
    name.map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// What is known about a package. By default, about one with a single file.
#[derive(Default)]
pub(super) struct Known {
    /// Of its manifest.
    pub(super) directory: PathBuf,
    /// What its files define.
    pub(super) names: Arc<Package>,
    /// Where its modules are.
    pub(super) modules: Arc<Tree>,
}

/// What is known about the packages of the checked files; each is read once, by the first thread that needs it.
#[derive(Default)]
pub(super) struct Packages(Mutex<HashMap<PathBuf, Arc<Known>>>);

impl Packages {
    /// The package of a file; a file without a manifest is alone.
    pub(super) fn around(&self, file: &Path) -> Arc<Known> {
        let Some(directory) = of(file) else { return Arc::default() };
        let known = |packages: &HashMap<PathBuf, Arc<Known>>| packages.get(&directory).cloned();
        if let Some(package) = known(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return package;
        }
        // Two threads may both read it, which costs less than making all of them wait.
        let package = Arc::new(read(&directory));
        let mut packages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(packages.entry(directory).or_insert(package))
    }
}

fn read(directory: &Path) -> Known {
    let manifest = fs::read_to_string(directory.join("Cargo.toml")).unwrap_or_default();
    let files = walk::files(&[directory.to_path_buf()]).unwrap_or_default();
    let own = || files.iter().map(|file| &*file.path).filter(|file| of(file).as_deref() == Some(directory));
    let sources = own().filter_map(|file| Source::read(file).ok());
    let texts: Vec<_> = sources.filter(Source::mentions_websockets).collect();
    let names = Package::of(&manifest, texts.iter().map(Source::text));
    let modules = Tree::of(directory, names.name(), own());
    Known { directory: directory.to_path_buf(), names: Arc::new(names), modules: Arc::new(modules) }
}
