//! `cargo sockeye asyncapi` and `cargo sockeye types` on real programs.

use std::{fs, path::Path};

use serde_json::Value;

use crate::package::{command, command_in, workspace};

const DOCUMENTED: [&str; 4] = ["--bin", "documented", "--features", "documented"];

/// The documented program, with more arguments.
fn documented<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&DOCUMENTED[..], more].concat()
}

/// A file that no other test writes.
fn file(name: &str) -> String {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name).to_str().unwrap().to_owned()
}

#[test]
fn the_document_has_the_name_and_the_version_of_the_package() {
    let seen = command("asyncapi", &documented(&[]));
    assert_eq!(seen.status, 0, "{}", seen.err);
    let document: Value = serde_json::from_str(&seen.out).unwrap();
    assert_eq!((&document["asyncapi"], &document["info"]["title"]), (&"3.0.0".into(), &"app".into()));
    assert_eq!(document["info"]["version"], "0.0.0");
    assert_eq!(document["channels"]["all_news"]["summary"], "Tells what is new.");
    assert_eq!(document["components"]["schemas"]["Wish"]["required"], serde_json::json!(["topic"]));
}

#[test]
fn types_without_a_schema_are_named() {
    let seen = command("asyncapi", &documented(&[]));
    let said = "warning: `documented::Page`, the query of the endpoint `delete`, has no schema, so its fields are not documented\n\
                warning: `documented::Plain`, a message of the endpoint `plain`, has no schema and is documented as any JSON\n\
                help: run `cargo add schemars`, and write `#[derive(schemars::JsonSchema)]` on each of these types\n";
    assert!(seen.err.contains(said), "{}", seen.err);
}

#[test]
fn a_schema_without_an_end_is_named() {
    let seen = command("asyncapi", &["--bin", "endless_schema", "--features", "documented"]);
    assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{}", seen.err);
    let said = "error: the schema of `endless_schema::Tree` has no end: the type contains itself\nhelp: remove `#[serde(transparent)]`";
    assert!(seen.err.contains(said), "{}", seen.err);
}

#[test]
fn a_document_that_was_committed_is_compared() {
    let file = file("asyncapi.json");
    let written = command("asyncapi", &documented(&["--output", &file]));
    assert_eq!((written.status, written.out.as_str()), (0, ""), "{}", written.err);
    let same = command("asyncapi", &documented(&["--check", &file]));
    assert_eq!((same.status, same.out.as_str()), (0, ""), "{}", same.err);

    // A release of the package changes no endpoint.
    let text = fs::read_to_string(&file).unwrap();
    let released = text.replace("\"0.0.0\"", "\"0.1.0\"").replace("\"title\": \"app\"", "\"title\": \"old\"");
    assert_ne!(text, released);
    fs::write(&file, released).unwrap();
    let same = command("asyncapi", &documented(&["--check", &file]));
    assert_eq!((same.status, same.out.as_str()), (0, ""), "{}", same.err);

    let old = text.replace("\"topic\"", "\"subject\"");
    fs::write(&file, old).unwrap();
    let other = command("asyncapi", &documented(&["--check", &file]));
    assert_eq!((other.status, other.out.as_str()), (1, ""), "{}", other.err);
    for part in [
        "asyncapi.json` is not what the program's endpoints are\n".to_owned(),
        "the file has `\"subject\": {`, the program has `\"topic\": {`\n".to_owned(),
        format!(
            "; then run `cargo sockeye asyncapi --bin documented --features documented --output {}`",
            shown(&file)
        ),
    ] {
        assert!(other.err.contains(&part), "{part} not in {}", other.err);
    }
}

#[test]
fn a_missing_schema_can_be_an_error() {
    let file = file("denied.json");
    let _ = fs::remove_file(&file);
    let said = "error: `documented::Plain`, a message of the endpoint `plain`, has no schema and is documented as any JSON\n\
                help: run `cargo add schemars`, and write `#[derive(schemars::JsonSchema)]` on each of these types\n";
    for arguments in [vec!["--deny-missing-schema"], vec!["--deny-missing-schema", "--output", &file]] {
        let seen = command("asyncapi", &documented(&arguments));
        assert_eq!((seen.status, seen.out.as_str()), (1, ""), "{}", seen.err);
        assert!(seen.err.ends_with(said), "{}", seen.err);
    }
    assert!(!Path::new(&file).exists());
    let seen = command("types", &documented(&["--deny-missing-schema"]));
    assert_eq!((seen.status, seen.out.as_str()), (1, ""), "{}", seen.err);

    let complete =
        ["--bin", "several", "--features", "documented", "--group", "two", "--deny-missing-schema"];
    assert_eq!(command("asyncapi", &complete).status, 0);
}

