//! What a handler requires of its client that a page of another site cannot send.
//!
//! A page can open a WebSocket, and the browser adds the cookies of the host; but the page cannot set a header such as
//! `Authorization`, and it does not know a token that the query or the first message must contain.

use std::{collections::HashSet, rc::Rc};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use sockeye_rules::syntax::last_segment;
use syn::{
    BinOp, Block, Expr, ExprBinary, ExprMethodCall, Stmt,
    visit::{self, Visit},
};

use super::{
    facts::{Call, Function, Parameter, UNKNOWN},
    index::Index,
    layers::Layer,
    words,
};

/// How many calls deep the search goes.
const DEPTH: usize = 4;

/// How a client authenticates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof {
    /// Not at all, as far as was seen.
    Nothing,
    /// By a cookie, which the browser sends for any page.
    Cookie,
    /// With something that a page of another site does not have, as text.
    Secret(String),
}

impl Proof {
    fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Nothing => other(),
            known => known,
        }
    }

    pub(super) fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }
}

/// What the handler, or a layer around its route, requires.
pub(super) fn of_handler(handler: &Rc<Function>, index: &Index) -> Proof {
    let mut search = Search { index, seen: HashSet::new() };
    // A value that repeats one of a cookie: a page of another site cannot read that.
    if let Some(name) = repeated_cookie(handler, index) {
        return Proof::Secret(format!("`{name}` in the query"));
    }
    // Reading a cookie anywhere is the hazard itself.
    if search.uses_cookies(handler, 0) {
        return Proof::Cookie;
    }
    search.seen.clear();
    search.function(handler, 0).or(|| search.of_self(handler)).or(|| search.layers(handler))
}

struct Search<'i> {
    index: &'i Index,
    seen: HashSet<*const Function>,
}

