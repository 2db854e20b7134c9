//! A function as it is written: for rules about the contents of a loop or of a branch of `select!`.
//!
//! The graph of `flow` knows the possible order of operations on a connection, and nothing else. Here nothing is followed:
//! [`read`] walks the body once, and passes each expression with its surroundings ([`At`]) to a rule (a [`Look`]): the
//! loops, the `async` blocks, and the origins of the names in scope.

mod at;
mod channel;
mod failure;
mod feed;
mod origin;
mod shape;
mod walk;

pub(crate) use at::{At, Frame, Round};
pub(crate) use channel::{Received, base_ident, is_spawn, task_of};
pub(crate) use failure::{constructed, made_error, made_errors};
pub(crate) use origin::{Name, Origin, only_name};
pub(crate) use shape::{
    block_leaves, covers_errors, each_expression, first_way_out, given, goes_round, has_call, is_discarded,
    is_drop, last_name, leaves, plain, tells, variant,
};
pub(crate) use walk::read;

use syn::{Expr, Local};

use crate::flow::Branch;

/// A rule that inspects expressions.
pub(crate) trait Look<'a> {
    /// An expression, before its parts.
    fn expression(&mut self, _expression: &'a Expr, _at: &At<'a>) {}

    /// A `let`, before its names are bound.
    fn local(&mut self, _local: &'a Local, _at: &At<'a>) {}

    /// An expression whose value is dropped where it is created, before its parts.
    fn dropped(&mut self, _expression: &'a Expr, _at: &At<'a>) {}

    /// The branches of a `select!`, before their contents.
    fn select(&mut self, _branches: &'a [Branch], _at: &At<'a>) {}
}
