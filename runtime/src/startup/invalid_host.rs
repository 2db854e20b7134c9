use sockeye_rules::INVALID_HOST;

use super::{Context, Problem};

/// A name of the server that no client could request.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    if let Some((url, found)) = context.settings.hosts.public_problem() {
        let message = format!("the public URL `{url}` is invalid: {found}");
        problems.push(Problem::new(&INVALID_HOST, message).with_help(found.help()));
    }
    for (host, found) in context.settings.hosts.problems() {
        let message = format!("the host `{host}` is invalid: {found}");
        problems.push(Problem::new(&INVALID_HOST, message).with_help(found.help()));
    }
}
