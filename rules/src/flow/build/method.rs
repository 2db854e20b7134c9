//! Method calls: on handles, on futures of operations, on results of operations, and on anything else.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Expr, ExprMethodCall};

use super::{
    Builder,
    call::is_self,
    helper::Lent,
    object::lend_object,
    pattern::without_layer,
    result::is_none,
    unwrapping::{panics, unwraps},
};
use crate::{
    flow::{
        Flavor,
        api::{self, Method},
        called_among,
        graph::{Act, Call, Exit, Step, Within},
        type_of,
        value::{Got, Handle, Kind, Layer, Outcomes, Pending, Site, Value, address},
    },
    reading::{goes_round, plain},
    surroundings::{Neighbour, ignores_poison, maker, type_path},
};

impl<'a> Builder<'a> {
    pub(super) fn method_call(&mut self, call: &'a ExprMethodCall, awaited: bool) -> Value<'a> {
        let receiver = self.eval(&call.receiver);
        let name = call.method.to_string();
        match receiver {
            Value::Handle(handle) => self.on_handle(handle, &name, call),
            Value::Accepting { handle, site } => self.on_accepting(handle, site, &name, call),
            Value::Pending(pending) => self.on_pending(pending, &name, call),
            Value::Got(got) => self.on_got(got, &name, call),
            Value::Wrapped(inner) => self.on_wrapped(*inner, &name, call),
            Value::Task(_) | Value::Timed(_) if api::keeps_future(&name) => {
                self.arguments(call);
                receiver
            }
            Value::Response(at) => self.on_response(at, &name, call),
            Value::Spawned(spawn) => {
                self.tie(spawn);
                self.arguments(call);
                self.push(Step::Effect);
                Value::Other
            }
            other => self.on_other(&other, &name, call, awaited),
        }
    }

    /// Evaluates the arguments; handles among them are passed to code that is not followed.
    fn arguments(&mut self, call: &'a ExprMethodCall) {
        if !Self::calls_closures(&call.method.to_string(), &call.receiver) {
            self.lend(&call.args, None);
            return;
        }
        for argument in &call.args {
            let value = self.eval(argument);
            self.hand_to_caller(&value);
        }
    }

    fn on_handle(&mut self, handle: Handle, name: &str, call: &'a ExprMethodCall) -> Value<'a> {
        let site = self.site(call);
        let method = self.method_of(handle, name);
        match method {
            Method::Spawn => {
                self.graph.with_tasks.push(handle.connection);
                return self.tied_task(call);
            }
            Method::Upgrade => return self.upgrade(handle, call),
            _ => {}
        }
        let closes = self.flavor == Flavor::Axum && call.args.iter().any(|one| self.may_be_close_frame(one));
        if name == "close" || closes && call.args.iter().any(|one| self.is_close_frame(one)) {
            self.graph.closing.push(site.number);
        }
        self.arguments(call);
        match method {
            Method::Look => Value::Other,
            Method::Same => Value::Handle(handle),
            Method::Accept => Value::Accepting { handle, site },
            Method::Now(act) => {
                self.operation(act, handle, site);
                Value::Other
            }
            Method::Later(act, layers) => {
                let act = if closes && act == Act::Send { Act::Close } else { act };
                Value::Pending(Pending {
                    act,
                    handle,
                    site,
                    layers,
                    unwrapped: None,
                    inner: Box::new(Value::Other),
                })
            }
            Method::Split => {
                self.operation(Act::Other, handle, site);
                let half = |kind| Value::Handle(Handle { kind, ..handle });
                Value::Tuple(vec![half(Kind::Sender), half(Kind::Receiver)])
            }
            // Crates on top of axum have more settings.
            Method::Unknown if handle.kind == Kind::Upgrade => {
                self.push(Step::Escape(handle));
                Value::Handle(handle)
            }
            Method::Spawn | Method::Upgrade | Method::Unknown => {
                if let Some(at) = unwraps(call).filter(|_| name == "map" && handle.kind.hears()) {
                    self.unwrap_each(at);
                }
                if self.flavor == Flavor::Sockeye {
                    self.graph.foreign.push((handle.kind, site));
                }
                self.push(Step::Escape(handle));
                Value::Other
            }
        }
    }

    /// Whether the argument may be axum's `Message::Close(..)`.
    fn may_be_close_frame(&self, argument: &Expr) -> bool {
        crate::flow::words::has_word(self.init_of(argument), &["Close"])
    }

    /// Whether it certainly is.
    fn is_close_frame(&self, argument: &Expr) -> bool {
        let Expr::Call(call) = plain(self.init_of(argument)) else { return false };
        let Expr::Path(path) = &*call.func else { return false };
        self.imports.resolve_path(&path.path).ends_with("Message::Close")
    }

    /// What a name was bound from, by the `let` before.
    fn init_of<'e>(&self, expression: &'e Expr) -> &'e Expr
    where
        'a: 'e,
    {
        let name = match expression {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        };
        name.and_then(|name| self.inits.get(&name).copied()).unwrap_or(expression)
    }

    /// The effect of a method of a handle, including those that `StreamExt` gives it.
    fn method_of(&self, handle: Handle, name: &str) -> Method {
        match api::method(self.flavor, handle.kind, name) {
            Method::Unknown if self.flavor == Flavor::Sockeye && self.imports.have_stream_methods() => {
                api::stream_method(handle.kind, name)
            }
            method => method,
        }
    }

    /// The place of a call, with its own number.
    fn site(&mut self, call: &ExprMethodCall) -> Site {
        self.sites += 1;
        let on = variable(&call.receiver);
        Site {
            method: call.method.clone(),
            on,
            address: address(call),
            helper: None,
            doer: None,
            number: self.sites,
        }
    }

    fn on_accepting(
        &mut self,
        handle: Handle,
        site: Site,
        name: &str,
        call: &'a ExprMethodCall,
    ) -> Value<'a> {
        if matches!(name, "subprotocol" | "header" | "identity" | "expires_at") || api::keeps_future(name) {
            self.arguments(call);
            return Value::Accepting { handle, site };
        }
        let value = Value::Accepting { handle, site };
        if !matches!(api::method(self.flavor, Kind::Socket, name), Method::Unknown) {
            // From here on as if it had been awaited, so that one mistake is one message.
            let socket = super::future::socket(handle);
            self.unawaited(&value);
            self.push(Step::Escape(handle));
            self.names.replace(&value, &socket);
            return self.on_handle(Handle { kind: Kind::Socket, ..handle }, name, call);
        }
        if is_of_result(name) {
            return self.on_result_of(value, name, call);
        }
        self.arguments(call);
        self.escape(&value);
        Value::Other
    }

