use syn::Type;

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
    let types = paths.iter().flat_map(|one| written(one)).collect();
    let rest = paths[1..].iter().map(|one| format!("`{}`", one.text())).collect::<Vec<_>>().join(" and ");
    let help = format!("{}, and remove {rest}", help(paths[0], types, route));
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

fn help(parameter: &Parameter, types: Vec<String>, route: &Route) -> String {
    let names: Vec<_> =
        route.parameters.iter().map(|one| one.name.trim_start_matches('_').to_owned()).collect();
    let types: Vec<_> =
        types.into_iter().chain(std::iter::repeat("String".to_owned())).take(names.len()).collect();
    match names.as_slice() {
        [] => {
            format!("remove `{}`, or add a parameter to the route, as in `\"/ws/{{id}}\"`", parameter.text())
        }
        [name] => format!("write `Path({name}): Path<{}>`", types[0]),
        _ => format!("write `Path(({})): Path<({})>`", names.join(", "), types.join(", ")),
    }
}

/// The types in the source.
fn written(parameter: &Parameter) -> Vec<String> {
    let arguments = generic_arguments(parameter.ty());
    match arguments.first().map(|ty| peel(ty)) {
        Some(Type::Tuple(tuple)) => tuple.elems.iter().map(|ty| one_line(ty)).collect(),
        Some(single) => vec![one_line(single)],
        None => Vec::new(),
    }
}
