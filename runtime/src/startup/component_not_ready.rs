use sockeye_rules::COMPONENT_NOT_READY;

use super::{
    Context, Problem,
    components::{Fault, Unready},
};

/// A component given to `Server::ready` that does not work.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    problems.extend(context.unready.iter().map(problem));
}

fn problem(component: &Unready) -> Problem {
    let Unready { name, fault } = component;
    let message = format!("component `{name}` is not ready: {fault}");
    Problem::new(&COMPONENT_NOT_READY, message).with_help(help(name, fault))
}

fn help(name: &str, fault: &Fault) -> String {
    match fault {
        Fault::Failed(_) => {
            "fix the cause above and restart the server; a component that the server can run without does not belong in `Server::ready`"
                .to_owned()
        }
        Fault::Panicked(_) => "return an error from the check instead of panicking".to_owned(),
        Fault::Silent(limit) => format!(
            "fix what the check waits for, or raise its limit: `.ready_within({name:?}, Duration::from_secs({}), ..)`",
            (limit.as_secs() * 3).max(1)
        ),
    }
}
