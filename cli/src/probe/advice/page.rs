//! The body of a response, for people.

use super::super::{clean, head::Head};

/// The most lines that are shown.
const LINES: usize = 6;

/// The part of a body to show: the title of a page, or the first lines of a text.
pub(in crate::probe) fn show(head: &Head, body: &[u8]) -> Vec<(&'static str, String)> {
    let text = clean::text(body);
    if text.trim().is_empty() {
        return Vec::new();
    }
    if is_html(head, &text) {
        let title = title(&text).map_or_else(
            || "an HTML page without a title".to_owned(),
            |title| format!("an HTML page, titled `{title}`"),
        );
        return vec![("body", title)];
    }
    if !is_text(&text) {
        return vec![("body", format!("{} bytes of binary data", body.len()))];
    }
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    lines.take(LINES).map(|line| ("says", line.to_owned())).collect()
}

pub(in crate::probe) fn is_html(head: &Head, text: &str) -> bool {
    let declared = head.get("content-type").is_some_and(|kind| kind.to_lowercase().contains("html"));
    let start = text.trim_start().get(..9).unwrap_or_default().to_lowercase();
    declared || start.starts_with("<!doctype") || start.starts_with("<html")
}

fn title(text: &str) -> Option<String> {
    // Lower case of ASCII only, so that places in both texts are the same.
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find('<')?;
    let words: Vec<_> = text[start..end].split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn is_text(text: &str) -> bool {
    let odd =
        text.chars().filter(|one| *one == '\u{fffd}' || (one.is_control() && !one.is_whitespace())).count();
    odd * 10 < text.chars().count()
}
