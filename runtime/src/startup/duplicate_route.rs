use sockeye_rules::DUPLICATE_ROUTE;

use super::{Candidate, Clash, Context, Place, Problem};
use crate::endpoint::Registered;

/// Two endpoints of one group with the same route. Within a crate the macro finds them; across crates only the server
/// can.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    let same = |one: &Candidate| match one.clash {
        Some(Clash::Same(first)) => Some(problem(one.registered(), first)),
        _ => None,
    };
    problems.extend(context.endpoints.iter().filter_map(same));
}

fn problem(second: &'static Registered, first: &'static Registered) -> Problem {
    if let Some(module) = compiled_twice(second, first) {
        return twice(second, first, module);
    }
    let message = format!(
        "endpoints `{}::{}` and `{}::{}` have the same route",
        first.module, first.name, second.module, second.name
    );
    Problem::new(&DUPLICATE_ROUTE, message)
        .at(Place::route(second, "this route"))
        .at(Place::route(first, "is already the route of this endpoint"))
        .with_help(
            "change one of the routes, or put the endpoints into different groups with `group = \"..\"`",
        )
}

/// The path of the module within its crate, if both are the same place in the source, once in the library of a package and
/// once in its binary.
fn compiled_twice(second: &Registered, first: &Registered) -> Option<&'static str> {
    let is_one_place = (first.source.file, first.source.line, first.name)
        == (second.source.file, second.source.line, second.name);
    let (_, module) = second.module.split_once("::")?;
    let (_, same) = first.module.split_once("::")?;
    (is_one_place && module == same).then_some(module)
}

fn twice(second: &'static Registered, first: &'static Registered, module: &str) -> Problem {
    let message = format!(
        "endpoint `{module}::{}` is compiled twice: its module is part of both the library and the binary of this package",
        second.name
    );
    let outermost = module.split("::").next().unwrap_or(module);
    let library = library(second, first);
    Problem::new(&DUPLICATE_ROUTE, message)
        .at(Place::route(second, "registered by the library and by the binary"))
        .with_help(format!("write `use {library}::{outermost};` instead of `mod {outermost};` in the binary"))
}

/// The crate that is not the program; both may have the same name.
fn library(second: &Registered, first: &Registered) -> &'static str {
    let krate = |one: &Registered| -> &'static str { one.module.split("::").next().unwrap_or(one.module) };
    let program = std::env::current_exe().ok();
    let program = program.as_ref().and_then(|path| path.file_stem()?.to_str()).unwrap_or_default();
    let is_program = |name: &str| program.replace('-', "_") == name;
    if is_program(krate(first)) { krate(second) } else { krate(first) }
}
