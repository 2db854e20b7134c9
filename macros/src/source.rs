//! The source text of an endpoint, cut from its file.

use std::{
    cell::RefCell,
    collections::HashMap,
    fs,
    ops::Range,
    path::{Path, PathBuf},
    rc::Rc,
    time::SystemTime,
};

use proc_macro2::{LineColumn, Span, TokenStream};
use quote::ToTokens;
use sockeye_rules::syntax::Function;

use crate::{
    fallback::rebuilt,
    mark::{Mark, Sources},
};

/// Attribute and signature as in the file; reconstructed if they cannot be found there.
pub(crate) fn sources(function: &Function, route: &TokenStream) -> Sources {
    let start = Span::call_site().start();
    cut(function, route, start)
        .unwrap_or_else(|| rebuilt(function, route, u32::try_from(start.line).unwrap_or(0)))
}

fn cut(function: &Function, route: &TokenStream, start: LineColumn) -> Option<Sources> {
    let file = lines_of(Span::call_site().local_file()?)?;
    let lines = start.line..signature_end(function)?.line + 1;
    let excerpt = Excerpt::new(&file, lines)?;
    let name = excerpt.mark(function.name())?;
    let route_mark = excerpt.mark(route)?;
    let parameters = function.extractors().iter().map(|one| excerpt.mark(&Bare(&one.node)));
    let sources = Sources {
        line: u32::try_from(start.line).ok()?,
        name,
        route: route_mark,
        parameters: parameters.collect::<Option<_>>()?,
        text: excerpt.text,
    };
    is_what_was_compiled(&sources, function, route).then_some(sources)
}

/// A macro can give tokens any span, and a file may have changed since the compiler read it: then the text would be
/// wrong.
fn is_what_was_compiled(sources: &Sources, function: &Function, route: &TokenStream) -> bool {
    let at = |mark: Mark| sources.text.get(mark.start..mark.end);
    at(sources.name) == Some(function.name().to_string().as_str())
        && at(sources.route).map(without_spaces) == Some(without_spaces(&route.to_string()))
        && sources.route.end < sources.name.start
        && sources.parameters.iter().all(|mark| sources.name.end < mark.start && mark.start < mark.end)
}

/// Tokens do not contain the original spacing.
fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The last token before the body.
fn signature_end(function: &Function) -> Option<LineColumn> {
    let last = function.sig.to_token_stream().into_iter().last()?;
    Some(last.span().end())
}

/// A parameter without its attributes, which can be several lines above it.
struct Bare<'a>(&'a syn::PatType);

impl ToTokens for Bare<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.pat.to_tokens(tokens);
        self.0.ty.to_tokens(tokens);
    }
}

/// Whole lines of a file.
struct Excerpt {
    first_line: usize,
    text: String,
    /// Where each line begins in `text`.
    starts: Vec<usize>,
}

impl Excerpt {
    fn new(file: &[String], lines: Range<usize>) -> Option<Self> {
        let chosen = file.get(lines.start.checked_sub(1)?..lines.end.checked_sub(1)?)?;
        let starts = chosen.iter().scan(0, |next, line| {
            let start = *next;
            *next += line.len() + 1;
            Some(start)
        });
        let starts = starts.collect();
        (!chosen.is_empty()).then(|| Self { first_line: lines.start, text: chosen.join("\n"), starts })
    }

    /// From the first to the last of these tokens.
    fn mark(&self, tokens: &dyn ToTokens) -> Option<Mark> {
        let mut tokens = tokens.to_token_stream().into_iter();
        let first = tokens.next()?;
        let end = tokens.last().map_or(first.span(), |last| last.span()).end();
        Some(Mark { start: self.byte(first.span().start())?, end: self.byte(end)? })
    }

    /// Columns count characters.
    fn byte(&self, at: LineColumn) -> Option<usize> {
        let start = *self.starts.get(at.line.checked_sub(self.first_line)?)?;
        let line = self.text[start..].split('\n').next()?;
        let offsets = line.char_indices().map(|(offset, _)| offset).chain([line.len()]);
        offsets.into_iter().nth(at.column).map(|offset| start + offset)
    }
}

type Lines = Rc<Vec<String>>;

thread_local! {
    /// The parsed files, with their modification times: an editor's server outlives changes to them.
    static FILES: RefCell<HashMap<PathBuf, (SystemTime, Lines)>> = RefCell::default();
}

/// The lines of a file, without their ends; each file is read once however many endpoints it has.
pub(crate) fn lines_of(path: PathBuf) -> Option<Lines> {
    let changed = changed(&path)?;
    let known = FILES.with_borrow(|files| {
        files.get(&path).filter(|(when, _)| *when == changed).map(|(_, lines)| Rc::clone(lines))
    });
    if known.is_some() {
        return known;
    }
    let lines: Lines = Rc::new(text_of(&path)?.lines().map(str::to_owned).collect());
    FILES.with_borrow_mut(|files| files.insert(path, (changed, Rc::clone(&lines))));
    Some(lines)
}

/// The modification time of the file.
pub(crate) fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|about| about.modified()).ok()
}

/// The whole file.
pub(crate) fn text_of(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}
