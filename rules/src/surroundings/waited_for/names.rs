//! The names in scope, with the expressions that they were bound to.

use std::rc::Rc;

use quote::ToTokens;
use syn::{
    Expr, Ident, Pat,
    visit::{self, Visit},
};

use crate::flow::each_word;

/// The names at one place of a function; a name knows those before it.
#[derive(Clone, Default)]
pub(super) struct Names<'f>(Option<Rc<Name<'f>>>);

pub(super) struct Name<'f> {
    pub(super) ident: &'f Ident,
    /// What it was bound to; `None` for a parameter, or a part of a message.
    pub(super) made: Option<&'f Expr>,
    /// How many names are bound together.
    pub(super) together: usize,
    /// Whether the function created it itself.
    pub(super) is_own: bool,
    pub(super) before: Names<'f>,
}

impl<'f> Names<'f> {
    pub(super) fn bind(&mut self, pattern: &'f Pat, made: Option<&'f Expr>) {
        match (pattern, made) {
            (Pat::Tuple(names), Some(Expr::Tuple(values))) if names.elems.len() == values.elems.len() => {
                names.elems.iter().zip(&values.elems).for_each(|(name, value)| self.bind(name, Some(value)));
            }
            _ => {
                let mut all = All(Vec::new());
                all.visit_pat(pattern);
                let is_own = made.is_some_and(|made| self.has_own(made));
                let together = all.0.len();
                for ident in all.0 {
                    let before = self.clone();
                    *self = Self(Some(Rc::new(Name { ident, made, together, is_own, before })));
                }
            }
        }
    }

    pub(super) fn find(&self, ident: &Ident) -> Option<&Rc<Name<'f>>> {
        let mut here = self.0.as_ref()?;
        while here.ident != ident {
            here = here.before.0.as_ref()?;
        }
        Some(here)
    }

    /// Whether something in it was created here: an end of a channel, a token. Through it the caller can tell the function to end.
    pub(super) fn has_own(&self, code: &dyn ToTokens) -> bool {
        const SIGNS: [&str; 6] =
            ["CancellationToken", "child_token", "Notify", "AtomicBool", "bounded", "unbounded"];
        let mut found = false;
        each_word(code.to_token_stream(), &mut |word| {
            let is_sign = || {
                let word = word.to_string();
                word.ends_with("channel") || SIGNS.contains(&word.as_str())
            };
            found = found || is_sign() || self.find(word).is_some_and(|name| name.is_own);
        });
        found
    }
}

/// The names of a pattern.
struct All<'f>(Vec<&'f Ident>);

impl<'f> Visit<'f> for All<'f> {
    fn visit_pat_ident(&mut self, name: &'f syn::PatIdent) {
        self.0.push(&name.ident);
        visit::visit_pat_ident(self, name);
    }
}
