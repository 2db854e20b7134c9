//! A dependency of another platform is not asked for: on a machine that has only built for itself it was never downloaded.

use std::{fs, path::PathBuf};

use crate::package::routes_in;

/// A program without Sockeye that prints a check, in a workspace whose registry lists `elsewhere` and has no file of it.
fn package() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("routes-other-platform");
    let _ = fs::remove_dir_all(&root);
    let registry = root.join("registry");
    for (file, text) in [
        ("Cargo.toml", MANIFEST.to_owned()),
        ("src/main.rs", MAIN.to_owned()),
        (
            ".cargo/config.toml",
            format!(
                "[source.crates-io]\nreplace-with = \"here\"\n\n[source.here]\nlocal-registry = {:?}\n",
                registry.display().to_string()
            ),
        ),
        ("registry/index/el/se/elsewhere", LISTED.to_owned()),
    ] {
        let file = root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    root
}

const MANIFEST: &str = "[package]\nname = \"app\"\nedition = \"2024\"\n\n[workspace]\n\n\
    [target.'cfg(target_os = \"none\")'.dependencies]\nelsewhere = \"1\"\n";

const MAIN: &str =
    "fn main() {\n    println!(\"{}\", r#\"{\"version\":1,\"endpoints\":[],\"problems\":[]}\"#);\n}\n";

const LISTED: &str = "{\"name\":\"elsewhere\",\"vers\":\"1.0.0\",\"deps\":[],\"features\":{},\"yanked\":false,\
    \"cksum\":\"0000000000000000000000000000000000000000000000000000000000000000\"}\n";

#[test]
fn what_another_platform_needs_is_not_asked_for() {
    let package = package();
    let target = package.join("target");
    let target = [("CARGO_TARGET_DIR", target.to_str().unwrap())];
    let host = host();
    let in_configuration = [target[0], ("CARGO_BUILD_TARGET", host.as_str())];
    for (arguments, environment) in [
        (&["--offline"][..], &target[..]),
        (&["--locked"], &target),
        (&["--offline", "--target", &host], &target),
        (&["--offline"], &in_configuration),
    ] {
        let seen = routes_in(&package, arguments, environment);
        assert_eq!(seen.status, 0, "{arguments:?}\n{}\n{}", seen.out, seen.err);
        assert!(seen.out.contains("0 endpoints in the program, no problem found"), "{}", seen.out);
    }
}

fn host() -> String {
    let output = std::process::Command::new(env!("CARGO")).arg("-vV").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}