impl Search<'_> {
    fn uses_cookies(&mut self, function: &Rc<Function>, depth: usize) -> bool {
        if depth > DEPTH || !self.seen.insert(Rc::as_ptr(function)) {
            return false;
        }
        let types = function.parameters.iter().flat_map(|one| words::idents(one.ty.to_token_stream()));
        let types: Vec<_> = types.collect();
        let is_session = |one: &Parameter| last_segment(&one.ty).is_some_and(|last| last.ident == "Session");
        let of_types = types.iter().any(|name| words::is_cookie(name))
            || depth == 0 && function.parameters.iter().any(is_session)
            || types.iter().any(|name| {
                self.index.extractor(name).is_some_and(|body| reads_cookies(&body))
                    || self.index.extracting(name).iter().any(|one| self.uses_cookies(one, depth + 1))
            });
        of_types
            || reads_cookies(&function.body)
            || followed(function).any(|call| {
                self.index.called(call, function).is_some_and(|called| self.uses_cookies(&called, depth + 1))
            })
    }

    fn function(&mut self, function: &Rc<Function>, depth: usize) -> Proof {
        if depth > DEPTH || !self.seen.insert(Rc::as_ptr(function)) {
            return Proof::Nothing;
        }
        let refuses = refuses(&function.body);
        let mut proof = Proof::Nothing;
        for parameter in &function.parameters {
            proof = proof.or(|| self.parameter(parameter, refuses, depth));
        }
        proof = proof.or(|| self.connection_init(function));
        let body = self.index.with_constants(function.body.clone());
        proof = proof.or(|| header(&body)).or(|| looked_up(&body, refuses));
        if function.blocks.iter().any(demands_login) {
            proof = proof.or(|| Proof::Secret("a login in its first message".to_owned()));
        }
        for call in followed(function) {
            proof = proof.or(|| match self.index.called(call, function) {
                Some(called) => self.function(&called, depth + 1),
                None => Proof::Nothing,
            });
        }
        proof
    }

    /// What the first message of a GraphQL client has to contain: `.on_connection_init(authenticate)`.
    fn connection_init(&self, function: &Rc<Function>) -> Proof {
        let Some(given) = words::arguments_of(function.body.clone(), "on_connection_init") else {
            return Proof::Nothing;
        };
        let names: Vec<_> = words::idents(given.clone()).collect();
        let is_given = |call: &&Call| call.path.last().is_some_and(|last| names.contains(last));
        let called =
            function.calls.iter().filter(is_given).filter_map(|call| self.index.called(call, function));
        let mut bodies = called.map(|called| called.body.clone()).chain([given]);
        let demands = |body: TokenStream| {
            let speaks = words::idents(body.clone())
                .any(|name| words::is_login(&name) || words::is_secret(&name))
                || words::texts(body.clone()).any(|text| words::is_secret(&text));
            speaks && refuses(&body)
        };
        if bodies.any(demands) {
            return Proof::Secret("a token in its first message".to_owned());
        }
        Proof::Nothing
    }

    fn parameter(&mut self, parameter: &Parameter, refuses: bool, depth: usize) -> Proof {
        let names: Vec<_> = words::idents(parameter.ty.to_token_stream()).collect();
        if names.iter().any(|name| name == "Authorization" || name == "Bearer" || name == "BearerAuth") {
            return Proof::Secret("an `Authorization` header".to_owned());
        }
        if let Some(query) = parameter.within("Query") {
            let fields = words::idents(query.to_token_stream()).last().map(|name| self.index.fields(&name));
            let fields = fields.unwrap_or_default();
            let secret =
                fields.iter().find(|(name, optional)| words::is_secret(name) && (!optional || refuses));
            return secret
                .map_or(Proof::Nothing, |(name, _)| Proof::Secret(format!("`{name}` in the query")));
        }
        if let Some(path) = parameter.within("Path") {
            let of_type = words::idents(path.to_token_stream()).last().map(|name| self.index.fields(&name));
            let fields = of_type.into_iter().flatten().map(|(name, _)| name);
            let mut names = parameter.names.iter().cloned().chain(fields);
            let secret = names.find(|name| words::is_secret(name));
            return secret.map_or(Proof::Nothing, |name| Proof::Secret(format!("`{name}` in the path")));
        }
        for name in names {
            if let Some(proof) = self.extractor(&name, depth) {
                return proof;
            }
            if ["Claims", "Jwt", "JwtClaims", "BearerToken", "ApiKey"].contains(&&*name) {
                return Proof::Secret(format!("the credentials that the extractor `{name}` reads"));
            }
        }
        Proof::Nothing
    }

    /// What the extractor with this name requires; `None` if there is none in the package.
    fn extractor(&mut self, name: &str, depth: usize) -> Option<Proof> {
        let body = self.index.with_constants(self.index.extractor(name)?);
        let reads = self.index.extracting(name);
        let mut called =
            || reads.iter().fold(Proof::Nothing, |proof, one| proof.or(|| self.function(one, depth + 1)));
        Some(header(&body).or(|| looked_up(&body, true)).or(&mut called))
    }

    /// What the extractor requires that the handler is a method of.
    fn of_self(&mut self, handler: &Function) -> Proof {
        let of = handler.of.clone().filter(|_| self.index.takes_upgrade(handler));
        of.and_then(|of| self.extractor(&of, 0)).unwrap_or(Proof::Nothing)
    }

    /// What a layer around its route requires, as far as the functions that build the router show it.
    fn layers(&self, handler: &Rc<Function>) -> Proof {
        let mut names = vec![handler.name.clone()];
        for _ in 0..3 {
            let mut around = Vec::new();
            for name in names.iter().filter(|name| *name != "closure" && *name != "main") {
                for router in self.index.mentioning(name) {
                    let found = router.layers.around(name).find_map(|layer| self.checked_by(layer, &router));
                    if let Some(name) = found {
                        return Proof::Secret(format!("the credentials that the layer `{name}` checks"));
                    }
                    around.push(router.name.clone());
                }
            }
            names = around;
        }
        Proof::Nothing
    }

    /// The name of the layer, or of its function, if it demands credentials.
    fn checked_by(&self, layer: &Layer, router: &Function) -> Option<String> {
        if layer.is_of_bearer() {
            return Some("ValidateRequestHeaderLayer".to_owned());
        }
        let mut again = Search { index: self.index, seen: HashSet::new() };
        if let Some(name) = layer.extractors().find(|name| {
            let body = self.index.extractor(name);
            body.is_some_and(|body| !reads_cookies(&body))
                && again.extractor(name, DEPTH - 1).is_some_and(|proof| proof.is_secret())
        }) {
            return Some(name.clone());
        }
        // A closure that checks itself.
        let body = self.index.with_constants(layer.closure());
        if !reads_cookies(&body) && refuses(&body) && header(&body).is_secret() {
            return Some("from_fn".to_owned());
        }
        let demands = |layer: &Rc<Function>| {
            let proof = || Search { index: self.index, seen: HashSet::new() }.function(layer, DEPTH - 2);
            !reads_cookies(&layer.body) && !answers_cors(layer) && proof().is_secret()
        };
        let called = layer.calls.iter().filter_map(|call| self.index.called(call, router));
        called.into_iter().find(demands).map(|layer| layer.name.clone())
    }
}

