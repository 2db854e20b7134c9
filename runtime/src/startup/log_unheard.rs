use sockeye_rules::LOG_UNHEARD;
use tracing::{Level, dispatcher, level_filters::STATIC_MAX_LEVEL, metadata::Kind};

use super::{Context, Problem};
use crate::log;

/// The environment variable that most programs use.
const VARIABLE: &str = "RUST_LOG";

/// A subscriber is installed and none of its layers accepts Sockeye's warnings: refusals and closes would then be silent.
/// Without a subscriber, warnings go to stderr, and there is nothing to report.
pub(super) fn check(_: &Context, problems: &mut Vec<Problem>) {
    if !log::nobody_listens() && !is_heard() {
        problems.push(problem(std::env::var(VARIABLE).ok().as_deref()));
    }
}

/// Asks on a separate thread: layers with filters cache their last answer per thread, and would reuse it for the next event.
fn is_heard() -> bool {
    let dispatch = dispatcher::get_default(Clone::clone);
    let asking = move || dispatcher::with_default(&dispatch, || wants_warning() || wants_warning_in_span());
    let asked = std::thread::Builder::new().name("sockeye-log".to_owned()).spawn(asking);
    // A subscriber that panics is not known to drop anything.
    asked.map_or(true, |thread| thread.join().unwrap_or(true))
}

/// The metadata of an event and not only a hint: filters may look at that.
fn wants_warning() -> bool {
    tracing::enabled!(kind: Kind::EVENT, target: "sockeye", Level::WARN, message, endpoint, rule, reason, remedy, peer)
}

/// A filter such as `[connection]=warn` passes events within a span.
fn wants_warning_in_span() -> bool {
    log::connection("", None, None, 0).in_scope(wants_warning)
}

fn problem(filter: Option<&str>) -> Problem {
    let message = "the installed `tracing` subscriber drops Sockeye's warnings: no log will say why a handshake was refused or a connection \
                   closed";
    let help = if STATIC_MAX_LEVEL < Level::WARN {
        "a feature of the crate `tracing` (`max_level_..` or `release_max_level_..`) compiles warnings out: change it to one that keeps `warn`".to_owned()
    } else {
        format!("add the directive `sockeye=warn` to its filter, {}", example(filter))
    };
    Problem::new(&LOG_UNHEARD, message).with_help(format!(
        "{help}; if this is intended, write `.allow(\"log_unheard\", \"why\")` on the `Server`"
    ))
}

fn example(filter: Option<&str>) -> String {
    let given = filter.unwrap_or_default().split(',').map(str::trim);
    let others: Vec<_> =
        given.filter(|one| !one.is_empty() && one.split('=').next() != Some("sockeye")).collect();
    if others.is_empty() {
        return format!("such as `{VARIABLE}=info` or `{VARIABLE}=my_app=debug,sockeye=warn`");
    }
    format!("such as `{VARIABLE}={},sockeye=warn`", log::part(&others.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_that_is_given_is_completed() {
        assert_eq!(
            example(Some("my_app=debug, tower_http=debug,sockeye=off")),
            "such as `RUST_LOG=my_app=debug,tower_http=debug,sockeye=warn`"
        );
        assert!(example(None).contains("`RUST_LOG=my_app=debug,sockeye=warn`"));
    }
}
