use std::time::Duration;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    Expr, ExprArray, ExprLit, Ident, Lit, LitStr, Path, Token, Type, parse::Parser, punctuated::Punctuated,
};

use super::{Argument, Arguments, Value, one_line};
use crate::{Rule, ValueProblem, duration, origin::Pattern, size, subprotocol};

/// Every option, and how it is written.
pub const OPTIONS: [(&str, &str); 11] = [
    ("state", "state = AppState"),
    ("origins", "origins = [\"https://app.example.com\"]"),
    ("subprotocols", "subprotocols = [\"v2\", \"v1\"]"),
    ("max_message_size", "max_message_size = \"64 KiB\""),
    ("compression", "compression = \"deflate\""),
    ("heartbeat", "heartbeat = \"30s\""),
    ("heartbeat_message", "heartbeat_message = \"30s\""),
    ("group", "group = \"admin\""),
    ("guarded", "guarded"),
    ("crate", "crate = company::sockeye"),
    ("allow", "allow(no_receive_loop, reason = \"clients only listen\")"),
];

/// The meaning of the options. A missing or invalid option has its default.
#[derive(Default)]
pub struct Options {
    /// `state = AppState`.
    pub state: Option<Type>,
    /// `origins = [..]` or `origins = any`.
    pub origins: Option<OriginsOption>,
    /// `subprotocols = [..]`, in order of preference.
    pub subprotocols: Vec<LitStr>,
    /// `max_message_size = "64 KiB"`, in bytes.
    pub max_message_size: Option<usize>,
    /// `compression = "deflate"` or `compression = off`.
    pub compression: Option<CompressionOption>,
    /// `heartbeat = "30s"` or `heartbeat = off`.
    pub heartbeat: Option<HeartbeatOption>,
    /// `heartbeat_message` or `heartbeat_message = "30s"`.
    pub heartbeat_message: Option<HeartbeatMessageOption>,
    /// `group = "admin"`.
    pub group: Option<LitStr>,
    /// `guarded`.
    pub guarded: bool,
    /// `crate = company::sockeye`: the path if another crate re-exports the runtime.
    pub krate: Option<Path>,
    /// `allow(rule, .., reason = "why")`.
    pub allow: Vec<AllowOption>,
    /// The faults of the values, for `invalid_option`.
    pub(crate) problems: Vec<Problem>,
}

/// The `origins` option.
pub enum OriginsOption {
    /// `origins = any`.
    Any,
    /// `origins = ["https://app.example.com"]`; the rule `origin_syntax` checks each string.
    List(Vec<LitStr>),
}

/// The `compression` option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompressionOption {
    /// `compression = off`.
    Off,
    /// `compression = "deflate"`.
    Deflate,
}

/// The `heartbeat_message` option.
#[derive(Clone, Copy)]
pub enum HeartbeatMessageOption {
    /// `heartbeat_message`: the interval is the server's.
    OfServer,
    /// `heartbeat_message = "30s"`.
    Every(Duration),
}

/// The `heartbeat` option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeartbeatOption {
    /// `heartbeat = off`.
    Off,
    /// `heartbeat = "30s"`.
    Every(Duration),
}

/// A rule that the endpoint turns off.
#[derive(Debug)]
pub struct AllowOption {
    /// The rule.
    pub rule: &'static Rule,
    /// Its name, as written.
    pub at: Ident,
    /// Why, in the user's words.
    pub reason: String,
}

/// An invalid value.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) at: TokenStream,
    pub(crate) what: String,
    pub(crate) help: String,
}

impl Problem {
    fn new(at: &dyn ToTokens, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { at: at.to_token_stream(), what: what.into(), help: help.into() }
    }

    fn value(at: &dyn ToTokens, problem: &ValueProblem) -> Self {
        Self::new(at, problem.to_string(), problem.help())
    }
}

type Read<T> = Result<T, Problem>;

impl Options {
    pub(super) fn read(arguments: &Arguments) -> Self {
        let mut options = Self::default();
        for (index, argument) in arguments.options.iter().enumerate() {
            let repeated = arguments.options[..index].iter().any(|earlier| earlier.name == argument.name);
            let result = if repeated && argument.name != "allow" {
                Err(twice(argument))
            } else {
                options.read_one(argument)
            };
            options.problems.extend(result.err());
        }
        options
    }

