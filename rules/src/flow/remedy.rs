//! The help texts, for Sockeye or for axum, in a form that fits the function's return type.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    Expr, ExprAsync, ExprCall, ExprClosure, ExprMatch, ExprMethodCall, Type,
    visit::{self, Visit},
};

use super::{Deed, Flavor, Flow, Kind, NodeId, Root, Site, Within, address};
use crate::syntax::{is_called, one_line, peel};

/// How many bytes of the program's own code a help repeats.
const LONGEST: usize = 120;

impl Flow<'_> {
    /// Whether `?` can pass an error on.
    pub(crate) fn can_fail(&self) -> bool {
        let returns = self.function.output().map(peel);
        self.flavor == Flavor::Sockeye
            && !returns.is_none_or(|output| matches!(output, Type::Tuple(tuple) if tuple.elems.is_empty()))
            && !returns.is_some_and(|output| is_called(output, "Option"))
    }

    /// The statement that accepts.
    pub(crate) fn accepting(&self, handshake: &str) -> String {
        if self.can_fail() {
            format!("let mut socket = {handshake}.accept().await?;")
        } else {
            format!("let Ok(mut socket) = {handshake}.accept().await else {{ {} }};", self.way_out())
        }
    }

    /// The statement that refuses, without its semicolon.
    pub(crate) fn refusing(&self, handshake: &str) -> String {
        let reject = format!("{handshake}.reject(StatusCode::FORBIDDEN, \"why\")");
        if self.can_fail() {
            format!("return Err({reject})")
        } else {
            format!("{reject}; {}", self.way_out())
        }
    }

    /// How to end the function right after a step.
    pub(crate) fn leaving(&self, step: NodeId) -> String {
        let output = self.function.output().map(|output| one_line(peel(output)));
        let is_task = self.graph.nodes[step].within != Within::Function;
        match output.as_deref() {
            _ if is_task => "return after it, or leave the loop",
            None | Some("()") => "write `return;` after it",
            Some(output) if output.ends_with("Result") || output.contains("Result<()") => {
                "write `return Ok(());` after it"
            }
            Some(_) => "return after it",
        }
        .to_owned()
    }

    /// The statement that ends the function without an error, as far as its return type shows one, without its semicolon.
    pub(crate) fn way_out(&self) -> &'static str {
        let output = self.function.output().map(|output| one_line(peel(output)));
        match output.as_deref() {
            None | Some("()") => "return",
            Some(output) if output.starts_with("Option<") => "return None",
            Some(output) if output.ends_with("Result") || output.contains("Result<()") => "return Ok(())",
            Some(_) => "return ..",
        }
    }

    /// A loop that receives until the peer has closed.
    pub(crate) fn receive_loop(&self, listener: &str) -> String {
        format!("while let {} {{ .. }}", self.received(&format!("{listener}.recv()"), false))
    }

    /// The same for a call that already exists, with the timeout around it.
    pub(crate) fn receive_loop_of(&self, recv: &Site) -> String {
        if recv.helper.is_some() {
            let (pattern, question) = match (recv.helper, self.can_fail()) {
                (Some(Deed::ReceivesTried), true) => ("Some(received)", "?"),
                (Some(Deed::ReceivesTried), false) => ("Ok(Some(received))", ""),
                _ => ("Some(received)", ""),
            };
            return format!("let {pattern} = {}.await{question} else {{ break }};", recv.call());
        }
        let call = self.receiving(recv);
        match self.timeout_around(recv) {
            Some(timeout) => format!("while let {} {{ .. }}", self.received(&timeout, true)),
            None => format!("while let {} {{ .. }}", self.received(&call, false)),
        }
    }

    /// The call that receives, as it may be written in another place.
    pub(crate) fn receiving(&self, recv: &Site) -> String {
        let method = if self.flavor == Flavor::Sockeye { "recv".to_owned() } else { recv.method.to_string() };
        format!("{}.{method}()", recv.on_or("socket"))
    }

    /// The call that receives from this connection: a stream of axum has `next`.
    pub(crate) fn receiving_from(&self, root: &Root) -> String {
        let is_stream = self.flavor == Flavor::Axum && (root.is_split() || root.kind == Kind::Receiver);
        format!("{}.{}()", root.listener(), if is_stream { "next" } else { "recv" })
    }

    /// The arm to add to a `match` on a message with a timeout around it, whose other arms are to stay.
    pub(crate) fn missing_arm(&self, recv: &Site) -> Option<&'static str> {
        let mut search = Matched { address: recv.address, found: false };
        search.visit_block(self.body);
        search.found.then_some(match self.flavor {
            Flavor::Axum => "Ok(None | Some(Err(_))) => break,",
            Flavor::Sockeye => "Ok(Ok(None) | Err(_)) => break,",
        })
    }

    /// A pattern for a message, and the expression that it matches.
    pub(crate) fn received(&self, future: &str, timed: bool) -> String {
        let (pattern, question) = match (self.flavor, self.can_fail(), timed) {
            (Flavor::Axum, _, false) => ("Some(Ok(message))", ""),
            (Flavor::Axum, _, true) => ("Ok(Some(Ok(message)))", ""),
            (Flavor::Sockeye, true, false) => ("Some(message)", "?"),
            (Flavor::Sockeye, true, true) => ("Some(message)", "??"),
            (Flavor::Sockeye, false, false) => ("Ok(Some(message))", ""),
            (Flavor::Sockeye, false, true) => ("Ok(Ok(Some(message)))", ""),
        };
        format!("{pattern} = {future}.await{question}")
    }

    /// A branch of `select!` that ends the function when the peer has closed.
    pub(crate) fn receive_branch(&self, receiving: &str) -> String {
        let arms = match self.flavor {
            Flavor::Sockeye if self.can_fail() => "message? { Some(message) => .., None => return Ok(()) }",
            Flavor::Sockeye => "message { Ok(Some(message)) => .., _ => return }",
            Flavor::Axum => "message { Some(Ok(message)) => .., _ => return }",
        };
        format!("message = {receiving} => match {arms}")
    }

    /// What to write for a client that only listens, if the function has a whole socket of its own.
    pub(crate) fn forwarding(&self, root: &Root) -> Option<String> {
        let is_whole = !root.is_partial() && !root.is_split() && !root.is_of_self();
        (self.flavor == Flavor::Sockeye && self.can_fail() && is_whole)
            .then(|| format!("`{}.forward(stream).await`", root.listener()))
    }

    /// The call, with its error returned or checked. An `async` block in the function returns no error of its own.
    pub(crate) fn checked(&self, site: &Site) -> String {
        let call = site.call();
        let leave = format!("leave the loop: `if {call}.await.is_err() {{ break }}`");
        if self.can_fail() && !self.is_in_async_code(site) {
            format!("write `{call}.await?`, or {leave}")
        } else {
            leave
        }
    }

    /// Whether a method call is in an `async` block or closure of the function.
    pub(crate) fn is_in_async_code(&self, site: &Site) -> bool {
        let mut search = AsyncCode { address: site.address, depth: 0, found: false };
        search.visit_block(self.body);
        search.found
    }

    /// Whether a method call is in a closure that is not `async`, where nothing can be awaited.
    pub(crate) fn is_in_sync_closure(&self, at: &TokenStream) -> bool {
        let Some(word) = at.clone().into_iter().next() else { return false };
        let start = word.span().start();
        let mut search = SyncClosure { place: (start.line, start.column), is_sync: false, found: false };
        search.visit_block(self.body);
        search.found
    }

    /// The `timeout(..)` around a method call that receives.
    pub(crate) fn timeout_around(&self, site: &Site) -> Option<String> {
        let start = site.method.span().start();
        let mut search = Timeout { place: (start.line, start.column), found: None };
        search.visit_block(self.body);
        // A long one, with code in it, would not be read.
        let found = search.found.filter(|found| found.len() <= LONGEST)?;
        // What is written instead fits `recv`.
        Some(if self.flavor == Flavor::Sockeye { found.replace(".next()", ".recv()") } else { found })
    }
}

