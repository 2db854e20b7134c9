//! What is around an expression.

use syn::{Expr, Pat, Stmt, Type};

use super::origin::{Name, Origin};
use crate::flow::{Flow, Imports, each_word};

/// A function, an `async` block or a closure: what `return` and `?` leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// The function, or what runs as a part of it.
    Inside,
    /// An `async` block that is given to `spawn`.
    Spawned,
    /// A closure, which others call.
    Closure,
}

/// A loop around the expression.
#[derive(Clone, Copy)]
pub(crate) struct Round<'a> {
    pub(crate) whole: &'a Expr,
    /// How many frames were open where it began.
    pub(crate) frames: usize,
    /// The statements after it.
    pub(crate) after: &'a [Stmt],
}

/// What is around an expression: the names in scope, the loops, the frames, and what comes after it.
pub(crate) struct At<'a> {
    pub(crate) flow: &'a Flow<'a>,
    pub(super) names: Vec<Name<'a>>,
    pub(crate) frames: Vec<Frame>,
    pub(super) rounds: Vec<Round<'a>>,
    /// For each block around it, the statements after the one that it is in.
    pub(super) following: Vec<&'a [Stmt]>,
    /// How many names there have been.
    pub(super) bound: usize,
}

impl<'a> At<'a> {
    pub(super) fn new(flow: &'a Flow<'a>) -> Self {
        Self {
            flow,
            names: Vec::new(),
            frames: vec![Frame::Inside],
            rounds: Vec::new(),
            following: Vec::new(),
            bound: 0,
        }
    }

    pub(crate) fn imports(&self) -> &'a Imports {
        self.flow.imports()
    }

    /// The innermost loop, unless an `async` block or a closure stands in between.
    pub(crate) fn round(&self) -> Option<Round<'a>> {
        self.rounds.last().copied().filter(|round| round.frames == self.frames.len())
    }

    /// The innermost loop when only `break`, `return` and `?` end it.
    pub(crate) fn endless_round(&self) -> Option<Round<'a>> {
        self.round().filter(|round| match round.whole {
            Expr::Loop(_) => true,
            Expr::While(repeat) => matches!(&*repeat.cond, Expr::Lit(_)),
            _ => false,
        })
    }

    /// Whether it is in a task that was spawned in the function.
    pub(crate) fn is_spawned(&self) -> bool {
        self.frames.contains(&Frame::Spawned)
    }

    /// The statements after the one that it is in, up to the end of its block.
    pub(crate) fn rest(&self) -> &'a [Stmt] {
        self.following.last().copied().unwrap_or_default()
    }

    /// What the name stands for here.
    pub(crate) fn find(&self, name: &syn::Ident) -> Option<&Name<'a>> {
        self.names.iter().rfind(|one| name == one.ident)
    }

    /// What the expression stands for, when it is a name, or lends one.
    pub(crate) fn named(&self, expression: &Expr) -> Option<&Name<'a>> {
        match expression {
            Expr::Path(path) => self.find(path.path.get_ident()?),
            Expr::Paren(inner) => self.named(&inner.expr),
            Expr::Reference(inner) => self.named(&inner.expr),
            _ => None,
        }
    }

    /// What was in scope where that name was bound.
    pub(super) fn before(&self, name: &Name<'a>) -> &[Name<'a>] {
        let end = self.names.iter().position(|one| one.number == name.number).unwrap_or(0);
        &self.names[..end]
    }

    /// Whether the name of a socket, or of a half of one, stands there.
    pub(crate) fn mentions_handle(&self, tokens: &dyn quote::ToTokens) -> bool {
        let mut found = false;
        each_word(tokens.to_token_stream(), &mut |word| {
            found |= word == "self" && self.flow.has_handles_in_self();
            found |= self.find(word).is_some_and(|name| self.is_handle(name));
        });
        found
    }

    /// Gives the names of a pattern what they stand for.
    pub(super) fn bind(&mut self, pattern: &'a Pat, origin: Origin<'a>) {
        match pattern {
            Pat::Ident(name) => {
                if let Some((_, inner)) = &name.subpat {
                    self.bind(inner, origin);
                }
                self.add(&name.ident, origin);
            }
            Pat::Paren(inner) => self.bind(&inner.pat, origin),
            Pat::Reference(inner) => self.bind(&inner.pat, origin),
            Pat::Guard(inner) => self.bind(&inner.pat, origin),
            Pat::Type(inner) if !matches!(&*inner.ty, Type::Infer(_)) => {
                // What makes it tells more than the type, unless it tells nothing.
                let known = matches!(origin, Origin::Made(_) | Origin::Part(..));
                self.bind(&inner.pat, if known { origin } else { Origin::Typed(&inner.ty) });
            }
            Pat::Type(inner) => self.bind(&inner.pat, origin),
            Pat::Tuple(tuple) => {
                for (index, one) in tuple.elems.iter().enumerate() {
                    self.bind(one, origin.part(index));
                }
            }
            // `State(state): State<..>`
            Pat::TupleStruct(one) if one.elems.len() == 1 && matches!(origin, Origin::Typed(_)) => {
                self.bind(&one.elems[0], origin);
            }
            other => self.bind_unknown(other),
        }
    }

    fn bind_unknown(&mut self, pattern: &'a Pat) {
        struct All<'n, 'a>(&'n mut At<'a>);
        impl<'a> syn::visit::Visit<'a> for All<'_, 'a> {
            fn visit_pat_ident(&mut self, name: &'a syn::PatIdent) {
                self.0.add(&name.ident, Origin::Unknown);
                syn::visit::visit_pat_ident(self, name);
            }
        }
        syn::visit::visit_pat(&mut All(self), pattern);
    }

    fn add(&mut self, ident: &'a syn::Ident, origin: Origin<'a>) {
        self.bound += 1;
        let (number, frames) = (self.bound, self.frames.len());
        self.names.push(Name { ident, number, origin, frames });
    }
}
