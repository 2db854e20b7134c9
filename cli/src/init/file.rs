//! One file that is written, or left as it is.

use std::{fs, io::ErrorKind, path::Path};

use crate::{
    new::{cannot, create},
    probe::Trouble,
};

/// A file, and what one that is there already has to contain.
pub(super) struct File {
    pub(super) path: &'static str,
    /// What it does, for people.
    pub(super) job: &'static str,
    pub(super) text: String,
    pub(super) needs: &'static [&'static str],
    /// The key, and what belongs under it.
    pub(super) addition: (&'static str, String),
}

/// What became of a file.
pub(super) struct Outcome {
    pub(super) text: String,
    pub(super) wrote: bool,
    /// Something has to be added by hand.
    pub(super) is_left: bool,
}

impl File {
    /// Writes the file if there is none.
    pub(super) fn set_up(&self, root: &Path) -> Result<Outcome, Trouble> {
        let (path, place) = (self.path, root.join(self.path));
        let (text, wrote, is_left) = match fs::read_to_string(&place) {
            Ok(text) if self.is_in(&text) => {
                (format!("{path} is unchanged: it is set up already\n"), false, false)
            }
            Ok(_) => (self.by_hand(), false, true),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let folder = place.parent().unwrap_or(root);
                fs::create_dir_all(folder).map_err(|error| cannot("create", folder, &error))?;
                create(&place, &self.text)?;
                (format!("wrote {path}: {}\n", self.job), true, false)
            }
            Err(error) => return Err(cannot("read", &place, &error)),
        };
        Ok(Outcome { text, wrote, is_left })
    }

    /// Comments do not count.
    fn is_in(&self, text: &str) -> bool {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        self.needs.iter().all(|need| lines.clone().any(|line| line.contains(need)))
    }

    fn by_hand(&self) -> String {
        let (key, lines) = &self.addition;
        format!("{} is unchanged: it is there already. Add by hand under `{key}:`\n{lines}", self.path)
    }
}
