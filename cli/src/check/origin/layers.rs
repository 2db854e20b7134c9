//! The layers that a function puts around routes, and which of its routes each is around.

use std::collections::HashSet;

use quote::ToTokens;
use syn::{Expr, ExprAssign, ExprMethodCall, Local, Pat};

use super::{facts::Call, words};

/// The calls of `layer` and `route_layer` in a function, and its variables.
#[derive(Default)]
pub(super) struct Layers {
    layers: Vec<Layer>,
    variables: Vec<Variable>,
}

struct Layer {
    /// The functions that may be called by it.
    calls: Vec<Call>,
    on: Chain,
}

/// A variable that this function sets.
struct Variable {
    names: Vec<String>,
    value: Chain,
}

/// A chain of method calls.
struct Chain {
    root: Root,
    /// The names in it.
    names: HashSet<String>,
}

enum Root {
    /// `Router::new()`
    Router,
    /// A variable or parameter.
    Name(String),
    Unknown,
}

impl Layers {
    pub(super) fn call(&mut self, call: &ExprMethodCall) {
        if call.method != "layer" && call.method != "route_layer" {
            return;
        }
        let named = |name| Call { path: vec![name], arguments: Vec::new() };
        let calls = words::idents(call.args.to_token_stream()).map(named).collect();
        self.layers.push(Layer { calls, on: Chain::of(&call.receiver) });
    }

    pub(super) fn variable(&mut self, local: &Local) {
        let Some(init) = &local.init else { return };
        let pattern = match &local.pat {
            Pat::Type(typed) => &typed.pat,
            other => other,
        };
        self.set(pattern, &init.expr);
    }

    pub(super) fn assignment(&mut self, assign: &ExprAssign) {
        self.set(&assign.left, &assign.right);
    }

    fn set(&mut self, names: &dyn ToTokens, value: &Expr) {
        let names = words::idents(names.to_token_stream()).filter(|name| name != "mut").collect();
        self.variables.push(Variable { names, value: Chain::of(value) });
    }

    /// The functions that may be called by layers around the route of this handler. A layer counts unless it is certainly on a router
    /// without that route.
    pub(super) fn around(&self, handler: &str) -> impl Iterator<Item = &Call> {
        let holders = self.holders(handler);
        let layers = self.layers.iter().filter(move |layer| {
            !self.is_router(&layer.on, 0) || layer.on.names.iter().any(|name| holders.contains(name))
        });
        layers.flat_map(|layer| &layer.calls)
    }

    /// The handler, and the variables whose value contains its route.
    fn holders(&self, handler: &str) -> HashSet<String> {
        let mut holders = HashSet::from([handler.to_owned()]);
        loop {
            let known = holders.len();
            for variable in &self.variables {
                if !variable.value.names.is_disjoint(&holders) {
                    holders.extend(variable.names.iter().cloned());
                }
            }
            if holders.len() == known {
                return holders;
            }
        }
    }

    /// Whether the chain begins with a router that this function creates.
    fn is_router(&self, chain: &Chain, depth: usize) -> bool {
        match &chain.root {
            Root::Router => true,
            Root::Name(name) if depth < self.variables.len() => {
                // `app = app.route(..)` begins with what it was before.
                let goes_on = |one: &&Variable| matches!(&one.value.root, Root::Name(own) if own == name);
                let mut values =
                    self.variables.iter().filter(|one| one.names.contains(name) && !goes_on(one)).peekable();
                values.peek().is_some() && values.all(|one| self.is_router(&one.value, depth + 1))
            }
            Root::Name(_) | Root::Unknown => false,
        }
    }
}

impl Chain {
    fn of(value: &Expr) -> Self {
        Self { root: root(value), names: words::idents(value.to_token_stream()).collect() }
    }
}

fn root(value: &Expr) -> Root {
    match value {
        Expr::MethodCall(call) => root(&call.receiver),
        Expr::Paren(inner) => root(&inner.expr),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) if path.path.segments.iter().any(|one| one.ident == "Router") => Root::Router,
            _ => Root::Unknown,
        },
        Expr::Path(path) => path.path.get_ident().map_or(Root::Unknown, |name| Root::Name(name.to_string())),
        _ => Root::Unknown,
    }
}
