//! Errors that an expression makes.

use syn::{
    Expr, ExprBreak, ExprCall,
    visit::{self, Visit},
};

use super::{given, last_name, plain};
use crate::flow::Macros;

/// `Error::close(..)` or `Error::status(..)` in what makes an `Err` of it: `Err(..)`, `ok_or(..)`, `ok_or_else(|| ..)`, `map_err(|_| ..)`,
/// `or_else(|_| Err(..))`.
pub(crate) fn made_error(made: &Expr) -> Option<&ExprCall> {
    constructed(error_of(made)?)
}

/// The call, if it may be one of `Error::close(..)` and `Error::status(..)`.
pub(crate) fn constructed(error: &Expr) -> Option<&ExprCall> {
    match value(error) {
        Expr::Call(call) if last_name(&call.func).is_some_and(|name| name == "close" || name == "status") => {
            Some(call)
        }
        _ => None,
    }
}

/// What such an expression makes an `Err` of: the error, or the path of the function that is to make it, as in `map_err(not_found)`.
fn error_of(made: &Expr) -> Option<&Expr> {
    let error = match plain(made) {
        Expr::Call(call) if last_name(&call.func).is_some_and(|name| name == "Err") => call.args.first()?,
        Expr::MethodCall(call) if call.method == "ok_or" => call.args.first()?,
        Expr::MethodCall(call) if call.method == "ok_or_else" || call.method == "map_err" => {
            match call.args.first()? {
                function @ Expr::Path(_) => return Some(function),
                closure => closure_value(closure)?,
            }
        }
        Expr::MethodCall(call) if call.method == "or_else" => {
            return error_of(closure_value(call.args.first()?)?);
        }
        _ => return None,
    };
    // A name is an error that was made before.
    Some(value(error)).filter(|error| !matches!(error, Expr::Path(_)))
}

/// The errors of every arm, branch, and `break` whose value is that of the expression, or the paths of the functions that make them.
pub(crate) fn made_errors<'e>(made: &'e Expr, macros: &'e Macros) -> Vec<&'e Expr> {
    let mut search = Ends { macros, loops: Vec::new(), depth: 0, found: Vec::new() };
    search.value(made);
    search.found
}

/// The expressions that give a value.
struct Ends<'e> {
    macros: &'e Macros,
    /// The loops whose values are searched, each with its label, and how many loops are around its body.
    loops: Vec<(Option<String>, usize)>,
    /// How many loops are around this place.
    depth: usize,
    found: Vec<&'e Expr>,
}

impl<'e> Ends<'e> {
    fn value(&mut self, made: &'e Expr) {
        match value(made) {
            Expr::Match(choice) => choice.arms.iter().for_each(|arm| self.value(&arm.body)),
            Expr::If(branch) => {
                if let Some(last) = given(&branch.then_branch) {
                    self.value(last);
                }
                if let Some((_, other)) = &branch.else_branch {
                    self.value(other);
                }
            }
            Expr::Loop(repeat) => {
                let label = repeat.label.as_ref().map(|label| label.name.ident.to_string());
                self.depth += 1;
                self.loops.push((label, self.depth));
                self.visit_block(&repeat.body);
                self.loops.pop();
                self.depth -= 1;
            }
            other => self.found.extend(error_of(other)),
        }
    }
}

impl<'e> Visit<'e> for Ends<'e> {
    fn visit_expr_break(&mut self, end: &'e ExprBreak) {
        let Some((label, depth)) = self.loops.last() else { return };
        let is_its = match &end.label {
            Some(one) => Some(one.ident.to_string()) == *label,
            None => self.depth == *depth,
        };
        if let Some(value) = end.expr.as_ref().filter(|_| is_its) {
            self.value(value);
        }
    }

    fn visit_expr(&mut self, expression: &'e Expr) {
        match expression {
            Expr::Async(_) | Expr::Closure(_) => {}
            Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) => {
                self.depth += 1;
                visit::visit_expr(self, expression);
                self.depth -= 1;
            }
            _ => visit::visit_expr(self, expression),
        }
    }

    fn visit_macro(&mut self, call: &'e syn::Macro) {
        for branch in self.macros.branches(call).into_iter().flatten() {
            self.visit_expr(&branch.handler);
        }
    }

    fn visit_item(&mut self, _: &'e syn::Item) {}
}

/// The value of a closure.
fn closure_value(closure: &Expr) -> Option<&Expr> {
    match closure {
        Expr::Closure(closure) => Some(value(&closure.body)),
        _ => None,
    }
}

/// The expression that gives the value, after the statements before it.
fn value(expression: &Expr) -> &Expr {
    match plain(expression) {
        Expr::Block(block) if block.label.is_none() => given(&block.block).map_or(expression, value),
        other => other,
    }
}
