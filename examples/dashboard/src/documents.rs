//! The directory whose Markdown files are checked.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use ignore::WalkBuilder;

use crate::domain::Recommendation;

#[derive(Debug, Clone)]
pub(crate) struct Documents {
    root: PathBuf,
}

impl Documents {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        match fs::read_dir(&self.root) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("cannot read the directory `{}`: {error}", self.root.display())),
        }
    }

    /// A directory below the root, as it is written in paths. What leads out of the root is refused.
    pub(crate) fn directory(&self, asked: &str) -> Result<String, String> {
        let asked = asked.trim_matches('/');
        let parts = Path::new(asked).components();
        let outside = || format!("`{asked}` leads out of the directory of the dashboard");
        if parts.clone().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(outside());
        }
        let plain: PathBuf = parts.filter(|part| matches!(part, Component::Normal(_))).collect();
        if !self.root.join(&plain).is_dir() {
            return Err(format!("there is no directory `{asked}`"));
        }
        if !self.contains(&self.root.join(&plain)) {
            return Err(outside());
        }
        Ok(if plain.as_os_str().is_empty() { ".".to_owned() } else { plain.display().to_string() })
    }

    /// Whether a path is below the root after every symbolic link is followed.
    fn contains(&self, path: &Path) -> bool {
        let real = path.canonicalize().and_then(|path| Ok((path, self.root.canonicalize()?)));
        real.is_ok_and(|(path, root)| path.starts_with(root))
    }

    /// The Markdown files of a directory in the order of their names, without what `.gitignore` leaves out, and without symbolic
    /// links.
    pub(crate) fn markdown(&self, directory: &str) -> Result<Vec<String>, String> {
        let from = self.root.join(directory);
        let mut files = Vec::new();
        for entry in WalkBuilder::new(&from).require_git(false).build() {
            let entry = entry.map_err(|error| error.to_string())?;
            let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
            if is_file && entry.path().extension().is_some_and(|end| end == "md") {
                files.push(self.name(entry.path()));
            }
        }
        files.sort_unstable();
        Ok(files)
    }

    fn name(&self, path: &Path) -> String {
        let relative = path.strip_prefix(&self.root).unwrap_or(path);
        relative
            .components()
            .filter(|part| *part != Component::CurDir)
            .collect::<PathBuf>()
            .display()
            .to_string()
    }

    /// Writes a line as it is recommended, if it is still what it was.
    pub(crate) fn apply(&self, recommendation: &Recommendation) -> io::Result<()> {
        let path = self.root.join(&recommendation.file);
        if !self.contains(&path) {
            return Err(io::Error::other("the file is not in the directory of the dashboard any more"));
        }
        let text = fs::read_to_string(&path)?;
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        let index = recommendation.line - 1;
        let line = lines.get(index).copied().unwrap_or_default();
        let content = line.trim_end_matches(['\n', '\r']);
        if content != recommendation.current {
            return Err(io::Error::other("the line has changed since it was checked: start a new batch"));
        }
        let written = line.replacen(content, &recommendation.proposed, 1);
        lines[index] = &written;
        fs::write(path, lines.concat())
    }
}
