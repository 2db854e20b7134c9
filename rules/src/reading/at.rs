//! What is around an expression.

use syn::{Expr, Ident, Pat, Stmt, Type};

use super::origin::{Name, Origin};
use crate::{
    flow::{Flow, Imports, each_word},
    surroundings::Neighbour,
};

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
    /// The numbers of the frames, no two of which are the same, and the `spawn` whose handle nobody has.
    apart: Vec<(usize, Option<&'a Ident>)>,
    /// How many frames there have been.
    entered: usize,
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
            apart: vec![(0, None)],
            entered: 0,
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

    pub(super) fn enter(&mut self, frame: Frame, unheld: Option<&'a Ident>) {
        self.entered += 1;
        self.frames.push(frame);
        self.apart.push((self.entered, unheld));
    }

    pub(super) fn leave(&mut self) {
        self.frames.pop();
        self.apart.pop();
    }

    /// The number of the innermost frame.
    pub(crate) fn frame(&self) -> usize {
        self.apart.last().map_or(0, |(number, _)| *number)
    }

    /// The `spawn` of the task that it is in, when nobody has its handle.
    pub(crate) fn unheld_task(&self) -> Option<&'a Ident> {
        self.apart.last().and_then(|(_, unheld)| *unheld)
    }

    /// Whether it runs again and again, be it in a loop around the `async` block that it is in.
    pub(crate) fn is_repeated(&self) -> bool {
        !self.rounds.is_empty()
    }

    /// How many loops are around it.
    pub(crate) fn rounds_around(&self) -> usize {
        self.rounds.len()
    }

    /// The number that the next name gets.
    pub(crate) fn next_number(&self) -> usize {
        self.bound + 1
    }

    /// The function of this file that is called.
    pub(crate) fn helper(&self, function: &Expr) -> Option<&'a Neighbour> {
        self.flow.helper(&super::origin::path_of(function, self.imports())?)
    }

    /// What the name stands for here.
    pub(crate) fn find(&self, name: &Ident) -> Option<&Name<'a>> {
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
            other => self.bind_inside(other, origin),
        }
    }

    /// Every name in it stands for a part of it.
    fn bind_inside(&mut self, pattern: &'a Pat, origin: Origin<'a>) {
        struct All<'n, 'a>(&'n mut At<'a>, Origin<'a>);
        impl<'a> syn::visit::Visit<'a> for All<'_, 'a> {
            fn visit_pat_ident(&mut self, name: &'a syn::PatIdent) {
                self.0.add(&name.ident, self.1);
                syn::visit::visit_pat_ident(self, name);
            }
        }
        syn::visit::visit_pat(&mut All(self, origin.inside()), pattern);
    }

    fn add(&mut self, ident: &'a Ident, origin: Origin<'a>) {
        self.bound += 1;
        let (number, frames, rounds) = (self.bound, self.frames.len(), self.rounds.len());
        self.names.push(Name { ident, number, origin, frames, rounds });
    }
}
