//! The effect of an expression, as far as its shape shows it.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Block, Expr, ExprCall, Ident, Pat, Stmt,
    visit::{self, Visit},
};

use crate::flow::{LOGS, Macros, into_stream, is_log};

/// Whether it certainly leaves the loop around it.
pub(crate) fn leaves(expression: &Expr) -> bool {
    match expression {
        Expr::Break(_) | Expr::Return(_) => true,
        Expr::Paren(inner) => leaves(&inner.expr),
        Expr::Block(block) => block.label.is_none() && block_leaves(&block.block),
        Expr::If(branch) => {
            let other = branch.else_branch.as_ref().is_some_and(|(_, other)| leaves(other));
            other && block_leaves(&branch.then_branch)
        }
        Expr::Match(branch) => !branch.arms.is_empty() && branch.arms.iter().all(|arm| leaves(&arm.body)),
        Expr::Macro(call) => ends(&call.mac),
        _ => false,
    }
}

/// Whether one of its statements certainly leaves the loop around it.
pub(crate) fn block_leaves(block: &Block) -> bool {
    block.stmts.iter().any(|statement| match statement {
        Stmt::Expr(expression, _) => leaves(expression),
        Stmt::Macro(call) => ends(&call.mac),
        _ => false,
    })
}

fn ends(call: &syn::Macro) -> bool {
    call.path.segments.last().is_some_and(|last| {
        ["panic", "bail", "unreachable", "todo", "unimplemented"].iter().any(|name| last.ident == name)
    })
}

/// Whether it only continues with the next iteration: `continue`, `{}`, or after logging.
pub(crate) fn goes_round(expression: &Expr) -> bool {
    match expression {
        Expr::Continue(_) => true,
        Expr::Tuple(tuple) => tuple.elems.is_empty(),
        Expr::Paren(inner) => goes_round(&inner.expr),
        Expr::Block(block) => block.block.stmts.iter().all(|statement| match statement {
            Stmt::Expr(expression, _) => goes_round(expression),
            Stmt::Macro(call) => is_log(&call.mac),
            _ => false,
        }),
        Expr::Macro(call) => is_log(&call.mac),
        _ => false,
    }
}

/// Whether it reports something to the peer or the log, or returns an error.
pub(crate) fn tells(tokens: &dyn ToTokens) -> bool {
    let mut before = None;
    stream_tells(tokens.to_token_stream(), &mut before)
}

fn stream_tells(tokens: TokenStream, before: &mut Option<String>) -> bool {
    for token in tokens {
        match token {
            TokenTree::Ident(word) => {
                let word = word.to_string();
                if matches!(word.as_str(), "close" | "reject" | "Err" | "bail" | "panic" | "Close") {
                    return true;
                }
                *before = Some(word);
            }
            TokenTree::Punct(mark) => {
                let logs = before.as_deref().is_some_and(|word| LOGS.contains(&word));
                if mark.as_char() == '!' && logs {
                    return true;
                }
                *before = None;
            }
            TokenTree::Group(group) => {
                *before = None;
                if stream_tells(into_stream(group), before) {
                    return true;
                }
            }
            TokenTree::Literal(_) => *before = None,
        }
    }
    false
}

/// Without parentheses, references, and blocks around it.
pub(crate) fn plain(expression: &Expr) -> &Expr {
    match expression {
        Expr::Paren(inner) => plain(&inner.expr),
        Expr::Group(inner) => plain(&inner.expr),
        Expr::Reference(inner) => plain(&inner.expr),
        Expr::Block(block) => match block.block.stmts.as_slice() {
            [Stmt::Expr(only, None)] if block.label.is_none() => plain(only),
            _ => expression,
        },
        other => other,
    }
}

/// The last name of the path of a function.
pub(crate) fn last_name(function: &Expr) -> Option<&Ident> {
    let Expr::Path(path) = function else { return None };
    path.path.segments.last().map(|last| &last.ident)
}

/// `drop(..)`
pub(crate) fn is_drop(call: &ExprCall) -> bool {
    call.args.len() == 1 && last_name(&call.func).is_some_and(|name| name == "drop")
}

/// The expression at the end of a block, which is its value.
pub(crate) fn given(block: &Block) -> Option<&Expr> {
    match block.stmts.last()? {
        Stmt::Expr(last, None) => Some(last),
        _ => None,
    }
}

