//! `cargo sockeye explain`: the page of a rule, or the list of all.

mod index;
mod page;
mod wrap;

use std::{io, process::ExitCode};

use sockeye_rules::{RULES, Rule, find, render::Look, syntax::nearest};

use crate::output;

/// Shows what a rule is for: the mistake, why it is one, and how to mend it.
///
/// Without a rule, all are listed, by the time at which they are checked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Name of the rule, as it stands in brackets in messages
    #[arg(value_name = "RULE")]
    rule: Option<String>,
    /// Write the page as it is, in Markdown
    #[arg(long, requires = "rule")]
    markdown: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo sockeye explain
  cargo sockeye explain no_receive_loop
  cargo sockeye explain --markdown missing_state > missing_state.md";

/// Lines of running text are no longer, however wide the terminal is.
const WIDEST: usize = 100;

pub(crate) fn run(options: &Options) -> ExitCode {
    let text = match &options.rule {
        None => index::write(look(), width()),
        Some(name) => match named(name) {
            Ok(rule) if options.markdown => rule.page.to_owned(),
            Ok(rule) => page::write(rule, look(), width().unwrap_or(WIDEST)),
            Err(why) => return output::give_up(why),
        },
    };
    match output::print(&text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output::give_up(format!("the page could not be written: {error}")),
    }
}

/// The rule of that name; messages show it in brackets, and people write hyphens.
fn named(name: &str) -> Result<&'static Rule, String> {
    let plain = name.trim_matches(['[', ']']).replace('-', "_").to_lowercase();
    find(&plain).ok_or_else(|| match nearest(&plain, RULES.iter().map(|rule| rule.name)) {
        Some(near) => format!("there is no rule `{name}`; did you mean `{near}`?"),
        None => format!("there is no rule `{name}`; `cargo sockeye explain` lists all"),
    })
}

fn look() -> Look {
    Look::of(&io::stdout())
}

/// The columns for running text; `None` in a pipe.
fn width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0).clamp(40, WIDEST))
}
