//! The events on disk, one JSON text a line: what a restart brings back.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::domain::Recorded;

#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    /// Why the last write failed.
    fault: Option<String>,
}

impl Journal {
    /// Opens the file, and reads what is in it. A last line that was cut off when the program died is left out; an earlier one that is
    /// no event is an error, since the file would be written anew without it.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Vec<Recorded>)> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        file.try_lock().map_err(|error| {
            io::Error::other(format!(
                "another dashboard has it: stop that one, or name another file with `--journal` ({error})"
            ))
        })?;
        let events = read(&fs::read_to_string(path)?)?;
        Ok((Self { path: path.to_owned(), file, fault: None }, events))
    }

    /// Writes the file anew, without what has been forgotten.
    pub(crate) fn rewrite<'a>(&mut self, events: impl Iterator<Item = &'a Recorded>) -> io::Result<()> {
        self.file.set_len(0)?;
        events.into_iter().try_for_each(|event| self.write(event))
    }

    /// A line in the page cache of the system: it waits for no disk.
    pub(crate) fn append(&mut self, event: &Recorded) {
        self.fault = self.write(event).err().map(|error| error.to_string());
        if let Some(fault) = &self.fault {
            tracing::error!(path = %self.path.display(), fault, "an event could not be written to the journal");
        }
    }

    fn write(&mut self, event: &Recorded) -> io::Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }

    /// Whether the last event was written, and the file is still there.
    pub(crate) fn check(&self) -> Result<(), String> {
        let path = self.path.display();
        match &self.fault {
            Some(fault) => Err(format!("{path}: {fault}")),
            None => fs::metadata(&self.path).map(drop).map_err(|error| format!("{path}: {error}")),
        }
    }
}

fn read(text: &str) -> io::Result<Vec<Recorded>> {
    let mut events = Vec::new();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        match serde_json::from_str(line) {
            Ok(event) => events.push(event),
            Err(_) if !line.ends_with('\n') => {}
            Err(error) => {
                let number = index + 1;
                return Err(io::Error::other(format!(
                    "line {number} is not an event ({error}): remove the line, or name another file with `--journal`"
                )));
            }
        }
    }
    Ok(events)
}
