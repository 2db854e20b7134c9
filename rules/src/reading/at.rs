//! The surroundings of an expression.

use syn::{Block, Expr, ExprMethodCall, Ident, Pat, Stmt, Type};

use super::origin::{Name, Origin};
use crate::{
    flow::{Flow, Imports, each_word},
    surroundings::{Neighbour, maker},
};

/// A function, an `async` block or a closure: the target of `return` and `?`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// The function, or code that runs as a part of it.
    Inside,
    /// An `async` block that is given to `spawn`.
    Spawned,
    /// A closure, which other code calls.
    Closure,
}

/// A loop around the expression.
#[derive(Clone, Copy)]
pub(crate) struct Round<'a> {
    pub(crate) whole: &'a Expr,
    /// How many frames were open at its start.
    pub(crate) frames: usize,
    /// The statements after it.
    pub(crate) after: &'a [Stmt],
}

/// The surroundings of an expression: the names in scope, the loops, the frames, and the code after it.
#[derive(Clone)]
pub(crate) struct At<'a> {
    pub(crate) flow: &'a Flow<'a>,
    pub(super) names: Vec<Name<'a>>,
    pub(crate) frames: Vec<Frame>,
    /// The numbers of the frames, all different, and the `spawn` whose handle is dropped.
    apart: Vec<(usize, Option<&'a Ident>)>,
    /// How many frames there have been.
    entered: usize,
    pub(super) rounds: Vec<Round<'a>>,
    /// For each surrounding block, the statements after the current one.
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

    /// The innermost loop, unless an `async` block or a closure is in between.
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

    /// The statements after the current one, up to the end of its block.
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

    /// The `spawn` of the task around a loop, if its handle is dropped, and the body of the loop.
    pub(crate) fn unheld_loop(&self, expression: &'a Expr) -> Option<(&'a Ident, &'a Block)> {
        let body = match expression {
            Expr::Loop(repeat) => &repeat.body,
            Expr::While(repeat) => &repeat.body,
            _ => return None,
        };
        let (_, unheld) = self.apart.last()?;
        Some(((*unheld)?, body))
    }

    /// Whether it runs repeatedly, including through a loop around its `async` block.
    pub(crate) fn is_repeated(&self) -> bool {
        !self.rounds.is_empty()
    }

    /// How many loops are around it.
    pub(crate) fn rounds_around(&self) -> usize {
        self.rounds.len()
    }

    /// The number of the next name.
    pub(crate) fn next_number(&self) -> usize {
        self.bound + 1
    }

    /// The function of this file that is called.
    pub(crate) fn helper(&self, function: &Expr) -> Option<&'a Neighbour> {
        self.flow.helper(&super::origin::path_of(function, self.imports())?)
    }

    /// The method of a type of this file that is called, if the receiver is `self`, or what it is was written in the function.
    pub(crate) fn method(&self, call: &ExprMethodCall) -> Option<&'a Neighbour> {
        let is_self = matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident("self"));
        let of = if is_self { self.flow.of()?.to_owned() } else { self.maker(self.named(&call.receiver)?)? };
        self.flow.method_of(&of, &call.method.to_string())
    }

    /// The path of the type of a name, or of the function that created its value.
    fn maker(&self, name: &Name<'a>) -> Option<String> {
        match name.origin {
            Origin::Made(made) => maker(made, self.imports()),
            Origin::Typed(ty) => self.type_path(ty),
            _ => None,
        }
    }

    /// The surroundings of the value at the end of a block that begins here.
    pub(crate) fn at_the_end_of(&self, block: &'a Block) -> Self {
        let mut at = self.clone();
        for statement in &block.stmts {
            if let Stmt::Local(local) = statement {
                at.bind(
                    &local.pat,
                    local.init.as_ref().map_or(Origin::Unknown, |init| Origin::Made(&init.expr)),
                );
            }
        }
        at
    }

    /// The meaning of the name here.
    pub(crate) fn find(&self, name: &Ident) -> Option<&Name<'a>> {
        self.names.iter().rfind(|one| name == one.ident)
    }

    /// The meaning of the expression, if it is a name, or borrows one.
    pub(crate) fn named(&self, expression: &Expr) -> Option<&Name<'a>> {
        match expression {
            Expr::Path(path) => self.find(path.path.get_ident()?),
            Expr::Paren(inner) => self.named(&inner.expr),
            Expr::Reference(inner) => self.named(&inner.expr),
            _ => None,
        }
    }

    /// The scope in which this name was bound.
    pub(super) fn before(&self, name: &Name<'a>) -> &[Name<'a>] {
        let end = self.names.iter().position(|one| one.number == name.number).unwrap_or(0);
        &self.names[..end]
    }

    /// Whether the name of a socket, or of a half of one, occurs there.
    pub(crate) fn mentions_handle(&self, tokens: &dyn quote::ToTokens) -> bool {
        let mut found = false;
        each_word(tokens.to_token_stream(), &mut |word| {
            found |= word == "self" && self.flow.has_handles_in_self();
            found |= self.find(word).is_some_and(|name| self.is_handle(name));
        });
        found
    }

    /// Assigns origins to the names of a pattern.
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
                // The expression says more than the type, unless it says nothing.
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
            Pat::Struct(made) => {
                for field in &made.fields {
                    self.bind_inside(&field.pat, origin);
                    if let (syn::Member::Named(member), Some(_), Some(name)) =
                        (&field.member, super::only_name(&field.pat), self.names.last_mut())
                    {
                        name.field = Some(member);
                    }
                }
            }
            other => self.bind_inside(other, origin),
        }
    }

    /// Every name in it is a part of the value.
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
        self.names.push(Name { ident, number, origin, field: None, frames, rounds });
    }
}