    /// Unknown names are left to the rule `unknown_option`.
    fn read_one(&mut self, argument: &Argument) -> Read<()> {
        match argument.name.to_string().as_str() {
            "state" => self.state = Some(state(argument)?),
            "origins" => self.origins = Some(self.read_origins(argument)?),
            "subprotocols" => self.subprotocols = self.read_subprotocols(argument)?,
            "max_message_size" => self.max_message_size = Some(max_message_size(argument)?),
            "compression" => self.compression = Some(compression(argument)?),
            "heartbeat" => self.heartbeat = Some(heartbeat(argument)?),
            "heartbeat_message" => self.heartbeat_message = Some(heartbeat_message(argument)?),
            "group" => self.group = Some(group(argument)?),
            "guarded" => self.guarded = guarded(argument)?,
            "crate" => self.krate = Some(krate(argument)?),
            "allow" => self.read_allow(argument)?,
            _ => {}
        }
        Ok(())
    }

    fn read_origins(&mut self, argument: &Argument) -> Read<OriginsOption> {
        match expression(argument) {
            Some(Expr::Path(path)) if path.path.is_ident("any") => Ok(OriginsOption::Any),
            Some(Expr::Array(list)) => {
                let texts = texts(&list, "origins", "https://app.example.com")?;
                self.repeated(&texts, "origin", |a, b| match (Pattern::parse(a), Pattern::parse(b)) {
                    (Ok(a), Ok(b)) => a == b,
                    _ => a == b,
                });
                Ok(OriginsOption::List(texts))
            }
            Some(Expr::Lit(text)) if one_line(&text) == "\"*\"" => Err(form(argument, "origins = any")),
            Some(Expr::Lit(text)) if matches!(text.lit, Lit::Str(_)) => {
                let text = one_line(&text);
                let is_host = !text.contains("://") && !text.contains("*\"");
                let origin = if is_host { text.replacen('"', "\"https://", 1) } else { text };
                Err(form(argument, &format!("origins = [{origin}]")))
            }
            _ => Err(form(argument, "origins = [\"https://app.example.com\"]` or `origins = any")),
        }
    }

    fn read_subprotocols(&mut self, argument: &Argument) -> Read<Vec<LitStr>> {
        let list = match expression(argument) {
            Some(Expr::Array(list)) => list,
            Some(Expr::Lit(text)) if matches!(text.lit, Lit::Str(_)) => {
                return Err(form(argument, &format!("subprotocols = [{}]", one_line(&text))));
            }
            _ => return Err(form(argument, "subprotocols = [\"v2\", \"v1\"]")),
        };
        let texts = texts(&list, "subprotocols", "v1")?;
        for text in &texts {
            let problem = subprotocol::check(&text.value()).err();
            self.problems.extend(problem.map(|problem| Problem::value(text, &problem)));
        }
        self.repeated(&texts, "subprotocol", |a, b| a == b);
        Ok(texts)
    }

    fn repeated(&mut self, texts: &[LitStr], what: &str, same: fn(&str, &str) -> bool) {
        for (index, text) in texts.iter().enumerate() {
            if texts[..index].iter().any(|earlier| same(&earlier.value(), &text.value())) {
                let what = format!("duplicate {what} {}", one_line(text));
                self.problems.push(Problem::new(text, what, "remove the second one"));
            }
        }
    }

    fn read_allow(&mut self, argument: &Argument) -> Read<()> {
        let (rules, reason) = allow_parts(argument)?;
        let before = self.problems.len();
        let names = rules.clone();
        for name in rules {
            match allowable(&name) {
                // Without a reason, too: then the reason is all that is missing.
                Ok(rule) => self.allow.push(AllowOption { rule, at: name, reason: reason.clone() }),
                Err(problem) => self.problems.push(problem),
            }
        }
        if reason.trim().is_empty() && self.problems.len() == before {
            self.problems.push(without_reason(argument, &names));
        }
        Ok(())
    }
}

fn twice(argument: &Argument) -> Problem {
    let name = &argument.name;
    Problem::new(name, format!("duplicate option `{name}`"), "remove one of them")
}

/// The value does not have the form that the option takes.
fn form(argument: &Argument, example: &str) -> Problem {
    let name = &argument.name;
    let what = match &argument.value {
        Value::Assigned(value) if !value.is_empty() => format!("`{name}` cannot be `{}`", one_line(value)),
        Value::List(_) => format!("`{name}` takes its value after `=`"),
        _ => format!("`{name}` needs a value"),
    };
    Problem::new(&argument.at(), what, format!("write `{example}`"))
}

