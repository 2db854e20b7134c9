use std::{
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
};

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::domain::{Finding, Fix};

/// A file and its text.
pub(super) struct Document {
    root: PathBuf,
    file: String,
    text: String,
}

/// A heading, with its text as it is read.
pub(super) struct Heading {
    pub(super) level: usize,
    pub(super) text: String,
    pub(super) at: usize,
}

impl Document {
    pub(super) fn read(root: &Path, file: &str) -> io::Result<Self> {
        Ok(Self::new(root, file, fs::read_to_string(root.join(file))?))
    }

    pub(super) fn new(root: &Path, file: &str, text: String) -> Self {
        Self { root: root.to_owned(), file: file.to_owned(), text }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn events(&self) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
        let options =
            Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
        Parser::new_ext(&self.text, options).into_offset_iter()
    }

    pub(super) fn headings(&self) -> Vec<Heading> {
        let mut headings: Vec<Heading> = Vec::new();
        let mut inside = false;
        for (event, range) in self.events() {
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    inside = true;
                    headings.push(Heading { level: depth(level), text: String::new(), at: range.start });
                }
                Event::End(TagEnd::Heading(_)) => inside = false,
                Event::Text(text) | Event::Code(text) if inside => {
                    if let Some(heading) = headings.last_mut() {
                        heading.text.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        headings
    }

    /// Where a link of this file leads.
    pub(super) fn target(&self, path: &str) -> PathBuf {
        match path.strip_prefix('/') {
            Some(path) => self.root.join(path),
            None => self.root.join(&self.file).parent().map_or_else(PathBuf::new, |folder| folder.join(path)),
        }
    }

    fn line_number(&self, at: usize) -> usize {
        self.text[..at].bytes().filter(|byte| *byte == b'\n').count() + 1
    }

    pub(super) fn finding(&self, check: &str, at: usize, message: String) -> Finding {
        Finding { check: check.to_owned(), line: self.line_number(at), message, fix: None }
    }

    /// The same, with what the line should become.
    pub(super) fn fixable(
        &self,
        check: &str,
        at: usize,
        message: String,
        write: impl FnOnce(&str) -> String,
    ) -> Finding {
        let finding = self.finding(check, at, message);
        let current = self.text.lines().nth(finding.line - 1).unwrap_or_default().to_owned();
        let proposed = write(&current);
        Finding { fix: Some(Fix { current, proposed }), ..finding }
    }
}

fn depth(level: HeadingLevel) -> usize {
    level as usize
}
