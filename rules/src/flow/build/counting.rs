//! Variables that only count: nothing in the function depends on them.

use syn::{
    Block, Expr, ExprBinary, Ident, Macro, PatIdent,
    visit::{self, Visit},
};

use super::{Builder, expression::is_assignment, macros::only_reads};
use crate::flow::{code::Code, graph::Step, macro_name, spell};

impl Builder<'_> {
    /// `failed += 1`
    pub(super) fn compound_assignment(&mut self, target: &Expr) {
        if !self.only_counts(target) {
            self.push(Step::Effect);
        }
    }

    fn only_counts(&mut self, target: &Expr) -> bool {
        let Expr::Path(path) = target else { return false };
        let Some(name) = path.path.get_ident().map(ToString::to_string) else { return false };
        let body = self.body;
        *self.counters.entry(name).or_insert_with_key(|name| uses(body, name) == 0)
    }
}

/// How often the name occurs where it is neither bound, nor added to, nor only written to the log.
fn uses(body: &Block, name: &str) -> usize {
    let mut counts = Counts { name, found: 0 };
    counts.visit_block(body);
    let accepted = counts.found;
    occurrences(body, name).saturating_sub(accepted)
}

fn occurrences(code: &dyn Code, name: &str) -> usize {
    let (mut found, mut word) = (0, String::new());
    code.each_name(&mut |ident| {
        spell(ident, &mut word);
        found += usize::from(word == name);
    });
    found
}

struct Counts<'n> {
    name: &'n str,
    found: usize,
}

impl<'ast> Visit<'ast> for Counts<'_> {
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        self.found += usize::from(pattern.ident == self.name);
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        let is_it = |name: &Ident| name == self.name;
        if is_assignment(binary.op)
            && matches!(&*binary.left, Expr::Path(path) if path.path.get_ident().is_some_and(is_it))
        {
            self.found += 1;
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        if only_reads(&macro_name(call)) {
            self.found += occurrences(&call.tokens, self.name);
        }
    }
}
