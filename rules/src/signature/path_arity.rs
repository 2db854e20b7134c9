use syn::{Pat, Type};

use crate::{
    PATH_ARITY,
    syntax::{
        Endpoint, Function, Known, Parameter, Route, Sink, generic_arguments, is_scalar, known, one_line,
        peel, spelled,
    },
};

/// `Path<(A, B)>` and `Path<u64>` show how many parameters they take; a struct or an alias is checked at startup.
pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let (Some(function), Some(route)) = (endpoint.function(), endpoint.sound_route()) else { return };
    let has = route.parameters.len();
    let fits = |taken: usize| taken == has || (taken > has && may_have_prefix(endpoint));
    let paths: Vec<_> =
        function.extractors().iter().filter(|one| known(one.ty()) == Some(Known::Path)).collect();
    for parameter in &paths {
        let Some(taken) = taken(parameter).filter(|taken| !fits(*taken)) else { continue };
        if paths.len() > 1 {
            return check_several(&paths, route, sink);
        }
        let message = format!(
            "`{}` takes {}, but the route {} has {}",
            one_line(parameter.ty()),
            count(taken),
            one_line(&route.literal),
            count(has),
        );
        sink.report(&PATH_ARITY, &parameter.node.ty, message, help(parameter, written(parameter), route));
    }
}

/// Each `Path` reads all parameters of the route, so two of them are one mistake.
fn check_several(paths: &[&Parameter], route: &Route, sink: &mut Sink) {
    let message = format!(
        "each of these {} `Path`s reads every parameter of the route {}, which has {}",
        paths.len(),
        one_line(&route.literal),
        count(route.parameters.len()),
    );
    let bound = paths.iter().flat_map(|one| written(one)).collect();
    let rest = paths[1..].iter().map(|one| format!("`{}`", one.text())).collect::<Vec<_>>().join(" and ");
    let help = format!("{}, and remove {rest}", help(paths[0], bound, route));
    sink.report(&PATH_ARITY, &paths[0].node.ty, message, help);
}

/// How many parameters each extractor takes from the route, if its type shows it, for a route that is a constant.
pub(crate) fn arities(endpoint: &Endpoint) -> Vec<usize> {
    if may_have_prefix(endpoint) {
        return Vec::new();
    }
    let extractors = endpoint.function().map(Function::extractors).unwrap_or_default();
    extractors.iter().filter_map(taken).collect()
}

/// Whether the server can put a prefix with further parameters in front of the route (`Server::prefix`): they are counted at
/// startup.
fn may_have_prefix(endpoint: &Endpoint) -> bool {
    endpoint.options.group.is_some()
}

/// How many route parameters a parameter takes, if its type shows it.
fn taken(parameter: &Parameter) -> Option<usize> {
    if known(parameter.ty()) != Some(Known::Path) {
        return None;
    }
    let arguments = generic_arguments(parameter.ty());
    let [inner] = arguments.as_slice() else { return None };
    match peel(inner) {
        Type::Tuple(tuple) if !tuple.elems.is_empty() => Some(tuple.elems.len()),
        single if takes_one(single) => Some(1),
        _ => None,
    }
}

fn takes_one(ty: &Type) -> bool {
    spelled(ty).is_some_and(|name| is_scalar(&name) || matches!(name.as_str(), "String" | "uuid::Uuid"))
}

fn count(parameters: usize) -> String {
    match parameters {
        0 => "no parameters".to_owned(),
        1 => "1 parameter".to_owned(),
        many => format!("{many} parameters"),
    }
}

fn help(parameter: &Parameter, bound: Vec<Bound>, route: &Route) -> String {
    let more = bound.len() > route.parameters.len();
    let help = if route.parameters.is_empty() {
        format!("remove `{}`, or add a parameter to the route, as in `\"/ws/{{id}}\"`", parameter.text())
    } else {
        format!("write `{}`", route.extractor(&types(bound, route)))
    };
    let prefix = "; for a parameter in the path that the server mounts or nests the endpoint under, give it a `group = \"..\"`: then they are counted at startup";
    if more { help + prefix } else { help }
}

/// A type in the source, with the name of its value.
struct Bound {
    name: Option<String>,
    ty: String,
}

/// A type for each parameter of the route: that of the value with its name, otherwise the next of those without one.
fn types(bound: Vec<Bound>, route: &Route) -> Vec<Option<String>> {
    let is_for = |bound: &Bound, name: &str| {
        bound.name.as_deref().is_some_and(|one| one.trim_start_matches('_') == name.trim_start_matches('_'))
    };
    let names: Vec<_> = route.parameters.iter().map(|one| one.name.as_str()).collect();
    let (placed, rest): (Vec<_>, Vec<_>) =
        bound.into_iter().partition(|one| names.iter().any(|name| is_for(one, name)));
    let mut rest = rest.into_iter();
    let ty = |name: &&str| {
        let own = placed.iter().find(|one| is_for(one, name)).map(|one| one.ty.clone());
        own.or_else(|| rest.next().map(|one| one.ty))
    };
    names.iter().map(ty).collect()
}

/// The types in the source, and the names of their values.
fn written(parameter: &Parameter) -> Vec<Bound> {
    let arguments = generic_arguments(parameter.ty());
    let types: Vec<_> = match arguments.first().map(|ty| peel(ty)) {
        Some(Type::Tuple(tuple)) => tuple.elems.iter().map(|ty| one_line(ty)).collect(),
        Some(single) => vec![one_line(single)],
        None => Vec::new(),
    };
    let names = names(&parameter.node.pat);
    let name = |at: usize| names.get(at).filter(|_| names.len() == types.len()).cloned().flatten();
    types.iter().enumerate().map(|(at, ty)| Bound { name: name(at), ty: ty.clone() }).collect()
}

/// The names in `Path(id)` and `Path((room, id))`.
fn names(pattern: &Pat) -> Vec<Option<String>> {
    let inner = match pattern {
        Pat::TupleStruct(made) if made.elems.len() == 1 => &made.elems[0],
        Pat::Paren(inner) => return names(&inner.pat),
        _ => return Vec::new(),
    };
    let name = |pattern: &Pat| match pattern {
        Pat::Ident(name) => Some(name.ident.to_string()),
        _ => None,
    };
    match inner {
        Pat::Tuple(tuple) => tuple.elems.iter().map(name).collect(),
        single => vec![name(single)],
    }
}
