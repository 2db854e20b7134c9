//! What is written on the command line, right and wrong.

use serde_json::Value;

use super::{
    canned::{accepting, answering, polite},
    probe::probe,
};

#[test]
fn what_cannot_be_run_ends_with_2_and_says_what_to_write() {
    for (arguments, said) in [
        (
            &["localhost:3000/ws"][..],
            "error: `localhost:3000/ws` has no scheme\nhelp: write `cargo sockeye probe ws://localhost:3000/ws`\n",
        ),
        (
            &["example.com/ws?token=secret"],
            "error: `example.com/ws` has no scheme\nhelp: write `cargo sockeye probe wss://example.com/ws`\n",
        ),
        (
            &["ftp://example.com/"],
            "error: `ftp://` is not the scheme of a WebSocket\nhelp: write `cargo sockeye probe wss://example.com/`\n",
        ),
        (
            &["ws://localhost", "--header", "secret"],
            "error: --header number 1 has no colon\nhelp: write `--header 'Name: value'`, in quotes\n",
        ),
        (
            &["ws://localhost", "--header", "Origin: secret"],
            "error: the probe sets the header `Origin` itself\nhelp: write `--origin https://app.example.com`\n",
        ),
        (
            &["ws://localhost", "--origin", "wss://app.example.com/"],
            "help: write `https://app.example.com`\n",
        ),
        (&["ws://localhost", "--subprotocol", "v 1"], "error: --subprotocol: "),
        (
            &["ws://localhost", "--timeout", "0"],
            "error: invalid value '0' for '--timeout <SECONDS>': not between 0 and 86400 seconds",
        ),
        (&["ws://localhost", "--timeout", "inf"], "not between 0 and 86400 seconds"),
    ] {
        let seen = probe(arguments);
        assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{arguments:?}: {}", seen.err);
        assert!(seen.err.contains(said), "{}", seen.err);
        assert!(!seen.err.contains("secret"), "{}", seen.err);
    }
}

#[test]
fn an_address_of_http_is_read_as_one_of_a_websocket() {
    let address = accepting(polite);
    let seen = probe(&[&format!("http://{address}/ws?token=abcdef#top"), "--any-origin"]);
    let first = seen.out.lines().next().unwrap();
    assert_eq!(
        first,
        format!(
            "  ok    url       ws://{address}/ws?[hidden]: written with `http://`, which many WebSocket clients refuse; the fragment after `#` is not sent"
        )
    );
    assert_eq!(seen.status, 0, "{}", seen.out);
}

#[test]
fn json_has_every_check() {
    let address =
        answering(|_| "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\nnothing here\n".to_owned());
    let seen = probe(&[&format!("ws://{address}/ws?token=abcdef"), "--format", "json"]);
    let document: Value = serde_json::from_str(&seen.out).unwrap();
    assert_eq!((seen.status, &document["ok"], &document["version"]), (1, &false.into(), &1.into()));
    assert_eq!(document["url"], format!("ws://{address}/ws?[hidden]"));
    assert_eq!(document["checks"][0]["name"], "tcp");
    let http = &document["checks"][1];
    assert_eq!(
        (&http["name"], &http["outcome"], &http["message"]),
        (&"http".into(), &"fail".into(), &"404 Not Found".into())
    );
    assert_eq!(http["details"][0], serde_json::json!({ "label": "says", "text": "nothing here" }));
    assert!(http["help"][0].as_str().unwrap().starts_with("the server has no route `/ws`"), "{http}");
}

#[test]
fn headers_are_sent_and_host_can_be_another() {
    let address = answering(|request| {
        let named = request.header("host") == "other.example" && request.header("x-tenant") == "seven";
        let status = if named { "418 Right" } else { "400 Wrong" };
        format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")
    });
    let seen = probe(&[&format!("ws://{address}/"), "-H", "Host: other.example", "-H", "x-tenant:seven"]);
    assert!(seen.out.contains("418 Right"), "{}", seen.out);
}

#[test]
fn a_closed_pipe_is_no_panic() {
    use std::process::{Command, Stdio};
    let address = accepting(polite);
    let mut child = Command::new(env!("CARGO_BIN_EXE_cargo-sockeye"))
        .args(["sockeye", "probe", &format!("ws://{address}/")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(1));
}
