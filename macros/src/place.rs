//! The line of a helper that a diagnostic is about.
//!
//! The diagnostic is shown at the call: the tokens of a file that a macro reads by itself have no place that rustc could show.

use proc_macro2::Span;
use sockeye_rules::syntax::Diagnostic;

use crate::source;

/// Adds the line to ``in `greet`: ..``, if the file has one function of this name.
pub(crate) fn placed(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    for one in &mut found {
        if let Some((name, rest)) = one.message.strip_prefix("in `").and_then(|text| text.split_once("`: "))
            && let Some(line) = line_of(name)
        {
            one.message = format!("in `{name}` (line {line}): {rest}");
        }
    }
    found
}

fn line_of(name: &str) -> Option<usize> {
    let name = name.rsplit("::").next()?;
    let lines = source::lines_of(Span::call_site().local_file()?)?;
    let defines = |line: &String| {
        let after = line.split_once("fn ").and_then(|(_, after)| after.trim_start().strip_prefix(name));
        after.is_some_and(|after| after.starts_with(['(', '<']))
    };
    let mut found = lines.iter().enumerate().filter(|(_, line)| defines(line));
    let (index, _) = found.next().filter(|_| found.next().is_none())?;
    Some(index + 1)
}
