//! A function as it is written: for rules that ask what stands in a loop or in a branch of `select!`.
//!
//! The graph of `flow` knows what can follow what on a connection, and forgets everything else. Here nothing is followed:
//! [`read`] goes through the body once, and shows a rule (a [`Look`]) each expression with what is around it ([`At`]): the
//! loops, the `async` blocks, and what the names in scope were made from.

mod at;
mod channel;
mod origin;
mod shape;
mod walk;

pub(crate) use at::{At, Frame, Round};
pub(crate) use channel::{Received, base_ident, task_of};
pub(crate) use origin::{Name, Origin, only_name};
pub(crate) use shape::{
    covers_errors, each_expression, first_way_out, given, goes_round, has_call, is_discarded, leaves, plain,
    tells, variant,
};
pub(crate) use walk::read;

use syn::{Expr, Local};

use crate::flow::Branch;

/// What a rule does with what it is shown.
pub(crate) trait Look<'a> {
    /// An expression, before those in it.
    fn expression(&mut self, _expression: &'a Expr, _at: &At<'a>) {}

    /// A `let`, before its names are bound.
    fn local(&mut self, _local: &'a Local, _at: &At<'a>) {}

    /// The branches of a `select!`, before what is in them.
    fn select(&mut self, _branches: &'a [Branch], _at: &At<'a>) {}
}
