//! The layers that a function puts around routes, and which of its routes each is around.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprAssign, ExprMethodCall, Local, Pat};

use super::{facts::Call, words};

/// The calls of `layer` and `route_layer` in a function, and its variables.
#[derive(Default)]
pub(super) struct Layers {
    layers: Vec<Layer>,
    variables: Vec<Variable>,
}

/// A layer, as the function that adds it shows it.
pub(super) struct Layer {
    /// The functions that may be called by it.
    pub(super) calls: Vec<Call>,
    /// What is passed to `layer`, with the values of variables in it.
    tokens: TokenStream,
    on: Chain,
}

impl Layer {
    fn of(tokens: TokenStream, on: Chain) -> Self {
        let mut calls: Vec<_> = words::idents(tokens.clone()).map(Call::named).collect();
        calls.extend(associated(&tokens).map(|path| Call { path, ..Call::default() }));
        Self { calls, tokens, on }
    }

    fn has(&self, word: &str) -> bool {
        self.calls.iter().any(|call| call.path.last().is_some_and(|last| last == word))
    }

    /// `ValidateRequestHeaderLayer::bearer(..)` of tower-http.
    pub(super) fn is_of_bearer(&self) -> bool {
        self.has("ValidateRequestHeaderLayer") && self.has("bearer")
    }

    /// The names in `from_extractor::<Claims>()`.
    pub(super) fn extractors(&self) -> impl Iterator<Item = &String> {
        let is_one = self.has("from_extractor") || self.has("from_extractor_with_state");
        self.calls.iter().filter(move |_| is_one).filter_map(|call| call.path.last())
    }

    /// The code of `from_fn(|request, next| ..)`; nothing if it is a function.
    pub(super) fn closure(&self) -> TokenStream {
        let is_closure =
            (self.has("from_fn") || self.has("from_fn_with_state")) && self.tokens.to_string().contains('|');
        if is_closure { self.tokens.clone() } else { TokenStream::new() }
    }
}

/// The paths `Auth::check` in these tokens.
fn associated(tokens: &TokenStream) -> impl Iterator<Item = Vec<String>> {
    let all = words::flat(tokens.clone());
    let of_type = |part: &[TokenTree]| match part {
        [TokenTree::Ident(of), TokenTree::Punct(one), TokenTree::Punct(two), TokenTree::Ident(name)]
            if one.as_char() == ':' && two.as_char() == ':' =>
        {
            Some(vec![of.to_string(), name.to_string()])
        }
        _ => None,
    };
    let paths: Vec<_> = all.windows(4).filter_map(of_type).collect();
    paths.into_iter()
}

/// A variable that this function sets.
struct Variable {
    names: Vec<String>,
    value: Chain,
    tokens: TokenStream,
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
        let mut tokens = call.args.to_token_stream();
        // `let auth = from_fn(check);`
        let names: HashSet<_> = words::idents(tokens.clone()).collect();
        let mentioned = self.variables.iter().filter(|one| one.names.iter().any(|name| names.contains(name)));
        tokens.extend(mentioned.map(|one| one.tokens.clone()));
        self.layers.push(Layer::of(tokens, Chain::of(&call.receiver)));
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
        self.variables.push(Variable { names, value: Chain::of(value), tokens: value.to_token_stream() });
    }

    /// The layers around the route of this handler. A layer counts unless it is certainly on a router
    /// without that route.
    pub(super) fn around(&self, handler: &str) -> impl Iterator<Item = &Layer> {
        let holders = self.holders(handler);
        self.layers.iter().filter(move |layer| {
            !self.is_router(&layer.on, 0) || layer.on.names.iter().any(|name| holders.contains(name))
        })
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
