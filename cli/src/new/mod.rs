//! `cargo sockeye new`: writes an endpoint, its test, and its lines in the root file.

mod chain;
mod kind;
mod name;
mod package;
mod root;
mod selection;
mod tidy;

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

pub(crate) use self::selection::{Found, Selection};
use self::{
    kind::Kind,
    package::Program,
    root::{Addition, Changed, Refusal},
};
use crate::{output::show, probe::Trouble};

/// Writes a new endpoint with its test into the package of the working directory.
///
/// It writes `src/NAME.rs`, and adds `mod NAME;` and, where needed, `.state(..)` to the root file of the program. The
/// `Server` moves from `main` into a function `server`, which the test of each endpoint uses. Nothing is overwritten; what
/// cannot be added is printed, to be added by hand.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Name of the endpoint, its module, and its function, such as `prices`; its route is `/ws/NAME`
    name: String,
    /// Pushes events of a `Hub` to each client; this is the default, since most programs need it
    #[arg(long, conflicts_with_all = ["echo", "rooms"])]
    push: bool,
    /// Sends each message back
    #[arg(long, conflicts_with = "rooms")]
    echo: bool,
    /// Rooms: what a client says, everyone in its room receives
    #[arg(long)]
    rooms: bool,
    #[command(flatten)]
    program: Selection,
}

const EXAMPLES: &str = "\
Examples:
  cargo sockeye new prices
  cargo sockeye new chat --rooms

Exit status: 0 when everything was written, 1 when something is left to add by hand, 2 when nothing was written.";

impl Options {
    fn kind(&self) -> Kind {
        match (self.echo, self.rooms) {
            (true, _) => Kind::Echo,
            (_, true) => Kind::Rooms,
            _ => Kind::Push,
        }
    }
}

/// Writes the endpoint; 0 if it is complete, 1 if something is left to do by hand, 2 if nothing was written.
pub(crate) fn run(options: &Options) -> ExitCode {
    Trouble::status_of(try_run(options))
}

fn try_run(options: &Options) -> Result<bool, Trouble> {
    let (name, kind) = (options.name.as_str(), options.kind());
    name::check(name)?;
    let program = Program::find(&options.program)?;
    let lacks = program.lacks(kind)?;
    if program.names(name) || ["sockeye", "axum"].contains(&name) {
        return Err(Trouble::new(format!("`{name}` is the name of a dependency")).help(other_name(name)));
    }
    let module = free(&program, name)?;
    let text = fs::read_to_string(&program.root).map_err(|error| cannot("read", &program.root, &error))?;
    let addition = Addition { name, state: kind.state(name) };
    let changed = match root::add(&text, &addition) {
        Err(Refusal::Taken) => return Err(taken(&program.shown(&program.root), name)),
        Err(Refusal::NotUnderstood(why)) => Err(why),
        Ok(changed) => Ok(tidy::like(&text, changed, &program)),
    };
    let source = kind.source(name);
    create(&module, &tidy::formatted(&source, &program).unwrap_or(source))?;
    show(&wrote(&program, options, &module));
    let good = lacks.is_empty() && changed.is_ok();
    match changed {
        Ok(changed) => write(&program, &changed)?,
        Err(why) => show(&by_hand(&program, &addition, why, !text.contains("sockeye"))),
    }
    if !lacks.is_empty() {
        show(&format!("run, since `Cargo.toml` lacks what the source needs:\n  {}\n", lacks.join("\n  ")));
    }
    Ok(good)
}

/// The file of the module, which is not there yet.
fn free(program: &Program, name: &str) -> Result<PathBuf, Trouble> {
    let source = program.root.parent().unwrap_or(Path::new("."));
    let file = source.join(format!("{name}.rs"));
    match [file.clone(), source.join(name).join("mod.rs")].iter().find(|path| path.exists()) {
        Some(path) => Err(taken(&program.shown(path), name)),
        None => Ok(file),
    }
}

fn taken(place: &str, name: &str) -> Trouble {
    Trouble::new(format!("there is a module `{name}` already: `{place}`")).help(other_name(name))
}

fn other_name(name: &str) -> String {
    format!("write another name, such as `{name}_events`")
}

/// A file that appeared in the meantime is not overwritten.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), Trouble> {
    let file = fs::OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| cannot("write", path, &error))
}

pub(crate) fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::new(format!("cannot {what} `{}`: {error}", path.display()))
}

fn wrote(program: &Program, options: &Options, module: &Path) -> String {
    let (name, kind) = (options.name.as_str(), options.kind());
    let mut text =
        format!("wrote {}: the endpoint `{}` and its test\n", program.shown(module), kind.route(name));
    if !(options.push || options.echo || options.rooms) {
        text.push_str(
            "  it pushes events, as most programs need it; `--echo` and `--rooms` write other endpoints\n",
        );
    }
    text
}

fn write(program: &Program, changed: &Changed) -> Result<(), Trouble> {
    fs::write(&program.root, &changed.text).map_err(|error| cannot("write", &program.root, &error))?;
    show(&format!("changed {}: {}\n", program.shown(&program.root), changed.added.join(", ")));
    Ok(())
}

fn by_hand(program: &Program, addition: &Addition<'_>, why: &str, is_new_to_sockeye: bool) -> String {
    let mut text = format!("{} is unchanged: {why}. Add by hand:\n", program.shown(&program.root));
    let _ = writeln!(text, "  mod {};", addition.name);
    if is_new_to_sockeye {
        text.push_str(&server_by_hand(addition));
        return text;
    }
    if let Some(state) = &addition.state {
        let _ = writeln!(text, "  {state}    on the `Server`");
    }
    text.push_str(
        "  fn server() -> sockeye::Server { .. }    the `Server` without `serve`, which the test calls\n",
    );
    text
}

/// For a program of plain axum, which serves its own router.
fn server_by_hand(addition: &Addition<'_>) -> String {
    let state = addition.state.as_deref().unwrap_or_default();
    format!(
        "  fn server() -> sockeye::Server {{    // the program except its port, which the test calls
      sockeye::Server::new(){state}.router(app())
  }}
Move the `Router` of `main` into a function `app`, remove `.router(..)` if there is none, and write in place of `axum::serve(..)`:
  server().serve(\"127.0.0.1:3000\").await    // `main` returns `Result<(), sockeye::StartupError>`
"
    )
}