/// The calls to follow. A method that is found by its name alone has to get something of the request.
fn followed(function: &Function) -> impl Iterator<Item = &Call> {
    let gets_parameter = |call: &Call| {
        let mut names = function.parameters.iter().flat_map(|one| &one.names);
        names.any(|name| call.arguments.contains(name))
    };
    function.calls.iter().filter(move |call| call.path[0] != UNKNOWN || gets_parameter(call))
}

/// The part of the query against forged requests, if the handler refuses some.
fn repeated_cookie(handler: &Function, index: &Index) -> Option<String> {
    if !refuses(&handler.body) {
        return None;
    }
    let queries = handler.parameters.iter().filter_map(|one| one.within("Query"));
    let types = queries.filter_map(|query| words::idents(query.to_token_stream()).last());
    let mut fields = types.flat_map(|name| index.fields(&name)).map(|(name, _)| name);
    fields.find(|name| words::is_against_forgery(name)).or_else(|| {
        let keys = keys(&handler.body);
        keys.into_iter().find(|key| words::is_against_forgery(key))
    })
}

fn reads_cookies(body: &TokenStream) -> bool {
    words::idents(body.clone()).any(|name| words::is_cookie(&name))
        || words::texts(body.clone()).any(|text| text.eq_ignore_ascii_case("cookie"))
}

/// Whether it makes a `CorsLayer`, which lists headers such as `Authorization` and demands none.
fn answers_cors(layer: &Function) -> bool {
    words::idents(layer.body.clone()).any(|name| name == "CorsLayer")
}

/// A header that no page can set, unless the code sets it itself.
fn header(body: &TokenStream) -> Proof {
    let tokens = words::flat(body.clone());
    let is_header = |pair: &[TokenTree]| match pair[0].to_string().as_str() {
        "AUTHORIZATION" | "bearer_token" => true,
        // `typed_get::<Authorization<Bearer>>()`
        "Authorization" => pair[1].to_string() == "<",
        _ => false,
    };
    let name = tokens.windows(2).any(is_header);
    let is_set = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at)).map(ToString::to_string);
        before.is_some_and(|word| ["insert", "append", "header", "bearer_auth", "format"].contains(&&*word))
            && tokens.get(at + 1).is_some_and(|next| next.to_string() == ",")
    };
    let sets = tokens.iter().enumerate().any(|(at, token)| {
        (token.to_string() == "AUTHORIZATION"
            || words::text(token).is_some_and(|text| words::is_header_of_secrets(&text)))
            && is_set(at)
    });
    if sets {
        return Proof::Nothing;
    }
    if name {
        return Proof::Secret("an `Authorization` header".to_owned());
    }
    let text = words::texts(body.clone()).find(|text| words::is_header_of_secrets(text));
    if let Some(text) = text {
        return Proof::Secret(format!("the header `{text}`"));
    }
    let bearer = words::texts(body.clone())
        .any(|text| matches!(text.to_ascii_lowercase().as_str(), "bearer " | "bearer."));
    if bearer { Proof::Secret("a token in a header".to_owned()) } else { Proof::Nothing }
}

/// `parameters.get("token")`.
fn looked_up(body: &TokenStream, refuses: bool) -> Proof {
    match keys(body).into_iter().find(|key| words::is_secret(key)) {
        Some(key) if refuses => Proof::Secret(format!("`{key}` in the query")),
        _ => Proof::Nothing,
    }
}

/// What a map, or a text, is asked for.
fn keys(body: &TokenStream) -> Vec<String> {
    let tokens = words::flat(body.clone());
    let pairs = tokens.windows(2);
    let asks = |pair: &&[TokenTree]| ["get", "remove", "strip_prefix"].contains(&&*pair[0].to_string());
    let texts = pairs.filter(asks).filter_map(|pair| words::text(&pair[1]));
    texts.map(|text| text.trim_end_matches('=').to_owned()).collect()
}

/// Whether it returns early, or answers that the client is not authorized.
fn refuses(body: &TokenStream) -> bool {
    let names: HashSet<_> = words::idents(body.clone()).collect();
    let words =
        ["UNAUTHORIZED", "FORBIDDEN", "Unauthorized", "Forbidden", "return", "Err", "ok_or", "ok_or_else"];
    words.iter().any(|word| names.contains(*word)) || body.to_string().contains('?')
}

