use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;

use super::Endpoint;
use crate::{Rule, surroundings::Line};

/// One problem, with its tokens.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// The first token that it is about.
    pub start: Span,
    /// The last token that it is about.
    pub end: Span,
    /// The last name that it is about: `headers` of `handshake.headers()`. A warning can be shown at one token only.
    pub name: Span,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The expected signature of an endpoint, if its shape is wrong; at most one diagnostic of a report has it.
    pub expected: Option<String>,
    /// Notes.
    pub notes: Vec<String>,
    /// The code to write.
    pub help: String,
    /// Whether rustc would report the same mistake in the body again, by type, with less detail.
    pub untyped: bool,
    /// The first and last token of an expression that rustc would report again, wherever its value is used: the error stands in its place.
    pub in_place_of: Option<(Span, Span)>,
    /// Whether it is a call of a helper that has to change, not the call.
    pub in_helper: bool,
    /// Where it is, if that is in a helper.
    pub(crate) beyond: Option<Line>,
    shape: bool,
}

impl Diagnostic {
    /// Adds a note.
    pub(crate) fn note(&mut self, note: impl Into<String>) -> &mut Self {
        self.notes.push(note.into());
        self
    }

    /// Marks a problem with the shape of the signature: the report shows the whole expected signature once.
    pub(crate) fn shape(&mut self) -> &mut Self {
        self.shape = true;
        self
    }

    /// Marks a fault of the helper that is called.
    pub(crate) fn in_helper(&mut self) -> &mut Self {
        self.in_helper = true;
        self
    }

    /// Marks a fault that is in a function that is called. The macro sees lines of the file only as its own.
    pub(crate) fn beyond(&mut self, line: &Line, is_shown: bool) -> &mut Self {
        self.beyond = Some(line.clone());
        if is_shown {
            self.note(format!("it is in {line}"));
        }
        self
    }

    /// Marks a problem that rustc would report in the body again, by type.
    pub(crate) fn untyped(&mut self) -> &mut Self {
        self.untyped = true;
        self
    }

    /// Marks an expression that rustc would report again, wherever its value is used.
    pub(crate) fn in_place_of(&mut self, expression: &dyn ToTokens) -> &mut Self {
        self.in_place_of = Some(ends(expression.to_token_stream()));
        self
    }

    /// The text of the compile error: `[rule] message`, then the expected signature, notes and help, each on its own
    /// line.
    pub fn text(&self) -> String {
        let mut text = format!("[{}] {}", self.rule.name, self.message);
        let expected = self.expected.iter().map(|signature| format!("expected: `{signature}`"));
        let notes = self.notes.iter().map(|note| format!("note: {note}"));
        for line in expected.chain(notes).chain([format!("help: {}", self.help)]) {
            text.push('\n');
            text.push_str(&line);
        }
        text
    }
}

/// Collects the reports of the rules.
#[derive(Debug, Default)]
pub struct Sink {
    found: Vec<Diagnostic>,
}

impl Sink {
    /// Reports a problem at these tokens.
    pub(crate) fn report(
        &mut self,
        rule: &'static Rule,
        at: &dyn ToTokens,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Diagnostic {
        let tokens = at.to_token_stream();
        let name = last_name(tokens.clone());
        let (start, end) = ends(tokens);
        let name = name.unwrap_or(end);
        let (message, help) = (message.into(), help.into());
        let (expected, notes, untyped, in_place_of, shape) = (None, Vec::new(), false, None, false);
        let found = Diagnostic {
            rule,
            start,
            end,
            name,
            message,
            expected,
            notes,
            help,
            untyped,
            in_place_of,
            in_helper: false,
            beyond: None,
            shape,
        };
        self.found.push(found);
        self.found.last_mut().expect("just pushed")
    }

    /// Whether nothing has been reported.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Removes the reports of a rule, and returns their number.
    pub(crate) fn remove_rule(&mut self, rule: &Rule) -> usize {
        let before = self.found.len();
        self.found.retain(|found| found.rule != rule);
        before - self.found.len()
    }

    /// Removes the reports of these rules.
    pub(crate) fn forget(&mut self, rules: impl Fn(&Rule) -> bool) {
        self.found.retain(|found| !rules(found.rule));
    }

    /// All reports, in source order; the first one about the shape shows the whole signature.
    pub(crate) fn finish(mut self, endpoint: &Endpoint) -> Vec<Diagnostic> {
        self.found = Self { found: self.found }.sorted();
        if let Some(first) = self.found.iter_mut().find(|found| found.shape) {
            first.expected = Some(endpoint.expected_signature());
        }
        self.found
    }

    /// All reports, in source order.
    pub(crate) fn sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|found| {
            let start = found.start.start();
            (start.line, start.column)
        });
        self.found
    }
}

fn last_name(tokens: TokenStream) -> Option<Span> {
    let names = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Ident(name) => Some(name.span()),
        _ => None,
    });
    names.last()
}

/// First and last token; the macro call if there is none.
fn ends(tokens: TokenStream) -> (Span, Span) {
    let mut tokens = tokens.into_iter();
    let Some(first) = tokens.next() else { return (Span::call_site(), Span::call_site()) };
    let last = tokens.last().unwrap_or_else(|| first.clone());
    (first.span(), last.span())
}
