//! Names that hold what `recv` and `accept` return, used as if it were the message or the socket in it, and messages that are used
//! as those of other libraries.

use std::collections::HashMap;

use proc_macro2::Ident;
use syn::{
    Expr, ExprMethodCall, Item, Macro, Pat, PatIdent,
    visit::{self, Visit},
};

use super::scope;
use crate::{
    AXUM_API,
    flow::{Flavor, Flow, Kind, handle_of, macro_name},
    reading::variant,
    syntax::{Sink, generic_arguments, one_line},
};

/// What a name holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Message,
    /// What `recv().await?` returns.
    Option,
    /// What `recv().await` returns.
    Result,
    /// What `accept().await` returns.
    Accepted,
}

/// Where a pattern is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Let,
    Condition,
    Match,
    Select,
}

struct Held {
    holds: Holds,
    has_message: bool,
    /// How often the name is bound to something like it.
    count: usize,
    place: Place,
    from: From,
}

/// Where a value comes from.
#[derive(Clone)]
struct From {
    /// The name of the method.
    at: Ident,
    written: String,
    /// The name that held it before.
    through: Option<String>,
}

enum Use {
    Method(Ident),
    Sent,
    Field,
}

/// The names of a function, and how they are used.
#[derive(Default)]
pub(super) struct Names {
    held: HashMap<String, Held>,
    uses: Vec<(String, Use)>,
}

/// Methods of the messages of axum and of the libraries that it is made of.
const OF_OTHERS: [&str; 8] =
    ["to_text", "into_text", "to_str", "into_data", "is_text", "is_binary", "is_close", "is_ping"];
const OF_MESSAGES: [&str; 3] = ["as_text", "as_bytes", "into_bytes"];
const OF_SOCKETS: [&str; 8] = ["recv", "send", "feed", "flush", "split", "close", "forward", "spawn"];

impl Names {
    pub(super) fn holds(&self, name: &str) -> Option<Holds> {
        self.held.get(name).map(|held| held.holds)
    }

    /// Binds a pattern to what an expression returns. Returns whether the pattern fits.
    pub(super) fn bind(&mut self, pattern: &Pat, holds: Holds, from: &Expr, place: Place) -> bool {
        self.origin(from).is_none_or(|from| self.bind_part(pattern, holds, &from, place))
    }

    fn origin(&self, from: &Expr) -> Option<From> {
        match from {
            Expr::Try(inner) => self.origin(&inner.expr),
            Expr::Paren(inner) => self.origin(&inner.expr),
            Expr::Await(inner) => Some(From { written: one_line(from), ..self.origin(&inner.base)? }),
            Expr::MethodCall(call) => {
                Some(From { at: method_of(call), written: one_line(from), through: None })
            }
            Expr::Path(path) => {
                let name = path.path.get_ident()?.to_string();
                let held = self.held.get(&name)?;
                Some(From { through: Some(name), ..held.from.clone() })
            }
            _ => None,
        }
    }

    fn bind_part(&mut self, pattern: &Pat, holds: Holds, from: &From, place: Place) -> bool {
        match pattern {
            Pat::Type(typed) => self.bind_part(&typed.pat, holds, from, place),
            Pat::Paren(paren) => self.bind_part(&paren.pat, holds, from, place),
            Pat::Ident(name) if name.subpat.is_none() => {
                self.insert(name, holds, from, place);
                true
            }
            Pat::TupleStruct(made) if made.elems.len() == 1 => {
                let name = variant(pattern).map(ToString::to_string);
                match (name.as_deref(), holds) {
                    (Some("Ok"), Holds::Result) => self.bind_part(&made.elems[0], Holds::Option, from, place),
                    (Some("Some"), Holds::Option) => {
                        self.bind_part(&made.elems[0], Holds::Message, from, place)
                    }
                    (Some("Some"), Holds::Result) => false,
                    _ => true,
                }
            }
            _ => true,
        }
    }