    /// A method of the result that is called on the future: one mistake, and one message.
    fn on_result_of(&mut self, future: Value<'a>, name: &str, call: &'a ExprMethodCall) -> Value<'a> {
        match self.as_if_awaited(future) {
            Value::Got(got) if matches!(name, "unwrap" | "expect") => {
                self.arguments(call);
                without_layer(got)
            }
            Value::Got(got) => self.on_got(got, name, call),
            other => other,
        }
    }

    fn on_pending(&mut self, pending: Pending<'a>, name: &str, call: &'a ExprMethodCall) -> Value<'a> {
        let value = Value::Pending(pending);
        if api::keeps_future(name) || api::keeps_future_of_result(name) {
            self.arguments(call);
            return value;
        }
        if is_of_result(name) {
            return self.on_result_of(value, name, call);
        }
        self.arguments(call);
        if name == "map"
            && let (Some(at), Value::Pending(pending)) = (unwraps(call), &value)
        {
            return Value::Pending(Pending { unwrapped: Some(at.clone()), ..pending.clone() });
        }
        self.escape(&value);
        Value::Other
    }

    /// Methods of `Result` and `Option`.
    fn on_got(&mut self, mut got: Got<'a>, name: &str, call: &'a ExprMethodCall) -> Value<'a> {
        let Some(layer) = got.layers.first().copied() else { return Value::Other };
        self.arguments(call);
        if name == "map"
            && got.layers.len() > 1
            && let Some(at) = unwraps(call)
        {
            return self.unwrap_inside(got, at);
        }
        if layer.is_option
            && got.act == Act::Recv
            && (name != "flatten" || got.layers.len() == 1)
            && let Some(doubt) = api::keeps_none(name)
        {
            return mapped(got, doubt);
        }
        match name {
            "unwrap" | "expect" => self.unwrap(got, &call.method),
            "unwrap_or_else" if panics(call) => self.unwrap(got, &call.method),
            "ok" if !layer.is_option => {
                got.layers[0] = Layer { is_option: true, ..layer };
                Value::Got(got)
            }
            "ok_or" | "ok_or_else" if layer.is_option => {
                got.layers[0] = Layer { is_option: false, ..layer };
                Value::Got(got)
            }
            "transpose" if got.layers.len() > 1 => {
                got.layers.swap(0, 1);
                Value::Got(got)
            }
            "flatten" if got.layers.len() > 1 && got.layers[1].is_option == layer.is_option => {
                got.layers[0].bad = layer.bad.or(got.layers[1].bad);
                got.layers[0].doubt = layer.doubt.or(got.layers[1].doubt);
                got.layers.remove(1);
                Value::Got(got)
            }
            "is_ok" | "is_some" | "is_err" | "is_none" if layer.doubt != Outcomes::NONE => {
                self.escape(&Value::Got(got));
                Value::Other
            }
            "is_ok" | "is_some" => test(&got, Outcomes::ALL.without(layer.bad)),
            "is_err" | "is_none" => test(&got, layer.bad),
            // The result of a send is nothing, and so is its replacement.
            "unwrap_or_default" | "unwrap_or" if matches!(got.act, Act::Send | Act::Flush) => Value::Other,
            "unwrap_or_else" if matches!(got.act, Act::Send | Act::Flush) && only_logs(call) => Value::Other,
            // `unwrap_or(None)`: the error becomes the end.
            "unwrap_or_default" | "unwrap_or" | "unwrap_or_else" if turns_into_none(&got, name, call) => {
                got.layers[1].bad = layer.bad.or(got.layers[1].bad);
                got.layers.remove(0);
                Value::Got(got)
            }
            _ if api::keeps_outcome(name) => Value::Got(got),
            _ => {
                self.escape(&Value::Got(got));
                Value::Other
            }
        }
    }

    fn on_wrapped(&mut self, inner: Value<'a>, name: &str, call: &'a ExprMethodCall) -> Value<'a> {
        self.arguments(call);
        match name {
            "unwrap" | "expect" => inner,
            "as_mut" | "as_ref" | "as_deref_mut" | "ok" | "ok_or" | "ok_or_else" => {
                Value::Wrapped(Box::new(inner))
            }
            "is_some" | "is_none" | "is_ok" | "is_err" => Value::Other,
            _ if api::keeps_outcome(name) => Value::Wrapped(Box::new(inner)),
            _ => {
                self.escape(&inner);
                Value::Other
            }
        }
    }

    /// A method of a value that is not followed. Tasks that are added to a set are tied to it.
    fn on_other(
        &mut self,
        receiver: &Value<'a>,
        name: &str,
        call: &'a ExprMethodCall,
        awaited: bool,
    ) -> Value<'a> {
        let step = self.call_of(name, call, awaited);
        if let Value::Object(object) = receiver
            && let Some(helper) = self.method_of_object(object, call)
        {
            return self.own_method(receiver, step, helper, call);
        }
        if let Some(helper) = called_among(&step, self.around.neighbours(), self.around.of()) {
            return self.own_method(receiver, step, helper, call);
        }
        self.escape(receiver);
        if name.starts_with("spawn") {
            return self.tied_task(call);
        }
        if self.flavor == Flavor::Axum {
            if name == "on_upgrade" && call.args.len() == 1 {
                return self.foreign_upgrade(call);
            }
            if name.starts_with("extract") && self.names_upgrade(call.turbofish.as_ref()) {
                self.arguments(call);
                return self.extracted(call.method.to_token_stream());
            }
        }
        let mut future = None;
        for argument in &call.args {
            let value = self.eval(argument);
            // `token.run_until_cancelled(future)` and the like run it where they are awaited.
            if matches!(value, Value::Task(_)) && name == "run_until_cancelled" {
                future = Some(value);
            } else if Self::calls_closures(name, &call.receiver) {
                let made = self.hand_to_caller(&value).filter(|_| name == "map");
                future = made.map(|made| Value::Wrapped(Box::new(made))).or(future);
            } else {
                self.hand_on(&value);
            }
        }
        self.push(Step::Call(step));
        future.unwrap_or(Value::Other)
    }

    /// A method that the file defines.
    fn own_method(
        &mut self,
        receiver: &Value<'a>,
        mut step: Call,
        helper: &Neighbour,
        call: &'a ExprMethodCall,
    ) -> Value<'a> {
        let lent = match receiver {
            Value::Object(object) => lend_object(object, helper),
            _ => self.lend_self(call, helper),
        };
        let mut lent = lent.unwrap_or_else(|| {
            self.escape(receiver);
            Lent::new()
        });
        lent.extend(self.lend(&call.args, Some(helper)));
        step.bound |= !lent.is_empty();
        self.push(Step::Call(step));
        if let Some(lasts) = helper.starts() {
            return self.started(&call.method, call, lasts);
        }
        let on = variable(&call.receiver);
        self.done_by(&call.method, Some(helper), on, lent)
    }

    pub(super) fn call_of(&self, name: &str, call: &'a ExprMethodCall, awaited: bool) -> Call {
        let path = format!("{}.{name}", chain(&call.receiver, &self.imports));
        let at = call.method.to_token_stream();
        let variable = lent(&call.receiver);
        let made = match &variable {
            Some(variable) => {
                let known = self.types.find(variable).filter(|path| !locks(path));
                let behind_lock = || self.types.find(variable).map(str::to_owned);
                let taken = known.map(str::to_owned).or_else(|| self.type_of_taken_field(variable));
                taken.or_else(behind_lock).or_else(|| self.type_of_item(variable, name))
            }
            None => maker(&call.receiver, &self.imports).or_else(|| self.type_of_field(&call.receiver)),
        };
        let of = made.map(|made| format!("{made}.{name}"));
        let is_direct = variable.is_some();
        Call { path, of, is_direct, at, awaited, bound: false }
    }

    /// The path of the type of a static, of a constant, or of a struct without fields, of the file.
    fn type_of_item(&self, name: &str, method: &str) -> Option<String> {
        // Of a `OnceLock` itself.
        const ONCE: [&str; 6] = ["get", "get_mut", "set", "take", "wait", "into_inner"];

        if !name.starts_with(|first: char| first.is_uppercase()) || self.names.has(name) {
            return None;
        }
        let shapes = self.around.neighbours().shapes();
        match shapes.type_of_value(name) {
            Some(ty) if ty.contains("Once") && ONCE.contains(&method) => None,
            Some(ty) => type_path(&syn::parse_str(ty).ok()?, &self.imports),
            None => shapes.is_unit(name).then(|| self.imports.resolve(name)),
        }
    }

    /// The path of the type of a field that is under this name now.
    fn type_of_taken_field(&self, name: &str) -> Option<String> {
        let named = || self.inits.get(name).and_then(|init| self.type_of_field(init));
        self.taken.get(name).cloned().or_else(named)
    }

    /// The path of the type of `self.field`, or of the field of a variable, also behind a lock.
    fn type_of_field(&self, place: &Expr) -> Option<String> {
        match place {
            Expr::Paren(inner) => self.type_of_field(&inner.expr),
            Expr::Reference(inner) => self.type_of_field(&inner.expr),
            Expr::Await(inner) => self.type_of_field(&inner.base),
            Expr::Try(inner) => self.type_of_field(&inner.expr),
            Expr::MethodCall(call) if lends(&call.method.to_string()) || ignores_poison(call) => {
                self.type_of_field(&call.receiver)
            }
            Expr::Field(field) => {
                let syn::Member::Named(name) = &field.member else { return None };
                let name = name.to_string();
                let path = if is_self(&field.base) {
                    self.around.type_of_field(&name)
                } else {
                    let base = lent(&field.base)?;
                    let known = self.types.find(&base).or_else(|| self.taken.get(&base).map(String::as_str));
                    let of = type_of(known?)?;
                    self.around.neighbours().type_of_field(of, &name)
                };
                path.map(str::to_owned)
            }
            _ => None,
        }
    }

    /// A task with an owner that ends it: its steps are checked, and it is not detached.
    fn tied_task(&mut self, call: &'a ExprMethodCall) -> Value<'a> {
        for argument in &call.args {
            match self.eval(argument) {
                Value::Task(task) => {
                    self.run_apart(Within::Cancellable, Exit::Task, |builder| builder.body_of(&task));
                }
                other => self.escape(&other),
            }
        }
        Value::Other
    }

    /// axum's `on_upgrade`: the callback begins with the socket.
    fn upgrade(&mut self, handle: Handle, call: &'a ExprMethodCall) -> Value<'a> {
        let site = self.site(call);
        self.operation(Act::Accept, handle, site);
        for argument in &call.args {
            match argument {
                Expr::Closure(callback) if callback.inputs.len() == 1 => self.callback(callback),
                other => {
                    let value = self.eval(other);
                    self.escape(&value);
                }
            }
        }
        Value::Response(call.method.clone())
    }

    /// `on_upgrade` of a value that is not followed: an extractor around axum's, or a different one. Only for the former is it known
    /// which socket the callback gets.
    fn foreign_upgrade(&mut self, call: &'a ExprMethodCall) -> Value<'a> {
        let connection = self.add_root(Kind::Upgrade, call.receiver.to_token_stream());
        let handle = Handle { kind: Kind::Upgrade, connection };
        let base = crate::flow::words::all(&call.receiver).into_iter().next();
        if base.is_some_and(|base| self.holders.contains(&base)) {
            return self.upgrade(handle, call);
        }
        let site = self.site(call);
        self.operation(Act::Accept, handle, site);
        self.arguments(call);
        Value::Response(call.method.clone())
    }

    /// The result of extracting the upgrade, before or after its `.await`.
    pub(super) fn extracted(&mut self, at: proc_macro2::TokenStream) -> Value<'a> {
        let connection = self.add_root(Kind::Upgrade, at);
        Value::Wrapped(Box::new(Value::Handle(Handle { kind: Kind::Upgrade, connection })))
    }

    fn names_upgrade(&self, generics: Option<&syn::AngleBracketedGenericArguments>) -> bool {
        let first = generics.and_then(|generics| generics.args.first());
        let Some(syn::GenericArgument::Type(ty)) = first else { return false };
        crate::flow::handle_of(ty, &self.imports) == Some((Flavor::Axum, Kind::Upgrade))
    }

    /// A method of the response of `on_upgrade`. What only looks at a response that has no name drops it.
    fn on_response(&mut self, at: Ident, name: &str, call: &'a ExprMethodCall) -> Value<'a> {
        self.arguments(call);
        match name {
            "into_response" | "map" => Value::Response(at),
            "status" | "headers" | "headers_mut" | "version" | "extensions" | "body"
                if matches!(&*call.receiver, Expr::MethodCall(_)) =>
            {
                self.push(Step::DroppedResponse { at });
                Value::Other
            }
            _ => Value::Other,
        }
    }

    fn callback(&mut self, callback: &'a syn::ExprClosure) {
        let Some(input) = callback.inputs.first() else { return };
        let connection = self.add_root(Kind::Socket, input.to_token_stream());
        self.run_apart(self.within, Exit::Callback, |builder| {
            builder.push(Step::Begin(connection));
            builder.bind(input, Value::Handle(Handle { kind: Kind::Socket, connection }));
            let value = builder.eval(&callback.body);
            match value {
                Value::Task(task) => builder.body_of(&task),
                other => builder.escape(&other),
            }
        });
    }
}

/// What a closure makes of the message, which is nothing at the end; for these outcomes it may be nothing, too.
fn mapped(mut got: Got<'_>, doubt: Outcomes) -> Value<'_> {
    let layer = got.layers[0];
    let inner = got.layers[1..].iter().fold(Outcomes::NONE, |all, one| all.or(one.may_fail()));
    got.layers = vec![Layer { doubt: layer.doubt.or(doubt).or(inner), ..layer }];
    Value::Got(got)
}

/// Whether the error of a result around an option is replaced by `None`.
fn turns_into_none(got: &Got<'_>, name: &str, call: &ExprMethodCall) -> bool {
    let inner = got.layers.get(1).is_some_and(|inner| inner.is_option && !got.layers[0].is_option);
    inner
        && match (name, call.args.first()) {
            ("unwrap_or_default", None) => true,
            ("unwrap_or", Some(value)) => is_none(value),
            ("unwrap_or_else", Some(Expr::Closure(closure))) => is_none(&closure.body),
            _ => false,
        }
}

/// Whether the closure in place of an error does nothing with it, except for logging.
fn only_logs(call: &ExprMethodCall) -> bool {
    matches!(call.args.first(), Some(Expr::Closure(closure)) if goes_round(&closure.body))
}

fn test<'a>(got: &Got<'a>, yes: Outcomes) -> Value<'a> {
    got.of.map_or(Value::Other, |of| Value::Test { of, yes })
}

/// Methods of the result that no future has.
fn is_of_result(name: &str) -> bool {
    matches!(name, "unwrap" | "expect" | "ok" | "is_ok" | "is_err" | "is_some" | "is_none")
}

fn variable(receiver: &Expr) -> Option<Ident> {
    match receiver {
        Expr::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    }
}

/// The variable behind a borrow: a reference, a lock, a clone of a shared pointer.
fn lent(receiver: &Expr) -> Option<String> {
    match receiver {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        Expr::Paren(inner) => lent(&inner.expr),
        Expr::Reference(inner) => lent(&inner.expr),
        Expr::Await(inner) => lent(&inner.base),
        Expr::Try(inner) => lent(&inner.expr),
        Expr::MethodCall(call) if lends(&call.method.to_string()) => lent(&call.receiver),
        _ => None,
    }
}

/// Whether the type of a variable is only known to be behind a lock: `let store = state.store.lock().unwrap();`
fn locks(path: &str) -> bool {
    path.strip_prefix('.').is_some_and(lends)
}

fn lends(method: &str) -> bool {
    matches!(
        method,
        "clone"
            | "as_ref"
            | "as_mut"
            | "lock"
            | "read"
            | "write"
            | "borrow"
            | "borrow_mut"
            | "unwrap"
            | "expect"
            | "get_or_init"
    )
}

/// The beginning of a chain of calls: `std::process::Command::new` of `Command::new("ls").arg("-l")`.
fn chain(receiver: &Expr, imports: &crate::flow::Imports) -> String {
    match receiver {
        Expr::MethodCall(call) => chain(&call.receiver, imports),
        Expr::Call(call) => chain(&call.func, imports),
        Expr::Path(path) => imports.resolve_path(&path.path),
        Expr::Paren(inner) => chain(&inner.expr, imports),
        Expr::Try(inner) => chain(&inner.expr, imports),
        Expr::Reference(inner) => chain(&inner.expr, imports),
        Expr::Await(_) => "(awaited)".to_owned(),
        _ => String::new(),
    }
}
