//! The files of the page, which are part of the program: it loads nothing from elsewhere.

/// A file with its name and its type.
pub(super) struct File {
    name: &'static str,
    pub(super) kind: &'static str,
    pub(super) text: &'static str,
}

/// The page itself.
pub(super) const PAGE: &str = include_str!("page/index.html");

macro_rules! files {
    ($($name:literal: $kind:literal)*) => {
        const FILES: &[File] = &[$(File { name: $name, kind: $kind, text: include_str!(concat!("page/", $name)) }),*];
    };
}

files! {
    "style.css": "text/css; charset=utf-8"
    "app.js": "text/javascript; charset=utf-8"
    "composer.js": "text/javascript; charset=utf-8"
    "document.js": "text/javascript; charset=utf-8"
    "dom.js": "text/javascript; charset=utf-8"
    "live.js": "text/javascript; charset=utf-8"
    "messages.js": "text/javascript; charset=utf-8"
    "opener.js": "text/javascript; charset=utf-8"
    "schema.js": "text/javascript; charset=utf-8"
    "session.js": "text/javascript; charset=utf-8"
    "view-connections.js": "text/javascript; charset=utf-8"
    "view-endpoint.js": "text/javascript; charset=utf-8"
    "view-endpoints.js": "text/javascript; charset=utf-8"
    "view-hubs.js": "text/javascript; charset=utf-8"
    "view-refusals.js": "text/javascript; charset=utf-8"
}

pub(super) fn find(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An import or a link that leads nowhere is an empty page in a browser.
    #[test]
    fn every_file_that_is_named_exists() {
        let texts = FILES.iter().map(|file| file.text).chain([PAGE]);
        let of_name = |one: char| one.is_ascii_alphanumeric() || "./-".contains(one);
        let words = texts.flat_map(|text| text.split(move |one| !of_name(one)));
        let is_file = |word: &&str| [".js", ".css"].iter().any(|ending| word.ends_with(ending));
        let named: Vec<_> = words.filter(is_file).map(|word| word.trim_start_matches("./")).collect();
        assert!(named.len() > FILES.len(), "{named:?}");
        let missing: Vec<_> = named.into_iter().filter(|name| find(name).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