    fn insert(&mut self, name: &PatIdent, holds: Holds, from: &From, place: Place) {
        let name = name.ident.to_string();
        if let Some(held) = self.held.get_mut(&name) {
            held.count += 1;
            held.has_message |= holds == Holds::Message;
            held.holds = holds;
            return;
        }
        let has_message = holds == Holds::Message;
        self.held.insert(name, Held { holds, has_message, count: 1, place, from: from.clone() });
    }

    pub(super) fn method(&mut self, receiver: &Expr, method: &Ident) {
        let is_known = OF_OTHERS.iter().chain(&OF_MESSAGES).chain(&OF_SOCKETS).any(|known| method == known);
        if let Some(name) = name_of(receiver).filter(|_| is_known) {
            self.uses.push((name, Use::Method(method.clone())));
        }
    }

    pub(super) fn sent(&mut self, value: &Expr) {
        let value = match value {
            Expr::Reference(lent) => &lent.expr,
            other => other,
        };
        self.uses.extend(name_of(value).map(|name| (name, Use::Sent)));
    }

    pub(super) fn field(&mut self, base: &Expr) {
        self.uses.extend(name_of(base).map(|name| (name, Use::Field)));
    }

    /// Reports what cannot be used like this, each name once.
    pub(super) fn report(mut self, flow: &Flow<'_>, sink: &mut Sink) {
        let is_raw = sends_messages(flow);
        for (name, used) in std::mem::take(&mut self.uses) {
            let Some(kept) = self.held.get(&name) else { continue };
            match &used {
                Use::Method(method) if kept.has_message => {
                    let Some((message, help)) = instead(&name, method).filter(|_| is_raw) else { continue };
                    if scope::has_no(flow, &method.to_string()) && self.is_sure(&name, flow) {
                        sink.report(&AXUM_API, method, message, help).untyped();
                    }
                }
                _ if kept.count == 1 && is_misused(kept, &used, flow) && self.is_sure(&name, flow) => {
                    let (message, help) = unwrapped(&name, kept, flow);
                    sink.report(&AXUM_API, &kept.from.at, message, help).untyped();
                    self.held.remove(&name);
                }
                _ => {}
            }
        }
    }

    /// Whether the name, and the one that it was taken from, hold nothing else anywhere in the function.
    fn is_sure(&self, name: &str, flow: &Flow<'_>) -> bool {
        self.held.get(name).is_some_and(|kept| {
            let through = kept.from.through.as_deref().filter(|through| *through != name);
            bindings(flow, name) == kept.count && through.is_none_or(|through| self.is_sure(through, flow))
        })
    }
}

/// The name of `recv` or `accept`, before methods that add to it.
fn method_of(call: &ExprMethodCall) -> Ident {
    match &*call.receiver {
        Expr::MethodCall(inner) if call.method != "recv" => method_of(inner),
        _ => call.method.clone(),
    }
}

