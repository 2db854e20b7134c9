//! `cargo sockeye types`: the messages of a program as types of TypeScript, and a function for each endpoint that connects to it.

mod address;
mod client;
mod cycles;
mod endpoint;
mod gaps;
mod module;
mod names;
mod schema;

use std::{path::Path, process::ExitCode};

use crate::{
    asyncapi::{Files, Missing, Server, Strictness, deliver, read},
    output::tell,
    probe::Trouble,
    program::Program,
};

/// Writes the messages of your program as TypeScript, with a function for each endpoint that connects with `sockeye-client`.
///
/// The program runs as for `cargo sockeye asyncapi`, and needs the same feature. `--output` and `--check` take a file that ends in
/// `.ts`, or one that ends in `.js` for a page without a build step: its declarations are beside it in a file that ends in
/// `.d.ts`. Exit status: 0, or 1 if `--check` finds a difference or `--deny-missing-schema` a type without a schema, or 2 if there are no
/// types.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    program: Program,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    strictness: Strictness,
    /// The module that has `connect`; if not given, the one that the file imports, or else `sockeye-client`
    #[arg(long, value_name = "MODULE")]
    client: Option<String>,
}

/// Asks the program for its types; 0 when they are written or the same, 1 when they differ, 2 when there are none.
pub(crate) fn run(options: &Options) -> ExitCode {
    Trouble::status_of(try_run(options))
}

fn try_run(options: &Options) -> Result<bool, Trouble> {
    let files = &options.files;
    let form = Form::of(&files.first())?;
    let document = read(&options.program, &options.server)?;
    tell(&gaps::warnings(&document));
    let client = client::client(options);
    let module = module::Module::new(&document, &client);
    let texts = match form {
        Form::TypeScript => vec![(files.first(), module.typescript())],
        Form::JavaScript => vec![
            (files.first(), module.javascript()),
            (files.first().with_extension("d.ts"), module.declarations()),
        ],
    };
    let again = format!(
        "cargo sockeye types{}{}{}",
        options.server.as_written(),
        options.program.before_arguments(),
        client::as_written(&client)
    );
    deliver(files, &texts, &Missing::of(&document, options.strictness), &again, &options.program)
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    TypeScript,
    JavaScript,
}

impl Form {
    /// By the end of the file's name; TypeScript if there is no file.
    fn of(file: &Path) -> Result<Self, Trouble> {
        let name = file.to_string_lossy();
        match file.extension().and_then(|end| end.to_str()) {
            _ if name.ends_with(".d.ts") => {
                Err(Trouble::new(format!("`{name}` has room for declarations only")).help(format!(
                    "name the module: `{}`; its declarations are written beside it",
                    name.replace(".d.ts", ".js")
                )))
            }
            Some("js" | "mjs") => Ok(Self::JavaScript),
            Some("ts" | "mts") => Ok(Self::TypeScript),
            Some("json") => Err(Trouble::new(format!("`{name}` is neither a file of TypeScript nor of JavaScript"))
                .help("name a file that ends in `.ts` or `.js`; `cargo sockeye asyncapi` writes and compares documents in JSON")),
            None if name.is_empty() => Ok(Self::TypeScript),
            _ => Err(Trouble::new(format!("`{name}` is neither a file of TypeScript nor of JavaScript"))
                .help("name a file that ends in `.ts` or `.js`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_name_says_what_is_written() {
        let of = |name: &str| Form::of(Path::new(name));
        assert_eq!(of("").unwrap(), Form::TypeScript);
        assert_eq!(of("page/endpoints.ts").unwrap(), Form::TypeScript);
        assert_eq!(of("page/endpoints.js").unwrap(), Form::JavaScript);
        assert_eq!(
            of("endpoints.d.ts").unwrap_err().help,
            "name the module: `endpoints.js`; its declarations are written beside it"
        );
        assert_eq!(
            of("endpoints.json").unwrap_err().what,
            "`endpoints.json` is neither a file of TypeScript nor of JavaScript"
        );
    }
}
