use sockeye_rules::PANIC_ABORTS;

use super::{Context, Problem};

/// A profile with which a panic ends the process: reported once, for any number of endpoints.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    if context.endpoints.iter().any(|one| !one.registered().unwinds) {
        problems.push(problem());
    }
}

fn problem() -> Problem {
    let message = "the program is compiled with `panic = \"abort\"`: a panic in one handler ends the whole process and \
                   every connection, without a close frame";
    Problem::new(&PANIC_ABORTS, message).with_help(
        "remove `panic = \"abort\"` from the profile in `Cargo.toml`, or call \
         `.allow(\"panic_aborts\", \"why\")` on the `Server`",
    )
}
