//! Counts the cost of a check: how often a body is parsed and followed.

use syn::{File, Item};

use super::{Neighbours, Surroundings};
use crate::{
    check,
    flow::{BUILT, Imports},
    syntax::READ,
};

/// How many flows are built, and how many bodies parsed, if every function of a file is checked.
fn cost(text: &str) -> (usize, usize) {
    let file: File = syn::parse_str(text).unwrap();
    let before = (BUILT.get(), READ.get());
    let imports = Imports::of(&file);
    let (neighbours, functions) = Neighbours::with_functions(&file, &Imports::default());
    let around = Surroundings::in_file(imports, &neighbours, None);
    for item in &file.items {
        if let Item::Fn(item) = item {
            let function = functions.take(&item.sig).expect("every function of the file was read");
            check::judge_function(&function, &around);
        }
    }
    (BUILT.get() - before.0, READ.get() - before.1)
}

const HANDLERS: &str = "
    use axum::extract::ws::WebSocket;
    async fn one(mut socket: WebSocket) {
        loop {
            tokio::select! {
                Some(Ok(message)) = socket.recv() => { let _ = socket.send(message).await; }
                _ = tokio::time::sleep(LIMIT) => break,
            }
        }
    }
    async fn other(mut socket: WebSocket) {
        while let Some(Ok(message)) = socket.recv().await {
            tracing::info!(\"heard {}\", message.len());
        }
    }
    fn helper(text: &str) -> usize { text.len() }
";

#[test]
fn a_handler_is_followed_once_and_a_helper_that_nothing_asks_about_never() {
    assert_eq!(cost(HANDLERS), (2, 0));
}

#[test]
fn only_what_may_block_and_its_callers_are_followed_for_that() {
    let helpers = "
        fn pause() { std::thread::sleep(LIMIT); }
        fn caller() { pause(); }
        fn bystander() { println!(); }
    ";
    assert_eq!(cost(&format!("{HANDLERS}{helpers}")), (2 + 2, 0));
}
