//! Paths of values, and what they are computed of.

use quote::ToTokens;
use syn::{
    BinOp, Block, Expr, Pat, Stmt,
    visit::{self, Visit},
};

use crate::flow::each_word;

/// The value without what only converts or borrows it.
pub(super) fn plain(value: &Expr) -> &Expr {
    const SAME: [&str; 18] = [
        "clone",
        "cloned",
        "copied",
        "to_owned",
        "to_string",
        "as_str",
        "as_ref",
        "as_mut",
        "as_deref",
        "into",
        "try_into",
        "unwrap",
        "expect",
        "unwrap_or_default",
        "ok",
        "borrow",
        "as_slice",
        "as_bytes",
    ];
    match value {
        Expr::Paren(inner) => plain(&inner.expr),
        Expr::Group(inner) => plain(&inner.expr),
        Expr::Reference(inner) => plain(&inner.expr),
        Expr::Unary(inner) if matches!(inner.op, syn::UnOp::Deref(_)) => plain(&inner.expr),
        Expr::Cast(inner) => plain(&inner.expr),
        Expr::Try(inner) => plain(&inner.expr),
        Expr::MethodCall(call) if SAME.contains(&call.method.to_string().as_str()) => plain(&call.receiver),
        Expr::Call(call) if call.args.len() == 1 && is_conversion(&call.func) => plain(&call.args[0]),
        other => other,
    }
}

/// `usize::from`, `usize::try_from`, `String::from`, `Some`.
fn is_conversion(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    let last = path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    matches!(last.as_str(), "from" | "try_from" | "Some")
}

/// `mv.to` of `&mv.to as usize`: a name, or a field of one.
pub(crate) fn path_of(value: &Expr) -> Option<String> {
    match plain(value) {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        Expr::Field(field) => Some(format!("{}.{}", path_of(&field.base)?, field.member.to_token_stream())),
        Expr::Index(index) => Some(format!("{}[{}]", path_of(&index.expr)?, index.index.to_token_stream())),
        _ => None,
    }
}

/// Methods that compute a number of another and their argument, which grows with both.
fn computes(method: &str) -> bool {
    ["saturating_", "wrapping_", "checked_"].iter().any(|start| method.starts_with(start))
        && ["add", "sub", "mul", "pow"].iter().any(|end| method.ends_with(end))
}

/// The paths of which the number is computed; `None` if something else is in it, which may bound it.
pub(crate) fn operands(value: &Expr) -> Option<Vec<String>> {
    match plain(value) {
        Expr::Lit(_) => Some(Vec::new()),
        Expr::Binary(binary)
            if matches!(binary.op, BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) | BinOp::Shl(_)) =>
        {
            let mut all = operands(&binary.left)?;
            all.extend(operands(&binary.right)?);
            Some(all)
        }
        Expr::MethodCall(call) if computes(&call.method.to_string()) => {
            let mut all = operands(&call.receiver)?;
            for one in &call.args {
                all.extend(operands(one)?);
            }
            Some(all)
        }
        // The length of something else does not bound it.
        Expr::MethodCall(call) if call.method == "len" && call.args.is_empty() => Some(Vec::new()),
        other => path_of(other).map(|path| vec![path]),
    }
}

/// Every path in it, the longest ones.
pub(super) fn paths_of(value: &Expr) -> Vec<String> {
    struct Paths(Vec<String>);
    impl<'ast> Visit<'ast> for Paths {
        fn visit_expr(&mut self, expression: &'ast Expr) {
            let path = match expression {
                Expr::Path(_) | Expr::Field(_) | Expr::Index(_) => path_of(expression),
                _ => None,
            };
            let is_index = matches!(expression, Expr::Index(_));
            match path {
                Some(path) => {
                    self.0.push(path);
                    if is_index {
                        visit::visit_expr(self, expression);
                    }
                }
                None => visit::visit_expr(self, expression),
            }
        }
    }
    let mut paths = Paths(Vec::new());
    paths.visit_expr(value);
    paths.0
}

/// The names that the pattern binds, as far as words show it.
pub(super) fn names_of(pattern: &Pat) -> impl Iterator<Item = String> {
    struct Names(Vec<String>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, name: &'ast syn::PatIdent) {
            self.0.push(name.ident.to_string());
            visit::visit_pat_ident(self, name);
        }
    }
    let mut names = Names(Vec::new());
    names.visit_pat(pattern);
    names.0.into_iter()
}

/// Whether it names the values: `3`, `at @ 0..=63`, `Some(0..8)`, `"red" | "green"`.
pub(super) fn is_number_pattern(pattern: &Pat) -> bool {
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        fn visit_pat(&mut self, pattern: &'ast Pat) {
            self.0 |= match pattern {
                Pat::Lit(lit) => !matches!(lit.lit, syn::Lit::Bool(_)),
                Pat::Range(range) => range.end.is_some(),
                _ => false,
            };
            visit::visit_pat(self, pattern);
        }
    }
    let mut search = Search(false);
    search.visit_pat(pattern);
    search.0
}

/// Whether it has a comparison, or a pattern of numbers.
pub(super) fn compares(value: &Expr) -> bool {
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
            self.0 |= matches!(
                binary.op,
                BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) | BinOp::Eq(_) | BinOp::Ne(_)
            );
            visit::visit_expr_binary(self, binary);
        }

        fn visit_pat(&mut self, pattern: &'ast Pat) {
            self.0 |= is_number_pattern(pattern);
            visit::visit_pat(self, pattern);
        }
    }
    let mut search = Search(false);
    search.visit_expr(value);
    search.0
}

/// `64` of `[0u8; 64]` and `vec![0; 64]`, or as many as are listed.
pub(super) fn size(value: &Expr) -> Option<u64> {
    let number = |value: &Expr| match value {
        Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    };
    match value {
        Expr::Repeat(repeat) => number(&repeat.len),
        Expr::Array(array) => u64::try_from(array.elems.len()).ok(),
        Expr::Macro(call) if call.mac.path.is_ident("vec") => {
            let array = syn::parse2(quote::quote!([])).ok();
            let tokens = call.mac.tokens.clone();
            let made = syn::parse2::<Expr>(quote::quote!([#tokens])).ok().or(array)?;
            if matches!(&made, Expr::Array(array) if array.elems.is_empty()) { None } else { size(&made) }
        }
        _ => None,
    }
}

/// Whether what follows does not run after the expression.
pub(super) fn ends(value: &Expr) -> bool {
    match value {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
        Expr::Block(block) => block_ends(&block.block),
        Expr::If(branch) => {
            block_ends(&branch.then_branch)
                && branch.else_branch.as_ref().is_some_and(|(_, other)| ends(other))
        }
        Expr::Match(branch) => !branch.arms.is_empty() && branch.arms.iter().all(|arm| ends(&arm.body)),
        Expr::Macro(call) => is_end(&call.mac),
        _ => false,
    }
}

fn is_end(call: &syn::Macro) -> bool {
    let mut found = false;
    each_word(call.path.to_token_stream(), &mut |word| {
        found |= ["bail", "panic", "unreachable", "todo"].iter().any(|end| word == end);
    });
    found
}

pub(super) fn block_ends(block: &Block) -> bool {
    block.stmts.iter().any(|statement| match statement {
        Stmt::Expr(value, _) => ends(value),
        Stmt::Macro(call) => is_end(&call.mac),
        _ => false,
    })
}