/// A type that has lost its schema is no reason to commit a document without it.
#[test]
fn a_comparison_says_once_what_to_do() {
    let file = file("without_schema.json");
    let written = command("asyncapi", &documented(&["--output", &file]));
    assert_eq!(written.status, 0, "{}", written.err);
    let again = format!(
        "help: run `cargo add schemars`, and write `#[derive(schemars::JsonSchema)]` on each of these types; then run \
         `cargo sockeye asyncapi --bin documented --features documented --output {}` and commit the file\n",
        shown(&file)
    );
    let same = command("asyncapi", &documented(&["--check", &file]));
    assert_eq!((same.status, same.err.matches("help: run `").count()), (0, 1), "{}", same.err);
    let denied = command("asyncapi", &documented(&["--deny-missing-schema", "--check", &file]));
    assert_eq!((denied.status, denied.err.ends_with(&again)), (1, true), "{}", denied.err);

    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"topic\"", "\"subject\"")).unwrap();
    let other = command("asyncapi", &documented(&["--check", &file]));
    assert_eq!((other.status, other.err.matches("help: run `").count()), (1, 1), "{}", other.err);
    assert!(other.err.ends_with(&again), "{}", other.err);
}

#[test]
fn a_directory_is_no_document() {
    for option in ["--check", "--output"] {
        let seen = command("asyncapi", &documented(&[option, "."]));
        assert_eq!((seen.status, seen.out.as_str()), (2, ""));
        let said = "error: `.` is a directory\nhelp: name a file, such as `./asyncapi.json`\n";
        assert_eq!(seen.err, said);
    }
}

#[test]
fn missing_directories_are_made_and_names_are_quoted() {
    let directory = file("new directory");
    let _ = fs::remove_dir_all(&directory);
    let file = format!("{directory}/deep/asyncapi.json");
    let written = command("asyncapi", &documented(&["--output", &file]));
    assert_eq!(written.status, 0, "{}", written.err);

    fs::write(&file, "{}").unwrap();
    let other = command("asyncapi", &documented(&["--check", &file, "--", "a b"]));
    let said = format!(" --output '{}' -- 'a b'` and commit the file\n", shown(&file));
    assert!(other.err.contains(&said), "{said} not in {}", other.err);
}

#[test]
fn a_file_of_the_other_command_is_recognized() {
    let file = file("other_command.ts");
    fs::write(&file, "// Written by `cargo sockeye types`, from the endpoints\n").unwrap();
    let seen = command("asyncapi", &documented(&["--check", &file]));
    assert_eq!(seen.status, 2, "{}", seen.err);
    let file = shown(&file);
    let said = format!(
        "error: `{file}` was written by `cargo sockeye types`\nhelp: run `cargo sockeye types --check "
    );
    assert!(seen.err.contains(&said), "{said} not in {}", seen.err);

    let seen = command("types", &["--check", "asyncapi.json"]);
    assert_eq!(seen.status, 2, "{}", seen.err);
    assert!(
        seen.err.contains("; `cargo sockeye asyncapi` writes and compares documents in JSON"),
        "{}",
        seen.err
    );
}

/// As the output of a command has it: the place of the workspace is left out.
fn shown(file: &str) -> String {
    file.replace(workspace().to_str().unwrap(), "WORKSPACE")
}

#[test]
fn a_file_that_is_not_there_cannot_be_compared() {
    let seen = command("asyncapi", &documented(&["--check", "no/such.json"]));
    assert_eq!(seen.status, 2);
    assert!(seen.err.contains("error: cannot read `no/such.json`: "), "{}", seen.err);
    assert!(seen.err.contains("help: write it first, with `--output` instead of `--check`"), "{}", seen.err);
}

#[test]
fn messages_become_types_and_endpoints_functions() {
    let seen = command("types", &documented(&[]));
    assert_eq!(seen.status, 0, "{}", seen.err);
    insta::assert_snapshot!(seen.out);
}

#[test]
fn what_types_leave_out_is_said() {
    let seen = command("types", &documented(&[]));
    assert!(seen.out.contains("  by_number: { [key: string]: Item };\n"), "{}", seen.out);
    let said = "warning: the type `Stock` accepts more in TypeScript than its schema does: TypeScript has nothing for `not`\n";
    assert!(seen.err.contains(said), "{}", seen.err);
    assert_eq!(seen.err.matches("accepts more").count(), 1, "{}", seen.err);
}

