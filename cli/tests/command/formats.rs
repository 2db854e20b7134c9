//! What people and programs read.

use serde_json::{Value, json};

use crate::tree::{RIGHT, Tree, WRONG};

/// Two errors and a warning in two files, one of them a mistake of several places.
fn tree() -> Tree {
    let duplicates = "\
use axum::extract::Path;
use sockeye::{Handshake, ws_endpoint};

/// One of two.
#[ws_endpoint(\"/rooms/{room}\")]
async fn room(handshake: Handshake, Path(room): Path<String>) -> sockeye::Result {
    Err(handshake.reject(axum::http::StatusCode::NOT_FOUND, room))
}

#[ws_endpoint(\"/rooms/{name}\")]
async fn name(handshake: Handshake, Path(name): Path<String>) -> sockeye::Result {
    Err(handshake.reject(axum::http::StatusCode::NOT_FOUND, name))
}
";
    let missing = "\
use sockeye::ws_endpoint;

/// The type of the first parameter is forgotten.
#[ws_endpoint(\"/grüße\")]
async fn grüße(Query(who): Query<Who>) {}
";
    Tree::new().with("src/rooms.rs", duplicates).with("src/a b.rs", missing).with("src/right.rs", RIGHT)
}

#[test]
fn people_read_the_form_of_rustc() {
    let run = tree().run(&["check"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(1), ""));
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn a_file_without_text_to_show_is_named() {
    let run = Tree::new().with("a.rs", format!("WebSocket{}", " ".repeat(16 * 1024 * 1024))).run(&["check"]);
    assert_eq!(run.stdout.lines().nth(1), Some("--> a.rs"), "{}", run.stdout);
}

#[test]
fn json_is_one_document() {
    let document = tree().json(&[]);
    let counted =
        ["version", "ok", "files", "handlers", "errors", "warnings"].map(|key| document[key].clone());
    assert_eq!(counted, [json!(1), json!(false), json!(3), json!(4), json!(2), json!(1)]);
    assert_eq!(
        document["findings"][0],
        json!({
            "rule": "missing_handshake",
            "phase": "signature",
            "level": "error",
            "message": document["findings"][0]["message"],
            "expected": "async fn grüße(handshake: Handshake, ...) -> sockeye::Result",
            "notes": [],
            "help": document["findings"][0]["help"],
            "file": "src/a b.rs",
            "line": 5,
            "column": 28,
            "end_line": 5,
            "end_column": 38,
            "label": null,
            "related": [],
        })
    );
    let duplicate =
        document["findings"].as_array().unwrap().iter().find(|one| one["rule"] == "duplicate_route");
    assert_eq!(
        duplicate.unwrap()["related"],
        json!([{ "line": 5, "column": 15, "end_line": 5, "end_column": 30, "label": "is already the route of this endpoint" }])
    );
}

#[test]
fn json_of_a_right_tree_is_ok() {
    let document = Tree::new().with("a.rs", RIGHT).json(&[]);
    assert_eq!((&document["ok"], &document["findings"]), (&json!(true), &json!([])));
}

/// The whole document is held against the standard's schema by `tests/command/test_documents.py`.
#[test]
fn sarif_names_rules_and_places() {
    let run = tree().run(&["check", "--format", "sarif"]);
    assert_eq!(run.status, Some(1));
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let rules = document["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let results = document["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().unwrap().starts_with("# "));
    }
    assert_eq!(
        results[0]["locations"],
        json!([{ "physicalLocation": {
            "artifactLocation": { "uri": "src/a%20b.rs", "uriBaseId": "%SRCROOT%" },
            "region": { "startLine": 5, "startColumn": 28, "endLine": 5, "endColumn": 38 },
        }}])
    );
    let levels: Vec<_> = results.iter().map(|result| &result["level"]).collect();
    assert_eq!(levels, ["error", "error", "warning"]);
}

#[test]
fn sarif_of_a_right_tree_has_no_results() {
    let run = Tree::new().with("a.rs", RIGHT).run(&["check", "--format", "sarif"]);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.status, &document["runs"][0]["results"]), (Some(0), &json!([])));
}

/// A job may run in a part of the repository; the code host knows files by their paths from its root.
#[test]
fn code_hosts_read_paths_from_the_root_of_the_repository() {
    let tree = Tree::new().with(".git/HEAD", "").with("server/src/a.rs", WRONG);
    let run =
        |format| crate::tree::command(&tree.path("server"), &["check", "--format", format]).output().unwrap();
    let sarif: Value = serde_json::from_slice(&run("sarif").stdout).unwrap();
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "server/src/a.rs");
    let github = String::from_utf8(run("github").stdout).unwrap();
    assert!(github.starts_with("::error file=server/src/a.rs,"), "{github}");
}

#[test]
fn github_reads_commands() {
    let run = Tree::new().with("a,b.rs", WRONG).run(&["check", "--format", "github"]);
    let mut lines = run.stdout.lines();
    let command = lines.next().unwrap();
    let (properties, message) =
        command.split_once("::").map(|(_, rest)| rest.split_once("::").unwrap()).unwrap();
    assert_eq!(
        properties,
        "error file=a%2Cb.rs,line=5,endLine=5,col=23,endColumn=32,title=[borrowed_parameter]"
    );
    assert!(message.contains("%0Ahelp: "), "{message}");
    assert_eq!(run.last_line(), "1 error, 0 warnings in 1 handler (1 file)");
}

#[test]
fn a_pipe_has_no_colours() {
    for format in ["human", "json", "sarif", "github"] {
        assert!(!tree().run(&["check", "--format", format]).stdout.contains('\u{1b}'), "{format}");
    }
}
