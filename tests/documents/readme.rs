//! The README: its messages are those of the fixtures, its refusal is what a client gets, its links lead somewhere.

use sockeye::{Handshake, Server, ws_endpoint};
use sockeye_tests::{
    raw::{HEAD, ask},
    start,
};

use crate::{block, fixtures, read, root};

const README: &str = include_str!("../../README.md");

/// Gives the page something to refuse.
#[ws_endpoint("/ws")]
async fn endpoint(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[test]
fn it_is_read_in_five_minutes() {
    let words = README.split_whitespace().count();
    assert!(words <= 1_000, "README.md has {words} words; details belong in the guide (runtime/docs)");
}

/// `benches/run` writes RESULTS.md, and not the README.
#[test]
fn the_speed_is_that_of_the_results() {
    let results = read("benches/RESULTS.md");
    let medians = |row: &str| -> Vec<String> {
        let cells = row.split('|').map(str::trim).filter(|cell| !cell.is_empty());
        cells.skip(1).take(2).map(|cell| cell.split(' ').next().unwrap_or_default().to_owned()).collect()
    };
    let (_, speed) = README.split_once("## Speed").expect("a section");
    let rows: Vec<&str> = speed
        .lines()
        .skip_while(|line| !line.starts_with("| ---"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect();
    assert!(rows.len() >= 4, "{rows:?}");
    for row in rows {
        let load = row.split('|').nth(1).expect("a load");
        let measured = results.lines().find(|line| line.starts_with(&format!("|{load}|")));
        assert_eq!(Some(medians(row)), measured.map(medians), "README.md and benches/RESULTS.md: {load}");
    }
}

#[test]
fn the_messages_are_real_ones() {
    let fixtures = fixtures();
    for begin in ["error: [", "error["] {
        let shown = block(README, "text", begin).expect(begin).trim_end();
        assert!(
            fixtures.iter().any(|fixture| fixture.contains(shown)),
            "README.md shows a message that no fixture holds:\n{shown}"
        );
    }
}

#[tokio::test]
async fn the_refusal_is_what_a_client_gets() {
    let server = start(Server::new()).await;
    let head = HEAD.replace("Upgrade: websocket\r\nConnection: Upgrade\r\n", "");
    let answer = ask(server.addr, &format!("GET /ws HTTP/1.1\r\n{head}\r\n")).await;
    let shown = block(README, "text", "HTTP/1.1").expect("a refusal");
    let (shown_head, shown_body) = shown.split_once("\n\n").expect("two parts");
    assert_eq!(answer.body, shown_body);
    for line in shown_head.lines() {
        assert!(answer.head.contains(&line.to_lowercase()), "{line} is not in {}", answer.head);
    }
}

#[test]
fn every_axum_serve_sends_small_messages_at_once() {
    // Files from which an `axum::serve` may be copied.
    for file in [
        "runtime/docs/moving_from_axum.md",
        "runtime/src/server/checked.rs",
        "examples/existing-axum-app/src/main.rs",
    ] {
        let text = read(file);
        let mut before: Vec<&str> = text.split("axum::serve(").collect();
        before.pop();
        assert!(!before.is_empty(), "{file} has no `axum::serve`");
        for (number, before) in before.iter().enumerate() {
            assert!(
                before.contains("set_nodelay(true)"),
                "`axum::serve` {number} of {file} has no TCP_NODELAY"
            );
        }
    }
}

/// Blocks of Rust are doc tests of the tests, and the others are compared with what they show, here or in `commands`.
#[test]
fn every_block_is_compiled_or_compared() {
    let fences = README.lines().filter_map(|line| line.strip_prefix("```")).filter(|kind| !kind.is_empty());
    for kind in fences {
        assert!(
            ["sh", "rust", "rust,no_run", "text", "toml"].contains(&kind),
            "```{kind} is read by no test"
        );
    }
    let crate_root = read("tests/src/lib.rs");
    assert!(crate_root.contains("include_str!(\"../../README.md\")"), "the blocks of Rust are no doc tests");
    let dependency = block(README, "toml", "[dependencies]\n").expect("a dependency");
    for used in ["axum", "serde", "tokio"] {
        assert!(
            README.contains(&format!("use {used}::")) || README.contains(&format!("#[{used}::")),
            "{used}"
        );
        assert!(dependency.contains(&format!("\n{used} = ")), "{dependency}");
    }
    let (packages, path) = dependency.split_once(" = { path = \"../sockeye/").expect("a path");
    let package = packages.lines().last().expect("a line");
    let manifest = read(&format!("{}/Cargo.toml", path.trim_end().trim_end_matches("\" }")));
    assert!(manifest.contains(&format!("name = \"{package}\"\n")), "{dependency}");
}

#[test]
fn its_pictures_are_there_and_small() {
    let pictures: Vec<_> = README.split('"').filter(|part| part.starts_with("docs/dashboard")).collect();
    assert_eq!(pictures, ["docs/dashboard-dark.png", "docs/dashboard.png"]);
    for picture in pictures {
        let size = std::fs::metadata(root().join(picture)).expect(picture).len();
        assert!(size < 200_000, "{picture} has {size} bytes");
    }
}

#[test]
fn its_links_lead_somewhere() {
    let links = README.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let files: Vec<_> = links.filter(|link| !link.contains("://")).collect();
    assert!(files.len() > 10, "{files:?}");
    for link in files {
        let (file, heading) = link.split_once('#').unwrap_or((link, ""));
        assert!(root().join(file).exists(), "there is no {file}");
        if !heading.is_empty() {
            let has = |line: &str| {
                let title = line.trim_start_matches('#').trim();
                line.starts_with('#') && title.to_lowercase().replace(' ', "-") == heading
            };
            assert!(read(file).lines().any(has), "{file} has no heading #{heading}");
        }
    }
}
