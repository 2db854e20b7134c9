use std::collections::HashSet;

use syn::{
    Expr, ExprAsync, ExprCall, ExprClosure, ExprTry, Item, Token, Type, TypeParamBound,
    visit::{self, Visit},
};

use crate::{
    RETURN_TYPE,
    flow::{Act, Flow, Imports, address},
    surroundings::Surroundings,
    syntax::{Endpoint, Function, Sink, generic_arguments, is_called, one_line, peel, spelled},
};

/// Only what is certain from tokens: whether an alias is a `Result` is checked by type.
pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function() else { return };
    let Some(output) = function.output().filter(|output| !is_unit(output)) else {
        return check_question(function, sink);
    };
    let Some(why) = fault(peel(output)) else { return };
    let message = format!("an endpoint cannot return `{}`: {why}", one_line(output));
    sink.report(&RETURN_TYPE, output, message, help_for(output)).shape();
}

const HELP: &str = "write `-> sockeye::Result`";
const REFUSE: &str = "write `-> sockeye::Result`; to refuse before `accept`, write `return Err(handshake.reject(StatusCode::FORBIDDEN, \"why\"))`";

/// A response as axum's handlers return it refuses the handshake.
fn help_for(output: &Type) -> &'static str {
    let has_status = matches!(peel(output), Type::Tuple(tuple) if tuple.elems.first().is_some_and(is_status));
    if has_status { REFUSE } else { HELP }
}

fn is_status(ty: &Type) -> bool {
    is_called(ty, "StatusCode")
}

/// `Result<(), StatusCode>` and `Result<(), (StatusCode, String)>`, with which axum's handlers refuse.
pub(crate) fn check_status(function: &Function, around: &Surroundings, sink: &mut Sink) {
    let Some(output) = function.output().map(peel) else { return };
    let [unit, error] = generic_arguments(output)[..] else { return };
    if !is_unit(unit) || !is_std(output, "Result", around.imports()) {
        return;
    }
    let status = match peel(error) {
        Type::Tuple(tuple) => tuple.elems.first(),
        error => Some(error),
    };
    let path = status.and_then(spelled).map(|name| around.imports().resolve(&name)).unwrap_or_default();
    if path != "axum::http::StatusCode" && path != "http::StatusCode" {
        return;
    }
    let message = format!("an endpoint cannot return `{}`: a status is not an error", one_line(output));
    sink.report(&RETURN_TYPE, output, message, REFUSE).untyped();
}

/// `Result<()>`, which is not Sockeye's.
pub(crate) fn check_incomplete(function: &Function, around: &Surroundings, sink: &mut Sink) {
    let Some(output) = function.output().map(peel) else { return };
    let imports = around.imports();
    let is_alias = around.neighbours().shapes().alias("Result").is_some() || imports.may_have_more();
    let is_known = imports.all().next().is_some() && !is_alias;
    if is_known && is_std(output, "Result", imports) && generic_arguments(output).len() == 1 {
        let message =
            format!("`{}` has no type of errors: it is the standard library's `Result`", one_line(output));
        sink.report(&RETURN_TYPE, output, message, HELP).untyped();
    }
}

/// `Result<(), Box<dyn std::error::Error>>` and `Result<(), MyError>`: `?` cannot convert Sockeye's error into it, and rustc reports each `?`.
pub(crate) fn check_box(function: &Function, around: &Surroundings, sink: &mut Sink) {
    let Some(output) = function.output().map(peel) else { return };
    let [unit, error] = generic_arguments(output)[..] else { return };
    if !is_unit(unit) || !is_std(output, "Result", around.imports()) {
        return;
    }
    let name = spelled(error);
    if let Some(name) = name.filter(|name| is_no_error(name, around)) {
        let message = format!(
            "an endpoint cannot return `{}`: `{name}` does not convert into `sockeye::Error`",
            one_line(output)
        );
        let help = format!(
            "write `-> sockeye::Result`; or implement `std::error::Error` and `From<sockeye::Error>` for `{name}`"
        );
        sink.report(&RETURN_TYPE, output, message, help).untyped();
        return;
    }
    let alias = spelled(error).and_then(|name| around.alias(&name));
    if !is_unsendable(alias.as_ref().unwrap_or(error), around.imports()) {
        return;
    }
    let message = format!("an endpoint cannot return `{}`: the error may not be `Send`", one_line(output));
    let help = "write `-> sockeye::Result`, into which `?` converts every error that is `Send + Sync`";
    sink.report(&RETURN_TYPE, output, message, help).untyped();
}