fn expression(argument: &Argument) -> Option<Expr> {
    match &argument.value {
        Value::Assigned(tokens) => syn::parse2(tokens.clone()).ok(),
        _ => None,
    }
}

fn text(argument: &Argument) -> Option<LitStr> {
    match &argument.value {
        Value::Assigned(tokens) => syn::parse2(tokens.clone()).ok(),
        _ => None,
    }
}

fn texts(list: &ExprArray, option: &str, example: &str) -> Read<Vec<LitStr>> {
    let each = list.elems.iter().map(|element| match element {
        Expr::Lit(literal) if let Lit::Str(text) = &literal.lit => Ok(text.clone()),
        other => {
            let what = format!("`{}` in `{option}` must be a string literal", one_line(other));
            Err(Problem::new(other, what, format!("write a string literal, as in `\"{example}\"`")))
        }
    });
    each.collect()
}

fn state(argument: &Argument) -> Read<Type> {
    let ty = match &argument.value {
        Value::Assigned(tokens) => syn::parse2(tokens.clone()).ok(),
        _ => None,
    };
    ty.ok_or_else(|| form(argument, "state = AppState"))
}

/// A path, or a string with one, as for other attributes.
fn krate(argument: &Argument) -> Read<Path> {
    let written = text(argument).map(|text| text.parse_with(Path::parse_mod_style));
    let path = written.or_else(|| match &argument.value {
        Value::Assigned(tokens) => Some(Path::parse_mod_style.parse2(tokens.clone())),
        _ => None,
    });
    path.and_then(Result::ok).ok_or_else(|| form(argument, "crate = company::sockeye"))
}

fn max_message_size(argument: &Argument) -> Read<usize> {
    if let Some(text) = text(argument) {
        return size::parse(&text.value()).map_err(|problem| Problem::value(&text, &problem));
    }
    match expression(argument) {
        Some(Expr::Lit(ExprLit { lit: Lit::Int(bytes), .. })) => {
            Err(form(argument, &format!("max_message_size = \"{}\"", bytes.base10_digits())))
        }
        _ => Err(form(argument, "max_message_size = \"64 KiB\"")),
    }
}

fn compression(argument: &Argument) -> Read<CompressionOption> {
    match (text(argument), expression(argument)) {
        (Some(name), _) if name.value() == "deflate" => Ok(CompressionOption::Deflate),
        (Some(name), _) => Err(Problem::new(
            &name,
            "the only compression of WebSocket messages is DEFLATE (RFC 7692)",
            "write `compression = \"deflate\"` or `compression = off`",
        )),
        (None, Some(Expr::Path(path))) if path.path.is_ident("off") => Ok(CompressionOption::Off),
        _ => Err(form(argument, "compression = \"deflate\"` or `compression = off")),
    }
}

fn heartbeat(argument: &Argument) -> Read<HeartbeatOption> {
    if let Some(text) = text(argument) {
        let every = duration::parse(&text.value()).map_err(|problem| Problem::value(&text, &problem))?;
        return Ok(HeartbeatOption::Every(every));
    }
    match expression(argument) {
        Some(Expr::Path(path)) if path.path.is_ident("off") => Ok(HeartbeatOption::Off),
        Some(Expr::Lit(ExprLit { lit: Lit::Int(seconds), .. })) => {
            Err(form(argument, &format!("heartbeat = \"{}s\"", seconds.base10_digits())))
        }
        Some(Expr::Lit(ExprLit { lit: Lit::Bool(on), .. })) if !on.value => {
            Err(form(argument, "heartbeat = off"))
        }
        _ => Err(form(argument, "heartbeat = \"30s\"` or `heartbeat = off")),
    }
}

fn heartbeat_message(argument: &Argument) -> Read<HeartbeatMessageOption> {
    if matches!(argument.value, Value::Flag) {
        return Ok(HeartbeatMessageOption::OfServer);
    }
    if let Some(text) = text(argument) {
        let every = duration::parse(&text.value()).map_err(|problem| Problem::value(&text, &problem))?;
        return Ok(HeartbeatMessageOption::Every(every));
    }
    match expression(argument) {
        Some(Expr::Lit(ExprLit { lit: Lit::Int(seconds), .. })) => {
            Err(form(argument, &format!("heartbeat_message = \"{}s\"", seconds.base10_digits())))
        }
        _ => Err(form(argument, "heartbeat_message = \"30s\"` or `heartbeat_message")),
    }
}

