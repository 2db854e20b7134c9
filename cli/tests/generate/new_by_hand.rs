//! What cannot be written, and what is left to do by hand.

use std::path::Path;

use super::user::{MAIN, User, manifest};

#[test]
fn a_root_file_that_is_not_understood_is_left_as_it_is() {
    let state = ".state(app::Database::connect(&url))";
    let with_local = MAIN
        .replace("Server::new()", &format!("Server::new(){state}"))
        .replace("    Server", "    let url = app::url();\n    Server");
    let captured = MAIN
        .replace("Server::new()", "Server::new().group(format!(\"{name}\"))")
        .replace("    Server", "    let name = 1;\n    Server");
    for (main, why) in [
        (MAIN.replace("Server::new()", "app::server()"), "there is no `Server::new()`"),
        (
            format!("{MAIN}\nfn other() -> sockeye::Server {{ sockeye::Server::new() }}\n"),
            "there is more than one `Server::new()`",
        ),
        (with_local, "the `Server` in `main` depends on other statements of `main`"),
        (captured, "the `Server` in `main` depends on other statements of `main`"),
        (
            MAIN.replace("Server::new()", "Server::new().state(app::pool().await?)"),
            "depends on other statements of `main`",
        ),
        (MAIN.replace(".serve(", ".start("), "no `serve` is called on `Server::new()`"),
        (
            MAIN.replace("async fn main", "async fn run"),
            "`Server::new()` is neither in `main` nor in a function `server`",
        ),
        (format!("{MAIN}\nfn server(port: u16) {{}}\n"), "`server` is not a function without parameters"),
        (MAIN.replace("async fn", "async async fn"), "it cannot be parsed"),
    ] {
        let user = User::with_main(&main);
        let seen = user.sockeye(&["new", "prices"]);
        assert_eq!((seen.status, seen.err.as_str()), (Some(1), ""), "{}", seen.out);
        assert!(seen.out.contains("src/main.rs is unchanged: "), "{}", seen.out);
        assert!(seen.out.contains(why), "{why} not in {}", seen.out);
        let by_hand = ". Add by hand:
  mod prices;
  .state(sockeye::Hub::<prices::Event>::new())    on the `Server`
  fn server() -> sockeye::Server { .. }    the `Server` without `serve`, which the test calls
";
        assert!(seen.out.ends_with(by_hand), "{}", seen.out);
        assert_eq!(user.read("src/main.rs"), main);
        assert!(user.has("src/prices.rs"));
    }
}

