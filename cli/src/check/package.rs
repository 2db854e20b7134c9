//! The package that a file belongs to.

use std::path::{Path, PathBuf, absolute};

/// The directory of the nearest manifest.
pub(super) fn of(file: &Path) -> Option<PathBuf> {
    let file = absolute(file).ok()?;
    file.ancestors().skip(1).find(|directory| directory.join("Cargo.toml").exists()).map(Path::to_path_buf)
}