fn group(argument: &Argument) -> Read<LitStr> {
    match text(argument) {
        Some(name) if name.value().trim().is_empty() => {
            Err(Problem::new(&name, "a group must have a name", "write `group = \"admin\"`"))
        }
        Some(name) => Ok(name),
        None => Err(form(argument, "group = \"admin\"")),
    }
}

fn guarded(argument: &Argument) -> Read<bool> {
    match argument.value {
        Value::Flag => Ok(true),
        _ => Err(Problem::new(&argument.at(), "`guarded` takes no value", "write `guarded`")),
    }
}

const ALLOW: &str = "allow(rule, reason = \"why this endpoint is an exception\")";

/// The rules that `allow(..)` names, and its reason.
fn allow_parts(argument: &Argument) -> Read<(Vec<Ident>, String)> {
    let Value::List(list) = &argument.value else {
        return Err(Problem::new(
            &argument.at(),
            "`allow` takes its rules in parentheses",
            format!("write `{ALLOW}`"),
        ));
    };
    let parts = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(list.stream()).unwrap_or_default();
    let rules: Vec<Ident> = parts.iter().filter_map(bare_name).collect();
    let reason = parts.iter().find_map(reason).unwrap_or_default();
    if rules.is_empty() || parts.len() > rules.len() + 1 {
        return Err(Problem::new(list, "`allow` needs the name of a rule", format!("write `{ALLOW}`")));
    }
    Ok((rules, reason))
}

fn without_reason(argument: &Argument, rules: &[Ident]) -> Problem {
    let names: Vec<_> = rules.iter().map(ToString::to_string).collect();
    let help = format!("write `allow({}, reason = \"why this endpoint is an exception\")`", names.join(", "));
    let message = "`allow` needs a reason";
    match &argument.value {
        Value::List(list) => Problem::new(list, message, help),
        _ => Problem::new(&argument.at(), message, help),
    }
}

fn bare_name(part: &Expr) -> Option<Ident> {
    match part {
        Expr::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    }
}

fn reason(part: &Expr) -> Option<String> {
    let Expr::Assign(assign) = part else { return None };
    let named = bare_name(&assign.left).is_some_and(|name| name == "reason");
    match &*assign.right {
        Expr::Lit(literal) if named && let Lit::Str(text) = &literal.lit => Some(text.value()),
        _ => None,
    }
}

fn allowable(name: &Ident) -> Read<&'static Rule> {
    let Some(rule) = crate::find(&name.to_string()) else {
        let names = crate::RULES.iter().map(|rule| rule.name);
        let help = match nearest(&name.to_string(), names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`cargo sockeye explain` lists the rules".to_owned(),
        };
        return Err(Problem::new(name, format!("unknown rule `{name}`"), help));
    };
    if rule.level.can_be_allowed() {
        return Ok(rule);
    }
    let help = format!("remove it and fix what the rule reports; `cargo sockeye explain {name}` shows how");
    Err(Problem::new(
        name,
        format!("the rule `{name}` cannot be allowed: it only reports code that cannot work"),
        help,
    ))
}

/// The name that was probably meant.
pub fn nearest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    near(written, names).first().copied()
}

/// The names that were probably meant, at most four, the most similar first. A part of a name counts almost as much as all
/// of it: `orgin` is similar to `origin_refused`.
///
/// ```
/// use sockeye_rules::syntax::near;
///
/// let names = ["origin_refused", "host_refused", "origin_syntax"];
/// assert_eq!(near("origin_refusd", names.into_iter()), ["origin_refused"]);
/// assert_eq!(near("orgin", names.into_iter()), ["origin_refused", "origin_syntax"]);
/// ```
pub fn near<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut close: Vec<_> =
        names.map(|name| (likeness(written, name), name)).filter(|(score, _)| *score > 0.75).collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0));
    let best = close.first().map_or(1.0, |(score, _)| *score);
    close.into_iter().take_while(|(score, _)| best - score < 0.04).take(4).map(|(_, name)| name).collect()
}

/// From 0.0 to 1.0.
fn likeness(written: &str, name: &str) -> f64 {
    let parts = name.split('_').filter(|part| part.len() > 3 && *part != name);
    // A part is less than a whole name, and has to be nearly the same word.
    let of_parts = parts.map(|part| strsim::jaro_winkler(written, part) - 0.05).filter(|score| *score > 0.85);
    of_parts.fold(strsim::jaro_winkler(written, name), f64::max)
}