/// `Result<(), String>` and `Result<(), Box<dyn Error + Send + Sync>>`, into which `?` cannot convert Sockeye's error. rustc reports
/// each `?`; without any, the type is fine.
pub(crate) fn check_conversion(flow: &Flow<'_>, sink: &mut Sink) {
    let Some(output) = flow.function.output().map(peel).filter(|_| flow.is_endpoint) else { return };
    let [unit, error] = generic_arguments(output)[..] else { return };
    let is_foreign = is_std(error, "String", flow.imports())
        || is_std(error, "Box", flow.imports())
        || is_own_error(error, flow);
    if !is_unit(unit) || !is_std(output, "Result", flow.imports()) || !is_foreign {
        return;
    }
    let calls = flow.operations().filter(|(_, one)| one.act != Act::Reject);
    let calls: HashSet<usize> = calls.map(|(_, one)| one.site.address).collect();
    let mut search = Converted { calls: &calls, found: false };
    search.visit_block(flow.body);
    let is_reported = || is_unsendable(error, flow.imports());
    if search.found && !is_reported() {
        let error = one_line(error);
        let message = format!("`?` cannot convert the errors of Sockeye into `{error}`");
        let mut help = format!(
            "write `-> sockeye::Result`, into which `?` converts `{error}` and every other error that is `Send + Sync`"
        );
        if returns_error(flow) {
            help.push_str("; for `Err(error)` write `Err(error.into())`");
        }
        sink.report(&RETURN_TYPE, output, message, help).untyped();
    }
}

/// Whether it returns an `Err(..)` that it makes itself.
fn returns_error(flow: &Flow<'_>) -> bool {
    struct Errors(bool);
    impl<'ast> Visit<'ast> for Errors {
        fn visit_expr_call(&mut self, call: &'ast ExprCall) {
            self.0 |= matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err"));
            visit::visit_expr_call(self, call);
        }
    }
    let mut errors = Errors(false);
    errors.visit_block(flow.body);
    errors.0
}

/// `?` directly on the result of one of these calls, in the function itself.
struct Converted<'c> {
    calls: &'c HashSet<usize>,
    found: bool,
}

impl<'ast> Visit<'ast> for Converted<'_> {
    fn visit_expr_try(&mut self, node: &'ast ExprTry) {
        if let Expr::Await(awaited) = &*node.expr
            && let Expr::MethodCall(call) = &*awaited.base
        {
            self.found |= self.calls.contains(&address(call));
        }
        visit::visit_expr_try(self, node);
    }

    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// Whether it is a type of the file that implements nothing, and that no error of the file is made from.
fn is_no_error(name: &str, around: &Surroundings) -> bool {
    let shapes = around.neighbours().shapes();
    around.data(name).is_some() && !shapes.is_error(name) && !shapes.implements_for("Error")
}

/// An error of the file that is made from nothing: the file has no `From` for it, and no macro could write one.
fn is_own_error(error: &Type, flow: &Flow<'_>) -> bool {
    spelled(error).is_some_and(|name| {
        let is_here = flow.imports().resolve(&name) == format!("self::{name}");
        is_here && flow.shapes().is_error(&name) && flow.shapes().data(&name).is_some()
    })
}

/// `Box<dyn std::error::Error>`.
fn is_unsendable(error: &Type, imports: &Imports) -> bool {
    if !is_std(error, "Box", imports) {
        return false;
    }
    let [Type::TraitObject(object)] = generic_arguments(peel(error))[..] else { return false };
    let [TypeParamBound::Trait(only)] = object.bounds.iter().collect::<Vec<_>>()[..] else { return false };
    let path = imports.resolve_path(&only.path);
    ["std::error::Error", "core::error::Error"].contains(&path.trim_start_matches("::"))
}

/// Whether it is this type of the standard library's prelude, not replaced by a `use` in the file.
fn is_std(ty: &Type, name: &str, imports: &Imports) -> bool {
    let spelled = spelled(ty);
    spelled.as_deref() == Some(name) && imports.resolve(name) == name
}

fn is_unit(output: &Type) -> bool {
    matches!(peel(output), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// `?` in a function that returns nothing, which rustc reports at each of them.
fn check_question(function: &Function, sink: &mut Sink) {
    let Some(body) = function.block() else { return };
    let mut own = OwnQuestion(None);
    own.visit_block(body);
    let Some(question) = own.0.filter(|_| function.sig.asyncness.is_some()) else { return };
    let message = format!("`?` returns an error, but `{}` returns nothing", function.name());
    let help = "write `-> sockeye::Result` after the parameters, and `Ok(())` as the last line";
    sink.report(&RETURN_TYPE, &question, message, help).untyped();
}

/// The first `?` that leaves the function itself, not a closure or an `async` block in it.
struct OwnQuestion(Option<Token![?]>);

impl<'ast> Visit<'ast> for OwnQuestion {
    fn visit_expr_try(&mut self, node: &'ast ExprTry) {
        visit::visit_expr_try(self, node);
        self.0.get_or_insert(node.question_token);
    }

    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}

    fn visit_item(&mut self, _: &'ast Item) {}
}

fn fault(output: &Type) -> Option<&'static str> {
    match output {
        Type::ImplTrait(_) => Some("there is no response to write once the socket is open"),
        Type::Never(_) => Some("every connection ends at some point"),
        Type::Reference(_) | Type::Array(_) | Type::Slice(_) => Some("no one would receive the value"),
        Type::Tuple(tuple) if !tuple.elems.is_empty() => Some("no one would receive the value"),
        _ => None,
    }
}
