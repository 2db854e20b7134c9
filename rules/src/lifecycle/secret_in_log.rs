use std::{cell::OnceCell, rc::Rc};

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::{Expr, ExprMethodCall, Macro, Member};

use crate::{
    SECRET_IN_LOG,
    flow::{Flow, macro_name},
    surroundings::{Fault, Neighbour, SELF, Written},
    syntax::{Function, Sink, one_line},
    trace::{self, Given, Names, Origin, Tags, Watch, is_secret, is_secret_key, method_of_file},
};

const QUERY: &str = "the query string, which contains a secret,";

const HEADER: &str = "a header with credentials";
const EVERY_HEADER: &str = "every header";

/// Macros whose output others can read.
const LOGS: [&str; 14] = [
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "event",
    "log",
    "println",
    "print",
    "eprintln",
    "eprint",
    "dbg",
    "span",
    "info_span",
];

/// Methods that return the same value in another form.
const SAME: [&str; 17] = [
    "as_str",
    "as_ref",
    "clone",
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_default",
    "to_str",
    "to_string",
    "to_owned",
    "as_deref",
    "ok",
    "value",
    "as_text",
    "trim",
    "into_inner",
    "unwrap_or_else",
];

const HELP: &str =
    "remove it from the log, or log something that only identifies the client: a user id, or a hash";

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if may_log(flow.function) || flow.calls_hazard(&SECRET_IN_LOG) {
        find(flow, None, sink);
    }
}

/// Whether the function has any macro whose output others can read.
pub(crate) fn may_log(function: &Function) -> bool {
    function.has_word(&LOGS)
}

/// The secrets that are logged, with an assumption about a parameter.
pub(crate) fn find(flow: &Flow<'_>, given: Option<Given>, sink: &mut Sink) {
    // A token of another kind: for cancellation, or a word of a parser or a model.
    let cancels = flow.function.has_word(&["cancelled", "is_cancelled", "child_token", "CancellationToken"]);
    let is_sent = matches!(given, Some(Given::Sent(_)));
    let mut logs = Logs {
        flow,
        sink,
        cancels,
        is_sent,
        by: &DEBUG,
        is_login: OnceCell::new(),
        in_query: OnceCell::new(),
    };
    trace::watch_given(flow, given, &mut logs);
}

/// Whether the function decides who may connect.
fn mentions_login(flow: &Flow<'_>) -> bool {
    let text = flow.body.to_token_stream().to_string().to_lowercase();
    ["verify", "login", "auth", "policy", "invalid", "wrong", "denied", "forbidden"]
        .iter()
        .any(|word| text.contains(word))
}

/// Whether the query of the request contains a secret.
fn has_secret_query(flow: &Flow<'_>) -> bool {
    let types = flow.function.parameters.iter().map(|one| one.ty().to_token_stream().to_string());
    let fields = |ty: String| {
        let words = ty.split(' ').filter_map(|word| flow.shapes().fields(word)).flatten();
        words.map(|(field, _)| field.clone()).collect::<Vec<_>>()
    };
    let queries: Vec<_> = types.filter(|ty| ty.contains("Query")).collect();
    let is_read = || {
        let body = flow.body.to_token_stream().to_string();
        body.split('"').skip(1).step_by(2).any(is_secret)
    };
    // `uri.query()` that is taken apart by hand.
    let is_taken_apart = || {
        let body = flow.body.to_token_stream().to_string();
        let mut words = body.split('"').skip(1).step_by(2).map(|word| word.trim_matches(['=', '&', '?']));
        flow.function.has_word(&["query"]) && words.any(is_secret)
    };
    queries.iter().any(|ty| ty.contains("Map")) && is_read()
        || queries.is_empty() && is_taken_apart()
        || queries.into_iter().flat_map(fields).any(|field| is_secret(&field))
}

struct Logs<'s> {
    flow: &'s Flow<'s>,
    sink: &'s mut Sink,
    cancels: bool,
    /// Whether a parameter is assumed to be from the client.
    is_sent: bool,
    /// The traits with one of which the value is written.
    by: &'static [Written],
    is_login: OnceCell<bool>,
    in_query: OnceCell<bool>,
}