/// Whether the block requires a login before its loop.
fn demands_login(block: &Block) -> bool {
    let Some(first) = block.stmts.iter().position(|one| receives(one) || logs_in(one)) else { return false };
    let opening: Vec<_> = match &block.stmts[first] {
        statement if logs_in(statement) => return true,
        // The login may take several messages, in a separate loop, or be a state of the only loop.
        statement if is_loop(statement) => {
            let tokens = statement.to_token_stream();
            let waits = block.stmts[first + 1..].iter().any(|one| is_loop(one) && receives(one));
            return (waits && mentions_login(&tokens)) || asks_state(&tokens);
        }
        _ => block.stmts[first..].iter().take_while(|one| !is_loop(one)).take(8).collect(),
    };
    let compares = opening.iter().any(|one| compares_secret(one));
    let tokens: TokenStream = opening.into_iter().map(ToTokens::to_token_stream).collect();
    (mentions_login(&tokens) || compares) && refuses(&tokens)
}

/// `text != key`.
fn compares_secret(statement: &Stmt) -> bool {
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
            if matches!(binary.op, BinOp::Eq(_) | BinOp::Ne(_)) {
                self.sides(&binary.left, &binary.right);
            }
            visit::visit_expr_binary(self, binary);
        }

        fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
            if call.method == "eq" || call.method == "ne" || call.method == "ct_eq" {
                call.args.iter().for_each(|argument| self.sides(&call.receiver, argument));
            }
            visit::visit_expr_method_call(self, call);
        }
    }
    impl Search {
        fn sides(&mut self, left: &Expr, right: &Expr) {
            let is_secret =
                |side: &Expr| words::idents(side.to_token_stream()).any(|name| words::is_secret(&name));
            let is_known = |side: &Expr| matches!(side, Expr::Lit(_));
            self.0 |= (is_secret(left) || is_secret(right)) && !is_known(left) && !is_known(right);
        }
    }
    let mut search = Search(false);
    search.visit_stmt(statement);
    search.0
}

/// `authenticate(&mut socket).await`.
fn logs_in(statement: &Stmt) -> bool {
    if is_loop(statement) || matches!(statement, Stmt::Item(_)) {
        return false;
    }
    let tokens = words::flat(statement.to_token_stream());
    let is_socket = |name: &str| {
        ["socket", "ws", "websocket", "stream", "receiver", "rx", "sink"]
            .iter()
            .any(|word| name.split('_').any(|part| part == *word))
    };
    let is_login =
        |token: &TokenTree| matches!(token, TokenTree::Ident(name) if words::is_login(&name.to_string()));
    // The result may have such a name as well: `let auth = timeout(.., wait_for_auth(&mut socket)).await`.
    let gets_socket = tokens.iter().enumerate().filter(|(_, token)| is_login(token)).any(|(call, _)| {
        let mut arguments = tokens[call + 1..].iter().take(12).map(ToString::to_string);
        arguments.any(|name| is_socket(&name))
    });
    let awaits = tokens.iter().any(|token| token.to_string() == "await");
    awaits && gets_socket
}

fn receives(statement: &Stmt) -> bool {
    if matches!(statement, Stmt::Item(_)) {
        return false;
    }
    let names: Vec<_> = words::flat(statement.to_token_stream());
    names.windows(2).any(|pair| match pair[1].to_string().as_str() {
        "next" | "try_next" => pair[0].to_string() == ".",
        name => name.split('_').any(|word| ["recv", "receive"].contains(&word)),
    })
}

fn is_loop(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Expr(Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_), _))
}

fn mentions_login(tokens: &TokenStream) -> bool {
    words::idents(tokens.clone()).any(|name| words::is_login(&name))
        || words::texts(tokens.clone()).any(|text| words::is_login(&text))
}

/// `if !authenticated`.
fn asks_state(tokens: &TokenStream) -> bool {
    let tokens = words::flat(tokens.clone());
    tokens.windows(2).any(|pair| {
        pair[0].to_string() == "!"
            && ["authenticated", "authed", "authorized", "logged_in", "is_authenticated"]
                .contains(&&*pair[1].to_string())
    })
}

/// The path of a call, for lookups.
pub(super) fn name(call: &Call) -> Option<(&str, Option<&str>)> {
    let (last, before) = call.path.split_last()?;
    Some((last, before.last().map(String::as_str)))
}
