//! Links lead to files and headings that are there. Addresses of the web are not asked: the dashboard needs no network.

use std::{fs, path::Path};

use pulldown_cmark::{Event, Tag};

use super::document::Document;
use crate::domain::Finding;

pub(super) fn check(document: &Document) -> Vec<Finding> {
    let links = document.events().filter_map(|(event, range)| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            Some((dest_url, range.start))
        }
        _ => None,
    });
    links.filter_map(|(link, at)| judge(document, &link, at)).collect()
}

fn judge(document: &Document, link: &str, at: usize) -> Option<Finding> {
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    if path.is_empty() {
        return judge_fragment(document, fragment, at);
    }
    // `https:`, `mailto:`, and the paths of rustdoc (`crate::Hub`).
    if path.contains(':') {
        return None;
    }
    let path = path.split('?').next().unwrap_or(path).replace("%20", " ");
    let target = document.target(&path);
    if target.exists() {
        return None;
    }
    let message = format!("the link leads to `{path}`, which does not exist");
    Some(match similar(&target) {
        Some(name) => {
            let better = Path::new(&path).with_file_name(name).display().to_string();
            document.fixable("links", at, message, |line| line.replacen(&path, &better, 1))
        }
        None => document.finding("links", at, message),
    })
}

fn judge_fragment(document: &Document, fragment: &str, at: usize) -> Option<Finding> {
    let is_there =
        fragment.is_empty() || document.headings().iter().any(|heading| slug(&heading.text) == fragment);
    (!is_there).then(|| document.finding("links", at, format!("this file has no heading for `#{fragment}`")))
}

/// A file beside it whose name differs in upper and lower case only, or in the ending.
fn similar(target: &Path) -> Option<String> {
    let asked = target.file_stem()?.to_str()?;
    let names =
        fs::read_dir(target.parent()?).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<_> = names
        .filter(|name| Path::new(name).file_stem().is_some_and(|stem| stem.eq_ignore_ascii_case(asked)))
        .collect();
    names.sort_unstable();
    names.into_iter().next()
}

/// The anchor of a heading, as GitHub makes it.
fn slug(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'));
    kept.map(|char| if char == ' ' { '-' } else { char }).collect()
}
