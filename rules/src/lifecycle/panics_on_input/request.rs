//! Parts of the request that need not be there.

use quote::ToTokens;
use syn::{Expr, ExprIndex, ExprMethodCall, Lit};

use super::Panics;
use crate::{
    PANICS_ON_INPUT,
    trace::{self, Names, Origin, Tags},
};

const HELP: &str = "answer the request with an error, or take a value for when it is missing: `let Some(value) = .. else { return .. };`";

impl Panics<'_> {
    /// `query.get("room").unwrap()`
    pub(super) fn unwrap_request(&mut self, call: &ExprMethodCall, names: &Names<'_>) {
        let Some(what) = missing(&call.receiver, names) else { return };
        let site = self.measures().site(call);
        let is_sure =
            |root: String| self.measures().answers(&root, site) || self.measures().counts(&root, site);
        if trace::root(&call.receiver).is_some_and(is_sure) {
            return;
        }
        let message = format!("`{}` panics on what a request may contain: {what}", call.method);
        self.sink.report(&PANICS_ON_INPUT, &call.method, message, HELP);
    }

    /// `query["room"]`
    pub(super) fn index_request(&mut self, index: &ExprIndex, whole: &Origin) {
        let is_key = matches!(&*index.index, Expr::Lit(key) if matches!(key.lit, Lit::Str(_)));
        if !is_key || !whole.has_type(&["HeaderMap", "HashMap", "BTreeMap"]) || is_always_there(&index.index)
        {
            return;
        }
        let site = self.measures().site(index);
        let is_sure =
            |root: String| self.measures().answers(&root, site) || self.measures().counts(&root, site);
        if trace::root(&index.expr).is_some_and(is_sure) {
            return;
        }
        let message = "this index panics if the request does not contain it";
        self.sink.report(&PANICS_ON_INPUT, &index.index, message, HELP);
    }
}

/// Why there may be nothing; `None` if nothing is known of it.
fn missing(value: &Expr, names: &Names<'_>) -> Option<String> {
    match value {
        Expr::Paren(inner) => missing(&inner.expr, names),
        Expr::Reference(inner) => missing(&inner.expr, names),
        Expr::Field(_) => {
            let origin = names.of(value);
            let is_option = origin.ty.as_deref().is_some_and(|ty| trace::name_of(ty) == "Option");
            is_option.then(|| "it is not always present".to_owned())
        }
        Expr::MethodCall(call) => {
            let name = call.method.to_string();
            match name.as_str() {
                "ok" | "cloned" | "copied" | "as_ref" | "as_deref" | "map_err" | "clone" | "and_then" => {
                    missing(&call.receiver, names)
                }
                "get" if call.turbofish.is_none() => {
                    let key = call.args.first().filter(|key| is_written(key) && !is_always_there(key))?;
                    Some(format!("{} is not always present", key.to_token_stream()))
                }
                "parse" | "to_str" | "split_once" | "strip_prefix" | "query"
                    if names.of(&call.receiver).is(Tags::REQUEST) =>
                {
                    Some(format!("`{name}` fails for some requests"))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// A string, or a constant with the name of a header.
fn is_written(key: &Expr) -> bool {
    match key {
        Expr::Lit(_) | Expr::Path(_) => true,
        Expr::Reference(inner) => is_written(&inner.expr),
        _ => false,
    }
}

/// Headers without which there is no handshake, and those that a proxy or a layer of the server adds.
fn is_always_there(key: &Expr) -> bool {
    const WORDS: [&str; 12] = [
        "host",
        "upgrade",
        "connection",
        "sec-websocket-key",
        "sec-websocket-version",
        "forwarded",
        "real-ip",
        "request-id",
        "trace",
        "user-id",
        "amzn",
        "cf-",
    ];
    let key = key.to_token_stream().to_string().to_lowercase().replace('_', "-");
    WORDS.iter().any(|word| key.contains(word))
}