impl Watch for Logs<'_> {
    /// A secret, as an argument of a helper that logs it.
    fn expression(&mut self, expression: &Expr, names: &Names<'_>) {
        let (helper, arguments) = match expression {
            Expr::Call(call) => (self.flow.helper_of(&call.func), &call.args),
            Expr::MethodCall(call) => {
                let helper = method_of_file(self.flow, call, names);
                self.of_held(helper, call, names);
                (helper, &call.args)
            }
            _ => return,
        };
        let Some(helper) = helper.filter(|helper| helper.has_hazard(&SECRET_IN_LOG)) else { return };
        self.by = &DEBUG;
        for (index, argument) in arguments.iter().enumerate() {
            if let Some(hazard) = helper.hazard_of_sent(&SECRET_IN_LOG, index)
                && names.of(argument).is(Tags::INPUT)
            {
                let message = format!("in `{}`: {}", helper.path(), hazard.message);
                self.in_helper(argument, message, hazard);
                continue;
            }
            let Some(hazard) = helper.hazard(&SECRET_IN_LOG, index) else { continue };
            if let Some(Found { at, what }) = self.secret(argument, names) {
                // Of all headers that it takes it may write one.
                let takes_one = what.contains(EVERY_HEADER) && !hazard.message.contains(EVERY_HEADER);
                let what = if takes_one { HEADER.to_owned() } else { what };
                let message = format!(
                    "`{}` writes {what} to the log, where anyone who reads it can use it",
                    helper.path()
                );
                self.in_helper(at, message, hazard);
            }
        }
    }

    fn macro_call(&mut self, call: &Macro, names: &Names<'_>) {
        if !LOGS.contains(&macro_name(call).as_str()) {
            return;
        }
        for value in self.flow.function.macros().arguments(call) {
            self.by = written_by(call, value);
            if let Some(Found { at, what }) = self.secret(value, names) {
                self.report(at, &what);
            } else if let Some((literal, what)) = self.captured(value, names) {
                self.report(&literal, &what);
            }
        }
    }
}

/// A secret, and the part of the expression that is one.
struct Found<'e> {
    at: &'e dyn ToTokens,
    what: String,
}

