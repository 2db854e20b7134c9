//! `tokio::select!` and `futures::select!`.

use proc_macro2::TokenStream;
use syn::{
    Expr, Pat, Token,
    parse::{ParseStream, Parser},
};

use super::{Builder, pattern::fit};
use crate::flow::{
    graph::{NodeId, Step, Within},
    value::{Outcomes, Value},
};

/// `pattern = future, if guard => handler`.
pub(crate) struct Branch {
    pub(crate) pattern: Option<Pat>,
    pub(crate) future: Option<Expr>,
    pub(crate) guard: Option<Expr>,
    pub(crate) handler: Expr,
}

/// The branches; one without a future is `else` (or `complete`, `default` of `futures`).
pub(crate) fn parse(tokens: TokenStream) -> syn::Result<Vec<Branch>> {
    branches.parse2(tokens)
}

fn branches(input: ParseStream<'_>) -> syn::Result<Vec<Branch>> {
    if input.peek(syn::Ident) && input.peek2(Token![;]) {
        input.parse::<syn::Ident>()?; // biased
        input.parse::<Token![;]>()?;
    }
    let mut found = Vec::new();
    while !input.is_empty() {
        found.push(branch(input)?);
    }
    Ok(found)
}

fn branch(input: ParseStream<'_>) -> syn::Result<Branch> {
    let (mut pattern, mut future, mut guard) = (None, None, None);
    if input.peek(Token![else]) {
        input.parse::<Token![else]>()?;
    } else if input.peek(syn::Ident) && input.peek2(Token![=>]) {
        input.parse::<syn::Ident>()?; // complete, default
    } else {
        pattern = Some(Pat::parse_multi_with_leading_vert(input)?);
        input.parse::<Token![=]>()?;
        future = Some(input.parse()?);
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
            input.parse::<Token![if]>()?;
            guard = Some(input.parse()?);
        }
    }
    input.parse::<Token![=>]>()?;
    let handler = handler(input)?;
    Ok(Branch { pattern, future, guard, handler })
}

/// After a block the comma may be missing.
fn handler(input: ParseStream<'_>) -> syn::Result<Expr> {
    let block = input.peek(syn::token::Brace);
    let expression = if block && ends_after_block(input) {
        Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block: input.parse()? })
    } else {
        input.parse()?
    };
    if input.peek(Token![,]) {
        input.parse::<Token![,]>()?;
    }
    Ok(expression)
}

/// Whether the handler is only the block, and not the beginning of `{ .. }.method()`.
fn ends_after_block(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    if ahead.parse::<syn::Block>().is_err() {
        return false;
    }
    !(ahead.peek(Token![.]) || ahead.peek(Token![?]))
}

/// A branch whose future has been created.
struct Ready<'a> {
    pattern: Option<&'a Pat>,
    future: Option<Value<'a>>,
    handler: &'a Expr,
    /// Whether it receives from something outside of the function.
    is_outside: bool,
    /// Its first step if it is taken.
    start: NodeId,
}

impl<'a> Builder<'a> {
    /// One of several branches is taken, whose future completes first.
    pub(super) fn select_branches(&mut self, branches: &'a [Branch]) -> Value<'a> {
        let (depth, before) = (self.names.depth(), self.names.clone());
        let ready = self.begin_all(branches);
        let starts: Vec<_> = ready.iter().map(|branch| branch.start).collect();
        let mut ways = Vec::new();
        for branch in ready {
            self.names = before.clone();
            self.here = Some(branch.start);
            if let Some(future) = branch.future {
                let within = std::mem::replace(&mut self.within, Within::Cancellable);
                let value = self.perform(future, true);
                self.within = within;
                self.take_branch(branch.pattern, value, branch.start, &starts);
            }
            if branch.is_outside {
                self.note_received(branch.pattern);
            }
            let given = self.eval(branch.handler);
            ways.push(self.way(given, depth));
        }
        self.join(ways)
    }

    /// All futures are created, and begin to wait, before any completes.
    fn begin_all(&mut self, branches: &'a [Branch]) -> Vec<Ready<'a>> {
        let mut ready = Vec::new();
        for Branch { pattern, future, guard, handler } in branches {
            let is_outside = future.as_ref().is_some_and(|future| self.receives_from_outside(future));
            let future = future.as_ref().map(|future| self.eval(future));
            self.begin_waiting(guard.as_ref(), future.as_ref());
            ready.push(Ready { pattern: pattern.as_ref(), future, handler, is_outside, start: 0 });
        }
        if self.here.is_some() {
            self.push(Step::Pass);
        }
        let here = self.here;
        let one_waits = ready.len() > 1;
        for branch in &mut ready {
            branch.start = self.place();
            // `else` is reached only if no pattern matched.
            if branch.future.is_some() || !one_waits {
                self.link(here, branch.start);
            }
        }
        ready
    }

    fn begin_waiting(&mut self, guard: Option<&'a Expr>, future: Option<&Value<'a>>) {
        let Some(future) = future else { return };
        let Some(guard) = guard else { return self.poll(future) };
        let forks = self.condition(guard);
        self.here = forks.yes;
        self.poll(future);
        let polled = self.here;
        self.meet(&[polled, forks.no]);
    }

    /// Enters the handler if the pattern matches; otherwise the other branches keep waiting.
    fn take_branch(&mut self, pattern: Option<&'a Pat>, value: Value<'a>, own: NodeId, starts: &[NodeId]) {
        let Some(pattern) = pattern else { return };
        let fits = fit(pattern, &value);
        let before = self.here;
        if !fits.is_sure() {
            let refused = self.outcome(&value, Outcomes::ALL.without(fits.must));
            starts.iter().filter(|&&start| start != own).for_each(|&start| self.link(refused, start));
        }
        self.here = before;
        self.outcome(&value, fits.may);
        self.bind(pattern, value);
    }
}