fn name_of(value: &Expr) -> Option<String> {
    match value {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// Whether the endpoint takes a `Handshake` without a codec: then it receives a `Message`.
fn sends_messages(flow: &Flow<'_>) -> bool {
    let first = flow.function.parameters.first().filter(|_| flow.is_endpoint);
    let ours = Some((Flavor::Sockeye, Kind::Handshake));
    first.is_some_and(|first| {
        handle_of(first.ty(), flow.imports()) == ours && generic_arguments(first.ty()).is_empty()
    })
}

/// Whether the name is used as what is in the `Option` or the `Result` that it holds, neither of which has such a method or field.
fn is_misused(kept: &Held, used: &Use, flow: &Flow<'_>) -> bool {
    match (kept.holds, used) {
        (Holds::Accepted, Use::Method(method)) => {
            OF_SOCKETS.iter().any(|known| method == known) && scope::has_no(flow, &method.to_string())
        }
        (Holds::Message | Holds::Accepted, _) => false,
        (_, Use::Method(method)) => {
            !OF_SOCKETS.iter().any(|known| method == known) && scope::has_no(flow, &method.to_string())
        }
        // What the socket sends may be an `Option`, too.
        (_, Use::Sent) => sends_messages(flow),
        (_, Use::Field) => true,
    }
}

/// What is wrong, and what to write, where an `Option` or a `Result` is used as what is in it.
fn unwrapped(name: &str, kept: &Held, flow: &Flow<'_>) -> (String, String) {
    let call = &kept.from.written;
    if kept.holds == Holds::Accepted {
        let message = format!("`accept` returns a `Result`, and `{name}` is used as the socket in it");
        let help = if flow.can_fail() {
            format!("write `let mut {name} = {call}?;`")
        } else {
            format!("write `let Ok(mut {name}) = {call} else {{ return }};`")
        };
        return (message, help);
    }
    let message = format!(
        "`recv` returns `Result<Option<..>>`, which is `Ok(None)` when the peer closes, and `{name}` is used as the message in it"
    );
    (message, format!("write `{}`", fitting(name, call, kept.place, flow)))
}

/// A pattern for a message, and the expression that it matches.
pub(super) fn fitting(inner: &str, call: &str, place: Place, flow: &Flow<'_>) -> String {
    match (place, flow.can_fail()) {
        (Place::Let, true) => format!("let Some({inner}) = {call}? else {{ return Ok(()) }};"),
        (Place::Let, false) => format!("let Ok(Some({inner})) = {call} else {{ return }};"),
        (Place::Match, true) => format!("match {call}? {{ Some({inner}) => .., None => .. }}"),
        (Place::Match, false) => format!("match {call} {{ Ok(Some({inner})) => .., _ => .. }}"),
        (Place::Condition, true) => format!("Some({inner}) = {call}?"),
        (Place::Select, _) | (Place::Condition, false) => format!("Ok(Some({inner})) = {call}"),
    }
}

/// What to write for a method that `Message` does not have.
fn instead(name: &str, method: &Ident) -> Option<(String, String)> {
    let method = method.to_string();
    let help = match method.as_str() {
        "to_text" | "into_text" | "to_str" => {
            format!("write `let Some(text) = {name}.as_text() else {{ continue }};`")
        }
        "into_data" => format!("write `{name}.into_bytes()`"),
        "is_text" => format!("write `{name}.as_text().is_some()`"),
        "is_binary" => format!("write `{name}.as_text().is_none()`"),
        "is_close" => "remove it: when the peer closes, `recv` returns `None`".to_owned(),
        "is_ping" => "remove it: pings are answered without the handler".to_owned(),
        _ => return None,
    };
    Some((format!("Sockeye's `Message` has no `{method}`: it is text or bytes"), help))
}

/// How many patterns in the function bind the name.
pub(super) fn bindings(flow: &Flow<'_>, name: &str) -> usize {
    struct Bindings<'n, 'f> {
        name: &'n str,
        flow: &'n Flow<'f>,
        count: usize,
    }
    impl<'ast> Visit<'ast> for Bindings<'_, '_> {
        fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
            self.count += usize::from(pattern.ident == self.name);
            visit::visit_pat_ident(self, pattern);
        }

        fn visit_macro(&mut self, call: &'ast Macro) {
            let macros = self.flow.function.macros();
            if macro_name(call) == "select" {
                for branch in macros.branches(call).into_iter().flatten() {
                    branch.pattern.iter().for_each(|pattern| self.visit_pat(pattern));
                    branch.future.iter().chain(&branch.guard).for_each(|one| self.visit_expr(one));
                    self.visit_expr(&branch.handler);
                }
            } else {
                macros.arguments(call).iter().for_each(|argument| self.visit_expr(argument));
            }
        }

        fn visit_item(&mut self, _: &'ast Item) {}
    }
    let mut search = Bindings { name, flow, count: 0 };
    flow.function.parameters.iter().for_each(|parameter| search.visit_pat(&parameter.node.pat));
    search.visit_block(flow.body);
    search.count
}