impl Logs<'_> {
    /// A method of a struct with a secret.
    fn of_held(&mut self, helper: Option<&Neighbour>, call: &ExprMethodCall, names: &Names<'_>) {
        if let Some(hazard) = helper.and_then(|helper| helper.hazard(&SECRET_IN_LOG, SELF))
            && names.of(&call.receiver).is(Tags::HOLDS)
        {
            let message = format!("in `{}`: {}", call.method, hazard.message);
            self.in_helper(&call.method, message, hazard);
        }
    }

    fn is_login(&self) -> bool {
        *self.is_login.get_or_init(|| mentions_login(self.flow))
    }

    fn in_query(&self) -> bool {
        *self.in_query.get_or_init(|| has_secret_query(self.flow))
    }

    fn in_helper(&mut self, at: &dyn ToTokens, message: String, fault: &Fault) {
        let is_shown = self.flow.helpers_are_judged();
        self.sink.report(&SECRET_IN_LOG, at, message, HELP).beyond(&fault.line, is_shown);
    }

    fn report(&mut self, at: &dyn ToTokens, what: &str) {
        let message = format!("{what} is written to the log, where anyone who reads it can use it");
        self.sink.report(&SECRET_IN_LOG, at, message, HELP);
    }

    /// The secret in the value.
    fn secret<'e>(&self, value: &'e Expr, names: &Names<'_>) -> Option<Found<'e>> {
        let what = match value {
            Expr::Paren(inner) => return self.secret(&inner.expr, names),
            Expr::Reference(inner) => return self.secret(&inner.expr, names),
            Expr::Try(inner) => return self.secret(&inner.expr, names),
            Expr::MethodCall(call) => return self.method(value, call, names),
            Expr::Path(path) => {
                let name = path.path.get_ident()?.to_string();
                let origin = names.find(&name)?;
                if self.is_word(&name, origin) {
                    return None;
                }
                self.named(&name, origin, names).or_else(|| self.whole(&name, origin, names))?
            }
            Expr::Field(field) => {
                let Member::Named(name) = &field.member else { return None };
                let origin = names.of(value);
                match self.named(&name.to_string(), &origin, names) {
                    Some(what) => what,
                    None if self.is_uri(value, &origin) => QUERY.to_owned(),
                    None => return None,
                }
            }
            _ => return None,
        };
        Some(Found { at: value, what })
    }

    fn method<'e>(&self, value: &'e Expr, call: &'e ExprMethodCall, names: &Names<'_>) -> Option<Found<'e>> {
        let name = call.method.to_string();
        let origin = names.of(&call.receiver);
        let what = match name.as_str() {
            "token" | "password" if origin.is(Tags::REQUEST) => self.named(&name, &origin, names)?,
            "headers" if origin.is(Tags::HANDLE) || origin.is(Tags::REQUEST) => {
                "every header, including cookies and `Authorization`,".to_owned()
            }
            "uri" if (origin.is(Tags::HANDLE) || origin.is(Tags::REQUEST)) && self.in_query() => {
                QUERY.to_owned()
            }
            "query" | "path_and_query" if self.is_uri(&call.receiver, &origin) => QUERY.to_owned(),
            "get" | "get_all" if origin.is(Tags::REQUEST) => {
                let key = call.args.first()?;
                let is_of_query = origin.has_type(&["Query"]);
                is_secret_key(key).then(|| match (is_of_query, key) {
                    (true, Expr::Lit(_)) => {
                        format!("`{}` of the query string", one_line(key).trim_matches('"'))
                    }
                    (true, _) => "a secret of the query string".to_owned(),
                    (false, _) => HEADER.to_owned(),
                })?
            }
            // Its `Debug` does not show it, but this does.
            "as_str" if origin.is_masked() => "the client's token".to_owned(),
            "map" | "map_or" | "map_or_else" | "and_then" if origin.is_masked() => {
                let shown = names.of(value);
                (shown.is(Tags::SECRET) && !shown.is_masked()).then(|| "the client's token".to_owned())?
            }
            _ if SAME.contains(&name.as_str()) => return self.secret(&call.receiver, names),
            _ => return None,
        };
        Some(Found { at: value, what })
    }

    /// A value from the client whose name says that it is a secret.
    fn named(&self, name: &str, origin: &Origin, names: &Names<'_>) -> Option<String> {
        let is_token = name.ends_with("token");
        if !is_secret(name) && !origin.is(Tags::SECRET) || origin.is_masked() {
            return None;
        }
        let from_client = origin.is(Tags::HOLDS)
            || origin.is(Tags::REQUEST)
            || origin.is(Tags::INPUT) && (!is_token || self.is_login());
        let is_other = is_token && self.cancels || self.is_hidden(origin, names);
        (from_client && !is_other).then(|| format!("`{name}`"))
    }

    /// `{token}` in the format string.
    fn captured(&self, value: &Expr, names: &Names<'_>) -> Option<(TokenTree, String)> {
        let Expr::Lit(literal) = value else { return None };
        let syn::Lit::Str(text) = &literal.lit else { return None };
        let token = text.to_token_stream().into_iter().next()?;
        let text = text.value();
        let captures = text.split('{').skip(1).filter_map(|rest| rest.split(['}', ':']).next());
        let mut secrets = captures.filter_map(|name| {
            let origin = names.find(name).filter(|origin| !self.is_word(name, origin))?;
            self.named(name, origin, names).or_else(|| self.whole(name, origin, names))
        });
        secrets.next().map(|what| (token, what))
    }

    /// A whole struct or query that contains a secret, or all headers.
    fn whole(&self, name: &str, origin: &Origin, names: &Names<'_>) -> Option<String> {
        if name == "self" || origin.is(Tags::HOLDS) {
            return self.held(name, origin, names);
        }
        if !origin.is(Tags::REQUEST) {
            return self.sent(name, origin, names);
        }
        if origin.has_type(&["Uri", "OriginalUri"]) && self.in_query() {
            return Some(QUERY.to_owned());
        }
        let is_whole = origin.has_type(&["Parts", "Request"]) && self.by.contains(&Written::Debug);
        if (origin.has_type(&["HeaderMap"]) || is_whole) && !origin.is(Tags::SECRET) {
            return Some(format!("`{name}`, every header including cookies and `Authorization`,"));
        }
        if origin.has_type(&["Query"]) && origin.has_type(&["HashMap", "BTreeMap"]) && self.in_query() {
            return Some(format!("`{name}`, the query string with a secret in it,"));
        }
        let ty = origin.ty.as_deref()?;
        let is_shown = |field: &str, by: &Written| {
            let shown = names.types().shown_fields(ty, *by);
            shown.into_iter().any(|(other, ty)| other == field && !is_wrapped(ty))
        };
        let mut fields = names.types().fields(ty).iter().map(|(field, _)| field);
        let secret =
            fields.find(|field| is_secret(field) && self.by.iter().all(|by| is_shown(field.as_str(), by)))?;
        Some(format!("`{name}` with its `{secret}`"))
    }

    /// Whether a helper calls its parameter a token, which may be a word of a message.
    fn is_word(&self, name: &str, origin: &Origin) -> bool {
        self.is_sent && name.ends_with("token") && !origin.is(Tags::REQUEST)
    }

    /// Whether it is the URI of the request, with a secret in its query.
    fn is_uri(&self, value: &Expr, origin: &Origin) -> bool {
        let is_named_so = match value {
            Expr::Field(field) => matches!(&field.member, Member::Named(name) if name == "uri"),
            Expr::MethodCall(call) => call.method == "uri",
            _ => origin.has_type(&["Uri", "OriginalUri"]),
        };
        is_named_so && origin.is(Tags::REQUEST) && self.in_query()
    }

    /// A struct of the program with the secret of a client, or the `self` of a method with a connection.
    fn held(&self, name: &str, origin: &Origin, names: &Names<'_>) -> Option<String> {
        if self.flow.roots.is_empty() && !origin.is(Tags::HOLDS) {
            return None;
        }
        let ty = origin.ty.as_deref()?;
        let is_shown = |one: &&&(String, Rc<str>)| is_secret(&one.0) && is_plain(&one.1);
        let fields = names.types().written_fields(ty);
        let secret = fields.iter().find(is_shown).filter(|_| self.by.contains(&Written::Debug));
        secret.map(|(field, _)| format!("`{name}` with its `{field}`"))
    }

    /// Whether the type of the value does not show what is in it.
    fn is_hidden(&self, origin: &Origin, names: &Names<'_>) -> bool {
        let hides = |ty: &str| is_wrapped(ty) || self.by.iter().any(|by| names.types().hides(ty, *by));
        origin.is(Tags::REQUEST.or(Tags::INPUT)) && origin.ty.as_deref().is_some_and(hides)
    }

    /// A whole struct that the client sent, with a secret in it.
    fn sent(&self, name: &str, origin: &Origin, names: &Names<'_>) -> Option<String> {
        if !origin.is(Tags::INPUT) {
            return None;
        }
        let fields = names.types().written_fields(origin.ty.as_deref()?);
        let mut told = fields
            .into_iter()
            .filter(|(field, ty)| is_plain(ty) && self.named(field, origin, names).is_some());
        told.next().map(|(field, _)| format!("`{name}` with its `{field}`"))
    }
}

