//! What `docs/releasing.md` says of axum's inside: which files depend on it.

use std::{fs, path::Path};

use crate::{entries, read, root};

/// The sources below a folder that say this, and do so in code.
fn files_with(folder: &str, words: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in entries(folder) {
        let path = entry.strip_prefix(root()).expect("it is below").to_str().expect("text").to_owned();
        if entry.is_dir() {
            found.extend(files_with(&path, words));
        } else if Path::new(&path).extension().is_some_and(|end| end == "rs") {
            let source = fs::read_to_string(&entry).expect("a source");
            let says = |line: &str| line.contains(words) && !line.trim_start().starts_with("//");
            found.extend(source.lines().any(says).then_some(path));
        }
    }
    found
}

#[test]
fn what_axum_does_not_promise_is_used_in_one_file_of_a_crate() {
    let page = read("docs/releasing.md");
    let uses = [
        ("matchit::", "runtime/src", "runtime/src/routing/paths.rs"),
        ("matchit::", "rules/src", "rules/src/syntax/route.rs"),
        ("{router:?}", "runtime/src", "runtime/src/startup/user_router.rs"),
        ("__private__axum", "runtime/src", "runtime/src/startup/user_router.rs"),
    ];
    for (words, folder, file) in uses {
        assert_eq!(files_with(folder, words), [file], "`{words}`");
        assert!(page.contains(&format!("`{file}`")), "the page does not name {file}");
    }
    for folder in ["macros/src", "cli/src"] {
        assert!(files_with(folder, "matchit::").is_empty(), "{folder}");
    }
}

#[test]
fn a_package_depends_on_those_that_are_published_before_it() {
    let page = read("docs/releasing.md");
    let order = [
        ("rules", "sockeye-rules"),
        ("macros", "sockeye-macros"),
        ("runtime", "sockeye"),
        ("cli", "cargo-sockeye"),
        ("backplanes/redis", "sockeye-redis"),
        ("backplanes/nats", "sockeye-nats"),
    ];
    for (at, (folder, package)) in order.into_iter().enumerate() {
        assert!(
            page.contains(&format!("{}. `{package}`\n", at + 1)),
            "the page does not say where {package} comes"
        );
        let manifest = read(&format!("{folder}/Cargo.toml"));
        assert!(manifest.contains(&format!("name = \"{package}\"\n")));
        let (_, dependencies) = manifest.split_once("[dependencies]\n").expect("dependencies");
        let dependencies = dependencies.split("\n[").next().expect("a part");
        let names = dependencies.lines().map(|line| line.split(['.', ' ']).next().expect("a part"));
        let ours = names.filter(|name| order.iter().any(|(_, one)| one == name));
        for name in ours {
            assert!(order[..at].iter().any(|(_, before)| *before == name), "{package} needs {name}");
        }
    }
}
