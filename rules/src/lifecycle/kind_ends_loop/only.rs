//! Functions that return something for some kinds of messages, and nothing for all others.

use proc_macro2::Ident;
use syn::{Expr, ExprMatch, Local, Pat, Stmt, Type};

use super::{has_data, kinds_of, may_take_others, takes_any_message};
use crate::{
    flow::Flow,
    reading::{At, Look, Origin, plain, read},
    syntax::{Function, generic_arguments, is_called, last_segment},
};

/// The kinds of messages for which a helper returns something, if it returns `None` for all others as it does for the end.
pub(crate) fn takes_only(flow: &Flow<'_>) -> Vec<String> {
    let mut search = Only { kinds: Vec::new(), is_given: false, fails: false };
    let output = flow.function.output();
    let gives_option = |ty: &Type| is_called(ty, "Option");
    let gives_result = output.is_some_and(|ty| is_called(ty, "Result"));
    let tries = || output.and_then(|ty| generic_arguments(ty).first().copied()).is_some_and(gives_option);
    let may_be_none = output.is_some_and(gives_option) || gives_result && tries();
    if may_be_none && !flow.function.has_word(&["while", "loop", "for"]) {
        read(flow, &mut search);
    }
    search.kinds
}

/// The kinds of messages for which a function that is given a message returns something, if it returns `None` or an error for all
/// others.
pub(crate) fn takes_only_of<'f>(function: &Function, flow: impl FnOnce() -> Option<Flow<'f>>) -> Parses {
    let mut search = Only { kinds: Vec::new(), is_given: true, fails: false };
    let gives = |name: &str| function.output().is_some_and(|ty| is_called(ty, name));
    let is_given = function.parameters.iter().any(|one| is_message(one.ty()));
    if is_given
        && (gives("Option") || gives("Result"))
        && function.has_word(&["Text", "Binary"])
        && !function.has_word(&["while", "loop", "for"])
        && let Some(flow) = flow()
    {
        read(&flow, &mut search);
    }
    Parses { kinds: search.kinds, fails: search.fails }
}

/// What a function makes of a message that it is given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parses {
    /// The kinds of messages for which it returns something; empty if it does not distinguish them.
    pub(crate) kinds: Vec<String>,
    /// Whether it returns an error for all others, and not `None`.
    pub(crate) fails: bool,
}

/// `Message` or `&Message`
fn is_message(ty: &Type) -> bool {
    match ty {
        Type::Reference(lent) => is_message(&lent.elem),
        owned => last_segment(owned).is_some_and(|last| last.ident == "Message"),
    }
}

struct Only {
    kinds: Vec<String>,
    /// Whether the message is a parameter; otherwise it is received.
    is_given: bool,
    /// Whether it returned an error for the others.
    fails: bool,
}

impl Only {
    fn is_of<'a>(&self, expression: &'a Expr, at: &At<'a>) -> bool {
        let is_parameter = || matches!(at.named(plain(expression)).map(|name| name.origin), Some(Origin::Typed(ty)) if is_message(ty));
        if self.is_given { is_parameter() } else { at.is_message(expression) }
    }

    /// Whether the code returns nothing.
    fn gives_none(&mut self, code: &Expr) -> bool {
        let fails = self.is_given && is_error(code);
        self.fails |= fails;
        fails || is_none(code)
    }

    fn add(&mut self, named: &[&Ident]) {
        if has_data(named) {
            self.kinds = named.iter().map(ToString::to_string).collect();
        }
    }

    fn chooses<'a>(&mut self, choice: &'a ExprMatch, at: &At<'a>) {
        let Some(other) = choice.arms.iter().find(|arm| takes_any_message(&arm.pat)) else { return };
        let is_known = !choice.arms.iter().any(may_take_others);
        if is_known && self.gives_none(&other.body) && self.is_of(&choice.expr, at) {
            let kept = choice.arms.iter().filter(|arm| !matches!(arm.pat, Pat::Guard(_)));
            self.add(&kept.flat_map(|arm| kinds_of(&arm.pat, at)).collect::<Vec<_>>());
        }
    }
}

impl<'a> Look<'a> for Only {
    fn expression(&mut self, expression: &'a Expr, at: &At<'a>) {
        match expression {
            Expr::Match(choice) => self.chooses(choice, at),
            Expr::If(branch) => {
                let (Expr::Let(test), Some((_, other))) = (&*branch.cond, &branch.else_branch) else {
                    return;
                };
                if self.gives_none(other) && self.is_of(&test.expr, at) {
                    self.add(&kinds_of(&test.pat, at));
                }
            }
            _ => {}
        }
    }

    fn local(&mut self, local: &'a Local, at: &At<'a>) {
        let Some(init) = &local.init else { return };
        let Some((_, diverge)) = &init.diverge else { return };
        if self.gives_none(diverge) && self.is_of(&init.expr, at) {
            self.add(&kinds_of(&local.pat, at));
        }
    }
}

/// `None` or `Ok(None)`, returned or not, alone or in a block.
fn is_none(code: &Expr) -> bool {
    match plain(code) {
        Expr::Path(path) => path.path.is_ident("None"),
        Expr::Call(call) => {
            let is_ok = matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Ok"));
            is_ok && call.args.first().is_some_and(is_none)
        }
        Expr::Return(end) => end.expr.as_deref().is_some_and(is_none),
        Expr::Block(block) => match block.block.stmts.as_slice() {
            [Stmt::Expr(only, _)] => is_none(only),
            _ => false,
        },
        _ => false,
    }
}

/// `Err(..)`, returned or not, alone or in a block.
fn is_error(code: &Expr) -> bool {
    match plain(code) {
        Expr::Call(call) => matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err")),
        Expr::Return(end) => end.expr.as_deref().is_some_and(is_error),
        Expr::Block(block) => match block.block.stmts.as_slice() {
            [Stmt::Expr(only, _)] => is_error(only),
            _ => false,
        },
        _ => false,
    }
}