/// A type that is made to show nothing, such as `SecretString`.
fn is_wrapped(ty: &str) -> bool {
    ty.contains("Secret") || ty.contains("Redact")
}

const DEBUG: [Written; 1] = [Written::Debug];

/// The trait with which a macro writes its argument; both if that is not clear.
fn written_by(call: &Macro, value: &Expr) -> &'static [Written] {
    const DISPLAY: [Written; 1] = [Written::Display];
    let all = call.tokens.to_string();
    let before = all.find(&value.to_token_stream().to_string()).map(|at| all[..at].trim_end());
    match before.and_then(|before| before.chars().last()) {
        Some('?') => &DEBUG,
        Some('%') => &DISPLAY,
        _ if macro_name(call) == "dbg" => &DEBUG,
        _ => match (all.matches("?}").count(), all.matches('}').count()) {
            (0, _) => &DISPLAY,
            (some, all) if some == all => &DEBUG,
            _ => &[Written::Debug, Written::Display],
        },
    }
}

/// A string, whose `Debug` writes it.
fn is_plain(ty: &str) -> bool {
    const PLAIN: [&str; 8] = ["String", "Option", "Box", "Arc", "Rc", "Cow", "str", "static"];
    let mut words =
        ty.split(|one: char| !(one.is_alphanumeric() || one == '_')).filter(|word| !word.is_empty());
    words.all(|word| PLAIN.contains(&word))
}