#[test]
fn a_program_of_plain_axum_gets_all_that_its_server_needs() {
    let main = "#[tokio::main]
async fn main() {
    let app = axum::Router::<()>::new();
    let listener = tokio::net::TcpListener::bind(\"127.0.0.1:3000\").await.unwrap();
    axum::serve(listener, app).await.unwrap();
}
";
    let user = User::with_main(main);
    let seen = user.sockeye(&["new", "prices"]);
    assert_eq!((seen.status, seen.err.as_str()), (Some(1), ""), "{}", seen.out);
    let by_hand = "src/main.rs is unchanged: there is no `Server::new()`. Add by hand:
  mod prices;
  fn server() -> sockeye::Server {    // the program except its port, which the test calls
      sockeye::Server::new().state(sockeye::Hub::<prices::Event>::new()).router(app())
  }
Move the `Router` of `main` into a function `app`, remove `.router(..)` if there is none, and write in place of `axum::serve(..)`:
  server().serve(\"127.0.0.1:3000\").await    // `main` returns `Result<(), sockeye::StartupError>`
";
    assert!(seen.out.ends_with(by_hand), "{}", seen.out);
    assert_eq!(user.read("src/main.rs"), main);
}

#[test]
fn a_name_that_is_none_is_explained() {
    let user = User::with_main(MAIN);
    for (name, said) in [
        (
            "live-prices",
            "error: `live-prices` is not a name in snake case, which modules and functions have\nhelp: write `cargo sockeye new live_prices`\n",
        ),
        ("LivePrices", "help: write `cargo sockeye new live_prices`\n"),
        ("a__b", "help: write `cargo sockeye new a_b`\n"),
        (
            "loop",
            "error: `loop` is a name that Rust or the written source uses\nhelp: write another name, such as `loop_events`\n",
        ),
        ("gen", "error: `gen` is a name that Rust or the written source uses\n"),
        ("std", "error: `std` is a name that Rust or the written source uses\n"),
        ("sockeye", "error: `sockeye` is the name of a dependency\n"),
        ("serde", "error: `serde` is the name of a dependency\n"),
        ("../main", "help: write `cargo sockeye new main`\n"),
        ("7up", "error: `7up` cannot be the name of a module\nhelp: write a name of lower-case letters"),
        ("", "error: `` cannot be the name of a module\n"),
    ] {
        let seen = user.sockeye(&["new", name]);
        assert_eq!((seen.status, seen.out.as_str()), (Some(2), ""), "{}", seen.err);
        assert!(seen.err.contains(said), "{}", seen.err);
    }
    assert_eq!(user.read("src/main.rs"), MAIN);
}

#[test]
fn nothing_is_overwritten() {
    for (path, text) in [("src/prices.rs", "// mine\n"), ("src/prices/mod.rs", "// mine\n")] {
        let user = User::with_main(MAIN).with(path, text);
        let seen = user.sockeye(&["new", "prices"]);
        let said = format!(
            "error: there is a module `prices` already: `{}`\nhelp: write another name, such as `prices_events`\n",
            Path::new(path).display()
        );
        assert_eq!((seen.status, seen.out.as_str(), seen.err), (Some(2), "", said));
        assert_eq!((user.read(path).as_str(), user.read("src/main.rs").as_str()), (text, MAIN));
    }
    for item in ["mod prices {}", "use sockeye::guide as prices;"] {
        let user = User::with_main(&format!("{MAIN}\n{item}\n"));
        let seen = user.sockeye(&["new", "prices"]);
        assert_eq!(seen.status, Some(2), "{}", seen.out);
        assert!(seen.err.contains("there is a module `prices` already: `src/main.rs`"), "{}", seen.err);
        assert!(!user.has("src/prices.rs"));
    }
}

#[test]
fn what_the_manifest_lacks_is_said_with_the_command_that_adds_it() {
    let lacking = manifest()
        .replace("axum = \"0.8\"\n", "")
        .replace(", features = [\"derive\"]", "")
        .replace("[dev-dependencies]", "[target.'cfg(any())'.dev-dependencies]")
        .replace(", features = [\"testing\"]", "");
    let user = User::with_main(MAIN).with("Cargo.toml", &lacking);
    let seen = user.sockeye(&["new", "prices"]);
    assert_eq!(seen.status, Some(1), "{}", seen.err);
    let said = "run, since `Cargo.toml` lacks what the source needs:\n  cargo add --dev sockeye --features testing --path ";
    assert!(seen.out.contains(said), "{}", seen.out);
    assert!(seen.out.ends_with("\n  cargo add axum\n  cargo add serde --features derive\n"), "{}", seen.out);
    let echo = user.sockeye(&["new", "say", "--echo"]);
    assert!(!echo.out.contains("serde"), "{}", echo.out);

    let stranger =
        User::new().with("Cargo.toml", "[package]\nname = \"app\"\n[workspace]\n").with("src/main.rs", MAIN);
    let seen = stranger.sockeye(&["new", "prices"]);
    assert_eq!(seen.status, Some(2));
    assert!(
        seen.err.contains(
            "error: the package `app` does not depend on `sockeye`\nhelp: add it: `cargo add sockeye --path "
        ),
        "{}",
        seen.err
    );
}

#[test]
fn the_program_has_to_be_clear() {
    let several = User::with_main(MAIN).with("src/bin/other.rs", "fn main() {}\n");
    for (arguments, said) in [
        (
            &["new", "prices"][..],
            "error: the package `app` has several programs\nhelp: write `--bin` with one of ",
        ),
        (&["new", "prices", "--bin", "none"], "error: the package `app` has no program `none`\n"),
        (&["new", "prices", "--package", "none"], "error: the workspace has no package `none`\n"),
        (
            &["new", "prices", "--bin", "other"],
            "error: a module of `ROOT/src/bin/other.rs` would be a program of its own in `src/bin`\nhelp: move it to `ROOT/src/bin/other/main.rs`\n",
        ),
        (&["new", "prices", "--echo", "--rooms"], "cannot be used with"),
    ] {
        let seen = several.sockeye(arguments);
        assert_eq!((seen.status, seen.out.as_str()), (Some(2), ""), "{}", seen.err);
        assert!(seen.err.contains(said), "{}", seen.err);
    }
    several.sockeye(&["new", "prices", "--bin", "app"]).good();

    let library = User::new().with("Cargo.toml", &manifest()).with("src/lib.rs", "");
    let seen = library.sockeye(&["new", "prices"]);
    assert!(seen.err.contains("error: the package `app` has no program\n"), "{}", seen.err);
    let nowhere = User::new().sockeye(&["new", "prices"]);
    assert_eq!(nowhere.status, Some(2), "{}", nowhere.out);
    assert!(nowhere.err.contains("could not find `Cargo.toml`"), "{}", nowhere.err);
}