/// Whether the pattern matches every error: `Err(_)`, `Err(error)`, `_`.
pub(crate) fn covers_errors(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Paren(inner) => covers_errors(&inner.pat),
        Pat::Or(either) => either.cases.iter().any(covers_errors),
        Pat::TupleStruct(made) => {
            variant(pattern).is_some_and(|name| name == "Err")
                && made.elems.iter().all(|one| matches!(one, Pat::Wild(_) | Pat::Ident(_) | Pat::Rest(_)))
        }
        _ => false,
    }
}

/// `Ok`, `Some`, `Message::Text`: the last name of its path.
pub(crate) fn variant(pattern: &Pat) -> Option<&syn::Ident> {
    let path = match pattern {
        Pat::TupleStruct(made) => &made.path,
        Pat::Struct(made) => &made.path,
        Pat::Path(path) => &path.path,
        _ => return None,
    };
    path.segments.last().map(|last| &last.ident)
}

/// Whether it calls a method or function with one of these names.
pub(crate) fn has_call(tokens: &dyn ToTokens, names: &[&str]) -> bool {
    fn search(tokens: TokenStream, names: &[&str]) -> bool {
        let mut called = false;
        for token in tokens {
            match token {
                TokenTree::Ident(word) => called = names.iter().any(|name| word == name),
                TokenTree::Group(group) => {
                    let arguments = group.delimiter() == proc_macro2::Delimiter::Parenthesis;
                    if called && arguments || search(into_stream(group), names) {
                        return true;
                    }
                    called = false;
                }
                // `send::<T>(..)`
                TokenTree::Punct(_) => {}
                TokenTree::Literal(_) => called = false,
            }
        }
        false
    }
    search(tokens.to_token_stream(), names)
}

/// Whether this statement discards the value of the call: `let _ = ..`, `..;`, `.. .ok();`.
pub(crate) fn is_discarded(statement: &Stmt) -> Option<&Expr> {
    let expression = match statement {
        Stmt::Local(local) if matches!(local.pat, Pat::Wild(_)) => &local.init.as_ref()?.expr,
        Stmt::Expr(expression, Some(_)) => expression,
        _ => return None,
    };
    match expression {
        Expr::MethodCall(call) if call.method == "ok" => Some(&call.receiver),
        Expr::Assign(assign) if matches!(&*assign.left, Expr::Infer(_)) => Some(&assign.right),
        other => Some(other),
    }
}

/// The first `?` or `return` that leaves the function from these statements.
pub(crate) fn first_way_out(statements: &[Stmt], macros: &Macros) -> Option<TokenStream> {
    struct Search<'m>(Option<TokenStream>, &'m Macros);
    impl<'a> Visit<'a> for Search<'a> {
        fn visit_expr(&mut self, expression: &'a Expr) {
            if self.0.is_some() {
                return;
            }
            match expression {
                Expr::Async(_) | Expr::Closure(_) => {}
                Expr::Try(end) => {
                    self.visit_expr(&end.expr);
                    self.0.get_or_insert_with(|| end.question_token.to_token_stream());
                }
                Expr::Return(end) => self.0 = Some(end.return_token.to_token_stream()),
                _ => visit::visit_expr(self, expression),
            }
        }

        fn visit_macro(&mut self, call: &'a syn::Macro) {
            for branch in self.1.branches(call).into_iter().flatten() {
                branch.future.iter().for_each(|one| self.visit_expr(one));
                self.visit_expr(&branch.handler);
            }
        }

        fn visit_item(&mut self, _: &'a syn::Item) {}
    }
    let mut search = Search(None, macros);
    for statement in statements {
        search.visit_stmt(statement);
    }
    search.0
}

/// Calls the function for every expression in a block, including those in the branches of `select!`.
pub(crate) fn each_expression(block: &Block, macros: &Macros, found: &mut dyn FnMut(&Expr)) {
    struct All<'f, 'm>(&'f mut dyn FnMut(&Expr), &'m Macros);
    impl<'a> Visit<'a> for All<'_, 'a> {
        fn visit_expr(&mut self, expression: &'a Expr) {
            (self.0)(expression);
            visit::visit_expr(self, expression);
        }

        fn visit_macro(&mut self, call: &'a syn::Macro) {
            for branch in self.1.branches(call).into_iter().flatten() {
                for one in branch.future.iter().chain(&branch.guard).chain([&branch.handler]) {
                    self.visit_expr(one);
                }
            }
        }

        fn visit_item(&mut self, _: &'a syn::Item) {}
    }
    All(found, macros).visit_block(block);
}
