//! The document that a program prints.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Server;
use crate::{
    probe::Trouble,
    program::{self, Program, Ran, ask, metadata},
};

/// The version of AsyncAPI that is read here.
const VERSION: &str = "3.0.0";

/// Runs the program, and takes its document.
pub(crate) fn read(options: &Program, server: &Server) -> Result<Value, Trouble> {
    let ran = program::run(options, "asyncapi")?;
    let documents = program::documents(&ran.output, |value| value["asyncapi"] == VERSION);
    if documents.is_empty() {
        return Err(no_document(&ran, options));
    }
    let mut document = choose(documents, server.group.as_deref())?;
    name(&mut document, &ran, options)?;
    Ok(document)
}

/// The type in the name of a thread that has overflowed its stack: `runtime/src/asyncapi/schemas.rs` names it.
fn endless(errors: &[String]) -> Option<&str> {
    let line = errors.iter().find(|line| line.contains("has overflowed its stack"))?;
    line.trim_start().strip_prefix("thread 'schema of `")?.split('`').next()
}

fn no_document(ran: &Ran, options: &Program) -> Trouble {
    if let Some(name) = endless(&ran.errors) {
        return Trouble::new(format!("the schema of `{name}` has no end: the type contains itself")).help(
            "remove `#[serde(transparent)]` or `#[schemars(inline)]` from it, or from the type in it that contains itself: a struct \
             with one unnamed field has the same JSON without `transparent`",
        );
    }
    let said = ran.errors.join("\n");
    if said.contains("needs the feature `asyncapi`")
        || said.contains("`SOCKEYE_CHECK=asyncapi` in the environment")
    {
        return Trouble::new(
            "the program cannot document its endpoints: `sockeye` is built without its feature `asyncapi`",
        )
        .help("run `cargo add sockeye --features asyncapi` in the package of the program");
    }
    if said.contains("the server did not start") {
        let what = "the program has problems that keep its server from starting, so it has no document";
        let trouble = Trouble::new(program::with_errors(what, &ran.errors));
        if program::shows_all(&ran.errors) {
            return trouble;
        }
        let again = format!("cargo sockeye routes{}{}", options.before_arguments(), options.behind_dashes());
        return trouble.help(format!("`{again}` lists the problems"));
    }
    program::explain(ran, options.timeout, "document")
}

fn choose(mut documents: Vec<Value>, group: Option<&str>) -> Result<Value, Trouble> {
    let group_of =
        |document: &Value| document["info"]["x-sockeye-group"].as_str().unwrap_or_default().to_owned();
    let groups: BTreeSet<String> = documents.iter().map(group_of).collect();
    let found = match group {
        Some(group) => documents.iter().position(|one| group_of(one) == group),
        None if documents.len() == 1 => Some(0),
        None => None,
    };
    let listed = || groups.iter().map(|group| format!("`{group}`")).collect::<Vec<_>>().join(", ");
    match (found, group) {
        (Some(at), _) => Ok(documents.swap_remove(at)),
        (None, Some(group)) => Err(Trouble::new(format!("the program has no server of the group `{group}`"))
            .help(if groups.iter().all(String::is_empty) {
                "leave out `--group`: its server has no group".to_owned()
            } else {
                format!("its groups are {}", listed())
            })),
        (None, None) => Err(Trouble::new(format!("the program runs {} servers", documents.len()))
            .help(format!("choose one with `--group`: {}", listed()))),
    }
}

/// The title and the version are those of the package.
fn name(document: &mut Value, ran: &Ran, options: &Program) -> Result<(), Trouble> {
    let program = ran.artifacts.iter().rfind(|artifact| artifact.executable.is_some());
    let packages = ask(metadata(options.for_metadata()).no_deps())?.packages;
    let package = program.and_then(|program| packages.into_iter().find(|one| one.id == program.package_id));
    let package =
        package.ok_or_else(|| Trouble::new("cargo did not report which package the program belongs to"))?;
    document["info"]["title"] = package.name.as_str().into();
    document["info"]["version"] = package.version.to_string().into();
    if let Some(description) = package.description {
        document["info"]["description"] = description.into();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_of_several_servers_is_chosen_by_its_group() {
        let documents = || vec![json!({ "info": {} }), json!({ "info": { "x-sockeye-group": "admin" } })];
        assert_eq!(choose(documents(), Some("admin")).unwrap()["info"]["x-sockeye-group"], "admin");
        assert_eq!(choose(documents(), Some("")).unwrap()["info"], json!({}));
        let trouble = choose(documents(), None).unwrap_err();
        assert_eq!(
            (&*trouble.what, &*trouble.help),
            ("the program runs 2 servers", "choose one with `--group`: ``, `admin`")
        );
        let trouble = choose(documents(), Some("amdin")).unwrap_err();
        assert_eq!(trouble.what, "the program has no server of the group `amdin`");
        assert_eq!(trouble.help, "its groups are ``, `admin`");
        let trouble = choose(vec![json!({ "info": {} })], Some("nope")).unwrap_err();
        assert_eq!(trouble.help, "leave out `--group`: its server has no group");
    }
}
