//! Paths for a code host: relative to the root of the repository.

use std::{
    env,
    path::{Component, Path, PathBuf},
};

/// The base directory of the paths in a report.
pub(super) struct Root {
    root: PathBuf,
    here: PathBuf,
}

impl Root {
    /// The repository around the working directory; the working directory itself outside of any.
    pub(super) fn find() -> Self {
        let here = env::current_dir().unwrap_or_default();
        let root = here.ancestors().find(|directory| directory.join(".git").exists());
        Self { root: root.unwrap_or(&here).to_path_buf(), here }
    }

    /// The path from the root, with `/` on every system; `None` for what is not under it.
    pub(super) fn relative(&self, path: &str) -> Option<String> {
        let whole = plain(&self.here.join(path));
        let names = whole.strip_prefix(&self.root).ok()?.components();
        let names: Vec<_> = names.map(|name| name.as_os_str().to_string_lossy()).collect();
        Some(names.join("/"))
    }

    /// The path from the root of the file system, with `/` on every system.
    pub(super) fn absolute(&self, path: &str) -> String {
        plain(&self.here.join(path)).to_string_lossy().replace('\\', "/")
    }
}

/// Removes `.` and `..` lexically: the target of a link is not the path in the repository.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_from_the_root_of_the_repository() {
        let root = Root { root: PathBuf::from("/work/a"), here: PathBuf::from("/work/a/server") };
        for (path, expected) in [
            ("src/x.rs", Some("server/src/x.rs")),
            ("./src/../x.rs", Some("server/x.rs")),
            ("../b/x.rs", Some("b/x.rs")),
            ("/work/a/x.rs", Some("x.rs")),
            ("/elsewhere/x.rs", None),
            ("../../x.rs", None),
        ] {
            assert_eq!(root.relative(path).as_deref(), expected, "{path}");
        }
        assert_eq!(root.absolute("../../x.rs"), "/work/x.rs");
    }
}