struct AsyncCode {
    address: usize,
    depth: usize,
    found: bool,
}

impl<'ast> Visit<'ast> for AsyncCode {
    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.depth += 1;
        visit::visit_expr_async(self, block);
        self.depth -= 1;
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        let depth = usize::from(closure.asyncness.is_some());
        self.depth += depth;
        visit::visit_expr_closure(self, closure);
        self.depth -= depth;
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.found |= self.depth > 0 && address(call) == self.address;
        visit::visit_expr_method_call(self, call);
    }
}

struct SyncClosure {
    place: (usize, usize),
    /// Whether the innermost closure or `async` block is such a closure.
    is_sync: bool,
    found: bool,
}

impl SyncClosure {
    fn within(&mut self, is_sync: bool, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.is_sync, is_sync);
        visit(self);
        self.is_sync = outer;
    }
}

impl<'ast> Visit<'ast> for SyncClosure {
    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.within(false, |this| visit::visit_expr_async(this, block));
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.within(closure.asyncness.is_none(), |this| visit::visit_expr_closure(this, closure));
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let start = call.method.span().start();
        self.found |= self.is_sync && (start.line, start.column) == self.place;
        visit::visit_expr_method_call(self, call);
    }
}

/// Looks for `match timeout(.., socket.recv()).await`.
struct Matched {
    address: usize,
    found: bool,
}

impl<'ast> Visit<'ast> for Matched {
    fn visit_expr_match(&mut self, branch: &'ast ExprMatch) {
        if let Expr::Await(awaited) = &*branch.expr
            && let Expr::Call(call) = &*awaited.base
            && is_timeout(call)
        {
            let is_it =
                |argument: &Expr| matches!(argument, Expr::MethodCall(call) if address(call) == self.address);
            self.found |= call.args.iter().any(is_it);
        }
        visit::visit_expr_match(self, branch);
    }
}

struct Timeout {
    place: (usize, usize),
    found: Option<String>,
}

impl<'ast> Visit<'ast> for Timeout {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let place = self.place;
        let mut is_around = false;
        super::each_word(call.args.to_token_stream(), &mut |word| {
            let start = word.span().start();
            is_around |= (start.line, start.column) == place;
        });
        if is_timeout(call) && is_around {
            self.found = Some(one_line(call));
        }
        visit::visit_expr_call(self, call);
    }
}

fn is_timeout(call: &ExprCall) -> bool {
    matches!(&*call.func, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "timeout" || last.ident == "timeout_at"))
}
