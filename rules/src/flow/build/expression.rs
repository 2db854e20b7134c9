//! Expressions: each returns what is known about its value.

use quote::ToTokens;
use syn::{BinOp, Expr, ExprReturn};

use super::{Builder, object::name_of, result::judge};
use crate::flow::{
    graph::{Exit, Step},
    value::{Outcomes, Value},
};

impl<'a> Builder<'a> {
    /// An expression that was parsed from the tokens of a macro.
    pub(super) fn eval_owned(&mut self, expression: Expr) -> Value<'a> {
        let expression = self.keep(expression);
        self.eval(expression)
    }

    pub(super) fn keep(&self, expression: Expr) -> &'a Expr {
        self.kept.alloc(expression)
    }

    pub(super) fn eval(&mut self, expression: &'a Expr) -> Value<'a> {
        match expression {
            Expr::Path(path) => self.path(path),
            Expr::Paren(inner) => self.eval(&inner.expr),
            Expr::Group(inner) => self.eval(&inner.expr),
            Expr::Reference(inner) => self.eval(&inner.expr),
            Expr::Await(inner) => self.awaited(&inner.base),
            Expr::Try(inner) => {
                let first = self.graph.nodes.len();
                let value = self.eval(&inner.expr);
                self.fail_with(&inner.expr, first);
                self.question_mark(value)
            }
            Expr::MethodCall(call) => self.method_call(call, false),
            Expr::Call(call) => self.call(call, false),
            Expr::Macro(call) => self.macro_call(&call.mac),
            Expr::If(branch) => self.if_else(branch, Self::block, Self::eval),
            Expr::Match(branch) => self.match_arms(branch, Self::eval),
            Expr::Loop(repeat) => self.endless(repeat),
            Expr::While(repeat) => self.while_loop(repeat),
            Expr::ForLoop(repeat) => self.for_loop(repeat),
            Expr::Block(block) => self.labelled(block),
            Expr::Unsafe(block) => self.block(&block.block),
            Expr::Async(block) => self.task(block),
            Expr::Closure(closure) => self.closure(closure),
            Expr::Return(end) => self.return_early(end),
            Expr::Break(end) => self.break_out(end),
            Expr::Continue(end) => self.continue_at(end.label.as_ref()),
            Expr::Tuple(tuple) => Value::Tuple(tuple.elems.iter().map(|one| self.eval(one)).collect()),
            Expr::Struct(made) => self.object(made),
            Expr::Assign(assign) => self.assign(assign),
            Expr::Field(field) => self.field(field),
            Expr::Let(_) => self.condition_value(expression),
            Expr::Unary(unary) => self.unary(unary),
            Expr::Binary(binary) => self.binary(binary),
            other => self.anything(other),
        }
    }

    pub(super) fn path(&mut self, path: &syn::ExprPath) -> Value<'a> {
        let name = path.path.get_ident().filter(|_| path.qself.is_none());
        if name.is_some_and(|name| name == "None") {
            return Value::Wrapped(Box::new(Value::Other));
        }
        let value = name.and_then(|name| self.names.find(&name.to_string())).cloned();
        let value = value.unwrap_or(Value::Other);
        self.touch(&value);
        value
    }

    fn field(&mut self, field: &'a syn::ExprField) -> Value<'a> {
        if let Some(value) = self.field_of_self(field) {
            return value;
        }
        match (self.eval(&field.base), &field.member) {
            (Value::Tuple(mut values), syn::Member::Unnamed(index))
                if (index.index as usize) < values.len() =>
            {
                values.swap_remove(index.index as usize)
            }
            (Value::Object(object), member) => {
                object.handle(&name_of(member)).map_or(Value::Other, Value::Handle)
            }
            _ => Value::Other,
        }
    }

    /// A handle that the type of this method holds.
    pub(super) fn field_of_self(&self, field: &syn::ExprField) -> Option<Value<'a>> {
        let Expr::Path(base) = &*field.base else { return None };
        let is_self = base.path.is_ident("self");
        self.names.find(&format!("self.{}", name_of(&field.member))).filter(|_| is_self).cloned()
    }

    fn unary(&mut self, unary: &'a syn::ExprUnary) -> Value<'a> {
        let value = self.eval(&unary.expr);
        match (unary.op, value) {
            (syn::UnOp::Deref(_), value) => value,
            (syn::UnOp::Not(_), Value::Test { of, yes }) => {
                Value::Test { of, yes: Outcomes::ALL.without(yes) }
            }
            (_, value) => {
                self.escape(&value);
                Value::Other
            }
        }
    }

    fn binary(&mut self, binary: &'a syn::ExprBinary) -> Value<'a> {
        if matches!(binary.op, BinOp::And(_) | BinOp::Or(_)) {
            return self.condition_value_of(binary);
        }
        for side in [&binary.left, &binary.right] {
            let value = self.eval(side);
            self.escape(&value);
        }
        if is_assignment(binary.op) {
            self.compound_assignment(&binary.left);
        }
        Value::Other
    }

    fn assign(&mut self, assign: &'a syn::ExprAssign) -> Value<'a> {
        let value = self.eval(&assign.right);
        match &*assign.left {
            Expr::Infer(_) => self.discard(value),
            Expr::Path(path)
                if path.path.get_ident().is_some_and(|name| self.names.has(&name.to_string())) =>
            {
                let name = path.path.require_ident().map(ToString::to_string).unwrap_or_default();
                self.names.set(&name, value);
                self.push(Step::Effect);
            }
            other => {
                self.eval(other);
                self.escape(&value);
                self.push(Step::Effect);
            }
        }
        Value::Other
    }

    fn return_early(&mut self, end: &'a ExprReturn) -> Value<'a> {
        let value = end.expr.as_ref().map_or(Value::Other, |expression| self.eval(expression));
        self.escape(&value);
        let how = match (&value, &end.expr) {
            (_, None) => Exit::Fine,
            _ if self.frame().gives_nothing => Exit::Fine,
            (Value::Got(_), _) => Exit::Operation,
            (_, Some(expression)) => judge(expression),
        };
        self.leave(how, Some(end.to_token_stream()));
        Value::Other
    }

    /// An expression that has no effect on its parts.
    fn anything(&mut self, expression: &'a Expr) -> Value<'a> {
        for part in parts(expression) {
            let value = self.eval(part);
            self.escape(&value);
        }
        if let Expr::Verbatim(tokens) = expression {
            self.escape_mentioned(tokens);
            self.push(Step::Unknown);
        }
        Value::Other
    }
}

pub(super) fn is_assignment(op: BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

/// The parts of an expression that only combines them.
fn parts(expression: &Expr) -> Vec<&Expr> {
    match expression {
        Expr::Array(array) => array.elems.iter().collect(),
        Expr::Cast(cast) => vec![&cast.expr],
        Expr::Index(index) => vec![&index.expr, &index.index],
        Expr::Range(range) => range.start.iter().chain(&range.end).map(|bound| &**bound).collect(),
        Expr::RawAddr(address) => vec![&address.expr],
        Expr::Repeat(repeat) => vec![&repeat.expr, &repeat.len],
        _ => Vec::new(),
    }
}
