//! The contents of a body's macros with known syntax: parsed once, for all rules.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use syn::{
    BinOp, Block, Expr, Macro,
    visit::{self, Visit},
};

use super::{Branch, arguments, macro_name, parse_select};

/// The macros of a body, with those in their branches and arguments.
///
/// They are identified by their addresses, since two macros that another macro wrote can have the same place in the
/// source.
#[derive(Default)]
pub(crate) struct Macros {
    read: HashMap<*const Macro, Parts, FixedState>,
    /// Whether the body, or one of the macros, has an index expression, or a division.
    pub(crate) indexes: bool,
    /// Whether `+=` occurs.
    pub(crate) adds: bool,
    /// Whether `-=` occurs.
    pub(crate) subtracts: bool,
}

/// The contents of the parentheses.
struct Parts {
    branches: Option<Vec<Branch>>,
    arguments: Vec<Expr>,
}

impl Macros {
    /// Parses the macros of a body, which must not be moved.
    pub(crate) fn of(block: &Block) -> Self {
        let mut macros = Self::default();
        macros.visit_block(block);
        macros
    }

    /// The branches of `select!`; `None` if it cannot be parsed.
    pub(crate) fn branches(&self, call: &Macro) -> Option<&[Branch]> {
        self.read.get(&std::ptr::from_ref(call))?.branches.as_deref()
    }

    /// The comma-separated arguments; empty if the macro has its own syntax.
    pub(crate) fn arguments(&self, call: &Macro) -> &[Expr] {
        self.read.get(&std::ptr::from_ref(call)).map_or(&[], |parts| &parts.arguments)
    }
}

impl<'ast> Visit<'ast> for Macros {
    fn visit_macro(&mut self, call: &'ast Macro) {
        let is_select = matches!(macro_name(call).as_str(), "select" | "select_biased");
        let branches = is_select.then(|| parse_select(call.tokens.clone()).ok()).flatten();
        let arguments = if branches.is_some() { Vec::new() } else { arguments(call) };
        let parts = Parts { branches, arguments };
        for branch in parts.branches.iter().flatten() {
            branch.pattern.iter().for_each(|one| visit::visit_pat(self, one));
            let expressions = branch.future.iter().chain(&branch.guard).chain([&branch.handler]);
            expressions.for_each(|one| self.visit_expr(one));
        }
        parts.arguments.iter().for_each(|one| self.visit_expr(one));
        // Parsed values keep their addresses when the vectors around them move.
        self.read.insert(std::ptr::from_ref(call), parts);
    }

    fn visit_expr_index(&mut self, index: &'ast syn::ExprIndex) {
        self.indexes = true;
        visit::visit_expr_index(self, index);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        self.indexes |=
            matches!(binary.op, BinOp::Div(_) | BinOp::Rem(_) | BinOp::DivAssign(_) | BinOp::RemAssign(_));
        self.adds |= matches!(binary.op, BinOp::AddAssign(_));
        self.subtracts |= matches!(binary.op, BinOp::SubAssign(_));
        visit::visit_expr_binary(self, binary);
    }

    /// It is a function of its own.
    fn visit_item(&mut self, _: &'ast syn::Item) {}

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}
