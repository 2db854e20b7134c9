//! `cargo sockeye explain`: the page of a rule or a symptom, or the list of all.

mod find;
mod index;
mod page;
mod wrap;

use std::{io, process::ExitCode};

use sockeye_rules::render::Look;

use self::find::Found;
use crate::output;

/// Explains a rule, a status, a close code, or a symptom in words.
///
/// Without a name, all rules and symptoms are listed.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Name of a rule, as shown in brackets in its messages, a status, a close code, or words
    #[arg(value_name = "NAME")]
    name: Vec<String>,
    /// Print the page as Markdown
    #[arg(long, requires = "name")]
    markdown: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo sockeye explain
  cargo sockeye explain no_receive_loop
  cargo sockeye explain 403
  cargo sockeye explain 1006
  cargo sockeye explain \"closes at once\"
  cargo sockeye explain --markdown missing_state > missing_state.md";

/// Lines of running text are no longer, however wide the terminal is.
const WIDEST: usize = 100;

pub(crate) fn run(options: &Options) -> ExitCode {
    let text = match options.name.as_slice() {
        [] => index::write(look(), width()),
        words => match page(&words.join(" "), options.markdown) {
            Ok(text) => text,
            Err(why) => return output::give_up(why),
        },
    };
    match output::print(&text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output::give_up(format!("the page could not be written: {error}")),
    }
}

/// The output for a name.
fn page(name: &str, markdown: bool) -> Result<String, String> {
    let narrow = width().unwrap_or(WIDEST);
    Ok(match find::named(name)? {
        Found::Rule(rule) if markdown => rule.page.to_owned(),
        Found::Rule(rule) => page::write(rule, look(), narrow),
        Found::Symptom(symptom) if markdown => symptom.page(),
        Found::Symptom(symptom) => page::write_symptom(symptom, look(), narrow),
        Found::Several(pages) => index::write_several(name, &pages, look(), width()),
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
