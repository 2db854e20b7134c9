//! Endpoints that are written into a program that is as most are.

use super::user::{MAIN, User};

#[test]
fn what_is_written_compiles_without_warnings_and_its_tests_pass() {
    let user = User::with_main(MAIN);
    let push = user.sockeye(&["new", "prices"]).good();
    assert_eq!(
        push.out,
        "wrote src/prices.rs: the endpoint `/ws/prices` and its test
  it pushes events, as most programs need it; `--echo` and `--rooms` write other endpoints
changed src/main.rs: `mod prices;`, `.state(sockeye::Hub::<prices::Event>::new())`, `fn server()`, which tests share with `main`
"
    );
    let rooms = user.sockeye(&["new", "chat", "--rooms"]).good();
    assert_eq!(
        rooms.out,
        "wrote src/chat.rs: the endpoint `/ws/chat/{room}` and its test
changed src/main.rs: `mod chat;`, `.state(sockeye::Hub::<chat::Said>::new())`
"
    );
    user.sockeye(&["new", "say", "--echo"]).good();
    user.sockeye(&["new", "alerts_of_everything_there_is", "--push"]).good();
    assert_eq!(
        user.read("src/main.rs"),
        "\
//! A program.

mod alerts_of_everything_there_is;
mod chat;
mod prices;
mod say;

use sockeye::{Server, StartupError};

#[tokio::main]
async fn main() -> Result<(), StartupError> {
    server().serve(\"127.0.0.1:3000\").await
}

/// The whole program except its port, so that tests have the same one.
fn server() -> Server {
    Server::new()
        .state(sockeye::Hub::<alerts_of_everything_there_is::Event>::new())
        .state(sockeye::Hub::<chat::Said>::new())
        .state(sockeye::Hub::<prices::Event>::new())
}
"
    );
    user.cargo(&["fmt", "--check"]).good();
    user.cargo(&["build", "--quiet"]).good();
    let tests = user.cargo(&["test", "--quiet"]).good();
    assert!(tests.out.contains("4 passed; 0 failed"), "{}", tests.out);
    assert!(!tests.err.contains("WARN"), "{}", tests.err);
    let check = user.sockeye(&["check"]).good();
    assert_eq!(check.out, "no problem found in 4 handlers (5 files)\n");
}

#[test]
fn the_program_that_cargo_new_writes_becomes_a_server() {
    let user = User::with_main("fn main() {\n    println!(\"Hello, world!\");\n}\n");
    let seen = user.sockeye(&["new", "say", "--echo"]).good();
    let changed = "changed src/main.rs: `mod say;`, `fn server()`, which tests share with `main`, a `main` that serves, in place of `Hello, world!`\n";
    assert!(seen.out.ends_with(changed), "{}", seen.out);
    user.sockeye(&["new", "ask", "--echo"]).good();
    user.cargo(&["fmt", "--check"]).good();
    let tests = user.cargo(&["test", "--quiet"]).good();
    assert!(tests.out.contains("2 passed; 0 failed"), "{}", tests.out);
}

#[test]
fn a_function_server_gets_the_state_wherever_it_is() {
    let main = "\
//! A program.

mod z;

#[tokio::main]
async fn main() -> Result<(), sockeye::StartupError> {
    let address = String::new();
    server().serve(address).await
}

// Everything but the port.
fn server() -> sockeye::Server {
    let page = axum::Router::new();
    sockeye::Server::new().router(page)
}
";
    let user = User::with_main(main).with("src/z.rs", "");
    user.sockeye(&["new", "chat", "--rooms"]).good();
    let expected = main.replace("mod z;", "mod chat;\nmod z;").replace(
        "sockeye::Server::new().router(page)",
        "sockeye::Server::new()\n        .state(sockeye::Hub::<chat::Said>::new())\n        .router(page)",
    );
    assert_eq!(user.read("src/main.rs"), expected);
}

#[test]
fn a_file_that_is_not_formatted_keeps_its_form() {
    let main = "use sockeye::Server;\n#[tokio::main]\nasync fn main() {   let at = \"127.0.0.1:0\";\n  Server::new()\n   .expect([\"/ws/say\"])\n   .serve(at).await.unwrap() }\n";
    let user = User::with_main(main);
    user.sockeye(&["new", "say", "--echo"]).good();
    assert_eq!(
        user.read("src/main.rs"),
        "mod say;\n\nuse sockeye::Server;\n#[tokio::main]\nasync fn main() {   let at = \"127.0.0.1:0\";\n  server().serve(at).await.unwrap() }\n\n\
         /// The whole program except its port, so that tests have the same one.\nfn server() -> Server {\n    Server::new()\n   .expect([\"/ws/say\"])\n}\n"
    );
}
