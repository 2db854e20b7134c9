//! Lists the names in code without converting it to tokens, which would take longer than anything else here.

use proc_macro2::{Ident, TokenStream};
use syn::{
    Block, Expr, ExprCall, ExprClosure, ExprMethodCall, Stmt,
    visit::{self, Visit},
};

use super::each_word;

/// Code in which names occur.
pub(crate) trait Code {
    /// Calls the function for every name, including those in macros. Keywords are not names, except `self`.
    fn each_name(&self, found: &mut dyn FnMut(&Ident));
}

struct Reader<'f>(&'f mut dyn FnMut(&Ident));

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_ident(&mut self, name: &'ast Ident) {
        (self.0)(name);
    }

    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        tokens.each_name(self.0);
    }
}

impl Code for TokenStream {
    fn each_name(&self, mut found: &mut dyn FnMut(&Ident)) {
        each_word(self.clone(), &mut found);
    }
}

impl Code for Block {
    fn each_name(&self, found: &mut dyn FnMut(&Ident)) {
        Reader(found).visit_block(self);
    }
}

impl Code for Stmt {
    fn each_name(&self, found: &mut dyn FnMut(&Ident)) {
        Reader(found).visit_stmt(self);
    }
}

impl Code for Expr {
    fn each_name(&self, found: &mut dyn FnMut(&Ident)) {
        Reader(found).visit_expr(self);
    }
}

impl Code for ExprCall {
    fn each_name(&self, found: &mut dyn FnMut(&Ident)) {
        Reader(found).visit_expr_call(self);
    }
}

impl Code for ExprMethodCall {
    fn each_name(&self, found: &mut dyn FnMut(&Ident)) {
        Reader(found).visit_expr_method_call(self);
    }
}

impl Code for ExprClosure {
    fn each_name(&self, found: &mut dyn FnMut(&Ident)) {
        visit::visit_expr_closure(&mut Reader(found), self);
    }
}
