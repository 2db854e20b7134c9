//! Rules that are allowed at startup: by `Server::allow` for the whole program, or by an endpoint's attribute for that
//! endpoint.

use sockeye_rules::{INVALID_OPTION, Phase, RULES, Rule};

use super::{Context, Problem};

/// A rule that `Server::allow` turns off.
#[derive(Debug, Clone)]
pub(crate) struct Allowance {
    pub(crate) rule: String,
    pub(crate) reason: String,
}

/// An `allow` that cannot turn anything off, although its author believes that it does.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    problems.extend(context.allowed.iter().filter_map(fault));
}

/// Whether the server, or the endpoint of the problem, allows it.
pub(super) fn covers(allowed: &[Allowance], problem: &Problem) -> bool {
    let rule = problem.catalogued();
    let by_server = || allowed.iter().any(|one| one.rule == rule.name);
    let by_endpoint =
        || problem.endpoint().is_some_and(|one| one.options.allow.iter().any(|one| one.rule == rule.name));
    rule.level.can_be_allowed() && (by_server() || by_endpoint())
}

fn fault(allowance: &Allowance) -> Option<Problem> {
    let (what, help) = unknown(&allowance.rule).or_else(|| without_reason(allowance))?;
    Some(Problem::new(&INVALID_OPTION, format!("`Server::allow`: {what}")).with_help(help))
}

fn unknown(name: &str) -> Option<(String, String)> {
    let Some(rule) = sockeye_rules::find(name) else {
        let help = match nearest(name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`cargo sockeye explain` lists the rules".to_owned(),
        };
        return Some((format!("unknown rule `{name}`"), help));
    };
    if !rule.level.can_be_allowed() {
        let what = format!("the rule `{name}` cannot be allowed: it only reports code that cannot work");
        return Some((
            what,
            format!("remove it and fix what the rule reports; `cargo sockeye explain {name}` shows how"),
        ));
    }
    (rule.phase != Phase::Startup).then(|| {
        let what = format!("the rule `{name}` is not checked at startup");
        (what, format!("write it in the endpoint's attribute: `allow({name}, reason = \"..\")`"))
    })
}

fn without_reason(allowance: &Allowance) -> Option<(String, String)> {
    let name = &allowance.rule;
    allowance.reason.trim().is_empty().then(|| {
        let help = format!("write `.allow(\"{name}\", \"why this program is an exception\")`");
        (format!("`{name}` is allowed without a reason"), help)
    })
}

/// The rule that was probably meant: one that can be allowed here, if its name is similar.
fn nearest(written: &str) -> Option<&'static str> {
    let fits = |rule: &Rule| rule.phase == Phase::Startup && rule.level.can_be_allowed();
    let near = |rules: &mut dyn Iterator<Item = &'static Rule>| {
        let scored = rules.map(|rule| (strsim::jaro_winkler(written, rule.name), rule.name));
        scored.filter(|(score, _)| *score > 0.75).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
    };
    let all = || RULES.iter().copied();
    near(&mut all().filter(|rule| fits(rule))).or_else(|| near(&mut all()))
}

#[cfg(test)]
mod tests {
    use sockeye_rules::Level;

    use super::*;
    use crate::{report, startup::StartupError};

    static WARNING: Rule =
        Rule { name: "some_warning", phase: Phase::Startup, level: Level::Warn, page: "# some_warning" };
    static ERROR: Rule = Rule { name: "some_error", level: Level::Forbid, ..WARNING };

    fn allow(rule: &str) -> Allowance {
        Allowance { rule: rule.to_owned(), reason: "a test".to_owned() }
    }

    #[test]
    fn a_warning_can_be_allowed_and_what_is_forbidden_cannot() {
        let warning = Problem::new(&WARNING, "this may be wrong");
        assert!(covers(&[allow("another"), allow("some_warning")], &warning));
        assert!(!covers(&[allow("another")], &warning));
        assert!(!covers(&[allow("some_error")], &Problem::new(&ERROR, "this is wrong")));
    }

    #[test]
    fn a_warning_is_reported_as_one_beside_the_errors() {
        let warning = Problem::new(&WARNING, "this may be wrong").with_help("write that");
        let error = StartupError::new(vec![Problem::new(&ERROR, "this is wrong"), warning], 2);
        let rules = |problems: &[Problem]| problems.iter().map(Problem::rule).collect::<Vec<_>>();
        assert_eq!(
            (rules(error.problems()), rules(error.warnings())),
            (vec!["some_error"], vec!["some_warning"])
        );
        assert_eq!(
            error.to_string(),
            "the server did not start\n\nwarning[some_warning]: this may be wrong\n |\n = help: write that\n\n\
             error[some_error]: this is wrong\n\nerror: 1 problem and 1 warning in 2 endpoints; nothing was bound",
        );
        let printed = report::each(error.warnings(), report::Look::Plain);
        assert!(printed.starts_with("warning[some_warning]: this may be wrong\n"), "{printed}");
    }
}