#[test]
fn a_page_without_a_build_step_gets_a_module_and_its_declarations() {
    let file = file("endpoints.js");
    let seen = command("types", &documented(&["--client", "./sockeye.js", "--output", &file]));
    assert_eq!((seen.status, seen.out.as_str()), (0, ""), "{}", seen.err);
    let module = fs::read_to_string(&file).unwrap();
    let declarations = fs::read_to_string(file.replace(".js", ".d.ts")).unwrap();
    insta::assert_snapshot!(format!("{module}\n--- endpoints.d.ts\n{declarations}"));

    let same = command("types", &documented(&["--check", &file]));
    assert_eq!(same.status, 0, "{}", same.err);

    // A field that was renamed in Rust.
    fs::write(file.replace(".js", ".d.ts"), declarations.replace("topic:", "subject:")).unwrap();
    let other = command("types", &documented(&["--check", &file]));
    assert_eq!(other.status, 1, "{}", other.err);
    assert!(
        other.err.contains("the file has `subject: string;`, the program has `topic: string;`"),
        "{}",
        other.err
    );
    assert!(
        other.err.contains("types --bin documented --features documented --client ./sockeye.js --output"),
        "{}",
        other.err
    );
}

#[test]
fn a_module_is_compared_with_the_client_that_it_imports() {
    let file = file("endpoints.ts");
    let written = command("types", &documented(&["--client", "./own.js", "--output", &file]));
    assert_eq!(written.status, 0, "{}", written.err);
    let same = command("types", &documented(&["--check", &file]));
    assert_eq!(same.status, 0, "{}", same.err);
    // Written anew, it keeps its client.
    let again = command("types", &documented(&["--output", &file]));
    assert_eq!(again.status, 0, "{}", again.err);
    assert!(fs::read_to_string(&file).unwrap().contains("import * as $sockeye from \"./own.js\";\n"));
    let other = command("types", &documented(&["--client", "./other.js", "--check", &file]));
    assert_eq!(other.status, 1, "{}", other.err);
    assert!(
        other.err.contains("the program has `import * as $sockeye from \"./other.js\";`"),
        "{}",
        other.err
    );
}

#[test]
fn declarations_alone_are_no_module() {
    let seen = command("types", &documented(&["--output", "endpoints.d.ts"]));
    assert_eq!((seen.status, seen.out.as_str()), (2, ""));
    assert!(seen.err.contains("help: name the module: `endpoints.js`"), "{}", seen.err);
}

#[test]
fn without_the_feature_the_help_names_it() {
    for name in ["asyncapi", "types"] {
        let seen = command(name, &["--bin", "all"]);
        assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{}", seen.err);
        let said = "error: the program cannot document its endpoints: `sockeye` is built without its feature `asyncapi`\n\
                    help: run `cargo add sockeye --features asyncapi` in the package of the program";
        assert!(seen.err.contains(said), "{}", seen.err);
    }
}

#[test]
fn a_server_that_does_not_start_has_no_document() {
    let seen = command("asyncapi", &["--bin", "broken", "--features", "documented"]);
    assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{}", seen.err);
    let said = "error: the program has problems that keep its server from starting, so it has no document; its last lines";
    assert!(seen.err.contains(said), "{}", seen.err);
    assert!(
        seen.err
            .contains("help: `cargo sockeye routes --bin broken --features documented` lists the problems"),
        "{}",
        seen.err
    );
}

#[test]
fn a_short_report_is_not_offered_again() {
    let arguments = ["--bin", "grouped", "--features", "documented", "--", "empty"];
    let seen = command("asyncapi", &arguments);
    assert!(seen.err.contains("error[no_endpoints]"), "{}", seen.err);
    assert!(!seen.err.contains("lists the problems"), "{}", seen.err);
}

#[test]
fn one_of_several_servers_is_documented() {
    let several = ["--bin", "several", "--features", "documented"];
    let both = command("asyncapi", &several);
    assert_eq!(both.status, 2);
    assert!(
        both.err.contains("error: the program runs 2 servers\nhelp: choose one with `--group`: `one`, `two`"),
        "{}",
        both.err
    );
    let one = command("asyncapi", &[&several[..], &["--group", "two"]].concat());
    let document: Value = serde_json::from_str(&one.out).unwrap();
    assert_eq!(document["channels"]["two"]["address"], "/two");
}

#[test]
fn a_program_that_listens_itself_is_documented_before_it_does() {
    let seen = command("asyncapi", &["--bin", "own_listener", "--features", "documented"]);
    assert_eq!(seen.status, 0, "{}", seen.err);
    let document: Value = serde_json::from_str(&seen.out).unwrap();
    assert_eq!(document["channels"].as_object().unwrap().len(), 3);
}

/// The page of the dashboard is checked with these types by `tsc` (`client/test/generated.test.mjs`).
#[test]
fn the_types_of_the_dashboard_are_those_of_its_program() {
    let arguments = [
        "--package",
        "example-dashboard",
        "--client",
        "./sockeye.js",
        "--check",
        "examples/dashboard/page/endpoints.js",
    ];
    let seen = command_in(workspace(), "types", &arguments, &[("SOCKEYE_ADDR", "127.0.0.1:0")]);
    assert_eq!(seen.status, 0, "{}", seen.err);
    assert!(!seen.err.contains("has no schema"), "{}", seen.err);
}
