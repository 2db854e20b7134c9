//! The browser client, in Node.

use std::process::{Output, Stdio};

use serde_json::json;
use sockeye::Server;
use sockeye_tests::{start, within};
use tokio::process::Command;

const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../client/sockeye.js");

/// Runs a script of the browser client against a server. `None` if there is no Node, which is an error on CI.
async fn run(script: &str, url: &str) -> Option<Output> {
    let mut command = Command::new("node");
    command.args(["--experimental-websocket", "--input-type=module", "--eval", script]);
    command.env("URL", url).env("CLIENT", CLIENT).stdin(Stdio::null()).kill_on_drop(true);
    match within(command.output()).await {
        Ok(output) => Some(output),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "node: {error}");
            None
        }
    }
}

/// What the script writes, as lines of JSON.
async fn lines(script: &str, url: &str) -> Option<Vec<serde_json::Value>> {
    let output = run(script, url).await?;
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{error}");
    Some(out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

const ASKS: &str = r#"
const { connect } = await import(process.env.CLIENT);
const tell = (value) => console.log(JSON.stringify(value));
const socket = connect(process.env.URL);
socket.addEventListener("message", ({ detail }) => tell({ message: detail }));
const { id, ...answer } = await socket.request({ left: 1, right: 2 });
tell(answer);
await socket.request({ left: 1, right: 2, fails: true }).then(tell, ({ message }) => tell(message));
socket.close();
"#;

const FORGETS: &str = r#"
const { connect } = await import(process.env.CLIENT);
const socket = connect(process.env.URL);
await socket.request({ do: "forget" }).catch((error) => console.log(JSON.stringify(error.message)));
socket.close();
"#;

const ANSWERS: &str = r#"
const { connect } = await import(process.env.CLIENT);
const tell = (value) => console.log(JSON.stringify(value));
const socket = connect(process.env.URL);
socket.onCall = ({ left, right }) => {
  if (left > 1) throw Error("too large");
  return { sum: left + right };
};
socket.addEventListener("message", ({ detail }) => {
  tell(detail);
  if (detail.failed) socket.close();
  else socket.send({ left: 2, right: 2 });
});
socket.send({ left: 1, right: 2 });
"#;

#[tokio::test]
async fn the_browser_client_answers_calls_of_the_server() {
    let server = start(Server::new()).await;
    if let Some(lines) = lines(ANSWERS, &server.url("/asks")).await {
        let failed = "the client answered a call with an error: too large";
        assert_eq!(lines, [json!({ "sum": 3 }), json!({ "failed": failed })]);
    }
}

#[tokio::test]
async fn request_of_the_browser_client_is_answered() {
    let server = start(Server::new()).await;
    if let Some(lines) = lines(ASKS, &server.url("/json")).await {
        assert_eq!(lines, [json!({ "sum": 3 }), json!("asked to fail")]);
    }
    if let Some(lines) = lines(FORGETS, &server.url("/commands")).await {
        assert_eq!(lines, [json!("the server has not answered this call")]);
    }
}
