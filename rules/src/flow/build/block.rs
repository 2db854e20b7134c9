//! Blocks and their statements.

use quote::ToTokens;
use syn::{Block, Expr, Local, LocalInit, Macro, Pat, Stmt};

use super::{
    Builder,
    conditional::is_conditional,
    result::{is_err, is_ok, judge},
};
use crate::{
    flow::{
        graph::{Act, Exit, Step},
        value::{Got, Outcomes, Value},
    },
    reading::only_name,
};

impl<'a> Builder<'a> {
    /// The body of the function: the value at its end is the function's result.
    pub(super) fn body(&mut self, block: &'a Block) {
        self.result_block(block);
        // A body without a final expression returns nothing.
        self.push_exit(Exit::Fine, None);
    }

    /// A block whose value is the function's result.
    fn result_block(&mut self, block: &'a Block) -> Value<'a> {
        let depth = self.names.depth();
        for (index, statement) in block.stmts.iter().enumerate() {
            match statement {
                Stmt::Expr(last, None) if index + 1 == block.stmts.len() && !is_conditional(statement) => {
                    let named = index.checked_sub(1).and_then(|before| value_of(&block.stmts[before], last));
                    if let Some(named) = named {
                        self.fail_with(named, self.graph.nodes.len());
                    }
                    self.result(last);
                }
                other => {
                    let value = self.statement(other, index + 1 == block.stmts.len());
                    self.escape(&value);
                }
            }
        }
        self.names.end_scope(depth);
        Value::Other
    }

    /// An expression whose value is the function's result; each of its arms is a separate exit.
    pub(super) fn result(&mut self, last: &'a Expr) -> Value<'a> {
        match last {
            Expr::Paren(inner) => return self.result(&inner.expr),
            Expr::Block(inner) if inner.label.is_none() => return self.result_block(&inner.block),
            Expr::If(branch) => return self.if_else(branch, Self::result_block, Self::result),
            Expr::Match(branch) => return self.match_arms(branch, Self::result),
            _ => {}
        }
        let first = self.graph.nodes.len();
        let value = self.eval(last);
        if !is_err(last) {
            self.fail_with(last, first);
        }
        // `fn serve(socket) -> impl Future { async move { .. } }`: the caller awaits it.
        if let Value::Task(task) = &value
            && self.frame().is_function
            && !self.is_async
        {
            self.run(task);
            self.push_exit(Exit::Unknown, None);
            return Value::Other;
        }
        self.escape(&value);
        self.empty_exit(&value);
        let how = match &value {
            _ if self.frame().gives_nothing => Exit::Fine,
            Value::Got(_) => Exit::Operation,
            _ if matches!(last, Expr::Await(_)) && self.is_after_helper() => Exit::Operation,
            _ => judge(last),
        };
        self.push_exit(how, is_ok(last).then(|| last.to_token_stream()));
        Value::Other
    }

    /// `Ok(socket.recv().await?.map(..))` is `Ok(None)` where nothing was received.
    fn empty_exit(&mut self, value: &Value<'a>) {
        let Value::Wrapped(inner) = value else { return };
        let Value::Got(Got { of: Some(_), act: Act::Recv, layers, .. }) = &**inner else { return };
        let Some(layer) = layers.first().copied().filter(|layer| layer.is_option) else { return };
        let start = self.here;
        self.outcome(inner, layer.may_fail());
        self.push_exit(Exit::Empty, None);
        self.here = start;
        self.outcome(inner, Outcomes::ALL.without(layer.bad));
    }

    /// Whether a helper has just done its operation.
    fn is_after_helper(&self) -> bool {
        let Some(Step::Taken { of }) = self.here.map(|here| &self.graph.nodes[here].step) else {
            return false;
        };
        self.graph.operation(*of).is_some_and(|one| one.site.helper.is_some())
    }

    pub(super) fn block(&mut self, block: &'a Block) -> Value<'a> {
        let depth = self.names.depth();
        let mut value = Value::Other;
        for (index, statement) in block.stmts.iter().enumerate() {
            let last = index + 1 == block.stmts.len();
            value = self.statement(statement, last);
        }
        self.names.end_scope(depth);
        value
    }

    pub(super) fn statement(&mut self, statement: &'a Stmt, last: bool) -> Value<'a> {
        if is_conditional(statement) {
            return self.perhaps(statement);
        }
        self.unconditional(statement, last)
    }

    fn unconditional(&mut self, statement: &'a Stmt, last: bool) -> Value<'a> {
        match statement {
            Stmt::Local(local) => self.local(local),
            Stmt::Item(_) => {}
            Stmt::Expr(expression, None) if last => return self.eval(expression),
            Stmt::Expr(expression, _) => {
                let value = self.eval(expression);
                self.discard(value);
            }
            Stmt::Macro(statement) if last && statement.semi_token.is_none() => {
                return self.macro_call(&statement.mac);
            }
            // `pin!(future);` pins it under the same name.
            Stmt::Macro(statement) if is_pin(&statement.mac) => {
                self.macro_call(&statement.mac);
            }
            Stmt::Macro(statement) => {
                let value = self.macro_call(&statement.mac);
                self.discard(value);
            }
        }
        Value::Other
    }

    /// A statement that may not be compiled: tokens do not show it.
    fn perhaps(&mut self, statement: &'a Stmt) -> Value<'a> {
        self.escape_mentioned(statement);
        if self.here.is_some() {
            self.push(Step::Unknown);
        }
        // The calls in it can be checked without knowing whether it is compiled.
        self.run_apart(self.within, Exit::Task, |builder| {
            builder.names = super::Names::default();
            // Without a semicolon it may be the value of the block: of several such blocks one is compiled.
            builder.unconditional(statement, matches!(statement, Stmt::Expr(_, None)));
        });
        if let Stmt::Local(local) = statement {
            self.bind_all(&local.pat, &Value::Other);
        }
        Value::Other
    }

    pub(super) fn local(&mut self, local: &'a Local) {
        let Some(init) = &local.init else { return self.bind(&local.pat, Value::Other) };
        let value = self.eval(&init.expr);
        if let Some(Step::Call(call)) = self.graph.nodes.last_mut().map(|node| &mut node.step) {
            call.bound = true;
        }
        if let Some((_, diverge)) = &init.diverge {
            return self.let_else(local, value, &init.expr, diverge);
        }
        if matches!(local.pat, Pat::Wild(_)) {
            return self.discard(value);
        }
        if matches!(value, Value::Other | Value::Own) && self.is_own(&init.expr) {
            self.bind_all(&local.pat, &Value::Own);
        } else {
            self.bind_value(local, init, value);
        }
        if let Some(name) = only_name(&local.pat) {
            self.inits.insert(name.to_string(), &init.expr);
        }
    }

    fn bind_value(&mut self, local: &'a Local, init: &'a LocalInit, value: Value<'a>) {
        let is_received = value == Value::Other && self.is_received_outside(&init.expr);
        self.bind(&local.pat, value);
        if is_received {
            self.note_received(Some(&local.pat));
        }
    }

    /// Whether it is created here: from values that the function has created, or from nothing that came in from
    /// outside.
    fn is_own(&self, made: &Expr) -> bool {
        let mut mentioned = self.names.mentioned(made).peekable();
        if mentioned.peek().is_none() {
            return !is_plain(made);
        }
        mentioned.any(|value| *value == Value::Own)
    }

    /// Whether `?` leaves the function here, not an `async` block or a closure in it.
    fn is_in_function(&self) -> bool {
        self.frames.len() == 1
    }

    /// The value is not used any more.
    pub(super) fn discard(&mut self, value: Value<'a>) {
        match value {
            Value::Pending(pending) => {
                self.push(Step::Unawaited {
                    act: pending.act,
                    site: pending.site,
                    is_dropped: self.is_in_function(),
                });
            }
            Value::Accepting { site, .. } => {
                self.push(Step::Unawaited { act: Act::Accept, site, is_dropped: self.is_in_function() });
            }
            Value::Response(at) => {
                self.push(Step::DroppedResponse { at });
            }
            Value::Tuple(values) => values.into_iter().for_each(|value| self.discard(value)),
            Value::Wrapped(inner) if matches!(*inner, Value::Pending(_)) => self.discard(*inner),
            _ => {}
        }
    }
}

/// What the statement calls by the name that the next one gives: `let ended = loop { .. };` before `ended`.
fn value_of<'a>(before: &'a Stmt, next: &Expr) -> Option<&'a Expr> {
    let (Stmt::Local(local), Expr::Path(path)) = (before, next) else { return None };
    let is_it = path.path.get_ident() == Some(only_name(&local.pat)?);
    local.init.as_ref().filter(|init| is_it && init.diverge.is_none()).map(|init| &*init.expr)
}

/// Values without information for others: a string, a number, a time.
fn is_plain(made: &Expr) -> bool {
    const PLAIN: [&str; 8] =
        ["Duration", "Instant", "SystemTime", "String", "Vec", "Uuid", "HashMap", "VecDeque"];
    match made {
        Expr::Lit(_) | Expr::Macro(_) | Expr::Closure(_) | Expr::Range(_) | Expr::Array(_) => true,
        Expr::Reference(inner) => is_plain(&inner.expr),
        Expr::MethodCall(call) => is_plain(&call.receiver),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => {
                path.path.segments.iter().any(|one| PLAIN.iter().any(|name| one.ident == name))
            }
            _ => false,
        },
        _ => false,
    }
}

fn is_pin(call: &Macro) -> bool {
    call.path.segments.last().is_some_and(|last| last.ident == "pin" || last.ident == "pin_mut")
}
