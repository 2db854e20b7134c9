//! Counts the cost of a check: how often a body is parsed and followed.

use syn::{File, Item};

use super::{Neighbours, Surroundings};
use crate::{
    check,
    flow::{BUILT, Imports, WALKED},
    syntax::{CONVERTED, READ},
    trace::WATCHED,
};

/// The work that was done to check every function of a file.
#[derive(Debug, PartialEq, Eq)]
struct Cost {
    /// Flows that were built.
    followed: usize,
    /// Bodies that were parsed.
    parsed: usize,
    /// Bodies that were converted to tokens.
    converted: usize,
    /// Walks over a body for the origins of its values.
    watched: usize,
}

impl Cost {
    fn so_far() -> Self {
        Self { followed: BUILT.get(), parsed: READ.get(), converted: CONVERTED.get(), watched: WATCHED.get() }
    }

    fn of(text: &str) -> Self {
        let mut file: File = syn::parse_str(text).unwrap();
        let before = Self::so_far();
        let imports = Imports::of(&file);
        let (neighbours, functions) = Neighbours::with_functions(&mut file, &Imports::default(), None);
        let around = Surroundings::in_file(imports, &neighbours, None);
        for item in &file.items {
            if let Item::Fn(item) = item {
                let function = functions.take(&item.sig).expect("every function of the file was read");
                check::judge_function(&function, &around);
            }
        }
        let after = Self::so_far();
        Self {
            followed: after.followed - before.followed,
            parsed: after.parsed - before.parsed,
            converted: after.converted - before.converted,
            watched: after.watched - before.watched,
        }
    }
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
    // `other` logs something, which one rule checks.
    assert_eq!(Cost::of(HANDLERS), Cost { followed: 2, parsed: 0, converted: 0, watched: 1 });
}

#[test]
fn only_what_may_block_and_its_callers_are_followed_for_that() {
    let helpers = "
        fn pause() { std::thread::sleep(LIMIT); }
        fn caller() { pause(); }
        fn bystander() { println!(); }
    ";
    assert_eq!(Cost::of(&format!("{HANDLERS}{helpers}")).followed, 2 + 2);
}

#[test]
fn a_function_that_only_uses_the_module_of_a_blocking_call_is_not_followed() {
    let helpers = "
        use std::sync::{Arc, Barrier};
        struct State { limit: usize }
        async fn count(state: Arc<State>, feed: &mut Feed) -> usize {
            feed.recv().await;
            state.limit
        }
        fn meet(barrier: &Barrier) { barrier.wait(); }
    ";
    assert_eq!(Cost::of(&format!("{HANDLERS}{helpers}")).followed, 2 + 1);
}

#[test]
fn a_body_is_walked_only_for_rules_that_its_words_concern() {
    let handler = |body: &str| {
        format!(
            "use axum::extract::ws::WebSocket; async fn f(mut socket: WebSocket, state: State) {{ {body} }}"
        )
    };
    let watched = |body: &str| Cost::of(&handler(body)).watched;
    assert_eq!(
        watched("while let Some(Ok(message)) = socket.recv().await { state.names.get(&message); }"),
        0
    );
    assert_eq!(watched("socket.recv().await.unwrap();"), 1);
    assert_eq!(watched("let guard = state.lock().await; socket.recv().await;"), 1);
    assert_eq!(watched("state.add(1); socket.recv().await; state.remove(1);"), 1);
    assert_eq!(watched("state.add(1); socket.recv().await;"), 0);
}

/// The graph is walked for operations; what a rule asks for each of them must not lead through the whole function.
#[test]
fn a_function_with_four_times_the_branches_costs_hardly_more_than_four_times_as_much() {
    const ARMS: [&str; 6] = [
        "socket.send(\"answer\").await?;",
        "if socket.send(\"answer\").await.is_err() { break; }",
        "let Some(next) = socket.recv().await? else { break }; socket.send(next).await?;",
        "socket.send(\"answer\").await.unwrap();",
        "return socket.close(CODE, \"over\").await;",
        "let task = tasks.clone(); tokio::spawn(async move { task.run().await });",
    ];
    let walked = |arm: &str, arms: usize| {
        let arms: Vec<_> = (0..arms).map(|number| format!("Some(\"{number}\") => {{ {arm} }}")).collect();
        let arms = arms.concat();
        let text = format!(
            "use sockeye::Socket; async fn f(mut socket: Socket) -> sockeye::Result {{ \
             while let Some(message) = socket.recv().await? {{ match message.as_text() {{ {arms} _ => {{}} }} }} Ok(()) }}"
        );
        let before = WALKED.get();
        Cost::of(&text);
        WALKED.get() - before
    };
    for arm in ARMS {
        let (few, many) = (walked(arm, 50), walked(arm, 200));
        assert!(many <= 6 * few, "{few} steps for 50 arms, {many} for 200: {arm}");
    }
}
