use sockeye_rules::route::{route_fault, route_parameters};

/// Checks a route that is a constant: the macro checks a literal, and the compiler runs this check when it knows the
/// value. Each of the arities is the number of parameters that a `Path` of the handler takes.
///
/// # Panics
/// If something is wrong, which makes it a compile error.
#[track_caller]
pub const fn constant_route(route: &'static str, arities: &[usize]) -> &'static str {
    if let Some(words) = route_fault(route) {
        panic!("{}", words);
    }
    let mut at = 0;
    while at < arities.len() {
        assert!(
            arities[at] == route_parameters(route),
            "[path_arity] a `Path` of the handler takes a different number of parameters than its route has: write one type per route parameter",
        );
        at += 1;
    }
    route
}
