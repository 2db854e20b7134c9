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
    let message = format!("component `{name}` is not ready: {}", words(fault));
    Problem::new(&COMPONENT_NOT_READY, message).with_help(help(name, fault))
}

fn words(fault: &Fault) -> String {
    match fault {
        Fault::Failed(words) => words.clone(),
        Fault::Panicked(words) => format!("its check panicked: {words}"),
        Fault::Silent(limit) => format!("no answer within {limit:?}"),
    }
}

fn help(name: &str, fault: &Fault) -> String {
    match fault {
        Fault::Failed(_) => {
            "mend what it says and start again; what the server can do without is not for `Server::ready`"
                .to_owned()
        }
        Fault::Panicked(_) => "let the check return an error that says what is wrong".to_owned(),
        Fault::Silent(limit) => format!(
            "find out what it waits for, or give it longer: `.ready_within({name:?}, Duration::from_secs({}), ..)`",
            (limit.as_secs() * 3).max(1)
        ),
    }
}
